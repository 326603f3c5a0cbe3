// Handshake messages of TLS: the hellos with their fingerprints, certificates, tickets; extensions and key exchanges have files of their own.
// What the hellos say is remembered for decryption.

import { bytesText } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { TEXT_ROW } from './field.ts'
import { md5 } from './md5.ts'
import { durationText } from './time-text.ts'
import { isGrease } from './tls-cipher-suites.ts'
import { addExtensions, type Extensions } from './tls-extensions.ts'
import { TLS, TLS_VERSIONS } from './tls-fields.ts'
import { TLS_HANDSHAKE } from './tls-handshake-fields.ts'
import { addCertificateRequest, addCertificateVerify, addClientKeyExchange, addServerKeyExchange } from './tls-key-exchange.ts'
import { addCertificate } from './x509.ts'

export const HandshakeType = {
  ClientHello: 1,
  ServerHello: 2,
  NewSessionTicket: 4,
  EncryptedExtensions: 8,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  CertificateVerify: 15,
  ClientKeyExchange: 16,
  Finished: 20,
  KeyUpdate: 24,
} as const

export const HANDSHAKE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'Hello Request'],
  [1, 'Client Hello'],
  [2, 'Server Hello'],
  [4, 'New Session Ticket'],
  [5, 'End of Early Data'],
  [8, 'Encrypted Extensions'],
  [11, 'Certificate'],
  [12, 'Server Key Exchange'],
  [13, 'Certificate Request'],
  [14, 'Server Hello Done'],
  [15, 'Certificate Verify'],
  [16, 'Client Key Exchange'],
  [20, 'Finished'],
  [22, 'Certificate Status'],
  [24, 'Key Update'],
])

const SUPPORTED_VERSIONS = 43
const TLS_13 = 0x0304
/** How the random of a HelloRetryRequest begins: a digest of that name. [RFC 8446, 4.1.3] */
const RETRY_RANDOM = [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11] as const
export const RETRY_NAME = 'Hello Retry Request'
const HEAD = 4

/** What a hello says. */
export interface Hello {
  readonly random: Uint8Array
  readonly suite: number
  readonly version: number
  readonly alpn: string
  /** The server asks for another hello before it chooses: nothing is agreed yet. */
  readonly isRetry: boolean
}

/** What the hellos before said: the cipher suite and version that the rest goes by. */
export interface Agreed {
  readonly suite: number
  readonly version: number
}

/** The rows of one message with its head; a hello's contents are returned. */
export function addHandshake(
  context: DissectContext,
  parent: number,
  source: number,
  start: number,
  end: number,
  isTls13: boolean,
  agreed: Agreed,
): Hello | null {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const type = bytes[start]!
  const name = HANDSHAKE_NAMES.get(type) ?? 'Unknown'
  const root = rows.add(TLS.handshake, source, start, end - start, parent)
  const isRetry = type === HandshakeType.ServerHello && RETRY_RANDOM.every((byte, i) => bytes[start + HEAD + 2 + i] === byte)
  if (demand.text(TLS.handshake)) rows.setText(root, `Handshake Protocol: ${isRetry ? RETRY_NAME : name}`)
  rows.add(TLS.handshakeType, source, start, 1, root)
  rows.add(TLS.handshakeLength, source, start + 1, 3, root)
  const at = start + HEAD
  if (type === HandshakeType.ClientHello || type === HandshakeType.ServerHello)
    return addHello(context, root, source, at, end, type === HandshakeType.ClientHello, isRetry, agreed.version)
  if (type === HandshakeType.Certificate) addCertificates(context, root, source, at, end, isTls13)
  else if (type === HandshakeType.EncryptedExtensions) addExtensions(context, root, source, at, end, 'other')
  else if (type === HandshakeType.ServerKeyExchange) addServerKeyExchange(context, root, source, at, end, agreed.suite, agreed.version)
  else if (type === HandshakeType.ClientKeyExchange) addClientKeyExchange(context, root, source, at, end, agreed.suite)
  else if (type === HandshakeType.CertificateVerify) addCertificateVerify(context, root, source, at, end, agreed.version)
  else if (type === HandshakeType.CertificateRequest && !isTls13) addCertificateRequest(context, root, source, at, end, agreed.version)
  else if (type === HandshakeType.CertificateRequest && at < end) {
    const size = bytes[at]!
    rows.add(TLS_HANDSHAKE.certificateRequestContextLength, source, at, 1, root)
    if (size > 0 && at + 1 + size <= end) rows.add(TLS_HANDSHAKE.certificateRequestContext, source, at + 1, size, root)
    addExtensions(context, root, source, at + 1 + size, end, 'other')
  } else if (type === HandshakeType.Finished) rows.add(TLS.handshakeVerifyData, source, at, end - at, root)
  else if (type === HandshakeType.NewSessionTicket && end - at >= 6) addTicket(context, root, source, at, end, isTls13)
  else if (type === HandshakeType.KeyUpdate && end > at) rows.add(TLS_HANDSHAKE.keyUpdateRequestUpdate, source, at, 1, root)
  return null
}

/** A ticket with its lifetime; that of TLS 1.3 also has an age, a nonce and extensions. */
function addTicket(context: DissectContext, root: number, source: number, start: number, end: number, isTls13: boolean): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const row = rows.add(TEXT_ROW, source, start, end - start, root)
  if (demand.text(TLS.protocol)) rows.setText(row, 'TLS Session Ticket')
  const lifetime = rows.add(TLS.handshakeSessionTicketLifetimeHint, source, start, 4, row)
  if (demand.text(TLS.handshakeSessionTicketLifetimeHint)) {
    const seconds = ((bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!) >>> 0
    if (seconds >= 60) rows.setText(lifetime, `Session Ticket Lifetime Hint: ${seconds} seconds (${durationText(seconds)})`)
  }
  let at = start + 4
  if (isTls13) {
    if (at + 5 > end) return
    const nonce = bytes[at + 4]!
    rows.add(TLS_HANDSHAKE.sessionTicketAgeAdd, source, at, 4, row)
    rows.add(TLS_HANDSHAKE.sessionTicketNonceLength, source, at + 4, 1, row)
    if (nonce > 0 && at + 5 + nonce <= end) rows.add(TLS_HANDSHAKE.sessionTicketNonce, source, at + 5, nonce, row)
    at += 5 + nonce
  }
  if (at + 2 > end) return
  const size = (bytes[at]! << 8) | bytes[at + 1]!
  rows.add(TLS_HANDSHAKE.sessionTicketLength, source, at, 2, row)
  if (at + 2 + size > end) return
  if (size > 0) rows.add(TLS_HANDSHAKE.sessionTicket, source, at + 2, size, row)
  if (isTls13) addExtensions(context, row, source, at + 2 + size, end, 'other')
}

function addHello(
  context: DissectContext,
  root: number,
  source: number,
  start: number,
  end: number,
  isClient: boolean,
  isRetry: boolean,
  agreed: number,
): Hello | null {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (end - start < 35) return null
  const version = (bytes[start]! << 8) | bytes[start + 1]!
  rows.add(TLS.handshakeVersion, source, start, 2, root)
  const random = rows.add(TLS.handshakeRandom, source, start + 2, 32, root)
  if (isRetry && demand.text(TLS.handshakeRandom))
    rows.setText(random, `Random: ${bytesText(bytes.subarray(start + 2, start + 34), '')} (HelloRetryRequest magic)`)
  if (isClient ? agreed !== TLS_13 : !offersTls13(bytes, start + 34, end)) {
    const seconds = ((bytes[start + 2]! << 24) | (bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) | bytes[start + 5]!) >>> 0
    rows.addGiven(TLS.handshakeRandomTime, source, start + 2, 4, random, BigInt(seconds) * 1_000_000_000n)
    rows.add(TLS.handshakeRandomBytes, source, start + 6, 28, random)
  }
  const hello = { random: new Uint8Array(bytes.subarray(start + 2, start + 34)), suite: 0, version, alpn: '', isRetry }
  const suites: number[] = []
  let at = start + 34
  const idLength = bytes[at]!
  rows.add(TLS.handshakeSessionIdLength, source, at, 1, root)
  if (at + 1 + idLength > end) return hello
  if (idLength > 0) rows.add(TLS.handshakeSessionId, source, at + 1, idLength, root)
  at += 1 + idLength
  if (at + 2 > end) return hello
  if (isClient) {
    const size = (bytes[at]! << 8) | bytes[at + 1]!
    rows.add(TLS.handshakeCipherSuitesLength, source, at, 2, root)
    at += 2
    if (at + size > end) return hello
    const list = rows.add(TLS.handshakeCiphersuites, source, at, size, root)
    if (demand.text(TLS.handshakeCiphersuites)) rows.setText(list, `Cipher Suites (${size >> 1} suite${size === 2 ? '' : 's'})`)
    for (let i = 0; i + 1 < size; i += 2) {
      rows.add(TLS.handshakeCiphersuite, source, at + i, 2, list)
      suites.push((bytes[at + i]! << 8) | bytes[at + i + 1]!)
    }
    at += size
    if (at + 1 > end || at + 1 + bytes[at]! > end) return hello
    const methods = bytes[at]!
    rows.add(TLS.handshakeCompMethodsLength, source, at, 1, root)
    const methodList = rows.add(TLS.handshakeCompMethods, source, at + 1, methods, root)
    if (demand.text(TLS.handshakeCompMethods)) rows.setText(methodList, `Compression Methods (${methods} method${methods === 1 ? '' : 's'})`)
    for (let i = 0; i < methods; i++) rows.add(TLS.handshakeCompMethod, source, at + 1 + i, 1, methodList)
    at += 1 + methods
  } else {
    hello.suite = (bytes[at]! << 8) | bytes[at + 1]!
    suites.push(hello.suite)
    rows.add(TLS.handshakeCiphersuite, source, at, 2, root)
    if (at + 3 > end) return hello
    rows.add(TLS.handshakeCompMethod, source, at + 2, 1, root)
    at += 3
  }
  const offered = addExtensions(context, root, source, at, end, isClient ? 'client' : isRetry ? 'retry' : 'server')
  addFingerprint(context, root, source, at, version, suites, offered, isClient)
  if (offered.version !== 0) hello.version = offered.version
  hello.alpn = offered.alpn
  return hello
}

/** Whether the supported versions of a ServerHello, whose session identifier begins at `at`, name TLS 1.3: its random then has no time in it. */
function offersTls13(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at + 1 + bytes[at]! + 5
  while (next + 6 <= end) {
    if (((bytes[next]! << 8) | bytes[next + 1]!) === SUPPORTED_VERSIONS) return ((bytes[next + 4]! << 8) | bytes[next + 5]!) === 0x0304
    next += 4 + ((bytes[next + 2]! << 8) | bytes[next + 3]!)
  }
  return false
}

/** JA3 and JA3S: what a hello offers or chooses as decimal numbers, and the digest of that text. Numbers of GREASE are left out. */
function addFingerprint(
  context: DissectContext,
  root: number,
  source: number,
  at: number,
  version: number,
  suites: readonly number[],
  { types, groups, formats }: Extensions,
  isClient: boolean,
): void {
  const { rows, demand } = context
  const [full, digest] = isClient ? [TLS_HANDSHAKE.ja3Full, TLS_HANDSHAKE.ja3] : [TLS_HANDSHAKE.ja3sFull, TLS_HANDSHAKE.ja3s]
  if (!demand.everything && !demand.has(full) && !demand.has(digest)) return
  const list = (numbers: readonly number[]): string => numbers.filter((number) => !isGrease(number)).join('-')
  const text = isClient ? `${version},${list(suites)},${list(types)},${list(groups)},${formats.join('-')}` : `${version},${suites.join('-')},${list(types)}`
  rows.addGiven(full, source, at, 0, root, text)
  rows.addGiven(digest, source, at, 0, root, md5(text))
}

function addCertificates(context: DissectContext, root: number, source: number, start: number, end: number, isTls13: boolean): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  let at = start
  if (isTls13 && at < end) {
    const size = bytes[at]!
    rows.add(TLS_HANDSHAKE.certificateRequestContextLength, source, at, 1, root)
    if (size > 0 && at + 1 + size <= end) rows.add(TLS_HANDSHAKE.certificateRequestContext, source, at + 1, size, root)
    at += 1 + size
  }
  if (at + 3 > end) return
  const size = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  rows.add(TLS.handshakeCertificatesLength, source, at, 3, root)
  at += 3
  if (at + size > end) return
  const list = rows.add(TLS.handshakeCertificates, source, at, size, root)
  if (demand.text(TLS.handshakeCertificates)) rows.setText(list, `Certificates (${size} bytes)`)
  const last = at + size
  while (at + 3 <= last) {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    if (at + 3 + length > last) return
    rows.add(TLS.handshakeCertificateLength, source, at, 3, list)
    const row = rows.add(TLS.handshakeCertificate, source, at + 3, length, list)
    const subject = addCertificate(context, row, source, at + 3, at + 3 + length)
    if (demand.text(TLS.handshakeCertificate) && subject !== '') rows.setText(row, `Certificate: ${shown(bytes, at + 3, length)} (${subject})`)
    at += 3 + length
    if (!isTls13) continue
    addExtensions(context, list, source, at, last, 'other')
    at += 2 + (at + 2 <= last ? (bytes[at]! << 8) | bytes[at + 1]! : 0)
  }
}

function shown(bytes: Uint8Array, start: number, length: number): string {
  return bytesText(bytes.subarray(start, start + Math.min(36, length)), '') + (length > 36 ? '…' : '')
}

/** `TLSv1.2`. */
export function versionText(version: number): string {
  return (TLS_VERSIONS.get(version) ?? 'TLS').replace('TLS ', 'TLSv').replace('SSL ', 'SSLv').replace('v1.0', 'v1')
}
