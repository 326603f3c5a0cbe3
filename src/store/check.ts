// Looks over a journal's folder, and repairs it when asked: damaged segments are set aside, what is whole in them is kept.
// Behind `zanzara fsck`. A torn tail is no damage: the next start cuts it off.

import { join } from 'node:path'
import { eachRecord } from './each-record.ts'
import type { StoreFiles } from './files.ts'
import { RecordType } from './record-types.ts'
import { asRecordBatch, type ScannedSegment, scanSegments } from './scan.ts'
import { AFTER_GAP, aligned, SEGMENT_HEADER, sealBatch, segmentName, writeSegmentHeader } from './segment.ts'

export interface Damage {
  readonly path: string
  readonly at: number
  readonly end: number
  readonly why: string
  /** A later batch says that this had been stored: repair loses it; else it was never acknowledged. */
  readonly isLoss: boolean
}

export interface CheckReport {
  readonly segments: number
  readonly batches: number
  readonly records: number
  readonly bytes: number
  /** Sequences of the first and last record; 0 when there is none. */
  readonly first: number
  readonly last: number
  readonly damage: readonly Damage[]
  /** Files that a repair wrote anew or put aside. */
  readonly repaired: readonly string[]
}

interface Found {
  readonly path: string
  readonly at: number
  readonly end: number
  readonly why: string
  /** The sequence that was expected there. */
  readonly sequence: number
}

/** Judges the folder; with `repair` mends it. The caller holds its lock. Throws JournalError for a newer format, and the system's errors. */
export async function checkStore(files: StoreFiles, folder: string, repair: boolean): Promise<CheckReport> {
  const found: Found[] = []
  const repaired: string[] = []
  let segments = 0
  let batches = 0
  let records = 0
  let bytes = 0
  let first = 0
  let next = -1
  let trimmed = 1
  let oldest = 0
  let durableUpTo = 0
  for await (const segment of scanSegments(files, folder)) {
    const { path } = segment
    segments++
    bytes += segment.end
    if (oldest === 0) oldest = segment.number
    trimmed = Math.max(trimmed, segment.trimmed)
    const before = found.length
    if (next === -1 && segment.firstSequence !== null) next = segment.firstSequence
    if (segment.isMissing) found.push({ path, at: 0, end: 0, why: 'the file is missing', sequence: next })
    else if (segment.pieces.length === 0 && segment.firstSequence !== null && segment.firstSequence !== next)
      found.push({ path, at: 0, end: 0, why: `it begins with sequence ${segment.firstSequence} instead of ${next}`, sequence: next })
    for (const piece of segment.pieces) {
      if (piece.kind === 'damage') {
        found.push({ path, at: piece.at, end: piece.end, why: piece.why, sequence: Math.max(next, 1) })
        continue
      }
      const { head } = piece
      batches++
      records += head.count
      durableUpTo = Math.max(durableUpTo, head.durableUpTo)
      if (first === 0) first = head.firstSequence
      if (next !== -1 && head.firstSequence !== next && (head.flags & AFTER_GAP) === 0 && found.length === before)
        found.push({ path, at: piece.at, end: piece.at, why: `sequence ${head.firstSequence} instead of ${next}`, sequence: next })
      next = head.firstSequence + head.count
      eachRecord(asRecordBatch(segment, piece), path, (type, fields) => {
        if (type === RecordType.Trimmed) trimmed = Math.max(trimmed, fields.number())
      })
    }
    if (repair && found.length > before) repaired.push(...(await rewrite(files, folder, segment, found[before]!.sequence)))
  }
  if (oldest > trimmed) {
    const path = join(folder, segmentName(trimmed))
    found.unshift({ path, at: 0, end: 0, why: `the file is missing, the oldest there is ${segmentName(oldest)}`, sequence: 0 })
    if (repair) repaired.push(...(await acceptOldest(files, folder, oldest)))
  }
  if (repaired.length > 0) await files.syncFolder(folder)
  const damage = found.map(({ path, at, end, why, sequence }) => ({ path, at, end, why, isLoss: sequence <= durableUpTo }))
  return { segments, batches, records, bytes, first, last: Math.max(next, 1) - 1, damage, repaired }
}

/** Writes the segment anew with its whole batches; the first one behind a hole says so. The old file stays beside it. */
async function rewrite(files: StoreFiles, folder: string, segment: ScannedSegment, sequence: number): Promise<readonly string[]> {
  const { path, number, pieces } = segment
  const firstBatch = pieces.find((piece) => piece.kind === 'batch')
  const firstSequence = segment.firstSequence ?? firstBatch?.head.firstSequence ?? Math.max(sequence, 1)
  const fresh = join(folder, `${segmentName(number)}.new`)
  await files.unlink(fresh).catch(() => {})
  const file = await files.open(fresh, 'create')
  try {
    await file.write(0, writeSegmentHeader({ number, firstSequence, createdMs: 0, trimmed: segment.trimmed }))
    let to = SEGMENT_HEADER
    let isBehindHole = segment.isMissing
    let expected = sequence
    for (const piece of pieces) {
      if (piece.kind === 'damage') {
        isBehindHole = true
        continue
      }
      const { length, flags, count, firstSequence: own, durableUpTo, wallMs } = piece.head
      const batch = segment.bytes.slice(piece.at, piece.at + length)
      if (isBehindHole || own !== expected) sealBatch(batch, length, flags | AFTER_GAP, count, own, durableUpTo, wallMs)
      await file.write(to, batch)
      isBehindHole = false
      expected = own + count
      to = aligned(to + length)
    }
    await file.resize(to)
    await file.sync()
  } finally {
    await file.close()
  }
  const written = [path]
  if (!segment.isMissing) {
    const aside = await asideName(files, folder, `${segmentName(number)}.damaged`)
    await files.duplicate(path, aside)
    written.push(aside)
  }
  await files.rename(fresh, path)
  return written
}

/** What stood before the oldest segment is given up. */
async function acceptOldest(files: StoreFiles, folder: string, number: number): Promise<readonly string[]> {
  const path = join(folder, segmentName(number))
  for await (const segment of scanSegments(files, folder)) {
    if (segment.number !== number) continue
    const firstSequence = segment.firstSequence ?? 1
    const file = await files.open(path, 'write')
    try {
      await file.write(0, writeSegmentHeader({ number, firstSequence, createdMs: 0, trimmed: number }))
      await file.sync()
    } finally {
      await file.close()
    }
    break
  }
  return [path]
}

async function asideName(files: StoreFiles, folder: string, name: string): Promise<string> {
  const names = new Set(await files.list(folder))
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}.${i}`
    if (!names.has(candidate)) return join(folder, candidate)
  }
}
