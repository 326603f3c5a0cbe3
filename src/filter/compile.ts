// Makes closures of a checked filter, one per test, that run over the rows of a packet. ● hot
// Nothing is allocated per packet but the values that readValue makes.

import type { GivenValue } from '../dissect/rows.ts'
import { ipv4Order, ipv6Order, mixedOrder, numberOrder, type Order } from './order.ts'
import type { RowLists } from './row-lists.ts'
import { isHeldSigned, type Mode, prefixOf, type Relation, type TypedTest, type TypedValue } from './typed.ts'
import { isInteger, isWide, TYPES } from './types.ts'
import { isInLayers, orderOf, rowValue, type Source, searchedSource, sourceOf, type Values } from './values.ts'

/** Whether the packet whose rows were collected last passes. */
export type Run = () => boolean

/** Orders for which a relation holds, as bits: 1 less, 2 equal, 4 more; 8 = no order. */
const HOLDS: Readonly<Record<Relation, number>> = { '<': 1, '==': 2, '<=': 3, '>': 4, '!=': 5, '>=': 6 }
/** Orders of which one alone spoils the relation for all. What has no order spoils neither equality nor inequality. */
const SPOILS: Readonly<Record<Relation, number>> = { '<': 14, '==': 5, '<=': 12, '>': 11, '!=': 2, '>=': 9 }

export function compileTest(test: TypedTest, lists: RowLists): Run {
  switch (test.kind) {
    case 'and': {
      const [left, right] = [compileTest(test.left, lists), compileTest(test.right, lists)]
      return () => left() && right()
    }
    case 'or': {
      const [left, right] = [compileTest(test.left, lists), compileTest(test.right, lists)]
      return () => left() || right()
    }
    case 'not': {
      const of = compileTest(test.of, lists)
      return () => !of()
    }
    case 'exists':
      return compileExistence(test.value, lists)
    case 'comparison':
      return compileComparison(test, lists)
    case 'contains': {
      const [left, right] = [searchedSource(test.left, lists), sourceOf(test.right, lists)]
      return pairs(left, right, test.mode, test.left.type === 'protocol' ? (whole, part) => !isEmpty(part) && contains(whole, part) : contains)
    }
    case 'matches': {
      const { pattern, mode } = test
      const left = searchedSource(test.left, lists)
      return () => {
        left.load()
        return holds(left.values, mode, (value) => pattern.matches(value as Uint8Array | string))
      }
    }
    case 'in':
      return compileSet(test, lists)
  }
}

/** A field is there; a slice has bytes; what is reckoned is not 0. */
function compileExistence(value: TypedValue, lists: RowLists): Run {
  if (value.kind === 'field') {
    const list = lists.listOf(value.fields)
    const { layers } = value
    if (layers === null) return () => list.count > 0
    return () => {
      for (let i = 0; i < list.count; i++) if (isInLayers(lists.packet, list.rows[i]!, layers)) return true
      return false
    }
  }
  const source = sourceOf(value, lists)
  const isThere = value.kind === 'slice' ? (item: GivenValue) => (item as Uint8Array).length > 0 : isNotZero
  return () => {
    source.load()
    return holds(source.values, 'any', isThere)
  }
}

function isNotZero(value: GivenValue): boolean {
  return value instanceof Uint8Array ? value.some((byte) => byte !== 0) : value !== 0 && value !== 0n
}

function compileComparison({ left, right, mode, relation }: TypedTest & { kind: 'comparison' }, lists: RowLists): Run {
  const order = orderBetween(left, right)
  const mask = mode === 'any' ? HOLDS[relation] : SPOILS[relation]
  if (left.kind === 'field' && left.layers === null && right.kind === 'constant') {
    const list = lists.listOf(left.fields)
    const { type } = left
    const { value } = right
    const isAny = mode === 'any'
    return () => {
      let count = 0
      for (let i = 0; i < list.count; i++) {
        const item = rowValue(lists.packet.rows, list.rows[i]!, type)
        if (item === null) continue
        count++
        if (((mask >> (order(item, value) + 1)) & 1) === 1) return isAny
      }
      return !isAny && count > 0
    }
  }
  const [a, b] = [sourceOf(left, lists), sourceOf(right, lists)]
  return pairs(a, b, mode, mode === 'any' ? (x, y) => ((mask >> (order(x, y) + 1)) & 1) === 1 : (x, y) => ((mask >> (order(x, y) + 1)) & 1) === 0)
}

function orderBetween(left: TypedValue, right: TypedValue): Order {
  const prefix = Math.min(prefixOf(left) ?? 128, prefixOf(right) ?? 128)
  if (left.type === 'ipv4' && prefix < 32) return ipv4Order(prefix)
  if (left.type === 'ipv6' && prefix < 128) return ipv6Order(prefix)
  if (!isInteger(left.type)) return orderOf(left.type)
  const neverNegative = (value: TypedValue): boolean =>
    (value.kind === 'field' || value.kind === 'constant') && !isHeldSigned(value) && TYPES[value.type].size !== 8
  return neverNegative(left) && neverNegative(right) ? numberOrder : mixedOrder(isHeldSigned(left), isWide(left.type))
}

function pairs(left: Source, right: Source, mode: Mode, agrees: (a: GivenValue, b: GivenValue) => boolean): Run {
  return () => {
    left.load()
    right.load()
    const [a, b] = [left.values, right.values]
    if (a.count === 0 || b.count === 0) return false
    for (let i = 0; i < a.count; i++) for (let j = 0; j < b.count; j++) if (agrees(a.items[i]!, b.items[j]!) === (mode === 'any')) return mode === 'any'
    return mode === 'all'
  }
}

function holds(values: Values, mode: Mode, agrees: (value: GivenValue) => boolean): boolean {
  if (values.count === 0) return false
  for (let i = 0; i < values.count; i++) if (agrees(values.items[i]!) === (mode === 'any')) return mode === 'any'
  return mode === 'all'
}

/** Nothing is in an empty value. An empty text is in no text, but empty bytes are in all others; protocols are like texts here. */
function contains(whole: GivenValue, part: GivenValue): boolean {
  if (isEmpty(whole)) return false
  if (typeof whole === 'string') return typeof part === 'string' && part !== '' && whole.includes(part)
  return whole instanceof Uint8Array && part instanceof Uint8Array && indexOfBytes(whole, part) >= 0
}

function isEmpty(value: GivenValue): boolean {
  return (value as string | Uint8Array).length === 0
}

function indexOfBytes(whole: Uint8Array, part: Uint8Array): number {
  if (part.length === 0) return 0
  const last = whole.length - part.length
  for (let at = whole.indexOf(part[0]!); at >= 0 && at <= last; at = whole.indexOf(part[0]!, at + 1)) {
    let i = 1
    while (i < part.length && whole[at + i] === part[i]) i++
    if (i === part.length) return at
  }
  return -1
}

/** With `all`, one element of the set must hold all values. */
function compileSet({ left, elements, mode }: TypedTest & { kind: 'in' }, lists: RowLists): Run {
  const of = sourceOf(left, lists)
  const tests = elements.map(({ low, high }) => {
    const lowest = sourceOf(low, lists)
    const lowOrder = orderBetween(left, low)
    if (high === null) return { lowest, highest: null, agrees: (value: GivenValue) => isAny(lowest.values, value, lowOrder, 2) }
    const highest = sourceOf(high, lists)
    const highOrder = orderBetween(left, high)
    return { lowest, highest, agrees: (value: GivenValue) => isAny(lowest.values, value, lowOrder, 6) && isAny(highest.values, value, highOrder, 3) }
  })
  return () => {
    of.load()
    if (of.values.count === 0) return false
    for (const { lowest, highest, agrees } of tests) {
      lowest.load()
      highest?.load()
      if (holds(of.values, mode, agrees)) return true
    }
    return false
  }
}

/** Whether a value stands in one of the orders to one of a bound's values. */
function isAny(bounds: Values, value: GivenValue, order: Order, mask: number): boolean {
  for (let i = 0; i < bounds.count; i++) if (((mask >> (order(value, bounds.items[i]!) + 1)) & 1) === 1) return true
  return false
}
