// The fields of a record: numbers, texts and bytes, written in place and read in order.
// No objects on the way in; reading is bounds-checked, because the bytes come from a disk.

import { readUtf8, utf8Length, writeUtf8 } from '../wire/text.ts'

/** A record that is not what its type says. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
}

/** Bytes of a number of up to 53 bits, seven to a byte. */
export function numberSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

export function textSize(text: string): number {
  const length = utf8Length(text)
  return numberSize(length) + length
}

/** Writes a number of up to 53 bits; returns where it ends. */
export function writeNumber(value: number, out: Uint8Array, at: number): number {
  let rest = value
  while (rest >= 128) {
    out[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  out[at] = rest
  return at + 1
}

/** Writes length and text; returns where they end. */
export function writeText(text: string, out: Uint8Array, at: number): number {
  const length = utf8Length(text)
  return writeUtf8(text, out, writeNumber(length, out, at))
}

/** Reads the fields of one record in their order; can be pointed at another one. */
export class FieldReader {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0

  /** Points at bytes[at, end). */
  over(bytes: Uint8Array, at: number, end: number): this {
    this.bytes = bytes
    this.at = at
    this.end = end
    return this
  }

  byte(): number {
    if (this.at >= this.end) throw new RecordError(`a field beyond the record's end at byte ${this.at}`)
    return this.bytes[this.at++]!
  }

  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) break
      if (scale > 2 ** 45) throw new RecordError(`a number of more than 53 bits at byte ${this.at}`)
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new RecordError(`a number of more than 53 bits at byte ${this.at}`)
    return value
  }

  text(): string {
    const length = this.number()
    const at = this.at
    if (length > this.end - at) throw new RecordError(`a text of ${length} bytes beyond the record's end at byte ${at}`)
    this.at = at + length
    return readUtf8(this.bytes, at, this.at, false)
  }

  /** A view of what is left. */
  rest(): Uint8Array {
    const at = this.at
    this.at = this.end
    return this.bytes.subarray(at, this.end)
  }
}
