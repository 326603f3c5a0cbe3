// -T fields: one line per packet, one column per -e, all values of a field joined, with the options of -E. ● hot
// Rows are scanned once per packet; texts in plain ASCII go from the frame to the output without becoming strings.

import { bytesText } from '../dissect/address-text.ts'
import { FIELDS, type Field, fieldsNamed } from '../dissect/field.ts'
import { formatValue } from '../dissect/format.ts'
import type { Packet } from '../dissect/packet.ts'
import { ROOT, type Rows } from '../dissect/rows.ts'
import { bytesOf, readValue } from '../dissect/value.ts'
import { fieldEscaped, treeEscaped } from './escapes.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import type { SummaryColumns } from './summary.ts'
import type { TextOutput } from './text-output.ts'
import { rowText } from './tree-line.ts'

/** -E. */
export interface FieldsOptions {
  readonly header: boolean
  readonly byteOrderMark: boolean
  readonly separator: string
  readonly aggregator: string
  readonly occurrence: 'all' | 'first' | 'last'
  readonly quote: string
  /** Output is a terminal: every control character is made visible. */
  readonly toTerminal: boolean
}

export const DEFAULT_FIELDS_OPTIONS: FieldsOptions = {
  header: false,
  byteOrderMark: false,
  separator: '\t',
  aggregator: ',',
  occurrence: 'all',
  quote: '',
  toTerminal: false,
}

/** A column of the summary asked for by name: `_ws.col.Info`. */
export const COLUMN_PREFIX = '_ws.col.'

/** Whether -e can name it. */
export function isPrintable(name: string, columns: SummaryColumns): boolean {
  return fieldsNamed(name).length > 0 || (name.startsWith(COLUMN_PREFIX) && columns.named(name.slice(COLUMN_PREFIX.length)) !== null)
}

const NONE = -1

export class FieldsPrinter implements Printer {
  readonly needs: PrinterNeeds
  readonly #names: readonly string[]
  readonly #options: FieldsOptions
  readonly #columns: SummaryColumns
  /** Per -e: how to get a summary column; null = a field. */
  readonly #summary: readonly ((packet: Packet) => string)[] | null
  /** Field id → first -e that prints it, then `#nextOf` by -e for a field named twice. */
  readonly #slotOf: Int32Array
  readonly #sameAs: Int32Array
  /** Rows found in the current packet, by -e. */
  readonly #found: Int32Array[]
  readonly #counts: Int32Array

  /** `names` as given by -e; each must be printable. */
  constructor(names: readonly string[], options: FieldsOptions, columns: SummaryColumns) {
    this.#names = names
    this.#options = options
    this.#columns = columns
    const summary = names.map((name) => (name.startsWith(COLUMN_PREFIX) ? columns.named(name.slice(COLUMN_PREFIX.length)) : null))
    const isAColumn = summary.some((get) => get !== null)
    this.#summary = isAColumn ? summary.map((get) => get ?? (() => '')) : null
    this.#slotOf = new Int32Array(FIELDS.length).fill(NONE)
    this.#sameAs = new Int32Array(names.length).fill(NONE)
    this.#found = names.map(() => new Int32Array(8))
    this.#counts = new Int32Array(names.length)
    const firstOf = new Map<string, number>()
    for (const [slot, name] of names.entries()) {
      const first = firstOf.get(name)
      if (first === undefined) firstOf.set(name, slot)
      else this.#sameAs[slot] = first
      if (first === undefined) for (const field of fieldsNamed(name)) this.#slotOf[field.id] = slot
    }
    const fields = names.filter((_, slot) => summary[slot] === null)
    this.needs = { names: fields, printed: fields.filter((name) => fieldsNamed(name).some(({ type }) => type === 'protocol')), columns: isAColumn }
  }

  begin(out: TextOutput): void {
    const { byteOrderMark, header, separator } = this.#options
    if (byteOrderMark) out.text('\ufeff')
    if (header) out.text(`${this.#names.join(separator)}\n`)
  }

  packet(packet: Packet, out: TextOutput): void {
    const { rows } = packet
    this.#find(rows)
    const { separator, quote } = this.#options
    for (let slot = 0; slot < this.#names.length; slot++) {
      if (slot > 0) out.text(separator)
      if (this.#summary !== null && this.#names[slot]!.startsWith(COLUMN_PREFIX)) {
        const text = this.#summary[slot]!(packet)
        out.text(quote + this.#escaped(text) + quote)
        continue
      }
      const own = this.#sameAs[slot] === NONE ? slot : this.#sameAs[slot]!
      const count = this.#counts[own]!
      if (count === 0) continue
      if (quote !== '') out.text(quote)
      this.#values(packet, this.#found[own]!, count, out)
      if (quote !== '') out.text(quote)
    }
    out.byte(10)
    this.#columns.shown(packet)
  }

  end(): void {}

  #find(rows: Rows): void {
    const counts = this.#counts
    counts.fill(0)
    const slotOf = this.#slotOf
    const { field, count } = rows
    for (let row = 0; row < count; row++) {
      const slot = slotOf[field[row]!]!
      if (slot === NONE) continue
      let found = this.#found[slot]!
      const at = counts[slot]!
      if (at === found.length) {
        const bigger = new Int32Array(2 * at)
        bigger.set(found)
        found = this.#found[slot] = bigger
      }
      found[at] = row
      counts[slot] = at + 1
    }
  }

  #values(packet: Packet, found: Int32Array, count: number, out: TextOutput): void {
    const { occurrence, aggregator } = this.#options
    const from = occurrence === 'last' ? count - 1 : 0
    const to = occurrence === 'first' ? 1 : count
    for (let i = from; i < to; i++) {
      if (i > from) out.text(aggregator)
      this.#value(packet.rows, found[i]!, out)
    }
  }

  #value(rows: Rows, row: number, out: TextOutput): void {
    const field = FIELDS[rows.field[row]!]!
    if (rows.value[row] === -1 && (field.type === 'string' || field.type === 'uint_string')) {
      const bytes = rows.sources[rows.source[row]!]!
      const start = rows.start[row]!
      const end = Math.min(bytes.length, start + rows.length[row]!)
      if (start >= 0 && isPlain(bytes, start, end)) {
        out.copy(bytes, start, end)
        return
      }
    }
    out.text(this.#escaped(valueText(rows, row, field)))
  }

  #escaped(text: string): string {
    return this.#options.toTerminal ? treeEscaped(text) : fieldEscaped(text)
  }
}

/** A row's value as -T fields shows it; marks without value are 1. */
export function valueText(rows: Rows, row: number, field: Field): string {
  if (field.type === 'protocol') return protocolText(rows, row, field)
  const value = readValue(rows, row)
  if (field.type === 'none' && value === null) return '1'
  return formatValue(field, value)
}

/** Data and parts of a protocol (TCP's options) show their bytes, protocols their line of the tree when they have their own, or else their name. */
function protocolText(rows: Rows, row: number, field: Field): string {
  if (field.name === 'data' || isPartWithBytes(rows, row, field)) return bytesText(bytesOf(rows, row), '')
  return rows.textOf(row) === null ? field.name : rowText(rows, row)
}

/** A protocol within another, such as a TCP option, has its bytes for value; notes have none. Extension headers of IPv6 are protocols of their own. */
export function isPartWithBytes(rows: Rows, row: number, { type, name, id, protocol }: Field): boolean {
  return type === 'protocol' && id !== protocol && rows.parent[row] !== ROOT && rows.length[row]! > 0 && !/^(?:_ws|ipv6)\./.test(name)
}

/** Printable ASCII only. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte > 0x7e) return false
  }
  return true
}
