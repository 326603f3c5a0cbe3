// Judges names and passwords by a password file: off the event loop, few at a time, at the same cost for unknown users.
// Right passwords are remembered for a minute, wrong ones slow their address down. Who is asked at all is file-authenticator.ts' affair.

import { createHmac, randomBytes } from 'node:crypto'
import { FailedLogins } from './failed-logins.ts'
import type { PasswordEntry } from './password-file.ts'
import { type PasswordHash, verifyPasswordHash } from './password-hash.ts'
import { VerificationQueue } from './verification-queue.ts'

const REMEMBERED_MS = 60_000
const REMEMBERED_LOGINS = 4096
const PENALTY_MS = 2_000

/** Where names and hashes come from: a password file, or dynamic security. */
export interface Credentials {
  lookup(userName: string): PasswordEntry | null
  /** What stands for the hash of an unknown user: always the same for the same name. */
  decoy(userName: string): PasswordHash
}

/** Users kept elsewhere than in a password file, with more to say about them than their passwords. */
export interface UserDirectory extends Credentials {
  /** Whether it is the one to judge this name; a password file may know others. */
  has(userName: string): boolean
  /** Why somebody whose password fits may not come in all the same; null = may. A sentence's end. */
  objection(userName: string, clientId: string): string | null
}

/** `busy`: too many wait to be judged. */
export type LoginResult = { readonly outcome: 'welcome'; readonly entry: PasswordEntry } | { readonly outcome: 'refused' | 'busy' }

export interface PasswordLoginsOptions {
  /** Milliseconds, monotonic. */
  readonly now?: () => number
  /** Resolves after so many milliseconds. */
  readonly delay?: (ms: number) => Promise<void>
  readonly queue?: VerificationQueue
  readonly verify?: (password: Uint8Array, hash: PasswordHash) => Promise<boolean>
}

const REFUSED: LoginResult = { outcome: 'refused' }
const BUSY: LoginResult = { outcome: 'busy' }

/** One for all listeners: who guesses at one of them is slow at all. */
export class PasswordLogins {
  readonly #now: () => number
  readonly #delay: (ms: number) => Promise<void>
  readonly #queue: VerificationQueue
  readonly #verify: (password: Uint8Array, hash: PasswordHash) => Promise<boolean>
  readonly #failed = new FailedLogins()
  readonly #secret = randomBytes(32)
  /** Keyed hash of name, hash and password → until when it is known to fit. Oldest first. */
  readonly #recent = new Map<string, number>()

  constructor(options: PasswordLoginsOptions = {}) {
    this.#now = options.now ?? ((): number => performance.now())
    this.#delay = options.delay ?? ((ms): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref()))
    this.#queue = options.queue ?? new VerificationQueue()
    this.#verify = options.verify ?? verifyPasswordHash
  }

  /** `password` null = none was sent; that and an empty one never fit, as in Mosquitto. Not to be changed until this resolves. */
  async judge(file: Credentials, userName: string, password: Uint8Array | null, address: string): Promise<LoginResult> {
    const entry = file.lookup(userName)
    const secret = password ?? new Uint8Array(0)
    const key = this.#keyOf(userName, entry, secret)
    if (entry !== null && password !== null && this.#isRemembered(key)) return { outcome: 'welcome', entry }
    if (this.#failed.areTooMany(address, this.#now())) {
      await this.#delay(PENALTY_MS)
      return REFUSED
    }
    const decoy = file.decoy(userName) // chosen for known users too, so that both cost the same
    const hash = entry === null ? decoy : entry.hash
    const fits = await this.#queue.run(() => this.#verify(secret, hash))
    if (fits === null) return BUSY
    if (!fits || entry === null || secret.length === 0) {
      this.#failed.count(address, this.#now())
      return REFUSED
    }
    // The file may have changed meanwhile: what counts is what it says now.
    const current = file.lookup(userName)
    if (current?.encoded !== entry.encoded) return REFUSED
    this.#remember(key)
    return { outcome: 'welcome', entry: current }
  }

  /** The hash is part of it: a changed password makes what was remembered void. */
  #keyOf(userName: string, entry: PasswordEntry | null, password: Uint8Array): string {
    return createHmac('sha256', this.#secret)
      .update(`${Buffer.byteLength(userName)}:${userName}${entry?.encoded ?? ''}\0`)
      .update(password)
      .digest('base64')
  }

  #isRemembered(key: string): boolean {
    const until = this.#recent.get(key)
    return until !== undefined && until > this.#now()
  }

  #remember(key: string): void {
    this.#recent.delete(key)
    this.#recent.set(key, this.#now() + REMEMBERED_MS)
    if (this.#recent.size > REMEMBERED_LOGINS) this.#recent.delete(this.#recent.keys().next().value!)
  }
}
