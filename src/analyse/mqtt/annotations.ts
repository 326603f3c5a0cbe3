// Hangs what the connections tell into each packet, as `zz.…` rows behind the dissectors': who it belongs to, what it answers, what is wrong with it.
// One pass: an answer knows its request, a request does not know its answer yet, as in tshark.

import type { Packet } from '../../dissect/packet.ts'
import { ROOT, type Rows } from '../../dissect/rows.ts'
import { PacketType } from '../../wire/mqtt/packet.ts'
import { parseSharedFilter, topicMatchesFilter } from '../../wire/mqtt/topics.ts'
import { ZZ } from './annotation-fields.ts'
import type { Exchange, MqttConnection } from './connection.ts'
import { type ConnectionListener, MqttConnections } from './connections.ts'
import type { MqttMessage } from './message.ts'
import { type Note, Notes } from './notes.ts'

export class Annotations implements ConnectionListener {
  readonly #connections: MqttConnections
  readonly #notes: Notes
  /** What the current frame brought. */
  #messages: MqttMessage[] = []
  #told: Note[] = []

  /** `others` are told the same, behind us. */
  constructor(...others: readonly ConnectionListener[]) {
    this.#notes = new Notes((note) => this.#told.push(note))
    this.#connections = new MqttConnections([this, ...others])
  }

  /** Adds rows to the packet; to be called once for each, in order. */
  annotate(packet: Packet): void {
    this.#messages = []
    this.#told = []
    this.#connections.frame(packet)
    const first = this.#messages[0]
    if (first === undefined && this.#told.length === 0) return
    const { rows } = packet
    const root = rows.add(ZZ.protocol, 0, -1, 0, ROOT)
    const connection = first?.connection ?? this.#told[0]!.connection
    addConnection(rows, root, connection)
    for (const message of this.#messages) addMessage(rows, root, message)
    for (const { severity, text, clause } of this.#told) {
      const note = rows.addGiven(ZZ.note, 0, -1, 0, root, text)
      rows.addGiven(ZZ.severity, 0, -1, 0, note, severity)
      if (clause !== '') rows.addGiven(ZZ.clause, 0, -1, 0, note, clause)
    }
  }

  message(message: MqttMessage): void {
    this.#messages.push(message)
    this.#notes.message(message)
  }

  finished(exchange: Exchange): void {
    this.#notes.finished(exchange)
  }

  ended(connection: MqttConnection): void {
    this.#notes.ended(connection)
  }
}

function addConnection(rows: Rows, root: number, connection: MqttConnection): void {
  const { clientId, version, connectPacket } = connection
  if (clientId !== null) rows.addGiven(ZZ.clientId, 0, -1, 0, root, clientId)
  if (connectPacket === null) return
  rows.addGiven(ZZ.version, 0, -1, 0, root, version)
  if (connectPacket.userName !== null) rows.addGiven(ZZ.user, 0, -1, 0, root, connectPacket.userName)
}

function addMessage(rows: Rows, root: number, { packet, connection, fromClient, time, topicName, frame }: MqttMessage): void {
  if (packet === null) return
  if (packet.type === PacketType.Publish) {
    if (packet.qos > 0) {
      const before = connection.exchanges[fromClient ? 'client' : 'server'].get(packet.packetId)
      if (before?.repeats.some((repeat) => repeat.frame === frame)) rows.addGiven(ZZ.repeats, 0, -1, 0, root, before.publish.frame)
    }
    if (fromClient || topicName === null) return
    for (const { request, ended } of connection.subscriptions) {
      const { topicFilter } = parseSharedFilter(request.topicFilter) ?? request
      if (ended === null && topicMatchesFilter(topicFilter, topicName)) rows.addGiven(ZZ.subscription, 0, -1, 0, root, request.topicFilter)
    }
    return
  }
  if (packet.type < PacketType.Puback || packet.type > PacketType.Pubcomp || !('packetId' in packet)) return
  const exchange = connection.exchanges[fromClient === (packet.type === PacketType.Pubrel) ? 'client' : 'server'].get(packet.packetId)
  if (exchange === undefined) return
  rows.addGiven(ZZ.answers, 0, -1, 0, root, exchange.publish.frame)
  rows.addGiven(ZZ.latency, 0, -1, 0, root, BigInt(Math.round((time - exchange.publish.time) * 1e9)))
}
