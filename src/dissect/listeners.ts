// Who listens to which multicast group: MLD versions 1 and 2 in ICMPv6. [RFC 2710, RFC 3810]
// A query is of version 2 when it has room for sources.

import { ipv6Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { FIELDS } from './field.ts'
import { ICMPV6_BODY } from './icmpv6-fields.ts'
import type { Walk } from './walk.ts'

const Type = { Query: 130, Report: 131, Done: 132, Report2: 143 } as const
const SHORTEST_QUERY_2 = 28
const RECORD_TYPES = FIELDS[ICMPV6_BODY.mldrMarRecordType]!.values as ReadonlyMap<number, string>

/** A message behind its check sum; false when it is no message of listeners. */
export function addListeners(context: DissectContext, walk: Walk, root: number, type: number): boolean {
  if (type === Type.Report2) addReports(context, walk, root)
  else if (type === Type.Query && walk.left + 4 >= SHORTEST_QUERY_2) addQuery2(context, walk, root)
  else if (type === Type.Query || type === Type.Report || type === Type.Done) {
    walk.two(ICMPV6_BODY.mldMaximumResponseDelay, root)
    walk.run(ICMPV6_BODY.reserved, 2, root)
    walk.run(ICMPV6_BODY.mldMulticastAddress, 16, root)
  } else return false
  return true
}

function addQuery2({ rows, demand }: DissectContext, walk: Walk, root: number): void {
  walk.need(2)
  const delay = (walk.bytes[walk.at]! << 8) | walk.bytes[walk.at + 1]!
  // Above 32767 the code is a small floating-point number. [RFC 3810, section 5.1.3]
  const ms = delay < 0x8000 ? delay : ((delay & 0xfff) | 0x1000) << (((delay >> 12) & 7) + 3)
  rows.addGiven(ICMPV6_BODY.mldMaximumResponseCode, walk.source, walk.at, 2, root, ms)
  walk.at += 2
  walk.run(ICMPV6_BODY.reserved, 2, root)
  walk.run(ICMPV6_BODY.mldMulticastAddress, 16, root)
  const { at, source, bytes } = walk
  const flags = walk.run(ICMPV6_BODY.mldFlag, 1, root)
  for (const field of [ICMPV6_BODY.mldFlagS, ICMPV6_BODY.mldFlagQrv, ICMPV6_BODY.mldFlagReserved]) rows.add(field, source, at, 1, flags)
  if (demand.text(ICMPV6_BODY.mldFlag)) {
    const suppressed = (bytes[at]! & 8) !== 0 ? ', Suppress Router-Side Processing' : ''
    rows.setText(flags, `Flags: 0x${bytes[at]!.toString(16).padStart(2, '0')}${suppressed}`)
  }
  walk.need(1)
  const code = bytes[walk.at]!
  // Above 127 the code is a small floating-point number. [RFC 3810, section 5.1.9]
  const seconds = code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3)
  rows.addGiven(ICMPV6_BODY.mldQqi, source, walk.at, 1, root, seconds)
  walk.at++
  const count = walk.two(ICMPV6_BODY.mldNbSources, root)
  for (let i = 0; i < count; i++) walk.run(ICMPV6_BODY.mldSourceAddress, 16, root)
}

function addReports({ rows, demand }: DissectContext, walk: Walk, root: number): void {
  walk.run(ICMPV6_BODY.reserved, 2, root)
  const count = walk.two(ICMPV6_BODY.mldrNbMcastRecords, root)
  for (let i = 0; i < count; i++) {
    walk.need(1)
    const from = walk.at
    const record = rows.add(ICMPV6_BODY.mldrMar, walk.source, from, 0, root)
    const type = walk.byte(ICMPV6_BODY.mldrMarRecordType, record)
    const extra = walk.byte(ICMPV6_BODY.mldrMarAuxDataLen, record)
    const sources = walk.two(ICMPV6_BODY.mldrMarNbSources, record)
    walk.run(ICMPV6_BODY.mldrMarMulticastAddress, 16, record)
    if (demand.text(ICMPV6_BODY.mldrMar)) {
      const address = ipv6Text(walk.bytes.subarray(walk.at - 16, walk.at))
      rows.setText(record, `Multicast Address Record ${RECORD_TYPES.get(type) ?? `Unknown (${type})`}: ${address}`)
    }
    for (let k = 0; k < sources; k++) walk.run(ICMPV6_BODY.mldrMarSourceAddress, 16, record)
    if (extra > 0) walk.run(ICMPV6_BODY.mldrMarAuxiliaryData, extra * 4, record)
    rows.length[record] = walk.at - from
  }
}
