// The link layer: Ethernet, VLAN tags, Linux cooked capture v1 and v2, BSD loopback, raw IP. ● hot
// EtherType or family lead on to IP, ARP or nobody (`data`).

import { etherText } from './address-text.ts'
import { dissectArp } from './arp.ts'
import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { etherName } from './ether-names.ts'
import { addBoundsMark } from './expert.ts'
import { dissectIp } from './ip.ts'
import { dissectIpv6 } from './ipv6.ts'
import { ETH, NULL, PROVIDER_ETHER_TYPE, PROVIDER_VLAN, RAW, SLL, VLAN } from './link-fields.ts'
import { PLAIN_ETHER_TYPES } from './plain-protocols.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

const EtherType = { Ip: 0x0800, Arp: 0x0806, Vlan: 0x8100, Ipv6: 0x86dd, ProviderBridge: 0x88a8, OldVlan: 0x9100 } as const

const ETHERNET_HEAD = 14
const SMALLEST_FRAME = 60

/** Begins a frame by its LINKTYPE_ number. */
export function dissectLink(context: DissectContext, length: number): void {
  switch (context.frame.interface.linkType) {
    case 1:
      context.call('eth', dissectEthernet, 0, 0, length)
      return
    case 0:
    case 108:
      context.call('null', dissectNull, 0, 0, length)
      return
    case 12:
    case 14:
    case 101:
      context.call('raw', dissectRaw, 0, 0, length)
      return
    case 113:
      context.call('sll', dissectCooked, 0, 0, length)
      return
    case 276:
      context.call('sll', dissectCooked2, 0, 0, length)
      return
    case 228:
      context.call('ip', dissectIp, 0, 0, length)
      return
    case 229:
      context.call('ipv6', dissectIpv6, 0, 0, length)
      return
    default:
      addData(context, 0, 0, length)
  }
}

/** What an EtherType announces. Its pseudo layer `ethertype` stands in frame.protocols. */
function dissectType(context: DissectContext, type: number, source: number, start: number, length: number): void {
  context.layers.push('ethertype')
  switch (type) {
    case EtherType.Ip:
      context.call('ip', dissectIp, source, start, length)
      return
    case EtherType.Ipv6:
      context.call('ipv6', dissectIpv6, source, start, length)
      return
    case EtherType.Arp:
      context.call('arp', dissectArp, source, start, length)
      return
    case EtherType.Vlan:
    case EtherType.OldVlan:
      context.call('vlan', dissectVlan, source, start, length)
      return
    case EtherType.ProviderBridge:
      context.call('ieee8021ad', dissectProviderVlan, source, start, length)
      return
    default: {
      const protocol = PLAIN_ETHER_TYPES.get(type)
      if (protocol === undefined || context.call(protocol.name, protocol.dissect, source, start, length) === 0) addData(context, source, start, length)
    }
  }
}

const dissectEthernet: Dissect = (context, source, start, length) => {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + ETHERNET_HEAD || length < ETHERNET_HEAD) {
    if (demand.columns) context.columns.setProtocol('Ethernet')
    addBoundsMark(context, 'Ethernet', source, start + ETHERNET_HEAD, start + length)
    return length
  }
  const type = (bytes[start + 12]! << 8) | bytes[start + 13]!
  const isDemanded = demand.has(ETH.protocol)
  const root = rows.add(ETH.protocol, source, start, ETHERNET_HEAD, ROOT)
  if (demand.columns) setAddresses(context, bytes.subarray(start + 6, start + 12), bytes.subarray(start, start + 6), type)
  if (isDemanded) {
    addEnd(context, root, source, start, ETH.dst, ETH.dstResolved, ETH.dstOui, ETH.dstLg, ETH.dstIg, 'Destination')
    addEnd(context, root, source, start + 6, ETH.src, ETH.srcResolved, ETH.srcOui, ETH.srcLg, ETH.srcIg, 'Source')
    rows.add(type <= 1500 ? ETH.len : ETH.type, source, start + 12, 2, root)
    if (demand.text(ETH.protocol)) {
      const [from, to] = [etherText(bytes.subarray(start + 6, start + 12)), etherText(bytes.subarray(start, start + 6))]
      const [sender, receiver] = [etherName(bytes, start + 6), etherName(bytes, start)]
      rows.setText(root, type <= 1500 ? 'IEEE 802.3 Ethernet' : `Ethernet II, Src: ${sender} (${from}), Dst: ${receiver} (${to})`)
    }
  }
  context.payloadEnd = -1
  if (type <= 1500) {
    context.payloadEnd = start + ETHERNET_HEAD + Math.min(type, length - ETHERNET_HEAD)
    addData(context, source, start + ETHERNET_HEAD, context.payloadEnd - start - ETHERNET_HEAD)
  } else dissectType(context, type, source, start + ETHERNET_HEAD, length - ETHERNET_HEAD)
  if (context.payloadEnd >= 0 && context.payloadEnd < bytes.length && bytes.length < start + length)
    addBoundsMark(context, 'Ethernet', source, start + length, start + length)
  else if (isDemanded && context.payloadEnd >= 0 && context.payloadEnd < start + length)
    addTrailer(context, root, source, start, context.payloadEnd, Math.min(start + length, bytes.length))
  return length
}

/** One end's address with its bits, visible and hidden. */
function addEnd(
  context: DissectContext,
  root: number,
  source: number,
  at: number,
  field: number,
  resolved: number,
  oui: number,
  lg: number,
  ig: number,
  label: string,
): void {
  const { rows, demand } = context
  const row = rows.add(field, source, at, 6, root)
  const withText = demand.everything || demand.has(resolved) || demand.has(ETH.addrResolved)
  const bytes = rows.sources[source]!
  const text = withText || demand.text(field) ? etherText(bytes.subarray(at, at + 6)) : ''
  const name = text === '' ? '' : etherName(bytes, at)
  if (demand.text(field)) rows.setText(row, `${label}: ${name} (${text})`)
  if (withText) rows.addGiven(resolved, source, at, 6, row, name)
  rows.add(oui, source, at, 3, row)
  const address = rows.add(ETH.addr, source, at, 6, row)
  if (demand.text(ETH.addr)) rows.setText(address, `Address: ${name} (${text})`)
  if (withText) rows.addGiven(ETH.addrResolved, source, at, 6, row, name)
  rows.add(ETH.addrOui, source, at, 3, row)
  rows.add(lg, source, at, 3, row)
  rows.add(ETH.lg, source, at, 3, row)
  rows.add(ig, source, at, 3, row)
  rows.add(ETH.ig, source, at, 3, row)
}

/** Bytes behind the payload: padding up to the smallest frame, then a trailer, of which the last four are a check sequence if the frame has its full size. */
function addTrailer(context: DissectContext, root: number, source: number, start: number, from: number, end: number): void {
  const { rows } = context
  if (from >= end) return
  const bytes = rows.sources[source]!
  let padded = Math.min(end, Math.max(from, start + SMALLEST_FRAME))
  // Padding is made of zeros; other bytes mean something.
  for (let at = from; at < padded; at++) if (bytes[at] !== 0) padded = from
  if (padded > from) rows.add(ETH.padding, source, from, padded - from, root)
  if (padded >= end) return
  const hasCheck = end - padded >= 4 && end - start >= SMALLEST_FRAME + 4
  const trailer = hasCheck ? end - 4 : end
  if (trailer > padded) rows.add(ETH.trailer, source, padded, trailer - padded, root)
  if (hasCheck) rows.add(ETH.fcs, source, trailer, 4, root)
}

function setAddresses(context: DissectContext, from: Uint8Array, to: Uint8Array, type: number): void {
  context.columns.source = etherName(from, 0)
  context.columns.destination = etherName(to, 0)
  context.columns.protocol = `0x${type.toString(16).padStart(4, '0')}`
  context.columns.setInfo('Ethernet II')
}

const dissectVlan: Dissect = (context, source, start, length) => {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + 4 || length < 4) {
    if (Math.min(length, bytes.length - start) >= 2) {
      const cut = rows.add(VLAN.protocol, source, start, 2, ROOT)
      for (const field of [VLAN.priority, VLAN.dei, VLAN.id]) rows.add(field, source, start, 2, cut)
    }
    addBoundsMark(context, 'VLAN', source, start + 4, start + length)
    return length
  }
  const root = rows.add(VLAN.protocol, source, start, 4, ROOT)
  const tag = (bytes[start]! << 8) | bytes[start + 1]!
  const type = (bytes[start + 2]! << 8) | bytes[start + 3]!
  if (demand.has(VLAN.protocol)) {
    rows.add(VLAN.priority, source, start, 2, root)
    rows.add(VLAN.dei, source, start, 2, root)
    rows.add(VLAN.id, source, start, 2, root)
    rows.add(VLAN.etype, source, start + 2, 2, root)
    if (demand.text(VLAN.protocol)) rows.setText(root, `802.1Q Virtual LAN, PRI: ${tag >> 13}, DEI: ${(tag >> 12) & 1}, ID: ${tag & 0xfff}`)
  }
  dissectType(context, type, source, start + 4, length - 4)
  return length
}

const dissectProviderVlan: Dissect = (context, source, start, length) => {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + 4 || length < 4) {
    addBoundsMark(context, 'IEEE 802.1ad', source, start + 4, start + length)
    return length
  }
  const root = rows.add(PROVIDER_VLAN.protocol, source, start, 4, ROOT)
  const tag = (bytes[start]! << 8) | bytes[start + 1]!
  if (demand.has(PROVIDER_VLAN.protocol) || demand.has(PROVIDER_ETHER_TYPE.protocol)) {
    rows.add(PROVIDER_VLAN.priority, source, start, 2, root)
    rows.add(PROVIDER_VLAN.dei, source, start, 2, root)
    rows.add(PROVIDER_VLAN.id, source, start, 2, root)
    rows.add(PROVIDER_ETHER_TYPE.etype, source, start + 2, 2, root)
    if (demand.text(PROVIDER_VLAN.protocol)) rows.setText(root, `IEEE 802.1ad, ID: ${tag & 0xfff}`)
  }
  dissectType(context, (bytes[start + 2]! << 8) | bytes[start + 3]!, source, start + 4, length - 4)
  return length
}

const dissectCooked: Dissect = (context, source, start, length) => {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + 16 || length < 16) {
    addBoundsMark(context, 'SLL', source, start + 16, start + length)
    return length
  }
  const root = rows.add(SLL.protocol, source, start, 16, ROOT)
  const type = (bytes[start + 14]! << 8) | bytes[start + 15]!
  if (demand.text(SLL.protocol)) rows.setText(root, 'Linux cooked capture v1')
  if (demand.has(SLL.protocol)) {
    rows.add(SLL.pkttype, source, start, 2, root)
    rows.add(SLL.hatype, source, start + 2, 2, root)
    rows.add(SLL.halen, source, start + 4, 2, root)
    addCookedAddress(context, root, source, start + 6, (bytes[start + 4]! << 8) | bytes[start + 5]!)
    rows.add(SLL.etype, source, start + 14, 2, root)
  }
  dissectType(context, type, source, start + 16, length - 16)
  return length
}

const dissectCooked2: Dissect = (context, source, start, length) => {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + 20 || length < 20) {
    addBoundsMark(context, 'SLL', source, start + 20, start + length)
    return length
  }
  const root = rows.add(SLL.protocol, source, start, 20, ROOT)
  if (demand.text(SLL.protocol)) rows.setText(root, 'Linux cooked capture v2')
  if (demand.has(SLL.protocol)) {
    rows.add(SLL.etype, source, start, 2, root)
    rows.add(SLL.ifindex, source, start + 4, 4, root)
    rows.add(SLL.hatype, source, start + 8, 2, root)
    rows.add(SLL.pkttype, source, start + 10, 1, root)
    rows.add(SLL.halen, source, start + 11, 1, root)
    addCookedAddress(context, root, source, start + 12, bytes[start + 11]!)
  }
  dissectType(context, (bytes[start]! << 8) | bytes[start + 1]!, source, start + 20, length - 20)
  return length
}

/** The sender's address in a room of eight bytes; what it leaves is unused. */
function addCookedAddress(context: DissectContext, root: number, source: number, at: number, size: number): void {
  const { rows, demand } = context
  const used = Math.min(size, 8)
  if (size === 6) {
    const row = rows.add(SLL.srcEth, source, at, 6, root)
    if (demand.text(SLL.srcEth)) {
      const text = etherText(rows.sources[source]!.subarray(at, at + 6))
      rows.setText(row, `Source: ${etherName(rows.sources[source]!, at)} (${text})`)
    }
  } else if (size === 4) rows.add(SLL.srcIpv4, source, at, 4, root)
  else if (used > 0) rows.add(SLL.srcOther, source, at, used, root)
  if (used < 8) rows.add(SLL.unused, source, at + used, 8 - used, root)
}

const dissectNull: Dissect = (context, source, start, length) => {
  const { rows } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + 4 || length < 4) {
    addBoundsMark(context, 'Null/Loopback', source, start + 4, start + length)
    return length
  }
  // Little or big endian is the capturing machine's; families are small numbers.
  const isBig = bytes[start] === 0 && bytes[start + 1] === 0
  const family = isBig ? (bytes[start + 2]! << 8) | bytes[start + 3]! : (bytes[start + 1]! << 8) | bytes[start]!
  const root = rows.add(NULL.protocol, source, start, 4, ROOT)
  rows.addGiven(NULL.family, source, start, 4, root, family)
  if (family === 2) context.call('ip', dissectIp, source, start + 4, length - 4)
  else if (family === 24 || family === 28 || family === 30 || family === 10) context.call('ipv6', dissectIpv6, source, start + 4, length - 4)
  else addData(context, source, start + 4, length - 4)
  return length
}

const dissectRaw: Dissect = (context, source, start, length) => {
  const bytes = context.rows.sources[source]!
  context.rows.add(RAW.protocol, source, start, length, ROOT)
  const version = start < bytes.length ? bytes[start]! >> 4 : 0
  if (version === 4) context.call('ip', dissectIp, source, start, length)
  else if (version === 6) context.call('ipv6', dissectIpv6, source, start, length)
  else addData(context, source, start, length)
  return length
}
