// A password file: `name:HASH` a line. Read whole, then put in place of what was there before.
// Formats of hashes are in password-hash.ts; who gets in by them, and how fast, in password-logins.ts.

import { createHmac, randomBytes } from 'node:crypto'
import {
  type AccessFileContents,
  AccessFileError,
  type AccessFileNote,
  type AccessFileOptions,
  linesOf,
  readAccessFile,
  shown,
  trimBlanks,
} from './access-file.ts'
import { ARGON2_MISSING, argon2 } from './argon2.ts'
import { DEFAULT_ITERATIONS, type PasswordHash, parsePasswordHash } from './password-hash.ts'

/** One user. A new object after each reload, unchanged or not. */
export interface PasswordEntry {
  readonly userName: string
  /** The hash as it stands in the file: another text, another password. */
  readonly encoded: string
  readonly hash: PasswordHash
  readonly line: number
}

export type PasswordEntries = ReadonlyMap<string, PasswordEntry>

export interface PasswordFileOptions extends AccessFileOptions {
  /** Reads the file; the file system unless given. */
  readonly read?: (path: string) => AccessFileContents
  /** Whether hashes by argon2id can be checked; as the package is installed unless given. */
  readonly hasArgon2?: () => boolean
}

/** Longest name and hash, in bytes. */
const LONGEST = 65_535

/** The users of a password file; `file` is its name in errors. @throws AccessFileError */
export function parsePasswordFile(bytes: Uint8Array, file: string, hasArgon2: () => boolean = () => argon2() !== null): Map<string, PasswordEntry> {
  const entries = new Map<string, PasswordEntry>()
  for (const { number, text } of linesOf(bytes)) {
    const fail = (message: string, detail = ''): AccessFileError => new AccessFileError(message, file, number, detail)
    if (text === null) throw fail(`Invalid line in password file '${file}'.`, 'It is not UTF-8.')
    if (text.includes('\0')) throw fail(`Invalid line in password file '${file}'.`, 'It has a NUL character.')
    const colon = text.indexOf(':')
    if (colon < 0) continue
    const userName = trimBlanks(text.slice(0, colon))
    const encoded = trimBlanks(text.slice(colon + 1).split(':')[0]!)
    if (userName === '') throw fail(`Invalid line in password file '${file}'.`, 'It has no user name.')
    if (Buffer.byteLength(userName) > LONGEST) throw fail(`Invalid line in password file '${file}', username too long.`)
    if (entries.has(userName)) throw fail(`Duplicate user '${shown(userName)}' in password file '${file}'.`)
    if (Buffer.byteLength(encoded) > LONGEST) throw fail(`Invalid line in password file '${file}', password too long.`)
    const hash = parsePasswordHash(encoded)
    // What should be a hash may be a password in plain text: it is not shown.
    const undecodable = `Unable to decode line in password file '${file}'.`
    if (hash === null) throw fail(undecodable, `User '${shown(userName)}' has no password hash. ${remedy(encoded)}`)
    if (hash.kind === 'argon2id' && !hasArgon2()) throw fail(undecodable, `User '${shown(userName)}' has an argon2id hash, and ${ARGON2_MISSING}.`)
    entries.set(userName, { userName, encoded, hash, line: number })
  }
  return entries
}

export class PasswordFile {
  readonly #options: PasswordFileOptions
  readonly #secret = randomBytes(32)
  #path: string
  #entries: PasswordEntries = new Map()
  #names: readonly string[] = []
  #notes: readonly AccessFileNote[] = []

  /** Reads the file. @throws AccessFileError */
  constructor(path: string, options: PasswordFileOptions = {}) {
    this.#options = options
    this.#path = path
    this.reload()
  }

  get path(): string {
    return this.#path
  }

  /** Warnings about the file as it was last read. */
  get notes(): readonly AccessFileNote[] {
    return this.#notes
  }

  get size(): number {
    return this.#entries.size
  }

  lookup(userName: string): PasswordEntry | null {
    return this.#entries.get(userName) ?? null
  }

  /** The entry whose work stands for that of an unknown user: always the same for the same name, and spread as the real ones are. */
  decoy(userName: string): PasswordHash {
    if (this.#names.length === 0) return { kind: 'pbkdf2', iterations: DEFAULT_ITERATIONS, salt: this.#secret.subarray(0, 12), key: new Uint8Array(64) }
    const chosen = createHmac('sha256', this.#secret).update(userName).digest().readUInt32BE(0) % this.#names.length
    return this.#entries.get(this.#names[chosen]!)!.hash
  }

  /** Reads the file again, or another one; nothing changes until the function returned is called. @throws AccessFileError */
  prepare(path: string = this.#path): () => void {
    const { bytes, notes } = this.#options.read?.(path) ?? readAccessFile(path, 'pwfile', this.#options)
    const entries = parsePasswordFile(bytes, path, this.#options.hasArgon2)
    return () => {
      this.#path = path
      this.#entries = entries
      this.#names = [...entries.keys()]
      this.#notes = notes
    }
  }

  /** Reads the file again. When it cannot be used, all stays as it is. @throws AccessFileError */
  reload(path: string = this.#path): void {
    this.prepare(path)()
  }
}

function remedy(encoded: string): string {
  return encoded.startsWith('$') ? 'Set the password anew with: zanzara passwd.' : 'If it is in plain text, hash the file with: zanzara passwd -U.'
}
