// How long a session lives: clean and persistent ones, Session Present, expiry and who may change it.
// [MQTT 5.0, sections 3.1.2.4, 3.1.2.11.2, 3.2.2.1.1, 4.1]; what belongs to a session is in 02-session-state.test.ts.

import { expect, test } from 'vitest'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { welcome } from '../support/raw-packets.ts'
import { type ClientOptions, TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const FOR_EVER = 0xffffffff

/** A session that outlives its connection. */
function lasting(version: ProtocolVersion, seconds = FOR_EVER): ClientOptions {
  return { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: seconds } : {} }
}

/** One that ends with it. */
function passing(version: ProtocolVersion): ClientOptions {
  return { version, cleanStart: true }
}

/** Session Present of a new connection; 3.1 has no word for it. */
function present(version: ProtocolVersion, is: boolean): string[] {
  return [welcome(version, is && version !== 3 ? 1 : 0)]
}

test.each(VERSIONS)('%s: a session that ends with its connection leaves nothing behind [MQTT-4.1.0-2, MQTT-3.2.2-2]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', passing(version))
  client.subscribe('a', 1)
  client.disconnect()
  expect(broker.broker.sessionCount).toBe(0)
  broker.client('p').publish('a', 'lost', { qos: 1 })
  const next = broker.dial('c', lasting(version))
  expect(next.lines()).toEqual(present(version, false))
})

test.each(VERSIONS)('%s: a persistent session keeps subscriptions and what came for them [MQTT-3.1.2-5, MQTT-3.1.2-23, MQTT-3.2.2-3]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.dial('c', lasting(version))
  expect(client.lines()).toEqual(present(version, false))
  client.subscribe('a', 1)
  client.cut()
  expect([broker.broker.sessionCount, broker.broker.connectedCount]).toEqual([1, 0])
  const publisher = broker.client('p')
  publisher.publish('a', 'while away', { qos: 1 })
  const next = broker.dial('c', lasting(version))
  expect(next.lines()).toEqual([...present(version, true), 'PUBLISH q1 r0 d0 m1 a while away'])
  publisher.publish('a', 'while here')
  expect(next.lines()).toEqual(['PUBLISH q0 r0 d0 m0 a while here'])
})

test.each(VERSIONS)('%s: a clean start discards the session before it, the next one finds the new one [MQTT-3.1.2-4, MQTT-3.2.2-2]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(version))
  client.subscribe('a', 1)
  client.cut()
  broker.client('p').publish('a', 'lost', { qos: 1 })
  const next = broker.dial('c', { ...lasting(version), cleanStart: true })
  expect(next.lines()).toEqual(present(version, false))
  broker.client('p').publish('a', 'not subscribed any more', { qos: 1 })
  expect(next.lines()).toEqual([])
  next.cut()
  expect(broker.dial('c', lasting(version)).lines()).toEqual(present(version, version === 5))
})

test('3.1 knows no Session Present: the byte stays 0 when a session is resumed, 3.1.1 and 5.0 say 1 [MQTT-3.2.2-1, MQTT-3.2.2-3]', () => {
  for (const [version, flags] of [
    [3, 0],
    [4, 1],
    [5, 1],
  ] as const) {
    const broker = new TestBroker()
    broker.client('c', lasting(version)).cut()
    expect([version, broker.dial('c', lasting(version)).receivedBytes()[2]]).toEqual([version, flags])
  }
})

test('5.0: Clean Start and expiry are apart: a clean start may begin a session that lasts [MQTT-3.1.2-6]', () => {
  const broker = new TestBroker()
  const properties = { sessionExpiryInterval: 60 }
  broker.client('c', { version: 5, cleanStart: true, properties }).cut()
  expect(broker.dial('c', { version: 5, cleanStart: false }).lines()).toEqual([welcome(5, 1)])
})

test('5.0: without Session Expiry Interval a resumed session ends with the connection [MQTT-4.1.0-2]', () => {
  const broker = new TestBroker()
  broker.client('c', lasting(5)).cut()
  broker.dial('c', { version: 5, cleanStart: false }).cut()
  expect(broker.broker.sessionCount).toBe(0)
  expect(broker.dial('c', { version: 5, cleanStart: false }).lines()).toEqual([welcome(5, 0)])
})

test.each(VERSIONS)('%s: an open connection keeps its session, however long [MQTT-4.1.0-1]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { ...lasting(version, 1), keepAlive: 0 })
  client.subscribe('a')
  client.lines()
  broker.advance(86_400_000)
  broker.client('p', { keepAlive: 0 }).publish('a', 'still')
  expect(client.payloads()).toEqual(['still'])
})

test('5.0: the session ends when its expiry has passed since the connection closed, not before [MQTT-4.1.0-2, MQTT-3.1.2-23]', () => {
  for (const [waitedMs, kept] of [
    [9_950, true],
    [10_050, false],
  ] as const) {
    const broker = new TestBroker()
    const client = broker.client('c', { ...lasting(5, 10), keepAlive: 0 })
    client.subscribe('a', 1)
    broker.advance(30_000)
    client.cut()
    broker.client('p').publish('a', 'waiting', { qos: 1 })
    broker.advance(waitedMs)
    expect(broker.broker.sessionCount).toBe(kept ? 2 : 1)
    expect(broker.dial('c', lasting(5, 10)).lines()).toEqual(kept ? [welcome(5, 1), 'PUBLISH q1 r0 d0 m1 a waiting'] : [welcome(5, 0)])
  }
})

test('5.0: a client that returns begins the expiry anew, with the interval of its last CONNECT', () => {
  const broker = new TestBroker()
  broker.client('c', lasting(5, 10)).cut()
  broker.advance(9_000)
  broker.client('c', lasting(5, 20)).cut()
  broker.advance(19_000)
  expect(broker.dial('c', lasting(5, 20)).lines()).toEqual([welcome(5, 1)])
})

test.each(VERSIONS.slice(0, 2))('%s: without Clean Session a session lasts for ever [MQTT3-3.1.2-4]', (_name, version) => {
  const broker = new TestBroker()
  broker.client('c', lasting(version)).cut()
  for (let day = 0; day < 40; day++) broker.advance(86_400_000)
  expect(broker.dial('c', lasting(version)).lines()).toEqual(present(version, true))
})

test('5.0: an expiry of 0xFFFFFFFF lasts for ever, one second less does not overflow', () => {
  for (const [seconds, kept] of [
    [FOR_EVER, true],
    [FOR_EVER - 1, false],
  ] as const) {
    const broker = new TestBroker()
    broker.client('c', lasting(5, seconds)).cut()
    broker.advance(FOR_EVER * 1000 - 2_000)
    expect(broker.broker.sessionCount).toBe(1)
    broker.advance(4_000)
    expect([seconds, broker.broker.sessionCount]).toEqual([seconds, kept ? 1 : 0])
  }
})

test.each([
  [60, 5, 5_000],
  [5, 60, 60_000],
  [60, undefined, 60_000],
  [FOR_EVER, 3, 3_000],
])('5.0: expiry %i at CONNECT and %s at DISCONNECT ends the session after %i ms', (asked, left, endsAfterMs) => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(5, asked))
  client.disconnect(0, left === undefined ? {} : { sessionExpiryInterval: left })
  expect(client.isClosed).toBe(true)
  broker.advance(endsAfterMs - 100)
  expect(broker.broker.sessionCount).toBe(1)
  broker.advance(200)
  expect(broker.broker.sessionCount).toBe(0)
})

test('5.0: DISCONNECT may end the session at once by expiry 0', () => {
  const broker = new TestBroker()
  broker.client('c', lasting(5, 60)).disconnect(0, { sessionExpiryInterval: 0 })
  expect(broker.broker.sessionCount).toBe(0)
})

test('5.0: DISCONNECT may make the session last for ever', () => {
  const broker = new TestBroker()
  broker.client('c', lasting(5, 1)).disconnect(0, { sessionExpiryInterval: FOR_EVER })
  broker.advance(86_400_000)
  expect(broker.broker.sessionCount).toBe(1)
})

test('5.0: the interval of a DISCONNECT holds for that end only', () => {
  const broker = new TestBroker()
  broker.client('c', lasting(5, 60)).disconnect(0, { sessionExpiryInterval: 600 })
  broker.client('c', lasting(5, 60)).cut()
  broker.advance(61_000)
  expect(broker.broker.sessionCount).toBe(0)
})

test('5.0: a session without expiry cannot be given one by DISCONNECT: 0x82, and the will is published [MQTT-3.1.2-8]', () => {
  const broker = new TestBroker()
  const watcher = broker.client('watcher')
  watcher.subscribe('w')
  watcher.lines()
  const client = broker.client('c', { version: 5, will: { topicName: 'w', payload: new Uint8Array([0x78]), qos: 0, retain: false, properties: {} } })
  client.disconnect(0, { sessionExpiryInterval: 5 })
  expect([client.lines(), client.isClosed]).toEqual([['DISCONNECT 0x82'], true])
  expect([watcher.payloads(), broker.broker.sessionCount]).toEqual([['x'], 1])
})

test('5.0: expiry 0 in a DISCONNECT after expiry 0 in CONNECT is no fault', () => {
  const client = new TestBroker().client('c', { version: 5 })
  client.disconnect(0, { sessionExpiryInterval: 0 })
  expect([client.lines(), client.isClosed]).toEqual([[], true])
})

test.each(VERSIONS)('%s: a broker that keeps sessions for 30 s at most ends them then', (_name, version) => {
  const broker = new TestBroker({ limits: { maximumSessionExpiryInterval: 30 } })
  broker.client('c', lasting(version)).cut()
  broker.advance(29_900)
  expect(broker.broker.sessionCount).toBe(1)
  broker.advance(200)
  expect(broker.broker.sessionCount).toBe(0)
})

test('5.0: a DISCONNECT cannot go beyond what the broker keeps', () => {
  const broker = new TestBroker({ limits: { maximumSessionExpiryInterval: 30 } })
  broker.client('c', lasting(5, 10)).disconnect(0, { sessionExpiryInterval: 3600 })
  broker.advance(30_100)
  expect(broker.broker.sessionCount).toBe(0)
})

test('5.0: a broker that keeps no sessions says so in CONNACK, and they end with the connection', () => {
  const broker = new TestBroker({ limits: { maximumSessionExpiryInterval: 0 } })
  const client = broker.dial('c', lasting(5, 60))
  const [connack] = client.received()
  expect(connack).toMatchObject({ properties: { sessionExpiryInterval: 0 } })
  client.cut()
  expect(broker.broker.sessionCount).toBe(0)
})

test('an expired session gives its subscriptions back: nothing is kept for it any more', () => {
  const broker = new TestBroker()
  const client = broker.client('c', lasting(5, 10))
  const publisher = broker.client('p', { version: 5 })
  client.subscribe('a', 1)
  client.cut()
  publisher.publish('a', '', { qos: 1 })
  broker.advance(10_050)
  publisher.publish('a', '', { qos: 1, packetId: 2 })
  expect(publisher.lines()).toEqual(['PUBACK m1', 'PUBACK m2 0x10'])
})

test.each([3, 4, 5] as const)('a refused CONNECT of version %i changes nothing of the session it names', (version) => {
  let welcomeAll = true
  const authenticator = { authenticate: () => ({ reasonCode: welcomeAll ? 0 : 0x87, userName: null }), begin: () => null }
  const broker = new TestBroker({ authenticator })
  const client = broker.client('c', lasting(version))
  client.subscribe('a', 1)
  client.cut()
  welcomeAll = false
  expect(broker.dial('c', passing(version)).isClosed).toBe(true)
  welcomeAll = true
  broker.client('p').publish('a', 'kept', { qos: 1 })
  expect(broker.dial('c', lasting(version)).lines()).toEqual([...present(version, true), 'PUBLISH q1 r0 d0 m1 a kept'])
})
