// The header by which a proxy tells whose connection it passes on: versions 1 (a line of text) and 2 (binary).
// Specification: HAProxy's proxy-protocol.txt. Reads only; when a header must come, and who may send one, is decided in net/.

import { ProtocolError } from './errors.ts'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './ip-address.ts'
import { readUtf8 } from './text.ts'

/** What the proxy says of the TLS connection that it ended. */
export interface ProxyTls {
  /** A certificate of the client was shown, and the proxy found it good. */
  readonly isCertified: boolean
  /** Common Name of a client certificate that the proxy verified; null without one. */
  readonly certificateName: string | null
  /** As the proxy writes it, such as `TLSv1.3`; null when it does not say. */
  readonly version: string | null
  readonly cipher: string | null
}

export interface ProxyHeader {
  /** Bytes of the header; what follows is the connection's own. */
  readonly length: number
  /** The client behind the proxy; null when the connection stands for itself: the proxy's own, or of a kind that has no address. */
  readonly source: { readonly address: string; readonly port: number } | null
  /** Null when the client's connection to the proxy had no TLS, or nothing is said of it. */
  readonly tls: ProxyTls | null
}

/** Longest line of version 1, with its end. */
const LONGEST_LINE = 107
/** Longest header of version 2 that is taken. Real ones stay below 1,000 bytes; the length field would allow 65,551. */
export const LONGEST_HEADER = 4096

/**
 * Reads the header at the beginning of `bytes`; null when more bytes are needed. What cannot become a header is refused at the first wrong byte.
 * @throws ProtocolError for what is no header of this version, or a header that contradicts itself
 */
export function readProxyHeader(version: 1 | 2, bytes: Uint8Array): ProxyHeader | null {
  return version === 1 ? readLine(bytes) : readBinary(bytes)
}

function refused(message: string, offset: number): ProtocolError {
  return new ProtocolError(0x82, message, '', offset, false)
}

/** @throws ProtocolError unless `bytes` and `signature` agree as far as both go */
function expectSignature(bytes: Uint8Array, signature: readonly number[], version: 1 | 2): void {
  for (let i = 0; i < bytes.length && i < signature.length; i++) {
    if (bytes[i] !== signature[i]) throw refused(`no PROXY protocol header of version ${version}`, i)
  }
}

// ---- version 1: PROXY TCP4 192.0.2.1 198.51.100.2 40000 1883 CR LF

const PREFIX: readonly number[] = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20]
const CR = 13
const LF = 10

function readLine(bytes: Uint8Array): ProxyHeader | null {
  expectSignature(bytes, PREFIX, 1)
  const end = bytes.indexOf(LF)
  if (end === -1 && bytes.length < LONGEST_LINE) return null
  if (end === -1 || end >= LONGEST_LINE) throw refused(`PROXY protocol line longer than ${LONGEST_LINE} bytes`, LONGEST_LINE)
  if (bytes[end - 1] !== CR) throw refused('PROXY protocol line that ends without CR', end)
  let line = ''
  for (let i = PREFIX.length; i < end - 1; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte > 0x7e) throw refused('PROXY protocol line with a byte that is no printable character', i)
    line += String.fromCharCode(byte)
  }
  const length = end + 1
  const words = line.split(' ')
  const family = words[0]!
  if (family === 'UNKNOWN') return { length, source: null, tls: null } // whatever follows is to be ignored (2.1)
  const parse = family === 'TCP4' ? parseIpv4 : family === 'TCP6' ? parseIpv6 : null
  if (parse === null) throw refused(`PROXY protocol line of the unknown family "${family}"`, PREFIX.length)
  if (words.length !== 5) throw refused(`PROXY protocol line with ${words.length} words, where 5 belong`, PREFIX.length)
  const source = parse(words[1]!)
  const port = portOf(words[3]!)
  if (source === null || parse(words[2]!) === null) throw refused(`PROXY protocol line with an address that is none of ${family}`, PREFIX.length)
  if (port === null || portOf(words[4]!) === null) throw refused('PROXY protocol line with a port beyond 65535', PREFIX.length)
  return { length, source: { address: family === 'TCP4' ? formatIpv4(source) : formatIpv6(source), port }, tls: null }
}

function portOf(text: string): number | null {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535 ? Number(text) : null
}

// ---- version 2: signature (12), version and command (1), family and protocol (1), length (2), addresses, TLVs

const SIGNATURE: readonly number[] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
const FIXED = 16
const Command = { Local: 0x20, Proxy: 0x21 } as const
/** Family and protocol in one byte, and the bytes that two addresses of it take. */
const Family = { Unspecified: 0x00, Tcp4: 0x11, Tcp6: 0x21, UnixStream: 0x31 } as const
const ADDRESS_BYTES: Readonly<Record<number, number>> = { [Family.Unspecified]: 0, [Family.Tcp4]: 12, [Family.Tcp6]: 36, [Family.UnixStream]: 216 }
const Tlv = { Crc32c: 0x03, Ssl: 0x20, SslVersion: 0x21, SslCommonName: 0x22, SslCipher: 0x23 } as const
/** Bits of the first byte of the SSL TLV: TLS was used; a certificate came with this connection; one came earlier in the TLS session. */
const SslBit = { Tls: 1, CertificateNow: 2, CertificateBefore: 4 } as const

function readBinary(bytes: Uint8Array): ProxyHeader | null {
  expectSignature(bytes, SIGNATURE, 2)
  if (bytes.length < FIXED) return null
  const command = bytes[12]!
  const family = bytes[13]!
  const length = FIXED + ((bytes[14]! << 8) | bytes[15]!)
  if (command !== Command.Local && command !== Command.Proxy) throw refused(`PROXY protocol header with the unknown version and command ${hex(command)}`, 12)
  if (length > LONGEST_HEADER) throw refused(`PROXY protocol header of ${length} bytes, more than the ${LONGEST_HEADER} allowed`, 14)
  if (bytes.length < length) return null
  if (command === Command.Local) return { length, source: null, tls: null } // the proxy's own connection; the rest is to be ignored (2.2)
  const addressBytes = ADDRESS_BYTES[family]
  if (addressBytes === undefined) throw refused(`PROXY protocol header of the family ${hex(family)}, which is no stream connection`, 13)
  const at = FIXED + addressBytes
  if (at > length) throw refused('PROXY protocol header too short for its addresses', 14)
  return { length, source: sourceOf(bytes, family), tls: readTlvs(bytes, at, length) }
}

function sourceOf(bytes: Uint8Array, family: number): ProxyHeader['source'] {
  const port = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!
  if (family === Family.Tcp4) return { address: formatIpv4(bytes, FIXED), port: port(FIXED + 8) }
  if (family === Family.Tcp6) return { address: formatIpv6(bytes, FIXED), port: port(FIXED + 32) }
  return null
}

/** Calls `take` for each TLV: type (1), length (2), value. @throws ProtocolError when one reaches beyond `end` */
function eachTlv(bytes: Uint8Array, at: number, end: number, take: (type: number, from: number, to: number) => void): void {
  while (at < end) {
    const from = at + 3
    const to = from > end ? from : from + ((bytes[at + 1]! << 8) | bytes[at + 2]!)
    if (to > end) throw refused('PROXY protocol TLV beyond its header', at)
    take(bytes[at]!, from, to)
    at = to
  }
}

/** Checksum and TLS; other TLVs (authority, ALPN, padding, those of clouds) say nothing that is used here. */
function readTlvs(bytes: Uint8Array, at: number, end: number): ProxyTls | null {
  let tls: ProxyTls | null = null
  const seen = new Set<number>()
  eachTlv(bytes, at, end, (type, from, to) => {
    if (type !== Tlv.Crc32c && type !== Tlv.Ssl) return
    if (seen.has(type)) throw refused(`PROXY protocol header with two TLVs of type ${hex(type)}`, from)
    seen.add(type)
    if (type === Tlv.Crc32c) checkSum(bytes, end, from, to)
    else tls = readTls(bytes, from, to)
  })
  return tls
}

/** Bits (1), result of verifying the certificate (4; 0 = good), TLVs. */
function readTls(bytes: Uint8Array, at: number, end: number): ProxyTls | null {
  if (end - at < 5) throw refused('PROXY protocol SSL TLV shorter than 5 bytes', at)
  const bits = bytes[at]!
  const isCertified = (bits & (SslBit.CertificateNow | SslBit.CertificateBefore)) !== 0 && !bytes.subarray(at + 1, at + 5).some((byte) => byte !== 0)
  let version: string | null = null
  let cipher: string | null = null
  let name: string | null = null
  eachTlv(bytes, at + 5, end, (type, from, to) => {
    if (type === Tlv.SslVersion) version = once(version, bytes, from, to)
    else if (type === Tlv.SslCipher) cipher = once(cipher, bytes, from, to)
    else if (type === Tlv.SslCommonName) name = once(name, bytes, from, to)
  })
  return (bits & SslBit.Tls) === 0 ? null : { isCertified, certificateName: isCertified ? name : null, version, cipher }
}

/** Who says a thing twice might mean either: refused, as is ill-formed UTF-8 and U+0000. */
function once(known: string | null, bytes: Uint8Array, from: number, to: number): string {
  if (known !== null) throw refused('PROXY protocol SSL TLV that says one thing twice', from)
  try {
    return readUtf8(bytes, from, to, false)
  } catch {
    throw refused('PROXY protocol SSL TLV with ill-formed text', from)
  }
}

/** The checksum covers the header with zeros in its place. */
function checkSum(bytes: Uint8Array, end: number, from: number, to: number): void {
  if (to - from !== 4) throw refused('PROXY protocol checksum that is not 4 bytes long', from)
  let sum = ~0
  for (let i = 0; i < end; i++) {
    sum ^= i >= from && i < to ? 0 : bytes[i]!
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0) // Castagnoli's polynomial, reflected (RFC 3309)
  }
  const said = (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!
  if (~sum !== said) throw refused('PROXY protocol header with a wrong checksum', from)
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
