// What our own callers cannot send: a UsageError that names the thing and the value, before a byte is written.

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/wire/errors.ts'
import { encodeInto, encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { Connect, Packet, ProtocolVersion, Publish } from '../../src/wire/mqtt/packet.ts'

const long = 'x'.repeat(65536)
const publish = (fields: object): Packet =>
  ({ type: 3, topicName: 'a', payload: new Uint8Array(0), qos: 0, retain: false, dup: false, packetId: 0, properties: {}, ...fields }) as Publish
const connect = (fields: object): Packet =>
  ({
    type: 1,
    version: 5,
    bridge: false,
    cleanStart: true,
    keepAlive: 0,
    clientId: 'c',
    will: null,
    userName: null,
    password: null,
    properties: {},
    ...fields,
  }) as Connect
const subscribe = (fields: object, properties = {}): Packet => ({
  type: 8,
  packetId: 1,
  subscriptions: [{ topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, ...fields }],
  properties,
})
const will = { topicName: 'w', payload: new Uint8Array(0), qos: 0, retain: false, properties: {} }

const rows: readonly (readonly [name: string, packet: Packet, message: RegExp, version?: ProtocolVersion])[] = [
  ['QoS 3 [MQTT-3.3.1-4]', publish({ qos: 3, packetId: 1 }), /QoS 3/],
  ['Packet Identifier 0 [MQTT-2.2.1-3]', publish({ qos: 1 }), /Packet Identifier 0/],
  ['Packet Identifier 65536', publish({ qos: 1, packetId: 65536 }), /Packet Identifier 65536/],
  ['a Packet Identifier with QoS 0 [MQTT-2.2.1-2]', publish({ packetId: 1 }), /Packet Identifier 1 with QoS 0/],
  ['DUP with QoS 0 [MQTT-3.3.1-2]', publish({ dup: true }), /DUP with QoS 0/],
  ['a wildcard in a Topic Name [MQTT-3.3.2-2]', publish({ topicName: 'a/#' }), /a\/#/],
  ['an empty Topic Name without an alias [MQTT-4.7.3-1]', publish({ topicName: '' }), /Topic Name empty/],
  ['an empty Topic Name before 5.0', publish({ topicName: '', properties: { topicAlias: 1 } }), /Topic Name empty/, 4],
  ['a Topic Name of 65,536 bytes [MQTT-4.7.3-3]', publish({ topicName: long }), /Topic Name of 65536 bytes/],
  ['U+0000 in a Topic Name [MQTT-1.5.4-2]', publish({ topicName: 'a\0' }), /U\+0000/],
  ['half a surrogate pair [MQTT-1.5.4-1]', publish({ topicName: 'a\ud800' }), /surrogate/],
  ['Topic Alias 0 [MQTT-3.3.2-8]', publish({ properties: { topicAlias: 0 } }), /Topic Alias 0/],
  ['Payload Format Indicator 2', publish({ properties: { payloadFormatIndicator: 2 } }), /Payload Format Indicator 2/],
  ['a negative Message Expiry Interval', publish({ properties: { messageExpiryInterval: -1 } }), /Message Expiry Interval -1/],
  ['half a second', publish({ properties: { messageExpiryInterval: 0.5 } }), /Message Expiry Interval 0.5/],
  ['a wildcard in the Response Topic [MQTT-3.3.2-14]', publish({ properties: { responseTopic: '+' } }), /Response Topic/],
  ['Correlation Data of 65,536 bytes', publish({ properties: { correlationData: new Uint8Array(65536) } }), /Correlation Data of 65536/],
  ['a property that belongs elsewhere', publish({ properties: { receiveMaximum: 1 } }), /receiveMaximum.*not allowed/],
  ['a property that does not exist', publish({ properties: { foo: 1 } }), /foo/],
  ['a User Property that is too long', publish({ properties: { userProperties: [['k', long]] } }), /User Property of 65536/],
  ['Subscription Identifier 0', publish({ properties: { subscriptionIdentifiers: [0] } }), /Subscription Identifier 0/],
  ['Subscription Identifier 268435456', publish({ properties: { subscriptionIdentifiers: [268435456] } }), /Subscription Identifier 268435456/],
  ['two Subscription Identifiers in SUBSCRIBE', subscribe({}, { subscriptionIdentifiers: [1, 2] }), /2 Subscription Identifiers/],
  ['a bad filter [MQTT-4.7.1-1]', subscribe({ topicFilter: 'a#' }), /a#/],
  ['a bad shared filter [MQTT-4.8.2-2]', subscribe({ topicFilter: '$share/g' }), /\$share\/g/],
  ['No Local with a shared filter [MQTT-3.8.3-4]', subscribe({ topicFilter: '$share/g/a', noLocal: true }), /No Local/],
  ['SUBSCRIBE for QoS 3', subscribe({ qos: 3 }), /QoS 3/],
  ['Retain Handling 3', subscribe({ retainHandling: 3 }), /Retain Handling 3/],
  ['SUBSCRIBE without filters [MQTT-3.8.3-2]', { type: 8, packetId: 1, subscriptions: [], properties: {} }, /SUBSCRIBE without/],
  ['UNSUBSCRIBE without filters [MQTT-3.10.3-2]', { type: 10, packetId: 1, topicFilters: [], properties: {} }, /UNSUBSCRIBE without/],
  ['UNSUBSCRIBE from nothing', { type: 10, packetId: 1, topicFilters: [''], properties: {} }, /Topic Filter ''/],
  ['SUBACK without codes', { type: 9, packetId: 1, reasonCodes: [], properties: {} }, /without Reason Codes/],
  ['SUBACK with code 3', { type: 9, packetId: 1, reasonCodes: [3], properties: {} }, /Reason Code 3/],
  ['SUBACK with 0x87 before 5.0', { type: 9, packetId: 1, reasonCodes: [0x87], properties: {} }, /Reason Code 135/, 4],
  ['PUBACK with code 1', { type: 4, packetId: 1, reasonCode: 1, properties: {} }, /Reason Code 1/],
  ['CONNACK 0x87 before 5.0', { type: 2, sessionPresent: false, reasonCode: 0x87, properties: {} }, /return code 135/, 4],
  ['CONNACK with a session and a refusal [MQTT-3.2.2-6]', { type: 2, sessionPresent: true, reasonCode: 0x87, properties: {} }, /Session Present/],
  ['DISCONNECT with a code of CONNACK', { type: 14, reasonCode: 0x85, properties: {} }, /Reason Code 133/],
  ['AUTH before 5.0', { type: 15, reasonCode: 0x18, properties: {} }, /AUTH in MQTT version 4/, 4],
  ['version 6', connect({ version: 6 }), /version 6/],
  ['Keep Alive 65536', connect({ keepAlive: 65536 }), /Keep Alive 65536/],
  ['a Client Identifier of 65,536 bytes', connect({ clientId: long }), /Client Identifier of 65536/],
  ['a Password without User Name before 5.0 [MQTT3-3.1.2-22]', connect({ version: 4, password: new Uint8Array(1) }), /Password without User Name/],
  ['Authentication Data without a method', connect({ properties: { authenticationData: new Uint8Array(1) } }), /Authentication Data/],
  ['Receive Maximum 0', connect({ properties: { receiveMaximum: 0 } }), /Receive Maximum 0/],
  ['a Will with a wildcard', connect({ will: { ...will, topicName: 'w/+' } }), /Will Topic/],
  ['a Will with QoS 3 [MQTT-3.1.2-12]', connect({ will: { ...will, qos: 3 } }), /Will QoS 3/],
  ['a Will of 65,536 bytes', connect({ will: { ...will, payload: new Uint8Array(65536) } }), /Will Payload of 65536/],
  ['a property of PUBLISH in CONNECT', connect({ properties: { topicAlias: 1 } }), /topicAlias/],
  ['a property of CONNECT in the Will', connect({ will: { ...will, properties: { receiveMaximum: 1 } } }), /receiveMaximum: not allowed in a Will/],
]

describe('a UsageError', () => {
  for (const [name, packet, message, version = 5] of rows) {
    test(name, () => {
      expect(() => encodePacket(packet, version)).toThrow(UsageError)
      expect(() => encodePacket(packet, version)).toThrow(message)
      const out = new Uint8Array(200_000)
      expect(() => encodeInto(packet, version, out, 0)).toThrow(UsageError)
      expect(out.every((byte) => byte === 0)).toBe(true)
    })
  }

  test('too little room', () => {
    expect(() => encodeInto(publish({}), 4, new Uint8Array(10), 6)).toThrow(/packet of 5 bytes at 6: the room ends at 10/)
    expect(encodeInto(publish({}), 4, new Uint8Array(10), 5)).toBe(10)
  })
})

test('what 3.x has no place for is left out: Reason Codes and properties of answers, properties and options of requests', () => {
  const hex = (packet: Packet, version: ProtocolVersion): string => Buffer.from(encodePacket(packet, version)).toString('hex')
  const answer = { reasonCode: 0x87, properties: { reasonString: 'no' } }
  expect(hex({ type: 4, packetId: 1, ...answer }, 4)).toBe('40020001')
  expect(hex({ type: 14, ...answer }, 4)).toBe('e000')
  expect(hex({ type: 11, packetId: 1, reasonCodes: [0x11], properties: {} }, 3)).toBe('b0020001')
  expect(hex(publish({ properties: { contentType: 'x' } }), 4)).toBe('3003000161')
  expect(hex(subscribe({ qos: 1, noLocal: true, retainHandling: 2 }), 4)).toBe('820600010001' + '6101')
})
