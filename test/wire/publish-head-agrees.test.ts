// Law: the fast description of a PUBLISH and the plain decoder accept the same bytes, refuse with the same Reason Code and see the same values.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/wire/errors.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { decodePublishHead } from '../../src/wire/mqtt/decode-publish.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { Framer, type FrameSink } from '../../src/wire/mqtt/framer.ts'
import type { Publish, Sender } from '../../src/wire/mqtt/packet.ts'
import type { PublishRun } from '../../src/wire/mqtt/publish-run.ts'
import { publish, SENDERS } from './arbitraries.ts'
import { fromHex, hex } from './framing.ts'

/** What the framer says about one PUBLISH with this first byte and body, in words. */
function fast(header: number, body: Uint8Array, version: 4 | 5, sender: Sender): string {
  const framer = new Framer(new Int32Array(16).fill(268_435_455), decodePublishHead, sender)
  const bytes = new Uint8Array([header, ...varint(body.length), ...body])
  framer.version = version
  let seen = ''
  const sink: FrameSink = { publishes: (run) => (seen = shown(run)), acknowledgements: () => {}, packet: () => {} }
  try {
    framer.feed(bytes, 0, bytes.length, sink)
  } catch (error) {
    return refused(error)
  }
  return seen
}

function shown(run: PublishRun): string {
  const body = run.bodies[0]!
  const payload = run.bytes.subarray(body + run.headLength, run.starts[1]!)
  const topic = Buffer.from(run.topicBytes.subarray(run.topicAt, run.topicAt + run.topicLength)).toString('utf8')
  const id = run.qos > 0 ? run.packetId(0) : 0
  return JSON.stringify([run.header, topic, id, run.topicAlias, run.expiry, run.hasIdentifiers, hex(payload)])
}

function plain(header: number, body: Uint8Array, version: 4 | 5, sender: Sender): string {
  try {
    const packet = decodePacket(header, body, 0, body.length, version, sender) as Publish
    const { properties } = packet
    const identifiers = properties.subscriptionIdentifiers !== undefined
    return JSON.stringify([
      header,
      packet.topicName,
      packet.packetId,
      properties.topicAlias ?? 0,
      properties.messageExpiryInterval ?? -1,
      identifiers,
      hex(packet.payload),
    ])
  } catch (error) {
    return refused(error)
  }
}

function refused(error: unknown): string {
  if (!(error instanceof ProtocolError)) throw error
  return `refused 0x${error.reasonCode.toString(16)}`
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]
}

const edit = fc.tuple(
  fc.nat(),
  fc.constantFrom('set', 'drop', 'insert', 'add'),
  fc.oneof(fc.constantFrom(0, 1, 2, 3, 8, 9, 0x0b, 0x23, 0x26, 0x11, 0x7f, 0x80, 0xff), fc.nat(255)),
)

for (const version of [4, 5] as const) {
  for (const sender of SENDERS) {
    test(`version ${version}, from a ${sender}: valid and mutated`, () => {
      const verdicts = new Set<string>()
      fc.assert(
        fc.property(
          publish(version, sender),
          fc.array(edit, { maxLength: 3 }),
          fc.oneof({ weight: 6, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(15) }),
          (packet, edits, flags) => {
            const bytes = encodePacket(packet, version)
            const header = flags < 0 ? bytes[0]! : 0x30 | flags
            const body = [...bytes.subarray(bytes[1]! > 127 ? (bytes[2]! > 127 ? 4 : 3) : 2)]
            for (const [place, how, byte] of edits) {
              const at = place % (body.length + 1)
              if (how === 'set') body[at] = byte
              else if (how === 'add') body[at] = ((body[at] ?? 0) + 1) & 255
              else if (how === 'drop') body.splice(at, 1)
              else body.splice(at, 0, byte)
            }
            const given = Uint8Array.from(body)
            const verdict = plain(header, given, version, sender)
            verdicts.add(verdict.startsWith('refused') ? verdict : 'taken')
            expect(fast(header, given, version, sender)).toBe(verdict)
          },
        ),
        { numRuns: 1500 },
      )
      expect([...verdicts]).toEqual(expect.arrayContaining(['refused 0x81', ...(version === 5 ? ['refused 0x82'] : []), 'taken']))
    })
  }
}

/** Every property that a PUBLISH can have, and one that it cannot, in all pairs: duplicates and order. */
test('every pair of properties', () => {
  const values = [
    '01 01',
    '01 02',
    '01',
    '02 00000001',
    '02 0000',
    '03 0001 61',
    '03 0002 61',
    '03 0001 ff',
    '08 0001 61',
    '08 0001 2b',
    '08 0000',
    '09 0001 00',
    '0b 01',
    '0b 00',
    '0b 8000',
    '0b ff ff ff ff 01',
  ]
  values.push(
    '23 0001',
    '23 0000',
    '23 00',
    '26 0001 61 0001 62',
    '26 0001 61',
    '26 0001 61 0001 00',
    '11 00000001',
    '21 0001',
    '2a 01',
    '00',
    '7f',
    '26 0000 0001 01',
  )
  for (const first of ['', ...values]) {
    for (const second of values) {
      const properties = fromHex(first + second)
      for (const [topic, sender] of [
        ['0001 61', 'client'],
        ['0001 61', 'server'],
        ['0000', 'client'],
      ] as const) {
        const body = fromHex(`${topic} ${hex(Uint8Array.of(properties.length))} ${hex(properties)} 78`)
        expect(fast(0x30, body, 5, sender), `${sender}: ${hex(body)}`).toBe(plain(0x30, body, 5, sender))
      }
    }
  }
})
