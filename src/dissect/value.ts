// Reads the value of a row: from the bytes as its field's type says, masked and shifted; or the value that the dissector gave. ● hot
// Numbers are numbers up to 2^53, bigints beyond; booleans 0 or 1; times nanoseconds as bigint; texts strings; addresses and bytes as stored.

import { FIELDS, type Field } from './field.ts'
import type { GivenValue, Rows } from './rows.ts'

const TEXT = new TextDecoder('utf-8', { ignoreBOM: true })

/** Null for a field without value (protocols, marks) and for one that lies beyond the bytes. */
export function readValue(rows: Rows, row: number): GivenValue | null {
  const given = rows.value[row]!
  if (given >= 0) return rows.given[given]!
  const field = FIELDS[rows.field[row]!]!
  const bytes = rows.sources[rows.source[row]!]!
  const start = rows.start[row]!
  const length = rows.length[row]!
  if (start < 0 || start + length > bytes.length) return null
  switch (field.type) {
    case 'protocol':
    case 'none':
      return null
    case 'string':
    case 'uint_string':
      return textAt(bytes, start, length)
    case 'bytes':
    case 'ether':
    case 'oid':
    case 'ipv6':
      return bytes.subarray(start, start + length)
    case 'uint64':
    case 'int64':
      return wideNumber(field, bytes, start, length)
    default:
      return narrowNumber(field, bytes, start, length)
  }
}

/** A text ends at its first NUL, as Wireshark has it. */
export function textAt(bytes: Uint8Array, start: number, length: number): string {
  const limit = start + length
  let end = start
  while (end < limit && bytes[end] !== 0) end++
  return TEXT.decode(bytes.subarray(start, end))
}

/** The same for a text that should be ASCII: each other byte becomes U+FFFD. */
export function asciiTextAt(bytes: Uint8Array, start: number, length: number): string {
  let text = ''
  for (let at = start; at < start + length && bytes[at] !== 0; at++) text += bytes[at]! < 0x80 ? String.fromCharCode(bytes[at]!) : '\ufffd'
  return text
}

/** The bytes that a row covers; empty for a generated one. */
export function bytesOf(rows: Rows, row: number): Uint8Array {
  const bytes = rows.sources[rows.source[row]!]!
  const start = rows.start[row]!
  return start < 0 ? bytes.subarray(0, 0) : bytes.subarray(start, Math.min(bytes.length, start + rows.length[row]!))
}

/** Up to 48 bits, exact in a double. */
function narrowNumber(field: Field, bytes: Uint8Array, start: number, length: number): number {
  let value = 0
  if (field.littleEndian === true) for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[start + i]!
  else for (let i = 0; i < length; i++) value = value * 256 + bytes[start + i]!
  const { mask } = field
  if (mask !== undefined && mask !== 0) value = (value & mask) >>> lowestBit(mask)
  if (field.type === 'boolean') return value === 0 ? 0 : 1
  if (field.type === 'int8' || field.type === 'int16' || field.type === 'int32') {
    const bits = 8 * length
    return bits < 32 ? (value << (32 - bits)) >> (32 - bits) : value | 0
  }
  return value
}

function wideNumber(field: Field, bytes: Uint8Array, start: number, length: number): number | bigint {
  if (length <= 6) return narrowNumber(field, bytes, start, length)
  let value = 0n
  for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(bytes[start + (field.littleEndian === true ? length - 1 - i : i)]!)
  if (field.type === 'int64') value = BigInt.asIntN(64, value)
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask)
}
