// IPv6: header, extension headers, fragments. [RFC 8200] ● hot
// Extension headers are followed to the transport, at most so many of them.

import { ipv6Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { addBoundsMark, addExpert, Group, Severity } from './expert.ts'
import { addReassembled } from './fragments.ts'
import { trafficClassText } from './ip.ts'
import { IPV6 } from './ip-fields.ts'
import { IPV6_OPTION } from './ip-option-fields.ts'
import { dissectIpPayload } from './ip-payload.ts'
import { addHeaderOptions, addRouting } from './ipv6-options.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

const HEAD = 40
const MOST_EXTENSIONS = 16
const Extension = { HopByHop: 0, Routing: 43, Fragment: 44, Authentication: 51, NoNext: 59, Destination: 60 } as const
const FRAGMENTS = {
  list: IPV6.fragments,
  fragment: IPV6.fragment,
  overlap: IPV6.fragmentOverlap,
  conflict: IPV6.fragmentOverlapConflict,
  count: IPV6.fragmentCount,
  length: IPV6.reassembledLength,
  data: IPV6.reassembledData,
  label: 'IPv6',
}

export const dissectIpv6: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (demand.columns) {
    columns.protocol = 'IPv6'
    columns.setInfo('')
  }
  if (bytes.length < start + HEAD || length < HEAD) {
    if (bytes.length <= start && context.inError) {
      addBoundsMark(context, 'IPv6', source, start + 1, start + length)
      return length
    }
    const root = rows.add(IPV6.protocol, source, start, Math.max(0, Math.min(length, bytes.length - start)), ROOT)
    if (bytes.length > start && demand.has(IPV6.protocol)) addCutHead(context, root, source, start, Math.min(length, bytes.length - start))
    if (length < HEAD && context.inError) {
      addExpert(context, root, IPV6_OPTION.invalidHeader, Severity.Error, Group.Malformed, 'IPv6 header must be exactly 40 bytes')
      return length
    }
    addBoundsMark(context, 'IPv6', source, start + HEAD, start + length)
    return length
  }
  const payloadLength = (bytes[start + 4]! << 8) | bytes[start + 5]!
  const end = start + Math.min(length, payloadLength === 0 ? length : HEAD + payloadLength)
  if (context.payloadEnd < 0) context.payloadEnd = end
  const root = rows.add(IPV6.protocol, source, start, HEAD, ROOT)
  if (demand.columns) {
    columns.source = ipv6Text(bytes.subarray(start + 8, start + 24))
    columns.destination = ipv6Text(bytes.subarray(start + 24, start + 40))
  }
  if (demand.has(IPV6.protocol)) addHead(context, root, source, start)
  context.addressBytes = bytes
  context.sourceAddress = start + 8
  context.destinationAddress = start + 24
  context.addressSize = 16
  followHeaders(context, root, source, start, end)
  return length
}

function followHeaders(context: DissectContext, root: number, source: number, start: number, end: number): void {
  const { rows } = context
  const bytes = rows.sources[source]!
  let next = bytes[start + 6]!
  let at = start + HEAD
  for (let count = 0; count < MOST_EXTENSIONS; count++) {
    if (next === Extension.NoNext) {
      if (context.demand.columns) context.columns.setInfo('IPv6 no next header')
      if (at < end) addData(context, source, at, end - at)
      return
    }
    const isExtension = next === Extension.HopByHop || next === Extension.Routing || next === Extension.Fragment || next === Extension.Destination
    if (!isExtension) break
    const options = OPTIONS.get(next)
    if (options !== undefined) {
      if (context.demand.columns) context.columns.setInfo(context.columns.info === '' ? options.info : `${context.columns.info} , ${options.info}`)
      if (at + 8 <= end && at + 8 > bytes.length) {
        if (at + 2 <= bytes.length) addExtension(context, root, source, at, 8 + bytes[at + 1]! * 8, next, (bytes[start + 4]! << 8) | bytes[start + 5]!, end)
        else context.layers.push(EXTENSIONS.get(next)!.layer)
        if (at + 2 > bytes.length || !context.demand.has(IPV6.protocol)) addBoundsMark(context, options.label, source, at + 8, end)
        return
      }
    }
    if (at + 8 > end || at + 8 > bytes.length) {
      addBoundsMark(context, 'IPv6', source, at + 8, end)
      return
    }
    if (next === Extension.Fragment) {
      if (dissectFragment(context, root, source, start, at, end)) return
      next = bytes[at]!
      at += 8
      continue
    }
    const size = 8 + bytes[at + 1]! * 8
    addExtension(context, root, source, at, size, next, (bytes[start + 4]! << 8) | bytes[start + 5]!, end)
    next = bytes[at]!
    at += size
    if (at > end) {
      addBoundsMark(context, 'IPv6', source, at, end)
      return
    }
  }
  dissectIpPayload(context, next, source, at, end - at)
}

/** Headers of options: what a mark and the Info column call them. */
const OPTIONS: ReadonlyMap<number, { readonly label: string; readonly info: string }> = new Map([
  [Extension.HopByHop, { label: 'IPv6 Hop-by-Hop', info: 'IPv6 hop-by-hop options' }],
  [Extension.Destination, { label: 'IPv6 Destination', info: 'IPv6 destination options' }],
])

const EXTENSIONS: ReadonlyMap<
  number,
  { readonly layer: string; readonly field: number; readonly next: number; readonly size: number; readonly octets: number }
> = new Map([
  [Extension.HopByHop, { layer: 'ipv6.hopopts', field: IPV6.hopopts, next: IPV6.hopoptsNxt, size: IPV6.hopoptsLen, octets: IPV6_OPTION.hopoptsLenOct }],
  [Extension.Destination, { layer: 'ipv6.dstopts', field: IPV6.dstopts, next: IPV6.dstoptsNxt, size: IPV6.dstoptsLen, octets: IPV6_OPTION.dstoptsLenOct }],
  [Extension.Routing, { layer: 'ipv6.routing', field: IPV6.routing, next: IPV6.routingNxt, size: IPV6.routingLen, octets: IPV6_OPTION.routingLenOct }],
])

function addExtension(context: DissectContext, root: number, source: number, at: number, size: number, kind: number, payloadLength: number, end: number): void {
  const { rows, demand } = context
  const extension = EXTENSIONS.get(kind)!
  context.layers.push(extension.layer)
  if (!demand.has(IPV6.protocol)) return
  const row = rows.add(extension.field, source, at, size, root)
  rows.add(extension.next, source, at, 1, row)
  rows.add(extension.size, source, at + 1, 1, row)
  const octets = rows.addGiven(extension.octets, source, at + 1, 1, row, size)
  if (demand.text(extension.octets)) rows.setText(octets, `Length: ${size} bytes`)
  if (kind === Extension.Routing) addRouting(context, row, source, at + 2, at + size)
  else addHeaderOptions(context, row, source, at + 2, at + size, kind === Extension.HopByHop ? 'hop-by-hop' : 'destination', payloadLength, end)
}

/** True when the payload is dealt with: a part only, or the whole datagram dissected. */
function dissectFragment(context: DissectContext, root: number, source: number, start: number, at: number, end: number): boolean {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const word = (bytes[at + 2]! << 8) | bytes[at + 3]!
  const [offset, isMore, next] = [word & 0xfff8, (word & 1) !== 0, bytes[at]!]
  const id = bytes.subarray(at + 4, at + 8).join('.')
  context.layers.push('ipv6.fraghdr')
  if (demand.has(IPV6.protocol)) {
    const row = rows.add(IPV6.fraghdr, source, at, 8, root)
    rows.add(IPV6.fraghdrNxt, source, at, 1, row)
    rows.add(IPV6.fraghdrReservedOctet, source, at + 1, 1, row)
    const place = rows.add(IPV6.fraghdrOffset, source, at + 2, 2, row)
    if (demand.text(IPV6.fraghdrOffset)) rows.setText(place, `Offset: ${offset >> 3} (${offset} bytes)`)
    rows.add(IPV6.fraghdrReservedBits, source, at + 2, 2, row)
    rows.add(IPV6.fraghdrMore, source, at + 2, 2, row)
    rows.add(IPV6.fraghdrIdent, source, at + 4, 4, row)
  }
  if (offset === 0 && !isMore) return false
  const payload = at + 8
  if (end <= bytes.length && end > payload && !context.inError) {
    const key = `${id} ${bytes.subarray(start + 8, start + 40).join('.')}`
    const datagram = context.ipFragments.add(key, context.frame.number, offset, bytes.subarray(payload, end), !isMore)
    if (datagram !== null) {
      const whole = addReassembled(context, root, IPV6, FRAGMENTS, datagram)
      dissectIpPayload(context, next, whole, 0, datagram.bytes.length)
      return true
    }
  }
  if (demand.columns)
    columns.setInfo(
      `IPv6 fragment (off=${offset} more=${isMore ? 'y' : 'n'} ident=0x${bytes.subarray(at + 4, at + 8).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')} nxt=${next})`,
    )
  addData(context, source, payload, end - payload)
  return true
}

const CUT_HEAD: readonly (readonly [field: number, offset: number, needed: number, size: number])[] = [
  // The length is shown once the next header is known.
  [IPV6.plen, 4, 3, 2],
  [IPV6.nxt, 6, 1, 1],
  [IPV6.hlim, 7, 1, 1],
]

/** What a cut header still tells. */
function addCutHead(context: DissectContext, root: number, source: number, start: number, stored: number): void {
  const { rows, demand } = context
  if (stored < 4) {
    const version = rows.sources[source]![start]! >> 4
    rows.addGiven(IPV6.version, source, start, 1, root, version)
    rows.addGiven(IPV6.ipVersion, source, start, 1, root, version)
    return
  }
  addFirstWord(context, root, source, start)
  for (const [field, offset, needed, size] of CUT_HEAD) if (stored >= offset + needed) rows.add(field, source, start + offset, size, root)
  const hosts = demand.everything || demand.has(IPV6.srcHost) || demand.has(IPV6.host)
  if (stored >= 24) addAddress(context, root, source, start + 8, IPV6.src, IPV6.srcHost, hosts)
}

/** Version, traffic class and flow label. */
function addFirstWord({ rows, demand }: DissectContext, root: number, source: number, start: number): void {
  const bytes = rows.sources[source]!
  rows.addGiven(IPV6.version, source, start, 1, root, 6)
  rows.addGiven(IPV6.ipVersion, source, start, 1, root, 6)
  const service = ((bytes[start]! & 15) << 4) | (bytes[start + 1]! >> 4)
  const traffic = rows.add(IPV6.tclass, source, start, 4, root)
  rows.add(IPV6.tclassDscp, source, start, 4, traffic)
  rows.add(IPV6.tclassEcn, source, start, 4, traffic)
  const flow = rows.add(IPV6.flow, source, start + 1, 3, root)
  if (!demand.text(IPV6.protocol)) return
  const label = ((bytes[start + 1]! & 15) << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!
  rows.setText(traffic, `Traffic Class: 0x${service.toString(16).padStart(2, '0')} (${trafficClassText(service)})`)
  rows.setText(flow, `Flow Label: 0x${label.toString(16).padStart(5, '0')}`)
}

function addHead(context: DissectContext, root: number, source: number, start: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  addFirstWord(context, root, source, start)
  const length = rows.add(IPV6.plen, source, start + 4, 2, root)
  if (bytes[start + 4] === 0 && bytes[start + 5] === 0 && bytes[start + 6] !== Extension.HopByHop) {
    const text = 'IPv6 payload length equals 0 (maybe because of "TCP segmentation offload" (TSO))'
    addExpert(context, length, IPV6_OPTION.plenZero, Severity.Chat, Group.Protocol, text)
  }
  rows.add(IPV6.nxt, source, start + 6, 1, root)
  rows.add(IPV6.hlim, source, start + 7, 1, root)
  const hosts = demand.everything || demand.has(IPV6.srcHost) || demand.has(IPV6.dstHost) || demand.has(IPV6.host)
  addAddress(context, root, source, start + 8, IPV6.src, IPV6.srcHost, hosts)
  addAddress(context, root, source, start + 24, IPV6.dst, IPV6.dstHost, hosts)
  if (!demand.text(IPV6.protocol)) return
  const [from, to] = [ipv6Text(bytes.subarray(start + 8, start + 24)), ipv6Text(bytes.subarray(start + 24, start + 40))]
  rows.setText(root, `Internet Protocol Version 6, Src: ${from}, Dst: ${to}`)
}

function addAddress(context: DissectContext, root: number, source: number, at: number, field: number, hostField: number, hosts: boolean): void {
  const { rows } = context
  rows.add(field, source, at, 16, root)
  rows.add(IPV6.addr, source, at, 16, root)
  if (!hosts) return
  const text = ipv6Text(rows.sources[source]!.subarray(at, at + 16))
  rows.addGiven(hostField, source, at, 16, root, text)
  rows.addGiven(IPV6.host, source, at, 16, root, text)
}
