// When a will comes: Will Delay Interval, the client's return, the end of its session, a takeover [MQTT 5.0, section 3.1.3.2.2].
// Only 5.0 has a delay; before it a will comes at once.

import { expect, test } from 'vitest'
import { type ClientOptions, TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const encoder = new TextEncoder()

/** A 5.0 client with a will; both times in seconds. */
function delayed(willDelayInterval: number, sessionExpiryInterval: number, fields: ClientOptions = {}): ClientOptions {
  const will = { topicName: 'w', payload: encoder.encode('gone'), qos: 0, retain: false, properties: { willDelayInterval } } as const
  return { version: 5, cleanStart: false, keepAlive: 0, properties: { sessionExpiryInterval }, will, ...fields }
}

const silent: ClientOptions = { version: 5, cleanStart: false, properties: { sessionExpiryInterval: 1000 } }

function watch(broker: TestBroker): TestClient {
  const watcher = broker.client('watcher', { version: 5, keepAlive: 0 })
  watcher.subscribe('w')
  watcher.lines()
  return watcher
}

test('the will comes when its delay has passed since the break, not before [MQTT-3.1.2-8, MQTT-3.1.3-9]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', delayed(10, 60))
  broker.advance(30_000)
  client.cut()
  broker.advance(9_950)
  expect(watcher.lines()).toEqual([])
  broker.advance(100)
  expect(watcher.lines()).toEqual(['PUBLISH q0 r0 d0 m0 w gone'])
  broker.advance(100_000)
  expect(watcher.lines()).toEqual([])
})

test('a client that returns before the delay has passed cancels the will, whether or not it brings a new one [MQTT-3.1.3-9]', () => {
  for (const options of [silent, delayed(10, 60)]) {
    const broker = new TestBroker()
    const watcher = watch(broker)
    broker.client('c', delayed(10, 60)).cut()
    broker.advance(9_900)
    broker.client('c', { ...options, keepAlive: 0 })
    broker.advance(100_000)
    expect(watcher.lines()).toEqual([])
  }
})

test('a client that returns and breaks again begins the delay anew', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(10, 60)).cut()
  broker.advance(6_000)
  broker.client('c', delayed(10, 60)).cut()
  broker.advance(9_900)
  expect(watcher.lines()).toEqual([])
  broker.advance(200)
  expect(watcher.payloads()).toEqual(['gone'])
})

test('after the will has come, the return of the client does not bring it again [MQTT-3.1.2-10]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(1, 60)).cut()
  broker.advance(1_100)
  expect(watcher.payloads()).toEqual(['gone'])
  broker.client('c', silent).cut()
  broker.advance(2_000_000)
  expect(watcher.payloads()).toEqual([])
})

test('a session that ends before the delay has passed publishes the will then [MQTT-3.1.2-8]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(60, 10)).cut()
  broker.advance(9_950)
  expect(watcher.lines()).toEqual([])
  broker.advance(100)
  expect([watcher.payloads(), broker.broker.sessionCount]).toEqual([['gone'], 1])
})

test('a session that ends at the same moment publishes the will once', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(10, 10)).cut()
  broker.advance(20_000)
  expect(watcher.payloads()).toEqual(['gone'])
})

test('a session that ends with its connection publishes the will at once, whatever the delay [MQTT-3.1.2-8]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(3600, 0)).cut()
  expect(watcher.payloads()).toEqual(['gone'])
})

test('a clean start ends the session and so publishes the will that waits [MQTT-3.1.2-8]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(60, 600)).cut()
  broker.advance(1_000)
  expect(watcher.lines()).toEqual([])
  broker.client('c', { version: 5, cleanStart: true })
  expect(watcher.payloads()).toEqual(['gone'])
})

test.each(VERSIONS.slice(0, 2))(
  '%s: the client returns with the older version: without Clean Session the will is cancelled, with it published',
  (_name, version) => {
    for (const cleanStart of [false, true]) {
      const broker = new TestBroker()
      const watcher = watch(broker)
      broker.client('c', delayed(60, 600)).cut()
      broker.client('c', { version, cleanStart, keepAlive: 0 })
      expect(watcher.payloads()).toEqual(cleanStart ? ['gone'] : [])
      broker.advance(100_000)
      expect(watcher.payloads()).toEqual([])
    }
  },
)

test('a takeover cancels a will with a delay when the session goes on [MQTT-3.1.3-9]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const old = broker.client('c', delayed(60, 600))
  broker.client('c', { ...silent, keepAlive: 0 })
  old.gone()
  broker.advance(100_000)
  expect(watcher.lines()).toEqual([])
})

test('a takeover publishes a will without a delay, although the session goes on [MQTT-3.1.4-3, MQTT-3.1.2-8]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(0, 600))
  broker.client('c', silent)
  expect(watcher.payloads()).toEqual(['gone'])
})

test('a takeover with a clean start publishes a will with a delay: the session ends [MQTT-3.1.2-8]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(60, 600))
  broker.client('c', { version: 5, cleanStart: true })
  expect(watcher.payloads()).toEqual(['gone'])
})

test.each(VERSIONS.slice(0, 2))('%s: a takeover publishes the will, whatever becomes of the session [MQTT3-3.1.2-8]', (_name, version) => {
  for (const cleanStart of [true, false]) {
    const broker = new TestBroker()
    const watcher = watch(broker)
    const will = { topicName: 'w', payload: encoder.encode('gone'), qos: 0, retain: false, properties: {} } as const
    broker.client('c', { version, cleanStart: false, will })
    broker.client('c', { version, cleanStart })
    expect(watcher.payloads()).toEqual(['gone'])
  }
})

test('DISCONNECT with will keeps to the delay, DISCONNECT without cancels it [MQTT-3.14.4-3]', () => {
  for (const [reasonCode, payloads] of [
    [4, ['gone']],
    [0, []],
  ] as const) {
    const broker = new TestBroker()
    const watcher = watch(broker)
    broker.client('c', delayed(10, 60)).disconnect(reasonCode)
    expect(watcher.lines()).toEqual([])
    broker.advance(100_000)
    expect(watcher.payloads()).toEqual(payloads)
  }
})

test('the expiry that DISCONNECT sets bounds the delay [MQTT-3.1.2-8]', () => {
  for (const [sessionExpiryInterval, atMs] of [
    [0, 0],
    [5, 5_000],
    [600, 60_000],
  ] as const) {
    const broker = new TestBroker()
    const watcher = watch(broker)
    broker.client('c', delayed(60, 30)).disconnect(4, { sessionExpiryInterval })
    if (atMs > 0) {
      broker.advance(atMs - 100)
      expect(watcher.lines()).toEqual([])
      broker.advance(200)
    }
    expect(watcher.payloads()).toEqual(['gone'])
  }
})

test('a delay of 0 and no delay are the same, a delay of 0xFFFFFFFF does not overflow', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(0, 600)).cut()
  expect(watcher.payloads()).toEqual(['gone'])
  broker.client('c', delayed(0xffffffff, 0xffffffff)).cut()
  broker.advance(4_294_967_294_000)
  expect(watcher.payloads()).toEqual([])
  broker.advance(2_000)
  expect(watcher.payloads()).toEqual(['gone'])
})

test('keep alive: the delay counts from the moment the broker closed the connection [MQTT-3.1.2-22]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(10, 60, { keepAlive: 10 }))
  broker.advance(15_050)
  broker.advance(9_900)
  expect(watcher.lines()).toEqual([])
  broker.advance(200)
  expect(watcher.payloads()).toEqual(['gone'])
})

test('the shutdown of the broker publishes no will that waits', () => {
  const broker = new TestBroker()
  const will = { topicName: 'w', payload: encoder.encode('gone'), qos: 0, retain: true, properties: { willDelayInterval: 10 } } as const
  broker.client('c', delayed(10, 60, { will })).cut()
  broker.client('d', delayed(10, 60, { will }))
  broker.broker.shutdown()
  expect(broker.broker.retainedCount).toBe(0)
})

test.each(VERSIONS)('%s: a returning client that publishes itself what its will would say comes first [MQTT-3.1.3-9]', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  broker.client('c', delayed(10, 60)).cut()
  const next = broker.client('c', { version, cleanStart: false, keepAlive: 0, properties: version === 5 ? { sessionExpiryInterval: 60 } : {} })
  next.publish('w', 'back')
  broker.advance(100_000)
  expect(watcher.payloads()).toEqual(['back'])
})
