// Handshake messages of TLS: the hellos with the extensions that matter here, certificates as bytes, the rest by type and length.
// What the hellos say is remembered for decryption.

import type { DissectContext } from './context.ts'
import { TEXT_ROW } from './field.ts'
import { TLS, TLS_EXTENSIONS, TLS_VERSIONS } from './tls-fields.ts'

export const HandshakeType = {
  ClientHello: 1,
  ServerHello: 2,
  NewSessionTicket: 4,
  EncryptedExtensions: 8,
  Certificate: 11,
  CertificateRequest: 13,
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

const Extension = { ServerName: 0, Alpn: 16, SessionTicket: 35, SupportedVersions: 43 } as const
/** Random of a HelloRetryRequest: its keys do not count. [RFC 8446, 4.1.3] */
const HEAD = 4

/** What a hello says. */
export interface Hello {
  readonly random: Uint8Array
  readonly suite: number
  readonly version: number
  readonly alpn: string
}

/** The rows of one message with its head; a hello's contents are returned. */
export function addHandshake(context: DissectContext, parent: number, source: number, start: number, end: number, isTls13: boolean): Hello | null {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const type = bytes[start]!
  const name = HANDSHAKE_NAMES.get(type) ?? 'Unknown'
  const root = rows.add(TLS.handshake, source, start, end - start, parent)
  if (demand.text(TLS.handshake)) rows.setText(root, `Handshake Protocol: ${name}`)
  rows.add(TLS.handshakeType, source, start, 1, root)
  rows.add(TLS.handshakeLength, source, start + 1, 3, root)
  const at = start + HEAD
  if (type === HandshakeType.ClientHello || type === HandshakeType.ServerHello)
    return addHello(context, root, source, at, end, type === HandshakeType.ClientHello)
  if (type === HandshakeType.Certificate) addCertificates(context, root, source, at, end, isTls13)
  else if (type === HandshakeType.EncryptedExtensions) addExtensions(context, root, source, at, end, false)
  else if (type === HandshakeType.CertificateRequest && isTls13 && at < end) addExtensions(context, root, source, at + 1 + bytes[at]!, end, false)
  else if (type === HandshakeType.Finished) rows.add(TLS.handshakeVerifyData, source, at, end - at, root)
  else if (type === HandshakeType.NewSessionTicket && end - at >= 4) {
    const ticket = rows.add(TEXT_ROW, source, at, end - at, root)
    if (demand.text(TLS.protocol)) rows.setText(ticket, 'TLS Session Ticket')
    rows.add(TLS.handshakeSessionTicketLifetimeHint, source, at, 4, ticket)
    if (isTls13) addExtensions(context, ticket, source, behindTicket(bytes, at), end, false)
  }
  return null
}

/** Where the extensions of a TLS 1.3 ticket begin: behind its lifetime, age, nonce and the ticket itself. */
function behindTicket(bytes: Uint8Array, at: number): number {
  const ticket = at + 9 + bytes[at + 8]!
  return ticket + 2 + ((bytes[ticket]! << 8) | bytes[ticket + 1]!)
}

function addHello(context: DissectContext, root: number, source: number, start: number, end: number, isClient: boolean): Hello | null {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (end - start < 35) return null
  const version = (bytes[start]! << 8) | bytes[start + 1]!
  rows.add(TLS.handshakeVersion, source, start, 2, root)
  const random = rows.add(TLS.handshakeRandom, source, start + 2, 32, root)
  if (isClient || !offersTls13(bytes, start + 34, end)) {
    const seconds = ((bytes[start + 2]! << 24) | (bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) | bytes[start + 5]!) >>> 0
    rows.addGiven(TLS.handshakeRandomTime, source, start + 2, 4, random, BigInt(seconds) * 1_000_000_000n)
    rows.add(TLS.handshakeRandomBytes, source, start + 6, 28, random)
  }
  const hello = { random: new Uint8Array(bytes.subarray(start + 2, start + 34)), suite: 0, version, alpn: '' }
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
    for (let i = 0; i + 1 < size; i += 2) rows.add(TLS.handshakeCiphersuite, source, at + i, 2, list)
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
    rows.add(TLS.handshakeCiphersuite, source, at, 2, root)
    if (at + 3 > end) return hello
    rows.add(TLS.handshakeCompMethod, source, at + 2, 1, root)
    at += 3
  }
  const offered = addExtensions(context, root, source, at, end, isClient)
  if (offered.version !== 0) hello.version = offered.version
  hello.alpn = offered.alpn
  return hello
}

/** Whether the supported versions of a ServerHello, whose session identifier begins at `at`, name TLS 1.3: its random then has no time in it. */
function offersTls13(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at + 1 + bytes[at]! + 5
  while (next + 6 <= end) {
    if (((bytes[next]! << 8) | bytes[next + 1]!) === Extension.SupportedVersions) return ((bytes[next + 4]! << 8) | bytes[next + 5]!) === 0x0304
    next += 4 + ((bytes[next + 2]! << 8) | bytes[next + 3]!)
  }
  return false
}

/** The list of extensions with its length; what it says of the version (0 = nothing) and the application. */
function addExtensions(
  context: DissectContext,
  root: number,
  source: number,
  start: number,
  end: number,
  isClient: boolean,
): { version: number; alpn: string } {
  const { rows } = context
  const bytes = rows.sources[source]!
  const found = { version: 0, alpn: '' }
  if (start + 2 > end) return found
  rows.add(TLS.handshakeExtensionsLength, source, start, 2, root)
  const last = Math.min(end, start + 2 + ((bytes[start]! << 8) | bytes[start + 1]!))
  for (let at = start + 2; at + 4 <= last; ) {
    const type = (bytes[at]! << 8) | bytes[at + 1]!
    const size = (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (at + 4 + size > last) break
    const name = addExtension(context, root, source, at, size, type, isClient)
    if (type === Extension.SupportedVersions && !isClient && size === 2) found.version = (bytes[at + 4]! << 8) | bytes[at + 5]!
    if (type === Extension.Alpn) found.alpn = name
    at += 4 + size
  }
  return found
}

/** Returns the protocol name of an ALPN extension. */
function addExtension(context: DissectContext, root: number, source: number, start: number, size: number, type: number, isClient: boolean): string {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const row = rows.add(TEXT_ROW, source, start, 4 + size, root)
  if (demand.text(TLS.protocol)) rows.setText(row, `Extension: ${TLS_EXTENSIONS.get(type) ?? 'Unknown type ' + type} (len=${size})`)
  rows.add(TLS.handshakeExtensionType, source, start, 2, row)
  rows.add(TLS.handshakeExtensionLen, source, start + 2, 2, row)
  const at = start + 4
  const end = at + size
  if (type === Extension.ServerName && size >= 5) {
    const list = rows.add(TEXT_ROW, source, at, size, row)
    if (demand.text(TLS.protocol)) rows.setText(list, 'Server Name Indication extension')
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!
    rows.add(TLS.handshakeExtensionsServerNameListLen, source, at, 2, list)
    rows.add(TLS.handshakeExtensionsServerNameType, source, at + 2, 1, list)
    rows.add(TLS.handshakeExtensionsServerNameLen, source, at + 3, 2, list)
    if (at + 5 + length <= end) rows.add(TLS.handshakeExtensionsServerName, source, at + 5, length, list)
    return ''
  }
  if (type === Extension.SessionTicket) {
    const data = rows.add(TLS.handshakeExtensionData, source, at, size, row)
    if (demand.text(TLS.handshakeExtensionData)) rows.setText(data, `Data (${size} byte${size === 1 ? '' : 's'})`)
    return ''
  }
  if (type === Extension.SupportedVersions) {
    if (isClient && size > 0) rows.add(TLS.handshakeExtensionsSupportedVersionsLen, source, at, 1, row)
    for (let i = isClient ? at + 1 : at; i + 1 < end; i += 2) rows.add(TLS.handshakeExtensionsSupportedVersion, source, i, 2, row)
    return ''
  }
  if (type === Extension.Alpn && size >= 2) {
    rows.add(TLS.handshakeExtensionsAlpnLen, source, at, 2, row)
    const list = rows.add(TLS.handshakeExtensionsAlpnList, source, at + 2, size - 2, row)
    if (demand.text(TLS.handshakeExtensionsAlpnList)) rows.setText(list, 'ALPN Protocol')
    let first = ''
    for (let i = at + 2; i < end; ) {
      const length = bytes[i]!
      if (i + 1 + length > end) break
      rows.add(TLS.handshakeExtensionsAlpnStrLen, source, i, 1, list)
      rows.add(TLS.handshakeExtensionsAlpnStr, source, i + 1, length, list)
      if (first === '') first = String.fromCharCode(...bytes.subarray(i + 1, i + 1 + length))
      i += 1 + length
    }
    return first
  }
  return ''
}

function addCertificates(context: DissectContext, root: number, source: number, start: number, end: number, isTls13: boolean): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  let at = start
  if (isTls13) at += at < end ? 1 + bytes[at]! : 0
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
    rows.add(TLS.handshakeCertificate, source, at + 3, length, list)
    at += 3 + length
    if (!isTls13) continue
    addExtensions(context, list, source, at, last, false)
    at += 2 + (at + 2 <= last ? (bytes[at]! << 8) | bytes[at + 1]! : 0)
  }
}

/** `TLSv1.2`. */
export function versionText(version: number): string {
  return (TLS_VERSIONS.get(version) ?? 'TLS').replace('TLS ', 'TLSv').replace('SSL ', 'SSLv').replace('v1.0', 'v1')
}
