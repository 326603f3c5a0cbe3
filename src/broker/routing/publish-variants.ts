// One encoding of a run per (version, QoS, RETAIN, identifiers, alias, mount point), whatever the number of subscribers.
// Lives for one routing: the memory is reused by the next one.

import type { SlabStore } from '../../base/slab.ts'
import { encodeRun, type PublishShape } from '../../wire/mqtt/encode-publish.ts'
import { PublishRun } from '../../wire/mqtt/publish-run.ts'

/** Scratch memory of a variant is dropped above this size. */
const LARGEST_KEPT = 1 << 20
/** Special variants remembered during one routing. */
const REMEMBERED = 64
/** Made in turn beyond; a delivery holds three at most. */
const IN_TURN = 4

export class PublishVariants {
  readonly #slabs: SlabStore
  /** By version, QoS and RETAIN; made when first wanted. */
  readonly #plain: (PublishRun | null)[] = Array.from({ length: 16 }, () => null)
  readonly #made = new Uint8Array(16)
  /** Those with identifiers, an alias or without a mount point, by what makes them different. */
  readonly #special = new Map<number | string, PublishRun>()
  /** Where special ones are encoded; the last few are made anew each time, when there are more. */
  readonly #runs: PublishRun[] = []
  #overflow = 0
  #source: PublishRun | null = null
  #from = 0
  #to = 0

  constructor(slabs: SlabStore) {
    this.#slabs = slabs
  }

  /** The selected packets of `source` in that shape; encoded at the first call for it. Packet 0 of it is packet `source.from`. */
  of(source: PublishRun, shape: PublishShape): PublishRun {
    if (source !== this.#source || source.from !== this.#from || source.to !== this.#to) {
      this.reset()
      this.#source = source
      this.#from = source.from
      this.#to = source.to
    }
    const { version, qos, retain, identifiers, alias, strip } = shape
    const key = (version === 5 ? 8 : 0) | (qos << 1) | retain
    if (strip > 0 || (version === 5 && (identifiers !== null || alias > 0))) return this.#specialOf(source, specialKey(key, shape), shape)
    const run = (this.#plain[key] ??= new PublishRun())
    if (this.#made[key] === 0) {
      this.#made[key] = 1
      encodeRun(run, source, shape)
    }
    return run
  }

  /** Ends the routing of a run: what was stored in slabs is let go. Must be called before the source's content changes. */
  reset(): void {
    if (this.#source === null) return
    this.#source = null
    for (let key = 0; key < 16; key++) {
      if (this.#made[key] === 0) continue
      const run = this.#plain[key]!
      this.#made[key] = 0
      this.#letGo(run)
      if (run.bytes.length > LARGEST_KEPT) run.bytes = new Uint8Array(0)
    }
    if (this.#special.size === 0) return
    this.#special.clear()
    this.#overflow = 0
    for (const run of this.#runs) this.#clean(run)
  }

  #specialOf(source: PublishRun, key: number | string, shape: PublishShape): PublishRun {
    const known = this.#special.get(key)
    if (known !== undefined) return known
    const run = this.#scratch()
    encodeRun(run, source, shape)
    if (this.#special.size < REMEMBERED) this.#special.set(key, run)
    return run
  }

  /** A run of its own for each that is remembered, then a few in turn: a delivery looks at no more of them at a time. */
  #scratch(): PublishRun {
    const place = this.#special.size < REMEMBERED ? this.#special.size : REMEMBERED + (this.#overflow++ % IN_TURN)
    const run = this.#runs[place] ?? new PublishRun()
    this.#runs[place] = run
    this.#clean(run)
    return run
  }

  #clean(run: PublishRun): void {
    this.#letGo(run)
    if (run.bytes.length > LARGEST_KEPT) run.bytes = new Uint8Array(0)
  }

  #letGo(run: PublishRun): void {
    if (run.slab === null) return
    this.#slabs.release(run.slab, 1)
    run.slab = null
  }
}

/** A number where there is one identifier at most, which is nearly always. */
function specialKey(key: number, { identifiers, alias, omitTopic, strip }: PublishShape): number | string {
  const rest = (alias * 2 + (omitTopic ? 1 : 0)) * 16 + key
  if (strip > 0) return `${rest} ${strip} ${identifiers?.join(' ') ?? ''}`
  if (identifiers === null || identifiers.length < 2) return (identifiers?.[0] ?? 0) * 2_097_152 + rest
  return `${rest} 0 ${identifiers.join(' ')}`
}
