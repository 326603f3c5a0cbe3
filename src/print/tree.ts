// -V and -O: the whole tree of a packet, line by line, indented by four spaces a level.
// The lines are tree-line.ts'.

import { FIELDS } from '../dissect/field.ts'
import type { Packet } from '../dissect/packet.ts'
import type { Rows } from '../dissect/rows.ts'
import { bytesOf } from '../dissect/value.ts'
import { hexDump } from './hex.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import { NO_ROW, RowTree } from './row-tree.ts'
import type { TextOutput } from './text-output.ts'
import { treeText } from './tree-line.ts'

export class TreePrinter implements Printer {
  readonly needs: PrinterNeeds = { names: 'everything', printed: [], columns: true }
  readonly #only: ReadonlySet<string> | null
  readonly #withBytes: boolean
  readonly #tree = new RowTree()

  /** `only`: names of protocols that are unfolded, the others being one line (-O); null = all. `withBytes`: undecoded bytes are shown in the tree, too. */
  constructor(only: ReadonlySet<string> | null, withBytes = true) {
    this.#only = only
    this.#withBytes = withBytes
  }

  begin(): void {}

  packet({ rows }: Packet, out: TextOutput): void {
    this.#tree.fill(rows)
    for (let row = this.#tree.first; row !== NO_ROW; row = this.#tree.next(row)) this.#row(rows, row, 0, out)
    out.byte(10)
  }

  end(): void {}

  #row(rows: Rows, row: number, depth: number, out: TextOutput): void {
    const field = FIELDS[rows.field[row]!]!
    if (field.hidden === true) return
    out.text(`${'    '.repeat(depth)}${treeText(rows, row)}\n`)
    if (field.name === 'data' && this.#withBytes) {
      out.byte(10)
      hexDump(bytesOf(rows, row), out)
    }
    if (depth === 0 && this.#only !== null && !this.#only.has(field.name)) return
    for (let child = this.#tree.child(row); child !== NO_ROW; child = this.#tree.next(child)) this.#row(rows, child, depth + 1, out)
  }
}
