// The properties of MQTT 5.0 [table 2-4]: identifier, name, data type, where allowed. Facts as data.
// Used by decode, encode, the client's -D option and, later, the dissector and the console.

import { PacketType, type Sender } from './packet.ts'

/** Properties of one packet, in the order in which they are written. Absent = not in the packet. */
export interface Properties {
  readonly payloadFormatIndicator?: number
  /** Seconds. */
  readonly messageExpiryInterval?: number
  readonly contentType?: string
  readonly responseTopic?: string
  readonly correlationData?: Uint8Array
  /** One in SUBSCRIBE, any number in PUBLISH from a server. */
  readonly subscriptionIdentifiers?: readonly number[]
  /** Seconds; 0xFFFFFFFF = never. */
  readonly sessionExpiryInterval?: number
  readonly assignedClientIdentifier?: string
  /** Seconds. */
  readonly serverKeepAlive?: number
  readonly authenticationMethod?: string
  readonly authenticationData?: Uint8Array
  readonly requestProblemInformation?: number
  /** Seconds. */
  readonly willDelayInterval?: number
  readonly requestResponseInformation?: number
  readonly responseInformation?: string
  readonly serverReference?: string
  readonly reasonString?: string
  readonly receiveMaximum?: number
  readonly topicAliasMaximum?: number
  readonly topicAlias?: number
  readonly maximumQos?: number
  readonly retainAvailable?: number
  readonly userProperties?: readonly (readonly [name: string, value: string])[]
  /** Bytes. */
  readonly maximumPacketSize?: number
  readonly wildcardSubscriptionAvailable?: number
  readonly subscriptionIdentifiersAvailable?: number
  readonly sharedSubscriptionAvailable?: number
}

export const NO_PROPERTIES: Properties = Object.freeze({})

/** How a value is written. A `flag` is a byte of 0 or 1. */
export type PropertyType = 'flag' | 'two-byte' | 'four-byte' | 'varint' | 'text' | 'binary' | 'pair'

/** What properties belong to: a packet, or the Will in a CONNECT. */
export type PropertyCarrier = PacketType | 'will'

export interface PropertyRow {
  readonly id: number
  readonly name: keyof Properties
  /** The standard's name. */
  readonly title: string
  /** Its name behind `-D` of the command-line clients. */
  readonly option: string
  readonly type: PropertyType
  /** Smallest value of a number; a smaller one is a Protocol Error. */
  readonly least: number
  readonly carriers: readonly PropertyCarrier[]
  readonly repeatable: boolean
}

const { Connect, Connack, Publish, Puback, Pubrec, Pubrel, Pubcomp, Subscribe, Suback, Unsubscribe, Unsuback, Disconnect, Auth } = PacketType
const ANSWERS = [Connack, Puback, Pubrec, Pubrel, Pubcomp, Suback, Unsuback, Disconnect, Auth] as const
const MESSAGES = [Publish, 'will'] as const

function row(
  id: number,
  name: keyof Properties,
  title: string,
  type: PropertyType,
  carriers: readonly PropertyCarrier[],
  least = 0,
  option: string = title.toLowerCase().replaceAll(' ', '-'),
): PropertyRow {
  return { id, name, title, option, type, least, carriers, repeatable: id === 0x26 || id === 0x0b }
}

export const PROPERTIES: readonly PropertyRow[] = [
  row(0x01, 'payloadFormatIndicator', 'Payload Format Indicator', 'flag', MESSAGES),
  row(0x02, 'messageExpiryInterval', 'Message Expiry Interval', 'four-byte', MESSAGES),
  row(0x03, 'contentType', 'Content Type', 'text', MESSAGES),
  row(0x08, 'responseTopic', 'Response Topic', 'text', MESSAGES),
  row(0x09, 'correlationData', 'Correlation Data', 'binary', MESSAGES),
  row(0x0b, 'subscriptionIdentifiers', 'Subscription Identifier', 'varint', [Publish, Subscribe], 1),
  row(0x11, 'sessionExpiryInterval', 'Session Expiry Interval', 'four-byte', [Connect, Connack, Disconnect]),
  row(0x12, 'assignedClientIdentifier', 'Assigned Client Identifier', 'text', [Connack]),
  row(0x13, 'serverKeepAlive', 'Server Keep Alive', 'two-byte', [Connack]),
  row(0x15, 'authenticationMethod', 'Authentication Method', 'text', [Connect, Connack, Auth]),
  row(0x16, 'authenticationData', 'Authentication Data', 'binary', [Connect, Connack, Auth]),
  row(0x17, 'requestProblemInformation', 'Request Problem Information', 'flag', [Connect]),
  row(0x18, 'willDelayInterval', 'Will Delay Interval', 'four-byte', ['will']),
  row(0x19, 'requestResponseInformation', 'Request Response Information', 'flag', [Connect]),
  row(0x1a, 'responseInformation', 'Response Information', 'text', [Connack]),
  row(0x1c, 'serverReference', 'Server Reference', 'text', [Connack, Disconnect]),
  row(0x1f, 'reasonString', 'Reason String', 'text', ANSWERS),
  row(0x21, 'receiveMaximum', 'Receive Maximum', 'two-byte', [Connect, Connack], 1),
  row(0x22, 'topicAliasMaximum', 'Topic Alias Maximum', 'two-byte', [Connect, Connack]),
  row(0x23, 'topicAlias', 'Topic Alias', 'two-byte', [Publish], 1),
  row(0x24, 'maximumQos', 'Maximum QoS', 'flag', [Connack]),
  row(0x25, 'retainAvailable', 'Retain Available', 'flag', [Connack]),
  row(0x26, 'userProperties', 'User Property', 'pair', [Connect, Publish, 'will', Subscribe, Unsubscribe, ...ANSWERS]),
  row(0x27, 'maximumPacketSize', 'Maximum Packet Size', 'four-byte', [Connect, Connack], 1),
  row(0x28, 'wildcardSubscriptionAvailable', 'Wildcard Subscription Available', 'flag', [Connack]),
  row(0x29, 'subscriptionIdentifiersAvailable', 'Subscription Identifier Available', 'flag', [Connack]),
  row(0x2a, 'sharedSubscriptionAvailable', 'Shared Subscription Available', 'flag', [Connack]),
]

const BY_ID: readonly (PropertyRow | undefined)[] = Array.from({ length: 0x2b }, (_, id) => PROPERTIES.find((row) => row.id === id))
const BY_NAME: ReadonlyMap<string, PropertyRow> = new Map(PROPERTIES.map((row) => [row.name, row]))

export function propertyById(id: number): PropertyRow | undefined {
  return BY_ID[id]
}

/** By its key in `Properties`. */
export function propertyByName(name: string): PropertyRow | undefined {
  return BY_NAME.get(name)
}

/** By its name behind `-D`, in any case. */
export function propertyByOption(option: string): PropertyRow | undefined {
  const wanted = option.toLowerCase()
  return PROPERTIES.find((row) => row.option === wanted)
}

/** Some properties are for one side alone: a client sends no Subscription Identifier [MQTT-3.3.4-6], a server no Session Expiry Interval in DISCONNECT. */
export function senderMayUseProperty(id: number, carrier: PropertyCarrier, sender: Sender): boolean {
  if (carrier === Publish && id === 0x0b) return sender === 'server' // [MQTT-3.3.4-6]
  if (carrier === Disconnect && id === 0x11) return sender === 'client' // [MQTT-3.14.2-2]
  return true
}
