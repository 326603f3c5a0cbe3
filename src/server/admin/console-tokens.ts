// The tokens by which people log in to the console: a file of `ROLE TOKEN` lines that only its owner may read, made at the first start.
// Tokens are compared by their hashes; logins and cookies are logins.ts.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Role } from './api-types.ts'

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin']
/** A shorter token could be guessed. */
const SHORTEST = 16

/** The file cannot be used: the start ends. The message names file and line. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError'
}

interface Token {
  readonly role: Role
  readonly hash: Buffer
}

export class ConsoleTokens {
  /** Set when the file was just made: to be shown once. */
  readonly firstToken: string | null
  /** What its owner should know of the file. */
  readonly warning: string | null
  readonly #tokens: readonly Token[]

  private constructor(tokens: readonly Token[], firstToken: string | null, warning: string | null) {
    this.#tokens = tokens
    this.firstToken = firstToken
    this.warning = warning
  }

  /** One token of an administrator that is forgotten with the process. */
  static forThisStart(): ConsoleTokens {
    const token = newToken()
    return new ConsoleTokens([{ role: 'admin', hash: hashOf(token) }], token, null)
  }

  /** Nobody can log in: all who may ask are on this machine. */
  static none(): ConsoleTokens {
    return new ConsoleTokens([], null, null)
  }

  /** Reads the file, or makes it with a token of an administrator. @throws TokenFileError */
  static at(path: string): ConsoleTokens {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new TokenFileError(`The tokens of the console cannot be read: ${(error as Error).message}.`)
      return made(path)
    }
    const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
    const warning = isOpen ? `Warning: File ${path} can be read by others than its owner; to fix this, use \`chmod 0600 ${path}\`.` : null
    return new ConsoleTokens(parse(text, path), null, warning)
  }

  static of(tokens: readonly Token[], firstToken: string): ConsoleTokens {
    return new ConsoleTokens(tokens, firstToken, null)
  }

  /** Null for a token that is none of ours. All are compared, whichever fits. */
  roleOf(token: string): Role | null {
    const hash = hashOf(token)
    let role: Role | null = null
    for (const known of this.#tokens) if (timingSafeEqual(known.hash, hash)) role = known.role
    return role
  }
}

/** 160 bits, in letters and digits that survive copying. */
function newToken(): string {
  return randomBytes(20).toString('hex')
}

export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function made(path: string): ConsoleTokens {
  const token = newToken()
  const text = `# Tokens of the console, one a line: viewer, operator or admin, a blank, the token (at least ${SHORTEST} characters).\nadmin ${token}\n`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
    chmodSync(path, 0o600) // whatever the umask added or took
  } catch (error) {
    throw new TokenFileError(`The token of the console cannot be kept: ${(error as Error).message}; name another file ('console_token_file').`)
  }
  return ConsoleTokens.of([{ role: 'admin', hash: hashOf(token) }], token)
}

function parse(text: string, path: string): Token[] {
  return text.split('\n').flatMap((line, i) => {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const [word, token, ...more] = trimmed.split(/\s+/)
    const role = ROLES.find((known) => known === word)
    if (role === undefined || token === undefined || more.length > 0)
      throw new TokenFileError(`${path}:${i + 1}: a line of tokens is \`viewer TOKEN\`, \`operator TOKEN\` or \`admin TOKEN\`.`)
    if (token.length < SHORTEST) throw new TokenFileError(`${path}:${i + 1}: the token has ${token.length} characters, ${SHORTEST} is the least.`)
    return [{ role, hash: hashOf(token) }]
  })
}

/** Whether a role includes another one. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
