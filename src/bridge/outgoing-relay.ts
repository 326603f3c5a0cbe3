// Messages on their way to the other broker, packet by packet, with the Packet Identifiers that our broker gave them.
// What is unacknowledged is known to our broker's session alone, so it survives what that survives [MQTT-4.3, MQTT-4.4].

import type { OutgoingMessage } from '../session/client-effects.ts'
import type { ServerLimits } from '../session/client-limits.ts'
import type { DeliveryPort } from '../session/client-outgoing.ts'
import type { BorrowedSession } from '../session/client-session.ts'
import { encodedSize } from '../wire/mqtt/encode.ts'
import { type Packet, PacketType, type ProtocolVersion, type Publish, type PublishAcknowledgement, type Qos } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import type { FarPacketIds } from './far-packet-ids.ts'
import type { TopicMap } from './topic-map.ts'

/** Our side of the bridge, as both relays use it. */
export interface LocalEnd {
  send(packet: Packet): void
  /** The other side takes messages again. */
  release(): void
}

type Outgoing = BorrowedSession['outgoing']

/** What holds for messages that go out. */
export interface OutgoingRules {
  readonly topics: TopicMap
  readonly version: ProtocolVersion
  /** False clears RETAIN. */
  readonly retain: boolean
  /** Bytes; 0 = no limit but the server's. */
  readonly maximumPacketSize: number
}

export interface OutgoingEvents {
  /** A message of our broker has gone over, with so many bytes of payload. */
  sent(bytes: number): void
  /** It does not go over. */
  dropped(topicName: string, reason: string): void
  /** A message of the bridge itself was acknowledged. */
  notified(packetId: number): void
}

export class OutgoingRelay implements Outgoing {
  /** Set with each connection, before anything is published. */
  rules: OutgoingRules
  /** How many messages the other broker takes before it acknowledges; of the connection that is there. */
  quota = 0
  readonly #local: LocalEnd
  readonly #ids: FarPacketIds
  readonly #events: OutgoingEvents
  #port: DeliveryPort | null = null
  #limits: ServerLimits | null = null
  /** Identifiers of our notification. */
  readonly #own = new Set<number>()
  /** QoS 2 that went over with QoS 1, or not at all: the other broker knows nothing of its PUBREL. */
  readonly #finishedHere = new Set<number>()

  constructor(rules: OutgoingRules, local: LocalEnd, ids: FarPacketIds, events: OutgoingEvents) {
    this.rules = rules
    this.#local = local
    this.#ids = ids
    this.#events = events
  }

  /** False without a connection, and while its socket has enough to do. */
  get isWritable(): boolean {
    return this.#port?.writable ?? false
  }

  resume(quota: number, port: DeliveryPort): void {
    this.restart(quota, port)
  }

  /** Our broker sends again what is unfinished, also when the other one has forgotten it: rather twice than never. */
  restart(quota: number, port: DeliveryPort): void {
    this.#port = port
    this.quota = quota
    this.#own.clear()
  }

  /** The other broker's limits are known. */
  begin(limits: ServerLimits): void {
    this.#limits = limits
  }

  end(): void {
    this.#port = null
    this.#limits = null
  }

  pump(port: DeliveryPort): void {
    if (port.writable) this.#local.release()
  }

  /** A message of our broker. */
  publish(packet: Publish): void {
    const limits = this.#limits
    const port = this.#port
    if (limits === null || port === null) return // it comes again with the next connection
    const topicName = this.rules.topics.toRemote(packet.topicName)
    if (topicName === null) {
      this.#settle(packet)
      return
    }
    const qos = Math.min(packet.qos, limits.maximumQos) as Qos
    const message: OutgoingMessage = {
      topicName,
      payload: packet.payload,
      qos,
      retain: packet.retain && this.rules.retain && limits.retainAvailable,
      properties: this.rules.version === 5 ? withoutHop(packet.properties) : NO_PROPERTIES,
    }
    const refusal = this.#tooLarge(message) ?? port.sendPublish({ message, packetId: qos === 0 ? 0 : packet.packetId }, packet.dup && qos > 0)?.message ?? null
    if (refusal !== null) {
      this.#events.dropped(packet.topicName, refusal)
      this.#settle(packet)
      return
    }
    this.#events.sent(packet.payload.length)
    if (qos < packet.qos && qos === 0) this.#settle(packet)
    else if (qos < packet.qos) this.#finishedHere.add(packet.packetId)
  }

  /** PUBREL of our broker. */
  release(packetId: number): void {
    if (this.#finishedHere.delete(packetId)) this.#answer(PacketType.Pubcomp, packetId)
    else this.#port?.sendPubrel(packetId, 0)
  }

  /** PUBACK, PUBREC and PUBCOMP of the other broker. */
  acknowledged(packet: PublishAcknowledgement): void {
    const { packetId, type, reasonCode } = packet
    if (this.#own.delete(packetId)) {
      this.#ids.give(packetId)
      this.#events.notified(packetId)
    } else if (type === PacketType.Puback && this.#finishedHere.has(packetId)) {
      if (reasonCode >= 0x80) this.#finishedHere.delete(packetId)
      this.#local.send({ type: PacketType.Pubrec, packetId, reasonCode, properties: NO_PROPERTIES })
    } else this.#local.send({ type, packetId, reasonCode, properties: NO_PROPERTIES })
  }

  /** A message of the bridge itself; of QoS 1 where the other broker takes that. */
  publishOwn(topicName: string, payload: Uint8Array, qos: 0 | 1): void {
    const packetId = qos === 0 ? 0 : this.#ids.take()
    const message: OutgoingMessage = { topicName, payload, qos, retain: this.#limits?.retainAvailable !== false, properties: NO_PROPERTIES }
    const refusal = this.#port?.sendPublish({ message, packetId }, false) ?? null
    if (refusal !== null) this.#events.dropped(topicName, refusal.message)
    if (packetId > 0) this.#own.add(packetId)
  }

  #tooLarge(message: OutgoingMessage): string | null {
    const { maximumPacketSize, version } = this.rules
    if (maximumPacketSize === 0) return null
    const size = encodedSize({ type: PacketType.Publish, ...message, dup: false, packetId: message.qos === 0 ? 0 : 1 }, version)
    return size > maximumPacketSize ? `packet of ${size} bytes: bridge_max_packet_size is ${maximumPacketSize}` : null
  }

  /** Done with a message that does not go over: our broker is not to send it again. */
  #settle({ qos, packetId }: Publish): void {
    if (qos === 0) return
    if (qos === 2) this.#finishedHere.add(packetId)
    this.#answer(qos === 1 ? PacketType.Puback : PacketType.Pubrec, packetId)
  }

  #answer(type: PublishAcknowledgement['type'], packetId: number): void {
    this.#local.send({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES })
  }
}

/** Without what holds between two neighbours only: Topic Alias, Subscription Identifiers. */
export function withoutHop(properties: Properties): Properties {
  if (properties.topicAlias === undefined && properties.subscriptionIdentifiers === undefined) return properties
  const { topicAlias: _alias, subscriptionIdentifiers: _identifiers, ...rest } = properties
  return rest
}
