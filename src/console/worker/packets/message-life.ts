// The whole life of a message: from the publisher's PUBLISH to the last acknowledgement of each subscriber, reconnects between included.
// Captures do not say which delivery came of which PUBLISH: they are joined by topic, size and payload, nearest in time.

import { PacketType } from '../../../wire/mqtt/packet.ts'
import type { LoggedMessage, MessageLog } from './message-log.ts'
import type { PacketArena } from './packet-arena.ts'
import type { SoughtMessage } from './packet-calls.ts'

/** Messages looked through behind a PUBLISH for its deliveries, and before a delivery for its PUBLISH. */
const MOST_SEARCHED = 20_000
/** A delivery this long after is another message's, or a retained one's. */
const LONGEST_NS = 60_000_000_000n

/** Clocks may differ by as much, in milliseconds. */
const MOST_SKEW = 10_000

/** The packet of a message that was recorded elsewhere: of those that carry the same, the nearest in time. 0 = none is near. */
export function findMessage(log: MessageLog, arena: PacketArena, { topic, size, time, fromClient }: SoughtMessage): number {
  let [best, distance] = [0, MOST_SKEW]
  for (let id = log.end - 1; id >= Math.max(log.first, log.end - MOST_SEARCHED); id--) {
    const message = log.get(id)!
    if (message.type !== PacketType.Publish || message.fromClient !== fromClient || message.size !== size || message.text !== topic) continue
    const apart = Math.abs(Number(arena.time(message.frame) ?? 0n) / 1e6 - time)
    if (apart < distance) [best, distance] = [message.frame, apart]
  }
  return best
}

/** In the order of the capture; empty when the packet carries no PUBLISH and answers none. */
export function lifeOf(log: MessageLog, arena: PacketArena, number: number): LoggedMessage[] {
  const chosen = chosenOf(log, number)
  if (chosen === null) return []
  const exchange = log.exchange(chosen.id)
  const origin = exchange[0]!.fromClient ? exchange[0]! : originOf(exchange[0]!, log, arena)
  const parts = new Map<number, LoggedMessage>()
  const add = (messages: readonly LoggedMessage[]): void => {
    for (const message of messages) parts.set(message.id, message)
  }
  add(exchange)
  if (origin !== null) {
    const published = log.exchange(origin.id)
    add(published)
    for (const delivery of deliveriesOf(published, log, arena)) add(log.exchange(delivery.id))
  }
  add(reconnects([...parts.values()], log))
  return [...parts.values()].sort((a, b) => a.id - b.id)
}

/** Of a packet's messages the first PUBLISH, else what acknowledges one. */
function chosenOf(log: MessageLog, number: number): LoggedMessage | null {
  let acknowledgement: LoggedMessage | null = null
  for (let id = log.at(number); log.frameOf(id) === number; id++) {
    const message = log.get(id)!
    if (message.type === PacketType.Publish) return message
    if (message.first >= log.first && message.type >= PacketType.Puback && message.type <= PacketType.Pubcomp) acknowledgement ??= message
  }
  return acknowledgement
}

function isSame(one: LoggedMessage, other: LoggedMessage): boolean {
  return one.type === PacketType.Publish && other.type === PacketType.Publish && one.hash === other.hash && one.size === other.size && one.text === other.text
}

function isNear(one: LoggedMessage, other: LoggedMessage, arena: PacketArena): boolean {
  const [from, to] = [arena.time(one.frame), arena.time(other.frame)]
  return from === null || to === null || to - from < LONGEST_NS
}

/** The PUBLISH that a delivery came of; null = it is not in the capture, as with retained messages. */
function originOf(delivery: LoggedMessage, log: MessageLog, arena: PacketArena): LoggedMessage | null {
  for (let id = delivery.id - 1; id >= Math.max(log.first, delivery.id - MOST_SEARCHED); id--) {
    const message = log.get(id)!
    if (message.fromClient && isSame(message, delivery)) return isNear(message, delivery, arena) ? (log.get(message.first) ?? message) : null
  }
  return null
}

/** Each PUBLISH of the broker with the same content, until somebody publishes it anew. */
function deliveriesOf(published: readonly LoggedMessage[], log: MessageLog, arena: PacketArena): LoggedMessage[] {
  const origin = published[0]!
  const own = new Set(published.map(({ id }) => id))
  const last = published.findLast((message) => message.fromClient && message.type === PacketType.Publish) ?? origin
  const found: LoggedMessage[] = []
  for (let id = origin.id + 1; id < Math.min(log.end, origin.id + MOST_SEARCHED); id++) {
    const message = log.get(id)!
    if (!isSame(message, origin) || own.has(id)) continue
    if (message.fromClient || !isNear(last, message, arena)) break
    found.push(message)
  }
  return found
}

/** CONNECT and CONNACK of connections on which something was sent again. */
function reconnects(parts: readonly LoggedMessage[], log: MessageLog): LoggedMessage[] {
  const first = new Map<number, number>()
  for (const { first: exchange, connection } of parts) if (exchange >= 0 && !first.has(exchange)) first.set(exchange, connection)
  const later = new Set(
    parts.filter(({ first: exchange, connection }) => exchange >= 0 && first.get(exchange) !== connection).map(({ connection }) => connection),
  )
  if (later.size === 0) return []
  const found: LoggedMessage[] = []
  const [from, to] = [Math.min(...parts.map(({ id }) => id)), Math.max(...parts.map(({ id }) => id))]
  for (let id = from; id < Math.min(to, from + MOST_SEARCHED); id++) {
    const message = log.get(id)!
    if (later.has(message.connection) && (message.type === PacketType.Connect || message.type === PacketType.Connack)) found.push(message)
  }
  return found
}
