// What a broker finds when it starts: every record in order, a torn tail cut off, or damage that it refuses to step over.
// A batch is torn when no later one says that it was durable: then nobody was ever told that it was stored.

import { join } from 'node:path'
import { eachRecord, type RecordVisitor } from './each-record.ts'
import type { StoreFiles } from './files.ts'
import { JournalError } from './journal.ts'
import { RecordType } from './record-types.ts'
import { asRecordBatch, type Piece, type ScannedSegment, scanSegments } from './scan.ts'
import { segmentName } from './segment.ts'

/** Damage in what had been made durable: the broker must not start. */
export class CorruptionError extends JournalError {
  override readonly name = 'CorruptionError'
  readonly path: string
  readonly offset: number

  constructor(path: string, offset: number, message: string) {
    super(message)
    this.path = path
    this.offset = offset
  }
}

export interface RecoveredSegment {
  readonly number: number
  readonly firstSequence: number
  /** Of the last record in it; firstSequence - 1 when it is empty. */
  readonly lastSequence: number
  /** Where the next batch goes. */
  readonly end: number
}

export interface Recovery {
  readonly segments: readonly RecoveredSegment[]
  readonly lastSequence: number
  /** What batches say was durable. */
  readonly durableUpTo: number
  /** Of the last fence. */
  readonly epoch: number
  readonly records: number
  /** Wall clock of the last batch, milliseconds; 0 when there is none: who was connected then was so until about now. */
  readonly lastWallMs: number
  /** What was cut off, in a sentence each. */
  readonly notes: readonly string[]
}

interface Break {
  readonly path: string
  readonly number: number
  readonly at: number
  readonly why: string
  /** The first sequence that is missing. */
  readonly sequence: number
}

/**
 * Shows all records of a folder in order and mends its tail. Throws CorruptionError, before anything is changed, when durable records are
 * damaged or missing; `visit` may have seen the records before them.
 */
export async function recover(files: StoreFiles, folder: string, visit: RecordVisitor): Promise<Recovery> {
  const segments: RecoveredSegment[] = []
  const found: number[] = []
  let broken: Break | null = null
  let next = -1
  let durableUpTo = 0
  let trimmed = 1
  let epoch = 0
  let records = 0
  let lastWallMs = 0
  /** Of the batches behind the break. */
  let later = 0
  const observe: RecordVisitor = (type, fields, segment, offset, sequence) => {
    records++
    if (type === RecordType.Trimmed || type === RecordType.Fence) {
      const value = fields.number()
      if (type === RecordType.Fence) epoch = Math.max(epoch, value)
      else trimmed = Math.max(trimmed, value)
    } else visit(type, fields, segment, offset, sequence)
  }
  for await (const segment of scanSegments(files, folder)) {
    const { number, path } = segment
    if (!segment.isMissing) found.push(number)
    trimmed = Math.max(trimmed, segment.trimmed)
    if (next === -1 && segment.firstSequence !== null) next = segment.firstSequence
    if (segment.isMissing && broken === null) broken = { path, number, at: 0, why: 'the file is missing', sequence: next }
    // made for a sequence that was lost again before anything was written to it
    if (broken === null && !continues(segment, next))
      broken = { path, number, at: 0, why: `it begins with sequence ${segment.firstSequence} instead of ${next}`, sequence: next }
    const firstSequence = next
    let end = segment.end
    for (const piece of segment.pieces) {
      if (piece.kind === 'damage') {
        if (broken !== null) continue
        broken = { path, number, at: piece.at, why: piece.why, sequence: Math.max(next, 1) }
        // the header was on the disk before the first batch was written
        if (piece.at === 0 && segment.pieces.length > 1) later = broken.sequence
        end = piece.at
        continue
      }
      durableUpTo = Math.max(durableUpTo, piece.head.durableUpTo)
      if (broken !== null) {
        later = Math.max(later, piece.head.durableUpTo)
        continue
      }
      if (next !== -1 && piece.head.firstSequence !== next && !isAllowedGap(piece)) {
        broken = { path, number, at: piece.at, why: `a batch with sequence ${piece.head.firstSequence} instead of ${next}`, sequence: next }
        end = piece.at
        later = Math.max(later, piece.head.durableUpTo)
        continue
      }
      eachRecord(asRecordBatch(segment, piece), path, observe)
      next = piece.head.firstSequence + piece.head.count
      lastWallMs = piece.head.wallMs
    }
    if (broken === null || (broken.number === number && broken.at > 0))
      segments.push({ number, firstSequence: Math.max(firstSequence, 1), lastSequence: Math.max(next, 1) - 1, end })
  }
  const first = found[0]
  if (first !== undefined && first > trimmed) refuseMissing(folder, trimmed, first)
  const notes: string[] = []
  if (broken !== null) {
    if (later >= broken.sequence) refuse(broken, later)
    notes.push(...(await cutOff(files, folder, broken, found)))
    durableUpTo = Math.min(durableUpTo, broken.sequence - 1)
  }
  return { segments, lastSequence: Math.max(next, 1) - 1, durableUpTo, epoch, records, lastWallMs, notes }
}

function continues({ firstSequence, pieces }: ScannedSegment, next: number): boolean {
  const first = pieces[0]
  return firstSequence === null || firstSequence === next || (first?.kind === 'batch' && isAllowedGap(first))
}

function isAllowedGap(piece: Piece & { kind: 'batch' }): boolean {
  return (piece.head.flags & 1) !== 0
}

function refuse({ path, at, why, sequence }: Break, later: number): never {
  throw new CorruptionError(
    path,
    at,
    `${path} is damaged at offset ${at} (${why}): records from ${sequence} on were stored, as a later batch says, which knows of ${later}. ` +
      `Nothing was changed. Restore the folder from a backup, or run \`zanzara fsck --repair\` on it, which sets the damaged part aside and keeps the rest.`,
  )
}

function refuseMissing(folder: string, needed: number, first: number): never {
  const path = join(folder, segmentName(needed))
  throw new CorruptionError(
    path,
    0,
    `${path} is missing: the oldest segment there is ${segmentName(first)}, but ${segmentName(needed)} was still needed. ` +
      `Nothing was changed. Put it back, or run \`zanzara fsck --repair\` on the folder, which goes on without it.`,
  )
}

/** Cuts the segment at the break and removes those behind it, last first, so that a crash in between leaves the same case. */
async function cutOff(files: StoreFiles, folder: string, broken: Break, found: readonly number[]): Promise<readonly string[]> {
  const notes: string[] = []
  const doomed = found.filter((number) => number > broken.number || (number === broken.number && broken.at === 0))
  for (const number of doomed.toReversed()) {
    await files.unlink(join(folder, segmentName(number)))
    notes.push(`${join(folder, segmentName(number))}: removed, nothing in it was ever acknowledged as stored`)
  }
  if (broken.at > 0) {
    const file = await files.open(broken.path, 'write')
    try {
      const size = await file.size()
      await file.resize(broken.at)
      await file.sync()
      notes.push(
        `${broken.path}: cut off at offset ${broken.at} (${broken.why}, ${size - broken.at} bytes): the last write was torn and never acknowledged as durable`,
      )
    } finally {
      await file.close()
    }
  }
  await files.syncFolder(folder)
  return notes
}

/** Whether a folder holds a journal. */
export async function holdsJournal(files: StoreFiles, folder: string): Promise<boolean> {
  return (await files.list(folder)).some((name) => /^p0-\d{10,15}\.zlog$/.test(name))
}
