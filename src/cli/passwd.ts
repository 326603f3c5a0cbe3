// `zanzara passwd`, in mosquitto_passwd's words: adds, changes and deletes users of a password file, and hashes a plain one.
// Lines and files are password-lines.ts' affair, hashes auth/password-hash.ts', asking hidden-input.ts'.

import { readFileSync, realpathSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import { trimBlanks } from '../auth/access-file.ts'
import { ARGON2_MISSING } from '../auth/argon2.ts'
import { DEFAULT_ITERATIONS, MOST_ITERATIONS, makePasswordHash, type NewHash, parsePasswordHash } from '../auth/password-hash.ts'
import { type Ask, asker } from './hidden-input.ts'
import { BackupError, BrokenWriteError, CorruptFileError, changeLines, replaceFile, writeNewFile } from './password-lines.ts'
import type { Terminal } from './terminal.ts'

const ExitCode = { Done: 0, Failed: 1, PasswordsDiffer: 2, CannotHash: 10 } as const

type Action = 'set' | 'create' | 'delete' | 'hash-file'

interface PasswdArguments {
  readonly action: Action
  /** Null = standard output. */
  readonly file: string | null
  readonly userName: string
  /** Null = ask for it. */
  readonly password: string | null
  readonly hash: NewHash
}

/** Ends the command with a sentence on standard error. */
class PasswdError extends Error {
  override readonly name = 'PasswdError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = ExitCode.Failed) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Runs the command; returns its exit code. */
export async function runPasswd(argv: readonly string[], terminal: Terminal, ask: Ask = asker(terminal)): Promise<number> {
  try {
    const asked = readArguments(argv)
    if (asked === 'usage') {
      terminal.stdout.write(usage(programName(terminal)))
      return ExitCode.Failed
    }
    await perform(asked, terminal, ask)
    return ExitCode.Done
  } catch (error) {
    if (!(error instanceof PasswdError)) throw error
    terminal.stderr.write(`${error.message}\n`)
    return error.exitCode
  } finally {
    await terminal.stdout.flush()
    await terminal.stderr.flush()
  }
}

/** As mosquitto_passwd: options first; the first word that is none begins the file, the user and the password. */
function readArguments(argv: readonly string[]): PasswdArguments | 'usage' {
  let kind: NewHash['kind'] = 'pbkdf2'
  let iterations = DEFAULT_ITERATIONS
  const flags = new Set<string>()
  let at = 0
  for (; at < argv.length; at++) {
    const word = argv[at]!
    if (word === '-H' || word === '-I') {
      const value = argv[++at]
      if (value === undefined) throw new PasswdError(`Error: ${word} argument given but not enough other arguments.`)
      if (word === '-H') kind = hashKind(value)
      else iterations = iterationCount(value)
    } else if (/^-[bcDU]$/.test(word)) flags.add(word)
    else break
  }
  for (const [one, other] of [
    ['-c', '-D'],
    ['-c', '-U'],
    ['-D', '-U'],
    ['-b', '-D'],
  ] as const) {
    if (flags.has(one) && flags.has(other)) throw new PasswdError(`Error: ${one} and ${other} cannot be used together.`)
  }
  const action: Action = flags.has('-c') ? 'create' : flags.has('-D') ? 'delete' : flags.has('-U') ? 'hash-file' : 'set'
  const words = argv.slice(at)
  const isBatch = flags.has('-b')
  const hash: NewHash = kind === 'pbkdf2' ? { kind, iterations } : { kind }
  const missing = missingWords(action, isBatch, words.length)
  if (missing === 'usage') return 'usage'
  if (missing !== null) throw new PasswdError(`Error: ${missing} missing.`)
  const [file, userName = '', password = null] = words
  if (action !== 'hash-file') checkUserName(userName, action)
  if (isBatch && password !== null) checkPassword(Buffer.from(password))
  return { action, file: action === 'create' && file === '-' ? null : file!, userName, password: isBatch ? password : null, hash }
}

/** Null when all are there. */
function missingWords(action: Action, isBatch: boolean, given: number): string | null {
  switch (action) {
    case 'create':
      if (isBatch) return given < 3 ? '-c argument given but password file, username, or password' : null
      return given < 2 ? '-c argument given but password file or username' : null
    case 'delete':
      return given < 2 ? '-D argument given but password file or username' : null
    case 'hash-file':
      return given === 1 ? null : '-U argument given but password file'
    case 'set':
      return given === (isBatch ? 3 : 2) ? null : 'usage'
  }
}

function hashKind(word: string): NewHash['kind'] {
  if (word === 'sha512') return 'sha512'
  if (word === 'sha512-pbkdf2') return 'pbkdf2'
  if (word === 'argon2id') return 'argon2id'
  throw new PasswdError(`Error: Unknown hash type '${word}'`)
}

function iterationCount(word: string): number {
  const count = Number(/^\s*[+-]?\d+/.exec(word)?.[0] ?? 0)
  if (count < 1) throw new PasswdError('Error: Number of iterations must be > 0.')
  if (count > MOST_ITERATIONS) throw new PasswdError(`Error: Number of iterations must be at most ${MOST_ITERATIONS}.`)
  return count
}

function checkUserName(userName: string, action: Action): void {
  if (Buffer.byteLength(userName) > 65_535) throw new PasswdError('Error: Username must be less than 65536 characters long.')
  if (/[\0-\x1f\x7f]/.test(userName)) throw new PasswdError('Error: Username must not contain control characters.')
  if (userName.includes(':')) throw new PasswdError("Error: Username must not contain the ':' character.")
  if (action === 'delete') return
  // Names that would be written and never be found again.
  if (userName === '') throw new PasswdError('Error: Username must not be empty.')
  if (userName.startsWith('#')) throw new PasswdError("Error: Username must not begin with '#': its line would be a comment.")
  if (trimBlanks(userName) !== userName) throw new PasswdError('Error: Username must not begin or end with a space.')
}

function checkPassword(password: Uint8Array): void {
  if (password.length > 65_535) throw new PasswdError('Error: Password must be less than 65536 characters long.')
}

async function perform(asked: PasswdArguments, terminal: Terminal, ask: Ask): Promise<void> {
  const { userName, hash } = asked
  if (asked.action === 'create') {
    const path = asked.file === null ? null : realPath(asked.file)
    const line = `${userName}:${await hashed(await passwordFor(asked, ask), hash)}\n`
    if (path === null) {
      terminal.stdout.write(line)
      return
    }
    try {
      writeNewFile(path, Buffer.from(line))
    } catch (error) {
      throw writeError(error, `Error: Unable to open file ${path} for writing.`)
    }
    terminal.stdout.write(`Adding password for user ${userName}\n`)
    return
  }
  const path = realPath(asked.file!)
  const contents = read(path)
  if (asked.action === 'hash-file') {
    const fresh = await change(contents, async (line) =>
      parsePasswordHash(line.secret) === null ? { text: `${line.userName}:${await hashed(Buffer.from(line.secret), hash)}` } : 'keep',
    )
    write(path, fresh)
    return
  }
  let isFound = false
  if (asked.action === 'delete') {
    const fresh = await change(contents, (line) => {
      if (line.userName !== userName) return 'keep'
      isFound = true
      return 'remove'
    })
    if (!isFound) throw new PasswdError(`Warning: User ${userName} not found in password file.`)
    write(path, fresh)
    return
  }
  const text = `${userName}:${await hashed(await passwordFor(asked, ask), hash)}`
  const fresh = await change(contents, (line) => {
    if (isFound || line.userName !== userName) return 'keep'
    isFound = true
    return { text }
  })
  write(path, isFound ? fresh : Buffer.concat([fresh, Buffer.from(`${text}\n`)]))
  terminal.stdout.write(`${isFound ? 'Updating' : 'Adding'} password for user ${userName}\n`)
}

async function passwordFor(asked: PasswdArguments, ask: Ask): Promise<Uint8Array> {
  if (asked.password !== null) return Buffer.from(asked.password)
  const password = await ask('Password: ')
  if (password === 'interrupted') throw new PasswdError('Interrupted: nothing was changed.')
  if (password.length === 0) throw new PasswdError('Error: Empty password.')
  checkPassword(password)
  const again = await ask('Reenter password: ')
  if (again === 'interrupted') throw new PasswdError('Interrupted: nothing was changed.')
  if (!Buffer.from(password).equals(again)) throw new PasswdError('Error: Passwords do not match.', ExitCode.PasswordsDiffer)
  return password
}

async function hashed(password: Uint8Array, hash: NewHash): Promise<string> {
  const text = await makePasswordHash(password, hash)
  if (text === null) throw new PasswdError(`Error: Unable to hash password. For -H argon2id ${ARGON2_MISSING}.`, ExitCode.CannotHash)
  return text
}

async function change(contents: Uint8Array, decide: Parameters<typeof changeLines>[1]): Promise<Buffer> {
  try {
    return await changeLines(contents, decide)
  } catch (error) {
    if (error instanceof CorruptFileError) throw new PasswdError(`Error: ${error.message}`)
    throw error
  }
}

/** A file that is not there yet keeps the name given. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path
    throw new PasswdError(`Error reading password file: ${reason(error)}`)
  }
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new PasswdError(`Error: Unable to open password file ${path}. ${reason(error)}.`)
  }
}

function write(path: string, contents: Uint8Array): void {
  try {
    replaceFile(path, contents)
  } catch (error) {
    throw writeError(error, `Error: Unable to open password file ${path}.`)
  }
}

function writeError(error: unknown, otherwise: string): PasswdError {
  if (error instanceof BackupError) return new PasswdError(`Error creating backup password file "${error.backup}", not continuing.`)
  if (!(error instanceof BrokenWriteError)) return new PasswdError(`${otherwise} ${reason(error)}.`)
  return new PasswdError(`Error occurred updating password file.\nPassword file may be corrupt, check the backup file: ${error.backup}.`)
}

/** The system's words, as C programs print them. */
function reason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return words === undefined ? message : words === 'illegal operation on a directory' ? 'Is a directory' : words[0]!.toUpperCase() + words.slice(1)
}

function programName(terminal: Terminal): string {
  const wrapper = terminal.env['ZANZARA_PROGRAM_NAME']
  if (wrapper !== undefined && wrapper !== '') return wrapper
  return terminal.invokedAs === 'mosquitto_passwd' ? terminal.invokedAs : 'zanzara passwd'
}

function usage(name: string): string {
  return `${name} keeps the password file of a broker.

Usage: ${name} [-H TYPE] [-I N] FILE USER                 set the password of USER, asking for it
       ${name} [-H TYPE] [-I N] -b FILE USER PASSWORD     the same without asking; others may see the password meanwhile
       ${name} [-H TYPE] [-I N] -c [-b] FILE USER [PASSWORD]
       ${name} -D FILE USER
       ${name} [-H TYPE] [-I N] -U FILE

  -b         batch: the password stands on the command line
  -c         create FILE with this one user, overwriting what it held; - = print the line instead
  -D         delete USER
  -H TYPE    how to hash: sha512-pbkdf2 (the default), sha512 (for old brokers only),
             or argon2id (needs the optional package argon2)
  -I N       iterations of sha512-pbkdf2, ${DEFAULT_ITERATIONS} unless given
  -U         hash the passwords of FILE, which holds USER:PASSWORD lines in plain text; hashes in it stay
  --help     this text

A running broker reads the file again at SIGHUP.
Exit code: 0 done, 1 an error, 2 the two passwords differ.

Examples:
  ${name} -c passwords ann
  ${name} -b passwords bob secret
  ${name} -D passwords bob
`
}
