// What the filter and the printer will read: dissectors skip costly work that nobody asked for.
// Rows themselves are cheap and always written for a wanted protocol; texts, analyses and reassemblies beyond MQTT's need are not.

import { FIELDS, fieldsNamed } from './field.ts'

export class Demand {
  /** By field id: 1 when the field itself is read. A protocol's id: 1 when any of its fields is. */
  readonly #wanted: Uint8Array
  /** Everything: trees are printed, all rows are needed. */
  readonly everything: boolean
  /** The summary's columns are read: Protocol and Info. */
  readonly columns: boolean

  constructor(names: readonly string[] | 'everything', columns: boolean) {
    this.everything = names === 'everything'
    this.columns = columns || this.everything
    this.#wanted = new Uint8Array(FIELDS.length)
    if (names === 'everything') this.#wanted.fill(1)
    else
      for (const name of names)
        for (const field of fieldsNamed(name)) {
          this.#wanted[field.id] = 1
          this.#wanted[field.protocol] = 1
        }
  }

  /** Whether a field, or any field of a protocol, is read. */
  has(id: number): boolean {
    return this.#wanted[id] === 1
  }
}
