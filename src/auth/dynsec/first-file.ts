// A broker that is told to use a file of dynamic security, and finds none, makes one: with an admin whose password is said beforehand, or made up.
// A made-up password is left in a file beside it, for its owner only.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { AccessFileError } from '../access-file.ts'
import { DEFAULT_ITERATIONS, makePasswordHashNow } from '../password-hash.ts'
import { storedPassword, writeDirectory } from './dynsec-file.ts'
import { firstDirectory } from './first-directory.ts'
import { writeWhole } from './write-whole.ts'

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
  const password = given === '' ? randomBytes(15).toString('base64url') : given
  const stored = storedPassword(makePasswordHashNow(Buffer.from(password), DEFAULT_ITERATIONS))!
  const beside = `${path}.pw`
  try {
    writeWhole(path, writeDirectory(firstDirectory('admin', stored)))
    if (given === '') writeWhole(beside, `admin ${password}\n`)
  } catch (error) {
    throw new AccessFileError(`Unable to write dynamic security file "${path}".`, path, 0, `${(error as Error).message}.`)
  }
  const place =
    given !== '' ? (passwordFile === null ? 'is that of MOSQUITTO_DYNSEC_PASSWORD' : `is that of '${passwordFile}'`) : `was made up: see '${beside}'`
  return { files: given === '' ? [path, beside] : [path], sentence: `Dynamic security: '${path}' was made, with the client 'admin', whose password ${place}.` }
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0]!
  } catch (error) {
    throw new AccessFileError(`Unable to open password file "${path}".`, path, 0, `${(error as Error).message}.`)
  }
}
