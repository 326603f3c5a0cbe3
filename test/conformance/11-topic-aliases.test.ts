// Topic Aliases of clients, and ours towards clients that allow them [MQTT 5.0, section 3.3.2.3.4].
// That they never leave their connection is the point; other properties are in 11-properties.

import { expect, test } from 'vitest'
import { TestBroker } from '../support/test-broker.ts'
import { afterConnack, lasting } from './versions.ts'

const PUBACK = 4
const PUBREL = 6
const version = 5
const alias = (topicAlias: number) => ({ properties: { topicAlias } })
const allowing = (topicAliasMaximum: number, more = {}) => ({ version, properties: { topicAliasMaximum, ...more } }) as const

test('an alias is set with a name, used without, and set anew; nobody else sees it [MQTT-3.3.2-7, MQTT-3.3.2-10]', () => {
  const b = new TestBroker()
  const s5 = b.client('s5', { version })
  const s4 = b.client('s4')
  const p = b.client('p', { version })
  for (const s of [s5, s4]) {
    s.subscribe('#')
    s.lines()
  }
  p.publish('one', 'a', alias(1))
  p.publish('', 'b', alias(1))
  p.publish('two', 'c', alias(10))
  p.publish('', 'd', alias(10))
  p.publish('', 'e', alias(1))
  p.publish('three', 'f', alias(1))
  p.publish('', 'g', alias(1))
  p.publish('one', 'h')
  const expected = ['one a', 'one b', 'two c', 'two d', 'one e', 'three f', 'three g', 'one h'].map((text) => `PUBLISH q0 r0 d0 m0 ${text}`)
  expect(s5.lines()).toEqual(expected)
  expect(s4.lines()).toEqual(expected)
})

test('a run of messages behind one alias, with QoS 1 and 2 and other properties around it [MQTT-3.3.2-10, MQTT-3.3.2-18]', () => {
  const b = new TestBroker()
  const s = b.client('s', { version })
  const p = b.client('p', { version })
  s.subscribe('#', 2)
  s.lines()
  const properties = { contentType: 'c', topicAlias: 3, userProperties: [['k', 'v']] } as const
  const publish = (topicName: string, packetId: number, qos: 1 | 2) =>
    ({ type: 3, topicName, payload: Uint8Array.of(48 + packetId), qos, retain: false, dup: false, packetId, properties }) as const
  p.send(publish('name', 1, 1), publish('', 2, 1), publish('', 3, 1), publish('', 4, 2), publish('', 5, 2))
  p.acknowledge(PUBREL, 4, 5)
  expect(p.lines()).toEqual(['PUBACK m1', 'PUBACK m2', 'PUBACK m3', 'PUBREC m4', 'PUBREC m5', 'PUBCOMP m4', 'PUBCOMP m5'])
  const tail = '{"contentType":"c","userProperties":[["k","v"]]}'
  expect(s.lines()).toEqual([1, 2, 3, 4, 5].map((id) => `PUBLISH q${id < 4 ? 1 : 2} r0 d0 m${id} name ${id} ${tail}`))
})

test('a message that came by alias is retained under its name [MQTT-3.3.1-5]', () => {
  const b = new TestBroker()
  const p = b.client('p', { version })
  p.publish('name', 'a', { ...alias(2), retain: true })
  p.publish('', 'b', { ...alias(2), retain: true })
  const s = b.client('s', { version })
  s.subscribe('name')
  expect(s.lines()).toEqual(['SUBACK m1 [0]', 'PUBLISH q0 r1 d0 m0 name b'])
})

test.each([
  ['an alias never set', '', 5, 0x82, 'MQTT-3.3.2-8'],
  ['an alias beyond the maximum announced', 't', 11, 0x94, 'MQTT-3.3.2-9'],
  ['an alias beyond the maximum, without a name', '', 65_535, 0x94, 'MQTT-3.3.2-9'],
] as const)('%s ends the connection', (_what, topicName, topicAlias, code, _clause) => {
  const b = new TestBroker()
  const p = b.dial('p', { version })
  expect(p.lines()[0]).toContain('"topicAliasMaximum":10')
  p.publish(topicName, 'x', alias(topicAlias))
  expect(p.lines()).toEqual([`DISCONNECT 0x${code.toString(16)}`])
  expect(p.isClosed).toBe(true)
})

test('Topic Alias 0 ends the connection [MQTT-3.3.2-8]', () => {
  const b = new TestBroker()
  const p = b.client('p', { version })
  p.sendBytes([0x30, 7, 0, 1, 116, 3, 0x23, 0, 0])
  expect(p.lines()).toEqual(['DISCONNECT 0x82'])
})

test('aliases are of the connection, not of the session [MQTT-3.3.2-7]', () => {
  const b = new TestBroker()
  const p = b.client('p', lasting(version))
  p.publish('t', 'x', alias(1))
  p.cut()
  const back = b.dial('p', lasting(version))
  back.publish('', 'y', alias(1))
  expect(afterConnack(back)).toEqual(['DISCONNECT 0x82'])
})

test('aliases are of one connection, not of all: each client has its own [MQTT-3.3.2-7]', () => {
  const b = new TestBroker()
  const s = b.client('s', { version })
  const p = b.client('p', { version })
  const q = b.client('q', { version })
  s.subscribe('#')
  p.publish('from/p', 'x', alias(1))
  q.publish('from/q', 'x', alias(1))
  p.publish('', 'y', alias(1))
  q.publish('', 'y', alias(1))
  expect(s.lines().slice(1)).toEqual([
    'PUBLISH q0 r0 d0 m0 from/p x',
    'PUBLISH q0 r0 d0 m0 from/q x',
    'PUBLISH q0 r0 d0 m0 from/p y',
    'PUBLISH q0 r0 d0 m0 from/q y',
  ])
})

test('a broker set to accept none announces none and takes none [MQTT-3.3.2-9]', () => {
  const b = new TestBroker({ limits: { topicAliasMaximum: 0 } })
  const p = b.dial('p', { version })
  expect(p.lines()[0]).not.toContain('topicAliasMaximum')
  p.publish('t', 'x', alias(1))
  expect(p.lines()).toEqual(['DISCONNECT 0x94'])
})

test('towards a client that allows aliases: name and alias first, then the alias alone [MQTT-3.3.2-12]', () => {
  const b = new TestBroker()
  const s = b.client('s', allowing(5))
  const p = b.client('p')
  s.subscribe('#', 1)
  s.lines()
  p.publish('long/name', '1')
  p.publish('long/name', '2', { qos: 1 })
  p.publish('other', '3')
  p.publish('long/name', '4', { qos: 1 })
  expect(s.lines()).toEqual([
    'PUBLISH q0 r0 d0 m0 long/name 1 {"topicAlias":1}',
    'PUBLISH q1 r0 d0 m1  2 {"topicAlias":1}',
    'PUBLISH q0 r0 d0 m0 other 3 {"topicAlias":2}',
    'PUBLISH q1 r0 d0 m2  4 {"topicAlias":1}',
  ])
})

test.each([
  [0, 0],
  [3, 3],
  [10, 10],
  [100, 10],
])('a client that allows %i aliases gets at most 10 of ours [MQTT-3.1.2-26, MQTT-3.1.2-27]', (allowed, used) => {
  const b = new TestBroker()
  const s = b.client('s', allowing(allowed))
  const p = b.client('p')
  s.subscribe('#')
  s.lines()
  const names = Array.from({ length: 12 }, (_, i) => `t${i}`)
  for (const topicName of names) p.publish(topicName, 'x')
  expect(s.lines()).toEqual(names.map((name, i) => `PUBLISH q0 r0 d0 m0 ${name} x${i < used ? ` {"topicAlias":${i + 1}}` : ''}`))
  for (const topicName of names) p.publish(topicName, 'y')
  expect(s.lines()).toEqual(names.map((name, i) => (i < used ? `PUBLISH q0 r0 d0 m0  y {"topicAlias":${i + 1}}` : `PUBLISH q0 r0 d0 m0 ${name} y`)))
})

test('a run in one read: the first packet tells the name, the others do not', () => {
  const b = new TestBroker()
  const s = b.client('s', allowing(1))
  const p = b.client('p')
  s.subscribe('t', 1)
  s.lines()
  p.send(
    ...[1, 2, 3].map(
      (packetId) => ({ type: 3, topicName: 't', payload: Uint8Array.of(48 + packetId), qos: 1, retain: false, dup: false, packetId, properties: {} }) as const,
    ),
  )
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t 1 {"topicAlias":1}', 'PUBLISH q1 r0 d0 m2  2 {"topicAlias":1}', 'PUBLISH q1 r0 d0 m3  3 {"topicAlias":1}'])
})

test('a message sent again after a reconnect has its full name, and the new connection starts with no alias [MQTT-3.3.2-7]', () => {
  const b = new TestBroker()
  const options = { ...lasting(version), properties: { sessionExpiryInterval: 100, topicAliasMaximum: 2 } }
  const s = b.client('s', options)
  const p = b.client('p')
  s.subscribe('t', 1)
  p.publish('t', '1', { qos: 1 })
  p.publish('t', '2', { qos: 1 })
  expect(s.lines().slice(1)).toEqual(['PUBLISH q1 r0 d0 m1 t 1 {"topicAlias":1}', 'PUBLISH q1 r0 d0 m2  2 {"topicAlias":1}'])
  s.cut()
  p.publish('t', '3', { qos: 1 })
  const back = b.dial('s', options)
  expect(afterConnack(back)).toEqual(['PUBLISH q1 r0 d1 m1 t 1', 'PUBLISH q1 r0 d1 m2 t 2', 'PUBLISH q1 r0 d0 m3 t 3 {"topicAlias":1}'])
  p.publish('t', '4', { qos: 1 })
  expect(back.lines()).toEqual(['PUBLISH q1 r0 d0 m4  4 {"topicAlias":1}'])
})

test('what waited behind a full window uses the aliases too', () => {
  const b = new TestBroker()
  const s = b.client('s', allowing(2, { receiveMaximum: 1 }))
  const p = b.client('p')
  s.subscribe('t', 1)
  s.lines()
  for (const payload of ['1', '2', '3']) p.publish('t', payload, { qos: 1 })
  s.acknowledge(PUBACK, 1)
  s.acknowledge(PUBACK, 2)
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t 1 {"topicAlias":1}', 'PUBLISH q1 r0 d0 m2  2 {"topicAlias":1}', 'PUBLISH q1 r0 d0 m3  3 {"topicAlias":1}'])
})

test('retained messages define aliases as well, and live ones use them', () => {
  const b = new TestBroker()
  const p = b.client('p')
  p.publish('t', 'kept', { retain: true })
  const s = b.client('s', allowing(2))
  s.subscribe('t', 0, { identifier: 9 })
  p.publish('t', 'live')
  expect(s.lines().slice(1)).toEqual([
    'PUBLISH q0 r1 d0 m0 t kept {"topicAlias":1,"subscriptionIdentifiers":[9]}',
    'PUBLISH q0 r0 d0 m0  live {"topicAlias":1,"subscriptionIdentifiers":[9]}',
  ])
})

test('an alias that would make the packet too large is not set; one that makes it fit again is used [MQTT-3.1.2-24]', () => {
  const b = new TestBroker()
  const s = b.client('s', allowing(2, { maximumPacketSize: 30 }))
  const p = b.client('p')
  s.subscribe('#')
  s.lines()
  p.publish('0123456789', 'x'.repeat(15)) // 30 bytes, 33 with an alias
  expect(s.lines()).toEqual([`PUBLISH q0 r0 d0 m0 0123456789 ${'x'.repeat(15)}`])
  p.publish('0123456789', 'x')
  expect(s.lines()).toEqual(['PUBLISH q0 r0 d0 m0 0123456789 x {"topicAlias":1}'])
  p.publish('0123456789', 'y'.repeat(15))
  expect(s.lines()).toEqual([`PUBLISH q0 r0 d0 m0  ${'y'.repeat(15)} {"topicAlias":1}`])
})

test('a topic defined while an overlapping copy is sent: every copy is readable [MQTT-3.3.2-12]', () => {
  const b = new TestBroker()
  const s = b.client('s', allowing(2))
  const p = b.client('p')
  s.subscribe('t', 0, { identifier: 1 })
  s.subscribe('+', 1, { identifier: 2 })
  s.lines()
  p.publish('t', 'x', { qos: 1 })
  expect(s.lines()).toEqual([
    'PUBLISH q0 r0 d0 m0 t x {"topicAlias":1,"subscriptionIdentifiers":[1]}',
    'PUBLISH q1 r0 d0 m1  x {"topicAlias":1,"subscriptionIdentifiers":[2]}',
  ])
})
