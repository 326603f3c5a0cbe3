// Changes a password file line by line, and puts it in place of the old one without a moment in which there is neither.
// Lines that are not meant stay byte for byte. The command around it is passwd.ts; the broker reads by auth/password-file.ts.

import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { trimBlanks } from '../auth/access-file.ts'

/** A user's line. */
export interface PasswordLine {
  readonly userName: string
  /** What follows the first colon: a hash, or with -U a password in plain text. */
  readonly secret: string
}

/** What becomes of a line: another text, nothing, or `keep`. */
export type LineChange = { readonly text: string } | 'remove' | 'keep'

/** A line that is neither a user's nor a comment nor empty. The message names it. */
export class CorruptFileError extends Error {
  override readonly name = 'CorruptFileError'
}

/** The old contents stand in `backup`. */
export class BrokenWriteError extends Error {
  override readonly name = 'BrokenWriteError'
  readonly backup: string

  constructor(backup: string, options: ErrorOptions) {
    super('writing in place failed', options)
    this.backup = backup
  }
}

/** No backup can be made, so nothing was changed. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
  readonly backup: string

  constructor(backup: string, options: ErrorOptions) {
    super('the backup cannot be written', options)
    this.backup = backup
  }
}

/** Asks `change` about each user's line, in order. @throws CorruptFileError */
export async function changeLines(contents: Uint8Array, change: (line: PasswordLine) => LineChange | Promise<LineChange>): Promise<Buffer> {
  const changed: Buffer[] = []
  let number = 0
  for (let at = 0; at < contents.length; ) {
    const newline = contents.indexOf(0x0a, at)
    const end = newline < 0 ? contents.length : newline
    const bytes = Buffer.from(contents.subarray(at, end))
    at = newline < 0 ? end : end + 1
    number++
    const line = lineOf(bytes, number)
    const decision = line === null ? 'keep' : await change(line)
    if (decision === 'remove') continue
    changed.push(decision === 'keep' ? bytes : Buffer.from(decision.text), Buffer.from('\n'))
  }
  return Buffer.concat(changed)
}

/** Null for a comment or an empty line. */
function lineOf(bytes: Buffer, number: number): PasswordLine | null {
  if (bytes[0] === 0x23) return null
  const text = bytes.toString()
  if (trimBlanks(text) === '') return null
  const colon = text.indexOf(':')
  const userName = trimBlanks(text.slice(0, Math.max(colon, 0)))
  const secret = trimBlanks(text.slice(colon + 1))
  if (userName === '' || secret === '' || !isUtf8(bytes)) throw new CorruptFileError(`Corrupt password file at line ${number}.`)
  return { userName, secret }
}

/** Makes the file, for its owner only, or replaces the one that is there. @throws what `replaceFile` throws */
export function writeNewFile(path: string, contents: Uint8Array): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) replaceFile(path, contents)
  else writeFileSync(path, contents, { mode: 0o600 })
}

/**
 * Replaces the contents of an existing file. Owner, group and mode stay. During the work a copy of the old contents lies beside it.
 * @throws BackupError, BrokenWriteError, or the system's error
 */
export function replaceFile(path: string, contents: Uint8Array): void {
  const handle = openSync(path, 'r+')
  try {
    const backup = writeBeside(path, 'backup', readFileSync(handle))
    if (!replaceByRename(path, handle, contents)) {
      try {
        writeInPlace(path, contents)
      } catch (error) {
        throw new BrokenWriteError(backup, { cause: error })
      }
    }
    rmSync(backup, { force: true })
  } finally {
    closeSync(handle)
  }
}

/** False when the new file could not have been given to the owner of the old one. */
function replaceByRename(path: string, old: number, contents: Uint8Array): boolean {
  const { uid, gid, mode } = fstatSync(old)
  const fresh = writeBeside(path, 'new', contents)
  try {
    const handle = openSync(fresh, 'r+')
    try {
      const own = fstatSync(handle)
      if (own.uid !== uid || own.gid !== gid) fchownSync(handle, uid, gid)
      fchmodSync(handle, mode & 0o7777)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(fresh, path)
    return true
  } catch (error) {
    rmSync(fresh, { force: true })
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return false
    throw error
  }
}

function writeInPlace(path: string, contents: Uint8Array): void {
  const handle = openSync(path, 'w')
  try {
    for (let at = 0; at < contents.length; ) at += writeSync(handle, contents, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** `FILE.backup.Ab3dE9`: a new file that only its owner reads. */
function writeBeside(path: string, purpose: 'backup' | 'new', contents: Uint8Array): string {
  const beside = `${path}.${purpose}.${randomBytes(6).toString('base64url').slice(0, 6)}`
  try {
    writeFileSync(beside, contents, { flag: 'wx', mode: 0o600 })
    chmodSync(beside, 0o600)
  } catch (error) {
    throw new BackupError(beside, { cause: error })
  }
  return beside
}
