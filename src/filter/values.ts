// Gets the values of a checked filter's fields, slices, sums and functions out of a packet. ● hot
// Each node owns a list of values that is filled anew for each packet; a node without values makes its relation false.

import { etherText, ipv4Text, ipv6Text } from '../dissect/address-text.ts'
import type { FieldType } from '../dissect/field.ts'
import { identifierText } from '../dissect/object-identifiers.ts'
import { protocolBytes } from '../dissect/protocol-bytes.ts'
import type { GivenValue, Rows } from '../dissect/rows.ts'
import { bytesOf, readValue } from '../dissect/value.ts'
import { negated, operation } from './arithmetic.ts'
import type { FunctionName } from './functions.ts'
import { bytesOrder, numberOrder, type Order, textOrder } from './order.ts'
import { choosesLayer, sliceBytes } from './ranges.ts'
import { type LayeredPacket, layerOf, type RowList, type RowLists } from './row-lists.ts'
import type { Range } from './syntax.ts'
import { isHeldSigned, type TypedValue } from './typed.ts'
import { TYPES } from './types.ts'

/** Values of a node for the packet at hand. */
export class Values {
  readonly items: GivenValue[] = []
  count = 0

  add(value: GivenValue): void {
    if (this.count === this.items.length) this.items.push(value)
    else this.items[this.count] = value
    this.count++
  }
}

export interface Source {
  readonly values: Values
  /** Fills `values`. */
  load(): void
}

type CallValue = TypedValue & { kind: 'call' }

const ENCODER = new TextEncoder()

/** A node's source; the fields that it reads are entered in `lists`. */
export function sourceOf(node: TypedValue, lists: RowLists): Source {
  const values = new Values()
  switch (node.kind) {
    case 'constant':
      values.add(node.value)
      return { values, load: () => {} }
    case 'nothing':
      return { values, load: () => {} }
    case 'field':
      return fieldSource(values, lists.listOf(node.fields), valueReader(node.type), node.layers, lists)
    case 'slice': {
      const { ranges } = node
      return mapped(values, sourceOf(node.of, lists), (value) => sliceBytes(valueBytes(value), ranges))
    }
    case 'bytes':
      return mapped(values, sourceOf(node.of, lists), valueBytes)
    case 'negation': {
      const { type } = node
      return mapped(values, sourceOf(node.of, lists), (value) => negated(type, value))
    }
    case 'arithmetic': {
      const calculate = operation(node.operator, node.type, isHeldSigned(node.left))
      const left = sourceOf(node.left, lists)
      const right = sourceOf(node.right, lists)
      return { values, load: () => combine(values, left, right, calculate) }
    }
    case 'call':
      return callSource(values, node, lists)
  }
}

/** The source of what is searched: a protocol goes as far as its payload, while its value ends with its head. */
export function searchedSource(node: TypedValue, lists: RowLists): Source {
  if (node.kind !== 'field' || node.type !== 'protocol') return sourceOf(node, lists)
  return fieldSource(new Values(), lists.listOf(node.fields), protocolBytes, node.layers, lists)
}

/** The value of a field's row: the bytes of a protocol, 0 for a mark. Null = none. */
export function rowValue(rows: Rows, row: number, type: FieldType): GivenValue | null {
  if (type === 'protocol') return bytesOf(rows, row)
  return type === 'none' ? 0 : readValue(rows, row)
}

/** The order of values of a type among themselves. */
export function orderOf(type: FieldType): Order {
  switch (TYPES[type].class) {
    case 'text':
      return textOrder
    case 'bytes':
    case 'protocol':
    case 'ipv6':
      return bytesOrder
    default:
      return numberOrder
  }
}

type RowReader = (rows: Rows, row: number) => GivenValue | null

function valueReader(type: FieldType): RowReader {
  return (rows, row) => rowValue(rows, row, type)
}

function fieldSource(values: Values, list: RowList, read: RowReader, layers: readonly Range[] | null, lists: RowLists): Source {
  return {
    values,
    load: () => {
      values.count = 0
      const { rows } = lists.packet
      for (let i = 0; i < list.count; i++) {
        const row = list.rows[i]!
        if (layers !== null && !isInLayers(lists.packet, row, layers)) continue
        const value = read(rows, row)
        if (value !== null) values.add(value)
      }
    },
  }
}

/** Whether a row belongs to one of the chosen layers. */
export function isInLayers(packet: LayeredPacket, row: number, layers: readonly Range[]): boolean {
  const { layer, count } = layerOf(packet, row)
  return choosesLayer(layers, layer, count)
}

/** One value for each of another source; those that become null are left out. */
function mapped(values: Values, of: Source, map: (value: GivenValue) => GivenValue | null): Source {
  return {
    values,
    load: () => {
      values.count = 0
      of.load()
      for (let i = 0; i < of.values.count; i++) {
        const value = map(of.values.items[i]!)
        if (value !== null) values.add(value)
      }
    },
  }
}

/** Each with each. */
function combine(values: Values, left: Source, right: Source, calculate: (a: GivenValue, b: GivenValue) => GivenValue | null): void {
  values.count = 0
  left.load()
  right.load()
  for (let i = 0; i < left.values.count; i++)
    for (let j = 0; j < right.values.count; j++) {
      const value = calculate(left.values.items[i]!, right.values.items[j]!)
      if (value !== null) values.add(value)
    }
}

/** A text is its UTF-8, an IPv4 address its four bytes. */
function valueBytes(value: GivenValue): Uint8Array {
  if (typeof value === 'string') return ENCODER.encode(value)
  if (typeof value === 'number') return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
  return value as Uint8Array
}

function callSource(values: Values, node: CallValue, lists: RowLists): Source {
  const sources = node.parameters.map((parameter) => sourceOf(parameter, lists))
  const first = sources[0]!
  const { type } = node.parameters[0]!
  switch (node.name) {
    case 'min':
    case 'max':
      return extremeSource(values, sources, orderOf(type), node.name === 'min' ? -1 : 1)
    case 'count':
      return {
        values,
        load: () => {
          values.count = 0
          first.load()
          if (first.values.count > 0) values.add(first.values.count)
        },
      }
    default:
      return mapped(values, first, mappingOf(node.name, type))
  }
}

function mappingOf(name: FunctionName, type: FieldType): (value: GivenValue) => GivenValue {
  switch (name) {
    case 'lower':
      return (value) => String(value).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    case 'upper':
      return (value) => String(value).replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    case 'string':
      return (value) => printed(value, type)
    case 'abs':
      return (value) => (typeof value === 'bigint' ? (value < 0n ? -value : value) : Math.abs(value as number))
    default: {
      const { size } = TYPES[type]
      return size === null ? (value) => valueBytes(value).length : () => size
    }
  }
}

/** Numbers are decimal whatever their base. */
function printed(value: GivenValue, type: FieldType): string {
  if (type === 'ipv4') return ipv4Text(value as number)
  if (type === 'ipv6') return ipv6Text(value as Uint8Array)
  if (type === 'oid') return identifierText(value as Uint8Array)
  return type === 'ether' ? etherText(value as Uint8Array) : String(value)
}

/** The least or greatest of all values of all parameters; parameters that are not there do not count. */
function extremeSource(values: Values, sources: readonly Source[], order: Order, wanted: -1 | 1): Source {
  return {
    values,
    load: () => {
      values.count = 0
      for (const source of sources) {
        source.load()
        for (let i = 0; i < source.values.count; i++) {
          const value = source.values.items[i]!
          if (values.count === 0) values.add(value)
          else if (order(value, values.items[0]!) === wanted) values.items[0] = value
        }
      }
    },
  }
}
