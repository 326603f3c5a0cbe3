// The text of a value, as -T fields prints it: numbers in the field's base, addresses, times, bytes.
// What the tree shows of it (names of values, units, quoted control characters) is in print/tree-line.ts.

import { bytesText, etherText, ipv4Text, ipv6Text } from './address-text.ts'
import type { Field, FieldType } from './field.ts'
import { identifierText } from './object-identifiers.ts'
import type { GivenValue } from './rows.ts'
import { absoluteTimeText, relativeTimeText } from './time-text.ts'

const HEX_DIGITS: Readonly<Partial<Record<FieldType, number>>> = {
  uint8: 2,
  uint16: 4,
  uint24: 6,
  uint32: 8,
  uint64: 16,
  int8: 2,
  int16: 4,
  int32: 8,
  int64: 16,
}

/** A value as -T fields prints it, without quoting. Null (no value in the bytes) is empty. */
export function formatValue(field: Field, value: GivenValue | null): string {
  if (value === null) return ''
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return formatNumber(field, value)
    case 'bigint':
      return formatBig(field, value)
    default:
      return formatBytes(field, value)
  }
}

/** A number in hexadecimal with the digits of its type: `0x0018`. */
export function hexText(field: Field, value: number | bigint): string {
  const digits = HEX_DIGITS[field.type] ?? 2
  const unsigned = value < 0 ? BigInt.asUintN(digits * 4, BigInt(value)) : value
  return `0x${unsigned.toString(16).padStart(digits, '0')}`
}

function formatNumber(field: Field, value: number): string {
  switch (field.type) {
    case 'ipv4':
      return ipv4Text(value)
    case 'relative_time':
      return relativeTimeText(BigInt(value))
    case 'absolute_time':
      return absoluteTimeText(BigInt(value))
    case 'boolean':
    case 'framenum':
      return `${value}`
    default:
      return formatInteger(field, value)
  }
}

function formatInteger(field: Field, value: number | bigint): string {
  switch (field.base) {
    case 'hex':
    case 'hex_dec':
      return hexText(field, value)
    case 'oct':
      return `0${value.toString(8)}`
    default:
      return `${value}`
  }
}

function formatBig(field: Field, value: bigint): string {
  if (field.type === 'relative_time') return relativeTimeText(value)
  if (field.type === 'absolute_time') return absoluteTimeText(value)
  return formatInteger(field, value)
}

function formatBytes(field: Field, value: Uint8Array): string {
  if (field.type === 'ether') return etherText(value)
  if (field.type === 'oid') return identifierText(value)
  if (field.type === 'ipv6') return ipv6Text(value)
  if (field.type === 'ipv4' && value.length === 4) return value.join('.')
  return value.length === 0 ? (field.whenEmpty ?? '<MISSING>') : bytesText(value, field.hasColons === true ? ':' : '')
}
