// What listeners and dialling give to Node's TLS alike: ciphers, lists of PEM contents, pre-shared keys.
// Loaded with TLS only.

import { DEFAULT_CIPHERS } from 'node:tls'
import { UsageError } from '../wire/errors.ts'

/** For pre-shared keys in TLS 1.2, which Node's own list leaves out: those with forward secrecy first. */
const PSK_CIPHERS = 'kECDHEPSK:kPSK:!eNULL:!3DES:!RC4'
/** OpenSSL's PSK_MAX_PSK_LEN; Node throws inside the handshake for a longer key. */
const LONGEST_KEY = 256
/** Bytes of an identity that every TLS library takes (RFC 4279, 5.3); Node throws inside the handshake for much longer ones. */
const LONGEST_IDENTITY = 128

/** A key that a handshake can use. */
export function isUsableKey(key: Uint8Array): boolean {
  return key.length > 0 && key.length <= LONGEST_KEY
}

/** @throws UsageError for what no handshake can use */
export function checkPsk(identity: string, key: Uint8Array): void {
  const length = Buffer.byteLength(identity)
  if (length === 0 || length > LONGEST_IDENTITY || identity.includes('\0'))
    throw new UsageError(`a pre-shared key's identity of ${length} bytes: give 1 to ${LONGEST_IDENTITY} bytes without NUL`)
  if (!isUsableKey(key)) throw new UsageError(`a pre-shared key of ${key.length} bytes: give 1 to ${LONGEST_KEY}`)
}

/**
 * Node's one list made of two: the suites of TLS 1.3 are told from the others by their names. Undefined leaves the choice to Node.
 * @throws UsageError for a suite that is none of TLS 1.3
 */
export function cipherList(ciphers: string | undefined, suites: string | undefined, isPsk: boolean): string | undefined {
  if (ciphers === undefined && suites === undefined && !isPsk) return undefined
  const older = ciphers ?? (isPsk ? PSK_CIPHERS : namesOf(DEFAULT_CIPHERS, false).join(':'))
  if (suites === undefined) return namesOf(older, true).length > 0 ? older : [...namesOf(DEFAULT_CIPHERS, true), older].join(':')
  const foreign = namesOf(suites, false)
  if (foreign.length > 0) throw new UsageError(`"${foreign[0]}" is no cipher suite of TLS 1.3: their names begin with TLS_`)
  return [...namesOf(suites, true), older].join(':')
}

function namesOf(list: string, isTls13: boolean): string[] {
  return list.split(':').filter((name) => name !== '' && name.startsWith('TLS_') === isTls13)
}

/** One text or several, as several. */
export function listOf(pem: string | Buffer | readonly (string | Buffer)[]): (string | Buffer)[] {
  return typeof pem === 'string' || Buffer.isBuffer(pem) ? [pem] : [...pem]
}

/** Revocation lists one by one: of several in one text Node takes the first. Contents without any are left for OpenSSL to refuse. */
export function revocationLists(pem: string | Buffer | readonly (string | Buffer)[]): (string | Buffer)[] {
  return listOf(pem).flatMap((content) => content.toString().match(/-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g) ?? [content])
}
