// -T json and jsonl: the tree of each packet by field names, in tshark's shape; with -e only the named fields, as lists of texts.
// Keys that occur several times stand there several times, as in tshark's; jsonl and --no-duplicate-keys join them to lists.

import { bytesText } from '../dissect/address-text.ts'
import { FIELDS, fieldsNamed } from '../dissect/field.ts'
import { formatValue } from '../dissect/format.ts'
import type { Packet } from '../dissect/packet.ts'
import type { Rows } from '../dissect/rows.ts'
import { localDateText } from '../dissect/time-text.ts'
import { bytesOf, readValue } from '../dissect/value.ts'
import { COLUMN_PREFIX, isPartWithBytes, valueText } from './fields.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import { NO_ROW, RowTree } from './row-tree.ts'
import type { SummaryColumns } from './summary.ts'
import type { TextOutput } from './text-output.ts'
import { rowText } from './tree-line.ts'

/** A value of JSON whose objects may repeat keys. */
export type JsonValue = string | null | boolean | number | readonly JsonValue[] | JsonMembers

/** The members of an object, in order. */
export class JsonMembers {
  readonly entries: [key: string, value: JsonValue][] = []

  add(key: string, value: JsonValue): void {
    this.entries.push([key, value])
  }
}

/** -j and -J: which protocols are shown; of the others only that they are there. */
export interface ProtocolChoice {
  readonly names: ReadonlySet<string>
  /** -J: with all below them. */
  readonly isDeep: boolean
}

export interface JsonOptions {
  /** -e; null = the whole tree. */
  readonly names: readonly string[] | null
  readonly joinsDuplicates: boolean
  readonly choice: ProtocolChoice | null
  readonly columns: SummaryColumns
}

export class JsonPrinter implements Printer {
  readonly needs: PrinterNeeds
  readonly #options: JsonOptions
  readonly #isLines: boolean
  readonly #tree = new RowTree()
  #isFirst = true

  /** `isLines`: one object a line, without a list around them. */
  constructor(options: JsonOptions, isLines: boolean) {
    this.#options = options
    this.#isLines = isLines
    this.needs = jsonNeeds(options.names)
  }

  begin(out: TextOutput): void {
    if (!this.#isLines) out.text('[')
  }

  packet(packet: Packet, out: TextOutput): void {
    const { frame } = packet
    const layers = this.#options.names === null ? this.#layers(packet) : namedValues(packet, this.#options.names, this.#options.columns)
    this.#options.columns.shown(packet)
    const source = new JsonMembers()
    source.add('layers', layers)
    const whole = new JsonMembers()
    whole.add('_index', `packets-${localDateText(frame.seconds)}`)
    whole.add('_type', 'doc')
    whole.add('_score', null)
    whole.add('_source', source)
    if (this.#isLines) out.text(`${jsonText(whole)}\n`)
    else out.text(`${this.#isFirst ? '' : ','}\n  ${jsonText(whole, '  ')}`)
    this.#isFirst = false
  }

  end(out: TextOutput): void {
    if (!this.#isLines) out.text(this.#isFirst ? ']\n' : '\n]\n')
  }

  #layers({ rows }: Packet): JsonMembers {
    this.#tree.fill(rows)
    return this.#object(rows, this.#tree.first, null)
  }

  /** The rows from `first` on as the members of one object. `shown`: -j or -J reached one of its protocols. */
  #object(rows: Rows, first: number, shown: 'deep' | 'flat' | null): JsonMembers {
    const members = new JsonMembers()
    for (let row = first; row !== NO_ROW; row = this.#tree.next(row)) this.#row(rows, row, members, shown)
    return this.#options.joinsDuplicates ? joined(members) : members
  }

  #row(rows: Rows, row: number, members: JsonMembers, shown: 'deep' | 'flat' | null): void {
    const field = FIELDS[rows.field[row]!]!
    const child = this.#tree.child(row)
    const key = field.name === '' ? rowText(rows, row) : field.name
    const isPart = isPartWithBytes(rows, row, field)
    const isGroup = !isPart && (field.type === 'protocol' || (field.type === 'none' && readValue(rows, row) === null))
    if (isPart) members.add(key, bytesText(bytesOf(rows, row), ':'))
    else if (!isGroup) members.add(key, jsonValueText(rows, row))
    if (child === NO_ROW) {
      if (isGroup) members.add(key, field.type !== 'protocol' ? '' : field.hidden === true ? field.label : rowText(rows, row))
      return
    }
    members.add(isGroup ? key : `${key}_tree`, this.#children(rows, child, field.name, shown))
  }

  #children(rows: Rows, child: number, name: string, shown: 'deep' | 'flat' | null): JsonMembers {
    const { choice } = this.#options
    if (choice === null || shown === 'deep') return this.#object(rows, child, shown)
    if (choice.names.has(name)) return this.#object(rows, child, choice.isDeep ? 'deep' : 'flat')
    const members = new JsonMembers()
    members.add('filtered', name)
    return members
  }
}

/** What JSON and ek read of a packet. */
export function jsonNeeds(names: readonly string[] | null): PrinterNeeds {
  if (names === null) return { names: 'everything', printed: [], columns: false }
  const fields = names.filter((name) => !name.startsWith(COLUMN_PREFIX))
  return {
    names: fields,
    printed: fields.filter((name) => fieldsNamed(name).some(({ type }) => type === 'protocol')),
    columns: fields.length < names.length,
  }
}

/** Each named field that the packet has, with all its values. */
export function namedValues(packet: Packet, names: readonly string[], columns: SummaryColumns, keyOf: (name: string) => string = (name) => name): JsonMembers {
  const { rows } = packet
  const members = new JsonMembers()
  for (const name of names) {
    const values: string[] = []
    if (name.startsWith(COLUMN_PREFIX)) values.push(columns.named(name.slice(COLUMN_PREFIX.length))?.(packet) ?? '')
    else
      for (let row = 0; row < rows.count; row++) {
        const field = FIELDS[rows.field[row]!]!
        if (field.name === name) values.push(valueText(rows, row, field))
      }
    if (values.length > 0) members.add(keyOf(name), values)
  }
  return members
}

/** A row's value in JSON: as -T fields, but bytes with colons. */
export function jsonValueText(rows: Rows, row: number): string {
  const field = FIELDS[rows.field[row]!]!
  const value = readValue(rows, row)
  return field.type === 'bytes' && value instanceof Uint8Array ? bytesText(value, ':') : formatValue(field, value)
}

/** Members of the same key become one with a list. */
export function joined(members: JsonMembers): JsonMembers {
  const byKey = new Map<string, JsonValue[]>()
  for (const [key, value] of members.entries) {
    const values = byKey.get(key)
    if (values === undefined) byKey.set(key, [value])
    else values.push(value)
  }
  const result = new JsonMembers()
  for (const [key, values] of byKey) result.add(key, values.length === 1 ? values[0]! : values)
  return result
}

/** JSON text; with `indent` one member a line, two spaces deeper each level. */
export function jsonText(value: JsonValue, indent: string | null = null): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const isObject = value instanceof JsonMembers
  const inner = indent === null ? null : `${indent}  `
  const parts = isObject
    ? value.entries.map(([key, member]) => `${JSON.stringify(key)}:${indent === null ? '' : ' '}${jsonText(member, inner)}`)
    : (value as readonly JsonValue[]).map((item) => jsonText(item, inner))
  const [open, close] = isObject ? ['{', '}'] : ['[', ']']
  if (indent === null) return open + parts.join(',') + close
  return parts.length === 0 ? `${open}\n${indent}${close}` : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`
}
