// Expert notes and the marks of packets that end too early, as Wireshark hangs them into the tree.
// A note is an `_ws.expert` row below the row it is about; the marks stand at the root, behind what could be read.

import type { DissectContext } from './context.ts'
import { defineProtocol, type ProtocolFields } from './field.ts'
import { ROOT } from './rows.ts'

/** Numbers as `_ws.expert.severity` has them. */
export const Severity = { Comment: 0x00100000, Chat: 0x00200000, Note: 0x00400000, Warning: 0x00600000, Error: 0x00800000 } as const
export type Severity = (typeof Severity)[keyof typeof Severity]

/** Numbers as `_ws.expert.group` has them. */
export const Group = {
  Checksum: 0x01000000,
  Sequence: 0x02000000,
  Response: 0x03000000,
  Request: 0x04000000,
  Undecoded: 0x05000000,
  Reassemble: 0x06000000,
  Malformed: 0x07000000,
  Debug: 0x08000000,
  Protocol: 0x09000000,
  Security: 0x0a000000,
  Comment: 0x0b000000,
  Decryption: 0x0c000000,
  Assumption: 0x0d000000,
  Deprecated: 0x0e000000,
} as const
export type Group = (typeof Group)[keyof typeof Group]

const SEVERITIES: ReadonlyMap<number, string> = new Map(Object.entries(Severity).map(([name, number]) => [number, name]))
const GROUPS: ReadonlyMap<number, string> = new Map(Object.entries(Group).map(([name, number]) => [number, name]))

export const EXPERT: ProtocolFields<'message' | 'severity' | 'group'> = defineProtocol(
  { name: '_ws.expert', label: 'Expert Info' },
  {
    message: { name: '_ws.expert.message', label: 'Message', type: 'string', hidden: true },
    severity: { name: '_ws.expert.severity', label: 'Severity level', type: 'uint32', values: SEVERITIES },
    group: { name: '_ws.expert.group', label: 'Group', type: 'uint32', values: GROUPS },
  },
)

export const MALFORMED: ProtocolFields<'expert' | 'inner' | 'reassembly'> = defineProtocol(
  { name: '_ws.malformed', label: 'Malformed Packet' },
  {
    expert: { name: '_ws.malformed.expert', label: 'Malformed Packet (Exception occurred)', type: 'none' },
    reassembly: { name: '_ws.malformed.reassembly', label: 'Reassembly error', type: 'none' },
    inner: { name: '_ws.malformed', label: 'Malformed Packet', type: 'protocol', hidden: true },
  },
)
export const SHORT: ProtocolFields<never> = defineProtocol({ name: '_ws.short', label: 'Packet size limited during capture' }, {})
export const UNREASSEMBLED: ProtocolFields<'expert'> = defineProtocol(
  { name: '_ws.unreassembled', label: 'Unreassembled Fragmented Packet' },
  { expert: { name: '_ws.unreassembled.expert', label: 'Unreassembled fragment (change preferences to enable reassembly)', type: 'none' } },
)

/**
 * A note about a row. `field` is the note's own field (type none), such as `mqtt.unknown_version`; its bytes are those of the row.
 * Cheap when nobody reads notes.
 */
export function addExpert(context: DissectContext, parent: number, field: number, severity: Severity, group: Group, message: string): void {
  const { rows, demand } = context
  if (demand.has(field) || demand.has(EXPERT.protocol)) addNote(context, parent, field, severity, group, message)
  // Notes of this group make the packet count as malformed.
  if (group !== Group.Malformed || !(demand.has(MALFORMED.protocol) || demand.has(MALFORMED.inner))) return
  const inner = rows.add(MALFORMED.inner, 0, -1, 0, parent)
  if (demand.text(MALFORMED.inner)) rows.setText(inner, '_ws.malformed')
}

function addNote(context: DissectContext, parent: number, field: number, severity: Severity, group: Group, message: string): void {
  const { rows, demand } = context
  const source = parent < 0 ? 0 : rows.source[parent]!
  const start = parent < 0 ? -1 : rows.start[parent]!
  const length = parent < 0 ? 0 : rows.length[parent]!
  const note = rows.add(EXPERT.protocol, source, start, length, parent)
  const own = rows.add(field, source, start, length, note)
  rows.addGiven(EXPERT.message, source, -1, 0, note, message)
  rows.addGiven(EXPERT.severity, source, -1, 0, note, severity)
  rows.addGiven(EXPERT.group, source, -1, 0, note, group)
  if (demand.text(EXPERT.protocol)) rows.setText(note, `Expert Info (${SEVERITIES.get(severity)}/${GROUPS.get(group)}): ${message}`)
  if (demand.text(field)) rows.setText(own, message)
}

/** The packet ends before byte `end` of a source, which its own lengths promise or contradict. `label` is the protocol as Wireshark's column shows it. */
export function addBoundsMark(context: DissectContext, label: string, source: number, end: number, reportedEnd: number): void {
  if (end <= reportedEnd) addShort(context, label, source)
  else if (context.fragmented) addUnreassembled(context, label, source)
  else addMalformed(context, label, source)
}

/** `[Malformed Packet: MQTT]`: the bytes contradict themselves. */
export function addMalformed(context: DissectContext, label: string, source: number): void {
  const row = addMark(context, MALFORMED.protocol, source, 'Malformed Packet', label)
  addExpert(context, row, MALFORMED.expert, Severity.Error, Group.Malformed, 'Malformed Packet (Exception occurred)')
}

/** `[Reassembly error, protocol TCP: …]`: a piece that contradicts what was put together before. */
export function addReassemblyError(context: DissectContext, label: string, source: number, fault: string): void {
  const { rows, demand, columns } = context
  const text = `[Reassembly error, protocol ${label}: ${fault}]`
  const row = rows.add(MALFORMED.protocol, source, -1, 0, ROOT)
  if (demand.columns) columns.appendInfo(text)
  if (demand.text(MALFORMED.protocol)) rows.setText(row, text)
  addExpert(context, row, MALFORMED.reassembly, Severity.Error, Group.Malformed, fault)
}

/** `[Packet size limited during capture: MQTT truncated]`: the capture did not store the bytes. */
export function addShort(context: DissectContext, label: string, source: number): void {
  addMark(context, SHORT.protocol, source, 'Packet size limited during capture', `${label} truncated`)
}

/** `[BoundError Unreassembled Packet: MQTT]`: the rest is in other frames, but was not put together. */
export function addUnreassembled(context: DissectContext, label: string, source: number): void {
  const row = addMark(context, UNREASSEMBLED.protocol, source, 'BoundError Unreassembled Packet', label, 'BoundErrorUnreassembled Packet')
  const message = 'Unreassembled fragment (change preferences to enable reassembly)'
  addExpert(context, row, UNREASSEMBLED.expert, Severity.Note, Group.Reassemble, message)
}

function addMark(context: DissectContext, field: number, source: number, mark: string, what: string, column: string = mark): number {
  const { rows, demand, columns } = context
  const row = rows.add(field, source, -1, 0, ROOT)
  if (demand.columns) columns.appendInfo(`[${column}]`)
  if (demand.text(field)) rows.setText(row, `[${mark}: ${what}]`)
  return row
}
