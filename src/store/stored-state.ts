// What all records together say: sessions, subscriptions, waiting messages, unreleased publishes, wills, retained messages.
// The same methods serve replay and life, so that what a restart finds is what was there.

import { LiveRecords } from './live-records.ts'
import { MessageQueue } from './message-queue.ts'
import { packetIdsOf, topicOf } from './packets.ts'
import { readNumbers, readPackets, readRanges, readRecipients, readSession, readSubscription } from './read-records.ts'
import type { FieldReader } from './record-fields.ts'
import { RecordType } from './record-types.ts'
import type { PacketsRecord, RecipientRecord, SessionRecord, SubscriptionRecord } from './records.ts'

/** Where a record's fields are. */
export interface Place {
  readonly segment: number
  readonly offset: number
  readonly length: number
}

export interface StoredSubscription extends SubscriptionRecord {
  readonly slot: number
}

export interface StoredWill {
  /** Seconds. */
  readonly delay: number
  readonly slot: number
}

export class StoredSession {
  readonly number: number
  /** Null as long as only records that refer to it have been seen. */
  record: SessionRecord | null = null
  /** Of its session record. */
  slot = -1
  nextNumber = 1
  /** Messages with lower numbers have been sent. */
  sentUpTo = 1
  /** As far as the journal says that they may have been; never less. */
  sentAtMost = 1
  readonly subscriptions: Map<string, StoredSubscription> = new Map()
  readonly queue: MessageQueue = new MessageQueue()
  /** Packet Identifiers awaiting PUBREL: slot of the record × 65536 + packet of it. */
  readonly unreleased: Map<number, number> = new Map()
  will: StoredWill | null = null

  constructor(number: number) {
    this.number = number
  }
}

/** What a session's record says of what was sent, with this end of its connection (0 = it has one). */
export function sentUpToOf({ sentUpTo, sentAtMost }: StoredSession, detachedAt: number): number {
  return detachedAt === 0 ? Math.max(sentUpTo, sentAtMost) : sentUpTo
}

export class StoredState {
  readonly live: LiveRecords = new LiveRecords()
  readonly sessions: Map<number, StoredSession> = new Map()
  readonly byClientId: Map<string, StoredSession> = new Map()
  /** Slot of each topic's retained message. */
  readonly retained: Map<string, number> = new Map()
  /** The largest number a session has had. */
  lastSession = 0

  /** Takes a record from the journal. */
  apply(type: number, fields: FieldReader, segment: number, offset: number): void {
    const place = { segment, offset, length: fields.end - fields.at }
    switch (type) {
      case RecordType.Session:
        return this.session(readSession(fields), place)
      case RecordType.SessionEnded:
        return this.sessionEnded(fields.number())
      case RecordType.Subscribed:
        return this.subscribed(readSubscription(fields), place)
      case RecordType.Unsubscribed:
        return this.unsubscribed(fields.number(), fields.text())
      case RecordType.Message: {
        const { isRetained, recipients } = readRecipients(fields)
        this.message(recipients, isRetained ? topicOf(readPackets(fields)) : null, place)
        return
      }
      case RecordType.RetainedCleared:
        return this.retainedCleared(fields.text())
      case RecordType.Done:
        return this.done(fields.number(), fields.number(), fields.number())
      case RecordType.Sent:
        return this.sent(fields.number(), fields.number())
      case RecordType.Received:
        return this.received(fields.number(), fields.number(), fields.number())
      case RecordType.Unreleased: {
        const session = fields.number()
        const ranges = readRanges(fields)
        this.unreleased(session, readPackets(fields), ranges, place)
        return
      }
      case RecordType.Released:
        return this.released(fields.number(), readNumbers(fields))
      case RecordType.Will:
        return this.will(fields.number(), fields.number(), place)
      case RecordType.WillEnded:
        return this.willEnded(fields.number())
    }
  }

  /** Replay is over: what refers to sessions that are no more goes, and what may have been sent counts as sent. */
  replayed(): void {
    for (const session of this.sessions.values()) session.sentAtMost = Math.max(session.sentAtMost, session.sentUpTo)
    for (const session of [...this.sessions.values()]) if (session.record === null) this.sessionEnded(session.number)
  }

  session(record: SessionRecord, place: Place): void {
    const session = this.#session(record.session)
    const slot = this.#add(place)
    if (session.slot !== -1) this.live.release(session.slot)
    session.slot = slot
    session.record = record
    session.nextNumber = Math.max(session.nextNumber, record.nextNumber)
    // the end of a connection says how far it got
    session.sentUpTo = record.detachedAt === 0 ? Math.max(session.sentUpTo, record.sentUpTo) : record.sentUpTo
    session.sentAtMost = record.sentUpTo
    const namesake = this.byClientId.get(record.clientId)
    if (namesake === undefined || namesake.number <= session.number) this.byClientId.set(record.clientId, session)
  }

  sessionEnded(number: number): void {
    this.lastSession = Math.max(this.lastSession, number)
    const session = this.sessions.get(number)
    if (session === undefined) return
    for (const { slot } of session.subscriptions.values()) this.live.release(slot)
    for (const { slot } of session.queue.from(0)) this.live.release(slot)
    for (const place of session.unreleased.values()) this.live.release(Math.floor(place / 65536))
    if (session.will !== null) this.live.release(session.will.slot)
    if (session.slot !== -1) this.live.release(session.slot)
    this.sessions.delete(number)
    const clientId = session.record?.clientId
    if (clientId !== undefined && this.byClientId.get(clientId) === session) this.byClientId.delete(clientId)
  }

  subscribed(record: SubscriptionRecord, place: Place): void {
    const { subscriptions } = this.#session(record.session)
    const before = subscriptions.get(record.topicFilter)
    subscriptions.set(record.topicFilter, { ...record, slot: this.#add(place) })
    if (before !== undefined) this.live.release(before.slot)
  }

  unsubscribed(number: number, topicFilter: string): void {
    const session = this.sessions.get(number)
    const before = session?.subscriptions.get(topicFilter)
    if (session === undefined || before === undefined) return
    session.subscriptions.delete(topicFilter)
    this.live.release(before.slot)
  }

  /** Returns the slot of the record; -1 when nobody waits for it and it is not retained. */
  message(recipients: readonly RecipientRecord[], retainedTopic: string | null, place: Place): number {
    let references = retainedTopic === null ? 0 : 1
    for (let i = 0; i < recipients.length; i++) references += recipients[i]!.to - recipients[i]!.from
    if (references === 0) return -1
    const slot = this.#add(place)
    this.live.hold(slot, references - 1)
    for (let i = 0; i < recipients.length; i++) {
      const { session: number, from, to, first, qos, retain, received, identifiers } = recipients[i]!
      const session = this.#session(number)
      for (let packet = from; packet < to; packet++) {
        const before = session.queue.set(first + packet - from, slot, packet, qos, retain, received, identifiers)
        if (before !== -1) this.live.release(before)
      }
      session.nextNumber = Math.max(session.nextNumber, first + to - from)
    }
    if (retainedTopic !== null) {
      const before = this.retained.get(retainedTopic)
      this.retained.set(retainedTopic, slot)
      if (before !== undefined) this.live.release(before)
    }
    return slot
  }

  retainedCleared(topicName: string): void {
    const before = this.retained.get(topicName)
    if (before === undefined) return
    this.retained.delete(topicName)
    this.live.release(before)
  }

  done(number: number, first: number, count: number): void {
    const session = this.sessions.get(number)
    if (session === undefined) return
    const end = Math.min(first + count, session.queue.end)
    for (let at = Math.max(first, session.queue.first); at < end; at++) {
      const slot = session.queue.delete(at)
      if (slot !== -1) this.live.release(slot)
    }
  }

  sent(number: number, upTo: number): void {
    const session = this.sessions.get(number)
    if (session !== undefined) session.sentUpTo = Math.max(session.sentUpTo, upTo)
  }

  received(number: number, first: number, count: number): void {
    const session = this.sessions.get(number)
    if (session === undefined) return
    const end = Math.min(first + count, session.queue.end)
    for (let at = Math.max(first, session.queue.first); at < end; at++) session.queue.setReceived(at)
  }

  /** `ranges`: pairs of first packet and number of packets; no longer than the packets are. */
  unreleased(number: number, packets: PacketsRecord, ranges: readonly number[], place: Place): void {
    const session = this.#session(number)
    const ids = packetIdsOf(packets)
    let slot = -1
    for (let i = 0; i < ranges.length; i += 2) {
      for (let packet = ranges[i]!; packet < Math.min(ranges[i]! + ranges[i + 1]!, ids.length); packet++) {
        if (slot === -1) slot = this.#add(place)
        else this.live.hold(slot, 1)
        const before = session.unreleased.get(ids[packet]!)
        session.unreleased.set(ids[packet]!, slot * 65536 + packet)
        if (before !== undefined) this.live.release(Math.floor(before / 65536))
      }
    }
  }

  released(number: number, packetIds: readonly number[]): void {
    const session = this.sessions.get(number)
    if (session === undefined) return
    for (const packetId of packetIds) {
      const before = session.unreleased.get(packetId)
      if (before === undefined) continue
      session.unreleased.delete(packetId)
      this.live.release(Math.floor(before / 65536))
    }
  }

  will(number: number, delay: number, place: Place): void {
    const session = this.#session(number)
    const before = session.will
    session.will = { delay, slot: this.#add(place) }
    if (before !== null) this.live.release(before.slot)
  }

  willEnded(number: number): void {
    const session = this.sessions.get(number)
    if (session === undefined || session.will === null) return
    this.live.release(session.will.slot)
    session.will = null
  }

  #add({ segment, offset, length }: Place): number {
    return this.live.add(segment, offset, length)
  }

  #session(number: number): StoredSession {
    let session = this.sessions.get(number)
    if (session === undefined) {
      session = new StoredSession(number)
      this.sessions.set(number, session)
      this.lastSession = Math.max(this.lastSession, number)
    }
    return session
  }
}
