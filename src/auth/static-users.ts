// Who may come in, from a list of users known at the start: by user name and password, or by SCRAM-SHA-256.
// Implements broker/ports.ts' Authenticator; for `--lan`, tests and, filled from one, password files.

import { isUtf8 } from 'node:buffer'
import { createHmac, randomBytes } from 'node:crypto'
import type { Authenticator } from '../broker/ports.ts'
import type { AuthenticationExchange, Verdict } from '../session/effects.ts'
import type { Connect } from '../wire/mqtt/packet.ts'
import { saslPrep } from './sasl-prep.ts'
import { SCRAM_SHA_256, ScramSha256Exchange } from './scram.ts'
import { type Credentials, DecoyVerifiers, type ScramVerifier, verifyPassword } from './scram-verifier.ts'
import { VerificationQueue } from './verification-queue.ts'

/** Mosquitto answers a wrong password and an unknown user alike: 5 in 3.x, 0x87 in 5.0. */
const REFUSED: Verdict = { reasonCode: 0x87, userName: null }
const QUOTA_EXCEEDED: Verdict = { reasonCode: 0x97, userName: null }
const REMEMBERED_MS = 60_000
const REMEMBERED_LOGINS = 1024

export interface StaticUser {
  readonly userName: string
  readonly verifier: ScramVerifier
}

export interface StaticUsersOptions {
  readonly users: readonly StaticUser[]
  /** Whether a client without a user name is welcome. A wrong name is never anonymous. */
  readonly allowAnonymous: boolean
  /** Milliseconds, monotonic; a password that was right is taken again for a minute without the work. */
  readonly now?: () => number
  readonly queue?: VerificationQueue
}

export class StaticUsers implements Authenticator, Credentials {
  readonly #users: ReadonlyMap<string, ScramVerifier>
  readonly #allowAnonymous: boolean
  readonly #decoys: DecoyVerifiers
  readonly #queue: VerificationQueue
  readonly #now: () => number
  readonly #secret = randomBytes(32)
  /** Keyed hash of name and password → until when it is known to be right. Oldest first. */
  readonly #recent = new Map<string, number>()

  constructor(options: StaticUsersOptions) {
    const users = new Map<string, ScramVerifier>()
    for (const { userName, verifier } of options.users) users.set(saslPrep(userName) ?? userName, verifier)
    this.#users = users
    this.#allowAnonymous = options.allowAnonymous
    this.#decoys = new DecoyVerifiers(this.#secret, options.users[0]?.verifier.iterations)
    this.#queue = options.queue ?? new VerificationQueue()
    this.#now = options.now ?? ((): number => performance.now())
  }

  /** The verifier of a user, for SCRAM. */
  lookup(userName: string): ScramVerifier | null {
    return this.#users.get(userName) ?? null
  }

  authenticate(connect: Connect): Verdict | Promise<Verdict> {
    if (connect.userName === null) return this.#allowAnonymous ? { reasonCode: 0, userName: null } : REFUSED
    const password = passwordText(connect.password)
    return this.#check(connect.userName, password ?? '', password !== null)
  }

  begin(method: string): AuthenticationExchange | null {
    if (method !== SCRAM_SHA_256 || this.#users.size === 0) return null
    return new ScramSha256Exchange({ credentials: this, decoys: this.#decoys, newNonce: () => randomBytes(18).toString('base64') })
  }

  /** Unknown users and unusable passwords cost the same work as a wrong password. */
  async #check(givenName: string, password: string, isUsable: boolean): Promise<Verdict> {
    const userName = saslPrep(givenName)
    const known = userName === null ? undefined : this.#users.get(userName)
    const key = createHmac('sha256', this.#secret).update(`${givenName.length}:${givenName}${password}`).digest('base64')
    const until = this.#recent.get(key)
    if (until !== undefined && until > this.#now()) return { reasonCode: 0, userName }
    const verifier = known ?? this.#decoys.of(givenName)
    const fits = await this.#queue.run(() => verifyPassword(password, verifier))
    if (fits === null) return QUOTA_EXCEEDED
    if (!fits || known === undefined || !isUsable) return REFUSED
    this.#remember(key)
    return { reasonCode: 0, userName }
  }

  #remember(key: string): void {
    this.#recent.delete(key)
    this.#recent.set(key, this.#now() + REMEMBERED_MS)
    if (this.#recent.size > REMEMBERED_LOGINS) this.#recent.delete(this.#recent.keys().next().value!)
  }
}

/** Null for a password that is absent, empty or not text. */
function passwordText(password: Uint8Array | null): string | null {
  return password === null || password.length === 0 || !isUtf8(password) ? null : Buffer.from(password).toString()
}
