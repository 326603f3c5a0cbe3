// One encoding of a run per (version, QoS, RETAIN, identifiers, alias), whatever the number of subscribers.
// Lives for one routing: the memory is reused by the next one.

import type { SlabStore } from '../base/slab.ts'
import { encodeRun, type PublishShape } from '../wire/mqtt/encode-publish.ts'
import { PublishRun } from '../wire/mqtt/publish-run.ts'

/** Scratch memory of a variant is dropped above this size. */
const LARGEST_KEPT = 1 << 20

export class PublishVariants {
  readonly #slabs: SlabStore
  readonly #plain: PublishRun[] = Array.from({ length: 16 }, () => new PublishRun())
  readonly #made = new Uint8Array(16)
  /** Those with identifiers or an alias. */
  readonly #special: { key: number; shape: PublishShape; run: PublishRun }[] = []
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
    const { version, qos, retain, identifiers, alias } = shape, key = (version === 5 ? 8 : 0) | (qos << 1) | retain
    if (version === 5 && (identifiers !== null || alias > 0)) return this.#specialOf(source, key, shape)
    const run = this.#plain[key]!
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
    for (const { run } of this.#special) this.#letGo(run)
    this.#special.length = 0
  }

  #specialOf(source: PublishRun, key: number, shape: PublishShape): PublishRun {
    for (const made of this.#special) {
      if (made.key === key && made.shape.alias === shape.alias && made.shape.omitTopic === shape.omitTopic && sameNumbers(made.shape.identifiers, shape.identifiers)) return made.run
    }
    const run = new PublishRun()
    encodeRun(run, source, shape)
    this.#special.push({ key, shape, run })
    return run
  }

  #letGo(run: PublishRun): void {
    if (run.slab === null) return
    this.#slabs.release(run.slab, 1)
    run.slab = null
  }
}

function sameNumbers(a: readonly number[] | null, b: readonly number[] | null): boolean {
  if (a === b) return true
  return a !== null && b !== null && a.length === b.length && a.every((value, i) => value === b[i])
}
