// The options of a TCP header: maximum segment size, window scale, selective acknowledgments, timestamps. [RFC 9293, 7323, 2018]
// Unknown ones are shown by kind and length.

import type { DissectContext } from './context.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { TEXT_ROW } from './field.ts'
import { TCP } from './tcp-fields.ts'
import { isAfter, type TcpFlow } from './tcp-streams.ts'

const Kind = { End: 0, Nop: 1, Mss: 2, WindowScale: 3, SackPermitted: 4, Sack: 5, Timestamp: 8 } as const
const GREATEST_SHIFT = 14

/** The shift of the window scale option in the bytes of the options; -1 = there is none. */
export function windowShift(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; ) {
    const kind = bytes[at]!
    if (kind === Kind.End) return -1
    if (kind === Kind.Nop) {
      at++
      continue
    }
    const size = at + 1 < end ? bytes[at + 1]! : 0
    if (size < 2 || at + size > end) return -1
    if (kind === Kind.WindowScale && size === 3) return Math.min(bytes[at + 2]!, GREATEST_SHIFT)
    at += size
  }
  return -1
}

/**
 * The rows of all options, as far as they are stored; a SYN should tell its maximum segment size, others should not. `ack` and the other direction's flow tell relative numbers and duplicate SACKs.
 * Returns their text in the Info column.
 */
export function addOptions(
  context: DissectContext,
  root: number,
  source: number,
  start: number,
  end: number,
  isSyn: boolean,
  ack: number,
  fwd: TcpFlow,
  rev: TcpFlow,
): string {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const list = rows.add(TCP.options, source, start, Math.min(end, bytes.length) - start, root)
  const names: string[] = []
  let hasMss = false
  let info = ''
  const stored = Math.min(end, bytes.length)
  for (let at = start; at < stored; ) {
    const kind = bytes[at]!
    if (kind === Kind.End || kind === Kind.Nop) {
      const row = rows.add(kind === Kind.End ? TCP.optionsEol : TCP.optionsNop, source, at, 1, list)
      rows.add(TCP.optionKind, source, at, 1, row)
      const name = kind === Kind.End ? 'End of Option List (EOL)' : 'No-Operation (NOP)'
      names.push(name)
      if (demand.text(TCP.options)) rows.setText(row, `TCP Option - ${name}`)
      at++
      continue
    }
    const size = at + 1 < stored ? bytes[at + 1]! : 0
    if (size < 2 || at + size > end) break
    if (at + size > stored) {
      addCutOption(context, list, source, at, size, kind)
      break
    }
    if (kind === Kind.Mss) hasMss = true
    const [name, text] = addOption(context, list, source, at, size, kind, isSyn, ack, fwd, rev)
    names.push(name)
    if (text !== '') info += ` ${text}`
    at += size
  }
  if (isSyn && !hasMss && end <= bytes.length)
    addExpert(context, list, TCP.optionsMssAbsent, Severity.Note, Group.Protocol, 'The SYN packet does not contain a MSS option')
  if (demand.text(TCP.options)) rows.setText(list, `Options: (${end - start} bytes), ${names.join(', ')}`)
  return info
}

const CUT_OPTIONS: ReadonlyMap<number, readonly [field: number, name: string]> = new Map([
  [Kind.Mss, [TCP.optionsMss, 'Maximum segment size']],
  [Kind.WindowScale, [TCP.optionsWscale, 'Window scale']],
  [Kind.Sack, [TCP.optionsSack, 'SACK']],
  [Kind.Timestamp, [TCP.optionsTimestamp, 'Timestamps']],
])

/** An option whose value the capture did not store. */
function addCutOption({ rows, demand }: DissectContext, list: number, source: number, at: number, size: number, kind: number): void {
  const [field, name] = CUT_OPTIONS.get(kind) ?? [TCP.optionsUnknown, 'Unknown']
  const row = rows.add(field, source, at, size, list)
  rows.add(TCP.optionKind, source, at, 1, row)
  rows.add(TCP.optionLen, source, at + 1, 1, row)
  if (demand.text(TCP.options)) rows.setText(row, `TCP Option - ${name}`)
}

/** Returns the option's name and its text in the Info column. */
function addOption(
  context: DissectContext,
  list: number,
  source: number,
  at: number,
  size: number,
  kind: number,
  isSyn: boolean,
  ack: number,
  fwd: TcpFlow,
  rev: TcpFlow,
): [string, string] {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const withText = demand.text(TCP.options)
  const head = (field: number, text: string): number => {
    const row = rows.add(field, source, at, size, list)
    if (kind === Kind.Mss && !isSyn)
      addExpert(context, row, TCP.optionsMssPresent, Severity.Warning, Group.Protocol, 'The non-SYN packet does contain a MSS option')
    rows.add(TCP.optionKind, source, at, 1, row)
    rows.add(TCP.optionLen, source, at + 1, 1, row)
    if (withText) rows.setText(row, `TCP Option - ${text}`)
    return row
  }
  if (kind === Kind.Mss && size === 4) {
    const value = (bytes[at + 2]! << 8) | bytes[at + 3]!
    rows.add(TCP.optionsMssVal, source, at + 2, 2, head(TCP.optionsMss, `Maximum segment size: ${value} bytes`))
    return ['Maximum segment size', `MSS=${value}`]
  }
  if (kind === Kind.WindowScale && size === 3) {
    const shift = bytes[at + 2]!
    const factor = 2 ** Math.min(shift, GREATEST_SHIFT)
    const row = head(TCP.optionsWscale, `Window scale: ${shift} (multiply by ${factor})`)
    const value = rows.add(TCP.optionsWscaleShift, source, at + 2, 1, row)
    if (shift > GREATEST_SHIFT) addExpert(context, value, TCP.optionsWscaleShiftInvalid, Severity.Warning, Group.Protocol, 'Window scale shift exceeds 14')
    rows.addGiven(TCP.optionsWscaleMultiplier, source, at + 2, 1, row, factor)
    return ['Window scale', `WS=${factor}`]
  }
  if (kind === Kind.SackPermitted && size === 2) {
    head(TCP.optionsSackPerm, 'SACK permitted')
    return ['SACK permitted', 'SACK_PERM']
  }
  if (kind === Kind.Timestamp && size === 10) {
    const [value, echo] = [word(bytes, at + 2), word(bytes, at + 6)]
    const row = head(TCP.optionsTimestamp, `Timestamps: TSval ${value}, TSecr ${echo}`)
    if (withText) rows.setText(row, `TCP Option - Timestamps: TSval ${value}, TSecr ${echo}`)
    rows.add(TCP.optionsTimestampTsval, source, at + 2, 4, row)
    rows.add(TCP.optionsTimestampTsecr, source, at + 6, 4, row)
    return ['Timestamps', `TSval=${value} TSecr=${echo}`]
  }
  if (kind === Kind.Sack && size > 2 && (size - 2) % 8 === 0) return ['SACK', addSack(context, head, source, at, size, ack, fwd, rev)]
  const row = head(TCP.optionsUnknown, 'Unknown')
  if (size > 2) rows.add(TCP.optionsUnknownPayload, source, at + 2, size - 2, row)
  return ['Unknown', '']
}

function addSack(
  context: DissectContext,
  head: (field: number, text: string) => number,
  source: number,
  at: number,
  size: number,
  ack: number,
  fwd: TcpFlow,
  rev: TcpFlow,
): string {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const count = (size - 2) / 8
  const edges: string[] = []
  const relative = (place: number): number => (word(bytes, place) - (rev.hasBase ? rev.base : 0)) >>> 0
  for (let i = 0; i < count; i++) edges.push(`${relative(at + 2 + i * 8)}-${relative(at + 6 + i * 8)}`)
  const row = head(TCP.optionsSack, `SACK ${edges.join(' ')}`)
  const put = (field: number, place: number, label: string): number => {
    const edge = rows.addGiven(field, source, place, 4, row, relative(place))
    if (demand.text(field)) rows.setText(edge, `${label} = ${relative(place)} (relative)`)
    return edge
  }
  for (let i = 0; i < count; i++) {
    put(TCP.optionsSackLe, at + 2 + i * 8, 'left edge')
    put(TCP.optionsSackRe, at + 6 + i * 8, 'right edge')
    fwd.sackedBytes += (word(bytes, at + 6 + i * 8) - word(bytes, at + 2 + i * 8)) >>> 0
  }
  rows.addGiven(TCP.optionsSackCount, source, -1, 0, row, count)
  const text = `SLE=${edges[0]!.replace('-', ' SRE=')}${edges
    .slice(1)
    .map((edge) => ` SLE=${edge.replace('-', ' SRE=')}`)
    .join('')}`
  const [left, right] = [word(bytes, at + 2), word(bytes, at + 6)]
  // A block below the acknowledgment, or within the next block, tells of data that came twice. [RFC 2883]
  const isInside = count > 1 && !isAfter(word(bytes, at + 10), left) && !isAfter(right, word(bytes, at + 14))
  if (!isAfter(ack, left) && !isInside) return text
  put(TCP.optionsSackDsackLe, at + 2, 'D-SACK Left Edge')
  put(TCP.optionsSackDsackRe, at + 6, 'D-SACK Right Edge')
  const note = rows.add(TEXT_ROW, source, at + 2, 4, row)
  if (demand.text(TCP.optionsSackDsack)) rows.setText(note, 'D-SACK Sequence')
  addExpert(context, note, TCP.optionsSackDsack, Severity.Warning, Group.Sequence, 'D-SACK Sequence')
  return text
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
