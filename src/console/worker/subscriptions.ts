// The subscriptions of a tab: what was asked, what the broker said, how much comes by each, which colour and shape it has.
// Decides by which of them a message came; talks to nobody.

import type { Publish } from '../../wire/mqtt/packet.ts'
import { topicMatchesFilter } from '../../wire/mqtt/topics.ts'
import type { SubscriptionOptions, SubscriptionState } from './protocol.ts'
import { SecondRates } from './second-rates.ts'

/** Shapes that a subscription may have; what comes after shares the last. */
const SHAPES = 5

interface Entry {
  readonly options: SubscriptionOptions
  /** Its Subscription Identifier, and its number in the recorder. */
  readonly identifier: number
  readonly series: number
  state: SubscriptionState['state']
  reasonCode: number
  packetId: number
  isMuted: boolean
  count: number
  readonly rates: SecondRates
}

export interface Pending extends SubscriptionOptions {
  readonly identifier: number
}

export class Subscriptions {
  readonly #entries: Entry[] = []
  /** Of all there ever were, so that old messages keep their shape. */
  readonly #series: number[] = [-1]
  readonly #mutedIdentifiers = new Set<number>()

  /** A subscription with the same filter is replaced. */
  add(options: SubscriptionOptions): void {
    this.remove(options.filter)
    const used = new Set(this.#entries.map(({ series }) => series))
    let series = 0
    while (series < SHAPES - 1 && used.has(series)) series++
    const identifier = this.#series.push(series) - 1
    this.#entries.push({ options, identifier, series, state: 'waiting', reasonCode: 0, packetId: 0, isMuted: false, count: 0, rates: new SecondRates() })
  }

  /** True if there was one. */
  remove(filter: string): boolean {
    const at = this.#entries.findIndex(({ options }) => options.filter === filter)
    if (at < 0) return false
    this.#mutedIdentifiers.delete(this.#entries[at]!.identifier)
    this.#entries.splice(at, 1)
    return true
  }

  mute(filter: string, isMuted: boolean): void {
    const entry = this.#find(filter)
    if (entry === null) return
    entry.isMuted = isMuted
    if (isMuted) this.#mutedIdentifiers.add(entry.identifier)
    else this.#mutedIdentifiers.delete(entry.identifier)
  }

  get hasMuted(): boolean {
    return this.#mutedIdentifiers.size > 0
  }

  isMuted(identifier: number): boolean {
    return this.#mutedIdentifiers.has(identifier)
  }

  /** Those that the broker has not been asked for. */
  pending(): Pending[] {
    return this.#entries.filter(({ state }) => state === 'waiting').map(({ options, identifier }) => ({ ...options, identifier }))
  }

  asked(filter: string, packetId: number): void {
    const entry = this.#find(filter)
    if (entry === null) return
    entry.state = 'asked'
    entry.packetId = packetId
  }

  failed(filter: string): void {
    const entry = this.#find(filter)
    if (entry === null) return
    entry.state = 'refused'
    entry.reasonCode = 0x80
  }

  /** SUBACK. */
  answered(packetId: number, reasonCode: number): void {
    const entry = this.#entries.find((one) => one.state === 'asked' && one.packetId === packetId)
    if (entry === undefined) return
    entry.state = reasonCode < 0x80 ? 'granted' : 'refused'
    entry.reasonCode = reasonCode
  }

  /** The broker knows none of them any more. */
  offline(): void {
    for (const entry of this.#entries) entry.state = 'waiting'
  }

  /** Counts a message and says by which subscription it came: its identifier, or -1. */
  arrived(publish: Publish, now: number): number {
    const [named] = publish.properties.subscriptionIdentifiers ?? []
    const entry =
      (named === undefined ? undefined : this.#entries.find(({ identifier }) => identifier === named)) ??
      this.#entries.find(({ options }) => topicMatchesFilter(options.filter, publish.topicName))
    if (entry === undefined) return -1
    entry.count++
    entry.rates.add(now)
    return entry.identifier
  }

  /** Colour and shape of a subscription, also of one that is gone; -1 = none. */
  seriesOf(identifier: number): number {
    return identifier < 0 ? -1 : (this.#series[identifier] ?? -1)
  }

  filterOf(identifier: number): string | null {
    return this.#entries.find((one) => one.identifier === identifier)?.options.filter ?? null
  }

  states(now: number): SubscriptionState[] {
    return this.#entries.map(({ options, series, state, reasonCode, isMuted, count, rates }) => ({
      ...options,
      series,
      state,
      reasonCode,
      isMuted,
      count,
      rate: rates.rate(now),
    }))
  }

  options(): SubscriptionOptions[] {
    return this.#entries.map(({ options }) => options)
  }

  #find(filter: string): Entry | null {
    return this.#entries.find(({ options }) => options.filter === filter) ?? null
  }
}
