// The options of an IPv4 header: router alert, routes, time stamps, padding. [RFC 791, section 3.1; RFC 2113]
// Unknown ones are shown by type and length.

import { ipv4Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { TEXT_ROW } from './field.ts'
import { IP } from './ip-fields.ts'
import { IP_OPTION as O } from './ip-option-fields.ts'

const Type = {
  End: 0,
  Nop: 1,
  RecordRoute: 7,
  TimeStamp: 0x44,
  Security: 0x82,
  LooseRoute: 0x83,
  StreamId: 0x88,
  StrictRoute: 0x89,
  RouterAlert: 0x94,
} as const
const MOST_NOPS = 3

/** Name, field, and the length an option must have; 0 = any from 3. */
const OPTIONS: ReadonlyMap<number, readonly [name: string, field: number, size: number]> = new Map([
  [Type.End, ['End of Options List (EOL)', O.optionsEol, 1]],
  [Type.Nop, ['No-Operation (NOP)', O.optionsNop, 1]],
  [Type.RecordRoute, ['Record Route', O.optionsRecordRoute, 0]],
  [Type.TimeStamp, ['Time Stamp', O.optionsTimestamp, 0]],
  [Type.LooseRoute, ['Loose Source Route', O.optionsRoute, 0]],
  [Type.StrictRoute, ['Strict Source Route', O.optionsSourceRoute, 0]],
  [Type.StreamId, ['Stream ID', O.optionsSid, 4]],
  [Type.RouterAlert, ['Router Alert', O.optionsRouteralert, 4]],
])

/** The options between `start` and `end`, as far as they are stored. */
export function addIpOptions(context: DissectContext, root: number, source: number, start: number, end: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const stored = Math.min(end, bytes.length)
  const list = rows.add(TEXT_ROW, source, start, end - start, root)
  const names: string[] = []
  let nops = 0
  for (let at = start; at < stored; ) {
    const type = bytes[at]!
    const [name, field, fixed] = OPTIONS.get(type) ?? [`Unknown (0x${type.toString(16).padStart(2, '0')})`, TEXT_ROW, 0]
    if (type === Type.Nop && ++nops > MOST_NOPS) {
      const text = `${nops} NOP in a row - a router may have removed some options`
      addExpert(context, list, O.nop, Severity.Warning, Group.Protocol, text)
    }
    if (type !== Type.Nop) nops = 0
    const size = type <= Type.Nop ? 1 : at + 1 < stored ? bytes[at + 1]! : 0
    if (size === 0 || (size < 2 && type > Type.Nop) || at + size > end) {
      const row = rows.add(TEXT_ROW, source, at, Math.max(1, Math.min(size, end - at)), list)
      const fault =
        size < 2 ? `with too-short option length = ${size} byte${size === 1 ? '' : 's'}` : `option length = ${size} bytes says option goes past end of options`
      if (demand.text(IP.protocol)) rows.setText(row, `${name} (${fault})`)
      addExpert(context, row, O.optLenInvalid, Severity.Warning, Group.Protocol, `${name} (${fault})`)
      break
    }
    if (type > Type.Nop && field !== TEXT_ROW) names.push(name)
    addOption(context, list, source, at, size, type, name, field, fixed)
    at += size
    if (type === Type.End) break
  }
  if (demand.text(IP.protocol)) rows.setText(list, `Options: (${end - start} bytes)${names.map((name) => `, ${name}`).join('')}`)
}

function addOption(
  context: DissectContext,
  list: number,
  source: number,
  at: number,
  size: number,
  type: number,
  name: string,
  field: number,
  fixed: number,
): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const withText = demand.text(IP.protocol)
  const shown = type === Type.RouterAlert ? fixed : size
  const row = rows.add(field, source, at, size, list)
  if (field === TEXT_ROW) {
    if (withText) rows.setText(row, `${name} (${size} bytes)`)
    return
  }
  if (withText) rows.setText(row, `IP Option - ${name}${type > Type.Nop ? ` (${shown} bytes)` : ''}`)
  const typeRow = rows.add(IP.optType, source, at, 1, row)
  for (const bits of [O.optTypeCopy, O.optTypeClass, O.optTypeNumber]) rows.add(bits, source, at, 1, typeRow)
  if (type <= Type.Nop) return
  const length = rows.add(O.optLen, source, at + 1, 1, row)
  if (fixed > 0 && size !== fixed) {
    const text = `${name} (with option length = ${size} bytes; should be ${fixed})`
    addExpert(context, length, O.optLenInvalid, Severity.Warning, Group.Protocol, text)
  }
  if (at + size > bytes.length) return
  if (type === Type.RouterAlert && size >= 4) {
    const value = (bytes[at + 2]! << 8) | bytes[at + 3]!
    const meaning = value === 0 ? 'Router shall examine packet (0)' : `Reserved (${value})`
    const alert = rows.add(O.optRa, source, at + 2, 2, row)
    if (!withText) return
    rows.setText(alert, `Router Alert: ${meaning}`)
    rows.setText(row, `IP Option - ${name} (${shown} bytes): ${meaning}`)
  } else if (type === Type.StreamId && size >= 4) rows.add(O.optSid, source, at + 2, 2, row)
  else if (type === Type.TimeStamp) addTimeStamps(context, row, source, at, size)
  else if (type === Type.RecordRoute || type === Type.LooseRoute || type === Type.StrictRoute)
    addRoute(context, row, source, at, size, type === Type.RecordRoute)
}

/** Addresses before the pointer are recorded, those behind it still to come. */
function addRoute({ rows, demand }: DissectContext, row: number, source: number, at: number, size: number, isRecord: boolean): void {
  const bytes = rows.sources[source]!
  rows.add(O.optPtr, source, at + 2, 1, row)
  const pointer = bytes[at + 2]!
  const [comingField, comingHost, coming] = isRecord ? [O.emptyRt, O.emptyRtHost, 'Empty Route'] : [O.srcRt, O.srcRtHost, 'Source Route']
  for (let offset = 3; offset + 4 <= size; offset += 4) {
    const isRecorded = offset + 1 < pointer
    const [field, host, label] = isRecorded ? [O.recRt, O.recRtHost, 'Recorded Route'] : [comingField, comingHost, coming]
    const place = at + offset
    const text = ipv4Text(((bytes[place]! << 24) | (bytes[place + 1]! << 16) | (bytes[place + 2]! << 8) | bytes[place + 3]!) >>> 0)
    const address = rows.add(field, source, place, 4, row)
    if (demand.text(field)) rows.setText(address, `${label}: ${text}${offset + 1 === pointer ? ' <- (next)' : ''}`)
    rows.addGiven(host, source, place, 4, row, text)
  }
}

function addTimeStamps({ rows }: DissectContext, row: number, source: number, at: number, size: number): void {
  const bytes = rows.sources[source]!
  rows.add(O.optPtr, source, at + 2, 1, row)
  rows.add(O.optOverflow, source, at + 3, 1, row)
  rows.add(O.optFlag, source, at + 3, 1, row)
  const withAddress = (bytes[at + 3]! & 15) !== 0
  for (let offset = 4; offset + (withAddress ? 8 : 4) <= size; offset += withAddress ? 8 : 4) {
    if (withAddress) rows.add(O.optTimeStampAddr, source, at + offset, 4, row)
    rows.add(O.optTimeStamp, source, at + offset + (withAddress ? 4 : 0), 4, row)
  }
}
