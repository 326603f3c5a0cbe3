// What 5.0 adds to PUBLISH: Reason Codes in acknowledgements, Receive Maximum in both directions [MQTT 5.0, sections 3.4 to 3.7 and 4.9].
// What all versions have in common is in 07-publish-and-qos.

import { describe, expect, test } from 'vitest'
import { type Packet, PacketType } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'
import { afterConnack } from './versions.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7

describe('MQTT 5.0 alone', () => {
  const version = 5

  test('QoS 1 without a subscriber is told 0x10, with one it is not [MQTT-3.4.2-1]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    p.publish('t', 'x', { qos: 1, packetId: 6 })
    expect(p.lines()).toEqual(['PUBACK m6 0x10'])
    const s = b.client('s', { version })
    s.subscribe('t')
    p.publish('t', 'x', { qos: 1, packetId: 6 })
    expect(p.lines()).toEqual(['PUBACK m6'])
  })

  test('PUBREC of 0x80 or more ends the message: no PUBREL, quota back, identifier free [MQTT-4.3.3-4, MQTT-4.9.0-2]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version, properties: { receiveMaximum: 1 } })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    for (const [packetId, payload] of [
      [1, 'refused'],
      [2, 'next'],
    ] as const)
      p.publish('t', payload, { qos: 2, packetId })
    p.acknowledge(PUBREL, 1, 2)
    expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 t refused'])
    s.send({ type: PacketType.Pubrec, packetId: 1, reasonCode: 0x83, properties: {} })
    expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m2 t next'])
  })

  test('PUBACK of 0x80 or more ends the message too: it is not sent again [MQTT-4.4.0-2]', () => {
    const b = new TestBroker()
    const lastingSession = { version, cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const
    const s = b.client('s', lastingSession)
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    p.publish('t', 'refused', { qos: 1 })
    s.lines()
    s.send({ type: PacketType.Puback, packetId: 1, reasonCode: 0x97, properties: { reasonString: 'full' } })
    s.cut()
    expect(afterConnack(b.dial('s', lastingSession))).toEqual([])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('an identifier whose PUBREC was a refusal is free: the next PUBLISH with it is a new message [MQTT-4.3.3-9]', () => {
    const b = new TestBroker({
      authorizer: {
        generation: 0,
        mayReceive: () => 'allow',
        maySubscribe: () => 'allow',
        mayPublish: (_id, _user, topic) => (topic === 'no' ? 'deny' : 'allow'),
      },
    })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('#', 2)
    s.lines()
    p.publish('no', 'x', { qos: 2, packetId: 1 })
    expect(p.lines()).toEqual(['PUBREC m1 0x87'])
    p.publish('yes', 'y', { qos: 2, packetId: 1 })
    p.acknowledge(PUBREL, 1)
    expect(p.lines()).toEqual(['PUBREC m1', 'PUBCOMP m1'])
    expect(s.payloads()).toEqual(['y'])
  })

  test('acknowledgements with properties and Reason Codes below 0x80 count as plain ones', () => {
    const b = new TestBroker()
    const s = b.client('s', { version, properties: { receiveMaximum: 1 } })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    const ack = (type: 4 | 5 | 7, packetId: number, reasonCode: number): Packet => ({
      type,
      packetId,
      reasonCode,
      properties: { userProperties: [['a', 'b']] },
    })
    p.publish('t', 'a', { qos: 1 })
    p.publish('t', 'b', { qos: 2 })
    p.acknowledge(PUBREL, 1)
    p.publish('t', 'c', { qos: 1 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t a'])
    s.send(ack(PUBACK, 1, 0x10))
    expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m2 t b'])
    s.send(ack(PUBREC, 2, 0x10))
    expect(s.lines()).toEqual(['PUBREL m2'])
    s.send(ack(PUBCOMP, 2, 0))
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m3 t c'])
  })

  test('the window is the lesser of Receive Maximum and max_inflight_messages [MQTT-3.3.4-9]', () => {
    for (const [receiveMaximum, maximumInflightMessages, window] of [
      [3, 20, 3],
      [30, 20, 20],
      [30, 0, 30],
    ] as const) {
      const b = new TestBroker({ limits: { maximumInflightMessages } })
      const s = b.client('s', { version, properties: { receiveMaximum } })
      const p = b.client('p', { version })
      s.subscribe('t', 1)
      s.lines()
      for (let i = 0; i < 40; i++) p.publish('t', `m${i}`, { qos: 1 })
      expect(s.payloads()).toHaveLength(window)
    }
  })

  test('a client is told to keep to 20 but is ended with 0x93 only beyond 1,024 unacknowledged [MQTT-3.3.4-7]', () => {
    const b = new TestBroker()
    const p = b.dial('p', { version })
    expect(p.lines()[0]).toContain('"receiveMaximum":20')
    for (let id = 1; id <= 1024; id++) p.publish('t', 'x', { qos: 2, packetId: id })
    expect(p.lines()).toHaveLength(1024)
    expect(p.isClosed).toBe(false)
    p.publish('t', 'x', { qos: 2, packetId: 1025 })
    expect(p.lines()).toEqual(['DISCONNECT 0x93'])
    expect(p.isClosed).toBe(true)
  })
})
