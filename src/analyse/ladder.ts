// The exchange of a capture as a ladder: one line per MQTT packet between two ends, with what it says and what it answers.
// Facts for drawing; how it is drawn is print/ladder-*.ts.

import { type Packet, PacketType } from '../wire/mqtt/packet.ts'
import { packetName } from '../wire/mqtt/packet-names.ts'
import { RETURN_CODE_NAMES, reasonName } from '../wire/mqtt/reason-codes.ts'
import type { MqttConnection } from './mqtt/connection.ts'
import type { ConnectionListener } from './mqtt/connections.ts'
import type { MqttMessage } from './mqtt/message.ts'

/** One arrow. */
export interface Rung {
  readonly frame: number
  /** Seconds since the first rung. */
  readonly time: number
  /** Indices of `ends`. */
  readonly from: number
  readonly to: number
  readonly text: string
  /** Breaks the protocol, or repeats what was said. */
  readonly mark: 'error' | 'repeat' | null
}

export interface Ladder {
  /** Who speaks, from left to right: servers in the middle would cross lines, so they stand where they first appear. */
  readonly ends: readonly string[]
  readonly rungs: readonly Rung[]
  /** Rungs that were left out because there were too many. */
  readonly omitted: number
}

/** Draws at most `most` rungs: of the messages that it is told. */
export class LadderMaker implements ConnectionListener {
  readonly #most: number
  readonly #ends: string[] = []
  readonly #names = new Map<MqttConnection, number>()
  readonly #rungs: Rung[] = []
  #omitted = 0
  #start: number | null = null

  constructor(most: number) {
    this.#most = most
  }

  message(message: MqttMessage): void {
    const { connection, frame, fromClient, error } = message
    if (this.#rungs.length === this.#most) {
      this.#omitted++
      return
    }
    this.#start ??= message.time
    const client = this.#clientOf(connection, message)
    const server = this.#endOf(connection.server)
    this.#rungs.push({
      frame,
      time: message.time - this.#start,
      from: fromClient ? client : server,
      to: fromClient ? server : client,
      text: error === null ? textOf(message) : `${packetName(message.type)} broken: ${error.message}`,
      mark: error !== null ? 'error' : message.packet?.type === PacketType.Publish && message.packet.dup ? 'repeat' : null,
    })
  }

  finish(): Ladder {
    return { ends: this.#ends, rungs: this.#rungs, omitted: this.#omitted }
  }

  /** A client is known by its identifier as soon as CONNECT has told it. */
  #clientOf(connection: MqttConnection, { packet }: MqttMessage): number {
    const known = this.#names.get(connection)
    const clientId = packet?.type === PacketType.Connect ? packet.clientId : (connection.clientId ?? '')
    if (known !== undefined) return known
    const index = this.#ends.push(clientId === '' ? connection.client : `${clientId} (${connection.client})`) - 1
    this.#names.set(connection, index)
    return index
  }

  #endOf(name: string): number {
    const known = this.#ends.indexOf(name)
    return known >= 0 ? known : this.#ends.push(name) - 1
  }
}

/** What a packet says, in a few words. */
function textOf({ packet, topicName, connection, type }: MqttMessage): string {
  const name = packetName(type)
  if (packet === null) return name
  const details = detailsOf(packet, topicName, connection)
  return details === '' ? name : `${name} ${details}`
}

function detailsOf(packet: Packet, topicName: string | null, connection: MqttConnection): string {
  switch (packet.type) {
    case PacketType.Connect: {
      const will = packet.will === null ? '' : `, will '${packet.will.topicName}'`
      return `'${packet.clientId}' ${{ 3: '3.1', 4: '3.1.1', 5: '5.0' }[packet.version]}${packet.cleanStart ? ', clean' : ''}, keep alive ${packet.keepAlive}${will}`
    }
    case PacketType.Connack: {
      const words = connection.version === 5 ? reasonName(packet.reasonCode, PacketType.Connack) : (RETURN_CODE_NAMES[packet.reasonCode] ?? '')
      return `${packet.reasonCode}${packet.reasonCode === 0 ? '' : ` ${words}`}${packet.sessionPresent ? ', session present' : ''}`
    }
    case PacketType.Publish: {
      const flags = `${packet.dup ? ' dup' : ''}${packet.retain ? ' retain' : ''}`
      return `'${topicName ?? '?'}' q${packet.qos}${packet.qos === 0 ? '' : ` m${packet.packetId}`}${flags} (${packet.payload.length} bytes)`
    }
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return `m${packet.packetId}${packet.reasonCode === 0 ? '' : ` ${reasonName(packet.reasonCode, packet.type)}`}`
    case PacketType.Subscribe:
      return `m${packet.packetId} ${packet.subscriptions.map(({ topicFilter, qos }) => `'${topicFilter}' q${qos}`).join(', ')}`
    case PacketType.Suback:
      return `m${packet.packetId} ${packet.reasonCodes.join(' ')}`
    case PacketType.Unsubscribe:
      return `m${packet.packetId} ${packet.topicFilters.map((topicFilter) => `'${topicFilter}'`).join(', ')}`
    case PacketType.Unsuback:
      return `m${packet.packetId}${packet.reasonCodes.length === 0 ? '' : ` ${packet.reasonCodes.join(' ')}`}`
    case PacketType.Disconnect:
    case PacketType.Auth:
      return packet.reasonCode === 0 ? '' : reasonName(packet.reasonCode, packet.type)
    default:
      return ''
  }
}
