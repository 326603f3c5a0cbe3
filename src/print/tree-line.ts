// One line of the tree for a row: label and value as Wireshark shows them, bits of masked fields in front, brackets around what was concluded.
// A dissector's own text (rows.setText) stands in place of label and value.

import { bytesText, etherText } from '../dissect/address-text.ts'
import { FIELDS, type Field, type ValueNames } from '../dissect/field.ts'
import { formatValue, hexText } from '../dissect/format.ts'
import { identifierLine } from '../dissect/object-identifiers.ts'
import { type GivenValue, ROOT, type Rows } from '../dissect/rows.ts'
import { bytesOf, readValue } from '../dissect/value.ts'
import { treeEscaped } from './escapes.ts'

const EXPERT = '_ws.expert'
/** Bytes shown of a long value. */
const SHOWN_BYTES = 36
/** UTF-8 bytes of a line beyond which Wireshark cuts it. */
const LONGEST_LINE = 239
/** To this length. */
const CUT_LINE = 238

const BITS: Readonly<Record<string, number>> = {
  uint8: 8,
  uint16: 16,
  uint24: 24,
  uint32: 32,
  uint64: 64,
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  boolean: 8,
}

/** The line without indentation, in brackets where it was concluded. */
export function treeText(rows: Rows, row: number): string {
  const text = rowText(rows, row)
  return isGenerated(rows, row) && !text.startsWith('[') ? `[${text}]` : text
}

/** The line without brackets: what -e shows of a protocol. */
export function rowText(rows: Rows, row: number): string {
  const field = FIELDS[rows.field[row]!]!
  const own = rows.textOf(row)
  const value = field.type === 'protocol' && own !== null ? null : readValue(rows, row)
  const text = own !== null ? shortened(treeEscaped(own), LONGEST_LINE) : cut(field, labelled(field, value))
  const showsBits = isMasked(field) && typeof value === 'number' && !(own !== null && field.hidesBits === true)
  return showsBits ? `${bitPattern(field, rawBits(rows, row, field, value))} = ${text}` : text
}

/** Expert notes and all below them are conclusions, whatever their fields say. */
function isGenerated(rows: Rows, row: number): boolean {
  const field = FIELDS[rows.field[row]!]!
  if (field.generated === true || field.name === EXPERT) return true
  const parent = rows.parent[row]!
  return parent !== ROOT && FIELDS[rows.field[parent]!]!.name === EXPERT
}

/** The name of a value; null when its table has none. */
export function nameOfValue(names: ValueNames, value: number): string | null {
  if (names instanceof Map) return names.get(value) ?? null
  for (const [from, to, name] of names as Exclude<ValueNames, ReadonlyMap<number, string>>) if (value >= from && value <= to) return name
  return null
}

function labelled(field: Field, value: GivenValue | null): string {
  if (field.type === 'protocol') return typeof value === 'string' ? treeEscaped(value) : field.label
  if (value === null) return field.label
  return `${field.label}: ${valueText(field, value)}`
}

function valueText(field: Field, value: GivenValue): string {
  switch (field.type) {
    case 'boolean': {
      const isTrue = value !== 0 && value !== 0n
      return (field.values === undefined ? null : nameOfValue(field.values, isTrue ? 1 : 0)) ?? (isTrue ? 'True' : 'False')
    }
    case 'string':
    case 'uint_string':
      return treeEscaped(`${value}`)
    case 'bytes':
      return value instanceof Uint8Array ? shortBytes(value) : `${value}`
    case 'oid':
      return value instanceof Uint8Array ? identifierLine(value) : `${value}`
    case 'ether':
      return value instanceof Uint8Array ? `${etherText(value)} (${etherText(value)})` : `${value}`
    case 'relative_time':
      return `${formatValue(field, value)} seconds`
    case 'framenum':
    case 'ipv4':
    case 'ipv6':
    case 'absolute_time':
    case 'none':
      return formatValue(field, value)
    default:
      return typeof value === 'number' || typeof value === 'bigint' ? numberText(field, value) : formatValue(field, value)
  }
}

function numberText(field: Field, value: number | bigint): string {
  const plain = isMasked(field) && formatValue(field, value).startsWith('0x') ? maskedHex(field, value) : formatValue(field, value)
  if (field.values !== undefined) {
    const name = nameOfValue(field.values, Number(value))
    return field.base === undefined ? (name ?? `Unknown (${value})`) : `${name ?? 'Unknown'} (${plain})`
  }
  if (field.base === 'dec_hex') return `${value} (${hexText(field, value)})`
  if (field.base === 'hex_dec') return `${plain} (${value})`
  if (field.unit === undefined) return plain
  const unit = value === 1 && /^ (byte|second|bit)s$/.test(field.unit) ? field.unit.slice(0, -1) : field.unit
  return plain + unit
}

/** As many digits as the mask has bits for. */
function maskedHex(field: Field, value: number | bigint): string {
  let bits = 0
  for (let rest = BigInt(field.mask!); rest > 0n; rest >>= 1n) if ((rest & 1n) === 1n) bits++
  return `0x${value.toString(16).padStart(Math.ceil(bits / 4), '0')}`
}

function shortBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<MISSING>'
  return bytes.length <= SHOWN_BYTES ? bytesText(bytes, '') : `${bytesText(bytes.subarray(0, SHOWN_BYTES), '')}…`
}

function isMasked({ mask }: Field): boolean {
  return mask !== undefined && mask !== 0
}

/** The bits as they stand in the bytes; of a value that does not, those that the field would have. */
function rawBits(rows: Rows, row: number, field: Field, value: number): bigint {
  const bytes = bytesOf(rows, row)
  const mask = BigInt(field.mask!)
  if (bytes.length === 0 || bytes.length > 8) return field.type === 'boolean' && value !== 0 ? mask : BigInt(value) * (mask & -mask)
  let raw = 0n
  for (let i = 0; i < bytes.length; i++) raw = (raw << 8n) | BigInt(bytes[field.littleEndian === true ? bytes.length - 1 - i : i]!)
  return raw
}

/** `0011 ....`: the field's bits of its byte or word. */
function bitPattern(field: Field, raw: bigint): string {
  const mask = BigInt(field.mask!)
  const width = field.width ?? BITS[field.type] ?? 8
  let text = ''
  for (let bit = width - 1; bit >= 0; bit--) {
    const at = 1n << BigInt(bit)
    text += (mask & at) === 0n ? '.' : (raw & at) === 0n ? '0' : '1'
    if (bit % 4 === 0 && bit > 0) text += ' '
  }
  return text
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()

/** Wireshark cuts long lines of fields and says so behind the label. */
function cut(field: Field, text: string): string {
  if (text.length <= LONGEST_LINE / 3 || ENCODER.encode(text).length <= LONGEST_LINE) return text
  const label = `${field.label} [truncated]: `
  return label + shortened(text.slice(field.label.length + 2), CUT_LINE - ENCODER.encode(label).length)
}

/** As many whole characters as fit into so many bytes. */
function shortened(text: string, size: number): string {
  if (text.length <= size / 3) return text
  const bytes = ENCODER.encode(text)
  if (bytes.length <= size) return text
  let end = size
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return DECODER.decode(bytes.subarray(0, end))
}
