// Law: what is encoded and decoded again is the same, for every packet type, version and side.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodedSize, encodeInto, encodePacket } from '../../src/wire/mqtt/encode.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { packet, SENDERS, VERSIONS } from './arbitraries.ts'

for (const version of VERSIONS) {
  for (const sender of SENDERS) {
    describe(`version ${version}, sent by a ${sender}`, () => {
      test('decoding gives back what was encoded', () => {
        const types = new Set<number>()
        fc.assert(
          fc.property(packet(version, sender), (original) => {
            types.add(original.type)
            const bytes = encodePacket(original, version)
            const decoded = decodePacket(bytes[0]!, bytes, bodyAt(bytes), bytes.length, version, sender)
            expect(decoded).toEqual(original)
            expect(encodePacket(decoded, version)).toEqual(bytes)
          }),
          { numRuns: 400 },
        )
        expect([...types].sort((a, b) => a - b)).toEqual(expectedTypes(version, sender))
      })

      test('the size is known beforehand and nothing is written beside it', () => {
        fc.assert(
          fc.property(packet(version, sender), fc.nat(9), (original, at) => {
            const size = encodedSize(original, version)
            const out = new Uint8Array(size + at + 5).fill(0xa5)
            expect(encodeInto(original, version, out, at)).toBe(at + size)
            expect(out.subarray(at, at + size)).toEqual(encodePacket(original, version))
            expect([...out.subarray(0, at), ...out.subarray(at + size)].every((byte) => byte === 0xa5)).toBe(true)
          }),
          { numRuns: 100 },
        )
      })
    })
  }
}

test('a decoded packet owns its bytes, also when they came in a Buffer', () => {
  const bytes = Buffer.from(
    encodePacket(
      {
        type: PacketType.Publish,
        topicName: 'a',
        payload: new Uint8Array([1, 2]),
        qos: 0,
        retain: false,
        dup: false,
        packetId: 0,
        properties: { correlationData: new Uint8Array([3]) },
      },
      5,
    ),
  )
  const decoded = decodePacket(bytes[0]!, bytes, 2, bytes.length, 5, 'client')
  bytes.fill(0)
  expect(decoded).toMatchObject({ payload: new Uint8Array([1, 2]), properties: { correlationData: new Uint8Array([3]) } })
})

test('properties keep the order of the keys, so that CONNACK is byte for byte what Mosquitto sends', () => {
  const properties = { topicAliasMaximum: 10, maximumPacketSize: 2_000_000, receiveMaximum: 20 }
  const bytes = encodePacket({ type: PacketType.Connack, sessionPresent: false, reasonCode: 0, properties }, 5)
  expect(Buffer.from(bytes).toString('hex')).toBe('200e00000b22000a27001e8480210014')
})

function bodyAt(bytes: Uint8Array): number {
  let at = 1
  while (bytes[at++]! > 127);
  return at
}

function expectedTypes(version: number, sender: string): number[] {
  const both = [3, 4, 5, 6, 7]
  const own = sender === 'client' ? [1, 8, 10, 12, 14] : [2, 9, 11, 13]
  return [...both, ...own, ...(version === 5 ? (sender === 'client' ? [15] : [14, 15]) : [])].sort((a, b) => a - b)
}
