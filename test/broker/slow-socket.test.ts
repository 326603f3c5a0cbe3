// A client that does not read: bounded memory, QoS 0 dropped and counted in the end, QoS 1 and 2 complete and in order.
// A client that reads but does not acknowledge is in window.test; that a stalled socket is not read from is the transport's affair (test/net).

import { expect, test } from 'vitest'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const HIGH_WATER = 1000

function blocked(b: TestBroker, topicFilter: string, qos: 0 | 1 | 2, options: Parameters<TestBroker['client']>[1] = {}): TestClient {
  const s = b.client('s', { highWater: HIGH_WATER, ...options })
  s.subscribe(topicFilter, qos)
  s.lines()
  s.block()
  return s
}

test('QoS 0 waits in the queue up to its limit, what exceeds it is dropped and counted; what waited comes in order', () => {
  const b = new TestBroker({ limits: { maximumQueuedMessages: 10 } })
  const p = b.client('p')
  const s = blocked(b, 't', 0)
  for (let i = 0; i < 100; i++) p.publish('t', `${i} ${'z'.repeat(100)}`)
  expect(s.output.length).toBeLessThan(HIGH_WATER + 200)
  const dropped = b.broker.counters.publishesDropped
  expect(dropped).toBeGreaterThan(70)
  s.drain()
  const numbers = s.payloads().map((text) => Number(text.split(' ')[0]))
  expect(numbers).toEqual(Array.from({ length: 100 - dropped }, (_, i) => i))
  p.publish('t', 'again')
  expect(s.payloads()).toEqual(['again'])
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('the queue is limited in bytes too', () => {
  const b = new TestBroker({ limits: { maximumQueuedBytes: 2000, maximumQueuedMessages: 0 } })
  const p = b.client('p')
  const s = blocked(b, 't', 0)
  for (let i = 0; i < 100; i++) p.publish('t', 'z'.repeat(100))
  expect(b.broker.counters.publishesDropped).toBeGreaterThan(60)
  expect(b.broker.slabs.outstanding).toBeLessThan(25)
  s.cut()
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('QoS 1 is complete and in order after the drain, though QoS 0 between was dropped', () => {
  const b = new TestBroker({ limits: { maximumQueuedMessages: 60, maximumInflightMessages: 0 } })
  const p = b.client('p')
  const s = blocked(b, 't/#', 1)
  for (let i = 0; i < 50; i++) {
    p.publish('t/1', `m${i}`, { qos: 1 })
    p.publish('t/0', 'z'.repeat(100))
  }
  const waiting = b.broker.counters.publishesDropped
  expect(waiting).toBeGreaterThan(0)
  s.drain()
  p.publish('t/1', 'last', { qos: 1 })
  const got = s.payloads().filter((text) => !text.startsWith('z'))
  expect(got.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, i) => `m${i}`))
  expect(got.at(-1)).toBe('last')
  expect(got).toEqual([...got].sort((a, c) => (a === 'last' ? 1 : c === 'last' ? -1 : Number(a.slice(1)) - Number(c.slice(1)))))
})

test.each([1, 2] as const)('QoS %i alone within the limits of the queue loses nothing, window after window', (qos) => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 8 } })
  const p = b.client('p')
  const s = blocked(b, 't', qos)
  for (let i = 0; i < 200; i++) {
    p.publish('t', `m${i}`, { qos, packetId: i + 1 })
    if (qos === 2) p.acknowledge(6, i + 1)
  }
  expect(b.broker.counters.publishesDropped).toBe(0)
  s.drain()
  const got: string[] = []
  for (let round = 0; round < 200; round++) {
    for (const packet of s.received()) {
      if (packet.type === 3) {
        got.push(new TextDecoder().decode(packet.payload))
        s.acknowledge(qos === 1 ? 4 : 5, packet.packetId)
      } else if (packet.type === 6) s.acknowledge(7, packet.packetId)
    }
  }
  expect(got).toEqual(Array.from({ length: 200 }, (_, i) => `m${i}`))
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('a slow client does not slow the others, and a publisher is acknowledged', () => {
  const b = new TestBroker()
  const p = b.client('p')
  const slow = blocked(b, 't', 1)
  const fast = b.client('fast')
  fast.subscribe('t', 1)
  fast.lines()
  for (let i = 0; i < 40; i++) {
    p.publish('t', `m${i}`, { qos: 1 })
    expect(p.lines()).toEqual(['PUBACK m1'])
    fast.acknowledge(4, i + 1)
  }
  expect(fast.payloads()).toHaveLength(40)
  slow.cut()
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('a session that goes on without its slow connection: QoS 0 that waited is dropped and counted, QoS 1 comes on the next one', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 3 } })
  const p = b.client('p')
  const s = blocked(b, 't', 1, { cleanStart: false })
  p.publish('t', 'x'.repeat(2000))
  for (let i = 0; i < 5; i++) {
    p.publish('t', `zero${i}`)
    p.publish('t', `one${i}`, { qos: 1 })
  }
  s.cut()
  expect(b.broker.counters.publishesDropped).toBe(5)
  const back = b.dial('s', { cleanStart: false })
  const got = back.payloads()
  back.acknowledge(4, 1, 2, 3)
  got.push(...back.payloads())
  expect(got).toEqual(['one0', 'one1', 'one2', 'one3', 'one4'])
})

test('QoS 0 that waits behind a full window is not overtaken by newer QoS 0 once the socket is free [MQTT-4.6.0-6]', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
  const p = b.client('p')
  const s = blocked(b, 't/#', 1)
  p.publish('t/1', 'in flight', { qos: 1 })
  p.publish('t/1', 'waits for the window', { qos: 1 })
  p.publish('t/big', 'x'.repeat(HIGH_WATER))
  p.publish('t/0', 'first')
  s.drain()
  expect(s.payloads()).toEqual(['in flight', 'x'.repeat(HIGH_WATER)])
  p.publish('t/0', 'second')
  s.acknowledge(4, 1)
  expect(s.payloads()).toEqual(['waits for the window', 'first', 'second'])
})
