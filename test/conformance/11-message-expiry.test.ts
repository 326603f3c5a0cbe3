// Message Expiry Interval: forwarded less the time waited, dropped when it has passed [MQTT 5.0, section 3.3.2.3.3].
// Retained messages with an expiry are in 08-retained.

import { describe, expect, test } from 'vitest'
import { TestBroker } from '../support/test-broker.ts'
import { afterConnack, lasting, VERSIONS } from './versions.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7
const version = 5
const expiring = (messageExpiryInterval: number) => ({ properties: { messageExpiryInterval } })

test('a message that is forwarded at once keeps its interval [MQTT-3.3.2-6]', () => {
  const b = new TestBroker()
  const s = b.client('s', { version })
  const p = b.client('p', { version })
  s.subscribe('t', 1)
  s.lines()
  p.publish('t', 'x', { qos: 1, ...expiring(7) })
  p.publish('t', 'y', expiring(4_294_967_295))
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t x {"messageExpiryInterval":7}', 'PUBLISH q0 r0 d0 m0 t y {"messageExpiryInterval":4294967295}'])
})

test('what waited for the client to come back has its interval lowered by whole seconds; what expired is dropped and counted [MQTT-3.3.2-5, MQTT-3.3.2-6]', () => {
  const b = new TestBroker()
  const s = b.client('s', lasting(version))
  const p = b.client('p', { version })
  s.subscribe('t', 1)
  s.cut()
  p.publish('t', 'short', { qos: 1, ...expiring(1) })
  p.publish('t', 'long', { qos: 1, properties: { payloadFormatIndicator: 1, messageExpiryInterval: 10, contentType: 'c' } })
  p.publish('t', 'endless', { qos: 1 })
  b.advance(2_200)
  const back = b.dial('s', lasting(version))
  expect(afterConnack(back)).toEqual([
    'PUBLISH q1 r0 d0 m1 t long {"payloadFormatIndicator":1,"messageExpiryInterval":8,"contentType":"c"}',
    'PUBLISH q1 r0 d0 m2 t endless',
  ])
  expect(b.broker.counters.publishesDropped).toBe(1)
  back.acknowledge(PUBACK, 1, 2)
  expect(b.broker.slabs.outstanding).toBe(0)
})

test.each([
  [999, ['x {"messageExpiryInterval":3}']],
  [1_000, ['x {"messageExpiryInterval":2}']],
  [1_999, ['x {"messageExpiryInterval":2}']],
  [2_999, ['x {"messageExpiryInterval":1}']],
  [3_000, []],
] as const)('an interval of 3 s after %i ms [MQTT-3.3.2-5, MQTT-3.3.2-6]', (ms, expected) => {
  const b = new TestBroker()
  const s = b.client('s', lasting(version))
  s.subscribe('t', 1)
  s.cut()
  b.client('p', { version }).publish('t', 'x', { qos: 1, ...expiring(3) })
  b.advance(ms)
  expect(afterConnack(b.dial('s', lasting(version))).map((line) => line.replace('PUBLISH q1 r0 d0 m1 t ', ''))).toEqual(expected)
})

test('what waited behind a full window is lowered or dropped in the same way [MQTT-3.3.2-5, MQTT-3.3.2-6]', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
  const s = b.client('s', { version })
  const p = b.client('p', { version })
  s.subscribe('t', 1)
  s.lines()
  for (const seconds of [5, 5, 60, 0xffffffff]) p.publish('t', `${seconds}`, { qos: 1, ...expiring(seconds) })
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t 5 {"messageExpiryInterval":5}'])
  b.advance(30_000)
  s.acknowledge(PUBACK, 1)
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m2 t 60 {"messageExpiryInterval":30}'])
  s.acknowledge(PUBACK, 2)
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m3 t 4294967295 {"messageExpiryInterval":4294967265}'])
})

test('a run of messages that waited: all lowered, none twice [MQTT-3.3.2-6]', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 3 } })
  const s = b.client('s', lasting(version))
  const p = b.client('p', { version })
  s.subscribe('t', 1)
  s.cut()
  p.send(
    ...[1, 2, 3, 4, 5].map(
      (packetId) =>
        ({
          type: 3,
          topicName: 't',
          payload: Uint8Array.of(48 + packetId),
          qos: 1,
          retain: false,
          dup: false,
          packetId,
          properties: { messageExpiryInterval: 100 },
        }) as const,
    ),
  )
  b.advance(10_000)
  const back = b.dial('s', lasting(version))
  expect(afterConnack(back)).toEqual([1, 2, 3].map((id) => `PUBLISH q1 r0 d0 m${id} t ${id} {"messageExpiryInterval":90}`))
  b.advance(10_000)
  back.acknowledge(PUBACK, 1, 2, 3)
  expect(back.lines()).toEqual([4, 5].map((id) => `PUBLISH q1 r0 d0 m${id} t ${id} {"messageExpiryInterval":80}`))
})

test('a QoS 2 message that waited for its PUBREL is lowered; expired it goes nowhere, the handshake goes on [MQTT-3.3.2-5, MQTT-3.3.2-6, MQTT-4.3.3-13]', () => {
  const b = new TestBroker()
  const s = b.client('s', { version })
  const p = b.client('p', { version })
  s.subscribe('t', 2)
  s.lines()
  p.publish('t', 'long', { qos: 2, packetId: 1, ...expiring(60) })
  p.publish('t', 'short', { qos: 2, packetId: 2, ...expiring(5) })
  b.advance(20_000)
  p.acknowledge(PUBREL, 1, 2)
  expect(p.lines()).toEqual(['PUBREC m1', 'PUBREC m2', 'PUBCOMP m1', 'PUBCOMP m2'])
  expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 t long {"messageExpiryInterval":40}'])
})

test('once a message has been sent its expiry is over: it is sent again, and its handshake finished [MQTT-4.3.3-7]', () => {
  const b = new TestBroker()
  const s = b.client('s', lasting(version))
  const p = b.client('p', { version })
  s.subscribe('t', 2)
  p.publish('t', 'x', { qos: 2, ...expiring(2) })
  p.acknowledge(PUBREL, 1)
  p.publish('t', 'y', { qos: 1, ...expiring(2) })
  expect(s.payloads()).toEqual(['x', 'y'])
  b.advance(5_000)
  s.cut()
  const back = b.dial('s', lasting(version))
  const again = afterConnack(back)
  expect(again).toHaveLength(2)
  expect(again[0]).toMatch(/^PUBLISH q2 r0 d1 m1 t x /)
  expect(again[1]).toMatch(/^PUBLISH q1 r0 d1 m2 t y /)
  b.advance(5_000)
  back.acknowledge(PUBREC, 1)
  expect(back.lines()).toEqual(['PUBREL m1'])
  back.acknowledge(PUBCOMP, 1)
  back.acknowledge(PUBACK, 2)
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('the expiry of a will counts from its publication, not from CONNECT [MQTT-3.3.2-6]', () => {
  const b = new TestBroker()
  const will = { topicName: 'w', payload: Uint8Array.of(87), qos: 1, retain: false, properties: { willDelayInterval: 5, messageExpiryInterval: 10 } } as const
  const w = b.client('w', { version, will, properties: { sessionExpiryInterval: 100 }, keepAlive: 0 })
  const s = b.client('s', { version, keepAlive: 0 })
  const away = b.client('away', lasting(version))
  s.subscribe('w', 1)
  away.subscribe('w', 1)
  away.cut()
  s.lines()
  b.advance(60_000)
  w.cut()
  b.advance(4_900)
  expect(s.lines()).toEqual([])
  b.advance(200)
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 w W {"messageExpiryInterval":10}'])
  b.advance(4_000)
  expect(afterConnack(b.dial('away', lasting(version)))).toEqual(['PUBLISH q1 r0 d0 m1 w W {"messageExpiryInterval":6}'])
})

test('a retained message that waits behind a full window is lowered by both waits [MQTT-3.3.2-6]', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
  const p = b.client('p', { version })
  for (const topicName of ['t/1', 't/2']) p.publish(topicName, topicName, { qos: 1, retain: true, ...expiring(100) })
  b.advance(10_000)
  const s = b.client('s', { version })
  s.subscribe('t/+', 1)
  b.advance(20_000)
  s.acknowledge(PUBACK, 1)
  expect(s.lines().map((line) => /\d+\}/.exec(line)?.[0])).toEqual([undefined, '90}', '70}'])
})

describe.each(VERSIONS)('towards MQTT %s', (_name, level) => {
  test('what has expired is not delivered, what has not is [MQTT-3.3.2-5]', () => {
    const b = new TestBroker()
    const s = b.client('s', lasting(level))
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.cut()
    p.publish('t', 'gone', { qos: 1, ...expiring(4) })
    p.publish('t', 'here', { qos: 1, ...expiring(6) })
    b.advance(5_000)
    expect(b.dial('s', lasting(level)).payloads()).toEqual(['here'])
  })
})
