// Who asks the console, and as what: programs of this machine where that is enough, a cookie after a login, or a token with each request.
// Wrong tokens are counted by address; the requests themselves are judged in request-rules.ts first.

import { randomBytes } from 'node:crypto'
import { FailedLogins } from '../../auth/failed-logins.ts'
import type { Role } from './api-types.ts'
import { type ConsoleTokens, hashOf } from './console-tokens.ts'
import { isFromThisMachine } from './request-rules.ts'

/** A login lasts so long after its last use. */
const IDLE_MS = 12 * 3600_000
/** Logins at a time; beyond, the oldest ends. */
const MOST_LOGINS = 1000
/** Failures of this machine itself in one minute: a proxy may stand here. */
const MOST_LOCAL_FAILURES = 20

export const COOKIE = 'zanzara-console'

/** Who asks. */
export interface Identity {
  readonly role: Role
  /** For the log: how it came in, and from where. */
  readonly name: string
}

/** What a request brings. */
export interface Credentials {
  readonly address: string
  readonly headers: { get(name: string): string | null }
  /** The value of our cookie. */
  readonly cookie: string | null
}

interface Login {
  readonly role: Role
  until: number
}

export interface LoginsOptions {
  readonly tokens: ConsoleTokens
  /** Programs of this machine are administrators without a token. */
  readonly trustsThisMachine: () => boolean
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

export class Logins {
  readonly #options: LoginsOptions
  readonly #failed = new FailedLogins()
  /** By the hash of the cookie. */
  readonly #logins = new Map<string, Login>()
  #localFailures = { since: 0, count: 0 }

  constructor(options: LoginsOptions) {
    this.#options = options
  }

  isLocal({ address, headers }: Credentials): boolean {
    return this.#options.trustsThisMachine() && isFromThisMachine(address, headers)
  }

  /** Null = nobody that we know; `too-often` = not even asked. */
  identify(credentials: Credentials): Identity | 'too-often' | null {
    const { address, headers, cookie } = credentials
    const bearer = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
    if (bearer !== undefined) {
      const role = this.#roleOf(bearer, address)
      return role === null || role === 'too-often' ? role : { role, name: `${role} at ${shownAddress(address)}` }
    }
    const login = cookie === null ? null : this.#loginOf(cookie)
    if (login !== null) return { role: login.role, name: `${login.role} at ${shownAddress(address)}` }
    return this.isLocal(credentials) ? { role: 'admin', name: `a program of this machine` } : null
  }

  /** The cookie of a new login. */
  logIn(token: string, address: string): { readonly role: Role; readonly cookie: string } | 'too-often' | null {
    const role = this.#roleOf(token, address)
    if (role === null || role === 'too-often') return role
    const cookie = randomBytes(32).toString('base64url')
    this.#logins.set(keyOf(cookie), { role, until: this.#options.now() + IDLE_MS })
    if (this.#logins.size > MOST_LOGINS) this.#logins.delete(this.#logins.keys().next().value!)
    return { role, cookie }
  }

  hasLogin(cookie: string | null): boolean {
    return cookie !== null && this.#loginOf(cookie) !== null
  }

  logOut(cookie: string): void {
    this.#logins.delete(keyOf(cookie))
  }

  #roleOf(token: string, address: string): Role | 'too-often' | null {
    const { tokens, now } = this.#options
    if (this.#failed.areTooMany(address, now()) || this.#tooManyHere(now())) return 'too-often'
    const role = tokens.roleOf(token)
    if (role !== null) return role
    this.#failed.count(address, now())
    if (address === '' || address === '::1' || address.startsWith('127.')) this.#localFailures.count++
    return null
  }

  #tooManyHere(now: number): boolean {
    if (now - this.#localFailures.since > 60_000) this.#localFailures = { since: now, count: 0 }
    return this.#localFailures.count >= MOST_LOCAL_FAILURES
  }

  #loginOf(cookie: string): Login | null {
    const key = keyOf(cookie)
    const login = this.#logins.get(key)
    const now = this.#options.now()
    if (login === undefined) return null
    if (login.until < now) {
      this.#logins.delete(key)
      return null
    }
    login.until = now + IDLE_MS
    return login
  }
}

/** What is kept of a cookie: who reads our memory learns none. */
function keyOf(cookie: string): string {
  return hashOf(cookie).toString('base64')
}

function shownAddress(address: string): string {
  return address === '' ? 'an unknown address' : address
}
