// A rule: which packets, which of those that match, and what happens to them. Chance comes from a seed, so that a failing test fails again.
// What is done with a packet is bent-connection.ts' affair.

import type { Filter } from '../filter/filter.ts'
import { UsageError } from '../wire/errors.ts'
import { isTopicFilter, topicMatchesFilter } from '../wire/mqtt/topics.ts'
import type { Fate, PassingPacket, Side } from './passing-packet.ts'

/** Which packets, beyond the display filter. All that are given must hold. */
export interface FaultOptions {
  /** Acts so often at most; without limit unless given. */
  readonly times?: number
  /** Acts on that match only, from 1. */
  readonly nth?: number
  /** Acts on each so many-th match. */
  readonly every?: number
  /** Acts with this chance, 0 to 1. */
  readonly probability?: number
  /** Of the chance; 1 unless given. */
  readonly seed?: number
  /** Packets of one side only. */
  readonly from?: Side
  /** Client Identifier: packets of this client's connections only. */
  readonly client?: string
  /** Topic Filter: only PUBLISH packets to such topics, and the acknowledgements that answer them. */
  readonly topic?: string
}

export type Action =
  /** `cut` null: if it is an acknowledgement. */
  | { readonly kind: 'drop'; readonly cut: boolean | null }
  | { readonly kind: 'delay'; readonly ms: number; readonly jitterMs: number }
  | { readonly kind: 'duplicate'; readonly copies: number }
  | { readonly kind: 'cut'; readonly at: 'before' | 'middle' | 'after' }
  | { readonly kind: 'silence' }
  | { readonly kind: 'change'; readonly change: (packet: Uint8Array) => Uint8Array }

const FATES: Readonly<Record<Action['kind'], Fate>> = {
  drop: 'dropped',
  delay: 'delayed',
  duplicate: 'duplicated',
  cut: 'cut',
  silence: 'silenced',
  change: 'changed',
}

/** A fault that is in force until it is disposed of. */
export class Fault implements Disposable {
  readonly action: Action
  readonly #filter: Filter
  readonly #options: FaultOptions
  readonly #random: () => number
  readonly #removed: (fault: Fault) => void
  #hits = 0
  #matches = 0
  #isRemoved = false
  readonly #waiting = new Set<() => void>()

  /** @throws UsageError for options that cannot be */
  constructor(filter: Filter, options: FaultOptions, action: Action, removed: (fault: Fault) => void) {
    checkOptions(options)
    this.action = action
    this.#filter = filter
    this.#options = options
    this.#random = chanceOf(options.seed ?? 1)
    this.#removed = removed
  }

  /** How often it has acted. */
  get hits(): number {
    return this.#hits
  }

  /** Packets that it could have acted on: those that match the filter, `from`, `client` and `topic`. */
  get matches(): number {
    return this.#matches
  }

  /** It has acted as often as it may. */
  get isSpent(): boolean {
    return this.#hits >= (this.#options.times ?? Number.POSITIVE_INFINITY)
  }

  /** Takes it out. What it holds back goes on. Harmless when done before. */
  remove(): void {
    if (this.#isRemoved) return
    this.#isRemoved = true
    this.#removed(this)
  }

  [Symbol.dispose](): void {
    this.remove()
  }

  /** Calls `action` with the next hit, once; returns how to give that up. */
  onHit(action: () => void): () => void {
    this.#waiting.add(action)
    return () => this.#waiting.delete(action)
  }

  /** Whether it acts on this packet. Counts, so it is to be asked once. */
  strikes(packet: PassingPacket): boolean {
    const { nth, every, probability } = this.#options
    if (this.isSpent || !this.#matchesPacket(packet)) return false
    this.#matches++
    if (nth !== undefined && this.#matches !== nth) return false
    if (every !== undefined && this.#matches % every !== 0) return false
    if (probability !== undefined && this.#random() >= probability) return false
    this.#hits++
    packet.fate = FATES[this.action.kind]
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const tell of waiting) tell()
    return true
  }

  /** Evenly distributed in [0, 1), the same with the same seed. */
  random(): number {
    return this.#random()
  }

  #matchesPacket(packet: PassingPacket): boolean {
    const { from, client, topic } = this.#options
    if (from !== undefined && packet.from !== from) return false
    const { layered } = packet // the first question dissects
    if (client !== undefined && packet.client !== client) return false
    if (topic !== undefined && (packet.topic === null || !topicMatchesFilter(topic, packet.topic))) return false
    return this.#filter.test(layered)
  }
}

function checkOptions({ times, nth, every, probability, from, topic }: FaultOptions): void {
  for (const [name, value] of Object.entries({ times, nth, every })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) throw new UsageError(`${name} ${value}: give a whole number from 1 on`)
  }
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) throw new UsageError(`probability ${probability}: give 0 to 1`)
  if (from !== undefined && from !== 'client' && from !== 'broker') throw new UsageError(`from '${String(from)}': give 'client' or 'broker'`)
  if (topic !== undefined && !isTopicFilter(topic)) throw new UsageError(`topic '${topic}' is not a valid Topic Filter`)
}

/** mulberry32: small, fast, good enough to choose packets. */
function chanceOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
