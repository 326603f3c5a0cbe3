// A broker that is told to use a file of dynamic security, and finds none, makes one: with an admin whose password is said beforehand, or made up.
// Made-up passwords, that of a client for first tries among them, are left in a file beside it, for its owner only.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { AccessFileError } from '../access-file.ts'
import { DEFAULT_ITERATIONS, makePasswordHashNow } from '../password-hash.ts'
import type { StoredPassword } from './directory.ts'
import { storedPassword, writeDirectory } from './dynsec-file.ts'
import { stockDirectory } from './first-directory.ts'
import { writeWhole } from './write-whole.ts'

/** Characters of MOSQUITTO_DYNSEC_PASSWORD at least. */
const SHORTEST_PASSWORD = 12

export interface FirstFileOptions {
  readonly path: string
  /** plugin_opt_password_init_file: a file whose first line is the password; null = none. */
  readonly passwordFile: string | null
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The files written, and a sentence about where the password is; null when there was one already. @throws AccessFileError */
export function makeFirstFile({ path, passwordFile, env }: FirstFileOptions): { readonly files: readonly string[]; readonly sentence: string } | null {
  if (existsSync(path)) return null
  const given = passwordFile === null ? (env['MOSQUITTO_DYNSEC_PASSWORD'] ?? '') : firstLine(passwordFile)
  if (passwordFile !== null && given === '') throw new AccessFileError(`No password in the first line of '${passwordFile}'.`, passwordFile)
  if (passwordFile === null && given !== '' && given.length < SHORTEST_PASSWORD)
    throw new AccessFileError(
      `MOSQUITTO_DYNSEC_PASSWORD must be at least ${SHORTEST_PASSWORD} characters.`,
      path,
      0,
      `Without it, or with a longer one, '${path}' is made.`,
    )
  const isMadeUp = given === ''
  const admin = isMadeUp ? newPassword() : given
  const demo = isMadeUp ? newPassword() : null
  const beside = `${path}.pw`
  try {
    writeWhole(path, writeDirectory(stockDirectory(stored(admin), demo === null ? null : stored(demo))))
    if (demo !== null) writeWhole(beside, `admin ${admin}\ndemoclient ${demo}\n`)
  } catch (error) {
    throw new AccessFileError(`Unable to write dynamic security file "${path}".`, path, 0, `${(error as Error).message}.`)
  }
  if (isMadeUp) {
    const sentence = `Dynamic security: '${path}' was made, with the clients 'admin' and 'democlient', whose passwords were made up: see '${beside}'.`
    return { files: [path, beside], sentence }
  }
  const place = passwordFile === null ? 'MOSQUITTO_DYNSEC_PASSWORD' : `'${passwordFile}'`
  return { files: [path], sentence: `Dynamic security: '${path}' was made, with the client 'admin', whose password is that of ${place}.` }
}

/** 120 bits, in letters that need no quotes. */
function newPassword(): string {
  return randomBytes(15).toString('base64url')
}

function stored(password: string): StoredPassword {
  return storedPassword(makePasswordHashNow(Buffer.from(password), DEFAULT_ITERATIONS))!
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0]!
  } catch (error) {
    throw new AccessFileError(`Unable to open password file "${path}".`, path, 0, `${(error as Error).message}.`)
  }
}
