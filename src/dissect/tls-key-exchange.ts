// How the two ends of TLS 1.2 agree on keys and prove who they are: key exchanges, requests for certificates, signatures. [RFC 5246, 7.4; RFC 8422]
// Which of the exchanges it is says the cipher suite of the server's hello.

import type { DissectContext } from './context.ts'
import { derAt, derInside } from './der.ts'
import { TEXT_ROW } from './field.ts'
import { CIPHER_SUITES } from './tls-cipher-suites.ts'
import { addSignature, addSignatureList } from './tls-extensions.ts'
import { TLS } from './tls-fields.ts'
import { TLS_HANDSHAKE } from './tls-handshake-fields.ts'
import { addNameParts } from './x509-names.ts'

const NAMED_CURVE = 3
const TLS_12 = 0x0303

/** What stands in the exchange of a suite: the part of its name before `_WITH_`. */
function exchangeOf(suite: number): string {
  return /^TLS_(.+)_WITH_/.exec(CIPHER_SUITES.get(suite) ?? '')?.[1] ?? ''
}

export function addServerKeyExchange(context: DissectContext, root: number, source: number, start: number, end: number, suite: number, version: number): void {
  const exchange = exchangeOf(suite)
  if (exchange.startsWith('ECDHE') || exchange === 'ECDH_anon') addEcParameters(context, root, source, start, end, version)
  else if (exchange.startsWith('DHE') && !exchange.includes('PSK')) addDhParameters(context, root, source, start, end, version)
  else if (exchange === 'PSK' || exchange === 'RSA_PSK') {
    const row = group(context, root, source, start, end, 'PSK Server Params')
    addCounted(context, row, source, start, end, TLS_HANDSHAKE.hintLen, TLS_HANDSHAKE.hint, 2)
  }
}

export function addClientKeyExchange(context: DissectContext, root: number, source: number, start: number, end: number, suite: number): void {
  const exchange = exchangeOf(suite)
  const into = (title: string): number => group(context, root, source, start, end, title)
  if (exchange.startsWith('ECDH'))
    addCounted(context, into('EC Diffie-Hellman Client Params'), source, start, end, TLS_HANDSHAKE.clientPointLen, TLS_HANDSHAKE.clientPoint, 1)
  else if (exchange === 'DHE_RSA' || exchange === 'DHE_DSS' || exchange.startsWith('DH_'))
    addCounted(context, into('Diffie-Hellman Client Params'), source, start, end, TLS_HANDSHAKE.ycLen, TLS_HANDSHAKE.yc, 2)
  else if (exchange === 'RSA') addCounted(context, into('RSA Encrypted PreMaster Secret'), source, start, end, TLS_HANDSHAKE.epmsLen, TLS_HANDSHAKE.epms, 2)
  else if (exchange === 'PSK') addCounted(context, into('PSK Client Params'), source, start, end, TLS_HANDSHAKE.identityLen, TLS_HANDSHAKE.identity, 2)
}

function group({ rows, demand }: DissectContext, parent: number, source: number, start: number, end: number, title: string): number {
  const row = rows.add(TEXT_ROW, source, start, end - start, parent)
  if (demand.text(TLS.protocol)) rows.setText(row, title)
  return row
}

/** Bytes behind their length; returns where they end, or -1 when they do not fit. */
function addCounted(
  { rows }: DissectContext,
  parent: number,
  source: number,
  at: number,
  end: number,
  lengthField: number,
  field: number,
  width: 1 | 2,
): number {
  const bytes = rows.sources[source]!
  if (at + width > end) return -1
  const length = width === 1 ? bytes[at]! : (bytes[at]! << 8) | bytes[at + 1]!
  rows.add(lengthField, source, at, width, parent)
  if (at + width + length > end) return -1
  if (length > 0) rows.add(field, source, at + width, length, parent)
  return at + width + length
}

function addEcParameters(context: DissectContext, root: number, source: number, start: number, end: number, version: number): void {
  const { rows } = context
  const row = group(context, root, source, start, end, 'EC Diffie-Hellman Server Params')
  if (start === end) return
  rows.add(TLS_HANDSHAKE.serverCurveType, source, start, 1, row)
  if (rows.sources[source]![start] !== NAMED_CURVE || start + 3 > end) return
  rows.add(TLS_HANDSHAKE.serverNamedCurve, source, start + 1, 2, row)
  const at = addCounted(context, row, source, start + 3, end, TLS_HANDSHAKE.serverPointLen, TLS_HANDSHAKE.serverPoint, 1)
  if (at >= 0) addSigned(context, row, source, at, end, version)
}

function addDhParameters(context: DissectContext, root: number, source: number, start: number, end: number, version: number): void {
  const row = group(context, root, source, start, end, 'Diffie-Hellman Server Params')
  let at = addCounted(context, row, source, start, end, TLS_HANDSHAKE.pLen, TLS_HANDSHAKE.p, 2)
  if (at >= 0) at = addCounted(context, row, source, at, end, TLS_HANDSHAKE.gLen, TLS_HANDSHAKE.g, 2)
  if (at >= 0) at = addCounted(context, row, source, at, end, TLS_HANDSHAKE.ysLen, TLS_HANDSHAKE.ys, 2)
  if (at >= 0) addSigned(context, row, source, at, end, version)
}

/** The signature over the parameters; since TLS 1.2 it says how it was made. */
function addSigned(context: DissectContext, row: number, source: number, start: number, end: number, version: number): void {
  let at = start
  if (version >= TLS_12) {
    if (at + 2 > end) return
    addSignature(context, row, source, at)
    at += 2
  }
  addCounted(context, row, source, at, end, TLS_HANDSHAKE.sigLen, TLS_HANDSHAKE.sig, 2)
}

export function addCertificateVerify(context: DissectContext, root: number, source: number, start: number, end: number, version: number): void {
  let at = start
  if (version >= TLS_12) {
    if (at + 2 > end) return
    addSignature(context, root, source, at)
    at += 2
  }
  addCounted(context, root, source, at, end, TLS_HANDSHAKE.clientCertVrfySigLen, TLS_HANDSHAKE.clientCertVrfySig, 2)
}

/** A request for the client's certificate before TLS 1.3: kinds, signatures, names of authorities. */
export function addCertificateRequest(context: DissectContext, root: number, source: number, start: number, end: number, version: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (start === end) return
  const count = bytes[start]!
  rows.add(TLS_HANDSHAKE.certTypesCount, source, start, 1, root)
  let at = start + 1 + count
  if (at > end) return
  if (count > 0) {
    const list = rows.add(TLS_HANDSHAKE.certTypes, source, start + 1, count, root)
    if (demand.text(TLS_HANDSHAKE.certTypes)) rows.setText(list, `Certificate types (${count} type${count === 1 ? '' : 's'})`)
    for (let i = 0; i < count; i++) rows.add(TLS_HANDSHAKE.certType, source, start + 1 + i, 1, list)
  }
  if (version >= TLS_12) at = addSignatureList(context, root, source, at, end)
  addAuthorities(context, root, source, at, end)
}

function addAuthorities(context: DissectContext, root: number, source: number, start: number, end: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (start + 2 > end) return
  const size = (bytes[start]! << 8) | bytes[start + 1]!
  rows.add(TLS_HANDSHAKE.dnamesLen, source, start, 2, root)
  const last = start + 2 + size
  if (size === 0 || last > end) return
  const list = rows.add(TLS_HANDSHAKE.dnames, source, start + 2, size, root)
  if (demand.text(TLS_HANDSHAKE.dnames)) rows.setText(list, `Distinguished Names (${size} byte${size === 1 ? '' : 's'})`)
  for (let at = start + 2; at + 2 <= last; ) {
    const length = (bytes[at]! << 8) | bytes[at + 1]!
    rows.add(TLS_HANDSHAKE.dnameLen, source, at, 2, list)
    if (at + 2 + length > last) return
    const row = rows.add(TLS_HANDSHAKE.dname, source, at + 2, length, list)
    const name = derAt(bytes, at + 2, at + 2 + length)
    const text = name === null ? '' : addNameParts(context, row, source, derInside(rows.sources[source]!, name))
    if (demand.text(TLS_HANDSHAKE.dname)) rows.setText(row, `Distinguished Name: (${text})`)
    at += 2 + length
  }
}
