// Who listens to which multicast group, for IPv4: IGMP versions 1, 2 and 3. [RFC 1112, RFC 2236, RFC 3376]
// Version 3's query is told by its length, version 1's by its empty response time.

import { ipv4Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { addBoundsMark, addExpert, Group, Severity } from './expert.ts'
import { FIELDS, TEXT_ROW } from './field.ts'
import { foldedSum } from './icmp.ts'
import { IGMP } from './igmp-fields.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'
import { Walk } from './walk.ts'

const Type = { Query: 0x11, Report1: 0x12, Report2: 0x16, Leave: 0x17, Report3: 0x22 } as const
const SHORTEST_QUERY_3 = 12
const SHORTEST_RECORD = 8
const [BAD, GOOD, UNVERIFIED] = [0, 1, 2] as const
const RECORD_TYPES = FIELDS[IGMP.recordType]!.values as ReadonlyMap<number, string>
const TYPES = FIELDS[IGMP.type]!.values as ReadonlyMap<number, string>

export const dissectIgmp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const type = bytes[start]
  if (type === undefined || length === 0) {
    if (length > 0) addBoundsMark(context, 'IGMP', source, start + 1, start + length)
    return length
  }
  const version = versionOf(type, bytes[start + 1] ?? 0, length)
  if (demand.columns) {
    columns.setProtocol(version === 0 ? 'IGMP' : `IGMPv${version}`)
    columns.setInfo(TYPES.get(type) ?? 'Unknown')
  }
  const root = rows.add(IGMP.protocol, source, start, Math.min(length, bytes.length - start), ROOT)
  // Each version is a layer of its own.
  if (version > 0) context.layers.push('igmp')
  const walk = new Walk()
  walk.begin(context, source, start, length)
  try {
    if (version === 0) addUnknown(context, walk, root)
    else addMessage(context, walk, root, type, version)
  } catch (error) {
    walk.ended(error, version === 0 ? 'IGMP' : `IGMPv${version}`)
  }
  return length
}

/** 0 = none of the three. */
function versionOf(type: number, time: number, length: number): 0 | 1 | 2 | 3 {
  if (type === Type.Query) return length >= SHORTEST_QUERY_3 ? 3 : time === 0 ? 1 : 2
  if (type === Type.Report1) return 1
  if (type === Type.Report2 || type === Type.Leave) return 2
  return type === Type.Report3 ? 3 : 0
}

function addUnknown({ rows }: DissectContext, walk: Walk, root: number): void {
  rows.addGiven(IGMP.version, walk.source, walk.at, 0, root, 0)
  walk.byte(IGMP.type, root)
  if (walk.left > 0) walk.run(IGMP.data, walk.left, root)
}

function addMessage(context: DissectContext, walk: Walk, root: number, type: number, version: number): void {
  const { rows, demand, columns } = context
  const { source, at: start } = walk
  const length = walk.end - start
  rows.addGiven(IGMP.version, source, start, 0, root, version)
  walk.byte(IGMP.type, root)
  if (version === 1 || type === Type.Report3) walk.run(IGMP.reserved, 1, root)
  else addResponseTime(context, walk, root, version)
  walk.need(2)
  addChecksum(context, root, source, start, length)
  walk.at += 2
  if (type === Type.Report3) {
    addRecords(context, walk, root)
    return
  }
  walk.run(IGMP.maddr, 4, root)
  const group = ipv4Text(word(walk.bytes, walk.at - 4))
  if (version < 3) {
    if (demand.columns && version === 2) columns.appendInfo(groupText(type, group))
    if (walk.left > 0) addData(context, source, walk.at, walk.left)
    return
  }
  const { at } = walk
  walk.need(1)
  rows.add(IGMP.s, source, at, 1, root)
  rows.add(IGMP.qrv, source, at, 1, root)
  walk.at++
  walk.need(1)
  const code = walk.bytes[walk.at]!
  // Above 127 the code is a small floating-point number. [RFC 3376, section 4.1.7]
  rows.addGiven(IGMP.qqic, source, walk.at, 1, root, code)
  walk.at++
  const sources = addSources(walk, root, walk.two(IGMP.numSrc, root))
  if (!demand.columns) return
  columns.appendInfo(groupText(type, group))
  if (sources.length > 0) columns.appendInfo(`, source {${sources.join(', ')}}`)
}

function groupText(type: number, group: string): string {
  if (type !== Type.Query) return type === Type.Leave ? ` ${group}` : ` group ${group}`
  return group === '0.0.0.0' ? ', general' : `, specific for group ${group}`
}

/** Tenths of a second; version 3 writes long times as a small floating-point number. [RFC 3376, section 4.1.1] */
function addResponseTime({ rows, demand }: DissectContext, walk: Walk, root: number, version: number): void {
  walk.need(1)
  const { at, source } = walk
  const code = walk.bytes[at]!
  const isLong = version === 3 && code >= 128
  const tenths = isLong ? ((code & 15) | 16) << (((code >> 4) & 7) + 3) : code
  const row = rows.addGiven(IGMP.maxResp, source, at, 1, root, tenths)
  if (demand.text(IGMP.maxResp)) rows.setText(row, `Max Resp Time: ${(tenths / 10).toFixed(1)} sec (0x${code.toString(16).padStart(2, '0')})`)
  if (isLong) for (const field of [IGMP.maxRespExp, IGMP.maxRespMant]) rows.add(field, source, at, 1, row)
  walk.at++
}

function addChecksum(context: DissectContext, root: number, source: number, start: number, length: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const row = rows.add(IGMP.checksum, source, start + 2, 2, root)
  const shown = (bytes[start + 2]! << 8) | bytes[start + 3]!
  const isWhole = start + length <= bytes.length && !context.fragmented
  let sum = 0
  if (isWhole) for (let i = 0; i < length; i++) sum += i % 2 === 0 ? bytes[start + i]! << 8 : bytes[start + i]!
  const wrong = isWhole ? ~foldedSum(sum) & 0xffff : 0
  const wanted = foldedSum(shown + wrong)
    .toString(16)
    .padStart(4, '0')
  if (wrong !== 0) addExpert(context, row, IGMP.badChecksum, Severity.Error, Group.Checksum, `Bad checksum [should be 0x${wanted}]`)
  rows.addGiven(IGMP.checksumStatus, source, start + 2, 0, root, isWhole ? (wrong === 0 ? GOOD : BAD) : UNVERIFIED)
  if (!demand.text(IGMP.checksum)) return
  const verdict = !isWhole ? '[unverified]' : wrong === 0 ? '[correct]' : `incorrect, should be 0x${wanted}`
  rows.setText(row, `Checksum: 0x${shown.toString(16).padStart(4, '0')} ${verdict}`)
}

function addSources(walk: Walk, parent: number, count: number): string[] {
  const sources: string[] = []
  for (let i = 0; i < count; i++) {
    walk.run(IGMP.saddr, 4, parent)
    sources.push(ipv4Text(word(walk.bytes, walk.at - 4)))
  }
  return sources
}

function addRecords(context: DissectContext, walk: Walk, root: number): void {
  const { rows, demand, columns } = context
  walk.run(IGMP.reserved, 2, root)
  const count = walk.two(IGMP.numGrpRecs, root)
  if (count === 0 && demand.columns) columns.appendInfo(' - General query')
  for (let i = 0; i < count; i++) {
    const from = walk.at
    walk.need(SHORTEST_RECORD)
    const tree = rows.add(TEXT_ROW, walk.source, from, 0, root)
    const type = walk.byte(IGMP.recordType, tree)
    const extra = walk.byte(IGMP.auxDataLen, tree)
    const sources = walk.two(IGMP.numSrc, tree)
    walk.run(IGMP.maddr, 4, tree)
    const group = ipv4Text(word(walk.bytes, walk.at - 4))
    if (demand.text(IGMP.recordType)) rows.setText(tree, `Group Record : ${group}  ${RECORD_TYPES.get(type) ?? 'Unknown'}`)
    const names = addSources(walk, tree, sources)
    if (demand.columns) columns.appendInfo(recordText(type, group, names))
    if (extra > 0) walk.run(IGMP.auxData, extra * 4, tree)
    rows.length[tree] = walk.at - from
  }
}

/** ` / Join group 239.1.1.1 for any sources`. */
function recordText(type: number, group: string, sources: readonly string[]): string {
  const list = `{${sources.join(', ')}}`
  const isEmpty = sources.length === 0
  switch (type) {
    case 1:
    case 3:
      return isEmpty
        ? ` / Leave group ${group}`
        : ` / Join group ${group} for source${sources.length === 1 ? '' : 's'} ${sources.length === 1 ? `in ${list}` : `in ${list}`}`
    case 2:
    case 4:
      return isEmpty ? ` / Join group ${group} for any sources` : ` / Join group ${group}, not for sources ${list}`
    case 5:
      return isEmpty
        ? ` / Group ${group}, ALLOW_NEW_SOURCES but no source specified (?)`
        : ` / Group ${group}, new source${sources.length === 1 ? '' : 's'} ${list}`
    case 6:
      return isEmpty
        ? ` / Group ${group}, BLOCK_OLD_SOURCES but no source specified (?)`
        : ` / Group ${group}, block source${sources.length === 1 ? '' : 's'} ${list}`
    default:
      return ''
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
