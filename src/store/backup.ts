// Copies a store while somebody else writes to it, without asking him: the format allows that, as is said at `backup`.
// The copy is a store like any other; putting it in place of the old folder restores it.

import { join } from 'node:path'
import { checkStore } from './check.ts'
import { DiskFiles, type StoreFile, type StoreFiles } from './files.ts'
import { JournalError } from './journal.ts'
import { aligned, readBatch, readSegmentHeader, SEGMENT_HEADER, segmentName, segmentNumber } from './segment.ts'

const PIECE = 1 << 20
/** How often the segments may change while they are being copied. */
const ATTEMPTS = 20

export interface BackupReport {
  readonly segments: number
  readonly records: number
  readonly bytes: number
  /** Everything up to this sequence is in it. */
  readonly upTo: number
}

/**
 * Copies the store of `folder` to `target`, a folder that does not exist or holds no journal; reads the copy and finds it whole.
 *
 * Safe beside a running broker: segments are only written behind what is in them, one batch after another, so that the whole batches at a segment's
 * beginning are what a broker that was killed at that moment would have left; and all but the newest segment are complete. Whatever a client was told of
 * before this was called is in it. A segment that is removed meanwhile is no longer needed by what stands in later ones: then the copy begins anew.
 * @throws JournalError when there is no journal, or one that is damaged, or the target holds one; the system's errors
 */
export async function backup(folder: string, target: string, files: StoreFiles = new DiskFiles()): Promise<BackupReport> {
  if ((await segmentsIn(files, target)).length > 0) throw new JournalError(`${target} holds a journal already: name an empty folder for the backup`)
  for (let attempt = 1; ; attempt++) {
    const numbers = await segmentsIn(files, folder)
    if (numbers.length === 0) throw new JournalError(`${folder} holds no journal: there is no file like ${segmentName(1)} in it`)
    await files.makeFolder(target)
    try {
      await copyAll(files, folder, target, numbers)
      break
    } catch (error) {
      for (const number of await segmentsIn(files, target)) await files.unlink(join(target, segmentName(number)))
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === ATTEMPTS) throw error
    }
  }
  const { segments, records, bytes, last, damage } = await checkStore(files, target, false)
  const [first] = damage
  if (first !== undefined)
    throw new JournalError(`${first.path} is damaged at offset ${first.at} (${first.why}): it is as it was in ${folder}, see \`zanzara fsck\``)
  return { segments, records, bytes, upTo: last }
}

/** Numbers of the segments in a folder, oldest first. */
async function segmentsIn(files: StoreFiles, folder: string): Promise<readonly number[]> {
  return (await files.list(folder))
    .map(segmentNumber)
    .filter((number) => number >= 0)
    .sort((a, b) => a - b)
}

/** Complete segments get a second name, or are copied; the newest last, so that what those before it miss is in it. */
async function copyAll(files: StoreFiles, folder: string, target: string, numbers: readonly number[]): Promise<void> {
  const newest = numbers.at(-1)!
  for (const number of numbers) {
    const from = join(folder, segmentName(number))
    const to = join(target, segmentName(number))
    if (number === newest) await copyWhole(files, from, to, numbers.length > 1)
    else {
      await files.duplicate(from, to)
      await using(await files.open(to, 'read'), (file) => file.sync()) // the broker may not have, yet
    }
  }
  await files.syncFolder(target)
}

/** Copies the whole batches at the beginning of a segment. One without a header is just being made, and is left out if it may be. */
async function copyWhole(files: StoreFiles, from: string, to: string, mayBeLeftOut: boolean): Promise<void> {
  const bytes = await using(await files.open(from, 'read'), async (file) => {
    const all = new Uint8Array(await file.size())
    return all.subarray(0, await file.read(0, all))
  })
  if (readSegmentHeader(bytes, from) === null) {
    if (mayBeLeftOut) return
    throw new JournalError(`${from} has no header: nothing has been stored yet`)
  }
  let end = SEGMENT_HEADER
  for (let batch = readBatch(bytes, end); batch !== null; batch = readBatch(bytes, end)) end = aligned(end + batch.length)
  await using(await files.open(to, 'create'), async (file) => {
    for (let at = 0; at < end; at += PIECE) await file.write(at, bytes.subarray(at, Math.min(at + PIECE, end)))
    await file.sync()
  })
}

async function using<T>(file: StoreFile, work: (file: StoreFile) => Promise<T>): Promise<T> {
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}
