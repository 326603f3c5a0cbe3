// What a server connection says beside PUBLISH and its acknowledgements: control packets, in the client's version and within its limits.
// Knows no states: whether a packet may be said now is server-connection.ts's affair.

import type { Link } from '../base/link.ts'
import type { OutputBuffer } from '../base/output-buffer.ts'
import { ProtocolError } from '../wire/errors.ts'
import { encodedSize, encodeInto } from '../wire/mqtt/encode.ts'
import { type Packet, PacketType, type ProtocolVersion, type Subscribe, type Unsubscribe } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import { ReasonCode, returnCodeOf } from '../wire/mqtt/reason-codes.ts'
import type { ServerHost } from './effects.ts'

/** Characters of a Reason String. */
const LONGEST_REASON = 200

export class ServerWriter {
  /** Of the client, as soon as CONNECT has told it. */
  version: ProtocolVersion = 4
  /** The client's, in bytes [MQTT-3.1.2-24]. */
  maximumPacketSize = 0xffffffff
  /** Request Problem Information [MQTT-3.1.2-29]. */
  wantsReasons = true
  /** For the trace; the peer's address as long as no Client Identifier is known. */
  clientId: string
  readonly #output: OutputBuffer
  readonly #host: Pick<ServerHost, 'counters' | 'trace'>
  readonly #reasonStrings: boolean

  constructor({ output, peer }: Link, host: Pick<ServerHost, 'counters' | 'trace'>, reasonStrings: boolean) {
    this.#output = output
    this.clientId = peer.address === '' ? peer.transport : peer.address
    this.#host = host
    this.#reasonStrings = reasonStrings
  }

  /**
   * Sends a control packet; without its Reason String and User Properties when it would be too large [MQTT-3.2.2-19]. What is too large
   * all the same is not sent: false for CONNACK and DISCONNECT, a ProtocolError for others, since the client waits for them.
   */
  send(packet: Exclude<Packet, { type: 3 }>): boolean {
    const most = this.maximumPacketSize
    let sent: Packet = packet
    let size = encodedSize(packet, this.version)
    if ('properties' in packet && packet.properties.reasonString !== undefined) {
      const isWanted = this.wantsReasons || packet.type === PacketType.Connack || packet.type === PacketType.Disconnect // [MQTT-3.1.2-29]
      if (!isWanted || size > most) {
        sent = { ...packet, properties: withoutReason(packet.properties) } as Packet
        size = encodedSize(sent, this.version)
      }
    }
    if (size > most) {
      if (packet.type === PacketType.Connack || packet.type === PacketType.Disconnect) return false
      throw new ProtocolError(ReasonCode.PacketTooLarge, `an answer of ${size} bytes to a client that takes ${most}`, 'MQTT-3.1.2-24')
    }
    const at = this.#output.reserve(size)
    encodeInto(sent, this.version, this.#output.bytes, at)
    this.#output.settle()
    this.#host.counters.messagesSent++
    this.#host.trace?.packet('sending', this.clientId, sent)
    return true
  }

  /** CONNACK with a Reason Code, or its return code in 3.x. */
  refuse(reasonCode: number): void {
    this.send({
      type: PacketType.Connack,
      sessionPresent: false,
      reasonCode: this.version === 5 ? reasonCode : returnCodeOf(reasonCode),
      properties: NO_PROPERTIES,
    })
  }

  /** SUBACK. 3.1 has no code for a refusal: the requested QoS is answered and nothing comes. */
  subscribed({ packetId, subscriptions }: Subscribe, codes: readonly number[]): void {
    const reasonCodes = this.version === 5 ? codes : codes.map((code, i) => (code < 0x80 ? code : this.version === 4 ? 0x80 : subscriptions[i]!.qos))
    this.send({ type: PacketType.Suback, packetId, reasonCodes, properties: NO_PROPERTIES })
  }

  /** UNSUBACK. */
  unsubscribed({ packetId }: Unsubscribe, codes: readonly number[]): void {
    this.send({ type: PacketType.Unsuback, packetId, reasonCodes: this.version === 5 ? codes : [], properties: NO_PROPERTIES })
  }

  /** DISCONNECT, which a server says in 5.0 only. To be called after a successful CONNACK [MQTT-3.14.0-1]. */
  disconnect(reasonCode: number, reason: string): void {
    if (this.version !== 5) return
    const properties = this.#reasonStrings && reason !== '' ? { reasonString: abridged(reason) } : NO_PROPERTIES
    this.send({ type: PacketType.Disconnect, reasonCode, properties })
  }
}

/** For people: what a peer sent may be quoted in it, but not at any length. */
function abridged(reason: string): string {
  if (reason.length <= LONGEST_REASON) return reason
  return `${reason.slice(0, LONGEST_REASON).replace(/[\ud800-\udbff]$/, '')}…`
}

function withoutReason(properties: Properties): Properties {
  const { reasonString: _dropped, userProperties: _too, ...rest } = properties
  return rest
}
