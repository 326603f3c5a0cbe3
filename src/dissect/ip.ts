// IPv4: header, options as bytes, fragments. [RFC 791] ● hot
// What is inside goes to the transports by protocol number (ip-payload.ts).

import { ipv4Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { addBoundsMark } from './expert.ts'
import { addReassembled } from './fragments.ts'
import { IP } from './ip-fields.ts'
import { dissectIpPayload } from './ip-payload.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

const SMALLEST_HEAD = 20
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
    rows.add(IP.protocol, source, start, Math.min(length, bytes.length - start), ROOT)
    addBoundsMark(context, 'IPv4', source, start + SMALLEST_HEAD, start + length)
    return length
  }
  const head = (bytes[start]! & 15) * 4
  const total = (bytes[start + 2]! << 8) | bytes[start + 3]!
  const isBogus = head < SMALLEST_HEAD || (total !== 0 && total < head)
  const whole = total === 0 || total > length ? length : total
  if (context.payloadEnd < 0 && !isBogus) context.payloadEnd = start + whole
  const offset = (((bytes[start + 6]! & 0x1f) << 8) | bytes[start + 7]!) * 8
  const isMore = (bytes[start + 6]! & 0x20) !== 0
  const root = rows.add(IP.protocol, source, start, Math.max(head, SMALLEST_HEAD), ROOT)
  if (demand.columns) {
    columns.source = addressAt(bytes, start + 12)
    columns.destination = addressAt(bytes, start + 16)
  }
  if (demand.has(IP.protocol)) addHead(context, root, source, start)
  if (isBogus) {
    if (demand.columns)
      columns.setInfo(
        head < SMALLEST_HEAD ? `Bogus IP header length (${head}, must be at least 20)` : `Bogus IP length (${total}, less than header length ${head})`,
      )
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

function addHead(context: DissectContext, root: number, source: number, start: number): void {
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
  rows.add(IP.ttl, source, start + 8, 1, root)
  rows.add(IP.proto, source, start + 9, 1, root)
  const checksum = rows.add(IP.checksum, source, start + 10, 2, root)
  const status = rows.addGiven(IP.checksumStatus, source, start + 10, 0, root, 2)
  const hosts = demand.everything || demand.has(IP.srcHost) || demand.has(IP.dstHost) || demand.has(IP.host)
  addAddress(context, root, source, start + 12, IP.src, IP.srcHost, hosts)
  addAddress(context, root, source, start + 16, IP.dst, IP.dstHost, hosts)
  if (!demand.text(IP.protocol)) return
  const texts = [(flags & 4) !== 0 ? 'Reserved' : '', (flags & 2) !== 0 ? "Don't fragment" : '', (flags & 1) !== 0 ? 'More fragments' : ''].filter(
    (text) => text !== '',
  )
  rows.setText(root, `Internet Protocol Version 4, Src: ${addressAt(bytes, start + 12)}, Dst: ${addressAt(bytes, start + 16)}`)
  rows.setText(headRow, `Header Length: ${head} bytes (${head / 4})`)
  rows.setText(field, `Differentiated Services Field: 0x${service.toString(16).padStart(2, '0')} (${trafficClassText(service)})`)
  rows.setText(
    id,
    `Identification: 0x${((bytes[start + 4]! << 8) | bytes[start + 5]!).toString(16).padStart(4, '0')} (${(bytes[start + 4]! << 8) | bytes[start + 5]!})`,
  )
  rows.setText(flagsRow, [`Flags: 0x${flags.toString(16)}`, ...texts].join(', '))
  rows.setText(offsetRow, `Fragment Offset: ${fragment * 8}`)
  rows.setText(checksum, `Header Checksum: 0x${((bytes[start + 10]! << 8) | bytes[start + 11]!).toString(16).padStart(4, '0')} [validation disabled]`)
  rows.setText(status, 'Header checksum status: Unverified')
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
