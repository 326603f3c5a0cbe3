// A stream cut into packets, whatever the pieces: nothing is lost, nothing is added, and what is no packet stream does no harm.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketCutter } from '../../src/faults/packet-cutter.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'

const packet = fc
  .record({ size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(119, 120, 121, 16_375, 16_376, 16_377)), qos: fc.constantFrom(0, 1, 2) })
  .map(({ size, qos }) =>
    encodePacket(
      {
        type: PacketType.Publish,
        topicName: 'topic',
        payload: new Uint8Array(size).fill(0x90),
        qos: qos as 0 | 1 | 2,
        retain: false,
        dup: false,
        packetId: qos === 0 ? 0 : 7,
        properties: {},
      },
      5,
    ),
  )

test('packets come out as they went in, in whatever pieces', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 30 }), (packets, sizes) => {
      const stream = Buffer.concat(packets)
      const cutter = new PacketCutter()
      const out: Uint8Array[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const end = Math.min(stream.length, at + sizes[i % sizes.length]!)
        const borrowed = Uint8Array.from(stream)
        out.push(...cutter.cut(borrowed, at, end))
        borrowed.fill(0)
        at = end
      }
      expect(out.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(packets.map((bytes) => Buffer.from(bytes).toString('hex')))
      expect(cutter.waiting).toBe(0)
    }),
    { numRuns: 150 },
  )
})

test('any bytes at all come out in order and whole', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 20 }), (pieces) => {
      const cutter = new PacketCutter()
      const out = pieces.flatMap((piece) => cutter.cut(piece, 0, piece.length))
      expect(Buffer.concat([...out, cutter.rest])).toEqual(Buffer.concat(pieces))
    }),
  )
})

test('after a length that never ends everything is passed on as it comes', () => {
  const cutter = new PacketCutter()
  expect(cutter.cut(Uint8Array.of(0xc0, 0, 0x30, 0xff, 0xff, 0xff), 0, 6)).toEqual([Uint8Array.of(0xc0, 0)])
  expect(cutter.waiting).toBe(4)
  expect(cutter.cut(Uint8Array.of(0xff, 1), 0, 2)).toEqual([Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 1)])
  expect(cutter.cut(Uint8Array.of(1), 0, 1)).toEqual([Uint8Array.of(1)])
})
