// A database of Mosquitto becomes records of ours: sessions, subscriptions, waiting and unreleased messages, retained messages.
// Packet Identifiers that receivers have seen stay what they were, so that QoS 2 stays exactly once.

import type { Qos } from '../wire/mqtt/packet.ts'
import { varintSize, writeVarint } from '../wire/mqtt/varint.ts'
import { utf8Length, writeUtf8 } from '../wire/text.ts'
import { type MosquittoClientMessage, type MosquittoDatabase, type MosquittoMessage, MosquittoState } from './mosquitto-db.ts'
import type { PacketsRecord, RecipientRecord } from './records.ts'
import type { Store } from './store.ts'

const FOR_EVER = 0xffffffff
const IDENTIFIERS = 65535

export interface ImportReport {
  readonly sessions: number
  readonly subscriptions: number
  /** Waiting for a session, counted per session. */
  readonly waiting: number
  readonly unreleased: number
  readonly retained: number
  /** What could not be taken over, in a sentence each. */
  readonly notes: readonly string[]
}

/** Appends all of it; `now` is wall clock in milliseconds. Durable when the store's `flush` says so. Clients that the store knows already are passed over. */
export function importMosquitto(store: Store, database: MosquittoDatabase, now: number): ImportReport {
  const notes = [...database.notes]
  const sessions = new Map<string, number>()
  for (const { clientId, userName, expiresAt, expiryInterval } of database.clients) {
    if (store.state.byClientId.has(clientId)) {
      notes.push(`client ${JSON.stringify(clientId)} has a session here already: the one of the database was passed over`)
      continue
    }
    const session = store.newSession()
    sessions.set(clientId, session)
    const detachedAt = expiresAt === 0 || expiryInterval === FOR_EVER ? now : (expiresAt - expiryInterval) * 1000
    store.session({ session, clientId, userName: userName === '' ? null : userName, version: 4, expiryInterval, detachedAt })
  }
  let subscriptions = 0
  for (const { clientId, filter, qos, options, identifier } of database.subscriptions) {
    const session = sessions.get(clientId)
    if (session === undefined) continue
    const retainHandling = (options >> 4) & 3
    store.subscribed({
      session,
      topicFilter: filter,
      qos: qos as Qos,
      noLocal: (options & 4) !== 0,
      retainAsPublished: (options & 8) !== 0,
      retainHandling,
      identifier,
    })
    subscriptions++
  }
  const { recipients, sent, waiting } = recipientsOf(database, sessions, notes)
  const retained = new Set(database.retained)
  for (const message of database.messages.values()) {
    const isRetained = retained.has(message.id) && !store.state.retained.has(message.topic)
    store.message(packetsOf(message, 1, now), recipients.get(message.id) ?? [], isRetained ? message.topic : null)
  }
  for (const [session, upTo] of sent) store.sent(session, upTo)
  let unreleased = 0
  for (const { incoming, clientId, messageId, mid } of database.clientMessages) {
    const session = sessions.get(clientId)
    const message = database.messages.get(messageId)
    if (!incoming || session === undefined || message === undefined) continue
    store.unreleased(session, packetsOf(message, mid, now), [0, 1])
    unreleased++
  }
  return { sessions: sessions.size, subscriptions, waiting, unreleased, retained: retained.size, notes }
}

interface Recipients {
  /** By message. */
  readonly recipients: ReadonlyMap<bigint, RecipientRecord[]>
  /** By session: the first number that has not been sent. */
  readonly sent: ReadonlyMap<number, number>
  readonly waiting: number
}

function recipientsOf(database: MosquittoDatabase, sessions: ReadonlyMap<string, number>, notes: string[]): Recipients {
  const outgoing = new Map<string, MosquittoClientMessage[]>()
  for (const message of database.clientMessages) {
    if (message.incoming) continue
    const list = outgoing.get(message.clientId)
    if (list === undefined) outgoing.set(message.clientId, [message])
    else list.push(message)
  }
  const recipients = new Map<bigint, RecipientRecord[]>()
  const sent = new Map<number, number>()
  let waiting = 0
  for (const { clientId, lastMid } of database.clients) {
    const session = sessions.get(clientId)
    const all = outgoing.get(clientId)
    if (session === undefined || all === undefined) continue
    const known = all.filter(({ messageId, qos }) => qos > 0 && database.messages.has(messageId))
    if (known.length < all.length)
      notes.push(`client ${JSON.stringify(clientId)}: ${all.length - known.length} messages of QoS 0, or without content, were passed over`)
    // oldest first: identifiers go round
    const age = ({ mid }: MosquittoClientMessage): number => (mid - lastMid - 1 + 2 * IDENTIFIERS) % IDENTIFIERS
    const inFlight = known.filter(({ state }) => state !== MosquittoState.Queued).sort((a, b) => age(a) - age(b))
    let number = 0
    for (const message of inFlight) {
      number = message.mid > number % IDENTIFIERS ? number - (number % IDENTIFIERS) + message.mid : number - (number % IDENTIFIERS) + IDENTIFIERS + message.mid
      add(message, session, number)
    }
    number = Math.max(number, lastMid)
    if (inFlight.length > 0) sent.set(session, number + 1)
    for (const message of known) if (message.state === MosquittoState.Queued) add(message, session, ++number)
  }
  return { recipients, sent, waiting }

  function add({ messageId, qos, retain, state, properties }: MosquittoClientMessage, session: number, first: number): void {
    const recipient: RecipientRecord = {
      session,
      from: 0,
      to: 1,
      first,
      qos: qos as Qos,
      retain: retain ? 1 : 0,
      received: state === MosquittoState.AwaitingPubcomp,
      identifiers: identifiersIn(properties),
    }
    const list = recipients.get(messageId)
    if (list === undefined) recipients.set(messageId, [recipient])
    else list.push(recipient)
    waiting++
  }
}

/** Subscription Identifiers among the properties of a client's message, which are these alone. */
function identifiersIn(properties: Uint8Array): readonly number[] | null {
  const identifiers: number[] = []
  for (let at = 0; at < properties.length && properties[at] === 0x0b; ) {
    let value = 0
    let scale = 1
    do {
      value += (properties[++at]! & 127) * scale
      scale *= 128
    } while (properties[at]! > 127)
    identifiers.push(value)
    at++
  }
  return identifiers.length === 0 ? null : identifiers
}

/** The message as a packet of 5.0; what is left of its life becomes its Message Expiry Interval again. */
function packetsOf(message: MosquittoMessage, packetId: number, now: number): PacketsRecord {
  const { topic, payload, properties, qos, retain, expiresAt, sourceId, sourceUser } = message
  const left = expiresAt === 0 ? 0 : Math.max(1, expiresAt - Math.floor(now / 1000))
  const propertiesLength = properties.length + (left > 0 ? 5 : 0)
  const topicLength = utf8Length(topic)
  const remaining = 2 + topicLength + (qos > 0 ? 2 : 0) + varintSize(propertiesLength) + propertiesLength + payload.length
  const bytes = new Uint8Array(1 + varintSize(remaining) + remaining)
  bytes[0] = 0x30 | (qos << 1) | (retain ? 1 : 0)
  let at = writeVarint(bytes, 1, remaining)
  bytes[at++] = topicLength >> 8
  bytes[at++] = topicLength & 255
  at = writeUtf8(topic, bytes, at)
  if (qos > 0) {
    bytes[at++] = packetId >> 8
    bytes[at++] = packetId & 255
  }
  at = writeVarint(bytes, at, propertiesLength)
  if (left > 0) {
    bytes[at] = 0x02
    new DataView(bytes.buffer).setUint32(at + 1, left)
    at += 5
  }
  bytes.set(properties, at)
  bytes.set(payload, at + properties.length)
  return {
    bytes,
    start: 0,
    end: bytes.length,
    version: 5,
    count: 1,
    arrivedAt: now,
    expiresAt: expiresAt * 1000,
    clientId: sourceId === '' ? null : sourceId,
    userName: sourceUser === '' ? null : sourceUser,
  }
}
