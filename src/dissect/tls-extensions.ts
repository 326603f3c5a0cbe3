// Extensions of TLS hellos and other handshake messages: names, groups, signatures, shares of keys, tickets. [RFC 6066, RFC 7301, RFC 8446]
// Those that are not known here are shown by type and length, their bytes as data.

import type { DissectContext } from './context.ts'
import { TEXT_ROW } from './field.ts'
import { TLS, TLS_EXTENSIONS } from './tls-fields.ts'
import { SIGNATURES, TLS_GROUPS, TLS_HANDSHAKE } from './tls-handshake-fields.ts'

/** Which message the extensions stand in. */
export type ExtensionPlace = 'client' | 'server' | 'retry' | 'other'

/** What the extensions say that others ask about. */
export interface Extensions {
  /** 0: nothing. */
  version: number
  alpn: string
  readonly types: number[]
  readonly groups: number[]
  readonly formats: number[]
}

const Type = {
  ServerName: 0,
  MaxFragmentLength: 1,
  StatusRequest: 5,
  SupportedGroups: 10,
  EcPointFormats: 11,
  SignatureAlgorithms: 13,
  Heartbeat: 15,
  Alpn: 16,
  Padding: 21,
  EncryptThenMac: 22,
  ExtendedMasterSecret: 23,
  CompressCertificate: 27,
  RecordSizeLimit: 28,
  SessionTicket: 35,
  PreSharedKey: 41,
  EarlyData: 42,
  SupportedVersions: 43,
  Cookie: 44,
  PskModes: 45,
  PostHandshakeAuth: 49,
  SignaturesCert: 50,
  KeyShare: 51,
  Renegotiation: 65281,
} as const

/** What a reader of one extension gets: its contents from `at` to `end`. */
interface Reading {
  readonly context: DissectContext
  readonly row: number
  readonly source: number
  readonly at: number
  readonly end: number
  readonly place: ExtensionPlace
  readonly found: Extensions
}

type ReadExtension = (reading: Reading) => void

const READERS: ReadonlyMap<number, ReadExtension> = new Map<number, ReadExtension>([
  [Type.ServerName, readServerName],
  [Type.MaxFragmentLength, ({ context, source, at, end, row }) => end > at && context.rows.add(TLS_HANDSHAKE.maxFragmentLength, source, at, 1, row)],
  [Type.StatusRequest, readStatusRequest],
  [Type.SupportedGroups, readGroups],
  [Type.EcPointFormats, readPointFormats],
  [Type.SignatureAlgorithms, ({ context, row, source, at, end }) => addSignatureList(context, row, source, at, end)],
  [Type.Heartbeat, ({ context, source, at, end, row }) => end > at && context.rows.add(TLS_HANDSHAKE.heartbeatMode, source, at, 1, row)],
  [Type.Alpn, readAlpn],
  [Type.Padding, ({ context, source, at, end, row }) => end > at && context.rows.add(TLS_HANDSHAKE.paddingData, source, at, end - at, row)],
  [Type.EncryptThenMac, () => undefined],
  [Type.ExtendedMasterSecret, () => undefined],
  [Type.CompressCertificate, readCompression],
  [Type.RecordSizeLimit, ({ context, source, at, end, row }) => end - at >= 2 && context.rows.add(TLS_HANDSHAKE.recordSizeLimit, source, at, 2, row)],
  [Type.PreSharedKey, readPreSharedKey],
  [Type.EarlyData, ({ context, source, at, end, row }) => end - at >= 4 && context.rows.add(TLS_HANDSHAKE.earlyDataMaxEarlyDataSize, source, at, 4, row)],
  [Type.SupportedVersions, readVersions],
  [Type.Cookie, readCookie],
  [Type.PskModes, readPskModes],
  [Type.PostHandshakeAuth, () => undefined],
  [Type.SignaturesCert, ({ context, row, source, at, end }) => addSignatureList(context, row, source, at, end)],
  [Type.KeyShare, readKeyShare],
  [Type.Renegotiation, readRenegotiation],
])

/** The list of extensions with its length. */
export function addExtensions(context: DissectContext, root: number, source: number, start: number, end: number, place: ExtensionPlace): Extensions {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const found: Extensions = { version: 0, alpn: '', types: [], groups: [], formats: [] }
  if (start + 2 > end) return found
  rows.add(TLS.handshakeExtensionsLength, source, start, 2, root)
  const last = Math.min(end, start + 2 + two(bytes, start))
  for (let at = start + 2; at + 4 <= last; ) {
    const type = two(bytes, at)
    const size = two(bytes, at + 2)
    if (at + 4 + size > last) break
    const row = rows.add(TEXT_ROW, source, at, 4 + size, root)
    if (demand.text(TLS.protocol)) rows.setText(row, `Extension: ${TLS_EXTENSIONS.get(type) ?? `Unknown type ${type}`} (len=${size})`)
    rows.add(TLS.handshakeExtensionType, source, at, 2, row)
    rows.add(TLS.handshakeExtensionLen, source, at + 2, 2, row)
    found.types.push(type)
    const read = READERS.get(type)
    if (read !== undefined) read({ context, row, source, at: at + 4, end: at + 4 + size, place, found })
    else {
      const data = rows.add(TLS.handshakeExtensionData, source, at + 4, size, row)
      if (type === Type.SessionTicket && demand.text(TLS.handshakeExtensionData)) rows.setText(data, `Data (${size} byte${size === 1 ? '' : 's'})`)
    }
    at += 4 + size
  }
  return found
}

function two(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

function readServerName({ context, row, source, at, end }: Reading): void {
  const { rows, demand } = context
  if (end - at < 5) return
  const list = rows.add(TEXT_ROW, source, at, end - at, row)
  if (demand.text(TLS.protocol)) rows.setText(list, 'Server Name Indication extension')
  const length = two(rows.sources[source]!, at + 3)
  rows.add(TLS.handshakeExtensionsServerNameListLen, source, at, 2, list)
  rows.add(TLS.handshakeExtensionsServerNameType, source, at + 2, 1, list)
  rows.add(TLS.handshakeExtensionsServerNameLen, source, at + 3, 2, list)
  if (at + 5 + length <= end) rows.add(TLS.handshakeExtensionsServerName, source, at + 5, length, list)
}

function readStatusRequest({ context, row, source, at, end, place }: Reading): void {
  const { rows } = context
  if (place !== 'client' || end - at < 5) return
  rows.add(TLS_HANDSHAKE.statusRequestType, source, at, 1, row)
  rows.add(TLS_HANDSHAKE.statusRequestResponderIdsLen, source, at + 1, 2, row)
  const exts = at + 3 + two(rows.sources[source]!, at + 1)
  if (exts + 2 <= end) rows.add(TLS_HANDSHAKE.statusRequestExtsLen, source, exts, 2, row)
}

function readGroups({ context, row, source, at, end, found }: Reading): void {
  const { rows, demand } = context
  if (end - at < 2) return
  const bytes = rows.sources[source]!
  const last = Math.min(end, at + 2 + two(bytes, at))
  rows.add(TLS_HANDSHAKE.supportedGroupsLength, source, at, 2, row)
  const list = rows.add(TLS_HANDSHAKE.supportedGroups, source, at + 2, last - at - 2, row)
  for (let i = at + 2; i + 2 <= last; i += 2) {
    rows.add(TLS_HANDSHAKE.supportedGroup, source, i, 2, list)
    found.groups.push(two(bytes, i))
  }
  const count = found.groups.length
  if (demand.text(TLS_HANDSHAKE.supportedGroups)) rows.setText(list, `Supported Groups (${count} group${count === 1 ? '' : 's'})`)
}

function readPointFormats({ context, row, source, at, end, found }: Reading): void {
  const { rows, demand } = context
  if (end === at) return
  const bytes = rows.sources[source]!
  const last = Math.min(end, at + 1 + bytes[at]!)
  rows.add(TLS_HANDSHAKE.ecPointFormatsLength, source, at, 1, row)
  const list = rows.add(TLS_HANDSHAKE.ecPointFormats, source, at + 1, last - at - 1, row)
  if (demand.text(TLS_HANDSHAKE.ecPointFormats)) rows.setText(list, `Elliptic curves point formats (${last - at - 1})`)
  for (let i = at + 1; i < last; i++) {
    rows.add(TLS_HANDSHAKE.ecPointFormat, source, i, 1, list)
    found.formats.push(bytes[i]!)
  }
}

/** How signatures may be made: a length, then two bytes for each. Returns where the list ends. */
export function addSignatureList(context: DissectContext, parent: number, source: number, at: number, end: number): number {
  const { rows, demand } = context
  if (end - at < 2) return end
  const last = Math.min(end, at + 2 + two(rows.sources[source]!, at))
  rows.add(TLS_HANDSHAKE.sigHashAlgLen, source, at, 2, parent)
  const count = (last - at - 2) >> 1
  const list = rows.add(TLS_HANDSHAKE.sigHashAlgs, source, at + 2, last - at - 2, parent)
  if (demand.text(TLS_HANDSHAKE.sigHashAlgs)) rows.setText(list, `Signature Hash Algorithms (${count} algorithm${count === 1 ? '' : 's'})`)
  for (let i = at + 2; i + 2 <= last; i += 2) addSignature(context, list, source, i)
  return last
}

const HASHES = ['None', 'MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'SM3']
const SIGNERS = ['Anonymous', 'RSA', 'DSA', 'ECDSA', 'SM2']

/** One way of signing, with the hash and the algorithm that TLS 1.2 read out of its two bytes. */
export function addSignature(context: DissectContext, parent: number, source: number, at: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const row = rows.add(TLS_HANDSHAKE.sigHashAlg, source, at, 2, parent)
  const number = two(bytes, at)
  if (demand.text(TLS_HANDSHAKE.sigHashAlg) && !SIGNATURES.has(number)) {
    const name = `${HASHES[bytes[at]!] ?? 'Unknown'} ${SIGNERS[bytes[at + 1]!] ?? 'Unknown'}`
    rows.setText(row, `Signature Algorithm: ${name} (0x${number.toString(16).padStart(4, '0')})`)
  }
  rows.add(TLS_HANDSHAKE.sigHashHash, source, at, 1, row)
  rows.add(TLS_HANDSHAKE.sigHashSig, source, at + 1, 1, row)
}

function readAlpn({ context, row, source, at, end, found }: Reading): void {
  const { rows, demand } = context
  if (end - at < 2) return
  const bytes = rows.sources[source]!
  rows.add(TLS.handshakeExtensionsAlpnLen, source, at, 2, row)
  const list = rows.add(TLS.handshakeExtensionsAlpnList, source, at + 2, end - at - 2, row)
  if (demand.text(TLS.handshakeExtensionsAlpnList)) rows.setText(list, 'ALPN Protocol')
  for (let i = at + 2; i < end; ) {
    const length = bytes[i]!
    if (i + 1 + length > end) break
    rows.add(TLS.handshakeExtensionsAlpnStrLen, source, i, 1, list)
    rows.add(TLS.handshakeExtensionsAlpnStr, source, i + 1, length, list)
    if (found.alpn === '') found.alpn = String.fromCharCode(...bytes.subarray(i + 1, i + 1 + length))
    i += 1 + length
  }
}

function readCompression({ context, row, source, at, end }: Reading): void {
  const { rows } = context
  if (end === at) return
  const last = Math.min(end, at + 1 + rows.sources[source]![at]!)
  rows.add(TLS_HANDSHAKE.compressCertificateAlgorithmsLength, source, at, 1, row)
  for (let i = at + 1; i + 2 <= last; i += 2) rows.add(TLS_HANDSHAKE.compressCertificateAlgorithm, source, i, 2, row)
}

function readPreSharedKey({ context, row, source, at, end, place }: Reading): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const withText = demand.text(TLS.protocol)
  const root = rows.add(TEXT_ROW, source, at, end - at, row)
  if (withText) rows.setText(root, 'Pre-Shared Key extension')
  if (end - at < 2) return
  if (place !== 'client') {
    rows.add(TLS_HANDSHAKE.pskIdentitySelected, source, at, 2, root)
    return
  }
  rows.add(TLS_HANDSHAKE.pskIdentitiesLength, source, at, 2, root)
  const last = at + 2 + two(bytes, at)
  if (last > end) return
  for (let i = at + 2; i + 2 <= last; ) {
    const length = two(bytes, i)
    if (i + 6 + length > last) break
    const identity = rows.add(TEXT_ROW, source, i, length + 6, root)
    if (withText) rows.setText(identity, `PSK Identity (length: ${length})`)
    rows.add(TLS_HANDSHAKE.pskIdentityIdentityLength, source, i, 2, identity)
    rows.add(TLS_HANDSHAKE.pskIdentityIdentity, source, i + 2, length, identity)
    rows.add(TLS_HANDSHAKE.pskIdentityObfuscatedTicketAge, source, i + 2 + length, 4, identity)
    i += 6 + length
  }
  if (last + 2 > end) return
  rows.add(TLS_HANDSHAKE.pskBindersLen, source, last, 2, root)
  rows.add(TLS_HANDSHAKE.pskBinders, source, last + 2, end - last - 2, root)
}

function readVersions({ context, row, source, at, end, place, found }: Reading): void {
  const { rows } = context
  const isList = place === 'client'
  if (isList && end > at) rows.add(TLS.handshakeExtensionsSupportedVersionsLen, source, at, 1, row)
  for (let i = isList ? at + 1 : at; i + 1 < end; i += 2) rows.add(TLS.handshakeExtensionsSupportedVersion, source, i, 2, row)
  if (!isList && end - at === 2) found.version = two(rows.sources[source]!, at)
}

function readCookie({ context, row, source, at, end }: Reading): void {
  const { rows } = context
  if (end - at < 2) return
  rows.add(TLS_HANDSHAKE.cookieLen, source, at, 2, row)
  rows.add(TLS_HANDSHAKE.cookie, source, at + 2, Math.min(end - at - 2, two(rows.sources[source]!, at)), row)
}

function readPskModes({ context, row, source, at, end }: Reading): void {
  const { rows } = context
  if (end === at) return
  rows.add(TLS_HANDSHAKE.extensionPskKeModesLength, source, at, 1, row)
  const last = Math.min(end, at + 1 + rows.sources[source]![at]!)
  for (let i = at + 1; i < last; i++) rows.add(TLS_HANDSHAKE.extensionPskKeMode, source, i, 1, row)
}

function readKeyShare({ context, row, source, at, end, place }: Reading): void {
  const { rows, demand } = context
  const root = rows.add(TEXT_ROW, source, at, end - at, row)
  if (demand.text(TLS.protocol)) rows.setText(root, 'Key Share extension')
  if (end - at < 2) return
  if (place === 'retry') {
    rows.add(TLS_HANDSHAKE.keyShareSelectedGroup, source, at, 2, root)
    return
  }
  if (place !== 'client') {
    addShare(context, root, source, at, end)
    return
  }
  rows.add(TLS_HANDSHAKE.keyShareClientLength, source, at, 2, root)
  const last = Math.min(end, at + 2 + two(rows.sources[source]!, at))
  for (let i = at + 2; i + 4 <= last; ) i = addShare(context, root, source, i, last)
}

/** One share with its group; returns where it ends. */
function addShare(context: DissectContext, parent: number, source: number, at: number, end: number): number {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (at + 4 > end) return end
  const [group, length] = [two(bytes, at), two(bytes, at + 2)]
  const row = rows.add(TEXT_ROW, source, at, Math.min(4 + length, end - at), parent)
  if (demand.text(TLS.protocol)) rows.setText(row, `Key Share Entry: Group: ${TLS_GROUPS.get(group) ?? `Unknown (${group})`}, Key Exchange length: ${length}`)
  rows.add(TLS_HANDSHAKE.keyShareGroup, source, at, 2, row)
  rows.add(TLS_HANDSHAKE.keyShareKeyExchangeLength, source, at + 2, 2, row)
  if (at + 4 + length > end) return end
  rows.add(TLS_HANDSHAKE.keyShareKeyExchange, source, at + 4, length, row)
  return at + 4 + length
}

function readRenegotiation({ context, row, source, at, end }: Reading): void {
  const { rows, demand } = context
  const root = rows.add(TEXT_ROW, source, at, end - at, row)
  if (demand.text(TLS.protocol)) rows.setText(root, 'Renegotiation Info extension')
  if (end === at) return
  rows.add(TLS_HANDSHAKE.renegInfoLen, source, at, 1, root)
  const length = Math.min(end - at - 1, rows.sources[source]![at]!)
  if (length > 0) rows.add(TLS_HANDSHAKE.renegInfo, source, at + 1, length, root)
}
