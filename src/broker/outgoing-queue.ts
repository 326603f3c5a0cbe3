// What a session cannot take yet: runs and pieces of them in order, as references into slabs.
// Limits are the session's affair (session.ts); shaping is done when they are sent, so a client may come back with another version.

import type { Slab, SlabStore } from '../base/slab.ts'
import type { Qos } from '../wire/mqtt/packet.ts'
import type { PublishRun, WireVersion } from '../wire/mqtt/publish-run.ts'

/** Packets lying one after another in a slab; holds one reference per packet. */
export interface QueuedRun {
  readonly slab: Slab
  at: number
  readonly end: number
  count: number
  readonly version: WireVersion
  readonly topicId: number
  /** What the subscription makes of it when it is sent. */
  readonly qos: Qos
  readonly retain: 0 | 1
  readonly identifiers: readonly number[] | null
  /** Milliseconds of the broker's clock; Infinity without Message Expiry Interval. */
  readonly expires: number
  /** Of the first packet, of a stored session; else 0. */
  number: number
}

/** Of queues that are empty: never written to. */
const NO_RUNS: QueuedRun[] = []

export class OutgoingQueue {
  /** Messages waiting. */
  messages = 0
  /** Those with QoS 0 among them: they wait for a slow socket only. */
  messagesQos0 = 0
  bytes = 0
  readonly #slabs: SlabStore
  #runs: QueuedRun[] = NO_RUNS
  #head = 0

  constructor(slabs: SlabStore) {
    this.#slabs = slabs
  }

  get first(): QueuedRun | null {
    return this.#runs[this.#head] ?? null
  }

  /** Queues packets [from, to) of `run`, which lies in a slab, to be sent with this QoS, RETAIN and identifiers. */
  push(run: PublishRun, from: number, to: number, qos: Qos, retain: 0 | 1, identifiers: readonly number[] | null, now: number, number: number): void {
    const count = to - from
    const at = run.starts[from]! + run.slabShift
    const end = run.starts[to]! + run.slabShift
    this.#slabs.hold(run.slab!, count)
    this.messages += count
    if (qos === 0) this.messagesQos0 += count
    this.bytes += end - at
    const expires = run.expiry < 0 ? Infinity : now + run.expiry * 1000
    if (this.#runs === NO_RUNS) this.#runs = []
    this.#runs.push({ slab: run.slab!, at, end, count, version: run.version, topicId: run.topicId, qos, retain, identifiers, expires, number })
  }

  /** Takes back what waited before the broker's restart; the slab is held already. */
  restore(run: QueuedRun): void {
    this.messages += run.count
    if (run.qos === 0) this.messagesQos0 += run.count
    this.bytes += run.end - run.at
    if (this.#runs === NO_RUNS) this.#runs = []
    this.#runs.push(run)
  }

  /** Takes the first `count` packets, up to offset `end` in the slab, off the first run. */
  taken(count: number, end: number): void {
    const run = this.#runs[this.#head]!
    this.#account(run, count, end - run.at)
    run.at = end
    run.count -= count
    if (run.number > 0) run.number += count
    if (run.count > 0) return
    this.#head++
    if (this.#head === this.#runs.length) {
      this.#runs = NO_RUNS
      this.#head = 0
    } else if (this.#head > 64 && this.#head * 2 > this.#runs.length) {
      this.#runs = this.#runs.slice(this.#head)
      this.#head = 0
    }
  }

  /** The connection ended: QoS 0 does not wait for another one. Returns how many were dropped. */
  dropQos0(): number {
    return this.messagesQos0 === 0 ? 0 : this.keep((run) => run.qos > 0)
  }

  /** Drops the runs that fail the test; returns how many messages that were. */
  keep(test: (run: QueuedRun) => boolean): number {
    const before = this.messages
    const kept: QueuedRun[] = []
    for (const run of this.#runs.slice(this.#head)) {
      if (test(run)) kept.push(run)
      else this.#account(run, run.count, run.end - run.at)
    }
    this.#runs = kept.length === 0 ? NO_RUNS : kept
    this.#head = 0
    return before - this.messages
  }

  /** What waits, the oldest first: to look at. */
  *runs(): Generator<QueuedRun, void, void> {
    for (let i = this.#head; i < this.#runs.length; i++) yield this.#runs[i]!
  }

  clear(): void {
    for (let run = this.first; run !== null; run = this.first) this.taken(run.count, run.end)
  }

  #account(run: QueuedRun, count: number, bytes: number): void {
    this.messages -= count
    if (run.qos === 0) this.messagesQos0 -= count
    this.bytes -= bytes
    this.#slabs.release(run.slab, count)
  }
}
