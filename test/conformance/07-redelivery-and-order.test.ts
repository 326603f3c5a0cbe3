// What is sent again, when and in which order; and the order of what is sent once [MQTT 5.0, sections 4.4 and 4.6].
// Acknowledgements within one connection are in 07-publish-and-qos.

import { describe, expect, test } from 'vitest'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { afterConnack, lasting, sessionPresentIn, VERSIONS } from './versions.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7

/** Publishes with QoS 2 and releases. */
function twice(p: TestClient, topicName: string, payload: string, packetId = 1): void {
  p.publish(topicName, payload, { qos: 2, packetId })
  p.acknowledge(PUBREL, packetId)
}

describe.each(VERSIONS)('MQTT %s', (_name, version) => {
  const present = version === 3 ? 'CONNACK 0 0' : 'CONNACK 1 0'

  test('after a reconnect unacknowledged messages come again with DUP, same identifiers, original order, PUBREL for those past PUBREC [MQTT-4.4.0-1, MQTT-4.6.0-1, MQTT-3.3.1-1]', () => {
    const b = new TestBroker()
    const s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    p.publish('t', 'a', { qos: 1 })
    twice(p, 't', 'b')
    twice(p, 't', 'c')
    p.publish('t', 'd', { qos: 1 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t a', 'PUBLISH q2 r0 d0 m2 t b', 'PUBLISH q2 r0 d0 m3 t c', 'PUBLISH q1 r0 d0 m4 t d'])
    s.acknowledge(PUBREC, 2)
    s.acknowledge(PUBACK, 4)
    s.cut()
    const back = b.dial('s', lasting(version))
    const [connack, ...again] = back.lines()
    expect(sessionPresentIn(connack)).toBe(present)
    expect(again).toEqual(['PUBLISH q1 r0 d1 m1 t a', 'PUBREL m2', 'PUBLISH q2 r0 d1 m3 t c'])
    back.acknowledge(PUBACK, 1)
    back.acknowledge(PUBCOMP, 2)
    back.acknowledge(PUBREC, 3)
    back.acknowledge(PUBCOMP, 3)
    back.cut()
    expect(afterConnack(b.dial('s', lasting(version)))).toEqual([])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('a message past PUBREC is never published again, its PUBREL is, until PUBCOMP [MQTT-4.3.3-5, MQTT-4.3.3-6]', () => {
    const b = new TestBroker()
    let s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    twice(p, 't', 'x')
    s.acknowledge(PUBREC, 1)
    for (let times = 0; times < 3; times++) {
      s.cut()
      s = b.dial('s', lasting(version))
      expect(afterConnack(s)).toEqual(['PUBREL m1'])
    }
  })

  test('nothing is sent again by the passing of time [MQTT-4.4.0-1]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version, keepAlive: 0 })
    const p = b.client('p', { version, keepAlive: 0 })
    s.subscribe('t', 2)
    p.publish('t', 'a', { qos: 1 })
    twice(p, 't', 'b')
    p.publish('t', 'unreleased', { qos: 2, packetId: 9 })
    s.acknowledge(PUBREC, 2)
    s.lines()
    p.lines()
    for (let hours = 0; hours < 48; hours++) b.advance(3_600_000)
    expect(s.lines()).toEqual([])
    expect(p.lines()).toEqual([])
    expect(s.isClosed).toBe(false)
  })

  test('a repeated SUBSCRIBE, a ping or a half-open takeover resend only on the new connection [MQTT-4.4.0-1]', () => {
    const b = new TestBroker()
    const s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.lines()
    p.publish('t', 'a', { qos: 1 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t a'])
    s.subscribe('t', 1)
    s.send({ type: 12 })
    expect(s.lines()).toEqual(['SUBACK m1 [1]', 'PINGRESP'])
    const other = b.dial('s', lasting(version))
    expect(afterConnack(other)).toEqual(['PUBLISH q1 r0 d1 m1 t a'])
    expect(s.lines()).toEqual(version === 5 ? ['DISCONNECT 0x8e'] : [])
    expect(s.isClosed).toBe(true)
  })

  test('a lost PUBACK of the subscriber gives a duplicate marked DUP at QoS 1; at QoS 2 a lost PUBREC does, a lost PUBCOMP does not [MQTT-4.3.2-3, MQTT-4.3.3-6]', () => {
    const b = new TestBroker()
    const s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    p.publish('t', 'q1', { qos: 1 })
    twice(p, 't', 'q2')
    s.acknowledge(PUBREC, 2)
    s.lines()
    s.cut() // PUBACK 1 and PUBCOMP 2 never arrive
    expect(afterConnack(b.dial('s', lasting(version)))).toEqual(['PUBLISH q1 r0 d1 m1 t q1', 'PUBREL m2'])
  })

  test('a publisher that repeats over a reconnect: QoS 2 goes on once, QoS 1 twice [MQTT-4.3.3-10]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    s.subscribe('t', 2)
    s.lines()
    const p = b.client('p', lasting(version))
    p.publish('t', 'q2', { qos: 2, packetId: 1 })
    p.publish('t', 'q1', { qos: 1, packetId: 2 })
    p.cut() // neither PUBREC nor PUBACK was seen
    const back = b.client('p', lasting(version))
    back.publish('t', 'q2', { qos: 2, packetId: 1, dup: true })
    back.publish('t', 'q1', { qos: 1, packetId: 2, dup: true })
    back.acknowledge(PUBREL, 1)
    expect(back.lines()).toEqual(['PUBREC m1', 'PUBACK m2', 'PUBCOMP m1'])
    expect(s.payloads()).toEqual(['q1', 'q1', 'q2'])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('a QoS 2 message received but not released survives the reconnect; its PUBREL alone releases it [MQTT-4.3.3-10]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    s.subscribe('t')
    const p = b.client('p', lasting(version))
    p.publish('t', 'x', { qos: 2, packetId: 7 })
    p.cut()
    const back = b.client('p', lasting(version))
    back.acknowledge(PUBREL, 7)
    expect(back.lines()).toEqual(['PUBCOMP m7'])
    expect(s.payloads()).toEqual(['x'])
  })

  test('with Clean Start 1 nothing is remembered: the QoS 2 identifier is new and its message is lost with the session [MQTT-3.1.2-4]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    s.subscribe('t')
    const p = b.client('p', lasting(version))
    p.publish('t', 'lost', { qos: 2, packetId: 7 })
    p.cut()
    const back = b.client('p', { version })
    back.acknowledge(PUBREL, 7)
    expect(s.payloads()).toEqual([])
    back.publish('t', 'new', { qos: 2, packetId: 7 })
    back.acknowledge(PUBREL, 7)
    expect(s.payloads()).toEqual(['new'])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('what waited while the client was away comes after what was in flight, new identifiers from there on [MQTT-4.6.0-1, MQTT-4.6.0-6]', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 2 } })
    const s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.lines()
    for (const payload of ['a', 'b', 'c']) p.publish('t', payload, { qos: 1 })
    expect(s.payloads()).toEqual(['a', 'b'])
    s.cut()
    p.publish('t', 'd', { qos: 1 })
    p.publish('t', 'lost: QoS 0 is for those who are there')
    const back = b.dial('s', lasting(version))
    expect(afterConnack(back)).toEqual(['PUBLISH q1 r0 d1 m1 t a', 'PUBLISH q1 r0 d1 m2 t b'])
    back.acknowledge(PUBACK, 1, 2)
    expect(back.lines()).toEqual(['PUBLISH q1 r0 d0 m3 t c', 'PUBLISH q1 r0 d0 m4 t d'])
  })

  test('what comes in while old messages are being sent again goes behind them [MQTT-4.6.0-6]', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 3 } })
    const s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    for (const payload of ['a', 'b', 'c', 'd']) p.publish('t', payload, { qos: 1 })
    s.cut()
    const back = b.dial('s', lasting(version))
    p.publish('t', 'e', { qos: 1 })
    const got = back.payloads()
    back.acknowledge(PUBACK, 1, 2, 3)
    got.push(...back.payloads())
    expect(got).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('acknowledgements of a resend out of order free the window; nothing is sent twice or skipped [MQTT-4.4.0-1]', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 4 } })
    const s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    for (let i = 1; i <= 6; i++) p.publish('t', `m${i}`, { qos: 1 })
    s.acknowledge(PUBACK, 2)
    expect(s.payloads()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5'])
    s.cut()
    const back = b.dial('s', lasting(version))
    expect(afterConnack(back)).toEqual(['PUBLISH q1 r0 d1 m1 t m1', 'PUBLISH q1 r0 d1 m3 t m3', 'PUBLISH q1 r0 d1 m4 t m4', 'PUBLISH q1 r0 d1 m5 t m5'])
    back.acknowledge(PUBACK, 4)
    expect(back.lines()).toEqual(['PUBLISH q1 r0 d0 m6 t m6'])
    back.acknowledge(PUBACK, 1, 3, 5, 6)
    expect(back.lines()).toEqual([])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('a second reconnect before any acknowledgement resends the same again [MQTT-4.4.0-1]', () => {
    const b = new TestBroker()
    let s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    p.publish('t', 'a', { qos: 1 })
    p.publish('t', 'b', { qos: 1 })
    for (let times = 0; times < 3; times++) {
      s.cut()
      s = b.dial('s', lasting(version))
      expect(afterConnack(s)).toEqual(['PUBLISH q1 r0 d1 m1 t a', 'PUBLISH q1 r0 d1 m2 t b'])
    }
  })

  test.each([0, 1, 2] as const)('messages of one publisher to one topic arrive in their order, QoS %i [MQTT-4.6.0-5, MQTT-4.6.0-6]', (qos) => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 3 } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t/+', 2)
    const sent = Array.from({ length: 30 }, (_, i) => `m${i}`)
    const got: string[] = []
    sent.forEach((payload, i) => {
      p.publish(`t/${i % 2}`, payload, { qos, packetId: qos === 0 ? 0 : i + 1 })
    })
    if (qos === 2) p.acknowledge(PUBREL, ...sent.map((_, i) => i + 1))
    for (let round = 0; round < 40; round++) {
      for (const packet of s.received()) {
        if (packet.type === 3) got.push(new TextDecoder().decode(packet.payload))
        if (packet.type === 3 && packet.qos === 1) s.acknowledge(PUBACK, packet.packetId)
        else if (packet.type === 3 && packet.qos === 2) s.acknowledge(PUBREC, packet.packetId)
        else if (packet.type === PUBREL) s.acknowledge(PUBCOMP, packet.packetId)
      }
    }
    expect(got).toEqual(sent)
  })

  test('PUBACK and PUBREC leave in the order of the PUBLISH packets, PUBREL in the order of the PUBRECs [MQTT-4.6.0-2, MQTT-4.6.0-3, MQTT-4.6.0-4]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    for (const [qos, packetId] of [
      [1, 30],
      [2, 20],
      [1, 10],
      [2, 5],
      [1, 40],
    ] as const)
      p.publish('t', 'x', { qos, packetId })
    expect(p.lines()).toEqual(['PUBACK m30', 'PUBREC m20', 'PUBACK m10', 'PUBREC m5', 'PUBACK m40'])
    p.acknowledge(PUBREL, 20, 5)
    expect(s.received().flatMap((packet) => (packet.type === 3 ? [packet.packetId] : []))).toEqual([1, 2, 3, 4, 5])
    s.acknowledge(PUBREC, 5, 4)
    expect(s.lines()).toEqual(['PUBREL m5', 'PUBREL m4'])
  })
})

test('back with a smaller Receive Maximum, a 5.0 client gets its old messages a few at a time [MQTT-3.3.4-9, MQTT-4.4.0-1]', () => {
  const b = new TestBroker()
  const s = b.client('s', lasting(5))
  const p = b.client('p', { version: 5 })
  s.subscribe('t', 2)
  for (const payload of ['a', 'b', 'c']) p.publish('t', payload, { qos: 1 })
  twice(p, 't', 'd')
  p.publish('t', 'e', { qos: 1 })
  expect(s.payloads()).toEqual(['a', 'b', 'c', 'd', 'e'])
  s.acknowledge(PUBREC, 4)
  s.cut()
  p.publish('t', 'f', { qos: 1 })
  const back = b.dial('s', lasting(5, { receiveMaximum: 2 }))
  const published = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('PUBLISH'))
  expect(published(afterConnack(back))).toEqual(['PUBLISH q1 r0 d1 m1 t a', 'PUBLISH q1 r0 d1 m2 t b'])
  back.acknowledge(PUBACK, 1)
  expect(published(back.lines())).toEqual(['PUBLISH q1 r0 d1 m3 t c'])
  back.acknowledge(PUBCOMP, 4)
  back.acknowledge(PUBACK, 3)
  expect(published(back.lines())).toEqual(['PUBLISH q1 r0 d1 m5 t e'])
  back.acknowledge(PUBACK, 2)
  back.acknowledge(PUBACK, 5)
  back.acknowledge(PUBCOMP, 4)
  expect(published(back.lines())).toEqual(['PUBLISH q1 r0 d0 m6 t f'])
})

test('a PUBREL does not wait for the window: it is no PUBLISH [MQTT-3.3.4-10]', () => {
  const b = new TestBroker()
  const s = b.client('s', lasting(5))
  const p = b.client('p', { version: 5 })
  s.subscribe('t', 2)
  p.publish('t', 'a', { qos: 1 })
  p.publish('t', 'b', { qos: 1 })
  twice(p, 't', 'c')
  s.acknowledge(PUBREC, 3)
  s.cut()
  const back = b.dial('s', lasting(5, { receiveMaximum: 1 }))
  expect(afterConnack(back).sort()).toEqual(['PUBLISH q1 r0 d1 m1 t a', 'PUBREL m3'])
  back.acknowledge(PUBACK, 1)
  back.acknowledge(PUBCOMP, 3)
  expect(back.lines()).toEqual(['PUBLISH q1 r0 d1 m2 t b'])
})

test.each([
  { from: 4, to: 5 },
  { from: 5, to: 4 },
  { from: 5, to: 3 },
] as const)('a client of level $from comes back with level $to: what was in flight and what waited come in the new version [MQTT-4.4.0-1]', ({ from, to }) => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
  const s = b.client('s', lasting(from))
  const p = b.client('p', { version: 5 })
  s.subscribe('t', 2)
  s.lines()
  p.publish('t', 'a', { qos: 1, properties: { contentType: 'x' } })
  p.publish('t', 'b', { qos: 1, properties: { contentType: 'y' } })
  s.cut()
  const back = b.dial('s', lasting(to))
  expect(afterConnack(back)).toEqual(['PUBLISH q1 r0 d1 m1 t a'])
  back.acknowledge(PUBACK, 1)
  expect(back.lines()).toEqual([`PUBLISH q1 r0 d0 m2 t b${to === 5 ? ' {"contentType":"y"}' : ''}`])
  back.acknowledge(PUBACK, 2)
  expect(b.broker.slabs.outstanding).toBe(0)
})
