// Law: however the bytes of a stream are cut, the same packets come out.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { Packet, ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { packet, publish, SENDERS, VERSIONS } from './arbitraries.ts'
import { cut, described, joined, receive } from './framing.ts'

/** Packets with stretches of equal heads and rows of acknowledgements, as real traffic has them. */
function stream(version: ProtocolVersion, sender: 'client' | 'server'): fc.Arbitrary<Packet[]> {
  const one = packet(version, sender).map((only) => [only])
  const stretch = fc
    .tuple(publish(version, sender), fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 65535 })), { minLength: 1, maxLength: 6 }))
    .map(([first, others]) => [first, ...others.map(([payload, id]) => ({ ...first, payload: new Uint8Array(payload), packetId: first.qos > 0 ? id : 0 }))])
  const row = fc
    .tuple(fc.constantFrom(4 as const, 5 as const, 6 as const, 7 as const), fc.array(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 6 }))
    .map(([type, ids]) => ids.map((packetId): Packet => ({ type, packetId, reasonCode: 0, properties: {} })))
  return fc.array(fc.oneof(one, stretch, row), { minLength: 1, maxLength: 5 }).map((parts) => parts.flat())
}

for (const version of VERSIONS) {
  for (const sender of SENDERS) {
    test(`version ${version}, sent by a ${sender}: any chunks bring the same packets`, () => {
      fc.assert(
        fc.property(stream(version, sender), fc.array(fc.nat(), { maxLength: 12 }), (packets, places) => {
          const bytes = joined(packets.map((one) => encodePacket(one, version)))
          const whole = receive([bytes], { version, sender })
          expect(whole.error).toBe(null)
          expect(described(whole.packets)).toEqual(described(packets))
          for (const chunks of [cut(bytes, places), bytes.length < 2000 ? [...bytes].map((byte) => Uint8Array.of(byte)) : [bytes]]) {
            const received = receive(chunks, { version, sender })
            expect(received.error).toBe(null)
            expect(received.kept).toBe(0)
            expect(described(received.packets)).toEqual(described(packets))
          }
        }),
        { numRuns: 60 },
      )
    })
  }
}

test('every single place to cut a short stream', () => {
  const publishes = [1, 2, 3].map(
    (packetId): Packet => ({
      type: 3,
      topicName: 'a/b',
      payload: new Uint8Array(150),
      qos: 1,
      retain: false,
      dup: false,
      packetId,
      properties: { contentType: 'x' },
    }),
  )
  const packets: Packet[] = [
    ...publishes,
    { type: 12 },
    ...publishes,
    { type: 4, packetId: 1, reasonCode: 0, properties: {} },
    { type: 4, packetId: 2, reasonCode: 0, properties: {} },
  ]
  const bytes = joined(packets.map((one) => encodePacket(one, 5)))
  const expected = described(packets)
  for (let first = 0; first <= bytes.length; first++) {
    expect(described(receive(cut(bytes, [first]), { version: 5, sender: 'client' }).packets)).toEqual(expected)
    expect(described(receive(cut(bytes, [first, first + 1, first + 3]), { version: 5, sender: 'client' }).packets)).toEqual(expected)
  }
})

test('packets that repeat a head come in one run, a row of acknowledgements in one call', () => {
  const publishes = [1, 2, 3].map(
    (packetId): Packet => ({ type: 3, topicName: 'a/b', payload: Uint8Array.of(packetId), qos: 1, retain: false, dup: false, packetId, properties: {} }),
  )
  const other: Packet = { type: 3, topicName: 'a/c', payload: Uint8Array.of(1), qos: 1, retain: false, dup: false, packetId: 4, properties: {} }
  const acknowledgements = [1, 2, 3].map((packetId): Packet => ({ type: 4, packetId, reasonCode: 0, properties: {} }))
  const bytes = joined([...publishes, other, ...acknowledgements].map((one) => encodePacket(one, 4)))
  expect(receive([bytes], { version: 4, sender: 'client' }).calls).toBe(3)
})

test('heads whose bytes go on alike but whose lengths differ are not one run', () => {
  const one = (topicName: string, payload: string): Packet => ({
    type: 3,
    topicName,
    payload: Uint8Array.from(payload, (character) => character.charCodeAt(0)),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: {},
  })
  const packets = [one('ab', 'x'), one('a', 'bx'), one('ab', 'x'), one('abx', '')]
  const bytes = joined(packets.map((packet) => encodePacket(packet, 4)))
  expect(described(receive([bytes], { version: 4, sender: 'client' }).packets)).toEqual(described(packets))
  const aliased: Packet[] = [1, 2].map((topicAlias) => ({ ...one('a', 'x'), properties: { topicAlias } }) as Packet)
  expect(described(receive([joined(aliased.map((packet) => encodePacket(packet, 5)))], { version: 5, sender: 'client' }).packets)).toEqual(described(aliased))
})

test('a fault is found wherever the stream is cut, after all packets before it', () => {
  const good = encodePacket({ type: 3, topicName: 'a', payload: Uint8Array.of(1), qos: 1, retain: false, dup: false, packetId: 1, properties: {} }, 5)
  const faults = [
    '36 05 0001 61 0001 00',
    '32 06 0001 61 0000 00',
    '32 06 0001 23 0001 00',
    '30 ff ff ff ff 7f',
    '30 84 00 0001 61 00',
    'c0 01 00',
    '40 04 0001 00 01',
  ]
  for (const fault of faults) {
    const bytes = joined([good, good, Uint8Array.from(fault.replaceAll(' ', '').match(/../g)!, (pair) => Number.parseInt(pair, 16)), good])
    const whole = receive([bytes], { version: 5, sender: 'client', maximum: sizes() })
    expect(whole.error, fault).not.toBe(null)
    expect(whole.packets.length, fault).toBe(2)
    for (let place = 0; place <= bytes.length; place++) {
      const received = receive(cut(bytes, [place]), { version: 5, sender: 'client', maximum: sizes() })
      expect([received.error?.reasonCode, received.error?.answered, received.packets.length], `${fault} cut at ${place}`).toEqual([
        whole.error!.reasonCode,
        whole.error!.answered,
        2,
      ])
    }
  }
})

function sizes(): Int32Array {
  const maximum = new Int32Array(16).fill(1000)
  maximum[12] = 0
  return maximum
}
