// The options of neighbour discovery: link-layer addresses, prefixes, MTU, name servers, routes. [RFC 4861, RFC 4191, RFC 8106, RFC 8781]
// An option of length 0 ends the message.

import { etherText, ipv6Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { readName } from './dns-names.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { FIELDS } from './field.ts'
import { dissectQuoted } from './icmp.ts'
import { ICMPV6_BODY as B } from './icmpv6-fields.ts'
import type { Walk } from './walk.ts'

const Option = {
  SourceLink: 1,
  TargetLink: 2,
  Prefix: 3,
  Redirected: 4,
  Mtu: 5,
  Interval: 7,
  HomeAgent: 8,
  Nonce: 14,
  Route: 24,
  NameServers: 25,
  Flags: 26,
  SearchList: 31,
  CaptivePortal: 37,
  Pref64: 38,
} as const
const NAMES = FIELDS[B.optType]!.values as ReadonlyMap<number, string>
const INFINITE = 0xffffffff
const PREFERENCES = ['Medium', 'High', 'Reserved', 'Low'] as const
/** Bytes of the prefix that are there, by what the option says of its own length. */
const PREF64_BYTES = 12

/** All options up to the message's end; returns the link-layer address that the last one with an address told, or ''. */
export function addNeighbourOptions(context: DissectContext, walk: Walk, root: number): string {
  const { rows, demand } = context
  let address = ''
  while (walk.left > 0) {
    walk.need(2)
    const { at, source, bytes } = walk
    const [type, size] = [bytes[at]!, bytes[at + 1]! * 8]
    const tree = rows.add(B.opt, source, at, size, root)
    const name = NAMES.get(type) ?? `Unknown ${type}`
    if (demand.text(B.opt)) rows.setText(tree, `ICMPv6 Option (${name}`)
    walk.byte(B.optType, tree)
    const length = walk.run(B.optLength, 1, tree)
    if (demand.text(B.optLength)) rows.setText(length, `Length: ${size / 8} (${size} bytes)`)
    if (size === 0) {
      addExpert(context, length, B.invalidOptionLength, Severity.Error, Group.Malformed, 'Invalid option length (Zero)')
      return address
    }
    const said = addOption(context, walk, tree, root, type, at + size)
    if (type === Option.SourceLink || type === Option.TargetLink) address = said.slice(3)
    if (demand.text(B.opt)) rows.setText(tree, `ICMPv6 Option (${name}${said})`)
    walk.at = at + size
  }
  return address
}

/** The option's value, in words for its line. */
function addOption(context: DissectContext, walk: Walk, tree: number, root: number, type: number, end: number): string {
  const { rows, demand } = context
  const { source, bytes, at } = walk
  switch (type) {
    case Option.SourceLink:
    case Option.TargetLink:
      return addLink(context, walk, tree, type === Option.SourceLink, end - at)
    case Option.Prefix:
      return addPrefix(context, walk, tree)
    case Option.Redirected: {
      walk.run(B.optReserved, 6, tree)
      rows.add(B.optRedirectedPacket, source, walk.at, Math.max(0, walk.left), tree)
      const size = end - walk.at
      if (size > 0) dissectQuoted(context, root, source, walk.at, size, 'ipv6')
      return ''
    }
    case Option.Mtu:
      walk.run(B.optReserved, 2, tree)
      walk.run(B.optMtu, 4, tree)
      return ` : ${word(bytes, walk.at - 4)}`
    case Option.Interval:
      walk.run(B.optReserved, 2, tree)
      walk.run(B.optAdvertisementInterval, 4, tree)
      return ` : ${word(bytes, walk.at - 4)}`
    case Option.HomeAgent:
      walk.run(B.optReserved, 2, tree)
      walk.two(B.optHomeAgentPreference, tree)
      walk.two(B.optHomeAgentLifetime, tree)
      return ''
    case Option.Nonce:
      walk.run(B.optNonce, end - at, tree)
      return ''
    case Option.Route:
      return addRoute(context, walk, tree, end)
    case Option.NameServers: {
      walk.run(B.optReserved, 2, tree)
      addLifetime(context, walk, B.optRdnssLifetime, 'Lifetime', tree)
      let said = ''
      while (walk.at < end) {
        walk.run(B.optRdnss, 16, tree)
        said += ` ${ipv6Text(bytes.subarray(walk.at - 16, walk.at))}`
      }
      return said
    }
    case Option.Flags: {
      const row = walk.run(B.optEfo, 2, tree)
      for (const field of [B.optEfoM, B.optEfoO, B.optEfoH, B.optEfoPrf, B.optEfoP, B.optEfoRsv]) rows.add(field, source, at, 2, row)
      if (demand.text(B.optEfo)) {
        const number = ((bytes[at]! << 8) | bytes[at + 1]!).toString(16).padStart(4, '0')
        rows.setText(row, `Flags Expansion Option: 0x${number}${routerFlagText(bytes[at]!)}`)
      }
      walk.run(B.optReserved, 4, tree)
      return ''
    }
    case Option.SearchList:
      return addSearchList(context, walk, tree, end)
    case Option.CaptivePortal:
      walk.text(B.optCaptivePortal, end - at, tree)
      return ` ${String.fromCharCode(...bytes.subarray(at, end)).replace(/\0+$/, '')}`
    case Option.Pref64: {
      walk.need(2 + PREF64_BYTES)
      rows.add(B.optPref64ScaledLifetime, source, at, 2, tree)
      rows.add(B.optPref64Plc, source, at, 2, tree)
      rows.addGiven(B.optPref64Prefix, source, at + 2, PREF64_BYTES, tree, padded(bytes.subarray(at + 2, at + 2 + PREF64_BYTES)))
      return ''
    }
    default: {
      const text = `ICMPv6 Option (${type}) is not decoded`
      addExpert(context, tree, B.undecodedOption, Severity.Note, Group.Undecoded, text)
      walk.run(B.data, end - at, tree)
      return ''
    }
  }
}

/** `, Other configuration, Prf (Default Router Preference): Medium`. */
export function routerFlagText(flags: number): string {
  const preference = `Prf (Default Router Preference): ${PREFERENCES[(flags >> 3) & 3]}`
  const names = [
    (flags & 0x80) !== 0 ? 'Managed address configuration' : '',
    (flags & 0x40) !== 0 ? 'Other configuration' : '',
    (flags & 0x20) !== 0 ? 'Home Agent' : '',
    preference,
    (flags & 4) !== 0 ? 'Proxy' : '',
  ]
  return names
    .filter((name) => name !== '')
    .map((name) => `, ${name}`)
    .join('')
}

function addLink({ rows, demand }: DissectContext, walk: Walk, tree: number, isSource: boolean, size: number): string {
  const { source, bytes, at } = walk
  // Ethernet's addresses have six bytes; longer options carry others.
  const length = size === 6 ? 6 : size
  const row = walk.run(B.optLinkaddr, length, tree)
  const text =
    length === 6 ? etherText(bytes.subarray(at, at + 6)) : [...bytes.subarray(at, at + length)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
  if (demand.text(B.optLinkaddr)) rows.setText(row, `Link-layer address: ${text} (${text})`)
  const field = isSource ? B.optSrcLinkaddr : B.optTargetLinkaddr
  const hidden = rows.add(field, source, at, length, tree)
  if (demand.text(field)) rows.setText(hidden, `${isSource ? 'Source' : 'Target'} Link-layer address: ${text} (${text})`)
  return ` : ${text}`
}

function addPrefix(context: DissectContext, walk: Walk, tree: number): string {
  const { rows, demand } = context
  const length = walk.byte(B.optPrefixLength, tree)
  const { source, bytes, at } = walk
  const flags = walk.run(B.optPrefixFlag, 1, tree)
  for (const field of [B.optPrefixFlagL, B.optPrefixFlagA, B.optPrefixFlagR, B.optPrefixFlagReserved]) rows.add(field, source, at, 1, flags)
  if (demand.text(B.optPrefixFlag)) {
    const names = ['On-link flag(L)', 'Autonomous address-configuration flag(A)', 'Router address flag(R)'].filter((_, i) => (bytes[at]! & (0x80 >> i)) !== 0)
    rows.setText(flags, `Flag: 0x${bytes[at]!.toString(16).padStart(2, '0')}${names.map((name) => `, ${name}`).join('')}`)
  }
  addLifetime(context, walk, B.optPrefixValidLifetime, 'Valid Lifetime', tree)
  addLifetime(context, walk, B.optPrefixPreferredLifetime, 'Preferred Lifetime', tree)
  walk.run(B.optReserved, 4, tree)
  walk.run(B.optPrefix, 16, tree)
  return ` : ${ipv6Text(bytes.subarray(walk.at - 16, walk.at))}/${length}`
}

function addRoute(context: DissectContext, walk: Walk, tree: number, end: number): string {
  const { rows, demand } = context
  const length = walk.byte(B.optPrefixLength, tree)
  const { source, bytes, at } = walk
  const flags = walk.run(B.optRouteInfoFlag, 1, tree)
  const preference = PREFERENCES[(bytes[at]! >> 3) & 3]
  for (const field of [B.optRouteInfoFlagRoutePreference, B.optRouteInfoFlagReserved]) rows.add(field, source, at, 1, flags)
  if (demand.text(B.optRouteInfoFlag)) rows.setText(flags, `Flag: 0x${bytes[at]!.toString(16).padStart(2, '0')}, Route Preference: ${preference}`)
  addLifetime(context, walk, B.optRouteLifetime, 'Route Lifetime', tree)
  const size = Math.max(0, end - walk.at)
  walk.need(size)
  const prefix = padded(bytes.subarray(walk.at, walk.at + Math.min(16, size)))
  rows.addGiven(B.optPrefix, source, walk.at, size, tree, prefix)
  return ` : ${preference} ${ipv6Text(prefix)}/${length}`
}

function addLifetime({ rows, demand }: DissectContext, walk: Walk, field: number, label: string, tree: number): void {
  const row = walk.run(field, 4, tree)
  if (demand.text(field) && word(walk.bytes, walk.at - 4) === INFINITE) rows.setText(row, `${label}: Infinity (${INFINITE})`)
}

/** Names up to the padding. [RFC 8106, section 5.2] */
function addSearchList(context: DissectContext, walk: Walk, tree: number, end: number): string {
  walk.run(B.optReserved, 2, tree)
  addLifetime(context, walk, B.optDnsslLifetime, 'Lifetime', tree)
  let said = ''
  while (walk.at < end) {
    const { at, bytes } = walk
    if (bytes[at] === 0) {
      walk.run(B.optPadding, end - at, tree)
      break
    }
    const name = readName(bytes, at, at, Math.min(end, walk.stored))
    if (name.end < 0) walk.need(walk.end - at + 1)
    walk.rows.addGiven(B.optDnssl, walk.source, at, name.end - at, tree, name.text)
    said += ` ${name.text}`
    walk.at = name.end
  }
  return said
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(16)
  whole.set(bytes)
  return whole
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
