// Goes through the bytes of one message from front to back and writes a row for what it passes: the step that dissectors of messages share. ● hot
// The message may be cut or lie about its lengths: a step beyond its bytes throws the walk's own `PacketEnds`, which `ended` turns into a mark.

import type { DissectContext } from './context.ts'
import { addBoundsMark } from './expert.ts'
import { Rows } from './rows.ts'
import { asciiTextAt } from './value.ts'
import { noteStrayCharacters } from './value-errors.ts'

/** Thrown when a message has fewer bytes than it needs. One per walk, made once: it carries no stack. */
export class PacketEnds {
  /** The byte position up to which bytes were wanted. */
  wanted = 0
}

const NOTHING = new Uint8Array(0)
const NO_ROWS = new Rows()

/** One per conversation and protocol, made new for each message by `begin`. */
export class Walk {
  context: DissectContext | null = null
  rows: Rows = NO_ROWS
  bytes: Uint8Array = NOTHING
  source = 0
  /** The next byte. */
  at = 0
  /** End of the message as it is reported; fewer bytes may be stored. */
  end = 0
  /** End of those bytes of the message that the capture holds. */
  stored = 0
  readonly #ends = new PacketEnds()

  begin(context: DissectContext, source: number, start: number, length: number): void {
    this.context = context
    this.rows = context.rows
    this.bytes = context.rows.sources[source]!
    this.source = source
    this.at = start
    this.end = start + length
    this.stored = Math.min(this.end, this.bytes.length)
  }

  /** Bytes reported but not yet passed. */
  get left(): number {
    return this.end - this.at
  }

  /** Throws unless so many bytes follow. */
  need(count: number): void {
    const wanted = this.at + count
    if (wanted > this.stored) {
      this.#ends.wanted = wanted
      throw this.#ends
    }
  }

  /** The message cannot go on, whatever its bytes: as if it ended here. */
  fail(): never {
    this.#ends.wanted = this.end + 1
    throw this.#ends
  }

  /** Passes a byte and returns it. */
  byte(field: number, parent: number): number {
    this.need(1)
    this.rows.add(field, this.source, this.at, 1, parent)
    return this.bytes[this.at++]!
  }

  two(field: number, parent: number): number {
    this.need(2)
    const { at, bytes } = this
    this.rows.add(field, this.source, at, 2, parent)
    this.at = at + 2
    return (bytes[at]! << 8) | bytes[at + 1]!
  }

  /** Passes bytes that stand for themselves or a number; returns the row. */
  run(field: number, count: number, parent: number): number {
    this.need(count)
    const row = this.rows.add(field, this.source, this.at, count, parent)
    this.at += count
    return row
  }

  /** Passes a text; returns the row. */
  text(field: number, count: number, parent: number): number {
    const row = this.run(field, count, parent)
    noteStrayCharacters(this.context!, row)
    return row
  }

  /** Passes a text in ASCII: each other byte is shown as U+FFFD. Returns the row. */
  asciiText(field: number, count: number, parent: number): number {
    const { rows, bytes, at } = this
    const row = this.run(field, count, parent)
    noteStrayCharacters(this.context!, row, asciiTextAt)
    for (let i = at; i < at + count; i++) {
      if (bytes[i]! < 0x80) continue
      rows.value[row] = rows.given.length
      rows.given.push(asciiTextAt(bytes, at, count))
      break
    }
    return row
  }

  /** Passes a text behind its length in two bytes; returns the text's row. */
  shortText(lengthField: number, field: number, parent: number): number {
    return this.text(field, this.two(lengthField, parent), parent)
  }

  /** Ends a message on `PacketEnds`: returns when it was this walk's, throws on what it does not know. */
  ended(error: unknown, label: string): void {
    if (error !== this.#ends) throw error
    addBoundsMark(this.context!, label, this.source, this.#ends.wanted, this.end)
  }
}
