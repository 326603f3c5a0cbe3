// Writes a file so that a reader, or a machine that loses its power, finds the old one or the new one, never half of it.
// Only its owner may read what is written: it holds hashes of passwords.

import { chownSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Replaces `path`, or makes it; it goes on belonging to whom it belonged. @throws the system's error, and then `path` is as it was */
export function writeWhole(path: string, text: string): void {
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  try {
    const handle = openSync(fresh, 'wx', 0o600)
    try {
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    const old = statSync(path, { throwIfNoEntry: false })
    if (old !== undefined && process.getuid?.() === 0) chownSync(fresh, old.uid, old.gid)
    renameSync(fresh, path)
    syncFolder(dirname(path))
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
}

/** So that the new name outlives a loss of power. Where folders cannot be opened, as on Windows, the system sees to it in its own time. */
function syncFolder(path: string): void {
  let handle: number
  try {
    handle = openSync(path, 'r')
  } catch {
    return // the file is in its place
  }
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
