// A ladder from the messages of a capture: lanes, one step per MQTT packet, pauses that are not drawn to scale, colours by application message.
// Pure: what is drawn, exported and tested is this.

import { PacketType } from '../../../wire/mqtt/packet.ts'
import type { LoggedConnection } from '../../worker/packets/message-log.ts'
import type { LadderMessage, LadderSlice } from '../../worker/packets/packet-calls.ts'

export interface Lane {
  /** Client Identifier and server, or the address: a session keeps its lane over connections. */
  readonly key: string
  readonly name: string
  readonly kind: 'publisher' | 'broker' | 'subscriber' | 'client'
  readonly address: string
  /** 3, 4 or 5; 0 for a broker. */
  readonly version: number
  readonly messages: number
}

export interface Step {
  readonly message: LadderMessage
  /** Indices of `lanes`. */
  readonly from: number
  readonly to: number
  /** Seconds since the first step. */
  readonly time: number
  /** Row of the drawing: pauses take rows too. */
  readonly row: number
  /** The application message that it is about, 0 and on; -1 = none. */
  readonly group: number
  /** Its receiver never saw it: what it answers was sent again, or a rule of the broker has lost it. */
  readonly isLost: boolean
  /** A PUBLISH without its answer, before it was sent again or the connection ended. */
  readonly isUnanswered: boolean
  /** The subscriber had this message before. */
  readonly isSecond: boolean
}

export interface Gap {
  readonly row: number
  readonly seconds: number
  /** What is waited for in it; null = nothing. */
  readonly waits: 'PUBACK' | 'PUBREC' | 'PUBCOMP' | null
  readonly reconnects: boolean
}

export interface LadderModel {
  readonly lanes: readonly Lane[]
  readonly steps: readonly Step[]
  readonly gaps: readonly Gap[]
  readonly rows: number
  /** Clients that are not drawn, and their messages. */
  readonly hidden: { readonly lanes: readonly Lane[]; readonly messages: number }
}

export const TYPE_NAMES: readonly string[] =
  '? CONNECT CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK PINGREQ PINGRESP DISCONNECT AUTH'.split(' ')

/** Seconds from which a pause is drawn as one. */
const PAUSE = 0.5
/** Clients drawn unless others are asked for. */
const MOST_CLIENTS = 6

/** `shown`: keys of the clients to draw; null = the busiest. What was drawn `before` goes first and keeps its side and order: lanes do not jump about. */
export function ladderModel({ messages, connections }: LadderSlice, shown: ReadonlySet<string> | null = null, before: readonly Lane[] = []): LadderModel {
  const drawnBefore = new Map(before.map((lane, i) => [lane.key, { lane, place: i }]))
  const all = lanesOf(messages, connections, drawnBefore)
  const clients = all.filter(({ kind }) => kind !== 'broker')
  const chosen =
    shown ??
    new Set(
      [...clients]
        .sort((a, b) => Number(drawnBefore.has(b.key)) - Number(drawnBefore.has(a.key)) || b.messages - a.messages)
        .slice(0, MOST_CLIENTS)
        .map(({ key }) => key),
    )
  const drawn = messages.filter(({ connection }) => chosen.has(clientKey(connections[connection]!)))
  const brokers = new Set(drawn.map(({ connection }) => connections[connection]!.server))
  const lanes = all.filter(({ kind, key }) => (kind === 'broker' ? brokers.has(key) : chosen.has(key)))
  const laneOf = new Map(lanes.map(({ key }, i) => [key, i]))
  const groups = groupsOf(drawn, connections)
  const exchanges = exchangesOf(drawn)
  const start = drawn[0]?.time ?? 0
  const steps: Step[] = []
  const gaps: Gap[] = []
  const delivered = new Set<string>()
  let row = 0
  for (const [i, message] of drawn.entries()) {
    const connection = connections[message.connection]!
    const [client, server] = [laneOf.get(clientKey(connection))!, laneOf.get(connection.server)!]
    const before = drawn[i - 1]
    if (before !== undefined && message.time - before.time >= PAUSE) {
      gaps.push({ row, seconds: message.time - before.time, waits: waitedFor(drawn, i, exchanges), reconnects: message.type === PacketType.Connect })
      row++
    }
    const group = groups.get(message.id) ?? -1
    const isDelivery = message.type === PacketType.Publish && !message.fromClient
    const delivery = `${group} ${client}`
    steps.push({
      message,
      from: message.fromClient ? client : server,
      to: message.fromClient ? server : client,
      time: message.time - start,
      row: row++,
      group,
      isLost: message.fate === 'lost',
      isUnanswered: message.fate === 'unanswered' || (message.fate === 'lost' && message.type === PacketType.Publish && message.qos > 0),
      isSecond: isDelivery && group >= 0 && delivered.has(delivery),
    })
    if (isDelivery) delivered.add(delivery)
  }
  return {
    lanes,
    steps,
    gaps,
    rows: row,
    hidden: { lanes: clients.filter(({ key }) => !chosen.has(key)), messages: messages.length - drawn.length },
  }
}

export function clientKey({ clientId, client, server }: LoggedConnection): string {
  return clientId === '' ? client : `${clientId} ${server}`
}

type DrawnBefore = ReadonlyMap<string, { readonly lane: Lane; readonly place: number }>

/** Who publishes stands left of the broker, who receives right of it. */
function lanesOf(messages: readonly LadderMessage[], connections: readonly LoggedConnection[], before: DrawnBefore): Lane[] {
  interface Seen {
    readonly connection: LoggedConnection
    readonly first: number
    count: number
    published: number
    received: number
  }
  const clients = new Map<string, Seen>()
  const servers = new Map<string, number>()
  for (const [i, message] of messages.entries()) {
    const connection = connections[message.connection]!
    const seen = clients.get(clientKey(connection)) ?? { connection, first: i, count: 0, published: 0, received: 0 }
    clients.set(clientKey(connection), seen)
    seen.count++
    if (message.type === PacketType.Publish && message.fromClient) seen.published++
    if (message.type === PacketType.Publish && !message.fromClient) seen.received++
    servers.set(connection.server, (servers.get(connection.server) ?? 0) + 1)
  }
  const lanes = [...clients.entries()].map(([key, { connection, count, published, received, first }]) => ({
    lane: {
      key,
      name: connection.clientId === '' ? connection.client : connection.clientId,
      kind: kindOf(before.get(key)?.lane.kind ?? 'client', published, received),
      address: connection.client,
      version: connection.version,
      messages: count,
    },
    first,
  }))
  const place = ({ lane }: { readonly lane: Lane }): number => before.get(lane.key)?.place ?? before.size
  lanes.sort((a, b) => place(a) - place(b) || a.first - b.first)
  const ofKind = (...kinds: string[]): Lane[] => lanes.filter(({ lane }) => kinds.includes(lane.kind)).map(({ lane }) => lane)
  const brokers: Lane[] = [...servers].map(([server, count]) => ({ key: server, name: 'broker', kind: 'broker', address: server, version: 0, messages: count }))
  const onlySubscribers = ofKind('publisher').length === 0
  return [
    ...ofKind('publisher'),
    ...(onlySubscribers ? ofKind('client') : []),
    ...brokers,
    ...ofKind('subscriber'),
    ...(onlySubscribers ? [] : ofKind('client')),
  ]
}

/** By what passes; who was on one side stays there. */
function kindOf(before: Lane['kind'], published: number, received: number): Lane['kind'] {
  if (before !== 'client' || (published === 0 && received === 0)) return before
  return published >= received ? 'publisher' : 'subscriber'
}

/** Messages of each exchange, by the id of its PUBLISH. */
function exchangesOf(messages: readonly LadderMessage[]): Map<number, LadderMessage[]> {
  const exchanges = new Map<number, LadderMessage[]>()
  for (const message of messages) {
    if (message.first < 0) continue
    const exchange = exchanges.get(message.first)
    if (exchange === undefined) exchanges.set(message.first, [message])
    else exchange.push(message)
  }
  return exchanges
}

/** Application messages: a publication, its repeats, acknowledgements and deliveries are one. */
function groupsOf(messages: readonly LadderMessage[], connections: readonly LoggedConnection[]): Map<number, number> {
  const groups = new Map<number, number>()
  const newest = new Map<string, number>()
  const ofExchange = new Map<number, number>()
  let count = 0
  for (const message of messages) {
    const known = ofExchange.get(message.first)
    if (known !== undefined) {
      groups.set(message.id, known)
      continue
    }
    if (message.type !== PacketType.Publish) continue
    const content = `${connections[message.connection]!.server} ${message.text} ${message.size} ${message.hash}`
    const group = message.fromClient ? count++ : (newest.get(content) ?? count++)
    newest.set(content, group)
    groups.set(message.id, group)
    if (message.first >= 0) ofExchange.set(message.first, group)
  }
  return groups
}

/** What the sender of a message under way lacks when it goes on after a pause. */
function waitedFor(messages: readonly LadderMessage[], at: number, exchanges: ReadonlyMap<number, readonly LadderMessage[]>): Gap['waits'] {
  for (let i = at; i < Math.min(at + 6, messages.length); i++) {
    const message = messages[i]!
    if (message.type !== PacketType.Publish || !message.dup) continue
    const first = exchanges.get(message.first)?.[0]
    if (first !== undefined && first.id < messages[at]!.id) return message.qos === 2 ? 'PUBREC' : 'PUBACK'
  }
  return null
}

/** `PUBLISH id 7, QoS 1`: the name, and what distinguishes it. */
export function stepText({ message, group }: Step): { readonly name: string; readonly detail: string } {
  const { type, packetId, qos, text, retain, reasonCode } = message
  const name = TYPE_NAMES[type] ?? '?'
  switch (type) {
    case PacketType.Publish:
      return { name, detail: `${qos > 0 ? `id ${packetId}, ` : ''}QoS ${qos}${retain ? ', retain' : ''}` }
    case PacketType.Connack:
      return { name, detail: reasonCode === 0 ? text : `0x${reasonCode.toString(16).padStart(2, '0')}` }
    case PacketType.Connect:
    case PacketType.Disconnect:
      return { name, detail: text }
    default:
      return {
        name,
        detail: [packetId > 0 ? `id ${packetId}` : '', group < 0 ? text : '', reasonCode >= 0x80 ? `0x${reasonCode.toString(16)}` : '']
          .filter((part) => part !== '')
          .join(', '),
      }
  }
}
