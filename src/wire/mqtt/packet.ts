// The Control Packets of MQTT 3.1, 3.1.1 and 5.0 as values: one union, told apart by `type` [MQTT 5.0, section 2 and 3].
// Every literal lists all fields in this order, so that each packet type has one hidden class. The hot path does not use them: see publish-run.ts.

import type * as packetTypes from './packet-type.ts'
import { Puback, Pubcomp } from './packet-type.ts'
import type { Properties } from './properties.ts'

/** Control Packet types, such as `PacketType.Publish`. */
export * as PacketType from './packet-type.ts'
export type PacketType = (typeof packetTypes)[keyof typeof packetTypes]

export const Qos = { AtMostOnce: 0, AtLeastOnce: 1, ExactlyOnce: 2 } as const
export type Qos = (typeof Qos)[keyof typeof Qos]

/** Protocol Level byte: 3 = MQTT 3.1, 4 = MQTT 3.1.1, 5 = MQTT 5.0. */
export type ProtocolVersion = 3 | 4 | 5

/** Retain Handling of a subscription: 0 send always, 1 only if the subscription is new, 2 never [section 3.8.3.1]. */
export type RetainHandling = 0 | 1 | 2

/** Which side sent the bytes: some rules bind only one. */
export type Sender = 'client' | 'server'

export interface Will {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  readonly properties: Properties
}

export interface Connect {
  readonly type: typeof packetTypes.Connect
  readonly version: ProtocolVersion
  /** Bit 0x80 of the level: a Mosquitto bridge. */
  readonly bridge: boolean
  /** Clean Session in 3.x. */
  readonly cleanStart: boolean
  /** Seconds; 0 = off. */
  readonly keepAlive: number
  /** Client Identifier; empty asks the server to assign one. */
  readonly clientId: string
  readonly will: Will | null
  readonly userName: string | null
  readonly password: Uint8Array | null
  readonly properties: Properties
}

export interface Connack {
  readonly type: typeof packetTypes.Connack
  readonly sessionPresent: boolean
  /** Reason Code in 5.0, return code 0-5 in 3.x. */
  readonly reasonCode: number
  readonly properties: Properties
}

export interface Publish {
  readonly type: typeof packetTypes.Publish
  /** Empty only in 5.0, with a Topic Alias. */
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  readonly dup: boolean
  /** 0 for QoS 0. */
  readonly packetId: number
  readonly properties: Properties
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP: one shape. */
export interface PublishAcknowledgement {
  readonly type: typeof packetTypes.Puback | typeof packetTypes.Pubrec | typeof packetTypes.Pubrel | typeof packetTypes.Pubcomp
  readonly packetId: number
  /** 0 in 3.x. */
  readonly reasonCode: number
  readonly properties: Properties
}

/** One Topic Filter of a SUBSCRIBE with its Subscription Options. */
export interface SubscriptionRequest {
  /** As sent: with `$share/NAME/` if it is a shared one. Valid. */
  readonly topicFilter: string
  /** Maximum QoS. */
  readonly qos: Qos
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: RetainHandling
}

export interface Subscribe {
  readonly type: typeof packetTypes.Subscribe
  readonly packetId: number
  readonly subscriptions: readonly SubscriptionRequest[]
  readonly properties: Properties
}

export interface Suback {
  readonly type: typeof packetTypes.Suback
  readonly packetId: number
  readonly reasonCodes: readonly number[]
  readonly properties: Properties
}

export interface Unsubscribe {
  readonly type: typeof packetTypes.Unsubscribe
  readonly packetId: number
  readonly topicFilters: readonly string[]
  readonly properties: Properties
}

export interface Unsuback {
  readonly type: typeof packetTypes.Unsuback
  readonly packetId: number
  /** Empty in 3.x. */
  readonly reasonCodes: readonly number[]
  readonly properties: Properties
}

export interface Pingreq {
  readonly type: typeof packetTypes.Pingreq
}

export interface Pingresp {
  readonly type: typeof packetTypes.Pingresp
}

export interface Disconnect {
  readonly type: typeof packetTypes.Disconnect
  /** 0 in 3.x. */
  readonly reasonCode: number
  readonly properties: Properties
}

export interface Auth {
  readonly type: typeof packetTypes.Auth
  readonly reasonCode: number
  readonly properties: Properties
}

export type Packet = Connect | Connack | Publish | PublishAcknowledgement | Subscribe | Suback | Unsubscribe | Unsuback | Pingreq | Pingresp | Disconnect | Auth

/** PUBACK, PUBREC, PUBREL or PUBCOMP. */
export function isPublishAcknowledgement({ type }: Packet): boolean {
  return type >= Puback && type <= Pubcomp
}
