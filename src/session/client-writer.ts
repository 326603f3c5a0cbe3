// Writes the packets of one client connection: trace, size, Topic Alias, the server's limits; then bytes into the link's buffer.
// The session's halves (client-outgoing, client-incoming) act through it; what it may not send, it says why.

import type { OutputBuffer } from '../base/output-buffer.ts'
import { UsageError } from '../wire/errors.ts'
import { type ClientPacket, clientRemainingLength, encodeClientInto, packetSize } from '../wire/mqtt/encode.ts'
import { aliasedRemainingLength, writeAliasedPublish, writePlainAcknowledgement } from '../wire/mqtt/encode-plain.ts'
import type { ProtocolVersion, Publish, PublishAcknowledgement } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import { OutgoingAliases, withoutAlias } from './client-aliases.ts'
import type { ClientConnectionOptions, ClientEvents, ClientTrace, Delivery, OutgoingMessage, Receipt } from './client-effects.ts'
import type { ReceptionPort } from './client-incoming.ts'
import { checkPublish, checkSize, LimitError, type ServerLimits } from './client-limits.ts'
import type { DeliveryPort } from './client-outgoing.ts'

export class ClientWriter implements DeliveryPort, ReceptionPort {
  readonly acknowledge: 'at-once' | 'when-accepted'
  readonly #output: OutputBuffer
  readonly #version: ProtocolVersion
  readonly #automaticTopicAliases: number
  readonly #trace: ClientTrace | null
  readonly #events: ClientEvents
  /** Called with the first packet of each write, for Keep Alive. */
  readonly #sent: () => void
  #limits: ServerLimits | null = null
  #aliases = new OutgoingAliases(0)
  #ended = false

  constructor(output: OutputBuffer, options: ClientConnectionOptions, events: ClientEvents, sent: () => void) {
    this.acknowledge = options.acknowledge
    this.#output = output
    this.#version = options.connect.version
    this.#automaticTopicAliases = options.automaticTopicAliases
    this.#trace = options.trace
    this.#events = events
    this.#sent = sent
  }

  /** The server has accepted us, under these limits. */
  accepted(limits: ServerLimits): void {
    this.#limits = limits
    this.#aliases = new OutgoingAliases(Math.min(this.#automaticTopicAliases, limits.topicAliasMaximum))
  }

  /** Nothing is written after this [MQTT-3.14.4-1]. */
  end(): void {
    this.#ended = true
  }

  get writable(): boolean {
    return !this.#ended && !this.#output.full
  }

  /** Throws UsageError, before anything is written, for what cannot be encoded, and LimitError for what is too large for the server. */
  send(packet: ClientPacket): void {
    if (this.#ended) return
    const remaining = clientRemainingLength(packet, this.#version)
    const size = packetSize(remaining)
    const tooLarge = this.#limits === null ? null : checkSize(this.#limits, size)
    if (tooLarge !== null) throw tooLarge
    this.#trace?.sending(packet)
    const at = this.#reserve(size)
    encodeClientInto(packet, this.#version, remaining, this.#output.bytes, at)
    this.#output.settle()
  }

  /** Room for a packet. What shares a write has one time for Keep Alive, the first packet's. */
  #reserve(size: number): number {
    if (this.#output.length === 0) this.#sent()
    return this.#output.reserve(size)
  }

  sendPublish({ message, packetId }: Delivery, dup: boolean): Error | null {
    if (!dup && message.properties === NO_PROPERTIES && this.#sendAliased(message, packetId)) return null
    const properties = dup ? withoutAlias(message.properties) : message.properties // aliases end with their connection [MQTT-3.3.2-7]
    const refusal = checkPublish(this.#limits!, message, properties)
    if (refusal !== null) return refusal
    const topic = dup || this.#version !== 5 ? { topicName: message.topicName, properties } : this.#aliases.write(message)
    const packet: Publish = {
      type: PacketType.Publish,
      topicName: topic.topicName,
      payload: message.payload,
      qos: message.qos,
      retain: message.retain,
      dup,
      packetId,
      properties: topic.properties,
    }
    try {
      this.send(packet)
      return null
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof LimitError)) throw error
      if (topic.topicName !== '') this.#aliases.forget(message.topicName)
      return error
    }
  }

  /** What a busy publisher sends nearly always: a topic that the server knows by its alias, and nothing beside. False = the usual way, which also says what is wrong. */
  #sendAliased({ topicName, payload, qos, retain }: OutgoingMessage, packetId: number): boolean {
    const limits = this.#limits!
    if (this.#ended || this.#trace !== null || !(qos === 0 || qos === 1 || qos === 2) || qos > limits.maximumQos || (retain && !limits.retainAvailable))
      return false
    const remaining = aliasedRemainingLength(qos, payload)
    const size = packetSize(remaining)
    if (size > limits.maximumPacketSize) return false
    const alias = this.#aliases.known(topicName)
    if (alias === 0) return false
    const at = this.#reserve(size)
    writeAliasedPublish(qos, retain, packetId, alias, payload, remaining, this.#output.bytes, at)
    this.#output.settle()
    return true
  }

  sendPubrel(packetId: number, reasonCode: number): void {
    this.sendAcknowledgement({ type: PacketType.Pubrel, packetId, reasonCode, properties: NO_PROPERTIES })
  }

  sendAcknowledgement(packet: PublishAcknowledgement): void {
    if (packet.reasonCode === 0 && packet.properties === NO_PROPERTIES && this.#trace === null) {
      // four bytes, which every server takes, and which no version writes otherwise
      if (this.#ended) return
      const at = this.#reserve(4)
      writePlainAcknowledgement(packet.type, packet.packetId, this.#output.bytes, at)
      this.#output.settle()
      return
    }
    this.send(this.#version === 5 || packet.reasonCode === 0 ? packet : { ...packet, reasonCode: 0 })
  }

  message(message: Publish, receipt: Receipt): void {
    this.#events.message(message, receipt)
  }

  delivered(delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void {
    this.#events.delivered(delivery, acknowledgement)
  }

  undelivered(delivery: Delivery, error: Error): void {
    this.#events.undelivered(delivery, error)
  }

  drained(): void {
    this.#events.drained()
  }
}
