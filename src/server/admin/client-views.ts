// Sessions as the console sees them: a page of rows, and one of them in full. Reads the broker's own state and changes nothing.
// What the broker does not keep comes from client-facts.ts.

import type { Broker } from '../../broker/broker.ts'
import type { QueuedRun } from '../../broker/outgoing-queue.ts'
import type { Session } from '../../broker/session.ts'
import { readRun } from '../../wire/mqtt/framer.ts'
import type { Qos, Will } from '../../wire/mqtt/packet.ts'
import { PublishRun } from '../../wire/mqtt/publish-run.ts'
import { parseSharedFilter } from '../../wire/mqtt/topics.ts'
import { readUtf8 } from '../../wire/text.ts'
import type { ClientAnswer, ClientRow, ClientsAnswer, QueuedRow, SubscriptionRow, WillRow } from './api-types.ts'
import type { ClientBook } from './client-facts.ts'

const FOR_EVER = 0xffffffff
/** Rows of each list of one client. */
const MOST_SHOWN = 200
/** Payload bytes shown of a message. */
const PAYLOAD_START = 256

/** Columns to sort by. */
export const CLIENT_ORDERS = ['id', 'user', 'address', 'connectedAt', 'lastHeardAt', 'queued', 'inflightOut', 'subscriptions', 'bytesIn', 'bytesOut'] as const
export type ClientOrder = (typeof CLIENT_ORDERS)[number]

export interface ClientsQuestion {
  /** Part of a Client Identifier, user name or address, whatever the case; '' = all. */
  readonly search: string
  readonly state: 'online' | 'offline' | null
  readonly sort: ClientOrder
  readonly order: 'asc' | 'desc'
  readonly limit: number
  readonly offset: number
}

export function clientsAnswer(broker: Broker, book: ClientBook, question: ClientsQuestion): ClientsAnswer {
  const { search, state, sort, order, limit, offset } = question
  const wanted = search.toLowerCase()
  const rows: ClientRow[] = []
  for (const session of broker.sessions.values()) {
    if (state !== null && session.isOnline !== (state === 'online')) continue
    if (wanted !== '' && !isFound(session, book, wanted)) continue
    rows.push(clientRow(session, book))
  }
  const sign = order === 'asc' ? 1 : -1
  rows.sort((a, b) => sign * compare(a[sort], b[sort]) || compare(a.id, b.id))
  return { total: broker.sessionCount, online: broker.connectedCount, matched: rows.length, rows: rows.slice(offset, offset + limit) }
}

export function clientRow(session: Session, book: ClientBook): ClientRow {
  const { clientId: id, connection, outgoing, incoming, queue, sessionExpiryInterval } = session
  const peer = connection?.link.peer ?? null
  const known = book.factsOf(id)
  const facts = known !== null && (peer === null || known.peer === peer) ? known : null
  const traffic = peer === null ? null : book.trafficOf(peer)
  return {
    id,
    user: session.userName,
    isOnline: peer !== null,
    address: peer?.address ?? null,
    port: peer?.port ?? null,
    transport: peer?.transport ?? null,
    listenerPort: peer?.localPort ?? null,
    version: facts?.version ?? null,
    keepAlive: facts?.keepAlive ?? null,
    cleanStart: facts?.cleanStart ?? null,
    sessionExpiry: sessionExpiryInterval === FOR_EVER ? null : sessionExpiryInterval,
    connectedAt: peer === null ? null : (facts?.connectedAt ?? null),
    disconnectedAt: peer === null ? (facts?.disconnectedAt ?? null) : null,
    endCause: peer === null ? (facts?.endCause ?? null) : null,
    subscriptions: session.subscriptions.size,
    inflightIn: incoming.awaitingRelease,
    inflightOut: outgoing.unfinished,
    queued: queue.messages,
    queuedBytes: queue.bytes,
    bytesIn: traffic?.bytesIn ?? 0,
    bytesOut: traffic?.bytesOut ?? 0,
    lastHeardAt: traffic?.lastHeardAt ?? null,
  }
}

export function clientAnswer(session: Session, book: ClientBook, now: number): ClientAnswer {
  const peer = session.connection?.link.peer ?? null
  const tls =
    peer === null || peer.tlsVersion === null ? null : { version: peer.tlsVersion, cipher: peer.cipher ?? 'unknown', subject: peer.certificateSubject }
  return {
    client: clientRow(session, book),
    tls,
    subscriptions: subscriptionRows(session).slice(0, MOST_SHOWN),
    queue: queueRows(session, now),
    inflight: session.outgoing.unfinishedMessages(MOST_SHOWN),
    will: session.will === null ? null : willRow(session.will),
  }
}

export function subscriptionRows(session: Session): SubscriptionRow[] {
  return [...session.subscriptions].map(([filter, { qos, noLocal, retainMask, identifiers }]) => ({
    filter,
    shareName: parseSharedFilter(filter)?.shareName ?? null,
    qos,
    noLocal,
    retainAsPublished: retainMask === 1,
    identifiers: identifiers ?? [],
  }))
}

function queueRows({ queue }: Session, now: number): QueuedRow[] {
  const rows: QueuedRow[] = []
  for (const run of queue.runs()) {
    rows.push(...rowsOf(run, now, MOST_SHOWN - rows.length))
    if (rows.length >= MOST_SHOWN) break
  }
  return rows
}

function rowsOf({ slab, at, end, version, qos, retain, expires }: QueuedRun, now: number, most: number): QueuedRow[] {
  const run = new PublishRun()
  readRun(run, slab.bytes, at, end, version, most)
  const topic = readUtf8(run.topicBytes, run.topicAt, run.topicAt + run.topicLength)
  const rows: QueuedRow[] = []
  for (let i = run.from; i < run.to; i++) {
    const payload = run.bytes.subarray(run.bodies[i]! + run.headLength, run.starts[i + 1]!)
    rows.push({
      topic,
      qos,
      retain: retain === 1,
      sizeBytes: payload.length,
      payloadStart: base64Start(payload),
      expiresInMs: expires === Infinity ? null : Math.max(0, Math.round(expires - now)),
    })
  }
  return rows
}

function willRow({ topicName, qos, retain, payload, properties }: Will): WillRow {
  return {
    topic: topicName,
    qos: qos as Qos,
    retain,
    sizeBytes: payload.length,
    payloadStart: base64Start(payload),
    delaySeconds: properties.willDelayInterval ?? 0,
  }
}

function base64Start(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, PAYLOAD_START)).toString('base64')
}

function isFound({ clientId, userName, connection }: Session, book: ClientBook, wanted: string): boolean {
  const address = connection?.link.peer.address ?? book.factsOf(clientId)?.peer.address ?? ''
  return clientId.toLowerCase().includes(wanted) || (userName?.toLowerCase().includes(wanted) ?? false) || address.includes(wanted)
}

/** What is not known comes last. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return a < b ? -1 : 1
}
