// -d: one line per packet on standard output, in the words of Mosquitto's clients.
// The connection calls this in the order of the wire, see ClientTrace in session/client-effects.ts.

import { assertNever } from '../base/assert.ts'
import type { ClientTrace } from '../session/client-effects.ts'
import { type Packet, PacketType, type Publish, type SubscriptionRequest } from '../wire/mqtt/packet.ts'

export class TraceLines implements ClientTrace {
  readonly #print: (line: string) => void
  /** null = the client sent none and knows none. */
  #clientId: string | null
  /** A QoS 0 PUBLISH shows the number that it would have had. */
  #lastId = 0

  /** `print` takes whole lines, with their newline. */
  constructor(clientId: string | null, print: (line: string) => void) {
    this.#clientId = clientId
    this.#print = print
  }

  sending(packet: Packet): void {
    const client = `Client ${this.#clientId} sending`
    switch (packet.type) {
      case PacketType.Connect:
        this.#print(`${client} CONNECT\n`)
        return
      case PacketType.Publish:
        this.#lastId = packet.packetId !== 0 ? packet.packetId : (this.#lastId % 65535) + 1
        this.#print(`${client} PUBLISH ${publishText(packet, this.#lastId)}\n`)
        return
      case PacketType.Puback:
      case PacketType.Pubrec:
        this.#print(`${client} ${packet.type === PacketType.Puback ? 'PUBACK' : 'PUBREC'} (m${packet.packetId}, rc${packet.reasonCode})\n`)
        return
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
        this.#print(`${client} ${packet.type === PacketType.Pubrel ? 'PUBREL' : 'PUBCOMP'} (m${packet.packetId})\n`)
        return
      case PacketType.Subscribe:
        this.#lastId = packet.packetId
        for (const request of packet.subscriptions) {
          this.#print(
            `${client} SUBSCRIBE (Mid: ${packet.packetId}, Topic: ${request.topicFilter}, QoS: ${request.qos}, Options: 0x${hex(subscriptionOptions(request))})\n`,
          )
        }
        return
      case PacketType.Unsubscribe:
        this.#lastId = packet.packetId
        for (const filter of packet.topicFilters) this.#print(`${client} UNSUBSCRIBE (Mid: ${packet.packetId}, Topic: ${filter})\n`)
        return
      case PacketType.Pingreq:
        this.#print(`${client} PINGREQ\n`)
        return
      case PacketType.Disconnect:
        this.#print(`${client} DISCONNECT\n`)
        return
      case PacketType.Auth:
        this.#print(`${client} AUTH (${packet.reasonCode})\n`)
        return
      case PacketType.Connack:
      case PacketType.Suback:
      case PacketType.Unsuback:
      case PacketType.Pingresp:
        return // a server's
      default:
        assertNever(packet)
    }
  }

  received(packet: Packet): void {
    const client = `Client ${this.#clientId} received`
    switch (packet.type) {
      case PacketType.Connack:
        this.#clientId ??= packet.properties.assignedClientIdentifier ?? null
        this.#print(`Client ${this.#clientId ?? '(null)'} received CONNACK (${packet.reasonCode})\n`)
        return
      case PacketType.Publish:
        this.#print(`${client} PUBLISH ${publishText(packet, packet.packetId)}\n`)
        return
      case PacketType.Puback:
      case PacketType.Pubcomp:
        this.#print(`${client} ${packet.type === PacketType.Puback ? 'PUBACK' : 'PUBCOMP'} (Mid: ${packet.packetId}, RC:${packet.reasonCode})\n`)
        return
      case PacketType.Pubrec:
      case PacketType.Pubrel:
        this.#print(`${client} ${packet.type === PacketType.Pubrec ? 'PUBREC' : 'PUBREL'} (Mid: ${packet.packetId})\n`)
        return
      case PacketType.Suback:
        this.#print(`${client} SUBACK\n`)
        return
      case PacketType.Unsuback:
        this.#print(`${client} UNSUBACK\n`)
        return
      case PacketType.Pingresp:
        this.#print(`${client} PINGRESP\n`)
        return
      case PacketType.Disconnect:
        this.#print(`Received DISCONNECT (${packet.reasonCode})\n`)
        return
      case PacketType.Auth:
        this.#print(`${client} AUTH (${packet.reasonCode})\n`)
        return
      case PacketType.Connect:
      case PacketType.Subscribe:
      case PacketType.Unsubscribe:
      case PacketType.Pingreq:
        return // a client's
      default:
        assertNever(packet)
    }
  }
}

/** A Topic Name left out behind a Topic Alias shows as `(null)`. */
function publishText({ dup, qos, retain, topicName, payload }: Publish, packetId: number): string {
  return `(d${Number(dup)}, q${qos}, r${Number(retain)}, m${packetId}, '${topicName === '' ? '(null)' : topicName}', ... (${payload.length} bytes))`
}

/** Subscription Options without the QoS bits [section 3.8.3.1]. */
function subscriptionOptions({ noLocal, retainAsPublished, retainHandling }: SubscriptionRequest): number {
  return (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | (retainHandling << 4)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
