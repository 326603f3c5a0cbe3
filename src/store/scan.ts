// Reads a folder of segments and judges every piece: batches in order, or damage.
// What follows from damage is decided elsewhere: recovery.ts when a broker starts, fsck.ts when somebody asks.

import { join } from 'node:path'
import type { StoreFiles } from './files.ts'
import type { RecordBatch } from './journal.ts'
import { AFTER_GAP, aligned, BATCH_HEADER, type BatchHead, readBatch, readSegmentHeader, SEGMENT_HEADER, segmentName, segmentNumber } from './segment.ts'

/** A piece of a segment, in the order of the file. */
export type Piece =
  | { readonly kind: 'batch'; readonly at: number; readonly head: BatchHead }
  /** Bytes [at, end) are no batch that belongs here. */
  | { readonly kind: 'damage'; readonly at: number; readonly end: number; readonly why: string }

export interface ScannedSegment {
  readonly number: number
  readonly path: string
  /** Its bytes; valid until the next segment is asked for. Empty when the file is missing. */
  readonly bytes: Uint8Array
  /** What its header says; null when that is unreadable or the file is missing. */
  readonly firstSequence: number | null
  readonly trimmed: number
  readonly pieces: readonly Piece[]
  /** Where the last valid batch ends, aligned. */
  readonly end: number
  readonly isMissing: boolean
}

/** The segments of a folder, oldest first; a missing one between two others is shown as such. Throws JournalError for a newer format. */
export async function* scanSegments(files: StoreFiles, folder: string): AsyncGenerator<ScannedSegment> {
  const numbers = (await files.list(folder))
    .map(segmentNumber)
    .filter((number) => number >= 0)
    .sort((a, b) => a - b)
  let buffer: Uint8Array = new Uint8Array(0)
  let expected = numbers[0] ?? 0
  let sequence = -1
  for (const number of numbers) {
    for (; expected < number; expected++) yield missing(folder, expected)
    expected = number + 1
    const path = join(folder, segmentName(number))
    const file = await files.open(path, 'read')
    let bytes: Uint8Array
    try {
      const size = await file.size()
      if (size > buffer.length) buffer = new Uint8Array(size)
      bytes = buffer.subarray(0, await file.read(0, buffer.subarray(0, size)))
    } finally {
      await file.close()
    }
    const segment = judge(bytes, number, path, sequence)
    const last = segment.pieces.findLast((piece) => piece.kind === 'batch')
    if (last !== undefined) sequence = last.head.firstSequence + last.head.count
    else if (segment.firstSequence !== null && sequence === -1) sequence = segment.firstSequence
    yield segment
  }
}

function missing(folder: string, number: number): ScannedSegment {
  const path = join(folder, segmentName(number))
  return { number, path, bytes: new Uint8Array(0), firstSequence: null, trimmed: 0, pieces: [], end: 0, isMissing: true }
}

/** `sequence` is what the segment's first batch must begin with; -1 = whatever its header says. */
function judge(bytes: Uint8Array, number: number, path: string, sequence: number): ScannedSegment {
  const header = readSegmentHeader(bytes, path)
  const isOwn = header !== null && header.number === number
  const pieces: Piece[] = []
  if (!isOwn)
    pieces.push({ kind: 'damage', at: 0, end: Math.min(bytes.length, SEGMENT_HEADER), why: header === null ? 'no header' : 'the header of another segment' })
  let expected = sequence === -1 && isOwn ? header.firstSequence : sequence
  let end = SEGMENT_HEADER
  const dataEnd = endOfData(bytes)
  for (let at = SEGMENT_HEADER; at < dataEnd; ) {
    const head = readBatch(bytes, at)
    if (head !== null && belongs(head, expected)) {
      pieces.push({ kind: 'batch', at, head })
      expected = head.firstSequence + head.count
      at = aligned(at + head.length)
      end = at
      continue
    }
    const next = nextBatch(bytes, at + 8, dataEnd, expected)
    pieces.push({ kind: 'damage', at, end: next, why: head === null ? 'no valid batch' : `a batch with sequence ${head.firstSequence} instead of ${expected}` })
    at = next
    const found = next < dataEnd ? readBatch(bytes, next) : null
    if (found !== null) expected = found.firstSequence
  }
  return { number, path, bytes, firstSequence: isOwn ? header.firstSequence : null, trimmed: isOwn ? header.trimmed : 0, pieces, end, isMissing: false }
}

function belongs(head: BatchHead, expected: number): boolean {
  return expected === -1 || head.firstSequence === expected || ((head.flags & AFTER_GAP) !== 0 && head.firstSequence > expected)
}

/** The next place with a valid batch of a later sequence; the end of the data when there is none. */
function nextBatch(bytes: Uint8Array, from: number, end: number, expected: number): number {
  for (let at = from; at + BATCH_HEADER <= end; at += 8) {
    if (bytes[at] !== 0x5a || bytes[at + 1] !== 0x42) continue
    const head = readBatch(bytes, at)
    if (head !== null && head.firstSequence >= expected) return at
  }
  return end
}

/** Behind the last byte that is not zero: preallocated space ends a segment. */
function endOfData(bytes: Uint8Array): number {
  let end = bytes.length
  while (end > 0 && end % 8 !== 0) {
    if (bytes[end - 1] !== 0) return bytes.length
    end--
  }
  if (bytes.byteOffset % 8 === 0) {
    const words = new Float64Array(bytes.buffer, bytes.byteOffset, end / 8)
    let word = words.length
    while (word > 0 && Object.is(words[word - 1], 0)) word--
    return word === words.length && end < bytes.length ? bytes.length : word * 8
  }
  while (end > 0 && bytes[end - 1] === 0) end--
  return end
}

/** A batch piece as others see it. */
export function asRecordBatch(segment: ScannedSegment, piece: Piece & { kind: 'batch' }): RecordBatch {
  const { at, head } = piece
  return {
    bytes: segment.bytes,
    at: at + BATCH_HEADER,
    end: at + head.length,
    count: head.count,
    firstSequence: head.firstSequence,
    segment: segment.number,
    offset: 0,
    wallMs: head.wallMs,
  }
}
