// What belongs to a session and is there again after a reconnect, and what belongs to the connection alone [MQTT 5.0, section 4.1].
// Also with another version of the protocol than before. How long sessions live is in 02-sessions.test.ts.

import { expect, test } from 'vitest'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { welcome } from '../support/raw-packets.ts'
import { type ClientOptions, TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

function lasting(version: ProtocolVersion, properties: Properties = {}): ClientOptions {
  return { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 0xffffffff, ...properties } : {} }
}

/** The client comes back; its CONNACK is still to be received. */
function again(broker: TestBroker, version: ProtocolVersion, properties: Properties = {}): TestClient {
  return broker.dial('c', lasting(version, properties))
}

function resumed(version: ProtocolVersion): string {
  return welcome(version, version === 3 ? 0 : 1)
}

/** From one version to another and to itself. */
const PAIRS = VERSIONS.flatMap(([fromName, from]) => VERSIONS.map(([toName, to]) => [fromName, toName, from, to] as const))

test.each(PAIRS)(
  '%s → %s: an unacknowledged QoS 1 message comes again with DUP and its identifier, then the queue [MQTT-4.4.0-1, MQTT-3.3.1-1]',
  (_from, _to, from, to) => {
    const broker = new TestBroker()
    const client = broker.client('c', lasting(from))
    const publisher = broker.client('p', { version: 5 })
    client.subscribe('a', 1)
    client.lines()
    publisher.publish('a', 'one', { qos: 1, properties: { contentType: 'text' } })
    publisher.publish('a', 'two', { qos: 1, packetId: 2 })
    const type = from === 5 ? ' {"contentType":"text"}' : ''
    expect(client.lines()).toEqual([`PUBLISH q1 r0 d0 m1 a one${type}`, 'PUBLISH q1 r0 d0 m2 a two'])
    client.acknowledge(4, 2)
    client.cut()
    publisher.publish('a', 'three', { qos: 1, packetId: 3, properties: { contentType: 'late' } })
    const later = to === 5 ? ' {"contentType":"late"}' : ''
    const first = from === 5 && to === 5 ? type : ''
    expect(again(broker, to).lines()).toEqual([resumed(to), `PUBLISH q1 r0 d1 m1 a one${first}`, `PUBLISH q1 r0 d0 m3 a three${later}`])
  },
)

test.each(PAIRS)('%s → %s: QoS 2 goes on where it was: PUBREL after PUBREC, PUBLISH with DUP before [MQTT-4.4.0-1, MQTT-4.3.3-7]', (_from, _to, from, to) => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(from))
  const publisher = broker.client('p')
  client.subscribe('a', 2)
  for (const packetId of [1, 2, 3]) {
    publisher.publish('a', `${packetId}`, { qos: 2, packetId })
    publisher.acknowledge(6, packetId)
  }
  client.lines()
  client.acknowledge(5, 1, 3)
  expect(client.lines()).toEqual(['PUBREL m1', 'PUBREL m3'])
  client.acknowledge(7, 3)
  client.cut()
  const next = again(broker, to)
  expect(next.lines()).toEqual([resumed(to), 'PUBREL m1', 'PUBLISH q2 r0 d1 m2 a 2'])
  next.acknowledge(7, 1)
  next.acknowledge(5, 2)
  next.acknowledge(7, 2)
  expect(next.lines()).toEqual(['PUBREL m2'])
  next.cut()
  expect(again(broker, from).lines()).toEqual([resumed(from)])
})

test.each(PAIRS)(
  '%s → %s: a QoS 2 message not yet released is delivered once, by the PUBREL of the next connection [MQTT-4.3.3-10, MQTT-4.3.3-12]',
  (_from, _to, from, to) => {
    const broker = new TestBroker()
    const watcher = broker.client('watcher')
    watcher.subscribe('a', 2)
    watcher.lines()
    const client = broker.client('c', lasting(from))
    client.publish('a', 'once', { qos: 2, packetId: 9 })
    expect(client.lines()).toEqual(['PUBREC m9'])
    client.cut()
    const next = again(broker, to)
    next.publish('a', 'once', { qos: 2, packetId: 9, dup: true })
    expect([next.lines(), watcher.lines()]).toEqual([[resumed(to), 'PUBREC m9'], []])
    next.acknowledge(6, 9)
    next.acknowledge(6, 9)
    expect([next.lines(), watcher.payloads()]).toEqual([['PUBCOMP m9', 'PUBCOMP m9'], ['once']])
  },
)

test.each(PAIRS)('%s → %s: subscriptions stay, and so does what was granted [MQTT-3.1.2-5]', (_from, _to, from, to) => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(from))
  const publisher = broker.client('p')
  client.subscribe('zero/#', 0, { packetId: 1 })
  client.subscribe('+/two', 2, { packetId: 2 })
  client.subscribe('gone', 2, { packetId: 3 })
  client.unsubscribe('gone', 4)
  client.disconnect()
  const next = again(broker, to)
  expect(next.lines()).toEqual([resumed(to)])
  publisher.publish('zero/1', 'A', { qos: 1, packetId: 1 })
  publisher.publish('x/two', 'B', { qos: 1, packetId: 2 })
  publisher.publish('gone', 'C', { qos: 1, packetId: 3 })
  expect(next.lines()).toEqual(['PUBLISH q0 r0 d0 m0 zero/1 A', 'PUBLISH q1 r0 d0 m1 x/two B'])
})

test('5.0: options and identifiers of a subscription stay with the session', () => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(5))
  const publisher = broker.client('p')
  client.subscribe('a', 1, { identifier: 7, retainAsPublished: true, noLocal: true })
  client.cut()
  publisher.publish('a', 'kept', { qos: 1, retain: true })
  const next = again(broker, 5)
  expect(next.lines()).toEqual([resumed(5), 'PUBLISH q1 r1 d0 m1 a kept {"subscriptionIdentifiers":[7]}'])
  next.publish('a', 'own')
  expect(next.lines()).toEqual([])
})

test('5.0 → 3.1.1 → 5.0: options stay through a connection that has no word for them; it gets no identifiers', () => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(5))
  const publisher = broker.client('p')
  client.subscribe('a', 1, { identifier: 7, noLocal: true })
  client.cut()
  publisher.publish('a', 'one', { qos: 1, packetId: 1 })
  const old = again(broker, 4)
  old.publish('a', 'own')
  expect(old.lines()).toEqual([resumed(4), 'PUBLISH q1 r0 d0 m1 a one'])
  old.acknowledge(4, 1)
  old.cut()
  publisher.publish('a', 'two', { qos: 1, packetId: 2 })
  expect(again(broker, 5).lines()).toEqual([resumed(5), 'PUBLISH q1 r0 d0 m2 a two {"subscriptionIdentifiers":[7]}'])
})

test.each(VERSIONS)('%s: QoS 0 messages are for those who are there [MQTT-3.1.2-5]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(version))
  const publisher = broker.client('p')
  client.subscribe('a', 1)
  client.cut()
  publisher.publish('a', 'zero')
  publisher.publish('a', 'one', { qos: 1 })
  expect(again(broker, version).lines()).toEqual([resumed(version), 'PUBLISH q1 r0 d0 m1 a one'])
})

test.each(VERSIONS)('%s: messages come after a reconnect in the order they were sent and queued [MQTT-4.6.0-1, MQTT-4.6.0-5]', (_name, version) => {
  const broker = new TestBroker({ limits: { maximumInflightMessages: 3 } })
  const client = broker.client('c', lasting(version))
  const publisher = broker.client('p')
  client.subscribe('a', 1)
  for (let i = 1; i <= 5; i++) publisher.publish('a', `${i}`, { qos: 1, packetId: i })
  expect(client.payloads()).toEqual(['1', '2', '3'])
  client.cut()
  publisher.publish('a', '6', { qos: 1, packetId: 6 })
  const next = again(broker, version)
  expect(next.lines()).toEqual([resumed(version), 'PUBLISH q1 r0 d1 m1 a 1', 'PUBLISH q1 r0 d1 m2 a 2', 'PUBLISH q1 r0 d1 m3 a 3'])
  next.acknowledge(4, 1, 2, 3)
  expect(next.payloads()).toEqual(['4', '5', '6'])
})

test('retained messages are not part of a session: they stay when it ends [MQTT3-3.1.2-7]', () => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker()
    const client = broker.client('c', { version })
    client.publish('a', 'stays', { retain: true })
    client.disconnect()
    expect([broker.broker.sessionCount, broker.broker.retainedCount]).toEqual([0, 1])
    const next = broker.client('c', { version })
    next.subscribe('a')
    expect(next.lines()).toEqual(['SUBACK m1 [0]', 'PUBLISH q0 r1 d0 m0 a stays'])
  }
})

test('5.0: Topic Aliases of the client belong to the connection: the next one begins without [MQTT-3.3.2-7]', () => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(5))
  client.publish('a', 'x', { properties: { topicAlias: 1 } })
  client.cut()
  const next = again(broker, 5)
  next.publish('', 'x', { properties: { topicAlias: 1 } })
  expect([next.lines(), next.isClosed]).toEqual([[resumed(5), 'DISCONNECT 0x82'], true])
})

test('5.0: Topic Aliases of the broker belong to the connection: after a reconnect the name is told again [MQTT-3.3.2-7]', () => {
  const broker = new TestBroker()
  const properties = { topicAliasMaximum: 5 }
  const client = broker.client('c', lasting(5, properties))
  const publisher = broker.client('p')
  client.subscribe('a')
  client.lines()
  publisher.publish('a', '1')
  publisher.publish('a', '2')
  expect(client.lines()).toEqual(['PUBLISH q0 r0 d0 m0 a 1 {"topicAlias":1}', 'PUBLISH q0 r0 d0 m0  2 {"topicAlias":1}'])
  client.cut()
  const next = again(broker, 5, properties)
  publisher.publish('a', '3')
  expect(next.lines()).toEqual([resumed(5), 'PUBLISH q0 r0 d0 m0 a 3 {"topicAlias":1}'])
  next.cut()
  const without = again(broker, 5)
  publisher.publish('a', '4')
  expect(without.lines()).toEqual([resumed(5), 'PUBLISH q0 r0 d0 m0 a 4'])
})

test('5.0: a message sent behind an alias comes again with its name [MQTT-3.3.2-7, MQTT-4.4.0-1]', () => {
  const broker = new TestBroker()
  const properties = { topicAliasMaximum: 5 }
  const client = broker.client('c', lasting(5, properties))
  const publisher = broker.client('p')
  client.subscribe('a', 1)
  publisher.publish('a', '1', { qos: 1, packetId: 1 })
  publisher.publish('a', '2', { qos: 1, packetId: 2 })
  client.cut()
  expect(again(broker, 5).lines()).toEqual([resumed(5), 'PUBLISH q1 r0 d1 m1 a 1', 'PUBLISH q1 r0 d1 m2 a 2'])
})

test('5.0: Receive Maximum and Maximum Packet Size are those of the present connection [MQTT-3.3.4-9, MQTT-3.1.2-24]', () => {
  const broker = new TestBroker()
  const publisher = broker.client('p')
  const long = 'x'.repeat(100)
  const client = broker.client('c', lasting(5, { receiveMaximum: 1, maximumPacketSize: 50 }))
  client.subscribe('a', 1)
  client.lines()
  publisher.publish('a', '1', { qos: 1, packetId: 1 })
  publisher.publish('a', '2', { qos: 1, packetId: 2 })
  expect(client.payloads()).toEqual(['1'])
  client.cut()
  const next = again(broker, 5)
  expect(next.payloads()).toEqual(['1', '2'])
  publisher.publish('a', long, { qos: 1, packetId: 3 })
  expect(next.payloads()).toEqual([long])
})

test('Packet Identifiers of the client are free again in a new session [MQTT-4.3.3-10]', () => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker()
    const watcher = broker.client('watcher')
    watcher.subscribe('a', 2)
    broker.client('c', lasting(version)).publish('a', 'given up', { qos: 2, packetId: 9 })
    const next = broker.client('c', { ...lasting(version), cleanStart: true })
    next.publish('a', 'new', { qos: 2, packetId: 9 })
    next.acknowledge(6, 9)
    expect(watcher.payloads()).toEqual(['new'])
  }
})

test('a resumed session may belong to another user: its permissions are asked anew', () => {
  const broker = new TestBroker({
    authorizer: {
      generation: 0,
      mayPublish: () => 'allow',
      maySubscribe: () => 'allow',
      mayReceive: (_id, userName) => (userName === 'ann' ? 'allow' : 'deny'),
    },
  })
  const publisher = broker.client('p')
  const client = broker.client('c', { ...lasting(4), userName: 'ann' })
  client.subscribe('a', 1)
  client.lines()
  publisher.publish('a', '1', { qos: 1, packetId: 1 })
  expect(client.payloads()).toEqual(['1'])
  client.acknowledge(4, 1)
  client.cut()
  const other = broker.client('c', { ...lasting(4), userName: 'bob' })
  publisher.publish('a', '2', { qos: 1, packetId: 2 })
  expect(other.lines()).toEqual([])
})
