// What a reader makes of capture files: formats, byte orders, times, several interfaces and sections, damage.
// Files are built here byte by byte, from the formats' descriptions.

import { expect, test } from 'vitest'
import { CaptureError } from '../../src/capture/capture-error.ts'
import { CaptureReader, readFrames } from '../../src/capture/capture-reader.ts'
import { keptFrame } from '../../src/capture/captured-frame.ts'
import { type CaptureItem, isFrame } from '../../src/capture/frame.ts'

/** Numbers and bytes in one byte order. */
class Bytes {
  readonly #parts: Buffer[] = []
  readonly #little: boolean

  constructor(little: boolean) {
    this.#little = little
  }

  u16(value: number): this {
    const part = Buffer.alloc(2)
    if (this.#little) part.writeUInt16LE(value)
    else part.writeUInt16BE(value)
    return this.raw(part)
  }

  u32(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(4)
      if (this.#little) part.writeUInt32LE(value)
      else part.writeUInt32BE(value)
      this.raw(part)
    }
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes))
    return this
  }

  padded(bytes: Uint8Array): this {
    return this.raw(bytes).raw(Buffer.alloc((4 - (bytes.length % 4)) % 4))
  }

  option(code: number, value: Uint8Array): this {
    return this.u16(code).u16(value.length).padded(value)
  }

  /** A pcapng block around what `fill` writes. */
  block(type: number, fill: (body: Bytes) => void): this {
    const body = new Bytes(this.#little)
    fill(body)
    const length = body.done.length + 12
    return this.u32(type, length).raw(body.done).u32(length)
  }

  section(): this {
    return this.block(0x0a0d0d0a, (body) => body.u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff, 0xffffffff))
  }

  get done(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

function pcap(little: boolean, magic = 0xa1b2c3d4, linkType = 1): Bytes {
  return new Bytes(little).u32(magic).u16(2).u16(4).u32(0, 0, 65535, linkType)
}

async function read(bytes: Uint8Array, piece = bytes.length): Promise<{ items: CaptureItem[]; error: unknown }> {
  const items: CaptureItem[] = []
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece))
  try {
    for await (const item of readFrames(pieces)) items.push(isFrame(item) ? keptFrame(item) : item)
    return { items, error: null }
  } catch (error) {
    return { items, error }
  }
}

const HELLO = Buffer.from('hello')

/** A 64-bit time as the two words of a block. */
function halves(time: bigint): [number, number] {
  return [Number(time >> 32n), Number(time & 0xffffffffn)]
}

test.each([true, false])('pcap, little endian: %s', async (little) => {
  const file = pcap(little).u32(1_700_000_000, 123_456, 5, 60).raw(HELLO).u32(1_700_000_001, 7, 0, 0).done
  const { items, error } = await read(file)
  expect(error).toBeNull()
  expect(items).toMatchObject([
    { number: 1, seconds: 1_700_000_000, nanoseconds: 123_456_000, length: 60, hasTime: true, interfaceId: null, section: 1, interface: { linkType: 1 } },
    { number: 2, seconds: 1_700_000_001, nanoseconds: 7000, length: 0 },
  ])
  expect(Buffer.from((items[0] as { bytes: Uint8Array }).bytes).toString()).toBe('hello')
})

test('pcap with nanoseconds, with longer record headers, and with a checksum length in the link type', async () => {
  const nano = await read(pcap(true, 0xa1b23c4d).u32(1, 999_999_999, 0, 0).done)
  expect(nano.items).toMatchObject([{ seconds: 1, nanoseconds: 999_999_999 }])
  const longer = await read(pcap(false, 0xa1b2cd34).u32(1, 2, 5, 5, 9, 9).raw(HELLO).done)
  expect(longer).toMatchObject({ items: [{ length: 5, nanoseconds: 2000 }], error: null })
  const checksum = await read(pcap(true, 0xa1b2c3d4, 0x14000071).u32(1, 2, 0, 0).done)
  expect(checksum.items).toMatchObject([{ interface: { linkType: 113 } }])
})

test.each([true, false])(
  'pcapng: interfaces, resolutions, offsets, comments, flags, simple and old packets, secrets, unknown blocks; little endian: %s',
  async (little) => {
    const file = new Bytes(little)
      .section()
      .block(1, (b) => b.u16(1).u16(0).u32(0).option(2, Buffer.from('eth0')).option(3, Buffer.from('the cable\0')).u32(0))
      .block(1, (b) =>
        b
          .u16(113)
          .u16(0)
          .u32(4)
          .option(9, Buffer.from([9]))
          .u32(0),
      )
      .block(1, (b) =>
        b
          .u16(101)
          .u16(0)
          .u32(0)
          .option(9, Buffer.from([0x8a]))
          .option(14, new Bytes(little).raw(little ? Buffer.from([232, 3, 0, 0, 0, 0, 0, 0]) : Buffer.from([0, 0, 0, 0, 0, 0, 3, 232])).done)
          .u32(0),
      )
      .block(0x0bae, (b) => b.u32(1, 2, 3))
      .block(10, (b) => b.u32(0x544c534b, 5).padded(HELLO))
      .block(6, (b) =>
        b
          .u32(0, ...halves(1_700_000_000_123_456n), 5, 5)
          .padded(HELLO)
          .option(1, Buffer.from('one'))
          .option(1, Buffer.from('two'))
          .option(2, new Bytes(little).u32(0x201).done)
          .u32(0),
      )
      .block(6, (b) => b.u32(1, ...halves(1_700_000_000_123_456_789n), 4, 9).raw(Buffer.from('hell')))
      // 512 of 1024 parts of a second, one thousand seconds on
      .block(6, (b) => b.u32(2, 0, 1536, 0, 0))
      .block(3, (b) => b.u32(5).padded(HELLO))
      .block(2, (b) => b.u16(1).u16(7).u32(0, 1_500_000_000, 1, 1).padded(Buffer.from('x')))
      .block(0x40000bad, (b) => b.u32(32_473, 1, 2)).done
    const { items, error } = await read(file)
    expect(error).toBeNull()
    const [secrets, ...frames] = items
    expect(secrets).toEqual({ keyLog: 'hello' })
    expect(frames).toMatchObject([
      {
        number: 1,
        seconds: 1_700_000_000,
        nanoseconds: 123_456_000,
        comments: ['one', 'two'],
        flags: 0x201,
        interfaceId: 0,
        interface: { name: 'eth0', description: 'the cable', decimals: 6 },
      },
      {
        number: 2,
        seconds: 1_700_000_000,
        nanoseconds: 123_456_789,
        length: 9,
        comments: [],
        flags: null,
        interfaceId: 1,
        interface: { linkType: 113, snapLength: 4, name: null, decimals: 9 },
      },
      { number: 3, seconds: 1001, nanoseconds: 500_000_000, interfaceId: 2 },
      { number: 4, hasTime: false, seconds: 0, interfaceId: 0, length: 5 },
      { number: 5, seconds: 1, nanoseconds: 500_000_000, interfaceId: 1 },
      { number: 6, hasTime: false, interfaceId: null, length: 8, interface: { linkType: -2 } },
    ])
  },
)

test('sections of different byte orders follow each other; interfaces begin anew', async () => {
  const part = (little: boolean, name: string): Buffer =>
    new Bytes(little)
      .section()
      .block(1, (b) => b.u16(1).u16(0).u32(0).option(2, Buffer.from(name)).u32(0))
      .block(6, (b) => b.u32(0, 0, 1, 0, 0)).done
  const { items } = await read(Buffer.concat([part(true, 'first'), part(false, 'second')]))
  expect(items).toMatchObject([
    { number: 1, section: 1, interface: { name: 'first' } },
    { number: 2, section: 2, interface: { name: 'second' } },
  ])
})

test('pieces of any size give the same frames', async () => {
  const file = new Bytes(true)
    .section()
    .block(1, (b) => b.u16(1).u16(0).u32(0))
    .block(99, (b) => b.raw(Buffer.alloc(400)))
  for (let i = 0; i < 20; i++)
    file.block(6, (b) =>
      b
        .u32(0, 0, i, 5, 5)
        .padded(HELLO)
        .option(1, Buffer.from(`c${i}`))
        .u32(0),
    )
  const whole = await read(file.done)
  expect(whole.items).toHaveLength(20)
  for (const piece of [1, 2, 3, 7, 31, 128]) expect(await read(file.done, piece)).toEqual(whole)
})

test('a file cut short gives its whole frames, then says so', async () => {
  const file = pcap(true).u32(1, 2, 5, 5).raw(HELLO).u32(1, 2, 5, 5).raw(HELLO).done
  for (let length = 0; length < file.length; length++) {
    const { items, error } = await read(file.subarray(0, length))
    const isWhole = length === 24 || length === 45
    expect(items.length, `${length} bytes`).toBe(length >= 45 ? 1 : 0)
    if (isWhole) expect(error).toBeNull()
    else expect(error).toBeInstanceOf(CaptureError)
    if (length > 24 && !isWhole) expect(error).toMatchObject({ isCut: true, offset: length > 45 ? 45 : 24 })
  }
})

test.each([
  ['nothing', new Bytes(true), /the file is empty/],
  ['another file', new Bytes(true).raw(Buffer.from('%PDF-1.4 and more')), /not a capture file/],
  ['a compressed file', new Bytes(true).raw(Buffer.from([0x1f, 0x8b, 8, 0])), /compressed/],
  ['a pcap frame of 4 GB', pcap(true).u32(1, 2, 0xffffffff, 5).raw(HELLO), /a frame of 4294967295 bytes is announced/],
  ['a section without byte order', new Bytes(true).u32(0x0a0d0d0a, 28, 5, 0), /byte-order magic/],
  ['a block of length 0', new Bytes(true).section().u32(6, 0, 0, 0), /a block of 0 bytes/],
  ['a block of odd length', new Bytes(true).section().u32(6, 33, 0, 0), /a block of 33 bytes/],
  ['a packet block of 4 GB', new Bytes(true).section().u32(6, 0xfffffffc, 0, 0), /more than the maximum/],
  ['two lengths that differ', new Bytes(true).section().u32(1, 20, 1, 0, 24), /the two lengths/],
  ['a frame of an unknown interface', new Bytes(true).section().block(6, (b) => b.u32(3, 0, 0, 0, 0)), /interface 3/],
  [
    'a frame longer than its block',
    new Bytes(true)
      .section()
      .block(1, (b) => b.u16(1).u16(0).u32(0))
      .block(6, (b) => b.u32(0, 0, 0, 900, 900)),
    /a frame of 900 bytes/,
  ],
  ['a packet block without its fields', new Bytes(true).section().block(6, (b) => b.u32(0)), /too short/],
  ['secrets longer than their block', new Bytes(true).section().block(10, (b) => b.u32(0x544c534b, 900)), /secrets/],
] as const)('damage is told with its place: %s', async (_what, file, message) => {
  const { items, error } = await read(file.done)
  expect(items).toEqual([])
  expect(error).toBeInstanceOf(CaptureError)
  expect((error as CaptureError).message).toMatch(message)
  expect((error as CaptureError).offset).toBeGreaterThanOrEqual(0)
})

test('an unknown block of 4 GB is passed over without memory for it', () => {
  const reader = new CaptureReader()
  reader.push(new Bytes(true).section().u32(0x0bad, 0xfffffffc).done)
  reader.push(new Bytes(true).u32(0).done)
  const piece = new Uint8Array(1 << 16)
  for (let i = 0; i < 100; i++) {
    reader.push(piece)
    expect(reader.next()).toBeNull()
  }
})

test('damaged options cannot lead out of their block', async () => {
  const file = new Bytes(true)
    .section()
    .block(1, (b) => b.u16(1).u16(0).u32(0).u16(2).u16(60000))
    .block(6, (b) => b.u32(0, 0, 1, 0, 0).u16(1).u16(65535)).done
  const { items, error } = await read(file)
  expect(error).toBeNull()
  expect(items).toMatchObject([{ comments: [], interface: { name: null } }])
})
