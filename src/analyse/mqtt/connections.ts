// Follows all MQTT connections of a capture: dissected frames in, messages with their connections out, requests joined to their answers.
// Reads packets with the strict decoder of wire/mqtt: what it refuses is told with the clause that was broken.

import { ipv4Text, ipv6Text } from '../../dissect/address-text.ts'
import { FIELDS, fieldsNamed } from '../../dissect/field.ts'
import type { Packet as DissectedPacket } from '../../dissect/packet.ts'
import { ROOT, type Rows } from '../../dissect/rows.ts'
import { readValue } from '../../dissect/value.ts'
import { ProtocolError } from '../../wire/errors.ts'
import { decodePacket } from '../../wire/mqtt/decode.ts'
import { type Packet, PacketType, type Publish, type PublishAcknowledgement } from '../../wire/mqtt/packet.ts'
import { type EndOfConnection, type Exchange, MqttConnection } from './connection.ts'
import type { MqttMessage, Place } from './message.ts'

/** Fields that must be demanded of the dissector. */
export const CONNECTION_FIELDS: readonly string[] = [
  'mqtt',
  'tcp.stream',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
]

const SERVER_PORTS: ReadonlySet<number> = new Set([1883, 8883, 9001, 8083, 8084, 8080, 80, 443])
const Flag = { Fin: 1, Syn: 2, Reset: 4 } as const
/** Handshakes whose connection may still turn out to be MQTT. */
const MOST_HANDSHAKES = 65_536

/** Who is told what happens, in the order of the capture. */
export interface ConnectionListener {
  message?(message: MqttMessage): void
  /** A message's last acknowledgement has come. */
  finished?(exchange: Exchange, connection: MqttConnection): void
  /** TCP has closed the connection, or DISCONNECT went by. */
  ended?(connection: MqttConnection): void
}

/** What a frame says of its TCP segment. */
interface Segment {
  readonly stream: number
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
  readonly flags: number
}

export class MqttConnections {
  /** In the order of their first packets. */
  readonly all: MqttConnection[] = []
  /** Whole seconds since 1970 from which times count: doubles are exact to the nanosecond then. */
  #origin: number | null = null
  readonly #handshakes = new Set<number>()
  readonly #byStream = new Map<number, MqttConnection>()
  readonly #listeners: readonly ConnectionListener[]
  readonly #fields = fieldIds()

  constructor(listeners: readonly ConnectionListener[]) {
    this.#listeners = listeners
  }

  /** Takes the next frame of the capture. Of frames that nobody asks about, listeners are told nothing. */
  frame(packet: DissectedPacket, isAsked = true): void {
    const { rows, frame } = packet
    const segment = this.#segment(rows)
    if (segment === null) return
    this.#origin ??= frame.seconds
    const place: Place = { frame: frame.number, time: frame.seconds - this.#origin + frame.nanoseconds / 1e9 }
    if ((segment.flags & Flag.Syn) !== 0 && this.#handshakes.size < MOST_HANDSHAKES) this.#handshakes.add(segment.stream)
    for (let row = 0; row < rows.count; row++) {
      if (rows.field[row] !== this.#fields.mqtt || rows.parent[row] !== ROOT) continue
      const bytes = rows.sources[rows.source[row]!]!
      const start = rows.start[row]!
      this.#packet(segment, place, isAsked, bytes, start, Math.min(bytes.length, start + rows.length[row]!))
    }
    if ((segment.flags & (Flag.Fin | Flag.Reset)) !== 0) this.#closed(segment, place)
  }

  /** Forgets connections that ended before a frame: a stream that is followed for days has no end of them. */
  forgetEndedBefore(frame: number): void {
    let kept = 0
    for (const connection of this.all) {
      if (connection.end === null || connection.end.frame >= frame) this.all[kept++] = connection
      else if (this.#byStream.get(connection.stream) === connection) this.#byStream.delete(connection.stream)
    }
    this.all.length = kept
  }

  #packet(segment: Segment, place: Place, isAsked: boolean, bytes: Uint8Array, start: number, end: number): void {
    if (end <= start) return
    const header = bytes[start]!
    const type = header >> 4
    const connection = this.#connectionOf(segment, place, type)
    const fromClient = `${segment.source}:${segment.sourcePort}` === connection.client
    let decoded: Packet | null = null
    let error: ProtocolError | null = null
    try {
      decoded = decodePacket(header, bytes, bodyAt(bytes, start, end), end, connection.version, fromClient ? 'client' : 'server')
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown
      error = thrown
    }
    const topicName = decoded?.type === PacketType.Publish ? this.#topicOf(connection, fromClient, decoded) : null
    const { frame, time } = place
    const message: MqttMessage = { frame, time, connection, fromClient, type, size: end - start, packet: decoded, error, isAsked, topicName }
    connection.messages++
    connection.bytes += message.size
    if (decoded?.type === PacketType.Connect) connection.clientId ??= decoded.clientId
    if (isAsked) for (const listener of this.#listeners) listener.message?.(message)
    this.#follow(message)
    if (fromClient) connection.lastFromClient = message.time
  }

  #follow(message: MqttMessage): void {
    const { connection, packet, fromClient } = message
    if (packet === null) return
    switch (packet.type) {
      case PacketType.Connect:
        if (connection.connect !== null) return
        connection.connect = message
        connection.version = packet.version
        return
      case PacketType.Connack:
        connection.connack ??= message
        if (packet.properties.assignedClientIdentifier !== undefined) connection.clientId = packet.properties.assignedClientIdentifier
        return
      case PacketType.Publish:
        connection.publishes++
        if (packet.qos > 0) this.#published(message, packet)
        return
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
        this.#acknowledged(message, packet)
        return
      case PacketType.Subscribe:
        connection.pending.set(packet.packetId, { request: message })
        for (const request of packet.subscriptions) {
          for (const old of connection.subscriptions) if (old.request.topicFilter === request.topicFilter) old.ended ??= message
          connection.subscriptions.push({ request, subscribe: message, granted: null, ended: null })
        }
        return
      case PacketType.Suback: {
        const request = connection.pending.get(packet.packetId)?.request
        connection.pending.delete(packet.packetId)
        const own = connection.subscriptions.filter(({ subscribe }) => subscribe === request)
        for (const [i, subscription] of own.entries()) subscription.granted = packet.reasonCodes[i] ?? null
        return
      }
      case PacketType.Unsubscribe:
        connection.pending.set(packet.packetId, { request: message })
        for (const topicFilter of packet.topicFilters)
          for (const subscription of connection.subscriptions) if (subscription.request.topicFilter === topicFilter) subscription.ended ??= message
        return
      case PacketType.Unsuback:
        connection.pending.delete(packet.packetId)
        return
      case PacketType.Pingreq:
        connection.ping = { request: message }
        return
      case PacketType.Pingresp:
        connection.ping = null
        return
      case PacketType.Disconnect:
        this.#end(connection, message, fromClient ? 'disconnect' : 'server disconnect')
        return
      case PacketType.Auth:
        return
    }
  }

  #published(message: MqttMessage, packet: Publish): void {
    const exchanges = message.connection.exchanges[message.fromClient ? 'client' : 'server']
    const running = exchanges.get(packet.packetId)
    if (running !== undefined && running.done === null && packet.dup) running.repeats.push(message)
    else exchanges.set(packet.packetId, { publish: message, packet, repeats: [], answers: [], done: null })
  }

  #acknowledged(message: MqttMessage, packet: PublishAcknowledgement): void {
    const { connection, fromClient } = message
    // PUBREL goes the way of its PUBLISH, the others against it.
    const sender = fromClient === (packet.type === PacketType.Pubrel) ? 'client' : 'server'
    const exchange = connection.exchanges[sender].get(packet.packetId)
    if (exchange === undefined || exchange.done !== null) return
    exchange.answers.push(message)
    const isLast = packet.type === PacketType.Puback || packet.type === PacketType.Pubcomp || (packet.type === PacketType.Pubrec && packet.reasonCode >= 0x80)
    if (!isLast) return
    exchange.done = message
    if (exchange.publish.isAsked) for (const listener of this.#listeners) listener.finished?.(exchange, connection)
  }

  #closed(segment: Segment, place: Place): void {
    const connection = this.#byStream.get(segment.stream)
    if (connection !== undefined) this.#end(connection, place, (segment.flags & Flag.Reset) === 0 ? 'closed' : 'reset')
  }

  #end(connection: MqttConnection, { frame, time }: Place, how: EndOfConnection): void {
    if (connection.end !== null) return
    connection.end = { frame, time, how }
    for (const listener of this.#listeners) listener.ended?.(connection)
  }

  #connectionOf(segment: Segment, place: Place, type: number): MqttConnection {
    const known = this.#byStream.get(segment.stream)
    if (known !== undefined) return known
    const source = `${segment.source}:${segment.sourcePort}`
    const destination = `${segment.destination}:${segment.destinationPort}`
    const [client, server] = isFromClient(segment, type) ? [source, destination] : [destination, source]
    const connection = new MqttConnection(segment.stream, client, server, place, this.#handshakes.delete(segment.stream))
    this.#byStream.set(segment.stream, connection)
    this.all.push(connection)
    return connection
  }

  #topicOf(connection: MqttConnection, fromClient: boolean, { topicName, properties }: Publish): string | null {
    const aliases = connection.aliases[fromClient ? 'client' : 'server']
    const { topicAlias } = properties
    if (topicName !== '') {
      if (topicAlias !== undefined) aliases.set(topicAlias, topicName)
      return topicName
    }
    return (topicAlias === undefined ? undefined : aliases.get(topicAlias)) ?? null
  }

  /** Null for a frame without TCP. */
  #segment(rows: Rows): Segment | null {
    const fields = this.#fields
    let stream = -1
    let source = ''
    let destination = ''
    let sourcePort = 0
    let destinationPort = 0
    let flags = 0
    for (let row = 0; row < rows.count; row++) {
      const field = rows.field[row]!
      if (field === fields.stream) stream = Number(readValue(rows, row))
      else if (field === fields.sourcePort) sourcePort = Number(readValue(rows, row))
      else if (field === fields.destinationPort) destinationPort = Number(readValue(rows, row))
      else if (field === fields.flags) flags = Number(readValue(rows, row))
      else if (field === fields.ipSource || field === fields.ipv6Source) source = addressText(rows, row)
      else if (field === fields.ipDestination || field === fields.ipv6Destination) destination = addressText(rows, row)
    }
    return stream < 0 ? null : { stream, source, destination, sourcePort, destinationPort, flags }
  }
}

/** By what only one side sends, else by the port, else by the lower one. */
function isFromClient({ sourcePort, destinationPort }: Segment, type: number): boolean {
  if (type === PacketType.Connect || type === PacketType.Subscribe || type === PacketType.Unsubscribe || type === PacketType.Pingreq) return true
  if (type === PacketType.Connack || type === PacketType.Suback || type === PacketType.Unsuback || type === PacketType.Pingresp) return false
  if (SERVER_PORTS.has(destinationPort) !== SERVER_PORTS.has(sourcePort)) return SERVER_PORTS.has(destinationPort)
  return destinationPort < sourcePort
}

/** Offset of the body: behind the Remaining Length, whatever it says. */
function bodyAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1
  while (at < end && at < start + 4 && bytes[at]! >= 128) at++
  return Math.min(at + 1, end)
}

function addressText(rows: Rows, row: number): string {
  const value = readValue(rows, row)
  if (typeof value === 'number') return ipv4Text(value)
  return value instanceof Uint8Array ? `[${ipv6Text(value)}]` : ''
}

function fieldIds() {
  const id = (name: string): number => fieldsNamed(name)[0]?.id ?? FIELDS.length
  return {
    mqtt: id('mqtt'),
    stream: id('tcp.stream'),
    sourcePort: id('tcp.srcport'),
    destinationPort: id('tcp.dstport'),
    flags: id('tcp.flags'),
    ipSource: id('ip.src'),
    ipDestination: id('ip.dst'),
    ipv6Source: id('ipv6.src'),
    ipv6Destination: id('ipv6.dst'),
  } as const
}
