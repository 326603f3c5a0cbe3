// How a segment file is laid out: a header of 64 bytes, then batches, each at a multiple of 8; zeros where nothing has been written yet.
// All numbers are little endian. docs/durability.md tells the format; this file reads and writes its frames, records.ts what is in them.
//
//   header  magic "ZNZRALOG" | version u32 | partition u32 | number u64 | first sequence u64 | created ms u64 | trimmed u64 | 0 u64 | 0 u32 | crc32 u32
//   batch   magic u32 | length u32 | crc32 u32 (of what follows) | flags u16 | count u16 | first sequence u64 | durable-up-to u64 | wall ms u64 | records
//   record  type u8 | length of its fields | fields

import { crc32 } from './checksum.ts'
import { JournalError } from './journal.ts'

export const SEGMENT_HEADER = 64
export const BATCH_HEADER = 40
/** Records of a batch: its count has 16 bits. */
export const MOST_RECORDS = 65535
/** Flag of a batch: what stood before it was removed by `fsck --repair`; its first sequence may leap. */
export const AFTER_GAP = 1

const VERSION = 1
const MAGIC = [0x5a, 0x4e, 0x5a, 0x52, 0x41, 0x4c, 0x4f, 0x47]
/** "ZBAT" on the disk. */
const BATCH_MAGIC = 0x5441425a

export interface SegmentHeader {
  readonly number: number
  readonly firstSequence: number
  readonly createdMs: number
  /** Segments before this one were not needed when this one was made. */
  readonly trimmed: number
}

/** A valid batch in a file's bytes. */
export interface BatchHead {
  /** With its header, without padding. */
  readonly length: number
  readonly flags: number
  readonly count: number
  readonly firstSequence: number
  readonly durableUpTo: number
  readonly wallMs: number
}

export function segmentName(number: number): string {
  return `p0-${String(number).padStart(10, '0')}.zlog`
}

/** The number of a segment by its file's name; -1 for other files. */
export function segmentNumber(name: string): number {
  const found = /^p0-(\d{10,15})\.zlog$/.exec(name)
  return found === null ? -1 : Number(found[1])
}

/** Where the next batch begins behind one that ends at `end`. */
export function aligned(end: number): number {
  return Math.ceil(end / 8) * 8
}

export function writeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER)
  const view = viewOf(bytes)
  bytes.set(MAGIC)
  view.setUint32(8, VERSION, true)
  view.setUint32(12, 0, true)
  writeLong(view, 16, header.number)
  writeLong(view, 24, header.firstSequence)
  writeLong(view, 32, header.createdMs)
  writeLong(view, 40, header.trimmed)
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true)
  return bytes
}

/** Null when it is not one (torn, or never written). Throws JournalError for one of a newer format. */
export function readSegmentHeader(bytes: Uint8Array, path: string): SegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER || MAGIC.some((byte, i) => bytes[i] !== byte)) return null
  const view = viewOf(bytes)
  if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60))) return null
  const version = view.getUint32(8, true)
  if (version !== VERSION) throw new JournalError(`${path} has format ${version}, this program knows ${VERSION}: start the newer version that wrote it`)
  return { number: readLong(view, 16), firstSequence: readLong(view, 24), createdMs: readLong(view, 32), trimmed: readLong(view, 40) }
}

/** Fills in the header of a batch whose records stand behind it in bytes[0, length). */
export function sealBatch(bytes: Uint8Array, length: number, flags: number, count: number, firstSequence: number, durableUpTo: number, wallMs: number): void {
  const view = viewOf(bytes)
  view.setUint32(0, BATCH_MAGIC, true)
  view.setUint32(4, length, true)
  view.setUint16(12, flags, true)
  view.setUint16(14, count, true)
  writeLong(view, 16, firstSequence)
  writeLong(view, 24, durableUpTo)
  writeLong(view, 32, wallMs)
  view.setUint32(8, crc32(bytes.subarray(12, length)), true)
}

/** The length that stands in a batch's header; 0 when no batch begins there. */
export function batchLength(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < BATCH_HEADER) return 0
  const view = viewOf(bytes)
  if (view.getUint32(at, true) !== BATCH_MAGIC) return 0
  const length = view.getUint32(at + 4, true)
  return length < BATCH_HEADER ? 0 : length
}

/** The batch at `at`, judged; null when it is not whole or not right. */
export function readBatch(bytes: Uint8Array, at: number): BatchHead | null {
  const length = batchLength(bytes, at)
  if (length === 0 || length > bytes.length - at) return null
  const view = viewOf(bytes)
  if (view.getUint32(at + 8, true) !== crc32(bytes.subarray(at + 12, at + length))) return null
  return {
    length,
    flags: view.getUint16(at + 12, true),
    count: view.getUint16(at + 14, true),
    firstSequence: readLong(view, at + 16),
    durableUpTo: readLong(view, at + 24),
    wallMs: readLong(view, at + 32),
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A whole number of up to 53 bits in eight bytes. */
function writeLong(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 0x1_0000_0000, true)
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true)
}

function readLong(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
}
