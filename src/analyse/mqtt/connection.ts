// One MQTT connection of a capture: who it is, what it subscribed to, what is on its way, how it ended.
// Facts only; what they mean is notes.ts and the questions in ask/.

import type { Connack, Connect, ProtocolVersion, Publish, SubscriptionRequest } from '../../wire/mqtt/packet.ts'
import type { MqttMessage, Place } from './message.ts'

/** A QoS 1 or 2 message on its way, and the packets that were exchanged for it. */
export interface Exchange {
  readonly publish: MqttMessage
  readonly packet: Publish
  /** PUBLISH again, with the same Packet Identifier. */
  readonly repeats: MqttMessage[]
  /** PUBACK; PUBREC, PUBREL, PUBCOMP. */
  readonly answers: MqttMessage[]
  /** The acknowledgement that ended it; null = none came. */
  done: MqttMessage | null
}

export interface ActiveSubscription {
  readonly request: SubscriptionRequest
  readonly subscribe: MqttMessage
  /** Granted QoS, or a Reason Code from 128 on; null = no SUBACK was seen. */
  granted: number | null
  /** Where it ended; null = it did not. */
  ended: Place | null
}

/** SUBSCRIBE, UNSUBSCRIBE or PINGREQ without its answer. */
export interface Pending {
  readonly request: MqttMessage
}

export type EndOfConnection = 'disconnect' | 'server disconnect' | 'closed' | 'reset'

export class MqttConnection {
  /** Wireshark's tcp.stream. */
  readonly stream: number
  /** `ADDRESS:PORT`. */
  readonly client: string
  readonly server: string
  readonly first: Place
  /** The capture has its TCP handshake: nothing came before what is seen. */
  readonly hasBeginning: boolean
  connect: MqttMessage | null = null
  connack: MqttMessage | null = null
  /** 4 unless CONNECT was seen. */
  version: ProtocolVersion = 4
  /** What CONNECT gave, or what the server assigned; null = unknown. */
  clientId: string | null = null
  messages = 0
  publishes = 0
  bytes = 0
  /** Time of the last packet that the client sent. */
  lastFromClient = 0
  end: (Place & { readonly how: EndOfConnection }) | null = null
  readonly subscriptions: ActiveSubscription[] = []
  /** By Packet Identifier: messages that the client sends, and those that the server sends. */
  readonly exchanges: { readonly client: Map<number, Exchange>; readonly server: Map<number, Exchange> } = { client: new Map(), server: new Map() }
  readonly pending: Map<number, Pending> = new Map()
  ping: Pending | null = null
  /** Topic Aliases of both sides. */
  readonly aliases: { readonly client: Map<number, string>; readonly server: Map<number, string> } = { client: new Map(), server: new Map() }

  constructor(stream: number, client: string, server: string, first: Place, hasBeginning: boolean) {
    this.stream = stream
    this.client = client
    this.server = server
    this.first = first
    this.hasBeginning = hasBeginning
  }

  /** CONNECT as it was read. */
  get connectPacket(): Connect | null {
    const packet = this.connect?.packet ?? null
    return packet?.type === 1 ? packet : null
  }

  get connackPacket(): Connack | null {
    const packet = this.connack?.packet ?? null
    return packet?.type === 2 ? packet : null
  }

  /** How people call it: Client Identifier, else address. */
  get name(): string {
    return this.clientId === null || this.clientId === '' ? this.client : this.clientId
  }
}
