// The display filter that a line of the tree stands for: `mqtt.topic == "a/b"`, or the bare name where a value cannot be compared.
// Every filter made here compiles: what does not is given as the name alone.

import { bytesText, etherText, ipv4Text, ipv6Text } from '../../../dissect/address-text.ts'
import type { Field } from '../../../dissect/field.ts'
import type { GivenValue } from '../../../dissect/rows.ts'
import { compileFilter } from '../../../filter/filter.ts'
import { quoted } from './quoted.ts'

/** Bytes of a value that a filter compares; of longer ones it compares the beginning. */
const MOST_BYTES = 64

/** '' for a line without a field. */
export function filterFor(field: Field, value: GivenValue | null): string {
  const { name } = field
  if (name === '') return ''
  const filter = value === null ? name : comparison(field, value)
  return filter === name || compiles(filter) ? filter : name
}

function comparison({ name, type, base }: Field, value: GivenValue): string {
  switch (type) {
    case 'protocol':
    case 'none':
    case 'absolute_time':
      return name
    case 'string':
    case 'uint_string':
      return typeof value === 'string' ? `${name} == ${quoted(value)}` : name
    case 'bytes':
      if (!(value instanceof Uint8Array) || value.length === 0) return name
      return value.length <= MOST_BYTES ? `${name} == ${bytesText(value, ':')}` : `${name}[0:${MOST_BYTES}] == ${bytesText(value.subarray(0, MOST_BYTES), ':')}`
    case 'ether':
      return value instanceof Uint8Array ? `${name} == ${etherText(value)}` : name
    case 'ipv4':
      return `${name} == ${typeof value === 'number' ? ipv4Text(value) : value}`
    case 'ipv6':
      return value instanceof Uint8Array ? `${name} == ${ipv6Text(value)}` : name
    case 'relative_time':
      return `${name} == ${secondsText(BigInt(value as bigint))}`
    case 'boolean':
      return `${name} == ${value === 0 || value === 0n ? 0 : 1}`
    default:
      if (typeof value !== 'number' && typeof value !== 'bigint') return name
      return `${name} == ${base === 'hex' || base === 'hex_dec' ? `0x${value.toString(16)}` : value}`
  }
}

function secondsText(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  return `${nanoseconds < 0n ? '-' : ''}${size / 1_000_000_000n}.${`${size % 1_000_000_000n}`.padStart(9, '0')}`
}

function compiles(filter: string): boolean {
  try {
    compileFilter(filter)
    return true
  } catch {
    return false
  }
}
