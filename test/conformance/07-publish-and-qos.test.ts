// PUBLISH and its acknowledgements in both directions, as dialogues [MQTT 5.0, sections 3.3 to 3.7 and 4.3].
// What happens over a reconnect and to the order of messages is in 07-redelivery-and-order.

import { describe, expect, test } from 'vitest'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { PacketType, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7

describe.each(VERSIONS)('MQTT %s', (_name, version) => {
  test('QoS 0 is delivered once and acknowledged by nobody [MQTT-2.2.1-2, MQTT-4.3.1-1]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    expect(s.lines()).toEqual(['SUBACK m1 [2]'])
    p.publish('t', 'hello')
    expect(p.lines()).toEqual([])
    expect(s.lines()).toEqual(['PUBLISH q0 r0 d0 m0 t hello'])
  })

  test('QoS 1 is forwarded, then acknowledged; the same identifier afterwards is a new message [MQTT-4.3.2-4, MQTT-4.3.2-5]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.lines()
    p.publish('t', 'one', { qos: 1, packetId: 77 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t one'])
    expect(p.lines()).toEqual(['PUBACK m77'])
    p.publish('t', 'two', { qos: 1, packetId: 77 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m2 t two'])
    expect(p.lines()).toEqual(['PUBACK m77'])
  })

  test('a repeated QoS 1 PUBLISH, its PUBACK lost, comes twice, and not as a duplicate [MQTT-4.3.2-5, MQTT-3.3.1-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    s.subscribe('t', 1)
    s.lines()
    const p = b.client('p', { version })
    p.publish('t', 'x', { qos: 1, packetId: 5 })
    p.cut() // the PUBACK is on its way
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t x'])
    const again = b.client('p', { version })
    again.publish('t', 'x', { qos: 1, packetId: 5, dup: true })
    expect(again.lines()).toEqual(['PUBACK m5'])
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m2 t x'])
  })

  test('QoS 2 is forwarded at its PUBREL and not before [MQTT-4.3.3-8, MQTT-4.3.3-11]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    p.publish('t', 'once', { qos: 2, packetId: 9 })
    expect(p.lines()).toEqual(['PUBREC m9'])
    expect(s.lines()).toEqual([])
    p.acknowledge(PUBREL, 9)
    expect(p.lines()).toEqual(['PUBCOMP m9'])
    expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 t once'])
    s.acknowledge(PUBREC, 1)
    expect(s.lines()).toEqual(['PUBREL m1'])
    s.acknowledge(PUBCOMP, 1)
    expect(s.lines()).toEqual([])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('a repeated QoS 2 PUBLISH is acknowledged each time and routed once [MQTT-4.3.3-10]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    p.publish('t', 'once', { qos: 2, packetId: 9 })
    p.publish('t', 'once', { qos: 2, packetId: 9, dup: true })
    p.publish('t', 'once', { qos: 2, packetId: 9, dup: true })
    expect(p.lines()).toEqual(['PUBREC m9', 'PUBREC m9', 'PUBREC m9'])
    p.acknowledge(PUBREL, 9)
    expect(p.lines()).toEqual(['PUBCOMP m9'])
    expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 t once'])
  })

  test('another QoS 2 message under an identifier that awaits PUBREL takes the place of the first: its client has lost its state', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('#', 2)
    s.lines()
    for (const [topic, payload, packetId] of [
      ['t', 'before', 8],
      ['t', 'lost', 9],
      ['t', 'after', 10],
      ['t', 'other payload', 9],
      ['u', 'other payload', 9],
      ['u', 'other payload', 9],
    ] as const)
      p.publish(topic, payload, { qos: 2, packetId })
    expect(p.lines()).toEqual([8, 9, 10, 9, 9, 9].map((id) => `PUBREC m${id}`))
    p.acknowledge(PUBREL, 8, 9, 10, 9)
    expect(p.lines()).toEqual([8, 9, 10, 9].map((id) => `PUBCOMP m${id}`))
    expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 t before', 'PUBLISH q2 r0 d0 m2 u other payload', 'PUBLISH q2 r0 d0 m3 t after'])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('the same when both come in one read, and when the second is refused: then neither goes on', () => {
    const b = new TestBroker({ limits: { messageSizeLimit: 5 } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 0)
    s.lines()
    const publish = (text: string): number[] => {
      const properties = version === 5 ? [0] : []
      return [0x34, 5 + properties.length + text.length, 0, 1, 0x74, 0, 9, ...properties, ...new TextEncoder().encode(text)]
    }
    p.sendBytes([...publish('one'), ...publish('two'), ...publish('two')])
    p.acknowledge(PUBREL, 9)
    p.sendBytes([...publish('three'), ...publish('beyond')])
    p.acknowledge(PUBREL, 9)
    expect(p.lines().filter((line) => line.startsWith('PUBREC'))).toEqual([
      'PUBREC m9',
      'PUBREC m9',
      'PUBREC m9',
      'PUBREC m9',
      version === 5 ? 'PUBREC m9 0x97' : 'PUBREC m9',
    ])
    expect(s.payloads()).toEqual(['two'])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('after PUBCOMP the identifier is free for a new QoS 2 message [MQTT-4.3.3-12]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 0)
    s.lines()
    for (const payload of ['first', 'second']) {
      p.publish('t', payload, { qos: 2, packetId: 9 })
      p.acknowledge(PUBREL, 9)
      expect(p.lines()).toEqual(['PUBREC m9', 'PUBCOMP m9'])
    }
    expect(s.payloads()).toEqual(['first', 'second'])
  })

  test('a repeated PUBREL is answered again and routes nothing [MQTT-4.3.3-11]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 0)
    p.publish('t', 'x', { qos: 2, packetId: 4 })
    p.acknowledge(PUBREL, 4, 4)
    p.acknowledge(PUBREL, 4)
    expect(p.lines()).toEqual(['PUBREC m4', 'PUBCOMP m4', 'PUBCOMP m4', 'PUBCOMP m4'])
    expect(s.payloads()).toEqual(['x'])
  })

  test('a PUBREL of an unknown identifier is answered with PUBCOMP all the same [MQTT-4.3.3-11]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    p.acknowledge(PUBREL, 300)
    expect(p.lines()).toEqual(['PUBCOMP m300'])
    expect(p.isClosed).toBe(false)
  })

  test('PUBREL in another order than PUBLISH releases each message once, in the order of the PUBRELs [MQTT-4.3.3-11]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('#', 0)
    s.lines()
    for (let id = 1; id <= 7; id++) p.publish(id % 3 === 0 ? 'u' : 't', `m${id}`, { qos: 2, packetId: id })
    expect(p.lines()).toEqual([1, 2, 3, 4, 5, 6, 7].map((id) => `PUBREC m${id}`))
    p.acknowledge(PUBREL, 7, 1, 2, 4, 3)
    expect(s.payloads()).toEqual(['m7', 'm1', 'm2', 'm4', 'm3'])
    p.acknowledge(PUBREL, 6)
    p.acknowledge(PUBREL, 5)
    expect(s.payloads()).toEqual(['m6', 'm5'])
    expect(p.lines()).toEqual([7, 1, 2, 4, 3, 6, 5].map((id) => `PUBCOMP m${id}`))
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('a row of PUBREL in one read releases the run that came in one read, in order [MQTT-4.6.0-4]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 0)
    const ids = Array.from({ length: 50 }, (_, i) => i + 1)
    p.sendBytes(...ids.map((packetId) => publishBytes(version, packetId)))
    expect(p.lines()).toEqual(ids.map((id) => `PUBREC m${id}`))
    p.acknowledge(PUBREL, ...ids)
    expect(p.lines()).toEqual(ids.map((id) => `PUBCOMP m${id}`))
    expect(s.payloads()).toEqual(ids.map(String))
  })

  test('PUBREC is answered with PUBREL, again if it is repeated, and for an unknown identifier too [MQTT-4.3.3-4]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    p.publish('t', 'x', { qos: 2 })
    p.acknowledge(PUBREL, 1)
    s.lines()
    s.acknowledge(PUBREC, 1)
    s.acknowledge(PUBREC, 1)
    s.acknowledge(PUBREC, 999)
    expect(s.lines()).toEqual(['PUBREL m1', 'PUBREL m1', 'PUBREL m999'])
    s.acknowledge(PUBCOMP, 1)
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('acknowledgements nobody waits for change nothing', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    s.acknowledge(PUBACK, 1, 2, 65535)
    s.acknowledge(PUBCOMP, 1, 40000)
    p.publish('t', 'a', { qos: 1 })
    p.publish('t', 'b', { qos: 1 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t a'])
    s.acknowledge(PUBACK, 2) // not yet sent
    s.acknowledge(PUBREC, 3)
    expect(s.lines()).toEqual(['PUBREL m3'])
    expect(s.isClosed).toBe(false)
    s.acknowledge(PUBACK, 1)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m2 t b'])
  })

  test.each([
    ['PUBREC of a QoS 1 message', 1, [[PUBREC, 1]]],
    ['PUBCOMP of a QoS 1 message', 1, [[PUBCOMP, 1]]],
    ['PUBACK of a QoS 2 message', 2, [[PUBACK, 1]]],
    ['PUBCOMP before PUBREC', 2, [[PUBCOMP, 1]]],
    [
      'PUBACK after PUBREC',
      2,
      [
        [PUBREC, 1],
        [PUBACK, 1],
      ],
    ],
  ] as const)('%s is a Protocol Error, and the message is not finished by it [MQTT-4.3.2-3, MQTT-4.3.3-3]', (_what, qos, acknowledgements) => {
    const b = new TestBroker()
    const s = b.client('s', { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 60 } : {} })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    p.publish('t', 'x', { qos })
    if (qos === 2) p.acknowledge(PUBREL, 1)
    s.lines()
    for (const [type, id] of acknowledgements) s.acknowledge(type, id)
    const wasReceived = acknowledgements[0][0] === PUBREC && qos === 2
    expect(s.lines()).toEqual([...(wasReceived ? ['PUBREL m1'] : []), ...(version === 5 ? ['DISCONNECT 0x82'] : [])])
    expect(s.isClosed).toBe(true)
    const back = b.dial('s', { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 60 } : {} })
    expect(back.lines().slice(1)).toEqual([wasReceived ? 'PUBREL m1' : `PUBLISH q${qos} r0 d1 m1 t x`])
  })

  const levels: readonly Qos[] = [0, 1, 2]
  test.each(levels.flatMap((published) => levels.map((granted) => ({ published, granted }))))(
    'published with QoS $published, granted $granted: the lower one is delivered [MQTT-3.8.4-8]',
    ({ published, granted }) => {
      const b = new TestBroker()
      const s = b.client('s', { version })
      const p = b.client('p', { version })
      s.subscribe('t', granted)
      expect(s.lines()).toEqual([`SUBACK m1 [${granted}]`])
      p.publish('t', 'x', { qos: published })
      if (published === 2) p.acknowledge(PUBREL, 1)
      const least = Math.min(published, granted)
      expect(s.lines()).toEqual([`PUBLISH q${least} r0 d0 m${least === 0 ? 0 : 1} t x`])
    },
  )

  test('Packet Identifiers count from 1 for each session, QoS 0 takes none [MQTT-2.2.1-2, MQTT-2.2.1-4]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const late = b.client('late', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.lines()
    p.publish('t', 'a', { qos: 1, packetId: 500 })
    p.publish('t', 'b')
    p.publish('t', 'c', { qos: 1, packetId: 700 })
    late.subscribe('t', 1)
    late.lines()
    p.publish('t', 'd', { qos: 1, packetId: 900 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t a', 'PUBLISH q0 r0 d0 m0 t b', 'PUBLISH q1 r0 d0 m2 t c', 'PUBLISH q1 r0 d0 m3 t d'])
    expect(late.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t d'])
  })

  test('both sides may use one identifier at the same time [section 2.2.1]', () => {
    const b = new TestBroker()
    const a = b.client('a', { version })
    a.subscribe('t', 2)
    a.lines()
    a.publish('t', 'mine', { qos: 2, packetId: 1 })
    expect(a.lines()).toEqual(['PUBREC m1'])
    a.acknowledge(PUBREL, 1)
    expect(a.lines().sort()).toEqual(['PUBCOMP m1', 'PUBLISH q2 r0 d0 m1 t mine'])
    a.publish('t', 'again', { qos: 2, packetId: 1 })
    a.acknowledge(PUBREC, 1)
    expect(a.lines()).toEqual(['PUBREC m1', 'PUBREL m1'])
  })

  test('DUP of the publisher is not propagated [MQTT-3.3.1-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    p.publish('t', 'q1', { qos: 1, packetId: 1, dup: true })
    p.publish('t', 'q2', { qos: 2, packetId: 2, dup: true })
    p.acknowledge(PUBREL, 2)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t q1', 'PUBLISH q2 r0 d0 m2 t q2'])
  })

  test('at most max_inflight_messages are unacknowledged, the next one follows each acknowledgement [MQTT-4.9.0-2]', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 2 } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    s.lines()
    for (let id = 1; id <= 4; id++) p.publish('t', `m${id}`, { qos: 1, packetId: id })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t m1', 'PUBLISH q1 r0 d0 m2 t m2'])
    p.publish('t', 'm5') // QoS 0 is not held back
    expect(s.lines()).toEqual(['PUBLISH q0 r0 d0 m0 t m5'])
    s.acknowledge(PUBACK, 1)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m3 t m3'])
    s.acknowledge(PUBACK, 2, 3)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m4 t m4'])
  })

  test('an identifier out of order is not used again before its predecessor is finished [MQTT-2.2.1-4]', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 2 } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.lines()
    for (let id = 1; id <= 5; id++) p.publish('t', `m${id}`, { qos: 1, packetId: id })
    s.lines()
    s.acknowledge(PUBACK, 2)
    s.acknowledge(PUBACK, 3)
    s.acknowledge(PUBACK, 4)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m3 t m3', 'PUBLISH q1 r0 d0 m4 t m4', 'PUBLISH q1 r0 d0 m5 t m5'])
    s.acknowledge(PUBACK, 1)
    expect(s.lines()).toEqual([])
  })

  test('a client that publishes to $SYS is acknowledged and heard by nobody', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('$SYS/#', 2)
    s.lines()
    p.publish('$SYS/broker/version', 'forged', { qos: 1, packetId: 3, retain: true })
    p.publish('$SYS/broker/version', 'forged', { qos: 2, packetId: 4 })
    expect(p.lines()).toEqual(version === 5 ? ['PUBACK m3 0x87', 'PUBREC m4 0x87'] : ['PUBACK m3', 'PUBREC m4'])
    if (version !== 5) {
      p.acknowledge(PUBREL, 4)
      expect(p.lines()).toEqual(['PUBCOMP m4'])
    }
    expect(s.lines()).toEqual([])
    expect(b.broker.retainedCount).toBe(0)
    expect(b.broker.slabs.outstanding).toBe(0)
  })
})

function publishBytes(version: 3 | 4 | 5, packetId: number): Uint8Array {
  return encodePacket(
    {
      type: PacketType.Publish,
      topicName: 't',
      payload: new TextEncoder().encode(String(packetId)),
      qos: 2,
      retain: false,
      dup: false,
      packetId,
      properties: {},
    },
    version,
  )
}
