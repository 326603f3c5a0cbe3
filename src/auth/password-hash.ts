// Hashes of passwords as Mosquitto writes them: $7$ PBKDF2-HMAC-SHA512, $6$ SHA-512 of password and salt, and argon2id.
// Made and checked here, off the event loop; whose hash it is and how many at a time are password-logins.ts' affair.

import { createHash, pbkdf2, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Argon2, argon2 } from './argon2.ts'

/** Iterations of new $7$ hashes: 6 ms of one core a login. */
export const DEFAULT_ITERATIONS = 10_000
/** The most that the operating system's PBKDF2 takes. */
export const MOST_ITERATIONS = 0x7fffffff
/** Bytes of a new salt: what all versions of Mosquitto read; 2.0 reads no other. */
const SALT_LENGTH = 12
const KEY_LENGTH = 64

export type PasswordHash =
  | { readonly kind: 'pbkdf2'; readonly iterations: number; readonly salt: Uint8Array; readonly key: Uint8Array }
  | { readonly kind: 'sha512'; readonly salt: Uint8Array; readonly key: Uint8Array }
  | { readonly kind: 'argon2id'; readonly encoded: string }

export type NewHash = { readonly kind: 'pbkdf2'; readonly iterations: number } | { readonly kind: 'sha512' } | { readonly kind: 'argon2id' }

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const ARGON2ID = /^\$argon2id\$v=19\$m=[1-9]\d{0,9},t=[1-9]\d{0,9},p=[1-9]\d{0,7}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/

/** Reads the text after `user:`; null when it is no hash. */
export function parsePasswordHash(text: string): PasswordHash | null {
  if (text.startsWith('$argon2id$')) return ARGON2ID.test(text) ? { kind: 'argon2id', encoded: text } : null
  const [before, kind, ...fields] = text.split('$')
  if (before !== '') return null
  if (kind === '7' && fields.length === 3) {
    const iterations = /^[1-9]\d{0,9}$/.test(fields[0]!) ? Number(fields[0]) : 0
    const salt = base64(fields[1]!)
    const key = base64(fields[2]!)
    if (iterations < 1 || iterations > MOST_ITERATIONS || salt === null || key?.length !== KEY_LENGTH) return null
    return { kind: 'pbkdf2', iterations, salt, key }
  }
  if (kind === '6' && fields.length === 2) {
    const salt = base64(fields[0]!)
    const key = base64(fields[1]!)
    return salt === null || key?.length !== KEY_LENGTH ? null : { kind: 'sha512', salt, key }
  }
  return null
}

/** Does the password fit? The full work whatever it is, compared in constant time. `library` must be there for argon2id. */
export async function verifyPasswordHash(password: Uint8Array, hash: PasswordHash, library: Argon2 | null = argon2()): Promise<boolean> {
  switch (hash.kind) {
    case 'pbkdf2':
      return timingSafeEqual(await deriveKey(password, hash.salt, hash.iterations), hash.key)
    case 'sha512':
      return timingSafeEqual(sha512(password, hash.salt), hash.key)
    case 'argon2id':
      return library !== null && (await library.verify(hash.encoded, Buffer.from(password)))
  }
}

/** The text of a new hash, with a random salt. Null when it is to be argon2id and its library is not installed. */
export async function makePasswordHash(password: Uint8Array, wanted: NewHash, library: Argon2 | null = argon2()): Promise<string | null> {
  const salt = randomBytes(SALT_LENGTH)
  const salt64 = salt.toString('base64')
  switch (wanted.kind) {
    case 'pbkdf2':
      return `$7$${wanted.iterations}$${salt64}$${(await deriveKey(password, salt, wanted.iterations)).toString('base64')}`
    case 'sha512':
      return `$6$${salt64}$${sha512(password, salt).toString('base64')}`
    case 'argon2id':
      return library === null ? null : await library.hash(Buffer.from(password), { type: 2, memoryCost: 47_104, timeCost: 1, parallelism: 1 })
  }
}

/** A new $7$ hash, made at once: for a start, where nobody waits. */
export function makePasswordHashNow(password: Uint8Array, iterations: number): string {
  const salt = randomBytes(SALT_LENGTH)
  return `$7$${iterations}$${salt.toString('base64')}$${pbkdf2Sync(password, salt, iterations, KEY_LENGTH, 'sha512').toString('base64')}`
}

function deriveKey(password: Uint8Array, salt: Uint8Array, iterations: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, KEY_LENGTH, 'sha512', (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}

function sha512(password: Uint8Array, salt: Uint8Array): Buffer {
  return createHash('sha512').update(password).update(salt).digest()
}

/** Null for text that is not base64 with its padding, or nothing. */
function base64(text: string): Uint8Array | null {
  return text !== '' && BASE64.test(text) ? Buffer.from(text, 'base64') : null
}
