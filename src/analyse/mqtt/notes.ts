// What is remarkable in the MQTT of a capture: broken rules with the clause of the standard, and what a person looking for a fault wants to know.
// Conclusions from the connections' facts; each names the frames that show it.

import type { Connect, Publish, PublishAcknowledgement, Suback } from '../../wire/mqtt/packet.ts'
import { PacketType } from '../../wire/mqtt/packet.ts'
import { RETURN_CODE_NAMES, reasonName } from '../../wire/mqtt/reason-codes.ts'
import type { Exchange, MqttConnection } from './connection.ts'
import type { ConnectionListener } from './connections.ts'
import type { MqttMessage } from './message.ts'

/** By harm: an error breaks the standard, a warning hurts somebody, a note is worth knowing. */
export type NoteSeverity = 'error' | 'warning' | 'note'

export interface Note {
  readonly severity: NoteSeverity
  /** A sentence without its full stop. */
  readonly text: string
  /** Statement of the standard, such as `MQTT-3.1.0-2`; '' = the standard does not forbid it. */
  readonly clause: string
  /** The frame where it shows; further ones that belong to it. */
  readonly frame: number
  readonly others: readonly number[]
  readonly connection: MqttConnection
}

/** Payload bytes in clear are seen by everybody: told once per connection. */
const CLEAR_PASSWORD = 'user name and password pass in clear'

export class Notes implements ConnectionListener {
  readonly #told: (note: Note) => void
  /** Connections that are open, by their client's name. */
  readonly #open = new Map<string, MqttConnection>()

  constructor(told: (note: Note) => void) {
    this.#told = told
  }

  message(message: MqttMessage): void {
    const { connection, error, packet, fromClient } = message
    this.#keepAlive(message)
    if (connection.messages === 1 && connection.hasBeginning && message.type !== PacketType.Connect)
      this.#tell('error', message, 'the first packet is not CONNECT', fromClient ? 'MQTT-3.1.0-1' : 'MQTT-3.2.0-1')
    if (error !== null) this.#tell('error', message, error.message, error.clause)
    if (packet === null) return
    switch (packet.type) {
      case PacketType.Connect:
        this.#connect(message, packet)
        return
      case PacketType.Connack:
        this.#connack(message, packet.reasonCode, packet.sessionPresent)
        return
      case PacketType.Publish:
        this.#publish(message, packet)
        return
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
        this.#acknowledgement(message, packet)
        return
      case PacketType.Subscribe:
        for (const { topicFilter } of packet.subscriptions)
          if (topicFilter === '#') this.#tell('note', message, "subscribes to '#': every message of the broker", '')
        return
      case PacketType.Suback:
        this.#suback(message, packet)
        return
      case PacketType.Disconnect:
        if (!fromClient) this.#tell('warning', message, `the server ends the connection: ${reasonName(packet.reasonCode, PacketType.Disconnect)}`, '')
        return
    }
  }

  finished({ publish, repeats }: Exchange): void {
    if (repeats.length === 0) return
    const frames = repeats.map(({ frame }) => frame)
    if (publish.packet?.type === PacketType.Publish && publish.packet.qos === 1)
      this.#tell('note', publish, `sent ${repeats.length + 1} times: its receiver may have had it more than once`, '', frames)
  }

  ended(connection: MqttConnection): void {
    if (this.#open.get(connection.clientId ?? '') === connection) this.#open.delete(connection.clientId!)
    const { end, connect } = connection
    if (end === null) return
    const place = { frame: end.frame, connection }
    const wasRefused = (connection.connackPacket?.reasonCode ?? 0) !== 0
    if (!wasRefused && (end.how === 'closed' || end.how === 'reset')) {
      const will = connection.connectPacket?.will ?? null
      const about = will === null ? '' : `: its will on '${will.topicName}' is due`
      this.#tell('warning', place, `closed without DISCONNECT${about}`, '', connect === null ? [] : [connect.frame])
    }
    this.#unfinished(connection)
  }

  /** The capture is over: what is still unanswered is told. */
  finish(connections: readonly MqttConnection[]): void {
    for (const connection of connections) if (connection.end === null) this.#unfinished(connection)
  }

  #connect(message: MqttMessage, packet: Connect): void {
    const { connection } = message
    if (connection.connect !== null) {
      this.#tell('error', message, 'a second CONNECT', 'MQTT-3.1.0-2', [connection.connect.frame])
      return
    }
    const other = packet.clientId === '' ? undefined : this.#open.get(packet.clientId)
    if (other !== undefined) this.#tell('warning', message, `takes over '${packet.clientId}' from ${other.client}`, 'MQTT-3.1.4-3', frameOf(other.connect))
    if (packet.clientId !== '') this.#open.set(packet.clientId, connection)
    if (packet.clientId === '' && !packet.cleanStart && packet.version === 4)
      this.#tell('error', message, 'no Client Identifier, and no clean session', 'MQTT-3.1.3-7')
    if (packet.password !== null) this.#tell('note', message, CLEAR_PASSWORD, '')
    if (packet.will !== null && /[+#]/.test(packet.will.topicName))
      this.#tell('error', message, `the will's topic '${packet.will.topicName}' has a wildcard`, 'MQTT-3.3.2-2')
  }

  #connack(message: MqttMessage, reasonCode: number, sessionPresent: boolean): void {
    const { connection } = message
    if (reasonCode !== 0) {
      const words = connection.version === 5 ? reasonName(reasonCode, PacketType.Connack) : (RETURN_CODE_NAMES[reasonCode] ?? `code ${reasonCode}`)
      this.#tell('warning', message, `the server refuses the connection: ${words}`, '', frameOf(connection.connect))
    }
    const asked = connection.connectPacket
    if (asked?.cleanStart && sessionPresent)
      this.#tell('error', message, 'Session Present, although a clean start was asked for', 'MQTT-3.2.2-2', frameOf(connection.connect))
  }

  #publish(message: MqttMessage, packet: Publish): void {
    const { connection, fromClient, topicName } = message
    this.#topic(message, topicName)
    this.#alias(message, packet)
    const limits = fromClient ? connection.connackPacket?.properties : connection.connectPacket?.properties
    const most = limits?.maximumPacketSize
    if (most !== undefined && message.size > most)
      this.#tell('error', message, `${message.size} bytes; the receiver takes ${most}`, fromClient ? 'MQTT-3.2.2-15' : 'MQTT-3.1.2-24')
    if (packet.retain && packet.payload.length === 0) this.#tell('note', message, `clears what is retained on '${topicName ?? ''}'`, '')
    if (packet.qos === 0) return
    const exchanges = connection.exchanges[fromClient ? 'client' : 'server']
    const running = exchanges.get(packet.packetId)
    if (running !== undefined && running.done === null) {
      const isSame = running.publish.topicName === topicName && running.packet.payload.length === packet.payload.length
      if (packet.dup) this.#tell('note', message, `sent again with DUP (message ${packet.packetId})`, '', [running.publish.frame])
      else if (isSame) this.#tell('error', message, `sent again without DUP (message ${packet.packetId})`, 'MQTT-3.3.1-1', [running.publish.frame])
      else this.#tell('error', message, `Packet Identifier ${packet.packetId} is used while it is in flight`, 'MQTT-2.2.1-3', [running.publish.frame])
      return
    }
    const receiveMaximum = limits?.receiveMaximum ?? 65535
    let unfinished = 1
    for (const { done } of exchanges.values()) if (done === null) unfinished++
    if (unfinished > receiveMaximum)
      this.#tell('error', message, `${unfinished} unacknowledged messages; the receiver allows ${receiveMaximum}`, fromClient ? 'MQTT-3.3.4-7' : 'MQTT-3.3.4-9')
  }

  #topic(message: MqttMessage, topicName: string | null): void {
    if (topicName === null) return
    if (topicName.startsWith('/')) this.#tell('note', message, `'${topicName}' begins with a slash: its first level is empty`, '')
    else if (topicName.includes('//') || topicName.endsWith('/')) this.#tell('note', message, `'${topicName}' has an empty level`, '')
    if (topicName.includes(' ')) this.#tell('note', message, `'${topicName}' has a space`, '')
  }

  #alias(message: MqttMessage, { topicName, properties }: Publish): void {
    const { topicAlias } = properties
    if (topicAlias === undefined) return
    const { connection, fromClient } = message
    const most = (fromClient ? connection.connackPacket : connection.connectPacket)?.properties.topicAliasMaximum ?? 0
    const isKnown = fromClient ? connection.connack !== null : connection.connect !== null
    if (isKnown && topicAlias > most)
      this.#tell('error', message, `Topic Alias ${topicAlias}; the receiver allows ${most}`, fromClient ? 'MQTT-3.3.2-9' : 'MQTT-3.3.2-11')
    if (topicName === '' && message.topicName === null) this.#tell('error', message, `Topic Alias ${topicAlias} has not been set`, 'MQTT-3.3.2-12')
  }

  #acknowledgement(message: MqttMessage, { type, packetId, reasonCode }: PublishAcknowledgement): void {
    const { connection, fromClient } = message
    const sender = fromClient === (type === PacketType.Pubrel) ? 'client' : 'server'
    const exchange = connection.exchanges[sender].get(packetId)
    if (exchange === undefined || exchange.done !== null) {
      if (connection.hasBeginning) this.#tell('warning', message, `acknowledges ${packetId}, which nobody waits for`, '')
    } else if (reasonCode >= 0x80)
      this.#tell('warning', message, `message ${packetId} is refused: ${reasonName(reasonCode, type)}`, '', [exchange.publish.frame])
  }

  #suback(message: MqttMessage, { packetId, reasonCodes }: Suback): void {
    const { connection } = message
    const request = connection.pending.get(packetId)?.request
    if (request?.packet?.type !== PacketType.Subscribe) return
    for (const [i, { topicFilter, qos }] of request.packet.subscriptions.entries()) {
      const granted = reasonCodes[i]
      if (granted === undefined) this.#tell('error', message, `no Reason Code for '${topicFilter}'`, 'MQTT-3.8.4-5', [request.frame])
      else if (granted >= 0x80) this.#tell('warning', message, `'${topicFilter}' is refused: ${reasonName(granted, PacketType.Suback)}`, '', [request.frame])
      else if (granted < qos) this.#tell('note', message, `'${topicFilter}' is granted QoS ${granted}, asked for was ${qos}`, '', [request.frame])
    }
  }

  /** Silent for more than one and a half Keep Alive. */
  #keepAlive(message: MqttMessage): void {
    const { connection, fromClient, time } = message
    const granted = connection.connackPacket?.properties.serverKeepAlive ?? connection.connectPacket?.keepAlive ?? 0
    if (!fromClient || granted === 0 || connection.lastFromClient === 0) return
    const silent = time - connection.lastFromClient
    if (silent > granted * 1.5)
      this.#tell('warning', message, `the client was silent for ${silent.toFixed(1)} s; its Keep Alive is ${granted} s`, 'MQTT-3.1.2-22')
  }

  #unfinished(connection: MqttConnection): void {
    for (const sender of ['client', 'server'] as const)
      for (const { publish, packet, answers, done } of connection.exchanges[sender].values()) {
        if (done !== null) continue
        const last = answers.at(-1)
        const what =
          last === undefined
            ? 'is never acknowledged'
            : last.type === PacketType.Pubrec
              ? 'got PUBREC, and no PUBREL followed'
              : 'got PUBREL, and no PUBCOMP followed'
        const others = answers.map(({ frame }) => frame)
        this.#tell('warning', publish, `the message ${packet.packetId} on '${publish.topicName ?? ''}' ${what}`, '', others)
      }
    for (const { request } of connection.pending.values())
      this.#tell(
        'warning',
        request,
        `${request.type === PacketType.Subscribe ? 'SUBSCRIBE' : 'UNSUBSCRIBE'} is never answered`,
        request.type === PacketType.Subscribe ? 'MQTT-3.8.4-1' : 'MQTT-3.10.4-4',
      )
    if (connection.ping !== null) this.#tell('warning', connection.ping.request, 'PINGREQ is never answered', 'MQTT-3.12.4-1')
  }

  #tell(
    severity: NoteSeverity,
    at: { readonly frame: number; readonly connection: MqttConnection },
    text: string,
    clause: string,
    others: readonly number[] = [],
  ): void {
    this.#told({ severity, text, clause, frame: at.frame, others, connection: at.connection })
  }
}

function frameOf(message: MqttMessage | null): number[] {
  return message === null ? [] : [message.frame]
}
