// -D PACKET NAME VALUE: MQTT 5.0 properties from the command line. Names, places and ranges as a table [table 2-4].
// Letter case of packet and name does not matter; a user property takes a name and a value.

import type { Properties } from '../wire/mqtt/properties.ts'
import { LONGEST_TEXT, utf8Length } from '../wire/text.ts'
import { ArgumentError } from './client-errors.ts'
import type { ClientSettings, PropertyFault, PropertyPacket } from './client-settings.ts'
import { integer, isAcceptable, nameOf } from './client-values.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface PropertyRow {
  readonly name: string
  readonly packets: readonly PropertyPacket[]
  /** Values that fit the field and yet mean nothing [section 2.2.2.2]; found when all arguments are known. */
  readonly legal?: { readonly from: number; readonly to: number }
  readonly set: (properties: Writable<Properties>, value: string, more: string) => void
}

/** Keys of Properties with this type of value. */
type KeyOf<T> = {
  [K in keyof Properties]-?: NonNullable<Properties[K]> extends T ? (T extends NonNullable<Properties[K]> ? K : never) : never
}[keyof Properties]

/** A field of one, two or four bytes, of which only `from` to `to` are legal. */
function number(name: string, key: KeyOf<number>, bytes: 1 | 2 | 4, packets: readonly PropertyPacket[], from = 0, to = 0xffffffff): PropertyRow {
  return {
    name,
    packets,
    legal: { from, to },
    set: (properties, value) => {
      properties[key] = inRange(name, value, 0, 2 ** (8 * bytes) - 1)
    },
  }
}

function text(name: string, key: KeyOf<string>, packets: readonly PropertyPacket[]): PropertyRow {
  return {
    name,
    packets,
    set: (properties, value) => {
      properties[key] = sendable(name, value)
    },
  }
}

function binary(name: string, key: KeyOf<Uint8Array>, packets: readonly PropertyPacket[]): PropertyRow {
  return {
    name,
    packets,
    set: (properties, value) => {
      properties[key] = Buffer.from(notTooLong(name, value))
    },
  }
}

function sendable(name: string, value: string): string {
  if (!isAcceptable(value)) throw new ArgumentError(`Malformed UTF-8 in value of property ${name}.`, 'blank and hint')
  return notTooLong(name, value)
}

/** What its length field of two bytes can say. */
function notTooLong(name: string, value: string): string {
  if (utf8Length(value) > LONGEST_TEXT) throw new ArgumentError(`Property value too long for property ${name}.`, 'blank and hint')
  return value
}

function inRange(name: string, value: string, minimum: number, maximum: number): number {
  return integer(value, minimum, maximum, `Property value (${value}) out of range for property ${name}.`, 'blank and hint')
}

/** In the order in which their faults are looked for. */
const ANY: readonly PropertyPacket[] = ['connect', 'publish', 'subscribe', 'unsubscribe', 'disconnect', 'will']
const MESSAGE: readonly PropertyPacket[] = ['publish', 'will']
const NOWHERE: readonly PropertyPacket[] = []

const ROWS: readonly PropertyRow[] = [
  number('payload-format-indicator', 'payloadFormatIndicator', 1, MESSAGE, 0, 1),
  number('message-expiry-interval', 'messageExpiryInterval', 4, MESSAGE),
  text('content-type', 'contentType', MESSAGE),
  {
    name: 'response-topic',
    packets: MESSAGE,
    set: (properties, value) => {
      properties.responseTopic = nameOf(sendable('response-topic', value), 'response', '-D') // [MQTT-3.3.2-14]
    },
  },
  binary('correlation-data', 'correlationData', MESSAGE),
  {
    name: 'subscription-identifier',
    packets: ['subscribe'],
    set: (properties, value) => {
      properties.subscriptionIdentifiers = [inRange('subscription-identifier', value, 1, 268435455)]
    },
  },
  number('session-expiry-interval', 'sessionExpiryInterval', 4, ['connect', 'disconnect']),
  text('authentication-method', 'authenticationMethod', ['connect']),
  binary('authentication-data', 'authenticationData', ['connect']),
  number('request-problem-information', 'requestProblemInformation', 1, ['connect'], 0, 1),
  number('will-delay-interval', 'willDelayInterval', 4, ['will']),
  number('request-response-information', 'requestResponseInformation', 1, ['connect'], 0, 1),
  text('reason-string', 'reasonString', ['disconnect']),
  number('receive-maximum', 'receiveMaximum', 2, ['connect'], 1),
  number('topic-alias-maximum', 'topicAliasMaximum', 2, ['connect']),
  number('topic-alias', 'topicAlias', 2, ['publish'], 1),
  number('maximum-packet-size', 'maximumPacketSize', 4, ['connect'], 1),
  {
    name: 'user-property',
    packets: ANY,
    set: (properties, name, value) => {
      properties.userProperties = [[sendable('user-property', name), sendable('user-property', value)]]
    },
  },
  // Known names that only a server sends: refused as misplaced, not as unknown.
  ...(
    [
      'assigned-client-identifier',
      'server-keep-alive',
      'response-information',
      'server-reference',
      'maximum-qos',
      'retain-available',
      'wildcard-subscription-available',
      'subscription-identifier-available',
      'shared-subscription-available',
    ] as const
  ).map((name): PropertyRow => ({ name, packets: NOWHERE, set: () => {} })),
]

const WITHOUT_PROPERTIES: readonly string[] = ['auth', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback']

/** Words after -D: packet, name, value, and one more for a user property. */
export function propertyWords(rest: readonly string[]): number {
  return rest[1]?.toLowerCase() === 'user-property' ? 4 : 3
}

/** Adds one property to the settings and makes the connection an MQTT 5 one. */
export function applyProperty(settings: ClientSettings, packet: string, name = '', value = '', more = ''): void {
  const target = packet.toLowerCase()
  if (WITHOUT_PROPERTIES.includes(target)) throw new ArgumentError(`${name} property not supported for ${target} in --property argument.`, 'blank and hint')
  if (!isPropertyPacket(target)) throw new ArgumentError(`Invalid command ${packet} given in --property argument.`, 'blank and hint')
  const row = ROWS.find((candidate) => candidate.name === name.toLowerCase())
  if (row === undefined) throw new ArgumentError(`Invalid property name ${name} given in --property argument.`, 'blank and hint')
  // It belongs to PUBLISH, but only a server may send it there [MQTT-3.3.4-6].
  if (row.name === 'subscription-identifier' && target === 'publish')
    throw new ArgumentError(`${row.name} property not supported for ${target} in --property argument.`, 'blank and hint')
  if (!row.packets.includes(target)) throw new ArgumentError(`${row.name} property not allowed for ${target} in --property argument.`, 'blank and hint')
  const before = settings.properties[target] ?? {}
  const given: Writable<Properties> = {}
  row.set(given, value, more)
  for (const [key, set] of Object.entries(given)) {
    // all but a user property may stand once only [section 2.2.2.2]
    if (key !== 'userProperties' && key in before) settings.propertyFaults[target] ??= 'duplicate'
    if (typeof set === 'number' && row.legal !== undefined && (set < row.legal.from || set > row.legal.to)) settings.propertyFaults[target] ??= 'protocol'
  }
  const userProperties = [...(before.userProperties ?? []), ...(given.userProperties ?? [])]
  settings.properties[target] = userProperties.length === 0 ? { ...before, ...given } : { ...before, ...given, userProperties }
  settings.version = 5
}

const FAULTS: Readonly<Record<PropertyFault, string>> = {
  duplicate: 'Duplicate property in property list',
  protocol: 'A network protocol error occurred when communicating with the broker',
}

/** The first packet whose properties cannot be sent. Throws ArgumentError. */
export function checkProperties({ propertyFaults }: ClientSettings): void {
  for (const packet of ANY) {
    const fault = propertyFaults[packet]
    if (fault !== undefined) throw new ArgumentError(`Error in ${packet.toUpperCase()} properties: ${FAULTS[fault]}`)
  }
}

function isPropertyPacket(name: string): name is PropertyPacket {
  return (ANY as readonly string[]).includes(name)
}
