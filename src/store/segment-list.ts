// The segment files of an open journal: made, found, synced, removed. Oldest first.
// Knows nothing of batches but where the last one ends.

import { join } from 'node:path'
import type { StoreFile, StoreFiles } from './files.ts'
import { JournalError, type SegmentUse } from './journal.ts'
import type { RecoveredSegment } from './recovery.ts'
import { SEGMENT_HEADER, segmentName, writeSegmentHeader } from './segment.ts'

interface OpenSegment {
  readonly number: number
  readonly file: StoreFile
  end: number
  isDirty: boolean
}

export class SegmentList {
  readonly #files: StoreFiles
  readonly #folder: string
  readonly #size: number
  readonly #open: OpenSegment[] = []

  constructor(files: StoreFiles, folder: string, size: number) {
    this.#files = files
    this.#folder = folder
    this.#size = size
  }

  /** Opens what recovery found; what may not have been synced counts as dirty. */
  async open(found: readonly RecoveredSegment[], durableUpTo: number): Promise<void> {
    for (const { number, end, lastSequence } of found) {
      const isLast = number === found.at(-1)!.number
      const file = await this.#files.open(this.pathOf(number), isLast ? 'write' : 'read')
      const size = await file.size()
      // the padding of the last batch may be missing
      this.#open.push({ number, file, end: isLast ? end : Math.min(end, size), isDirty: lastSequence > durableUpTo })
      if (isLast && size < Math.max(end, this.#size)) await file.resize(Math.max(end, this.#size))
    }
  }

  pathOf(number: number): string {
    return join(this.#folder, segmentName(number))
  }

  uses(): readonly SegmentUse[] {
    return this.#open.map(({ number, end }) => ({ segment: number, bytes: end }))
  }

  /** The file of a segment if it is there and open. */
  file(number: number): StoreFile | null {
    return this.#find(number)?.file ?? null
  }

  end(number: number): number {
    return this.#find(number)?.end ?? 0
  }

  /** Makes the next segment. May be repeated after it failed. */
  async create(number: number, firstSequence: number, createdMs: number): Promise<void> {
    const path = this.pathOf(number)
    const last = this.#open.at(-1)
    const file = await this.#files.open(path, 'create').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return this.#files.open(path, 'write')
      throw error
    })
    try {
      await file.resize(this.#size)
      await file.write(0, writeSegmentHeader({ number, firstSequence, createdMs, trimmed: this.#open[0]?.number ?? number }))
      await file.sync()
      await this.#files.syncFolder(this.#folder)
    } catch (error) {
      await file.close()
      throw error
    }
    this.#open.push({ number, file, end: SEGMENT_HEADER, isDirty: false })
    if (last !== undefined && last.file !== file) await last.file.resize(last.end)
  }

  /** A batch now ends at `end`. */
  written(number: number, end: number): void {
    const segment = this.#find(number)!
    segment.end = end
    segment.isDirty = true
  }

  /** Puts what was written on the disk, oldest segment first. Throws the system's error, which is final. */
  async sync(): Promise<void> {
    for (const segment of [...this.#open]) {
      if (!segment.isDirty) continue
      segment.isDirty = false
      await segment.file.sync()
    }
  }

  /** Removes segments up to and without `number`, oldest first, so that what stays has no hole. */
  async remove(number: number): Promise<void> {
    while (this.#open.length > 1 && this.#open[0]!.number < number) {
      const { file, number: oldest } = this.#open.shift()!
      await file.close()
      await this.#files.unlink(this.pathOf(oldest))
    }
    await this.#files.syncFolder(this.#folder)
  }

  /** Reads a place that has been written. Throws JournalError when it is not there. */
  async read(number: number, offset: number, into: Uint8Array): Promise<void> {
    const segment = this.#find(number)
    if (segment === undefined) throw new JournalError(`${this.pathOf(number)}: the segment is no longer in use, but offset ${offset} was asked for`)
    if ((await segment.file.read(offset, into)) < into.length) throw new JournalError(`${this.pathOf(number)} ends before offset ${offset + into.length}`)
  }

  /** Gives preallocated space back and closes all. */
  async close(): Promise<void> {
    const last = this.#open.at(-1)
    if (last !== undefined) await last.file.resize(last.end)
    for (const { file } of this.#open.splice(0)) await file.close()
  }

  /** Closes all as they are: after an error. */
  async abandon(): Promise<void> {
    for (const { file } of this.#open.splice(0)) await file.close().catch(() => {})
  }

  #find(number: number): OpenSegment | undefined {
    const first = this.#open[0]
    return first === undefined ? undefined : this.#open[number - first.number]
  }
}
