// Copies a store while it is in use: closed segments by a second name or a copy, the open one up to what is durable.
// The copy is a store like any other; putting it in place of the old folder restores it.

import { join } from 'node:path'
import type { FileJournal } from './file-journal.ts'
import { DiskFiles, type StoreFiles } from './files.ts'
import { JournalError } from './journal.ts'
import { segmentName, segmentNumber } from './segment.ts'

const PIECE = 1 << 20

export interface BackupReport {
  readonly segments: number
  readonly bytes: number
  /** Everything up to this sequence is in it. */
  readonly upTo: number
}

/** Throws JournalError when the target holds a journal already, and the system's errors. */
export async function backup(journal: FileJournal, folder: string, target: string, files: StoreFiles = new DiskFiles()): Promise<BackupReport> {
  if ((await files.list(target)).some((name) => segmentNumber(name) >= 0))
    throw new JournalError(`${target} holds a journal already: name an empty folder for the backup`)
  return await journal.exclusively(async () => {
    const upTo = journal.ticket
    await journal.flush()
    // fixed now: what is appended from here on is not part of it
    const uses = journal.segments()
    await files.makeFolder(target)
    let bytes = 0
    for (const [index, use] of uses.entries()) {
      const from = join(folder, segmentName(use.segment))
      const to = join(target, segmentName(use.segment))
      if (index < uses.length - 1) await files.duplicate(from, to)
      else await copyPart(files, from, to, use.bytes)
      bytes += use.bytes
    }
    await files.syncFolder(target)
    return { segments: uses.length, bytes, upTo }
  })
}

async function copyPart(files: StoreFiles, from: string, to: string, length: number): Promise<void> {
  const source = await files.open(from, 'read')
  try {
    const target = await files.open(to, 'create')
    try {
      const piece = new Uint8Array(PIECE)
      for (let at = 0; at < length; ) {
        const count = await source.read(at, piece.subarray(0, Math.min(PIECE, length - at)))
        if (count === 0) throw new JournalError(`${from} ends at ${at}, ${length} bytes were expected`)
        await target.write(at, piece.subarray(0, count))
        at += count
      }
      await target.sync()
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}
