// Law: whatever bytes come, the answer is packets, a wish for more, or a ProtocolError; memory is bounded by what arrived.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/wire/errors.ts'
import { decodePublishHead } from '../../src/wire/mqtt/decode-publish.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { Framer } from '../../src/wire/mqtt/framer.ts'
import type { ProtocolVersion, Sender } from '../../src/wire/mqtt/packet.ts'
import { clientPacketSizes, packetSizes } from '../../src/wire/mqtt/packet-sizes.ts'
import { packet, SENDERS, VERSIONS } from './arbitraries.ts'
import { cut, described, joined, Recorder, receive } from './framing.ts'

/** Valid packets with some bytes changed, taken out or put in. */
function mutated(version: ProtocolVersion, sender: Sender): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(
    fc.nat(),
    fc.constantFrom('set', 'drop', 'insert', 'add'),
    fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x23, 0x26, 0x0b), fc.nat(255)),
  )
  return fc
    .tuple(fc.array(packet(version, sender), { minLength: 1, maxLength: 3 }), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([packets, changes]) => {
      const bytes = [...joined(packets.map((one) => encodePacket(one, version)))]
      for (const [place, how, byte] of changes) {
        const at = place % bytes.length
        if (how === 'set') bytes[at] = byte
        else if (how === 'add') bytes[at] = (bytes[at]! + 1) & 255
        else if (how === 'drop' && bytes.length > 1) bytes.splice(at, 1)
        else bytes.splice(at, 0, byte)
      }
      return Uint8Array.from(bytes)
    })
}

for (const version of VERSIONS) {
  for (const sender of SENDERS) {
    const sizes = sender === 'client' ? packetSizes(2_000_000, version) : clientPacketSizes(2_000_000, version)
    test(`version ${version}, from a ${sender}: random and mutated bytes`, () => {
      let faults = 0
      let taken = 0
      fc.assert(
        fc.property(
          fc.oneof({ weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) }, { weight: 4, arbitrary: mutated(version, sender) }),
          fc.array(fc.nat(), { maxLength: 4 }),
          fc.boolean(),
          (bytes, places, before) => {
            const maximum = before ? sizes.before : sizes.after
            const whole = receive([bytes], { version, sender, maximum })
            const received = receive(cut(bytes, places), { version, sender, maximum })
            expect(received.kept).toBeLessThanOrEqual(bytes.length)
            expect(described(received.packets)).toEqual(described(whole.packets))
            expect(received.error?.reasonCode).toBe(whole.error?.reasonCode)
            expect(received.error?.answered).toBe(whole.error?.answered)
            if (whole.error === null) taken += whole.packets.length
            else {
              faults++
              expect(whole.error.reasonCode).toBeGreaterThanOrEqual(0x80)
              expect(whole.error.message).not.toBe('')
            }
          },
        ),
        { numRuns: 700 },
      )
      expect(faults).toBeGreaterThan(50)
      expect(taken).toBeGreaterThan(20)
    })
  }
}

test('an announced length costs nothing: 2,000 connections that announce 256 MiB and send 100 bytes', () => {
  const maximum = new Int32Array(16).fill(268_435_455)
  const chunk = Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61, ...new Array(92).fill(0)])
  const before = process.memoryUsage().arrayBuffers
  const framers = Array.from({ length: 2000 }, () => new Framer(maximum, decodePublishHead))
  for (const framer of framers) {
    framer.version = 5
    framer.feed(chunk, 0, chunk.length, new Recorder(5, 'client'))
  }
  expect(framers.every((framer) => framer.kept === 100)).toBe(true)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000)
})

test('a large packet that trickles in is kept as it comes, and arrives whole', () => {
  const payload = new Uint8Array(1_000_000).map((_, i) => i)
  const framer = new Framer(new Int32Array(16).fill(2_000_000), decodePublishHead)
  const recorder = new Recorder(4, 'client')
  const bytes = encodePacket({ type: 3, topicName: 'a', payload, qos: 0, retain: false, dup: false, packetId: 0, properties: {} }, 4)
  for (let at = 0; at < bytes.length; at += 1460) {
    expect(framer.kept).toBe(at)
    framer.feed(bytes, at, Math.min(at + 1460, bytes.length), recorder)
  }
  expect(framer.kept).toBe(0)
  const [received] = recorder.packets
  expect(received?.type === 3 && Buffer.compare(received.payload, payload)).toBe(0)
})

test('after a fault everything is ignored', () => {
  const framer = new Framer(new Int32Array(16).fill(1000), decodePublishHead)
  const recorder = new Recorder(4, 'client')
  const bad = Uint8Array.of(0x36, 2, 0, 0)
  const good = Uint8Array.of(0xc0, 0)
  expect(() => framer.feed(bad, 0, bad.length, recorder)).toThrow(ProtocolError)
  framer.feed(good, 0, good.length, recorder)
  expect(recorder.packets).toEqual([])
})
