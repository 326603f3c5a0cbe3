// The lines of -d, as scripts and lessons know them.

import { expect, test } from 'vitest'

import { TraceLines } from '../../src/cli/client-trace.ts'
import { type Packet, PacketType, type Publish, type PublishAcknowledgement, type SubscriptionRequest } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../../src/wire/mqtt/properties.ts'

const properties = NO_PROPERTIES

function lines(clientId: string | null, dialogue: readonly (readonly ['>' | '<', Packet])[]): string[] {
  const out: string[] = []
  const trace = new TraceLines(clientId, (line) => out.push(line))
  for (const [direction, packet] of dialogue) {
    if (direction === '>') trace.sending(packet)
    else trace.received(packet)
  }
  return out.join('').split('\n').slice(0, -1)
}

const connect: Packet = {
  type: PacketType.Connect,
  version: 4,
  bridge: false,
  cleanStart: true,
  keepAlive: 60,
  clientId: '',
  will: null,
  userName: null,
  password: null,
  properties,
}
const connack = (reasonCode: number, given: Properties = properties): Packet => ({
  type: PacketType.Connack,
  sessionPresent: false,
  reasonCode,
  properties: given,
})
const publish = (fields: Partial<Publish>): Packet => ({
  type: PacketType.Publish,
  topicName: 'a/b',
  payload: Buffer.from('33.3'),
  qos: 0,
  retain: false,
  dup: false,
  packetId: 0,
  properties,
  ...fields,
})
const ack = (type: PublishAcknowledgement['type'], packetId: number, reasonCode = 0): Packet => ({ type, packetId, reasonCode, properties })
const request = (topicFilter: string, fields: Partial<SubscriptionRequest> = {}): SubscriptionRequest => ({
  topicFilter,
  qos: 2,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  ...fields,
})

test('a subscriber that gets a QoS 2 message', () => {
  expect(
    lines('X', [
      ['>', connect],
      ['<', connack(0)],
      ['>', { type: PacketType.Subscribe, packetId: 1, subscriptions: [request('a/#'), request('b', { qos: 0 })], properties }],
      ['<', { type: PacketType.Suback, packetId: 1, reasonCodes: [2, 0], properties }],
      ['>', { type: PacketType.Unsubscribe, packetId: 2, topicFilters: ['u/1'], properties }],
      ['<', { type: PacketType.Unsuback, packetId: 2, reasonCodes: [], properties }],
      ['<', publish({ qos: 2, packetId: 2 })],
      ['>', ack(PacketType.Pubrec, 2)],
      ['<', ack(PacketType.Pubrel, 2)],
      ['>', ack(PacketType.Pubcomp, 2)],
      ['>', { type: PacketType.Pingreq }],
      ['<', { type: PacketType.Pingresp }],
      ['<', publish({ qos: 1, packetId: 3, retain: true, dup: true })],
      ['>', ack(PacketType.Puback, 3)],
      ['<', { type: PacketType.Disconnect, reasonCode: 142, properties }],
    ]),
  ).toEqual([
    'Client X sending CONNECT',
    'Client X received CONNACK (0)',
    'Client X sending SUBSCRIBE (Mid: 1, Topic: a/#, QoS: 2, Options: 0x00)',
    'Client X sending SUBSCRIBE (Mid: 1, Topic: b, QoS: 0, Options: 0x00)',
    'Client X received SUBACK',
    'Client X sending UNSUBSCRIBE (Mid: 2, Topic: u/1)',
    'Client X received UNSUBACK',
    "Client X received PUBLISH (d0, q2, r0, m2, 'a/b', ... (4 bytes))",
    'Client X sending PUBREC (m2, rc0)',
    'Client X received PUBREL (Mid: 2)',
    'Client X sending PUBCOMP (m2)',
    'Client X sending PINGREQ',
    'Client X received PINGRESP',
    "Client X received PUBLISH (d1, q1, r1, m3, 'a/b', ... (4 bytes))",
    'Client X sending PUBACK (m3, rc0)',
    'Received DISCONNECT (142)',
  ])
})

test('a publisher', () => {
  expect(
    lines('X', [
      ['>', publish({ qos: 1, packetId: 1 })],
      ['<', ack(PacketType.Puback, 1, 16)],
      ['>', publish({ qos: 2, packetId: 2, retain: true, payload: Buffer.alloc(0) })],
      ['<', ack(PacketType.Pubrec, 2)],
      ['>', ack(PacketType.Pubrel, 2)],
      ['<', ack(PacketType.Pubcomp, 2)],
      ['>', { type: PacketType.Disconnect, reasonCode: 0, properties }],
    ]),
  ).toEqual([
    "Client X sending PUBLISH (d0, q1, r0, m1, 'a/b', ... (4 bytes))",
    'Client X received PUBACK (Mid: 1, RC:16)',
    "Client X sending PUBLISH (d0, q2, r1, m2, 'a/b', ... (0 bytes))",
    'Client X received PUBREC (Mid: 2)',
    'Client X sending PUBREL (m2)',
    'Client X received PUBCOMP (Mid: 2, RC:0)',
    'Client X sending DISCONNECT',
  ])
})

test('QoS 0 shows a running number, although none is sent', () => {
  expect(
    lines('X', [
      ['>', publish({})],
      ['>', publish({})],
    ]).map((line) => /m\d+/.exec(line)?.[0]),
  ).toEqual(['m1', 'm2'])
})

test('without Client Identifier it is null, and in CONNACK (null); an assigned one is used from CONNACK on', () => {
  expect(
    lines(null, [
      ['>', connect],
      ['<', connack(0)],
      ['>', publish({})],
    ]),
  ).toEqual(['Client null sending CONNECT', 'Client (null) received CONNACK (0)', "Client null sending PUBLISH (d0, q0, r0, m1, 'a/b', ... (4 bytes))"])
  expect(
    lines(null, [
      ['<', connack(0, { assignedClientIdentifier: 'auto-1' })],
      ['>', { type: PacketType.Pingreq }],
    ]),
  ).toEqual(['Client auto-1 received CONNACK (0)', 'Client auto-1 sending PINGREQ'])
})

test('a Topic Name left out behind a Topic Alias is (null)', () => {
  expect(lines('X', [['>', publish({ topicName: '' })]])).toEqual(["Client X sending PUBLISH (d0, q0, r0, m1, '(null)', ... (4 bytes))"])
})

test('Subscription Options are shown without the QoS', () => {
  const options = (fields: Partial<SubscriptionRequest>): string =>
    /Options: (0x..)/.exec(lines('X', [['>', { type: PacketType.Subscribe, packetId: 1, subscriptions: [request('a', fields)], properties }]])[0]!)![1]!
  expect(options({ noLocal: true })).toBe('0x04')
  expect(options({ retainAsPublished: true })).toBe('0x08')
  expect(options({ retainHandling: 1 })).toBe('0x10')
  expect(options({ retainHandling: 2, retainAsPublished: true, noLocal: true })).toBe('0x2c')
})
