// -T pdml and psml: Wireshark's XML of trees and of summaries.
// Texts are escaped for XML; controls that XML cannot hold are made visible.

import { bytesText } from '../dissect/address-text.ts'
import { FIELDS } from '../dissect/field.ts'
import type { Packet } from '../dissect/packet.ts'
import type { Rows } from '../dissect/rows.ts'
import { absoluteTimeText, relativeTimeText } from '../dissect/time-text.ts'
import { bytesOf } from '../dissect/value.ts'
import { treeEscaped } from './escapes.ts'
import { valueText } from './fields.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import { NO_ROW, RowTree } from './row-tree.ts'
import type { SummaryColumns } from './summary.ts'
import type { TextOutput } from './text-output.ts'
import { rowText } from './tree-line.ts'

const HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'

export class PdmlPrinter implements Printer {
  readonly needs: PrinterNeeds = { names: 'everything', printed: [], columns: false }
  readonly #tree = new RowTree()
  readonly #creator: string

  /** `creator` is named as what wrote the text. */
  constructor(creator: string) {
    this.#creator = creator
  }

  begin(out: TextOutput): void {
    out.text(`${HEAD}<pdml version="0" creator="${xml(this.#creator)}">\n`)
  }

  packet({ frame, rows }: Packet, out: TextOutput): void {
    const { number, length, seconds, nanoseconds } = frame
    const stored = frame.bytes.length
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
    const general = (name: string, show: string, label: string, value: string): string =>
      `    <field name="${name}" pos="0" show="${show}" showname="${label}" value="${value}" size="${stored}"/>\n`
    out.text(`<packet>\n  <proto name="geninfo" pos="0" showname="General information" size="${stored}">\n`)
    out.text(general('num', `${number}`, 'Number', number.toString(16)))
    out.text(general('len', `${length}`, 'Frame Length', length.toString(16)))
    out.text(general('caplen', `${stored}`, 'Captured Length', stored.toString(16)))
    out.text(general('timestamp', absoluteTimeText(time), 'Captured Time', relativeTimeText(time)))
    out.text('  </proto>\n')
    this.#tree.fill(rows)
    for (let row = this.#tree.first; row !== NO_ROW; row = this.#tree.next(row)) this.#row(rows, row, 1, out)
    out.text('</packet>\n\n')
  }

  end(out: TextOutput): void {
    out.text('</pdml>\n')
  }

  #row(rows: Rows, row: number, depth: number, out: TextOutput): void {
    const field = FIELDS[rows.field[row]!]!
    const indent = '  '.repeat(depth)
    const isProtocol = field.type === 'protocol'
    const element = isProtocol ? 'proto' : 'field'
    const place = `size="${rows.length[row]!}" pos="${Math.max(0, rows.start[row]!)}"`
    const label = rowText(rows, row)
    const name = field.name === '' ? `show="${xml(label)}"` : `name="${xml(field.name)}" showname="${xml(label)}"`
    const hide = field.hidden === true ? ' hide="yes"' : ''
    const show = isProtocol || field.name === '' ? '' : ` show="${xml(field.type === 'none' ? '' : valueText(rows, row, field))}"`
    const bytes = bytesOf(rows, row)
    const value = isProtocol || bytes.length === 0 ? '' : ` value="${bytesText(bytes, '')}"`
    out.text(`${indent}<${element} ${name}${hide} ${place}${show}${value}`)
    let child = this.#tree.child(row)
    if (child === NO_ROW && !isProtocol) {
      out.text('/>\n')
      return
    }
    out.text('>\n')
    for (; child !== NO_ROW; child = this.#tree.next(child)) this.#row(rows, child, depth + 1, out)
    out.text(`${indent}</${element}>\n`)
  }
}

const COLUMN_TITLES = ['No.', 'Time', 'Source', 'Destination', 'Protocol', 'Length', 'Info']

export class PsmlPrinter implements Printer {
  readonly needs: PrinterNeeds = { names: [], printed: [], columns: true }
  readonly #columns: SummaryColumns
  readonly #creator: string

  constructor(columns: SummaryColumns, creator: string) {
    this.#columns = columns
    this.#creator = creator
  }

  begin(out: TextOutput): void {
    out.text(`${HEAD}<psml version="0" creator="${xml(this.#creator)}">\n<structure>\n${sections(COLUMN_TITLES)}</structure>\n\n`)
  }

  packet(packet: Packet, out: TextOutput): void {
    out.text(`<packet>\n${sections(COLUMN_TITLES.map((title) => this.#columns.named(title)?.(packet) ?? ''))}</packet>\n\n`)
    this.#columns.shown(packet)
  }

  end(out: TextOutput): void {
    out.text('</psml>\n')
  }
}

function sections(texts: readonly string[]): string {
  return texts.map((text) => `<section>${xml(text)}</section>\n`).join('')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' }

function xml(text: string): string {
  return treeEscaped(text).replace(/[&<>"']/g, (found) => ENTITIES[found]!)
}
