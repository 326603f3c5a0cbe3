// X.509 certificates inside of TLS handshakes: who vouches for whom, from when to when, with which key. [RFC 5280, 4.1]
// The rows stand below the row of the certificate's bytes; what is no DER is left out.

import type { DissectContext } from './context.ts'
import { DerTag, type DerValue, derAt, derInside } from './der.ts'
import { identifierName, identifierText } from './object-identifiers.ts'
import { addExtensions, addSerial } from './x509-extensions.ts'
import { BER, PKCS1, X509AF, X509IF } from './x509-fields.ts'
import { addDistinguishedName } from './x509-names.ts'

const VERSION = 0xa0
const EXTENSIONS = 0xa3
const EC_KEY = '1.2.840.10045.2.1'
const RSA_KEY = '1.2.840.113549.1.1.1'

/** Returns the subject's name: `id-at-commonName=broker`; empty when there is none. */
export function addCertificate(context: DissectContext, parent: number, source: number, start: number, end: number): string {
  const { rows } = context
  const bytes = rows.sources[source]!
  const certificate = derAt(bytes, start, end)
  if (certificate === null || certificate.tag !== DerTag.Sequence) return ''
  const [signed, algorithm, signature] = derInside(bytes, certificate)
  if (signed === undefined || signed.tag !== DerTag.Sequence) return ''
  const subject = addSigned(context, rows.add(X509AF.signedCertificate, source, signed.start, signed.end - signed.start, parent), source, signed)
  if (algorithm !== undefined) addAlgorithm(context, X509AF.algorithmIdentifier, 'algorithmIdentifier', parent, source, algorithm)
  if (signature !== undefined && signature.end > signature.contents) {
    rows.add(BER.padding, source, signature.contents, 1, parent)
    rows.add(X509AF.encrypted, source, signature.contents + 1, signature.end - signature.contents - 1, parent)
  }
  return subject
}

function addSigned(context: DissectContext, parent: number, source: number, signed: DerValue): string {
  const { rows } = context
  const bytes = rows.sources[source]!
  const parts = derInside(bytes, signed)
  if (parts[0]?.tag === VERSION) {
    const version = derAt(bytes, parts[0].contents, parts[0].end)
    if (version !== null) rows.add(X509AF.version, source, version.contents, version.end - version.contents, parent)
    parts.shift()
  }
  const [serial, algorithm, issuer, validity, subject, key, ...rest] = parts
  if (serial !== undefined) addSerial(context, X509AF.serialNumber, 'serialNumber', source, serial.contents, serial.end, parent)
  if (algorithm !== undefined) addAlgorithm(context, X509AF.signature, 'signature', parent, source, algorithm)
  if (issuer !== undefined) addName(context, X509AF.issuer, X509IF.rdnSequence, parent, source, issuer)
  if (validity !== undefined) addValidity(context, parent, source, validity)
  const name = subject === undefined ? '' : addName(context, X509AF.subject, X509AF.rdnSequence, parent, source, subject)
  if (key !== undefined) addKey(context, parent, source, key)
  for (const part of rest) {
    const list = part.tag === EXTENSIONS ? derAt(bytes, part.contents, part.end) : null
    if (list !== null) addExtensions(context, parent, source, list)
  }
  return name
}

function addName(context: DissectContext, field: number, listField: number, parent: number, source: number, name: DerValue): string {
  const row = context.rows.addGiven(field, source, name.start, name.end - name.start, parent, 0)
  return addDistinguishedName(context, row, source, name, listField)
}

/** The algorithm's number with its parameters: of keys on elliptic curves, the curve. Returns the number. */
function addAlgorithm(context: DissectContext, field: number, label: string, parent: number, source: number, algorithm: DerValue): string {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const row = rows.add(field, source, algorithm.start, algorithm.end - algorithm.start, parent)
  const [type, parameters] = derInside(bytes, algorithm)
  if (type === undefined || type.tag !== DerTag.ObjectIdentifier) return ''
  const dotted = identifierText(bytes.subarray(type.contents, type.end))
  if (demand.text(field)) rows.setText(row, `${label} (${identifierName(dotted)})`)
  rows.add(X509AF.algorithmId, source, type.contents, type.end - type.contents, row)
  if (dotted === EC_KEY && parameters?.tag === DerTag.ObjectIdentifier) {
    context.layers.push('pkcs-1')
    const choice = rows.addGiven(PKCS1.ecParameters, source, parameters.start, parameters.end - parameters.start, row, 1)
    rows.add(PKCS1.namedCurve, source, parameters.contents, parameters.end - parameters.contents, choice)
  }
  return dotted
}

const SHORT_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d))?Z$/
const LONG_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

function addValidity(context: DissectContext, parent: number, source: number, validity: DerValue): void {
  const { rows } = context
  const bytes = rows.sources[source]!
  const row = rows.add(X509AF.validity, source, validity.start, validity.end - validity.start, parent)
  for (const [i, time] of derInside(bytes, validity).slice(0, 2).entries()) {
    const isLong = time.tag === DerTag.GeneralizedTime
    const choice = rows.addGiven(i === 0 ? X509AF.notBefore : X509AF.notAfter, source, time.start, time.end - time.start, row, isLong ? 1 : 0)
    const digits = String.fromCharCode(...bytes.subarray(time.contents, Math.min(time.end, time.contents + 32)))
    const size = time.end - time.contents
    if (!isLong) rows.addGiven(X509AF.utcTime, source, time.contents, size, choice, shortTimeText(digits))
    else {
      const parts = LONG_TIME.exec(digits)?.slice(1).map(Number)
      if (parts === undefined) continue
      const [year, month, day, hours, minutes, seconds] = parts as [number, number, number, number, number, number]
      rows.addGiven(X509AF.generalizedTime, source, time.contents, size, choice, BigInt(Date.UTC(year, month - 1, day, hours, minutes, seconds)) * 1_000_000n)
    }
  }
}

/** Years of two digits are of this century until 49. [RFC 5280, 4.1.2.5.1] */
function shortTimeText(digits: string): string {
  const parts = SHORT_TIME.exec(digits)
  if (parts === null) return digits
  const [, year, month, day, hours, minutes, seconds = '00'] = parts
  return `${Number(year) < 50 ? 20 : 19}${year}-${month}-${day} ${hours}:${minutes}:${seconds} (UTC)`
}

function addKey(context: DissectContext, parent: number, source: number, key: DerValue): void {
  const { rows } = context
  const bytes = rows.sources[source]!
  const row = rows.add(X509AF.subjectPublicKeyInfo, source, key.start, key.end - key.start, parent)
  const [algorithm, bits] = derInside(bytes, key)
  const type = algorithm === undefined ? '' : addAlgorithm(context, X509AF.algorithm, 'algorithm', row, source, algorithm)
  if (bits === undefined || bits.tag !== DerTag.BitString || bits.end === bits.contents) return
  if (type !== RSA_KEY) rows.add(BER.padding, source, bits.contents, 1, row)
  const own = rows.add(X509AF.subjectPublicKey, source, bits.contents + 1, bits.end - bits.contents - 1, row)
  if (type !== RSA_KEY) return
  const numbers = derAt(bytes, bits.contents + 1, bits.end)
  const [modulus, exponent] = numbers === null ? [] : derInside(bytes, numbers)
  if (modulus !== undefined) addSerial(context, PKCS1.modulus, 'modulus', source, modulus.contents, modulus.end, own)
  if (exponent !== undefined && exponent.end - exponent.contents <= 4)
    rows.add(PKCS1.publicExponent, source, exponent.contents, exponent.end - exponent.contents, own)
}
