// The properties of MQTT 5.0 [table 2-4]: identifier, name, data type, where allowed. Facts as data.
// Used by decode, encode, the client's -D option and, later, the dissector and the console.

import type { PacketType, Sender } from './packet.ts'
import { Auth, Connack, Connect, Disconnect, Puback, Pubcomp, Publish, Pubrec, Pubrel, Suback, Subscribe, Unsuback, Unsubscribe } from './packet-type.ts'

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

const ANSWERS = [Connack, Puback, Pubrec, Pubrel, Pubcomp, Suback, Unsuback, Disconnect, Auth] as const
const MESSAGES = [Publish, 'will'] as const

function row(
  id: number,
  name: keyof Properties,
  type: PropertyType,
  carriers: readonly PropertyCarrier[],
  least = 0,
  title: string = titleOf(name),
): PropertyRow {
  return { id, name, title, option: title.toLowerCase().replaceAll(' ', '-'), type, least, carriers, repeatable: id === 0x26 || id === 0x0b }
}

/** `assignedClientIdentifier` is the standard's Assigned Client Identifier. */
function titleOf(name: string): string {
  return name.replace(/^.|[A-Z]/g, (letter, at: number) => (at === 0 ? letter.toUpperCase() : ` ${letter}`))
}

export const PROPERTIES: readonly PropertyRow[] = [
  row(0x01, 'payloadFormatIndicator', 'flag', MESSAGES),
  row(0x02, 'messageExpiryInterval', 'four-byte', MESSAGES),
  row(0x03, 'contentType', 'text', MESSAGES),
  row(0x08, 'responseTopic', 'text', MESSAGES),
  row(0x09, 'correlationData', 'binary', MESSAGES),
  row(0x0b, 'subscriptionIdentifiers', 'varint', [Publish, Subscribe], 1, 'Subscription Identifier'),
  row(0x11, 'sessionExpiryInterval', 'four-byte', [Connect, Connack, Disconnect]),
  row(0x12, 'assignedClientIdentifier', 'text', [Connack]),
  row(0x13, 'serverKeepAlive', 'two-byte', [Connack]),
  row(0x15, 'authenticationMethod', 'text', [Connect, Connack, Auth]),
  row(0x16, 'authenticationData', 'binary', [Connect, Connack, Auth]),
  row(0x17, 'requestProblemInformation', 'flag', [Connect]),
  row(0x18, 'willDelayInterval', 'four-byte', ['will']),
  row(0x19, 'requestResponseInformation', 'flag', [Connect]),
  row(0x1a, 'responseInformation', 'text', [Connack]),
  row(0x1c, 'serverReference', 'text', [Connack, Disconnect]),
  row(0x1f, 'reasonString', 'text', ANSWERS),
  row(0x21, 'receiveMaximum', 'two-byte', [Connect, Connack], 1),
  row(0x22, 'topicAliasMaximum', 'two-byte', [Connect, Connack]),
  row(0x23, 'topicAlias', 'two-byte', [Publish], 1),
  row(0x24, 'maximumQos', 'flag', [Connack], 0, 'Maximum QoS'),
  row(0x25, 'retainAvailable', 'flag', [Connack]),
  row(0x26, 'userProperties', 'pair', [Connect, Publish, 'will', Subscribe, Unsubscribe, ...ANSWERS], 0, 'User Property'),
  row(0x27, 'maximumPacketSize', 'four-byte', [Connect, Connack], 1),
  row(0x28, 'wildcardSubscriptionAvailable', 'flag', [Connack]),
  row(0x29, 'subscriptionIdentifiersAvailable', 'flag', [Connack], 0, 'Subscription Identifier Available'),
  row(0x2a, 'sharedSubscriptionAvailable', 'flag', [Connack]),
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
