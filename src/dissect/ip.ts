// IPv4: header, fragments; its options are in ip-options.ts. [RFC 791] ● hot
// What is inside goes to the transports by protocol number (ip-payload.ts).

import { ipv4Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { addBoundsMark, addExpert, EXPERT, Group, Severity } from './expert.ts'
import { addReassembled } from './fragments.ts'
import { IP } from './ip-fields.ts'
import { addIpOptions } from './ip-options.ts'
import { dissectIpPayload } from './ip-payload.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

const SMALLEST_HEAD = 20
/** Values of ip.checksum.status. */
const [BAD, GOOD, UNVERIFIED] = [0, 1, 2] as const
const FRAGMENTS = {
  list: IP.fragments,
  fragment: IP.fragment,
  overlap: IP.fragmentOverlap,
  conflict: IP.fragmentOverlapConflict,
  count: IP.fragmentCount,
  length: IP.reassembledLength,
  data: IP.reassembledData,
  label: 'IPv4',
}
const DSCP_SHORT: ReadonlyMap<number, string> = new Map([
  [0, 'CS0'],
  [1, 'LE'],
  [8, 'CS1'],
  [10, 'AF11'],
  [12, 'AF12'],
  [14, 'AF13'],
  [16, 'CS2'],
  [18, 'AF21'],
  [20, 'AF22'],
  [22, 'AF23'],
  [24, 'CS3'],
  [26, 'AF31'],
  [28, 'AF32'],
  [30, 'AF33'],
  [32, 'CS4'],
  [34, 'AF41'],
  [36, 'AF42'],
  [38, 'AF43'],
  [40, 'CS5'],
  [44, 'VOICE-ADMIT'],
  [46, 'EF PHB'],
  [48, 'CS6'],
  [56, 'CS7'],
])
const ECN_SHORT = ['Not-ECT', 'ECT(1)', 'ECT(0)', 'CE']

/** `DSCP: CS0, ECN: Not-ECT`. */
export function trafficClassText(octet: number): string {
  return `DSCP: ${DSCP_SHORT.get(octet >> 2) ?? 'Unknown'}, ECN: ${ECN_SHORT[octet & 3]}`
}

export const dissectIp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (demand.columns) {
    columns.protocol = 'IPv4'
    columns.setInfo('')
  }
  if (bytes.length < start + SMALLEST_HEAD || length < SMALLEST_HEAD) {
    addCutHead(context, source, start, Math.min(length, bytes.length - start))
    addBoundsMark(context, 'IPv4', source, start + SMALLEST_HEAD, start + length)
    return length
  }
  const head = (bytes[start]! & 15) * 4
  const total = (bytes[start + 2]! << 8) | bytes[start + 3]!
  const isBogus = head < SMALLEST_HEAD || (total !== 0 && total < head)
  const whole = total === 0 || total > length ? length : total
  if (context.payloadEnd < 0 && !isBogus) context.payloadEnd = start + whole
  const version = bytes[start]! >> 4
  if (version !== 4 || head < SMALLEST_HEAD) {
    addBogusHead(context, source, start, version, head)
    return length
  }
  const offset = (((bytes[start + 6]! & 0x1f) << 8) | bytes[start + 7]!) * 8
  const isMore = (bytes[start + 6]! & 0x20) !== 0
  const root = rows.add(IP.protocol, source, start, Math.max(head, SMALLEST_HEAD), ROOT)
  if (demand.columns) {
    columns.source = addressAt(bytes, start + 12)
    columns.destination = addressAt(bytes, start + 16)
  }
  const isCut = start + head > bytes.length
  if (demand.has(IP.protocol) || demand.has(EXPERT.protocol)) addHead(context, root, source, start, isCut)
  if (isCut && !isBogus && start + head <= start + length) {
    addBoundsMark(context, 'IPv4', source, start + head, start + length)
    return length
  }
  if (isBogus) {
    if (demand.columns) columns.setInfo(`Bogus IP length (${total}, less than header length ${head})`)
    return length
  }
  context.addressBytes = bytes
  context.sourceAddress = start + 12
  context.destinationAddress = start + 16
  context.addressSize = 4
  const protocol = bytes[start + 9]!
  const payload = start + head
  const payloadLength = whole - head
  if (!isMore && offset === 0) {
    dissectIpPayload(context, protocol, source, payload, payloadLength)
    return length
  }
  dissectFragment(context, root, source, start, protocol, payload, payloadLength, offset, isMore)
  return length
}

/** What a cut header still tells. */
function addCutHead(context: DissectContext, source: number, start: number, stored: number): void {
  const { rows, demand } = context
  if (stored <= 0) return
  const bytes = rows.sources[source]!
  const root = rows.add(IP.protocol, source, start, stored, ROOT)
  rows.addGiven(IP.version, source, start, 1, root, bytes[start]! >> 4)
  rows.addGiven(IP.hdrLen, source, start, 1, root, (bytes[start]! & 15) * 4)
  if (stored < 2) return
  const service = rows.add(IP.dsfield, source, start + 1, 1, root)
  rows.add(IP.dsfieldDscp, source, start + 1, 1, service)
  rows.add(IP.dsfieldEcn, source, start + 1, 1, service)
  if (stored >= 4) rows.add(IP.len, source, start + 2, 2, root)
  if (stored >= 6) rows.add(IP.id, source, start + 4, 2, root)
  if (stored < 8) return
  const flags = rows.add(IP.flags, source, start + 6, 1, root)
  for (const field of [IP.flagsRb, IP.flagsDf, IP.flagsMf]) rows.add(field, source, start + 6, 1, flags)
  rows.add(IP.fragOffset, source, start + 6, 2, root)
  if (stored >= 9) rows.add(IP.ttl, source, start + 8, 1, root)
  if (stored >= 10) rows.add(IP.proto, source, start + 9, 1, root)
  if (stored < 12) return
  rows.add(IP.checksum, source, start + 10, 2, root)
  rows.addGiven(IP.checksumStatus, source, start + 10, 0, root, UNVERIFIED)
  const hosts = demand.everything || demand.has(IP.srcHost) || demand.has(IP.host)
  if (stored < 16) return
  addAddress(context, root, source, start + 12, IP.src, IP.srcHost, hosts)
  if (demand.text(IP.protocol)) rows.setText(root, `Internet Protocol Version 4, Src: ${addressAt(bytes, start + 12)}`)
  if (demand.columns) context.columns.source = addressAt(bytes, start + 12)
}

/** Another version than 4, or a head shorter than a head can be: nothing else is read. */
function addBogusHead(context: DissectContext, source: number, start: number, version: number, head: number): void {
  const { rows, demand, columns } = context
  const root = rows.add(IP.protocol, source, start, SMALLEST_HEAD, ROOT)
  const versionRow = rows.addGiven(IP.version, source, start, 1, root, version)
  const isOther = version !== 4
  const what = isOther ? 'Bogus IPv4 version' : `Bogus IP header length (${head}, must be at least 20)`
  if (demand.columns) columns.setInfo(isOther ? `${what} (${version}, must be 4)` : what)
  if (isOther) {
    addExpert(context, versionRow, IP.bogusVersion, Severity.Error, Group.Protocol, what)
    return
  }
  const headRow = rows.addGiven(IP.hdrLen, source, start, 1, root, head)
  if (demand.text(IP.hdrLen)) rows.setText(headRow, `Header Length: ${head} bytes (${head / 4})`)
  addExpert(context, headRow, IP.bogusHeaderLength, Severity.Error, Group.Protocol, what)
}

function dissectFragment(
  context: DissectContext,
  root: number,
  source: number,
  start: number,
  protocol: number,
  payload: number,
  length: number,
  offset: number,
  isMore: boolean,
): void {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const id = (bytes[start + 4]! << 8) | bytes[start + 5]!
  const isStored = payload + length <= bytes.length
  if (isStored && length > 0 && !context.inError) {
    const key = `${id} ${protocol} ${bytes.subarray(start + 12, start + 20).join('.')}`
    const datagram = context.ipFragments.add(key, context.frame.number, offset, bytes.subarray(payload, payload + length), !isMore)
    if (datagram !== null) {
      const whole = addReassembled(context, root, IP, FRAGMENTS, datagram)
      dissectIpPayload(context, protocol, whole, 0, datagram.bytes.length)
      return
    }
  }
  if (demand.columns) {
    const name = protocolName(protocol)
    columns.setInfo(`Fragmented IP protocol (proto=${name} ${protocol}, off=${offset}, ID=${id.toString(16).padStart(4, '0')})`)
  }
  addData(context, source, payload, length)
}

function protocolName(protocol: number): string {
  return protocol === 6 ? 'TCP' : protocol === 17 ? 'UDP' : protocol === 1 ? 'ICMP' : 'Unknown'
}

function addressAt(bytes: Uint8Array, at: number): string {
  return ipv4Text(((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0)
}

function addHead(context: DissectContext, root: number, source: number, start: number, isCut: boolean): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const head = (bytes[start]! & 15) * 4
  const service = bytes[start + 1]!
  const flags = bytes[start + 6]! >> 5
  const fragment = ((bytes[start + 6]! & 0x1f) << 8) | bytes[start + 7]!
  rows.addGiven(IP.version, source, start, 1, root, 4)
  const headRow = rows.addGiven(IP.hdrLen, source, start, 1, root, head)
  const field = rows.add(IP.dsfield, source, start + 1, 1, root)
  rows.add(IP.dsfieldDscp, source, start + 1, 1, field)
  rows.add(IP.dsfieldEcn, source, start + 1, 1, field)
  rows.add(IP.len, source, start + 2, 2, root)
  const id = rows.add(IP.id, source, start + 4, 2, root)
  const flagsRow = rows.add(IP.flags, source, start + 6, 1, root)
  rows.add(IP.flagsRb, source, start + 6, 1, flagsRow)
  rows.add(IP.flagsDf, source, start + 6, 1, flagsRow)
  rows.add(IP.flagsMf, source, start + 6, 1, flagsRow)
  const offsetRow = rows.add(IP.fragOffset, source, start + 6, 2, root)
  addTimeToLive(context, root, source, start)
  rows.add(IP.proto, source, start + 9, 1, root)
  const checksum = rows.add(IP.checksum, source, start + 10, 2, root)
  const verdict =
    context.preference('ip.check_checksum', false) && start + head <= bytes.length ? addVerdict(context, root, checksum, source, start, head) : null
  const status = verdict === null ? rows.addGiven(IP.checksumStatus, source, start + 10, 0, root, UNVERIFIED) : -1
  const hosts = demand.everything || demand.has(IP.srcHost) || demand.has(IP.dstHost) || demand.has(IP.host)
  addAddress(context, root, source, start + 12, IP.src, IP.srcHost, hosts)
  // The options may hold a route, whose last address is the destination.
  if (!isCut || start + SMALLEST_HEAD + 2 <= bytes.length) addAddress(context, root, source, start + 16, IP.dst, IP.dstHost, hosts)
  if (head > SMALLEST_HEAD && !isCut) addIpOptions(context, root, source, start + SMALLEST_HEAD, start + head)
  if (!demand.text(IP.protocol)) return
  const texts = [(flags & 4) !== 0 ? 'Reserved bit' : '', (flags & 2) !== 0 ? "Don't fragment" : '', (flags & 1) !== 0 ? 'More fragments' : ''].filter(
    (text) => text !== '',
  )
  const to = isCut && start + SMALLEST_HEAD + 2 > bytes.length ? '' : `, Dst: ${addressAt(bytes, start + 16)}`
  rows.setText(root, `Internet Protocol Version 4, Src: ${addressAt(bytes, start + 12)}${to}`)
  rows.setText(headRow, `Header Length: ${head} bytes (${head / 4})`)
  rows.setText(field, `Differentiated Services Field: 0x${service.toString(16).padStart(2, '0')} (${trafficClassText(service)})`)
  rows.setText(
    id,
    `Identification: 0x${((bytes[start + 4]! << 8) | bytes[start + 5]!).toString(16).padStart(4, '0')} (${(bytes[start + 4]! << 8) | bytes[start + 5]!})`,
  )
  rows.setText(flagsRow, [`Flags: 0x${flags.toString(16)}`, ...texts].join(', '))
  rows.setText(offsetRow, `Fragment Offset: ${fragment * 8}`)
  rows.setText(
    checksum,
    `Header Checksum: 0x${((bytes[start + 10]! << 8) | bytes[start + 11]!).toString(16).padStart(4, '0')} ${verdict ?? '[validation disabled]'}`,
  )
  if (status >= 0) rows.setText(status, 'Header checksum status: Unverified')
}

/** Checks the header's sum (-o ip.check_checksum:TRUE); returns what the line says of it. */
function addVerdict(context: DissectContext, root: number, checksum: number, source: number, start: number, head: number): string {
  const { rows } = context
  const bytes = rows.sources[source]!
  const sum = (bytes[start + 10]! << 8) | bytes[start + 11]!
  // The sum over all but the sum itself.
  let rest = 0
  for (let i = 0; i < head; i += 2) if (i !== 10) rest += (bytes[start + i]! << 8) | bytes[start + i + 1]!
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16)
  const wanted = ~rest & 0xffff
  const shown = wanted.toString(16).padStart(4, '0')
  if (sum !== wanted) addExpert(context, checksum, IP.checksumBad, Severity.Error, Group.Checksum, `Bad checksum [should be 0x${shown}]`)
  rows.addGiven(IP.checksumStatus, source, start + 10, 0, root, sum === wanted ? GOOD : BAD)
  rows.addGiven(IP.checksumCalculated, source, start + 10, 2, root, wanted)
  return sum === wanted ? '[correct]' : `incorrect, should be 0x${shown}`
}

/** Groups of 224.0.0.0/24 whose packets carry another time to live than 1: 255 (VRRP, HSRP, mDNS). */
const FULL_LIFE = new Set([18, 102, 251])
/** 224.0.0.252 (LLMNR) may have any. */
const ANY_LIFE = 252
const IGMP = 2
const PIM = 103

function addTimeToLive(context: DissectContext, root: number, source: number, start: number): void {
  const { rows } = context
  const bytes = rows.sources[source]!
  const row = rows.add(IP.ttl, source, start + 8, 1, root)
  const life = bytes[start + 8]!
  const [first, second, third, last] = bytes.subarray(start + 16, start + 20) as unknown as [number, number, number, number]
  if (first === 224 && second === 0 && third === 0) {
    const wanted = FULL_LIFE.has(last) ? 255 : 1
    if (last !== ANY_LIFE && life !== wanted && bytes[start + 9] !== IGMP)
      addExpert(
        context,
        row,
        IP.ttlControlBlock,
        Severity.Note,
        Group.Sequence,
        `"Time To Live" != ${wanted} for a packet sent to the Local Network Control Block (see RFC 3171)`,
      )
  } else if (life < 5 && (first < 224 || first > 239) && bytes[start + 9] !== PIM)
    addExpert(context, row, IP.ttlTooSmall, Severity.Note, Group.Sequence, `"Time To Live" only ${life}`)
}

function addAddress(context: DissectContext, root: number, source: number, at: number, field: number, hostField: number, hosts: boolean): void {
  const { rows } = context
  rows.add(field, source, at, 4, root)
  rows.add(IP.addr, source, at, 4, root)
  if (!hosts) return
  const text = addressAt(rows.sources[source]!, at)
  rows.addGiven(hostField, source, at, 4, root, text)
  rows.addGiven(IP.host, source, at, 4, root, text)
}
