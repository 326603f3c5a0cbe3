// Output in large pieces: texts and bytes are gathered in one buffer and handed to a sink when it is full. ● hot
// The sink copies or writes before it returns; ASCII goes in without an encoder.

const SIZE = 1 << 16
const ENCODER = new TextEncoder()
/** Shorter texts are copied character by character, which is faster than a call of the encoder. */
const SHORT = 64

export class TextOutput {
  readonly #bytes = new Uint8Array(SIZE)
  readonly #sink: (bytes: Uint8Array) => void
  #length = 0

  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink
  }

  text(text: string): void {
    const { length } = text
    if (length <= SHORT) {
      if (this.#length + length > SIZE) this.flush()
      const bytes = this.#bytes
      let at = this.#length
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i)
        if (code > 0x7e) {
          this.#encode(text)
          return
        }
        bytes[at++] = code
      }
      this.#length = at
    } else this.#encode(text)
  }

  /** One ASCII character. */
  byte(code: number): void {
    if (this.#length === SIZE) this.flush()
    this.#bytes[this.#length++] = code
  }

  /** An unsigned decimal number below 2^53. */
  decimal(value: number): void {
    if (value < 10) this.byte(48 + value)
    else this.text(`${value}`)
  }

  /** Bytes that are text already. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.#length + length > SIZE) this.flush()
    if (length > SIZE) {
      this.#sink(bytes.subarray(start, end))
      return
    }
    const own = this.#bytes
    let to = this.#length
    for (let i = start; i < end; i++) own[to++] = bytes[i]!
    this.#length = to
  }

  /** Hands over what is gathered. */
  flush(): void {
    if (this.#length === 0) return
    const { length } = this
    this.#length = 0
    this.#sink(this.#bytes.subarray(0, length))
  }

  /** Bytes gathered and not handed over. */
  get length(): number {
    return this.#length
  }

  #encode(text: string): void {
    if (this.#length + 3 * text.length > SIZE) this.flush()
    if (3 * text.length > SIZE) {
      this.#sink(ENCODER.encode(text))
      return
    }
    this.#length += ENCODER.encodeInto(text, this.#bytes.subarray(this.#length)).written
  }
}
