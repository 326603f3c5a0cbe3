// Reads the files that say who may come in and do what: whole, as lines, with warnings about who else can read them.
// Parsing is the business of password-file.ts, acl-file.ts and psk-file.ts; nothing here knows their lines.

import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'

/** A line for the log. */
export interface AccessFileNote {
  readonly type: 'warning'
  readonly text: string
}

/** An access file cannot be used: ends a start; at a reload the old contents stay. */
export class AccessFileError extends Error {
  override readonly name = 'AccessFileError'
  readonly file: string
  /** From 1; 0 when it concerns the file as a whole. */
  readonly line: number
  /** A sentence more: why, or what to do; empty when the message says it all. */
  readonly detail: string

  /** `message` without `Error: `, as Mosquitto words it where it does. */
  constructor(message: string, file: string, line = 0, detail = '') {
    super(message)
    this.file = file
    this.line = line
    this.detail = detail
  }

  /** What the log says: the sentence, the one more, and the line at fault. */
  get logLines(): readonly string[] {
    return [`Error: ${this.message}`, ...(this.detail === '' ? [] : [this.detail]), ...(this.line > 0 ? [`Error found at ${this.file}:${this.line}.`] : [])]
  }
}

/** Whose files these should be: normally the user that this process runs as. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
  readonly userName: string
  readonly groupName: string
}

export interface AccessFileOptions {
  /** Follows symbolic links, which somebody who may write to a folder could point elsewhere. Refused unless asked for. */
  readonly allowSymlinks?: boolean
  /** Null = nobody is compared, as where files have no owners. */
  readonly owner?: FileOwner | null
}

export interface AccessFileContents {
  readonly bytes: Uint8Array
  readonly notes: readonly AccessFileNote[]
}

/** One line that is no comment. */
export interface AccessFileLine {
  /** From 1. */
  readonly number: number
  /** Without its line end; null when it is not UTF-8. */
  readonly text: string | null
}

/** Reads `path` whole. `what` is Mosquitto's word for its kind in errors. @throws AccessFileError */
export function readAccessFile(
  path: string,
  what: 'pwfile' | 'acl_file' | 'psk file' | 'dynamic security file',
  options: AccessFileOptions = {},
): AccessFileContents {
  const allowSymlinks = options.allowSymlinks ?? (process.env['MOSQUITTO_UNSAFE_ALLOW_SYMLINKS'] ?? '') !== ''
  // Without waiting: to open a pipe that nobody writes to would stop this process.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (allowSymlinks ? 0 : constants.O_NOFOLLOW)
  let handle: number
  try {
    handle = openSync(path, flags)
  } catch (error) {
    throw new AccessFileError(`Unable to open ${what} "${path}".`, path, 0, whyNot(error as NodeJS.ErrnoException))
  }
  try {
    const stat = fstatSync(handle)
    if (!stat.isFile()) throw new AccessFileError(`Unable to open ${what} "${path}".`, path, 0, `${path} is not a file.`)
    const owner = options.owner === undefined ? ownOwner() : options.owner
    return { bytes: readFileSync(handle), notes: owner === null ? [] : notesOn(path, stat, owner) }
  } finally {
    closeSync(handle)
  }
}

/** The lines of a file, but for comments, which begin with `#` and may be in any encoding. A byte order mark is no part of the first. */
export function* linesOf(bytes: Uint8Array): Generator<AccessFileLine, void, undefined> {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  let number = 0
  for (let at = start; at < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, at)
    const next = newline < 0 ? bytes.length : newline + 1
    const end = newline < 0 ? bytes.length : newline
    number++
    if (bytes[at] !== 0x23) {
      const line = bytes.subarray(at, end > at && bytes[end - 1] === 0x0d ? end - 1 : end)
      yield { number, text: isUtf8(line) ? Buffer.from(line.buffer, line.byteOffset, line.length).toString() : null }
    }
    at = next
  }
}

/** Text of a file as an error may show it: short, and without what would forge a line of the log. */
export function shown(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}…` : text
  return short.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Blanks at both ends, as C's isspace has them. */
export function trimBlanks(text: string): string {
  return text.replace(/^[ \t-\r]+|[ \t-\r]+$/g, '')
}

function whyNot(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'There is no such file.'
    case 'EACCES':
      return 'The user of this process may not read it.'
    case 'ELOOP':
      return 'It is a symbolic link. Name the file itself, or set MOSQUITTO_UNSAFE_ALLOW_SYMLINKS=1.'
    default:
      return `${error.message}.`
  }
}

function notesOn(path: string, stat: { readonly mode: number; readonly uid: number; readonly gid: number }, owner: FileOwner): AccessFileNote[] {
  const texts: string[] = []
  const future = 'Future versions will refuse to load this file.'
  if ((stat.mode & 0o007) !== 0) texts.push(`Warning: File ${path} has world readable permissions. ${future} To fix this, use \`chmod 0700 ${path}\`.`)
  if (stat.uid !== owner.uid) {
    texts.push(`Warning: File ${path} owner is not ${owner.userName}. ${future} To fix this, use \`chown ${owner.userName} ${path}\`.`)
  }
  if (stat.gid !== owner.gid) texts.push(`Warning: File ${path} group is not ${owner.groupName}. ${future}`)
  return texts.map((text) => ({ type: 'warning', text }))
}

/** The user of this process; null on systems without such. */
function ownOwner(): FileOwner | null {
  const uid = process.getuid?.()
  const gid = process.getgid?.()
  if (uid === undefined || gid === undefined) return null
  return { uid, gid, userName: ownName(uid), groupName: groupName(gid) }
}

function ownName(uid: number): string {
  try {
    return userInfo().username
  } catch {
    return String(uid) // a user without an entry, as in containers
  }
}

function groupName(gid: number): string {
  try {
    const line = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((entry) => entry.split(':')[2] === String(gid))
    return line?.split(':')[0] ?? String(gid)
  } catch {
    return String(gid)
  }
}
