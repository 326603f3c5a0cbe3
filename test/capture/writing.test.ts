// What is written is read back the same, in every format that can hold it; made-up connections have right sums.
// Real readers of these files are in test/interop.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressBytes } from '../../src/capture/address-bytes.ts'
import { readFrames } from '../../src/capture/capture-reader.ts'
import { type CaptureFormat, captureWriter } from '../../src/capture/capture-writer.ts'
import { keptFrame } from '../../src/capture/captured-frame.ts'
import { type CaptureInterface, type CaptureItem, type Frame, isFrame } from '../../src/capture/frame.ts'
import { addToSum, checksumOf } from '../../src/capture/internet-checksum.ts'
import { SyntheticConnection } from '../../src/capture/synthetic-connection.ts'

const ETHERNET: CaptureInterface = { linkType: 1, name: null, description: null, snapLength: 0 }

function written(format: CaptureFormat, items: readonly CaptureItem[]): Buffer {
  const parts: Buffer[] = []
  const writer = captureWriter(format, (bytes) => parts.push(Buffer.copyBytesFrom(bytes)), 'a test')
  for (const item of items) writer.write(item)
  writer.finish()
  return Buffer.concat(parts)
}

async function readBack(bytes: Uint8Array): Promise<CaptureItem[]> {
  const items: CaptureItem[] = []
  for await (const item of readFrames([bytes])) items.push(isFrame(item) ? keptFrame(item) : item)
  return items
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'))
const somewhere = fc.record({
  linkType: fc.constantFrom(0, 1, 101, 113, 276),
  name: fc.option(text),
  description: fc.option(text),
  snapLength: fc.constantFrom(0, 65535),
  decimals: fc.constant(9),
})
const frameOf = (where: CaptureInterface, id: number | null): fc.Arbitrary<Omit<Frame, 'number'>> =>
  fc.record({
    bytes: fc.uint8Array({ maxLength: 100 }),
    length: fc.integer({ min: 0, max: 0xffffffff }),
    seconds: fc.integer({ min: 0, max: 4_000_000_000 }),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
    hasTime: fc.constant(true),
    interface: fc.constant(where),
    interfaceId: fc.constant(id),
    section: fc.constant(1),
    comments: fc.array(text, { maxLength: 3 }),
    flags: fc.option(fc.integer({ min: 0, max: 0xffffffff })),
  })

test('pcapng: frames, interfaces, comments, flags and secrets come back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(somewhere, { minLength: 1, maxLength: 3 })
        .chain((places) => fc.array(fc.oneof(...places.map((where) => frameOf(where, -1)), fc.record({ keyLog: text })), { maxLength: 10 })),
      async (given) => {
        let number = 0
        const ids = new Map<CaptureInterface, number>()
        const items = given.map((item): CaptureItem => {
          if ('keyLog' in item) return item
          if (!ids.has(item.interface)) ids.set(item.interface, ids.size)
          return { ...item, number: ++number, interfaceId: ids.get(item.interface)! }
        })
        expect(await readBack(written('pcapng', items))).toEqual(items)
      },
    ),
    { numRuns: 200 },
  )
})

test.each(['pcap', 'nsecpcap'] as const)('%s: frames come back, with the times it can hold', async (format) => {
  await fc.assert(
    fc.asyncProperty(fc.array(frameOf(ETHERNET, null), { maxLength: 10 }), async (frames) => {
      const unit = format === 'pcap' ? 1000 : 1
      const items = frames.map((frame, i) => ({ ...frame, number: i + 1 }))
      const back = items.map((frame) => ({
        ...frame,
        nanoseconds: Math.floor(frame.nanoseconds / unit) * unit,
        comments: [],
        flags: null,
        interface: { ...ETHERNET, snapLength: 262_144, decimals: unit === 1 ? 9 : 6 },
      }))
      expect(await readBack(written(format, items))).toEqual(back)
    }),
    { numRuns: 100 },
  )
})

test('pcap cannot hold two link types, and says what can', () => {
  const frame = {
    number: 1,
    bytes: new Uint8Array(1),
    length: 1,
    seconds: 0,
    nanoseconds: 0,
    hasTime: true,
    interfaceId: null,
    section: 1,
    comments: [],
    flags: null,
  }
  expect(() =>
    written('pcap', [
      { ...frame, interface: ETHERNET },
      { ...frame, number: 2, interface: { ...ETHERNET, linkType: 113 } },
    ]),
  ).toThrow(/frame 2 has link type 113, the file 1: pcap holds one only, write pcapng/)
})

test.each(['pcapng', 'pcap', 'nsecpcap'] as const)('an empty %s is a capture without frames', async (format) => {
  expect(await readBack(written(format, []))).toEqual([])
})

function connection(client: string, server: string, act: (made: SyntheticConnection) => void): Frame[] {
  const frames: Frame[] = []
  act(new SyntheticConnection(ETHERNET, { address: client, port: 40000 }, { address: server, port: 1883 }, (frame) => frames.push(keptFrame(frame))))
  return frames
}

/** Offsets of the IP and TCP headers, by the version in the frame. */
function layers(frame: Frame): { ip: number; tcp: number; isIpv6: boolean } {
  const isIpv6 = frame.bytes[12] === 0x86
  return { ip: 14, tcp: 14 + (isIpv6 ? 40 : 20), isIpv6 }
}

test.each([
  ['10.0.0.1', '10.0.0.2'],
  ['::1', 'fe80::2%eth0'],
  ['127.0.0.1', '::1'],
  ['', '127.0.0.1'],
])('a made-up connection from %j to %j: handshake, data in segments, acknowledgements, end, checksums', (client, server) => {
  const sent = new Uint8Array(70_000).map((_, i) => i)
  const frames = connection(client, server, (made) => {
    made.open(1_000_000_000n)
    made.data('client', sent, 2_000_000_005n)
    made.data('server', Uint8Array.of(0x20, 2, 0, 0), 3_000_000_000n)
    made.close('client', false, 4_000_000_000n)
  })
  const seen = frames.map((frame) => {
    const { tcp } = layers(frame)
    const view = new DataView(frame.bytes.buffer)
    return {
      from: view.getUint16(tcp),
      flags: frame.bytes[tcp + 13],
      sequence: view.getUint32(tcp + 4),
      acknowledged: view.getUint32(tcp + 8),
      length: frame.bytes.length - tcp - 20,
    }
  })
  const c = (flags: number, sequence: number, acknowledged: number, length = 0) => ({ from: 40000, flags, sequence, acknowledged, length })
  const s = (flags: number, sequence: number, acknowledged: number, length = 0) => ({ from: 1883, flags, sequence, acknowledged, length })
  expect(seen).toEqual([
    c(2, 0, 0),
    s(18, 0, 1),
    c(16, 1, 1),
    c(24, 1, 1, 32768),
    c(24, 32769, 1, 32768),
    c(24, 65537, 1, 4464),
    s(24, 1, 70001, 4),
    c(17, 70001, 5),
    s(17, 5, 70002),
    c(16, 70002, 6),
  ])
  expect(frames[3]).toMatchObject({ number: 4, seconds: 2, nanoseconds: 5 })
  for (const frame of frames) {
    const { ip, tcp, isIpv6 } = layers(frame)
    const { bytes } = frame
    if (!isIpv6) expect(checksumOf(addToSum(0, bytes, ip, tcp)), 'IP').toBe(0)
    const [from, to] = isIpv6 ? [ip + 8, ip + 40] : [ip + 12, ip + 20]
    expect(checksumOf(addToSum(addToSum(6 + bytes.length - tcp, bytes, from!, to!), bytes, tcp, bytes.length)), 'TCP').toBe(0)
  }
})

test('a reset ends a connection at once', () => {
  const frames = connection('10.0.0.1', '10.0.0.2', (made) => {
    made.open(0n)
    made.close('server', true, 0n)
  })
  expect(frames).toHaveLength(4)
  expect(frames[3]!.bytes[47]).toBe(20)
})

test.each([
  ['10.0.0.1', [10, 0, 0, 1]],
  ['::', new Array(16).fill(0)],
  ['::1', [...new Array(15).fill(0), 1]],
  ['fe80::1%lo', [0xfe, 0x80, ...new Array(13).fill(0), 1]],
  ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['::ffff:1.2.3.4', [...new Array(10).fill(0), 255, 255, 1, 2, 3, 4]],
  ['256.0.0.1', null],
  ['1.2.3', null],
  ['1::2::3', null],
  ['1:2:3:4:5:6:7:8:9', null],
  ['g::', null],
  ['', null],
] as const)('address %j', (given, bytes) => {
  expect(addressBytes(given)).toEqual(bytes === null ? null : Uint8Array.from(bytes))
})
