// What stands in IPv6's extension headers: options of hop-by-hop and destination headers, the addresses of routing headers. [RFC 8200, section 4]
// Each option has a type, whose bits say what to do with it, and a length, but for the single byte of padding.

import { ipv6Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { FIELDS } from './field.ts'
import { IPV6 } from './ip-fields.ts'
import { IPV6_OPTIONS, IPV6_OPTION as O } from './ip-option-fields.ts'
import { Walk } from './walk.ts'

const Type = { Pad1: 0, PadN: 1, TunnelLimit: 4, RouterAlert: 5, Rpl: 0x63, Jumbo: 0xc2, HomeAddress: 0xc9 } as const
const EXPERIMENTAL = new Set([0x1e, 0x3e, 0x5e, 0x7e, 0x9e, 0xbe, 0xde, 0xfe])
/** Options that only one kind of header may hold, and how long they are: hop-by-hop or destination. */
const RULES: ReadonlyMap<number, readonly [name: string, place: 'hop-by-hop' | 'destination' | '', size: number]> = new Map([
  [Type.TunnelLimit, ['Tunnel Encapsulation Limit', 'destination', 1]],
  [Type.RouterAlert, ['Router Alert', 'hop-by-hop', 2]],
  [Type.Jumbo, ['Jumbo Payload', 'hop-by-hop', 4]],
  [Type.Rpl, ['RPL Option', 'hop-by-hop', -1]],
  [Type.HomeAddress, ['Home Address', 'destination', 16]],
])

/** All options from `at` to `end`, below the header's row. `payloadLength` is that of the packet. An option that is too long reads what follows the header. */
export function addHeaderOptions(
  context: DissectContext,
  tree: number,
  source: number,
  at: number,
  end: number,
  place: 'hop-by-hop' | 'destination',
  payloadLength: number,
  packetEnd: number,
): void {
  const walk = new Walk()
  walk.begin(context, source, at, packetEnd - at)
  try {
    while (walk.at < end) addOption(context, walk, tree, place, payloadLength)
  } catch (error) {
    walk.ended(error, place === 'hop-by-hop' ? 'IPv6 Hop-by-Hop' : 'IPv6 Destination')
  }
}

function addOption(context: DissectContext, walk: Walk, tree: number, place: string, payloadLength: number): void {
  const { rows, demand } = context
  const { at, source } = walk
  walk.need(1)
  const type = walk.bytes[at]!
  if (type !== Type.Pad1) walk.need(2)
  const name = IPV6_OPTIONS.get(type) ?? `Unknown IPv6 Option (${type})`
  const row = rows.add(O.opt, source, at, 1, tree)
  if (demand.text(O.opt)) rows.setText(row, name)
  const typeRow = walk.run(O.optType, 1, row)
  if (type === Type.Pad1) {
    rows.add(O.optPad1, source, at, 1, row)
    return
  }
  const rule = RULES.get(type)
  if (rule !== undefined && rule[1] !== '' && rule[1] !== place) {
    const text = `${rule[0]} must use a ${rule[1] === 'hop-by-hop' ? 'hop-by-hop' : 'destination'} options header`
    addExpert(context, typeRow, O.optHeaderMismatch, Severity.Warning, Group.Protocol, text)
  }
  for (const field of [O.optTypeAction, O.optTypeChange, O.optTypeRest]) rows.add(field, source, at, 1, typeRow)
  walk.need(1)
  const size = walk.bytes[walk.at]!
  const lengthRow = walk.run(O.optLength, 1, row)
  rows.length[row] = 2 + size
  const from = walk.at
  if (rule !== undefined && rule[2] >= 0 && rule[2] !== size) {
    const text = `${rule[0] === 'Router Alert' ? 'Router alert' : rule[0]}: Invalid Length (${size} bytes)`
    addExpert(context, lengthRow, O.optInvalidLen, Severity.Error, Group.Malformed, text)
  }
  addValue(context, walk, row, type, size, payloadLength)
  if (walk.at < from + size) {
    const rest = walk.run(O.optUnknownData, from + size - walk.at, row)
    addExpert(context, rest, O.optUnknownDataExpert, Severity.Note, Group.Undecoded, 'Unknown Data (not interpreted)')
  }
}

function addValue(context: DissectContext, walk: Walk, row: number, type: number, size: number, payloadLength: number): void {
  const { rows, demand } = context
  switch (type) {
    case Type.PadN:
      walk.run(O.optPadn, size, row)
      return
    case Type.TunnelLimit:
      walk.byte(O.optTel, row)
      return
    case Type.RouterAlert:
      walk.two(O.optRouterAlert, row)
      return
    case Type.Jumbo:
      walk.run(O.optJumbo, 4, row)
      if (payloadLength !== 0) {
        const text = 'When IPv6 payload length does not equal 0 a Jumbo Payload option must not be present'
        addExpert(context, row, O.optJumboProhibited, Severity.Warning, Group.Protocol, text)
      }
      return
    case Type.HomeAddress:
      walk.run(O.optMipv6HomeAddress, 16, row)
      return
    case Type.Rpl: {
      const { at, source, bytes } = walk
      const flags = walk.run(O.optRplFlag, 1, row)
      for (const field of [O.optRplFlagO, O.optRplFlagR, O.optRplFlagF, O.optRplFlagRsv]) rows.add(field, source, at, 1, flags)
      if (demand.text(O.optRplFlag)) {
        const names = ['Down', 'Rank Error', 'Forwarding Error'].filter((_, i) => (bytes[at]! & (0x80 >> i)) !== 0)
        rows.setText(flags, `Flag: 0x${bytes[at]!.toString(16).padStart(2, '0')}${names.map((name) => `, ${name}`).join('')}`)
      }
      walk.byte(O.optRplInstanceId, row)
      walk.two(O.optRplSenderRank, row)
      return
    }
    default: {
      const field = EXPERIMENTAL.has(type) ? O.optExperimental : O.optUnknown
      const value = walk.run(field, size, row)
      if (field === O.optUnknown) addExpert(context, value, O.optUnknownDataExpert, Severity.Note, Group.Undecoded, 'Unknown Data (not interpreted)')
    }
  }
}

const Routing = { Source: 0, Mobile: 2, Segments: 4 } as const
const ROUTING_TYPES = FIELDS[IPV6.routingType]!.values as ReadonlyMap<number, string>

/** A routing header behind its first two bytes. */
export function addRouting(context: DissectContext, tree: number, source: number, at: number, end: number): void {
  const { rows, demand } = context
  const walk = new Walk()
  walk.begin(context, source, at, end - at)
  try {
    walk.need(1)
    const type = walk.bytes[at]!
    const typeRow = walk.run(IPV6.routingType, 1, tree)
    if (demand.text(IPV6.routing)) rows.setText(tree, `Routing Header for IPv6 (${ROUTING_TYPES.get(type) ?? `Unknown type ${type}`})`)
    if (type === Routing.Source) addExpert(context, typeRow, O.routingDeprecated, Severity.Note, Group.Deprecated, 'Routing header type is deprecated')
    walk.byte(IPV6.routingSegleft, tree)
    if (type === Routing.Source) {
      walk.run(O.routingSrcReserved, 4, tree)
      addAddresses(context, walk, tree, O.routingSrcAddr, 1)
    } else if (type === Routing.Mobile) {
      walk.run(O.routingMipv6Reserved, 4, tree)
      walk.run(O.routingMipv6HomeAddress, 16, tree)
    } else if (type === Routing.Segments) {
      const last = walk.byte(O.routingSrhLastEntry, tree)
      walk.byte(O.routingSrhFlags, tree)
      walk.run(O.routingSrhTag, 2, tree)
      addAddresses(context, walk, tree, O.routingSrhAddr, 0, last + 1)
    } else {
      const data = walk.run(O.routingUnknownData, walk.left, tree)
      addExpert(context, data, O.routingUndecoded, Severity.Note, Group.Undecoded, 'Undecoded IPv6 routing header field')
    }
  } catch (error) {
    walk.ended(error, 'IPv6')
  }
}

function addAddresses({ rows, demand }: DissectContext, walk: Walk, tree: number, field: number, first: number, most = 127): void {
  for (let i = 0; i < most && walk.left >= 16; i++) {
    const row = walk.run(field, 16, tree)
    if (demand.text(field)) rows.setText(row, `Address[${first + i}]: ${ipv6Text(walk.bytes.subarray(walk.at - 16, walk.at))}`)
  }
}
