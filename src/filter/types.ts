// What each field type can do in filters, and what it is called in messages.
// One row per type; the check and the compiler ask here instead of listing types.

import type { FieldType } from '../dissect/field.ts'

export interface TypeTraits {
  /** As a message names it. */
  readonly title: string
  /** Types of one class can be compared with each other. */
  readonly class: 'unsigned' | 'signed' | 'boolean' | 'double' | 'text' | 'bytes' | 'protocol' | 'ipv4' | 'ipv6' | 'absolute' | 'relative' | 'none'
  /** Bytes that `len` counts; null = as many as the value has. 0 also for types that have no length. */
  readonly size: number | null
  /** Arithmetic signs that it knows; `-` also before it. */
  readonly operators: string
  readonly canSlice: boolean
  readonly canContain: boolean
  readonly canMatch: boolean
  /** Whether string() makes a text of it. */
  readonly canPrint: boolean
}

const INTEGER = { operators: '+-*/%&', canSlice: false, canContain: false, canMatch: false, canPrint: true } as const
const TEXT = { class: 'text', size: null, operators: '', canSlice: true, canContain: true, canMatch: true, canPrint: false } as const
const PLAIN = { operators: '', canSlice: false, canContain: false, canMatch: false, canPrint: false } as const

export const TYPES: Readonly<Record<FieldType, TypeTraits>> = {
  none: { ...PLAIN, title: 'label', class: 'none', size: 0 },
  protocol: { ...TEXT, title: 'protocol', class: 'protocol' },
  boolean: { ...PLAIN, title: 'boolean', class: 'boolean', size: 0 },
  uint8: { ...INTEGER, title: 'unsigned integer of 1 byte', class: 'unsigned', size: 1 },
  uint16: { ...INTEGER, title: 'unsigned integer of 2 bytes', class: 'unsigned', size: 2 },
  uint24: { ...INTEGER, title: 'unsigned integer of 3 bytes', class: 'unsigned', size: 3 },
  uint32: { ...INTEGER, title: 'unsigned integer of 4 bytes', class: 'unsigned', size: 4 },
  uint64: { ...INTEGER, title: 'unsigned integer of 8 bytes', class: 'unsigned', size: 8 },
  framenum: { ...INTEGER, title: 'frame number', class: 'unsigned', size: 4 },
  int8: { ...INTEGER, title: 'signed integer of 1 byte', class: 'signed', size: 1 },
  int16: { ...INTEGER, title: 'signed integer of 2 bytes', class: 'signed', size: 2 },
  int32: { ...INTEGER, title: 'signed integer of 4 bytes', class: 'signed', size: 4 },
  int64: { ...INTEGER, title: 'signed integer of 8 bytes', class: 'signed', size: 8 },
  double: { ...PLAIN, title: 'floating point number', class: 'double', size: 8, operators: '+-*/', canPrint: true },
  string: { ...TEXT, title: 'text' },
  uint_string: { ...TEXT, title: 'text' },
  bytes: { ...TEXT, title: 'byte string', class: 'bytes', operators: '&' },
  ether: { ...TEXT, title: 'Ethernet address', class: 'bytes', size: 6, operators: '&', canPrint: true },
  oid: { ...TEXT, title: 'object identifier', class: 'bytes', operators: '&', canMatch: false, canPrint: true },
  ipv4: { ...PLAIN, title: 'IPv4 address', class: 'ipv4', size: 4, operators: '&', canSlice: true, canPrint: true },
  ipv6: { ...PLAIN, title: 'IPv6 address', class: 'ipv6', size: 16, operators: '&', canSlice: true, canPrint: true },
  absolute_time: { ...PLAIN, title: 'date and time', class: 'absolute', size: 0 },
  relative_time: { ...PLAIN, title: 'time span', class: 'relative', size: 0, operators: '+-' },
}

export function isInteger(type: FieldType): boolean {
  return TYPES[type].class === 'unsigned' || TYPES[type].class === 'signed'
}

export function isSigned(type: FieldType): boolean {
  return TYPES[type].class === 'signed'
}

/** Largest number that a constant of the type may be. */
export function largest(type: FieldType): bigint {
  const bits = BigInt(8 * (TYPES[type].size ?? 0))
  return isSigned(type) ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n
}

/** Whether arithmetic and comparison reckon in 64 bits; all shorter integers are reckoned in 32. */
export function isWide(type: FieldType): boolean {
  return type === 'uint64' || type === 'int64'
}

/** Whether values of a type may stand on the right of values of another. A boolean counts as 0 or 1 beside a number, but not the other way round. */
export function areComparable(left: FieldType, right: FieldType): boolean {
  if (left === 'none' || right === 'none') return false
  if (isInteger(left)) return isInteger(right) || right === 'boolean'
  return TYPES[left].class === TYPES[right].class
}
