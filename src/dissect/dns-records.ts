// What the data of each type of DNS record holds, as tables of steps; types whose data is more than a sequence have a function.
// A step beyond the message ends the walk (walk.ts); dns.ts writes what stands in front of the data.

import { ipv4Text, ipv6Text } from './address-text.ts'
import { DNS } from './dns-fields.ts'
import { DNS_TYPES, readName, typeName } from './dns-names.ts'
import { DNS_OPTION } from './dns-option-fields.ts'
import { addOptions } from './dns-options.ts'
import { DNS_RECORD } from './dns-record-fields.ts'
import { addServiceParameters } from './dns-service.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { durationText } from './time-text.ts'
import type { Walk } from './walk.ts'

/** A message in hand: names count from its first byte. */
export interface DnsMessage {
  readonly walk: Walk
  readonly start: number
  readonly isMulticast: boolean
}

/** Passes a name and returns its text. */
export function passName({ walk, start }: DnsMessage): string {
  const name = readName(walk.bytes, start, walk.at, walk.stored)
  if (name.end < 0) walk.need((walk.stored < walk.end ? walk.stored : walk.end) - walk.at + 1)
  walk.at = name.end
  return name.text
}

/** Passes a name, adds its row and returns its text. */
function nameRow(message: DnsMessage, field: number, row: number): string {
  const { walk } = message
  const { at } = walk
  const text = passName(message)
  walk.rows.addGiven(field, walk.source, at, walk.at - at, row, text)
  return text
}

const Kind = { Number: 0, Name: 1, Counted: 2, Rest: 3, Seconds: 4 } as const

/**
 * One step of a record's data: a number of so many bytes, a name, a text behind its length (`size` is then the length's field), or all that is left.
 * `label` puts the value into the record's line, and, unless it begins with `-`, into the Info column.
 */
type Step = readonly [kind: (typeof Kind)[keyof typeof Kind], field: number, size?: number, label?: string]

const R = DNS_RECORD
const LAYOUTS: ReadonlyMap<number, readonly Step[]> = new Map<number, readonly Step[]>([
  [2, [[Kind.Name, DNS.ns, 0, 'ns']]],
  [5, [[Kind.Name, DNS.cname, 0, 'cname']]],
  [
    6,
    [
      [Kind.Name, DNS.soaMname, 0, 'mname'],
      [Kind.Name, DNS.soaRname],
      [Kind.Number, DNS.soaSerialNumber, 4],
      [Kind.Seconds, DNS.soaRefreshInterval, 4],
      [Kind.Seconds, DNS.soaRetryInterval, 4],
      [Kind.Seconds, DNS.soaExpireLimit, 4],
      [Kind.Seconds, DNS.soaMinimumTtl, 4],
    ],
  ],
  [12, [[Kind.Name, DNS.ptrDomainName, 0, '']]],
  [
    13,
    [
      [Kind.Counted, R.hinfoCpu, R.hinfoCpuLength, 'CPU'],
      [Kind.Counted, R.hinfoOs, R.hinfoOsLength, 'OS'],
    ],
  ],
  [
    15,
    [
      [Kind.Number, DNS.mxPreference, 2, 'preference'],
      [Kind.Name, DNS.mxMailExchange, 0, 'mx'],
    ],
  ],
  [
    33,
    [
      [Kind.Number, DNS.srvPriority, 2, 'priority'],
      [Kind.Number, DNS.srvWeight, 2, 'weight'],
      [Kind.Number, DNS.srvPort, 2, 'port'],
      [Kind.Name, DNS.srvTarget, 0, 'target'],
    ],
  ],
  [39, [[Kind.Name, R.dname, 0, 'dname']]],
  [
    43,
    [
      [Kind.Number, R.dsKeyId, 2],
      [Kind.Number, R.dsAlgorithm, 1],
      [Kind.Number, R.dsDigestType, 1],
      [Kind.Rest, R.dsDigest],
    ],
  ],
  [
    44,
    [
      [Kind.Number, R.sshfpAlgorithm, 1],
      [Kind.Number, R.sshfpFingerprintType, 1],
      [Kind.Rest, R.sshfpFingerprint],
    ],
  ],
  [
    46,
    [
      [Kind.Number, R.rrsigTypeCovered, 2],
      [Kind.Number, R.rrsigAlgorithm, 1],
      [Kind.Number, R.rrsigLabels, 1],
      [Kind.Seconds, R.rrsigOriginalTtl, 4],
      [Kind.Number, R.rrsigSignatureExpiration, 4],
      [Kind.Number, R.rrsigSignatureInception, 4],
      [Kind.Number, R.rrsigKeyTag, 2],
      [Kind.Name, R.rrsigSignersName],
      [Kind.Rest, R.rrsigSignature],
    ],
  ],
  [
    52,
    [
      [Kind.Number, R.tlsaCertificateUsage, 1],
      [Kind.Number, R.tlsaSelector, 1],
      [Kind.Number, R.tlsaMatchingType, 1],
      [Kind.Rest, R.tlsaCertificateAssociationData],
    ],
  ],
])

/** Passes `size` bytes of data and returns what the record's line and the Info column say of it. */
export function addRecordData(message: DnsMessage, type: number, size: number, row: number): readonly [line: string, info: string] {
  const { walk } = message
  const end = walk.at + size
  const layout = LAYOUTS.get(type)
  const said = layout === undefined ? addOther(message, type, end, row) : addSteps(message, layout, end, row)
  // A record has the length that it states, whatever was read of it.
  walk.at = end
  return said
}

function addSteps(message: DnsMessage, layout: readonly Step[], end: number, row: number): readonly [string, string] {
  const { walk } = message
  let [line, info] = ['', '']
  for (const [kind, field, size = 0, label] of layout) {
    let said = ''
    if (kind === Kind.Name) said = nameRow(message, field, row)
    else if (kind === Kind.Counted) {
      const length = walk.byte(size, row)
      walk.text(field, length, row)
      said = String.fromCharCode(...walk.bytes.subarray(walk.at - length, walk.at))
    } else if (kind === Kind.Rest) walk.run(field, Math.max(0, end - walk.at), row)
    else {
      const number = walk.run(field, size, row)
      const value = walk.bytes.subarray(walk.at - size, walk.at).reduce((sum, byte) => sum * 256 + byte, 0)
      said = String(value)
      if (kind === Kind.Seconds && walk.context!.demand.text(field)) walk.rows.setText(number, `${labelOf(field)}: ${value} (${durationText(value)})`)
    }
    if (label === undefined) continue
    line += label === '' ? `, ${said}` : `, ${label} ${said}`
    info += ` ${said}`
  }
  return [line, info]
}

const SECONDS_LABELS: ReadonlyMap<number, string> = new Map([
  [DNS.soaRefreshInterval, 'Refresh Interval'],
  [DNS.soaRetryInterval, 'Retry Interval'],
  [DNS.soaExpireLimit, 'Expire limit'],
  [DNS.soaMinimumTtl, 'Minimum TTL'],
  [R.rrsigOriginalTtl, 'Original TTL'],
])

function labelOf(field: number): string {
  return SECONDS_LABELS.get(field) ?? ''
}

const NOTHING: readonly [string, string] = ['', '']

function addOther(message: DnsMessage, type: number, end: number, row: number): readonly [string, string] {
  const { walk } = message
  switch (type) {
    case 1: {
      walk.run(DNS.a, 4, row)
      const { bytes, at } = walk
      const text = ipv4Text(((bytes[at - 4]! << 24) | (bytes[at - 3]! << 16) | (bytes[at - 2]! << 8) | bytes[at - 1]!) >>> 0)
      return [`, addr ${text}`, ` ${text}`]
    }
    case 28: {
      walk.run(DNS.aaaa, 16, row)
      const text = ipv6Text(walk.bytes.subarray(walk.at - 16, walk.at))
      return [`, addr ${text}`, ` ${text}`]
    }
    case 16:
      while (walk.at < end) walk.text(DNS.txt, walk.byte(DNS.txtLength, row), row)
      return NOTHING
    case 99:
      while (walk.at < end) walk.text(R.spf, walk.byte(R.spfLength, row), row)
      return NOTHING
    case 35:
      return addNamingAuthority(message, row)
    case 41:
      addOptions(walk, end, row)
      return NOTHING
    case 47: {
      const next = nameRow(message, R.nsecNextDomainName, row)
      addTypeBitmap(walk, end, row)
      return [`, next domain name ${next}`, ` ${next}`]
    }
    case 48:
    case 60:
      addKey(walk, end, row)
      return NOTHING
    case 50:
      addHashedNext(walk, end, row)
      return NOTHING
    case 64:
    case 65:
      walk.two(DNS_OPTION.svcbSvcpriority, row)
      nameRow(message, DNS_OPTION.svcbTargetname, row)
      addServiceParameters(walk, end, row)
      return NOTHING
    case 257:
      addAuthorization(walk, end, row)
      return NOTHING
    default:
      addUndecoded(walk, type, end, row)
      return NOTHING
  }
}

function addUndecoded(walk: Walk, type: number, end: number, row: number): void {
  if (end <= walk.at) return
  const name = typeName(type)
  const code = name.startsWith('Unknown') ? `(${type})` : `${name} (${type})`
  const text = `DNS Type ${code} is not decoded`
  addExpert(walk.context!, row, R.undecodedType, Severity.Note, Group.Undecoded, text)
  walk.run(DNS.data, end - walk.at, row)
}

/** [RFC 3403, section 4] */
function addNamingAuthority(message: DnsMessage, row: number): readonly [string, string] {
  const { walk } = message
  const order = walk.two(R.naptrOrder, row)
  const preference = walk.two(R.naptrPreference, row)
  let flags = ''
  for (const [length, field] of [
    [R.naptrFlagsLength, R.naptrFlags],
    [R.naptrServiceLength, R.naptrService],
    [R.naptrRegexLength, R.naptrRegex],
  ] as const) {
    const size = walk.byte(length, row)
    walk.text(field, size, row)
    if (field === R.naptrFlags) flags = String.fromCharCode(...walk.bytes.subarray(walk.at - size, walk.at))
  }
  const name = readName(walk.bytes, message.start, walk.at, walk.stored)
  if (name.end < 0) walk.need((walk.stored < walk.end ? walk.stored : walk.end) - walk.at + 1)
  walk.rows.addGiven(R.naptrReplacementLength, walk.source, walk.at, 1, row, name.text.length)
  nameRow(message, R.naptrReplacement, row)
  return [`, order ${order}, preference ${preference}, flags ${flags}`, ` ${order} ${preference} ${flags}`]
}

/** Types that exist at a name: windows of 256 types, a bit each. [RFC 4034, section 4.1.2] */
function addTypeBitmap(walk: Walk, end: number, row: number): void {
  const { rows, bytes, source } = walk
  while (walk.at < end) {
    walk.need(2)
    const [window, size] = [bytes[walk.at]!, bytes[walk.at + 1]!]
    walk.at += 2
    walk.need(size)
    for (let i = 0; i < size * 8; i++) {
      if ((bytes[walk.at + (i >> 3)]! & (0x80 >> (i & 7))) === 0) continue
      const type = window * 256 + i
      const mark = rows.addGiven(R.bitmapType, source, walk.at + (i >> 3), 1, row, type)
      if (walk.context!.demand.text(R.bitmapType)) rows.setText(mark, `RR type in bit map: ${describedType(type)}`)
    }
    walk.at += size
  }
}

function describedType(type: number): string {
  return DNS_TYPES.get(type) ?? `Unknown (${type})`
}

/** [RFC 4034, section 2] */
function addKey(walk: Walk, end: number, row: number): void {
  const { rows, source } = walk
  walk.need(4)
  const from = walk.at
  const flags = rows.add(R.dnskeyFlags, source, from, 2, row)
  for (const field of [R.dnskeyFlagsZoneKey, R.dnskeyFlagsKeyRevoked, R.dnskeyFlagsSecureEntryPoint, R.dnskeyFlagsReserved])
    rows.add(field, source, from, 2, flags)
  walk.at += 2
  walk.byte(R.dnskeyProtocol, row)
  const algorithm = walk.byte(R.dnskeyAlgorithm, row)
  walk.need(end - walk.at)
  rows.addGiven(R.dnskeyKeyId, source, -1, 0, row, keyTag(walk.bytes.subarray(from, end), algorithm))
  walk.run(R.dnskeyPublicKey, end - walk.at, row)
}

/** [RFC 4034, appendix B] */
function keyTag(data: Uint8Array, algorithm: number): number {
  if (algorithm === 1) return data.length < 7 ? 0 : (data[data.length - 3]! << 8) | data[data.length - 2]!
  let sum = 0
  for (const [i, byte] of data.entries()) sum += i % 2 === 0 ? byte << 8 : byte
  return (sum + ((sum >>> 16) & 0xffff)) & 0xffff
}

/** [RFC 5155, section 3] */
function addHashedNext(walk: Walk, end: number, row: number): void {
  const { rows, source } = walk
  walk.byte(R.nsec3Algo, row)
  const flags = walk.run(R.nsec3Flags, 1, row)
  rows.add(R.nsec3FlagsOptOut, source, walk.at - 1, 1, flags)
  walk.two(R.nsec3Iterations, row)
  walk.run(R.nsec3SaltValue, walk.byte(R.nsec3SaltLength, row), row)
  const size = walk.byte(R.nsec3HashLength, row)
  walk.need(size)
  rows.addGiven(R.nsec3HashValue, source, walk.at, size, row, base32(walk.bytes.subarray(walk.at, walk.at + size)))
  walk.at += size
  addTypeBitmap(walk, end, row)
}

const BASE32 = '0123456789abcdefghijklmnopqrstuv'

function base32(bytes: Uint8Array): string {
  let [text, held, bits] = ['', 0, 0]
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31]
  }
  return bits === 0 ? text : text + BASE32[(held << (5 - bits)) & 31]
}

const AUTHORIZATIONS: ReadonlyMap<string, readonly [field: number, label: string]> = new Map([
  ['issue', [R.caaIssue, 'Issue']],
  ['issuewild', [R.caaIssuewild, 'Issue Wildcard']],
  ['iodef', [R.caaIodef, 'Report URL']],
])

/** [RFC 8659, section 4] */
function addAuthorization(walk: Walk, end: number, row: number): void {
  const { rows, source, bytes } = walk
  const flags = walk.run(R.caaFlags, 1, row)
  rows.add(R.caaFlagsIssuerCritical, source, walk.at - 1, 1, flags)
  walk.need(1)
  const from = walk.at
  const size = bytes[from]!
  walk.need(1 + size)
  const tag = String.fromCharCode(...bytes.subarray(from + 1, from + 1 + size))
  const [field] = AUTHORIZATIONS.get(tag) ?? [R.caaUnknown]
  const value = from + 1 + size
  const rest = Math.max(0, end - value)
  walk.need(value + rest - from)
  const tree = rows.add(field, source, value, rest, row)
  walk.byte(R.caaTagLength, tree)
  walk.text(R.caaTag, size, tree)
  walk.text(R.caaValue, rest, tree)
}
