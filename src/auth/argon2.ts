// The optional package argon2: there when the user has installed it beside us, absent otherwise.
// Only what password-hash.ts calls; asked for when the first argon2id hash turns up, never before.

import { createRequire } from 'node:module'

/** The part of the package that we use; type 2 is argon2id. */
export interface Argon2 {
  verify(encoded: string, password: Buffer): Promise<boolean>
  hash(password: Buffer, options: { readonly type: 2; readonly memoryCost: number; readonly timeCost: number; readonly parallelism: number }): Promise<string>
}

export const ARGON2_MISSING = "the optional package 'argon2' is not installed; install it with: npm install argon2@0.44"

/** Null when it is not installed or does not load on this machine. */
export function argon2(): Argon2 | null {
  try {
    return createRequire(import.meta.url)('argon2') as Argon2
  } catch {
    return null
  }
}
