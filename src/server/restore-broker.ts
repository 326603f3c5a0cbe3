// From what the store found to a broker that holds it: every record that still counts is read once, in the order of the files.
// What the records say is store/stored-state.ts; what becomes of it is broker/recovery.ts.

import type { Slab } from '../base/slab.ts'
import type { Broker } from '../broker/broker.ts'
import type { ListenerRules } from '../broker/listener-rules.ts'
import type { Recovery } from '../broker/recovery.ts'
import type { Session } from '../broker/session.ts'
import type { WaitingMessage } from '../store/message-queue.ts'
import { eachPacket } from '../store/packets.ts'
import { readPackets, readRanges, readRecipients } from '../store/read-records.ts'
import { FieldReader } from '../store/record-fields.ts'
import type { PacketsRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { StoredSession } from '../store/stored-state.ts'

export interface RestoreReport {
  readonly sessions: number
  readonly subscriptions: number
  /** Waiting for a session, counted per session. */
  readonly messages: number
  readonly retained: number
}

/** What a record is needed for; a message may be both waiting and retained. */
const Need = { Waiting: 1, Retained: 2, Unreleased: 4, Will: 8 } as const

/** Records by slot, in columns: there may be millions. */
class SlotTable {
  /** What each is needed for; 0 = not at all. */
  needs = new Uint8Array(1024)
  /** Slots of those that are. */
  readonly slots: number[] = []
  /** Where their packets were put. */
  readonly slabs: (Slab | null)[] = []
  starts = new Int32Array(1024)
  ends = new Int32Array(1024)
  versions = new Uint8Array(1024)
  /** Clock time; Infinity = never. */
  expires = new Float64Array(1024)
  /** Wall clock. */
  arrived = new Float64Array(1024)

  need(slot: number, what: number): void {
    if (slot >= this.needs.length) this.#grow(slot)
    if (this.needs[slot] === 0) this.slots.push(slot)
    this.needs[slot]! |= what
  }

  #grow(slot: number): void {
    const size = Math.max(slot + 1, this.needs.length * 2)
    const larger = new Uint8Array(size)
    larger.set(this.needs)
    this.needs = larger
  }

  /** All that is needed is known: makes the other columns. */
  seal(): void {
    const size = this.needs.length
    this.starts = new Int32Array(size)
    this.ends = new Int32Array(size)
    this.versions = new Uint8Array(size)
    this.expires = new Float64Array(size)
    this.arrived = new Float64Array(size)
    for (let slot = 0; slot < size; slot++) this.slabs.push(null)
  }
}

/**
 * Gives the broker what the store has. To be called before anybody can connect. `now` is wall clock in milliseconds; `listeners` are the rules
 * of those that clients will come by.
 */
export async function restoreBroker(broker: Broker, store: Store, now: number, listeners: readonly ListenerRules[] = []): Promise<RestoreReport> {
  const recovery = broker.recovery(listeners)
  const restoring = new Restoring(broker, recovery, store)
  restoring.begin()
  await restoring.read()
  const report = restoring.end()
  const { lastWallMs } = store.journal.recovery
  recovery.finish(lastWallMs > 0 ? Math.min(lastWallMs, now) : now)
  return report
}

class Restoring {
  readonly #broker: Broker
  readonly #recovery: Recovery
  readonly #store: Store
  readonly #sessions = new Map<number, { readonly session: Session; readonly stored: StoredSession }>()
  readonly #table = new SlotTable()
  #subscriptions = 0
  #messages = 0
  #retained = 0
  /** The packet found last: those of a run are asked for one after another. */
  readonly #cursor = { slot: -1, index: 0, at: 0 }

  constructor(broker: Broker, recovery: Recovery, store: Store) {
    this.#broker = broker
    this.#recovery = recovery
    this.#store = store
  }

  /** Sessions and subscriptions are there; notes which records must be read. */
  begin(): void {
    const { state } = this.#store
    for (const stored of state.sessions.values()) {
      const { record } = stored
      if (record === null || state.byClientId.get(record.clientId) !== stored) continue
      const session = this.#recovery.session(record, stored.nextNumber)
      this.#sessions.set(stored.number, { session, stored })
      for (const subscription of stored.subscriptions.values()) this.#recovery.subscription(session, subscription)
      this.#subscriptions += stored.subscriptions.size
      for (let number = stored.queue.first; number < stored.queue.end; number++) {
        const slot = stored.queue.slot(number)
        if (slot >= 0) this.#table.need(slot, Need.Waiting)
      }
      for (const place of stored.unreleased.values()) this.#table.need(Math.floor(place / 65536), Need.Unreleased)
      if (stored.will !== null) this.#table.need(stored.will.slot, Need.Will)
    }
    for (const slot of state.retained.values()) this.#table.need(slot, Need.Retained)
    this.#table.seal()
  }

  /** Goes through the segments once. */
  async read(): Promise<void> {
    const { journal, state } = this.#store
    const { live } = state
    const { slots } = this.#table
    const isBefore = (a: number, b: number): number => live.segment(a) - live.segment(b) || live.offset(a) - live.offset(b)
    if (slots.some((slot, i) => i > 0 && isBefore(slots[i - 1]!, slot) > 0)) slots.sort(isBefore)
    const fields = new FieldReader()
    let next = 0
    for (const { segment } of journal.segments()) {
      if (next < slots.length && live.segment(slots[next]!) !== segment) continue
      for await (const batch of journal.batches(segment)) {
        const end = batch.offset + batch.end
        for (; next < slots.length && live.segment(slots[next]!) === segment && live.offset(slots[next]!) < end; next++) {
          const slot = slots[next]!
          const at = live.offset(slot) - batch.offset
          this.#take(slot, fields.over(batch.bytes, at, at + live.length(slot)))
        }
        if (next === slots.length || live.segment(slots[next]!) !== segment) break
      }
    }
    if (next < slots.length) throw new Error(`${slots.length - next} stored records were not found`)
  }

  /** Messages find their sessions. */
  end(): RestoreReport {
    for (const { session, stored } of this.#sessions.values()) {
      this.#takeBack(session, stored)
      for (const [, place] of stored.unreleased) this.#takeUnreleased(session, place)
    }
    for (const slab of this.#table.slabs) if (slab !== null) this.#recovery.release(slab)
    return { sessions: this.#sessions.size, subscriptions: this.#subscriptions, messages: this.#messages, retained: this.#retained }
  }

  #take(slot: number, fields: FieldReader): void {
    const need = this.#table.needs[slot]!
    if ((need & Need.Will) !== 0) {
      const session = this.#sessions.get(fields.number())?.session
      const delay = fields.number()
      const { bytes, start, end } = readPackets(fields)
      if (session !== undefined) this.#recovery.will(session, delay, bytes.slice(start, end))
      return
    }
    if ((need & Need.Unreleased) !== 0) {
      fields.number()
      readRanges(fields)
      this.#keep(slot, readPackets(fields))
      return
    }
    readRecipients(fields)
    const packets = readPackets(fields)
    if ((need & Need.Retained) !== 0 && this.#recovery.retained(packets, lastOf(packets))) this.#retained++
    if ((need & Need.Waiting) !== 0) this.#keep(slot, packets)
  }

  #keep(slot: number, { bytes, start, end, version, expiresAt, arrivedAt }: PacketsRecord): void {
    const slab = this.#broker.slabs.store(bytes, start, end)
    const table = this.#table
    table.slabs[slot] = slab
    table.starts[slot] = slab.used - (end - start)
    table.ends[slot] = slab.used
    table.versions[slot] = version
    table.expires[slot] = this.#recovery.clockTime(expiresAt)
    table.arrived[slot] = arrivedAt
  }

  /** Neighbours of one record that are treated alike become one run of the queue again. */
  #takeBack(session: Session, { queue, sentUpTo }: StoredSession): void {
    // what was received was sent, and all before it: the mark that says so may have come too late
    let sent = sentUpTo
    for (const { number, received } of queue.from(sentUpTo)) if (received) sent = number + 1
    let first: WaitingMessage | null = null
    let count = 0
    const flush = (): void => {
      if (first !== null) this.#queue(session, first, count)
      first = null
      count = 0
    }
    for (const message of queue.from(0)) {
      this.#messages++
      if (message.number < sent) {
        flush()
        this.#sent(session, message)
        continue
      }
      if (first !== null && !follows(first, count, message)) flush()
      first ??= message
      count++
    }
    flush()
  }

  #queue(session: Session, { slot, packet, number, qos, retain, identifiers }: WaitingMessage, count: number): void {
    const slab = this.#table.slabs[slot]!
    const at = this.#find(slot, packet)
    const end = this.#find(slot, packet + count)
    const version = this.#versionOf(slot)
    const expires = this.#table.expires[slot]!
    this.#broker.slabs.hold(slab, count)
    this.#recovery.waiting(session, { slab, at, end, count, version, topicId: 0, qos, retain, identifiers, expires, number })
  }

  #sent(session: Session, { slot, packet, number, qos, retain, identifiers, received }: WaitingMessage): void {
    const version = this.#versionOf(slot)
    const expires = this.#table.expires[slot]!
    if (received) {
      this.#recovery.sent(session, { number, slab: null, at: 0, end: 0, version, qos, retain, identifiers, expires })
      return
    }
    const slab = this.#table.slabs[slot]!
    const at = this.#find(slot, packet)
    const end = this.#find(slot, packet + 1)
    this.#broker.slabs.hold(slab, 1)
    this.#recovery.sent(session, { number, slab, at, end, version, qos, retain, identifiers, expires })
  }

  #takeUnreleased(session: Session, place: number): void {
    const slot = Math.floor(place / 65536)
    const { bytes } = this.#table.slabs[slot]!
    const at = this.#find(slot, place % 65536)
    this.#recovery.unreleased(session, bytes, at, this.#find(slot, (place % 65536) + 1), this.#versionOf(slot), this.#table.arrived[slot]!)
  }

  #versionOf(slot: number): 4 | 5 {
    return this.#table.versions[slot] === 5 ? 5 : 4
  }

  /** Where a packet begins; one more than there are: where the last one ends. */
  #find(slot: number, index: number): number {
    const cursor = this.#cursor
    if (cursor.slot !== slot || index < cursor.index) {
      cursor.slot = slot
      cursor.index = 0
      cursor.at = this.#table.starts[slot]!
    }
    const { bytes } = this.#table.slabs[slot]!
    const end = this.#table.ends[slot]!
    let { at } = cursor
    for (let i = cursor.index; i < index && at < end; i++) {
      let remaining = 0
      at++
      for (let shift = 0; ; shift += 7) {
        const digit = bytes[at++]!
        remaining |= (digit & 127) << shift
        if (digit < 128) break
      }
      at += remaining
    }
    cursor.index = index
    cursor.at = at
    return at
  }
}

function follows(first: WaitingMessage, count: number, next: WaitingMessage): boolean {
  const { slot, packet, number, qos, retain, identifiers } = first
  return (
    next.slot === slot &&
    next.packet === packet + count &&
    next.number === number + count &&
    next.qos === qos &&
    next.retain === retain &&
    next.identifiers === identifiers
  )
}

/** Where the last packet begins. */
function lastOf(packets: PacketsRecord): number {
  let last = packets.start
  eachPacket(packets, (_index, at) => {
    last = at
  })
  return last
}
