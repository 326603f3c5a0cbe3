// SCRAM-SHA-256 as enhanced authentication of MQTT 5, both sides [RFC 5802, RFC 7677; MQTT 5.0, section 4.12].
// Texts are in scram-message.ts, keys in scram-verifier.ts; this file is the order of the steps and what they prove.

import { isUtf8 } from 'node:buffer'
import { pbkdf2Sync } from 'node:crypto'
import type { AuthenticationExchange, AuthenticationStep } from '../session/effects.ts'
import { saslPrep } from './sasl-prep.ts'
import type { ClientFirst } from './scram-message.ts'
import { escapeName, parseClientFinal, parseClientFirst, parseServerFinal, parseServerFirst, ScramError } from './scram-message.ts'
import type { Credentials, DecoyVerifiers, ScramVerifier } from './scram-verifier.ts'
import { areEqual, exclusiveOr, hmac, KEY_LENGTH, sha256 } from './scram-verifier.ts'

/** The Authentication Method. */
export const SCRAM_SHA_256 = 'SCRAM-SHA-256'

const CONTINUE_AUTHENTICATION = 0x18
const NOT_AUTHORIZED = 0x87
const NO_USER = { reasonCode: CONTINUE_AUTHENTICATION, userName: null }

export interface ScramServerOptions {
  readonly credentials: Credentials
  /** What users that do not exist are answered with. */
  readonly decoys: DecoyVerifiers
  /** Random printable ASCII without commas, at least 18 characters, never twice the same. */
  readonly newNonce: () => string
}

/** What is known between the server's two messages. */
interface Challenge {
  readonly first: ClientFirst
  readonly serverFirst: string
  readonly nonce: string
  /** Null when the user does not exist: then `verifier` is a decoy. */
  readonly userName: string | null
  readonly verifier: ScramVerifier
}

/** The server's side: one exchange, for CONNECT or for a re-authentication. Every failure is 0x87, with RFC 5802's `e=` as data. */
export class ScramSha256Exchange implements AuthenticationExchange {
  readonly #options: ScramServerOptions
  #challenge: Challenge | null = null
  #state: 'started' | 'busy' | 'challenged' | 'over' = 'started'
  #askedForFirst = false

  constructor(options: ScramServerOptions) {
    this.#options = options
  }

  async step(data: Uint8Array | null): Promise<AuthenticationStep> {
    const state = this.#state
    this.#state = 'busy'
    try {
      if (state === 'started') return data === null ? this.#askForFirst() : await this.#answerFirst(textOf(data))
      if (state === 'challenged') return this.#answerFinal(textOf(data))
      throw new ScramError('other-error', 'a message out of turn')
    } catch (error) {
      this.#state = 'over'
      this.#challenge = null
      if (error instanceof ScramError) return { reasonCode: NOT_AUTHORIZED, data: Buffer.from(`e=${error.code}`), userName: null }
      throw error
    }
  }

  /** A client may begin without Authentication Data: an empty challenge asks for it, once. */
  #askForFirst(): AuthenticationStep {
    if (this.#askedForFirst) throw new ScramError('invalid-encoding', 'no first message')
    this.#askedForFirst = true
    this.#state = 'started'
    return { ...NO_USER, data: null }
  }

  async #answerFirst(message: string): Promise<AuthenticationStep> {
    const first = parseClientFirst(message)
    const userName = saslPrep(first.userName)
    if (userName === null) throw new ScramError('invalid-username-encoding', 'user name with forbidden characters')
    const found = await this.#options.credentials.lookup(userName)
    const verifier = found ?? this.#options.decoys.of(userName)
    const nonce = first.nonce + this.#options.newNonce()
    const serverFirst = `r=${nonce},s=${Buffer.from(verifier.salt).toString('base64')},i=${verifier.iterations}`
    this.#challenge = { first, serverFirst, nonce, userName: found === null ? null : userName, verifier }
    this.#state = 'challenged'
    return { ...NO_USER, data: Buffer.from(serverFirst) }
  }

  #answerFinal(message: string): AuthenticationStep {
    const { first, serverFirst, nonce, userName, verifier } = this.#challenge!
    const final = parseClientFinal(message, first.gs2Header)
    if (final.nonce !== nonce) throw new ScramError('other-error', 'nonce changed on the way')
    if (final.proof.length !== KEY_LENGTH) throw new ScramError('invalid-proof', 'proof of a wrong length')
    const signed = `${first.bare},${serverFirst},${final.withoutProof}`
    const clientKey = exclusiveOr(final.proof, hmac(verifier.storedKey, signed))
    const fits = areEqual(sha256(clientKey), verifier.storedKey)
    if (!fits || userName === null) throw new ScramError('invalid-proof', 'wrong password or unknown user')
    this.#state = 'over'
    this.#challenge = null
    return { reasonCode: 0, data: Buffer.from(`v=${Buffer.from(hmac(verifier.serverKey, signed)).toString('base64')}`), userName }
  }
}

export interface ScramClientOptions {
  readonly userName: string
  readonly password: string
  /** Random printable ASCII without commas, at least 18 characters. */
  readonly nonce: string
  /** Below this the server is refused: few iterations make a listener's guessing cheap. 4096 by default, as RFC 7677 asks. */
  readonly minimumIterations?: number
  /** Above this the server is refused: it would stop this process for seconds. 1,000,000 by default. */
  readonly maximumIterations?: number
}

/** The client's side: proves the password without sending it, and has the server prove that it knows it too. */
export class ScramSha256Client {
  readonly method: string = SCRAM_SHA_256
  readonly #options: ScramClientOptions
  readonly #bare: string
  readonly #password: string
  #state: 'started' | 'introduced' | 'proved' | 'over' = 'started'
  #serverSignature: Uint8Array | null = null

  /** @throws ScramError when name or password hold characters that SASLprep forbids */
  constructor(options: ScramClientOptions) {
    const userName = saslPrep(options.userName)
    const password = saslPrep(options.password)
    if (userName === null) throw new ScramError('invalid-username-encoding', 'user name empty or with forbidden characters')
    if (password === null) throw new ScramError('other-error', 'password empty or with forbidden characters')
    this.#options = options
    this.#bare = `n=${escapeName(userName)},r=${options.nonce}`
    this.#password = password
  }

  /** True once the server has proved that it knows the password: a success without that is not to be trusted. */
  get isServerVerified(): boolean {
    return this.#state === 'over' && this.#serverSignature !== null
  }

  /**
   * Takes the server's Authentication Data (null to begin), returns ours; null when nothing is left to say.
   * @throws ScramError when the server does not know the password, or breaks the exchange
   */
  step(data: Uint8Array | null): Uint8Array | null {
    const state = this.#state
    this.#state = 'over'
    if (state === 'started' && data === null) {
      this.#state = 'introduced'
      return Buffer.from(`n,,${this.#bare}`)
    }
    if (state === 'introduced') {
      const final = this.#prove(textOf(data))
      this.#state = 'proved'
      return Buffer.from(final)
    }
    if (state === 'proved') {
      const expected = this.#serverSignature!
      this.#serverSignature = null
      if (!areEqual(parseServerFinal(textOf(data)), expected)) throw new ScramError('other-error', 'server does not know the password: signature differs')
      this.#serverSignature = expected
      return null
    }
    throw new ScramError('other-error', 'a message out of turn')
  }

  #prove(serverFirst: string): string {
    const { nonce, salt, iterations } = parseServerFirst(serverFirst)
    const least = this.#options.minimumIterations ?? 4096
    if (!nonce.startsWith(this.#options.nonce) || nonce.length === this.#options.nonce.length)
      throw new ScramError('other-error', 'server did not extend our nonce')
    if (iterations < least) throw new ScramError('other-error', `server asks for ${iterations} iterations, fewer than ${least}`)
    if (iterations > (this.#options.maximumIterations ?? 1_000_000)) throw new ScramError('other-error', `server asks for ${iterations} iterations`)
    const salted = pbkdf2Sync(this.#password, salt, iterations, KEY_LENGTH, 'sha256')
    const clientKey = hmac(salted, 'Client Key')
    const withoutProof = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`
    const signed = `${this.#bare},${serverFirst},${withoutProof}`
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), signed)
    return `${withoutProof},p=${Buffer.from(exclusiveOr(clientKey, hmac(sha256(clientKey), signed))).toString('base64')}`
  }
}

function textOf(data: Uint8Array | null): string {
  if (data === null) throw new ScramError('invalid-encoding', 'empty message')
  if (!isUtf8(data)) throw new ScramError('invalid-encoding', 'message is not UTF-8')
  return Buffer.from(data).toString()
}
