// Law: a run in another shape is what decoding, changing and encoding each packet gives.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { encodeRun, type PublishShape } from '../../src/wire/mqtt/encode-publish.ts'
import { readRun } from '../../src/wire/mqtt/framer.ts'
import type { Publish, Qos } from '../../src/wire/mqtt/packet.ts'
import { PublishRun, setPacketId } from '../../src/wire/mqtt/publish-run.ts'
import { publish } from './arbitraries.ts'
import { described, hex, joined } from './framing.ts'

const shape: fc.Arbitrary<PublishShape> = fc
  .record({
    version: fc.constantFrom<4 | 5>(4, 5),
    qos: fc.constantFrom<Qos>(0, 1, 2),
    retain: fc.constantFrom(0, 1),
    identifiers: fc.option(fc.array(fc.constantFrom(1, 127, 128, 16384, 268435455), { minLength: 1, maxLength: 3 })),
    alias: fc.constantFrom(0, 1, 65535),
    omitTopic: fc.boolean(),
    strip: fc.constantFrom(0, 1),
  })
  .map((wanted) =>
    wanted.version === 5 ? { ...wanted, omitTopic: wanted.omitTopic && wanted.alias > 0 } : { ...wanted, identifiers: null, alias: 0, omitTopic: false },
  )

function run(packets: readonly Publish[], version: 4 | 5): PublishRun {
  const bytes = joined(packets.map((packet) => encodePacket(packet, version)))
  const made = new PublishRun()
  readRun(made, bytes, 0, bytes.length, version)
  return made
}

/** The same in the slow way. */
function changed(packet: Publish, { version, qos, retain, identifiers, alias, omitTopic, strip }: PublishShape, packetId: number): Publish {
  const { topicAlias: _, ...kept } = version === 5 ? packet.properties : {}
  return {
    ...packet,
    topicName: omitTopic ? '' : packet.topicName.slice(strip),
    qos,
    retain: retain === 1,
    dup: false,
    packetId: qos > 0 ? packetId : 0,
    properties: { ...kept, ...(alias > 0 ? { topicAlias: alias } : {}), ...(identifiers !== null ? { subscriptionIdentifiers: identifiers } : {}) },
  }
}

for (const version of [4, 5] as const) {
  test(`from version ${version}: any shape, any part of the run, byte for byte`, () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 120 }), { minLength: 1, maxLength: 6 })
    const named = publish(version, 'client').filter((packet) => packet.topicName !== '')
    fc.assert(
      fc.property(named, payloads, shape, fc.nat(), fc.nat(), (first, others, shaped, a, b) => {
        const wanted = /^[ -~]./u.test(first.topicName) ? shaped : { ...shaped, strip: 0 }
        const packets = others.map((payload, i) => ({ ...first, payload: new Uint8Array(payload), packetId: first.qos > 0 ? i + 1 : 0 }))
        const from = a % packets.length
        const to = from + 1 + (b % (packets.length - from))
        const source = run(packets, version)
        const target = new PublishRun()
        source.select(from, to)
        encodeRun(target, source, wanted)
        if (wanted.qos > 0) for (let i = 0; i < target.count; i++) setPacketId(target, i, 1000 + i)
        const expected = packets.slice(from, to).map((packet, i) => changed(packet, wanted, 1000 + i))
        expect(hex(target.view())).toBe(hex(joined(expected.map((packet) => encodePacket(packet, wanted.version)))))
        expect(target.count).toBe(to - from)
        expect(target.largest).toBe(Math.max(...expected.map((packet) => encodePacket(packet, wanted.version).length)))
        expect(target.expiry).toBe(wanted.version === 5 && version === 5 ? (first.properties.messageExpiryInterval ?? -1) : -1)
      }),
      { numRuns: 300 },
    )
  })
}

test('a Topic Alias is resolved and taken out wherever it stands, Subscription Identifiers of a server stay', () => {
  fc.assert(
    fc.property(
      publish(5, 'server').filter((packet) => packet.topicName !== ''),
      (packet) => {
        const target = new PublishRun()
        encodeRun(target, run([packet], 5), { version: 5, qos: 0, retain: 0, identifiers: null, alias: 0, omitTopic: false, strip: 0 })
        const bytes = target.bytes.subarray(target.bodies[0]!, target.end)
        const expected = changed(packet, { version: 5, qos: 0, retain: 0, identifiers: null, alias: 0, omitTopic: false, strip: 0 }, 0)
        expect(described([decodePacket(target.header, bytes, 0, bytes.length, 5, 'server')])).toEqual(described([expected]))
      },
    ),
    { numRuns: 200 },
  )
})

test('the length field of the properties is found where it grows by a byte', () => {
  const wanted: PublishShape = { version: 5, qos: 0, retain: 0, identifiers: [1], alias: 0, omitTopic: false, strip: 0 }
  for (const size of [3, 126, 127, 128, 129, 130, 16_382, 16_383, 16_384, 16_385, 16_386]) {
    const packet: Publish = {
      type: 3,
      topicName: 'a',
      payload: Uint8Array.of(1),
      qos: 0,
      retain: false,
      dup: false,
      packetId: 0,
      properties: { contentType: 'x'.repeat(size - 3) },
    }
    const target = new PublishRun()
    encodeRun(target, run([packet], 5), wanted)
    expect(hex(target.view()), `${size} bytes`).toBe(hex(encodePacket(changed(packet, wanted, 0), 5)))
  }
})

test('a target is used again for a smaller and a larger run', () => {
  const target = new PublishRun()
  const wanted: PublishShape = { version: 4, qos: 0, retain: 0, identifiers: null, alias: 0, omitTopic: false, strip: 0 }
  for (const size of [10, 100_000, 3]) {
    const packet: Publish = { type: 3, topicName: 'a', payload: new Uint8Array(size).fill(size), qos: 1, retain: true, dup: false, packetId: 5, properties: {} }
    encodeRun(target, run([packet, packet], 4), wanted)
    const one = encodePacket({ ...packet, qos: 0, retain: false, packetId: 0 }, 4)
    expect(Buffer.compare(target.view(), joined([one, one]))).toBe(0)
  }
})
