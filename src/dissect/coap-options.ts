// The options of a CoAP message: numbers that add up, lengths, values by the format of each [RFC 7252 3.1].
// A fault ends the message with a note, as in Wireshark; so do bytes that are missing, with a mark.
//
//    0   1   2   3   4   5   6   7
//   |  Option Delta |  Option Length |  13: one byte more, 14: two bytes more, 15: the payload marker
//   |  Delta extended  |  Length extended  |  Value

import { isRequestClass } from '../wire/coap/codes.ts'
import { isFencepost, isOpenOption, Option, type OptionRow, optionByNumber, optionClassText } from '../wire/coap/options.ts'
import { COAP } from './coap-fields.ts'
import { contentFormatText, lineText, opaqueText, optionNumber } from './coap-option-values.ts'
import { dissectOscore } from './coap-oscore.ts'
import type { CoapMessage } from './coap-state.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { asciiTextAt } from './value.ts'
import type { Walk } from './walk.ts'

const MARKER = 0xff
const ONE_BYTE = 13
const TWO_BYTES = 14
const RESERVED = 15

/** False when a fault ends the message. */
export function dissectOptions(walk: Walk, message: CoapMessage): boolean {
  let number = 0
  for (let count = 1; walk.left > 0 && walk.bytes[walk.at] !== MARKER; count++) {
    number = dissectOption(walk, message, number, count)
    if (number < 0) return false
  }
  return true
}

/** One option after number `before`, the `count`th; returns its number, -1 for a fault. */
function dissectOption(walk: Walk, message: CoapMessage, before: number, count: number): number {
  walk.need(1)
  const { bytes, at, rows, source } = walk
  const first = bytes[at]!
  const delta = first >> 4
  const size = first & 15
  if (delta === RESERVED && size !== RESERVED) return badOption(walk, message, "end-of-options marker found, but option length isn't 15")
  const deltaBytes = delta === ONE_BYTE ? 1 : delta === TWO_BYTES ? 2 : 0
  const sizeBytes = size === ONE_BYTE ? 1 : size === TWO_BYTES ? 2 : 0
  walk.need(1 + deltaBytes)
  if (size === RESERVED) return badOption(walk, message, "end-of-options marker found, but option delta isn't 15")
  walk.need(1 + deltaBytes + sizeBytes)
  const number = before + delta + extension(bytes, at + 1, deltaBytes)
  const length = size + extension(bytes, at + 1 + deltaBytes, sizeBytes)
  const head = 1 + deltaBytes + sizeBytes
  if (length > walk.end - at - head) return badOption(walk, message, 'option longer than the package')
  walk.need(head + length)
  const row = optionByNumber(number)
  const name = `#${count}: ${nameOf(number, row)}`
  const option = rows.addGiven(COAP.optName, source, at, head + length, message.row, name)
  noteNumber(walk, number, row, option)
  noteLength(walk, row, length, option)
  rows.addGiven(COAP.optDesc, source, at, head + length, option, optionClassText(number))
  rows.add(COAP.optDelta, source, at, 1, option)
  rows.add(COAP.optLength, source, at, 1, option)
  if (deltaBytes > 0) rows.add(COAP.optDeltaExt, source, at + 1, deltaBytes, option)
  if (sizeBytes > 0) rows.add(COAP.optLengthExt, source, at + 1 + deltaBytes, sizeBytes, option)
  walk.at = at + head
  const isText = walk.context!.demand.text(COAP.optName)
  if (isText) rows.setText(option, `Opt Name: ${name}`)
  const value = dissectValue(walk, message, number, row, length, option)
  if (isText && value !== null) rows.setText(option, `Opt Name: ${name}: ${value}`)
  walk.at = at + head + length
  return number
}

function badOption(walk: Walk, message: CoapMessage, fault: string): number {
  addExpert(walk.context!, message.row, COAP.optionLengthBad, Severity.Warning, Group.Malformed, fault)
  return -1
}

/** 13 and 14 stand for themselves and what follows; 14 begins at 269. */
function extension(bytes: Uint8Array, at: number, count: number): number {
  if (count === 0) return 0
  return count === 1 ? bytes[at]! : ((bytes[at]! << 8) | bytes[at + 1]!) + 269 - TWO_BYTES
}

function nameOf(number: number, row: OptionRow | null): string {
  if (row !== null) return row.name
  return isFencepost(number) ? 'No-Op' : `Unknown Option (${number})`
}

function noteNumber(walk: Walk, number: number, row: OptionRow | null, option: number): void {
  if (row !== null) return
  const context = walk.context!
  if (isOpenOption(number)) addExpert(context, option, COAP.unknownOptionNumber, Severity.Warning, Group.Undecoded, `Unknown Option Number ${number}`)
  else addExpert(context, option, COAP.invalidOptionNumber, Severity.Warning, Group.Malformed, `Invalid Option Number ${number}`)
}

function noteLength(walk: Walk, row: OptionRow | null, length: number, option: number): void {
  if (row === null || (length >= row.least && length <= row.most)) return
  const fault = `Invalid Option Range: ${length} (${row.least} < x < ${row.most})`
  addExpert(walk.context!, option, COAP.invalidOptionRange, Severity.Warning, Group.Malformed, fault)
}

const TEXT_FIELDS: Readonly<Record<number, number>> = {
  [Option.UriHost]: COAP.optUriHost,
  [Option.LocationPath]: COAP.optLocationPath,
  [Option.UriPath]: COAP.optUriPath,
  [Option.UriQuery]: COAP.optUriQuery,
  [Option.LocationQuery]: COAP.optLocationQuery,
  [Option.ProxyUri]: COAP.optProxyUri,
  [Option.ProxyScheme]: COAP.optProxyScheme,
}

/** The number of a block option that is too long, which Wireshark takes for none. */
const NO_BLOCK = 0xffffffff

const NUMBER_FIELDS: Readonly<Record<number, number>> = {
  [Option.Observe]: COAP.optObserve,
  [Option.UriPort]: COAP.optUriPort,
  [Option.MaxAge]: COAP.optMaxAge,
  [Option.HopLimit]: COAP.optHopLimit,
  [Option.Size1]: COAP.optSize1,
  [Option.Size2]: COAP.optBlockSize,
}

/** Adds the value's rows; returns what the option's line says of it, null for nothing. */
function dissectValue(walk: Walk, message: CoapMessage, number: number, row: OptionRow | null, length: number, option: number): string | null {
  const { bytes, at } = walk
  switch (row?.format) {
    case 'empty':
      return null
    case 'text':
      return dissectText(walk, message, number, length, option)
    case 'uint':
      return dissectNumber(walk, message, number, length, option)
    case 'format':
      return dissectFormat(walk, message, number, length, option)
    case 'block':
      return dissectBlock(walk, message, number, length, option)
    case 'oscore':
      return dissectOscore(walk, message, length, option)
    default:
      walk.run(number === Option.IfMatch ? COAP.optIfMatch : number === Option.Etag ? COAP.optEtag : COAP.optUnknown, length, option)
      return opaqueText(bytes, at, length)
  }
}

function dissectText(walk: Walk, message: CoapMessage, number: number, length: number, option: number): string {
  const { at } = walk
  walk.asciiText(TEXT_FIELDS[number]!, length, option)
  const text = asciiTextAt(walk.bytes, at, length)
  if (number === Option.UriHost) {
    message.uri += `coap://${text}`
    return lineText(text)
  }
  if (number === Option.UriPath) message.uri += `/${text}`
  else if (number === Option.UriQuery) message.query += `${message.query === '' ? '?' : '&'}${text}`
  return length === 0 ? '(null)' : lineText(text)
}

function dissectNumber(walk: Walk, message: CoapMessage, number: number, length: number, option: number): string {
  const { rows, bytes, source, at } = walk
  walk.need(length)
  const value = optionNumber(bytes, at, length)
  const shown = number === Option.Size2 ? value & 7 : value
  const row = rows.addGiven(NUMBER_FIELDS[number]!, source, at, length, option, shown)
  if (number === Option.UriPort) message.uri += `:${value}`
  if (number === Option.Observe && !isRequestClass(message.code) && walk.context!.demand.text(COAP.optObserve))
    rows.setText(row, `Observe sequence number: ${value}`)
  return `${value}`
}

/** An Accept without value is shown as nothing, a Content-Format without value as text. */
function dissectFormat(walk: Walk, message: CoapMessage, number: number, length: number, option: number): string {
  const { rows, bytes, source, at } = walk
  walk.need(length)
  const isAccept = number === Option.Accept
  const format = optionNumber(bytes, at, length)
  const text = isAccept && length === 0 ? '(null)' : contentFormatText(format)
  rows.addGiven(isAccept ? COAP.optAccept : COAP.optCtype, source, at, length, option, text)
  // A number that is too long is shown, but says nothing about the payload.
  if (!isAccept) message.contentFormat = length > 4 ? null : text
  return text
}

/** Number, more flag and size in one number; the flags stand in its last byte, and in none when it has none. */
function dissectBlock(walk: Walk, message: CoapMessage, number: number, length: number, option: number): string {
  const { rows, bytes, source, at } = walk
  walk.need(length)
  const value = optionNumber(bytes, at, length)
  const flags = length === 0 ? 0 : bytes[at + length - 1]!
  const block = length > 4 ? value : (value >> 4) >>> 0 // Wireshark shifts a full word with its sign
  const more = (flags >> 3) & 1
  const exponent = flags & 7
  message.block = block === NO_BLOCK ? -1 : block
  message.moreBlocks = more === 1
  message.endsBlocks = more === 0 && (number === Option.Block1) === isRequestClass(message.code)
  rows.addGiven(COAP.optBlockNumber, source, at, length, option, block)
  rows.addGiven(COAP.optBlockMflag, source, at + length - 1, Math.min(length, 1), option, more)
  const size = rows.addGiven(COAP.optBlockSize, source, at + length - 1, 1, option, exponent)
  if (walk.context!.demand.text(COAP.optBlockSize)) rows.setText(size, `Block Size: ${16 << exponent} (${exponent} encoded)`)
  return `NUM:${block}, M:${more}, SZX:${16 << exponent}`
}
