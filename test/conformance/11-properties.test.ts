// Properties that pass through, properties that are asked for, and Reason Strings [MQTT 5.0, sections 2.2.2, 3.1.2.11 and 3.3.2.3].
// Message Expiry and Topic Aliases have files of their own.

import { describe, expect, test } from 'vitest'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { TestBroker } from '../support/test-broker.ts'
import { afterConnack, lasting } from './versions.ts'

const PUBREL = 6
const version = 5
const ALL: Properties = {
  payloadFormatIndicator: 1,
  contentType: 'text/plain; é',
  responseTopic: 'answers/here',
  correlationData: Uint8Array.of(0, 255, 0x23, 0, 1),
  userProperties: [
    ['b', '2'],
    ['a', '1'],
    ['b', '2'],
    ['', ''],
    ['a', 'again'],
  ],
}

describe('properties of a message', () => {
  test.each([0, 1, 2] as const)(
    'pass from 5.0 to 5.0 unaltered, User Properties in their order, QoS %i [MQTT-3.3.2-4, MQTT-3.3.2-15, MQTT-3.3.2-16, MQTT-3.3.2-17, MQTT-3.3.2-18, MQTT-3.3.2-20]',
    (qos) => {
      const b = new TestBroker()
      const s = b.client('s', { version })
      const p = b.client('p', { version })
      s.subscribe('t', 2)
      s.lines()
      p.publish('t', 'x', { qos, properties: ALL })
      if (qos === 2) p.acknowledge(PUBREL, 1)
      const [packet] = s.received()
      expect(packet).toMatchObject({ type: 3, topicName: 't', properties: ALL })
      expect(Object.keys(packet?.type === 3 ? packet.properties : {}).sort()).toEqual(Object.keys(ALL).sort())
    },
  )

  test('pass with a Subscription Identifier added, at another QoS, retained, queued and in the will [MQTT-3.3.2-17]', () => {
    const b = new TestBroker()
    const will = { topicName: 'will', payload: Uint8Array.of(87), qos: 1, retain: false, properties: ALL } as const
    const p = b.client('p', { version, will })
    const s = b.client('s', lasting(version))
    s.subscribe('#', 1, { identifier: 4 })
    s.cut()
    p.publish('queued', '1', { qos: 2, properties: ALL })
    p.acknowledge(PUBREL, 1)
    p.publish('retained', '2', { qos: 1, retain: true, properties: ALL })
    p.cut()
    const messages = b.dial('s', lasting(version)).received().slice(1)
    const late = b.client('late', { version })
    late.subscribe('retained')
    messages.push(...late.received().slice(1))
    expect(messages.map((packet) => (packet.type === 3 ? packet.topicName : packet.type))).toEqual(['queued', 'retained', 'will', 'retained'])
    for (const packet of messages) expect(packet).toMatchObject({ properties: ALL })
  })

  test('are dropped towards 3.1.1, and a message from 3.1.1 has none', () => {
    const b = new TestBroker()
    const s4 = b.client('s4')
    const s5 = b.client('s5', { version })
    s4.subscribe('#', 1)
    s5.subscribe('#', 1)
    s4.lines()
    s5.lines()
    b.client('p5', { version }).publish('five', 'x', { qos: 1, properties: ALL })
    b.client('p4').publish('four', 'y', { qos: 1 })
    expect(s4.lines()).toEqual(['PUBLISH q1 r0 d0 m1 five x', 'PUBLISH q1 r0 d0 m2 four y'])
    expect(s5.lines()[1]).toBe('PUBLISH q1 r0 d0 m2 four y')
  })

  test('stay in the order in which the publisher wrote them: the bytes are passed on [MQTT-3.3.2-17]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t')
    s.lines()
    const properties = [0x26, 0, 1, 98, 0, 1, 50, 0x03, 0, 1, 99, 0x26, 0, 1, 97, 0, 1, 49, 0x01, 0]
    const packet = [0x30, 5 + properties.length, 0, 1, 116, properties.length, ...properties, 120]
    p.sendBytes(packet)
    expect([...s.receivedBytes()]).toEqual(packet)
  })

  test('of messages with the same topic are not mixed up when they come in one read', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t')
    s.lines()
    const publish = (value: string) =>
      ({
        type: 3,
        topicName: 't',
        payload: new TextEncoder().encode(value),
        qos: 0,
        retain: false,
        dup: false,
        packetId: 0,
        properties: { contentType: value },
      }) as const
    p.send(publish('a'), publish('a'), publish('b'), publish('a'))
    expect(s.lines()).toEqual(['a', 'a', 'b', 'a'].map((value) => `PUBLISH q0 r0 d0 m0 t ${value} {"contentType":"${value}"}`))
  })

  test('a payload that is no text passes with Payload Format Indicator 1: the payload is the clients’ affair', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t')
    s.lines()
    p.send({
      type: 3,
      topicName: 't',
      payload: Uint8Array.of(0xff, 0),
      qos: 0,
      retain: false,
      dup: false,
      packetId: 0,
      properties: { payloadFormatIndicator: 1 },
    })
    expect(s.received()).toMatchObject([{ payload: Uint8Array.of(0xff, 0), properties: { payloadFormatIndicator: 1 } }])
  })

  test.each([
    ['Payload Format Indicator 2', [0x01, 2], 'MQTT-4.13.1-1'],
    ['Content Type twice', [0x03, 0, 0, 0x03, 0, 0], 'MQTT-4.13.1-1'],
    ['a Subscription Identifier from a client', [0x0b, 1], 'MQTT-3.3.4-6'],
    ['a Response Topic with a wildcard', [0x08, 0, 2, 97, 35], 'MQTT-3.3.2-14'],
    ['a User Property that is no text', [0x26, 0, 1, 0xff, 0, 0], 'MQTT-1.5.7-1'],
    ['a property of CONNECT', [0x21, 0, 1], 'MQTT-4.13.1-1'],
    ['an unknown property', [0x7f, 0], 'MQTT-4.13.1-1'],
  ] as const)('%s ends the connection, and nobody gets the message', (_what, properties, _clause) => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('#')
    s.lines()
    p.sendBytes([0x30, 4 + properties.length, 0, 1, 116, properties.length, ...properties])
    expect(p.lines()[0]).toMatch(/^DISCONNECT 0x8[12]$/)
    expect(p.isClosed).toBe(true)
    expect(s.lines()).toEqual([])
  })
})

describe('Response Information', () => {
  test.each([
    [1, 'clients/', 'clients/'],
    [0, 'clients/', undefined],
    [undefined, 'clients/', undefined],
    [1, null, undefined],
  ] as const)('asked for with %s, configured as %s: CONNACK has %s [MQTT-3.1.2-28]', (requestResponseInformation, responseInformation, expected) => {
    const b = new TestBroker({ limits: { responseInformation } })
    const [connack] = b.dial('s', { version, properties: requestResponseInformation === undefined ? {} : { requestResponseInformation } }).received()
    expect(connack?.type === 2 ? connack.properties.responseInformation : 'no CONNACK').toBe(expected)
  })

  test('a request finds its answer: Response Topic and Correlation Data there, Correlation Data back [MQTT-3.3.2-15, MQTT-3.3.2-16]', () => {
    const b = new TestBroker()
    const asking = b.client('asking', { version })
    const answering = b.client('answering', { version })
    asking.subscribe('answers/asking')
    answering.subscribe('questions')
    asking.lines()
    answering.lines()
    asking.publish('questions', 'why?', { properties: { responseTopic: 'answers/asking', correlationData: Uint8Array.of(1, 2) } })
    const [question] = answering.received()
    if (question?.type !== 3) throw new Error('no question')
    answering.publish(question.properties.responseTopic!, 'because', { properties: { correlationData: question.properties.correlationData! } })
    expect(asking.received()).toMatchObject([{ topicName: 'answers/asking', properties: { correlationData: Uint8Array.of(1, 2) } }])
  })
})

describe('Reason Strings', () => {
  const faulty = (limits: { reasonStrings: boolean }, properties: Properties): string[] => {
    const b = new TestBroker({ limits })
    const p = b.client('p', { version, properties })
    p.publish('t', 'x', { properties: { topicAlias: 11 } })
    return p.lines()
  }

  test('are not sent unless the option is on', () => {
    expect(faulty({ reasonStrings: false }, {})).toEqual(['DISCONNECT 0x94'])
  })

  test('name the thing and the value when it is on; Request Problem Information 0 does not concern DISCONNECT [MQTT-3.1.2-29]', () => {
    for (const properties of [{}, { requestProblemInformation: 0 }, { requestProblemInformation: 1 }]) {
      expect(faulty({ reasonStrings: true }, properties)).toEqual([expect.stringMatching(/^DISCONNECT 0x94 \{"reasonString":".*Topic Alias 11.*"\}$/)])
    }
  })

  test('are left out when the packet would be too large for the client [MQTT-3.14.2-3]', () => {
    expect(faulty({ reasonStrings: true }, { maximumPacketSize: 20 })).toEqual(['DISCONNECT 0x94'])
  })

  test('no acknowledgement has one, with Request Problem Information 0 least of all [MQTT-3.1.2-29]', () => {
    const b = new TestBroker({
      limits: { reasonStrings: true },
      authorizer: { generation: 0, mayPublish: () => 'deny', maySubscribe: () => 'deny', mayReceive: () => 'deny' },
    })
    const p = b.client('p', { version, properties: { requestProblemInformation: 0 } })
    p.subscribe('t')
    p.unsubscribe('t')
    p.publish('t', 'x', { qos: 1 })
    p.publish('t', 'x', { qos: 2 })
    expect(p.lines()).toEqual(['SUBACK m1 [135]', 'UNSUBACK m1 [17]', 'PUBACK m1 0x87', 'PUBREC m1 0x87'])
  })
})

describe('Maximum Packet Size of a client', () => {
  test('larger messages are dropped and counted as if delivered, others pass, also from one read [MQTT-3.1.2-24, MQTT-3.1.2-25]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version, properties: { maximumPacketSize: 32, receiveMaximum: 1 } })
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.lines()
    const publish = (payload: string, packetId: number) =>
      ({ type: 3, topicName: 't', payload: new TextEncoder().encode(payload), qos: 1, retain: false, dup: false, packetId, properties: {} }) as const
    p.send(publish('x'.repeat(100), 1), publish('ok', 2), publish('x'.repeat(100), 3), publish('also', 4))
    expect(p.lines()).toEqual(['PUBACK m1', 'PUBACK m2', 'PUBACK m3', 'PUBACK m4'])
    const got = s.received().flatMap((packet) => (packet.type === 3 ? [packet] : []))
    expect(got.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(['ok'])
    s.acknowledge(4, got[0]!.packetId)
    expect(s.payloads()).toEqual(['also'])
    expect(b.broker.counters.publishesDropped).toBe(2)
  })

  test('the limit is on the whole packet as this client gets it [MQTT-3.1.2-24]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version, properties: { maximumPacketSize: 20 } })
    const p = b.client('p')
    s.subscribe('t')
    s.lines()
    p.publish('t', 'x'.repeat(14)) // 19 bytes in 3.1.1, 20 in 5.0
    p.publish('t', 'x'.repeat(15))
    expect(s.payloads()).toEqual(['x'.repeat(14)])
  })

  test('it counts when the message is sent: a client that comes back with another limit gets what now fits [MQTT-3.1.2-25]', () => {
    const b = new TestBroker()
    const s = b.client('s', lasting(version, { maximumPacketSize: 1000 }))
    const p = b.client('p')
    s.subscribe('t', 1)
    p.publish('t', 'x'.repeat(100), { qos: 1 })
    p.publish('t', 'in flight', { qos: 1 })
    s.cut()
    p.publish('t', 'y'.repeat(100), { qos: 1 })
    p.publish('t', 'waited', { qos: 1 })
    const back = b.dial('s', lasting(version, { maximumPacketSize: 50 }))
    expect(afterConnack(back)).toEqual(['PUBLISH q1 r0 d1 m2 t in flight', 'PUBLISH q1 r0 d0 m3 t waited'])
    back.acknowledge(4, 2, 3)
    expect(b.broker.slabs.outstanding).toBe(0)
  })
})
