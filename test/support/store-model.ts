// What a store must hold, kept the plain way: maps and texts. Told the same events as the store, compared with what the store recovers.
// Snapshots are kept by ticket: a restart must find exactly one of them.

import { eachPacket } from '../../src/store/packets.ts'
import { RecordType } from '../../src/store/record-types.ts'
import type { PacketsRecord, RecipientRecord } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'

interface ModelSession {
  clientId: string
  expiryInterval: number
  detachedAt: number
  nextNumber: number
  sentUpTo: number
  subscriptions: Record<string, number>
  queue: Record<number, string>
  unreleased: Record<number, string>
  will: string | null
}

/** PUBLISH packets of 3.1.1, one per payload, with these Packet Identifiers. */
export function packetsOf(topic: string, payloads: readonly string[], qos = 1, firstId = 1): PacketsRecord {
  const parts: number[] = []
  for (const [i, payload] of payloads.entries()) {
    const body = [0, topic.length, ...Buffer.from(topic), ...(qos > 0 ? [(firstId + i) >> 8, (firstId + i) & 255] : []), ...Buffer.from(payload)]
    if (body.length > 127) parts.push(0x30 | (qos << 1), (body.length & 127) | 128, body.length >> 7, ...body)
    else parts.push(0x30 | (qos << 1), body.length, ...body)
  }
  const bytes = Uint8Array.from(parts)
  return { bytes, start: 0, end: bytes.length, version: 4, count: payloads.length, arrivedAt: 1000, expiresAt: 0, clientId: 'publisher', userName: null }
}

/** The payloads in packets, which have a topic of their own and QoS `qos`. */
export function payloadsOf(packets: PacketsRecord): string[] {
  const payloads: string[] = []
  eachPacket(packets, (_index, at, body, next) => {
    const topicLength = (packets.bytes[body]! << 8) | packets.bytes[body + 1]!
    const idSize = (packets.bytes[at]! & 6) === 0 ? 0 : 2
    payloads.push(Buffer.from(packets.bytes.subarray(body + 2 + topicLength + idSize, next)).toString())
  })
  return payloads
}

export class StoreModel {
  readonly sessions: Map<number, ModelSession> = new Map()
  readonly retained: Map<string, string> = new Map()

  session(number: number, clientId: string, expiryInterval: number, detachedAt: number): void {
    const known = this.sessions.get(number)
    if (known !== undefined) Object.assign(known, { expiryInterval, detachedAt })
    else
      this.sessions.set(number, { clientId, expiryInterval, detachedAt, nextNumber: 1, sentUpTo: 1, subscriptions: {}, queue: {}, unreleased: {}, will: null })
  }

  message(payloads: readonly string[], recipients: readonly RecipientRecord[], retainedTopic: string | null): void {
    for (const { session, from, to, first, qos, retain, identifiers } of recipients) {
      const one = this.sessions.get(session)!
      for (let i = from; i < to; i++) one.queue[first + i - from] = `${payloads[i]} q${qos} r${retain} ${identifiers ?? ''}`
      one.nextNumber = Math.max(one.nextNumber, first + to - from)
    }
    if (retainedTopic !== null) this.retained.set(retainedTopic, payloads.at(-1)!)
  }

  /** One text, equal if and only if the states are. */
  toString(): string {
    return JSON.stringify({ sessions: [...this.sessions].sort((a, b) => a[0] - b[0]), retained: [...this.retained].sort() })
  }
}

/** What a store holds, as the model would say it; read back from the journal. */
export async function contentOf(store: Store): Promise<string> {
  const model = new StoreModel()
  const cache = new Map<string, string[]>()
  const payload = async (slot: number, packet: number, type: 5 | 10 | 12): Promise<string> => {
    const key = `${type} ${slot}`
    let payloads = cache.get(key)
    if (payloads === undefined) {
      payloads = payloadsOf(await store.packets(slot, type))
      cache.set(key, payloads)
    }
    return payloads[packet] ?? 'none'
  }
  for (const session of store.state.sessions.values()) {
    const { clientId, expiryInterval, detachedAt } = session.record!
    const one: ModelSession = {
      clientId,
      expiryInterval,
      detachedAt,
      nextNumber: session.nextNumber,
      sentUpTo: session.sentUpTo,
      subscriptions: {},
      queue: {},
      unreleased: {},
      will: null,
    }
    for (const name of [...session.subscriptions.keys()].sort()) one.subscriptions[name] = session.subscriptions.get(name)!.qos
    for (const { number, slot, packet, qos, retain, received, identifiers } of session.queue.from(0))
      one.queue[number] = `${await payload(slot, packet, RecordType.Message)} q${qos} r${retain} ${identifiers ?? ''}${received ? ' received' : ''}`
    for (const [id, place] of session.unreleased) one.unreleased[id] = await payload(Math.floor(place / 65536), place % 65536, RecordType.Unreleased)
    if (session.will !== null) one.will = `${await payload(session.will.slot, 0, RecordType.Will)} after ${session.will.delay}`
    model.sessions.set(session.number, one)
  }
  for (const [topic, slot] of store.state.retained) model.retained.set(topic, payloadsOf(await store.packets(slot, RecordType.Message)).at(-1)!)
  return model.toString()
}
