// Laws: what a client writes and reads in its short ways is what the general codec writes and reads.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { aliasedRemainingLength, writeAliasedPublish, writePlainAcknowledgement } from '../../src/wire/mqtt/encode-plain.ts'
import { Framer } from '../../src/wire/mqtt/framer.ts'
import { PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'
import { PublishReader } from '../../src/wire/mqtt/read-publish.ts'
import { publish } from './arbitraries.ts'
import { hex, joined } from './framing.ts'

const identifier = fc.integer({ min: 1, max: 65535 })

test('a PUBLISH behind an alias is written as the encoder writes it', () => {
  const sizes = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(16_375, 16_378, 16_384))
  fc.assert(
    fc.property(fc.constantFrom<Qos>(0, 1, 2), fc.boolean(), identifier, identifier, sizes, (qos, retain, packetId, topicAlias, size) => {
      const payload = new Uint8Array(size).map((_, i) => i * 7)
      const type = PacketType.Publish
      const packet: Publish = { type, topicName: '', payload, qos, retain, dup: false, packetId: qos === 0 ? 0 : packetId, properties: { topicAlias } }
      const wanted = encodePacket(packet, 5)
      const out = new Uint8Array(wanted.length + 5)
      const end = writeAliasedPublish(qos, retain, packetId, topicAlias, payload, aliasedRemainingLength(qos, payload), out, 3)
      expect(hex(out.subarray(3, end))).toBe(hex(wanted))
    }),
  )
})

test('an acknowledgement of success is written as the encoder writes it, in all versions', () => {
  const types = fc.constantFrom(PacketType.Puback, PacketType.Pubrec, PacketType.Pubrel, PacketType.Pubcomp)
  fc.assert(
    fc.property(types, identifier, fc.constantFrom(3 as const, 4 as const, 5 as const), (type, packetId, version) => {
      const out = new Uint8Array(6)
      const end = writePlainAcknowledgement(type, packetId, out, 1)
      expect(hex(out.subarray(1, end))).toBe(hex(encodePacket({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES }, version)))
    }),
  )
})

test('a client reads runs of PUBLISH as the decoder reads the packets one by one', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(fc.tuple(publish(5, 'server'), payloads), { minLength: 1, maxLength: 4 }), identifier, (runs, first) => {
      const frames = runs.flatMap(([packet, all]) =>
        all.map((payload, i) => encodePacket({ ...packet, payload, packetId: packet.qos === 0 ? 0 : ((first + i) % 65535) + 1 }, 5)),
      )
      const wanted = frames.map((frame) => {
        const body = frame.findIndex((byte, at) => at > 0 && byte < 128) + 1
        return decodePacket(frame[0]!, frame, body, frame.length, 5, 'server')
      })
      const read: Publish[] = []
      const reader = new PublishReader()
      const framer = new Framer(new Int32Array(16).fill(268_435_455), reader.decodeHead, 'server')
      framer.version = 5
      const bytes = joined(frames)
      framer.feed(bytes, 0, bytes.length, {
        publishes: (run) => {
          read.push(reader.first!)
          for (let i = run.from + 1; i < run.to; i++) read.push(reader.repeat(reader.first!, run, i))
        },
        acknowledgements: () => {},
        packet: () => {},
      })
      bytes.fill(0xee) // borrowed: nothing read may change
      expect(read).toEqual(wanted)
    }),
  )
})
