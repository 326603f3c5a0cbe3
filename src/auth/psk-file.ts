// A file of pre-shared keys for TLS: `identity:HEXKEY` a line. Read whole, then put in place of what was there before.
// What TLS does with a key is the listener's affair.

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

export interface PskFileOptions extends AccessFileOptions {
  /** Reads the file; the file system unless given. */
  readonly read?: (path: string) => AccessFileContents
}

/** Longest identity and key of OpenSSL, in bytes. */
const LONGEST_IDENTITY = 256
const LONGEST_KEY = 512

/** The keys of a file by identity; `file` is its name in errors. @throws AccessFileError */
export function parsePskFile(bytes: Uint8Array, file: string): Map<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>()
  for (const { number, text } of linesOf(bytes)) {
    const fail = (message: string, detail = ''): AccessFileError => new AccessFileError(message, file, number, detail)
    if (text === null) throw fail(`Invalid line in psk file '${file}'.`, 'It is not UTF-8.')
    if (text.includes('\0')) throw fail(`Invalid line in psk file '${file}'.`, 'It has a NUL character.')
    const colon = text.indexOf(':')
    if (colon < 0) continue
    const identity = trimBlanks(text.slice(0, colon))
    const key = trimBlanks(text.slice(colon + 1).split(':')[0]!)
    if (identity === '') throw fail(`Empty identity in psk file '${file}'.`)
    if (Buffer.byteLength(identity) > LONGEST_IDENTITY) throw fail(`Invalid line in psk file '${file}', identity longer than ${LONGEST_IDENTITY} bytes.`)
    if (keys.has(identity)) throw fail(`Duplicate identity '${shown(identity)}' in psk file '${file}'.`)
    if (key === '') throw fail(`Empty psk for identity "${shown(identity)}".`)
    if (!/^[0-9A-Fa-f]+$/.test(key)) throw fail(`psk for identity "${shown(identity)}" contains non-hexadecimal characters.`)
    if (key.length > LONGEST_KEY * 2) throw fail(`psk for identity "${shown(identity)}" is longer than ${LONGEST_KEY} bytes.`)
    keys.set(identity, Buffer.from(key.length % 2 === 0 ? key : `0${key}`, 'hex')) // a number for Mosquitto: 12345 is 012345
  }
  return keys
}

export class PskFile {
  readonly #options: PskFileOptions
  #path: string
  #keys: ReadonlyMap<string, Uint8Array> = new Map()
  #notes: readonly AccessFileNote[] = []

  /** Reads the file. @throws AccessFileError */
  constructor(path: string, options: PskFileOptions = {}) {
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

  /** Null for an unknown identity. Not to be changed by the caller. */
  keyOf(identity: string): Uint8Array | null {
    return this.#keys.get(identity) ?? null
  }

  /** Reads the file again, or another one; nothing changes until the function returned is called. @throws AccessFileError */
  prepare(path: string = this.#path): () => void {
    const { bytes, notes } = this.#options.read?.(path) ?? readAccessFile(path, 'psk file', this.#options)
    const keys = parsePskFile(bytes, path)
    return () => {
      this.#path = path
      this.#keys = keys
      this.#notes = notes
    }
  }

  /** Reads the file again. When it cannot be used, all stays as it is. @throws AccessFileError */
  reload(path: string = this.#path): void {
    this.prepare(path)()
  }
}
