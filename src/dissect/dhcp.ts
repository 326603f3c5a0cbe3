// DHCP: the message's fixed part and its options. [RFC 2131, RFC 2132]
// What an option holds stands in the table of dhcp-fields.ts; a few have a function here.

import { etherText, ipv4Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { DHCP } from './dhcp-fields.ts'
import { DHCP_OPTIONS, DHCP_VALUES } from './dhcp-options.ts'
import { readName } from './dns-names.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { FIELDS } from './field.ts'
import type { Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { durationText } from './time-text.ts'
import { Walk } from './walk.ts'

const Option = {
  Padding: 0,
  Subnet: 1,
  Vendor: 43,
  MessageType: 53,
  RequestList: 55,
  ClientId: 61,
  ClientName: 81,
  Agent: 82,
  SearchList: 119,
  End: 255,
} as const
const COOKIE = 0x63825363
/** Where the client's hardware address stands. */
const ADDRESS_PLACE = 28
const SERVER_NAME = 64
const FILE_NAME = 128
const MESSAGE_TYPES = FIELDS[DHCP.optionDhcp]!.values as ReadonlyMap<number, string>

function addMessage(context: DissectContext, walk: Walk, root: number): void {
  const { rows, demand, columns } = context
  const { bytes } = walk
  const operation = walk.byte(DHCP.type, root)
  walk.byte(DHCP.hwType, root)
  const size = walk.byte(DHCP.hwLen, root)
  walk.byte(DHCP.hops, root)
  walk.run(DHCP.id, 4, root)
  const id = word(bytes, walk.at - 4).toString(16)
  if (demand.columns) {
    const address = size === 6 ? etherText(bytes.subarray(walk.at - 8 + ADDRESS_PLACE, walk.at - 8 + ADDRESS_PLACE + 6)) : ''
    columns.setInfo(operation === 1 && size === 6 ? `Boot Request from ${address} (${address})` : `Boot ${operation === 1 ? 'Request' : 'Reply'}`)
  }
  walk.two(DHCP.secs, root)
  addFlags(context, walk, root)
  for (const field of [DHCP.ipClient, DHCP.ipYour, DHCP.ipServer, DHCP.ipRelay]) walk.run(field, 4, root)
  const used = Math.min(size, 16)
  if (size === 6) addHardware(context, walk, root)
  else if (used > 0) walk.run(DHCP.hwAddr, used, root)
  if (used < 16) walk.run(DHCP.hwAddrPadding, 16 - used, root)
  addName(context, walk, DHCP.server, SERVER_NAME, 'Server host name', root)
  addName(context, walk, DHCP.file, FILE_NAME, 'Boot file name', root)
  if (walk.left < 4) return
  walk.need(4)
  if (word(bytes, walk.at) !== COOKIE) return
  const cookie = walk.run(DHCP.cookie, 4, root)
  if (demand.text(DHCP.cookie)) rows.setText(cookie, 'Magic cookie: DHCP')
  const kind = messageType(bytes, walk.at, Math.min(walk.end, walk.stored))
  const name = kind < 0 ? '' : (MESSAGE_TYPES.get(kind) ?? `Unknown Message Type (0x${kind.toString(16).padStart(2, '0')})`)
  if (kind >= 0) {
    if (demand.columns) {
      columns.setProtocol('DHCP')
      columns.setInfo(`DHCP ${name.padEnd(8)} - Transaction ID 0x${id}`)
    }
    if (demand.text(DHCP.protocol)) rows.setText(root, `Dynamic Host Configuration Protocol (${name})`)
  }
  while (walk.left > 0) if (addOption(context, walk, root, name)) return
  addExpert(context, root, DHCP.endOptionMissing, Severity.Error, Group.Protocol, 'End option missing')
}

/** The message's type, found before the options are shown; -1 = there is none. */
function messageType(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 2 < end && bytes[at] !== Option.End; ) {
    if (bytes[at] === Option.MessageType) return bytes[at + 2]!
    at += bytes[at] === Option.Padding ? 1 : 2 + bytes[at + 1]!
  }
  return -1
}

function addFlags({ rows, demand }: DissectContext, walk: Walk, root: number): void {
  const { at, source, bytes } = walk
  const row = walk.run(DHCP.flags, 2, root)
  rows.add(DHCP.flagsBc, source, at, 2, row)
  rows.add(DHCP.flagsReserved, source, at, 2, row)
  if (!demand.text(DHCP.flags)) return
  const value = ((bytes[at]! << 8) | bytes[at + 1]!).toString(16).padStart(4, '0')
  rows.setText(row, `Bootp flags: 0x${value}${(bytes[at]! & 0x80) !== 0 ? ', Broadcast flag (Broadcast)' : ' (Unicast)'}`)
}

function addHardware({ rows, demand }: DissectContext, walk: Walk, parent: number): void {
  const row = walk.run(DHCP.hwMacAddr, 6, parent)
  if (!demand.text(DHCP.hwMacAddr)) return
  const text = etherText(walk.bytes.subarray(walk.at - 6, walk.at))
  rows.setText(row, `Client MAC address: ${text} (${text})`)
}

/** A text in a room of its own, up to its first zero. */
function addName({ rows, demand }: DissectContext, walk: Walk, field: number, room: number, label: string, root: number): void {
  walk.need(1)
  const { at, bytes, source } = walk
  if (bytes[at] === 0) {
    walk.need(room)
    const row = rows.addGiven(field, source, at, room, root, '')
    if (demand.text(field)) rows.setText(row, `${label} not given`)
    walk.at += room
    return
  }
  walk.need(room)
  const end = bytes.subarray(at, at + room).indexOf(0)
  walk.text(field, end < 0 ? room : end + 1, root)
  walk.at = at + room
}

/** One option; true at the end of them. */
function addOption(context: DissectContext, walk: Walk, root: number, typeName: string): boolean {
  const { rows, demand } = context
  const { at, source, bytes } = walk
  walk.need(1)
  const code = bytes[at]!
  const withText = demand.text(DHCP.optionType)
  if (code === Option.Padding || code === Option.End) {
    let end = at + 1
    if (code === Option.Padding) while (end < Math.min(walk.end, walk.stored) && bytes[end] === Option.Padding) end++
    const row = rows.addGiven(DHCP.optionType, source, at, end - at, root, 0)
    if (withText) rows.setText(row, `Option: (${code}) ${code === Option.End ? 'End' : 'Padding'}`)
    rows.add(code === Option.End ? DHCP.optionEnd : DHCP.optionPadding, source, at, end - at, row)
    walk.at = end
    return code === Option.End
  }
  walk.need(2)
  const size = bytes[at + 1]!
  const name = DHCP_OPTIONS.get(code) ?? (code >= 224 ? 'Private' : 'Unassigned')
  const row = rows.addGiven(DHCP.optionType, source, at, 2 + size, root, code)
  if (withText) rows.setText(row, `Option: (${code}) ${name}${code === Option.MessageType ? ` (${typeName})` : ''}`)
  walk.at++
  walk.byte(DHCP.optionLength, row)
  const from = walk.at
  if (size > 0) walk.run(DHCP.optionValue, size, row)
  walk.at = from
  addValue(context, walk, row, code, size, name)
  walk.at = from + size
  return false
}

function addValue(context: DissectContext, walk: Walk, row: number, code: number, size: number, name: string): void {
  const { rows, demand } = context
  const { source, bytes, at } = walk
  const entry = DHCP_VALUES.get(code)
  if (entry !== undefined) {
    const [field, value] = entry
    if (value === 'text') walk.text(field, size, row)
    else if (value === 'boolean') walk.run(field, 1, row)
    else if (value === 'address' || value === 'addresses') {
      for (let place = at; place + 4 <= at + size; place += 4) walk.run(field, 4, row)
      if (value === 'address' && size === 4 && demand.text(DHCP.optionType)) rows.setText(row, `Option: (${code}) ${name} (${ipv4Text(word(bytes, at))})`)
    } else if (value === 'seconds') {
      const number = walk.run(field, 4, row)
      const seconds = word(bytes, at)
      const shown = seconds === 0xffffffff ? 'infinity' : durationText(seconds)
      if (demand.text(field)) rows.setText(number, `${name}: ${seconds === 0xffffffff ? shown : `(${seconds}s) ${shown}`}`)
    } else if (size === value) walk.run(field, value, row)
    return
  }
  switch (code) {
    case Option.RequestList:
      for (let i = 0; i < size; i++) {
        const item = walk.run(DHCP.optionRequestListItem, 1, row)
        const wanted = bytes[at + i]!
        if (demand.text(DHCP.optionRequestListItem))
          rows.setText(item, `Parameter Request List Item: (${wanted}) ${DHCP_OPTIONS.get(wanted) ?? (wanted >= 224 ? 'Private' : 'Unassigned')}`)
      }
      return
    case Option.ClientId:
      if (size !== 7 || bytes[at] === 0 || bytes[at] === 255) return
      walk.byte(DHCP.hwType, row)
      addHardware(context, walk, row)
      return
    case Option.Vendor:
      walk.run(DHCP.optionVendorValue, size, row)
      return
    case Option.ClientName:
      addClientName(context, walk, row, size)
      return
    case Option.Agent:
      while (walk.at + 2 <= at + size) {
        const [kind, length] = [bytes[walk.at]!, bytes[walk.at + 1] ?? 0]
        const part = rows.add(DHCP.optionAgentInformationOptionSuboption, source, walk.at, 1, row)
        if (demand.text(DHCP.optionAgentInformationOptionSuboption))
          rows.setText(part, `Option 82 Suboption: (${kind}) ${kind === 1 ? 'Agent Circuit ID' : kind === 2 ? 'Agent Remote ID' : 'Unknown'}`)
        walk.at++
        walk.byte(DHCP.optionSuboptionLength, part)
        const field = kind === 1 ? DHCP.optionAgentInformationOptionAgentCircuitId : DHCP.optionAgentInformationOptionAgentRemoteId
        if (kind === 1 || kind === 2) walk.run(field, length, part)
        else walk.at += length
      }
      return
    case Option.SearchList:
      for (let place = at; place < at + size; ) {
        const found = readName(bytes, at, place, Math.min(at + size, walk.stored))
        if (found.end < 0) return
        rows.addGiven(DHCP.optionDhcpDnsDomainSearchListFqdn, source, place, found.end - place, row, found.text)
        place = found.end
      }
      return
    default:
  }
}

/** [RFC 4702] */
function addClientName(context: DissectContext, walk: Walk, row: number, size: number): void {
  const { rows } = context
  const { source, at } = walk
  const flags = walk.run(DHCP.fqdnFlags, 1, row)
  for (const field of [DHCP.fqdnMbz, DHCP.fqdnN, DHCP.fqdnE, DHCP.fqdnO, DHCP.fqdnS]) rows.add(field, source, at, 1, flags)
  walk.byte(DHCP.fqdnRcode1, row)
  walk.byte(DHCP.fqdnRcode2, row)
  if (size <= 3) return
  if ((walk.bytes[at]! & 4) === 0) {
    walk.text(DHCP.fqdnName, size - 3, row)
    return
  }
  const name = readName(walk.bytes, walk.at, walk.at, Math.min(at + size, walk.stored))
  if (name.end >= 0) rows.addGiven(DHCP.fqdnName, source, walk.at, size - 3, row, name.text)
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

export const DHCP_PROTOCOL: Protocol = {
  name: 'dhcp',
  dissect(context, source, start, length) {
    const { rows, demand, columns } = context
    if (demand.columns) {
      columns.setProtocol('BOOTP')
      columns.setInfo('')
    }
    const walk = new Walk()
    walk.begin(context, source, start, length)
    try {
      // The client's address stands in the column before anything is shown.
      walk.need(ADDRESS_PLACE + Math.min(16, walk.bytes[start + 2] ?? 0))
      const root = rows.add(DHCP.protocol, source, start, walk.stored - start, ROOT)
      addMessage(context, walk, root)
    } catch (error) {
      walk.ended(error, 'DHCP/BOOTP')
    }
    return length
  },
}
