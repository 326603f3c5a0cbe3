// The order of two values, as comparisons know it. ● hot
// Bytes are ordered by length first; numbers of different sign may have no order, and then no relation holds, not even inequality.

import type { GivenValue } from '../dissect/rows.ts'

/** -1, 0 or 1; NONE = they have no order. */
export type Order = (a: GivenValue, b: GivenValue) => number

export const NONE = 2

const LARGEST_32 = 0x7fff_ffff
const LARGEST_64 = 0x7fff_ffff_ffff_ffffn

/** Integers, booleans, floating point numbers and times. */
export const numberOrder: Order = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

/** Integers where one side may be held with a sign and the other without. A value below 0 is always held with one. */
export function mixedOrder(isLeftSigned: boolean, isWide: boolean): Order {
  const largest = isWide ? LARGEST_64 : LARGEST_32
  return (left, right) => {
    const [a, b] = [left as number | bigint, right as number | bigint]
    if (isLeftSigned || a < 0) {
      if (b > largest) return NONE
    } else if (b < 0) return NONE
    return a < b ? -1 : a > b ? 1 : 0
  }
}

/** By code points, which is by bytes of UTF-8. */
export const textOrder: Order = (a, b) => {
  if (typeof a !== 'string' || typeof b !== 'string') return NONE
  if (a === b) return 0
  let at = 0
  while (at < a.length && at < b.length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return rank(a.charCodeAt(at)) < rank(b.charCodeAt(at)) ? -1 : 1
}

/** Surrogates stand for what lies beyond all other characters; the end before all. */
function rank(unit: number): number {
  return Number.isNaN(unit) ? -1 : unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

export const bytesOrder: Order = (a, b) => {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return NONE
  if (a.length !== b.length) return a.length < b.length ? -1 : 1
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1
  return 0
}

/** IPv4 addresses, of which only the first bits count. */
export function ipv4Order(prefix: number): Order {
  const mask = prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0
  return (a, b) => {
    const [left, right] = [((a as number) & mask) >>> 0, ((b as number) & mask) >>> 0]
    return left < right ? -1 : left > right ? 1 : 0
  }
}

/** IPv6 addresses, of which only the first bits count. */
export function ipv6Order(prefix: number): Order {
  return (a, b) => {
    if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return NONE
    for (let i = 0, bits = prefix; bits > 0; i++, bits -= 8) {
      const mask = bits >= 8 ? 0xff : 0xff & (0xff << (8 - bits))
      const [left, right] = [a[i]! & mask, b[i]! & mask]
      if (left !== right) return left < right ? -1 : 1
    }
    return 0
  }
}
