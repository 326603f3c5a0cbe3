// All subscriptions of one client: who reads which message, SUBSCRIBE and UNSUBSCRIBE, and both again after a lost session.
// Readers with the same Topic Filter share one subscription at the server, since there a second SUBSCRIBE would replace the first [MQTT-3.8.4-3].

import type { Receipt } from '../session/client-effects.ts'
import type { Publish, Qos, Suback, SubscriptionRequest, Unsuback } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import { topicMatchesFilter } from '../wire/mqtt/topics.ts'
import { errorOf, errorOfRefusal, MqttError } from './errors.ts'
import type { Reader, SubscribeOptions } from './subscription.ts'

const NOTHING = (): void => {}

/** Messages that wait for a reader at most; more than a server sends ahead with the usual limits. */
const MOST_UNCLAIMED = 10_000

/** The connection, as far as subscriptions need it. */
export interface SubscribePort {
  /** Whether SUBSCRIBE may carry a Subscription Identifier. */
  readonly identifiers: boolean
  subscribe(subscriptions: readonly SubscriptionRequest[], properties: Properties): number
  unsubscribe(topicFilters: readonly string[]): number
}

interface Waiter {
  resolve(qos: Qos): void
  reject(error: Error): void
}

/** One Topic Filter at the server. */
class Entry {
  readonly filter: string
  readonly identifier: number
  options: SubscribeOptions
  readonly readers = new Set<Reader>()
  readonly waiters = new Set<Waiter>()
  /** Packet Identifier of the latest SUBSCRIBE, while it has no answer; 0 = none. */
  pending = 0
  /** The server has it, as far as we know. */
  active = false

  constructor(filter: string, identifier: number, options: SubscribeOptions) {
    this.filter = filter
    this.identifier = identifier
    this.options = options
  }
}

export class Subscriptions {
  readonly #entries = new Map<string, Entry>()
  readonly #byIdentifier = new Map<number, Entry>()
  /** By the Packet Identifier of a SUBSCRIBE without answer. */
  readonly #pending = new Map<number, Entry>()
  /** Filters to be taken back at the server, with those who wait for it. */
  readonly #leaving = new Map<string, { pending: number; readonly waiters: Set<{ resolve(): void; reject(error: Error): void }> }>()
  #lastIdentifier = 0
  /** Messages of a resumed session that nobody reads yet; null = such messages are not kept. */
  #unclaimed: { readonly publish: Publish; readonly receipt: Receipt }[] | null = null
  /** Messages that nobody has read. */
  ignored = 0
  /** While there is a connection. */
  #port: SubscribePort | null = null
  /** Who reads messages such as the last one; null after every change of readers. */
  #last: { readonly properties: Properties; readonly topicName: string; readonly readers: readonly Reader[] } | null = null

  /** SUBSCRIBE and UNSUBSCRIBE that are not answered. */
  get pending(): number {
    return this.#pending.size + this.#leaving.size
  }

  /** Adds a reader; SUBSCRIBE goes out now, or when there is a connection. Returns how to give the wait up, which also removes the reader. */
  add(filter: string, options: SubscribeOptions, reader: Reader, waiter: Waiter): () => void {
    let entry = this.#entries.get(filter)
    if (entry === undefined) {
      entry = new Entry(filter, this.#nextIdentifier(), options)
      this.#entries.set(filter, entry)
      this.#byIdentifier.set(entry.identifier, entry)
    } else entry.options = options
    entry.readers.add(reader)
    this.#last = null
    entry.waiters.add(waiter)
    const unclaimed = this.#unclaimed
    if (unclaimed !== null) {
      this.#unclaimed = []
      for (const { publish, receipt } of unclaimed) this.dispatch(publish, receipt)
    }
    if (this.#port !== null) this.#send(entry, this.#port)
    const added = entry
    return () => {
      added.waiters.delete(waiter)
      this.remove(filter, reader, null)
    }
  }

  /** Removes a reader; the last one takes the subscription back at the server. */
  remove(filter: string, reader: Reader, waiter: { resolve(): void; reject(error: Error): void } | null): void {
    const entry = this.#entries.get(filter)
    this.#last = null
    if (entry === undefined || !entry.readers.delete(reader) || entry.readers.size > 0) {
      waiter?.resolve()
      return
    }
    this.#drop(entry)
    if (!entry.active && entry.pending === 0) {
      // the server never heard of it
      waiter?.resolve()
      return
    }
    const leaving = this.#leaving.get(filter) ?? { pending: 0, waiters: new Set() }
    this.#leaving.set(filter, leaving)
    if (waiter !== null) leaving.waiters.add(waiter)
    if (this.#port !== null) this.#leave(filter, this.#port)
  }

  /** UNSUBSCRIBE; what cannot be said to this server is told to those who wait, and given up. */
  #leave(filter: string, port: SubscribePort): void {
    const leaving = this.#leaving.get(filter)!
    try {
      leaving.pending = port.unsubscribe([filter])
    } catch (error) {
      this.#leaving.delete(filter)
      for (const waiter of leaving.waiters) waiter.reject(errorOf(error))
    }
  }

  /** Those who read exactly this filter. */
  readers(filter: string): Reader[] {
    return [...(this.#entries.get(filter)?.readers ?? [])]
  }

  /** A connection stands. Without a session at the server everything is subscribed again; else only what was not answered. */
  connected(sessionPresent: boolean, port: SubscribePort): void {
    this.#port = port
    if (!sessionPresent) for (const { waiters } of this.#leaving.values()) for (const waiter of waiters) waiter.resolve()
    if (!sessionPresent) this.#leaving.clear()
    for (const filter of [...this.#leaving.keys()]) this.#leave(filter, port)
    for (const entry of [...this.#entries.values()]) {
      if (!sessionPresent) entry.active = false
      if (!entry.active || entry.waiters.size > 0) this.#send(entry, port)
    }
  }

  /** The connection is gone, and with it what was not answered. */
  disconnected(): void {
    this.#port = null
    for (const entry of this.#pending.values()) entry.pending = 0
    this.#pending.clear()
    for (const leaving of this.#leaving.values()) leaving.pending = 0
  }

  suback(packet: Suback): void {
    const entry = this.#pending.get(packet.packetId)
    if (entry === undefined) return
    this.#pending.delete(packet.packetId)
    if (entry.pending !== packet.packetId) return // a later SUBSCRIBE with the same filter decides
    entry.pending = 0
    const reasonCode = packet.reasonCodes[0]!
    if (reasonCode < 0x80) {
      entry.active = true
      for (const waiter of entry.waiters) waiter.resolve(reasonCode as Qos)
      entry.waiters.clear()
    } else this.#refuse(entry, errorOfRefusal(`subscription to '${entry.filter}'`, reasonCode, PacketType.Suback, packet.properties.reasonString))
  }

  unsuback(packet: Unsuback): void {
    for (const [filter, leaving] of this.#leaving) {
      if (leaving.pending !== packet.packetId) continue
      this.#leaving.delete(filter)
      for (const waiter of leaving.waiters) waiter.resolve()
    }
  }

  /** Hands a message to its readers; acknowledged when the last of them has accepted it, at once when there are none. */
  dispatch(publish: Publish, receipt: Receipt): void {
    const readers = this.#readersOf(publish)
    let open = readers.length
    if (open === 0) {
      if (this.#unclaimed !== null && this.#unclaimed.length < MOST_UNCLAIMED) {
        this.#unclaimed.push({ publish, receipt })
        return
      }
      this.ignored++
      receipt.accept() // [MQTT-4.5.0-2]: wanted or not
    }
    for (const reader of readers) {
      if (publish.qos === 0) {
        reader.deliver(publish, NOTHING) // nobody waits for an acknowledgement
        continue
      }
      if (readers.length === 1) {
        reader.deliver(publish, () => receipt.accept())
        continue
      }
      let accepted = false
      reader.deliver(publish, () => {
        if (accepted) return
        accepted = true
        if (--open === 0) receipt.accept()
      })
    }
  }

  /** From now on messages that nobody reads wait for a reader. */
  keepUnclaimed(): void {
    this.#unclaimed ??= []
  }

  /** Nobody has come for them. */
  dropUnclaimed(): void {
    const unclaimed = this.#unclaimed ?? []
    this.#unclaimed = null
    for (const { publish, receipt } of unclaimed) this.dispatch(publish, receipt)
  }

  /** No more messages will come. */
  end(error: MqttError | null): void {
    const closed = error ?? new MqttError('CLOSED', 'the client is closed')
    for (const entry of [...this.#entries.values()]) {
      this.#drop(entry)
      for (const waiter of entry.waiters) waiter.reject(closed)
      for (const reader of entry.readers) reader.end(error)
    }
    for (const { waiters } of this.#leaving.values()) for (const waiter of waiters) waiter.resolve() // gone it is
    this.#leaving.clear()
  }

  /** Messages that follow one another are often of one topic, and come with one object of properties. */
  #readersOf(publish: Publish): readonly Reader[] {
    const last = this.#last
    if (last !== null && last.properties === publish.properties && last.topicName === publish.topicName) return last.readers
    const readers = this.#findReaders(publish)
    this.#last = { properties: publish.properties, topicName: publish.topicName, readers }
    return readers
  }

  #findReaders(publish: Publish): readonly Reader[] {
    const identifiers = publish.properties.subscriptionIdentifiers
    const readers: Reader[] = []
    if (identifiers !== undefined) {
      // the server says which subscription this copy is for
      for (const identifier of new Set(identifiers)) {
        const entry = this.#byIdentifier.get(identifier)
        if (entry !== undefined && topicMatchesFilter(entry.filter, publish.topicName)) readers.push(...entry.readers) // else of an earlier program
      }
      if (readers.length > 0) return readers
    }
    for (const entry of this.#entries.values()) if (topicMatchesFilter(entry.filter, publish.topicName)) readers.push(...entry.readers)
    return readers
  }

  #send(entry: Entry, port: SubscribePort): void {
    const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0, properties = {} } = entry.options
    const request: SubscriptionRequest = { topicFilter: entry.filter, qos, noLocal, retainAsPublished, retainHandling }
    try {
      const packetId = port.subscribe([request], port.identifiers ? { ...properties, subscriptionIdentifiers: [entry.identifier] } : properties)
      entry.pending = packetId
      this.#pending.set(packetId, entry)
    } catch (error) {
      this.#refuse(entry, errorOf(error))
    }
  }

  /** The server does not grant it: those who wait learn it, readers from before are ended. */
  #refuse(entry: Entry, error: MqttError): void {
    this.#drop(entry)
    for (const waiter of entry.waiters) waiter.reject(error)
    for (const reader of entry.readers) reader.end(error)
  }

  #drop(entry: Entry): void {
    this.#last = null
    this.#entries.delete(entry.filter)
    this.#byIdentifier.delete(entry.identifier)
  }

  #nextIdentifier(): number {
    do this.#lastIdentifier = this.#lastIdentifier === 0xfffffff ? 1 : this.#lastIdentifier + 1
    while (this.#byIdentifier.has(this.#lastIdentifier))
    return this.#lastIdentifier
  }
}
