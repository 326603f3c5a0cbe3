// What the filter and the printer will read: dissectors skip costly work that nobody asked for.
// Rows themselves are cheap and always written for a wanted protocol; texts, analyses and reassemblies beyond MQTT's need are not.

import { FIELDS, fieldsNamed } from './field.ts'

const READ = 1
const TEXT = 2

export class Demand {
  /** By field id: READ when the field itself is read; a protocol's id: when any of its fields is. TEXT when the row's tree text is printed. */
  readonly #wanted: Uint8Array
  /** Everything: trees are printed, all rows and texts are needed. */
  readonly everything: boolean
  /** The summary's columns are read: Source, Destination, Protocol and Info. */
  readonly columns: boolean
  /** Some field is read. Wireshark makes no tree for columns alone, and some dissectors then stop at what these need. */
  readonly hasTree: boolean
  /** Set while packets are read only for what they teach about later ones: no texts are made. */
  isQuiet = false

  /** `names`: fields that are read; `printed`: those among them whose tree text matters (-e of a protocol or a mark). */
  constructor(names: readonly string[] | 'everything', columns: boolean, printed: readonly string[] = []) {
    this.everything = names === 'everything'
    this.columns = columns || this.everything
    this.hasTree = this.everything || names.length > 0
    this.#wanted = new Uint8Array(FIELDS.length)
    if (names === 'everything') this.#wanted.fill(READ | TEXT)
    else {
      for (const name of names) this.#add(name, READ)
      for (const name of printed) this.#add(name, READ | TEXT)
    }
  }

  /** Whether a field, or any field of a protocol, is read. */
  has(id: number): boolean {
    return this.#wanted[id] !== 0
  }

  /** Whether the tree text of a field or protocol is read: only then `rows.setText` is worth making a string. */
  text(id: number): boolean {
    return !this.isQuiet && (this.#wanted[id]! & TEXT) !== 0
  }

  #add(name: string, use: number): void {
    for (const field of fieldsNamed(name)) {
      this.#wanted[field.id]! |= use
      this.#wanted[field.protocol]! |= READ
    }
  }
}
