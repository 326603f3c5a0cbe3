// Two connections with one Client Identifier: the later one wins [MQTT-3.1.4-3].
// What a takeover does to the will is in 03-will.test.ts.

import { expect, test } from 'vitest'
import { welcome } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const PAIRS = VERSIONS.flatMap(([fromName, from]) => VERSIONS.map(([toName, to]) => [fromName, toName, from, to] as const))
const expiry = { sessionExpiryInterval: 0xffffffff }

test.each(PAIRS)('%s taken over by %s: the old connection is closed, a 5.0 client learns 0x8E before [MQTT-3.1.4-3]', (_from, _to, from, to) => {
  const broker = new TestBroker()
  const old = broker.client('c', { version: from })
  const next = broker.dial('c', { version: to })
  expect([old.lines(), old.isClosed]).toEqual([from === 5 ? ['DISCONNECT 0x8e'] : [], true])
  expect([next.lines(), next.isClosed, broker.broker.connectedCount]).toEqual([[welcome(to)], false, 1])
})

test('5.0: the bytes of that DISCONNECT are those of Mosquitto 2.1 [MQTT-3.1.4-3]', () => {
  const broker = new TestBroker()
  const old = broker.client('c', { version: 5 })
  broker.dial('c', { version: 5 })
  expect([...old.receivedBytes()]).toEqual([0xe0, 1, 0x8e])
})

test.each(PAIRS)('%s taken over by %s: a persistent session goes on with all it has [MQTT-3.1.2-5, MQTT-3.2.2-3]', (_from, _to, from, to) => {
  const broker = new TestBroker()
  const options = (version: 3 | 4 | 5) => ({ version, cleanStart: false, properties: version === 5 ? expiry : {} })
  const old = broker.client('c', options(from))
  const publisher = broker.client('p')
  old.subscribe('a', 1)
  publisher.publish('a', 'one', { qos: 1 })
  expect(old.payloads()).toEqual(['one'])
  const next = broker.dial('c', options(to))
  expect(next.lines()).toEqual([welcome(to, to === 3 ? 0 : 1), 'PUBLISH q1 r0 d1 m1 a one'])
  publisher.publish('a', 'two')
  expect([next.payloads(), old.payloads()]).toEqual([['two'], []])
})

test.each(VERSIONS)('%s: a clean start takes over too, and nothing of the old session stays [MQTT-3.1.4-4, MQTT-3.1.2-4]', (_name, version) => {
  const broker = new TestBroker()
  const old = broker.client('c', { version, cleanStart: false, properties: version === 5 ? expiry : {} })
  old.subscribe('a')
  const next = broker.dial('c', { version, cleanStart: true })
  expect([next.lines(), old.isClosed]).toEqual([[welcome(version)], true])
  broker.client('p').publish('a', 'x')
  expect(next.lines()).toEqual([])
})

test.each(VERSIONS)('%s: a session that ends with its connection ends by the takeover: no Session Present [MQTT-3.2.2-3]', (_name, version) => {
  const broker = new TestBroker()
  const old = broker.client('c', { version, cleanStart: true })
  old.subscribe('a', 1)
  const next = broker.dial('c', { version, cleanStart: false, properties: version === 5 ? expiry : {} })
  expect(next.lines()).toEqual([welcome(version)])
  broker.client('p').publish('a', 'x', { qos: 1 })
  expect(next.lines()).toEqual([])
})

test('what the old connection still sends, and its end, do not touch the new one', () => {
  const broker = new TestBroker()
  const old = broker.client('c', { cleanStart: false })
  const watcher = broker.client('watcher')
  watcher.subscribe('a')
  watcher.lines()
  const next = broker.client('c', { cleanStart: false })
  old.publish('a', 'from the grave')
  old.disconnect()
  old.gone()
  expect([watcher.lines(), next.isClosed, broker.broker.connectedCount]).toEqual([[], false, 2])
  next.publish('a', 'alive')
  expect(watcher.payloads()).toEqual(['alive'])
})

test('the keep alive of the old connection does not end the new one [MQTT-3.1.2-22]', () => {
  const broker = new TestBroker()
  broker.client('c', { keepAlive: 10 })
  const next = broker.client('c', { keepAlive: 0 })
  broker.advance(60_000)
  expect([next.isClosed, broker.broker.connectedCount]).toEqual([false, 1])
})

test('the expiry of the old connection does not end the session of the new one [MQTT-4.1.0-1]', () => {
  const broker = new TestBroker()
  const options = { version: 5, cleanStart: false, keepAlive: 0, properties: { sessionExpiryInterval: 10 } } as const
  broker.client('c', options)
  const next = broker.client('c', options)
  next.subscribe('a')
  next.lines()
  broker.advance(60_000)
  broker.client('p').publish('a', 'x')
  expect(next.payloads()).toEqual(['x'])
})

test('a client that is taken over again and again loses nothing and nothing is left over', () => {
  const broker = new TestBroker()
  const publisher = broker.client('p')
  broker.client('c', { cleanStart: false }).subscribe('a', 1)
  for (let i = 1; i <= 20; i++) {
    broker.client('c', { cleanStart: false })
    publisher.publish('a', `${i}`, { qos: 1, packetId: i })
  }
  const last = broker.dial('c', { cleanStart: false })
  expect(last.payloads()).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 1}`))
  expect([broker.broker.sessionCount, broker.broker.connectedCount]).toEqual([2, 2])
})

test('a CONNECT that is refused takes nothing over', () => {
  const broker = new TestBroker({
    authenticator: { authenticate: ({ userName }) => ({ reasonCode: userName === 'ann' ? 0 : 0x87, userName }), begin: () => null },
  })
  const ann = broker.client('c', { version: 5, userName: 'ann' })
  const other = broker.dial('c', { version: 5, userName: 'bob' })
  expect([ann.lines(), ann.isClosed, other.lines(), other.isClosed]).toEqual([[], false, [`CONNACK 0 ${0x87}`], true])
})

test('a takeover in the middle of a QoS 2 exchange: the message is delivered once [MQTT-4.3.3-10]', () => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker()
    const watcher = broker.client('watcher')
    const options = { version, cleanStart: false, properties: version === 5 ? expiry : {} } as const
    watcher.subscribe('a', 2)
    broker.client('c', options).publish('a', 'once', { qos: 2, packetId: 5 })
    const next = broker.client('c', options)
    next.publish('a', 'once', { qos: 2, packetId: 5, dup: true })
    next.acknowledge(6, 5)
    expect([next.lines(), watcher.payloads()]).toEqual([['PUBREC m5', 'PUBCOMP m5'], ['once']])
  }
})
