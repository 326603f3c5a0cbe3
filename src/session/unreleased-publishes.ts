// QoS 2 messages between PUBLISH and PUBREL: kept as runs in slabs, routed once, when they are released [MQTT-4.3.3-8..-12].
// Publishers release in the order of their PUBLISH, so the oldest run is looked at first; another order costs a search.

import type { Slab, SlabStore } from '../base/slab.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import { PublishRun, type WireVersion } from '../wire/mqtt/publish-run.ts'
import type { RunRouter } from './incoming-publishes.ts'

/** Packets lying one after another in a slab, none of them released; holds one reference per packet. */
interface KeptRun {
  readonly slab: Slab
  readonly at: number
  readonly end: number
  readonly count: number
  readonly version: WireVersion
  readonly arrived: number
  /** Identifier of the first packet. */
  readonly firstId: number
  /** All of them, once they were asked for; of one packet `firstId` says it. */
  ids: Uint16Array | null
}

const NO_BITS = new Uint32Array(0)
/** Of those who have nothing: never written to. */
const NO_RUNS: KeptRun[] = []

export class UnreleasedPublishes {
  /** Messages awaiting PUBREL. */
  count = 0
  /** Their bytes. */
  bytes = 0
  readonly #slabs: SlabStore
  /** A bit per Packet Identifier awaiting PUBREL; grows with the identifiers in use. */
  #awaiting: Uint32Array = NO_BITS
  #runs: KeptRun[] = NO_RUNS
  /** Describes the oldest run once `#isRead`, its packets before `from` released; made at first use. */
  #oldest: PublishRun | null = null
  #isRead = false

  constructor(slabs: SlabStore) {
    this.#slabs = slabs
  }

  /** Notes an identifier; false when it is awaiting PUBREL already: a repetition [MQTT-4.3.3-10]. */
  remember(packetId: number): boolean {
    const word = packetId >> 5
    const bit = 1 << (packetId & 31)
    if (word >= this.#awaiting.length) {
      const larger = new Uint32Array(Math.min(2048, Math.max(word + 1, this.#awaiting.length * 2, 4)))
      larger.set(this.#awaiting)
      this.#awaiting = larger
    }
    if ((this.#awaiting[word]! & bit) !== 0) return false
    this.#awaiting[word]! |= bit
    this.count++
    return true
  }

  /** Copies the selected packets, whose identifiers have been remembered. */
  keep(run: PublishRun, now: number): void {
    const size = run.end - run.start
    const slab = this.#slabs.store(run.bytes, run.start, run.end)
    const at = slab.used - size
    if (run.count > 1) this.#slabs.hold(slab, run.count - 1)
    this.bytes += size
    if (this.#runs === NO_RUNS) this.#runs = []
    const firstId = run.packetId(run.from)
    this.#runs.push({ slab, at, end: at + size, count: run.count, version: run.version, arrived: now, firstId, ids: null })
  }

  /**
   * Drops the message that awaits PUBREL under the identifier of the one selected packet, unless that packet repeats it. False for a repetition,
   * and where nothing is kept. The identifier stays noted.
   */
  dropUnlessRepeated(run: PublishRun): boolean {
    const known = new PublishRun()
    const kept = this.#find(run.packetId(run.from), known)
    if (kept === null || isSameMessage(known, run)) return false
    this.#cutOut(kept, known)
    this.#slabs.release(kept.slab, 1)
    return true
  }

  /** Frees the identifiers of packets that were refused. */
  forget(run: PublishRun): void {
    for (let i = run.from; i < run.to; i++) this.#clearBit(run.packetId(i))
  }

  /** Routes what rows of PUBREL name, in their order, in stretches as long as they are. Unknown identifiers route nothing. */
  release(bytes: Uint8Array, at: number, count: number, router: RunRouter): void {
    let ready = 0
    for (let i = 0; i < count; i++) {
      const packetId = (bytes[at + i * 4 + 2]! << 8) | bytes[at + i * 4 + 3]!
      if (!this.#clearBit(packetId)) continue
      const oldest = this.#readOldest()
      if (oldest === null) continue
      if (oldest.packetId(oldest.from + ready) === packetId) {
        ready++
        if (oldest.from + ready < oldest.to) continue
      }
      const stray = ready === 0 || oldest.packetId(oldest.from + ready - 1) !== packetId
      this.#routeOldest(ready, router)
      ready = 0
      if (stray) this.#routeStray(packetId, router)
    }
    this.#routeOldest(ready, router)
  }

  /** All that await PUBREL, in the order of their PUBLISH. Reads what is kept: not for the hot path. */
  packetIds(): number[] {
    const run = new PublishRun()
    return this.#runs.flatMap(({ slab, at, end, version }) => {
      readRun(run, slab.bytes, at, end, version)
      return Array.from({ length: run.count }, (_, i) => run.packetId(run.from + i))
    })
  }

  /** Those of the identifiers in rows of PUBREL that are awaited. */
  awaited(bytes: Uint8Array, at: number, count: number): number[] {
    const packetIds: number[] = []
    for (let i = 0; i < count; i++) {
      const packetId = (bytes[at + i * 4 + 2]! << 8) | bytes[at + i * 4 + 3]!
      if (((this.#awaiting[packetId >> 5] ?? 0) & (1 << (packetId & 31))) !== 0) packetIds.push(packetId)
    }
    return packetIds
  }

  /** Gives all kept bytes back. */
  clear(): void {
    for (const { slab, count } of this.#runs) this.#slabs.release(slab, count)
    this.#runs = NO_RUNS
    this.#oldest = null
    this.#isRead = false
    this.#awaiting = NO_BITS
    this.count = this.bytes = 0
  }

  #clearBit(packetId: number): boolean {
    const word = packetId >> 5
    const bit = 1 << (packetId & 31)
    if (word >= this.#awaiting.length || (this.#awaiting[word]! & bit) === 0) return false
    this.#awaiting[word]! &= ~bit
    this.count--
    return true
  }

  #readOldest(): PublishRun | null {
    const kept = this.#runs[0]
    if (kept === undefined) return null
    this.#oldest ??= new PublishRun()
    if (!this.#isRead) readRun(this.#oldest, kept.slab.bytes, kept.at, kept.end, kept.version)
    this.#isRead = true
    return this.#oldest
  }

  /** Routes the first `count` packets of the oldest run and takes them off. */
  #routeOldest(count: number, router: RunRouter): void {
    if (count === 0) return
    const kept = this.#runs[0]!
    const run = this.#oldest!
    const from = run.from
    const to = run.to
    run.select(from, from + count)
    const size = run.end - run.start
    this.#slabs.hold(kept.slab, 1)
    router.routeAdmitted(run, kept.arrived)
    this.#slabs.release(kept.slab, 1)
    if (this.#runs[0] !== kept) return // the session ended with it
    this.bytes -= size
    this.#slabs.release(kept.slab, count)
    if (from + count === to) {
      this.#runs.shift()
      this.#isRead = false
      return
    }
    run.select(from + count, to)
    this.#runs[0] = { ...kept, at: run.start, count: kept.count - count, firstId: run.packetId(run.from), ids: null }
  }

  /** A PUBREL out of order. */
  #routeStray(packetId: number, router: RunRouter): void {
    const run = new PublishRun()
    const kept = this.#find(packetId, run)
    if (kept === null) return
    this.#cutOut(kept, run)
    router.routeAdmitted(run, kept.arrived)
    this.#slabs.release(kept.slab, 1)
  }

  /** Looks for a packet in all runs and selects it; null when it is in none. */
  #find(packetId: number, run: PublishRun): KeptRun | null {
    for (const kept of this.#runs) {
      const i = kept.count === 1 ? (kept.firstId === packetId ? 0 : -1) : (kept.ids ??= idsOf(kept)).indexOf(packetId)
      if (i === -1) continue
      readRun(run, kept.slab.bytes, kept.at, kept.end, kept.version)
      run.select(i, i + 1)
      return kept
    }
    return null
  }

  /** Splits a run around the selected packet, whose reference to the slab is the caller's from here on. */
  #cutOut(kept: KeptRun, run: PublishRun): void {
    const { start, end, from: i } = run
    const rest: KeptRun[] = []
    if (i > 0) rest.push({ ...kept, end: start, count: i, ids: null })
    if (i + 1 < kept.count) rest.push({ ...kept, at: end, count: kept.count - i - 1, firstId: run.packetId(i + 1), ids: null })
    const k = this.#runs.indexOf(kept)
    this.#runs.splice(k, 1, ...rest)
    if (k === 0) this.#isRead = false
    this.bytes -= end - start
  }
}

function idsOf({ slab, at, end, count, version }: KeptRun): Uint16Array {
  const run = new PublishRun()
  readRun(run, slab.bytes, at, end, version)
  return Uint16Array.from({ length: count }, (_, i) => run.packetId(i))
}

/** Topic Name and payload of the selected packets, one of each run, are the same. */
function isSameMessage(a: PublishRun, b: PublishRun): boolean {
  if (!isEqual(a.topicBytes, a.topicAt, a.topicAt + a.topicLength, b.topicBytes, b.topicAt, b.topicAt + b.topicLength)) return false
  return isEqual(a.bytes, a.bodies[a.from]! + a.headLength, a.end, b.bytes, b.bodies[b.from]! + b.headLength, b.end)
}

function isEqual(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false
  for (let i = aStart; i < aEnd; i++) if (a[i] !== b[i + bStart - aStart]) return false
  return true
}
