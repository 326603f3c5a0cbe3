// Messages on their way from the other broker to ours, with the Packet Identifiers that the other one gave them.
// Whether a QoS 2 message came before is known to our broker's session, which outlives connections [MQTT-4.3.3].

import type { ReceptionPort } from '../session/client-incoming.ts'
import type { BorrowedSession } from '../session/client-session.ts'
import { encodedSize } from '../wire/mqtt/encode.ts'
import { PacketType, type ProtocolVersion, type Publish, type PublishAcknowledgement } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import { isTopicName } from '../wire/mqtt/topics.ts'
import type { LocalBroker } from './local-connection.ts'
import { type LocalEnd, withoutHop } from './outgoing-relay.ts'
import type { TopicMap } from './topic-map.ts'

type Incoming = BorrowedSession['incoming']

/** What holds for messages that come in. */
export interface IncomingRules {
  readonly topics: TopicMap
  readonly version: ProtocolVersion
}

/** Our side of the bridge, with what it knows of messages on their way in. */
export interface LocalInbox extends LocalEnd {
  /** QoS 2 from PUBLISH to PUBREL, in their order. */
  readonly unreleasedIds: readonly number[]
}

export interface IncomingEvents {
  /** Our broker. */
  broker(): Pick<LocalBroker, 'limits' | 'isFull'>
  /** A message has come with so many bytes of payload, whatever becomes of it. */
  received(bytes: number): void
  /** It does not come in: no `topic` line lets it, or our broker takes nothing like it. */
  dropped(topicName: string, reason: string): void
  /** Our broker has no room, and the other one cannot be told: it must send the message again later. */
  refusedForNow(): void
}

/** Our broker's answer when it has no room. */
const QUOTA_EXCEEDED = 0x97

export class IncomingRelay implements Incoming {
  /** Set with each connection, before anything is received. */
  rules: IncomingRules
  readonly #local: LocalInbox
  readonly #events: IncomingEvents
  #port: ReceptionPort | null = null
  /** QoS 2 that does not come in. */
  readonly #dropped = new Set<number>()
  /** Released by ourselves: the PUBCOMP is not for the other broker. */
  readonly #ownReleases = new Set<number>()
  #isFresh = false

  constructor(rules: IncomingRules, local: LocalInbox, events: IncomingEvents) {
    this.rules = rules
    this.#local = local
    this.#events = events
  }

  begin(kept: boolean, _receiveMaximum: number, port: ReceptionPort): void {
    this.#port = port
    this.#isFresh = !kept
  }

  /** Our own connection stands: what comes can be handed on. */
  opened(): void {
    if (!this.#isFresh) return
    // The other broker knows nothing of these any more: what it gave us whole is delivered, and the identifiers are free for new messages.
    for (const packetId of this.#local.unreleasedIds) {
      this.#ownReleases.add(packetId)
      this.#release(packetId)
    }
    this.#dropped.clear()
  }

  end(): void {
    this.#port = null
    this.#ownReleases.clear()
  }

  receive(publish: Publish): void {
    const { topicName, packetId, qos } = publish
    this.#events.received(publish.payload.length)
    const local = this.rules.topics.toLocal(topicName)
    const message: Publish = {
      ...publish,
      topicName: local ?? topicName,
      retain: publish.retain && this.#events.broker().limits.retainAvailable,
      properties: this.rules.version === 5 ? withoutHop(publish.properties) : NO_PROPERTIES,
    }
    const refusal = local === null ? 'no topic line of the bridge lets it in' : this.#refusalOf(message)
    if (refusal !== null) {
      this.#events.dropped(topicName, refusal)
      if (qos === 2) this.#dropped.add(packetId)
      if (qos > 0) this.#answer(qos === 1 ? PacketType.Puback : PacketType.Pubrec, packetId, 0)
      return
    }
    this.#local.send(message)
  }

  /** PUBREL of the other broker. */
  release(packetId: number): void {
    if (this.#dropped.delete(packetId)) {
      this.#answer(PacketType.Pubcomp, packetId, 0)
      return
    }
    this.#release(packetId)
  }

  /** PUBACK, PUBREC and PUBCOMP of our broker. */
  acknowledged({ type, packetId, reasonCode }: PublishAcknowledgement): void {
    if (type === PacketType.Pubcomp && this.#ownReleases.delete(packetId)) return
    if (reasonCode === QUOTA_EXCEEDED && this.rules.version < 5 && this.#events.broker().isFull) {
      this.#events.refusedForNow()
      return
    }
    this.#answer(type, packetId, reasonCode)
  }

  #refusalOf(message: Publish): string | null {
    if (!isTopicName(message.topicName)) return 'it would have no valid name here'
    const { maximumPacketSize: most, maximumTopicLevels } = this.#events.broker().limits
    const levels = message.topicName.split('/').length
    if (levels > maximumTopicLevels) return `a topic of ${levels} levels, ${maximumTopicLevels} at most`
    const size = encodedSize(message, 5)
    return most > 0 && size > most ? `packet of ${size} bytes: max_packet_size is ${most}` : null
  }

  #release(packetId: number): void {
    this.#local.send({ type: PacketType.Pubrel, packetId, reasonCode: 0, properties: NO_PROPERTIES })
  }

  #answer(type: PublishAcknowledgement['type'], packetId: number, reasonCode: number): void {
    this.#port?.sendAcknowledgement({ type, packetId, reasonCode, properties: NO_PROPERTIES })
  }
}
