// What a server keeps instead of a password: salt, iteration count and two derived keys [RFC 5802, section 3].
// From it a password can be checked, and SCRAM-SHA-256 spoken, but no password can be read.

import { createHash, createHmac, pbkdf2, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { saslPrep } from './sasl-prep.ts'

/** Iterations of new verifiers; RFC 7677 asks for at least 4096. */
export const DEFAULT_ITERATIONS = 10_000
export const KEY_LENGTH = 32

export interface ScramVerifier {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

/** Where verifiers come from: a list, a file, a database. */
export interface Credentials {
  /** Null for a user that does not exist. The name has been prepared by SASLprep. */
  lookup(userName: string): ScramVerifier | null | Promise<ScramVerifier | null>
}

/** Derives the verifier of a password; null when the password holds characters that SASLprep forbids. */
export function makeScramVerifier(password: string, options: { readonly iterations?: number; readonly salt?: Uint8Array } = {}): ScramVerifier | null {
  const prepared = saslPrep(password)
  if (prepared === null) return null
  const salt = options.salt ?? randomBytes(16)
  const iterations = options.iterations ?? DEFAULT_ITERATIONS
  return verifierOf(pbkdf2Sync(prepared, salt, iterations, KEY_LENGTH, 'sha256'), salt, iterations)
}

/** Checks a password in a thread of the pool: always the full work, compared in constant time. */
export function verifyPassword(password: string, verifier: ScramVerifier): Promise<boolean> {
  const prepared = saslPrep(password)
  return new Promise((resolve, reject) => {
    pbkdf2(prepared ?? '', verifier.salt, verifier.iterations, KEY_LENGTH, 'sha256', (error, salted) => {
      if (error !== null) reject(error)
      else resolve(areEqual(verifierOf(salted, verifier.salt, verifier.iterations).storedKey, verifier.storedKey) && prepared !== null)
    })
  })
}

/**
 * Stands in for users that do not exist: the same name always gets the same salt, so that nobody can tell them from real ones.
 * No password fits it.
 */
export class DecoyVerifiers {
  readonly #secret: Uint8Array
  readonly #iterations: number

  /** `secret` must stay the same as long as clients may compare; `iterations` should be those of the real users. */
  constructor(secret: Uint8Array, iterations: number = DEFAULT_ITERATIONS) {
    this.#secret = secret
    this.#iterations = iterations
  }

  of(userName: string): ScramVerifier {
    const derive = (purpose: string): Uint8Array => hmac(this.#secret, `${purpose}\0${userName}`)
    return { salt: derive('salt').subarray(0, 16), iterations: this.#iterations, storedKey: derive('stored key'), serverKey: derive('server key') }
  }
}

/** SaltedPassword → StoredKey and ServerKey. */
function verifierOf(saltedPassword: Uint8Array, salt: Uint8Array, iterations: number): ScramVerifier {
  return { salt, iterations, storedKey: sha256(hmac(saltedPassword, 'Client Key')), serverKey: hmac(saltedPassword, 'Server Key') }
}

export function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest()
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

/** Takes as long for a near miss as for a far one. */
export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Bytes of `a` with those of `b` in an exclusive or; both have the same length. */
export function exclusiveOr(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) result[i] = a[i]! ^ b[i]!
  return result
}
