// A ring of bytes with a budget: grows to it, then the newest overwrite the oldest. Addresses grow for ever, so that "still there?" is one comparison.
// Holds no messages: message-store.ts knows what lies where.

const FIRST_SIZE = 1 << 20

export class ByteRing {
  readonly #budget: number
  #bytes: Uint8Array<ArrayBuffer>
  /** Address behind the last byte written. */
  #end = 0
  #wrapped = false

  /** `budget` in bytes; a power of two. */
  constructor(budget: number) {
    this.#budget = budget
    this.#bytes = new Uint8Array(Math.min(FIRST_SIZE, budget))
  }

  /** What is written at once at most. */
  get longest(): number {
    return this.#budget >> 2
  }

  /** Addresses below this are overwritten. */
  get oldest(): number {
    return this.#wrapped ? this.#end - this.#bytes.length : 0
  }

  get end(): number {
    return this.#end
  }

  /** Makes room for `length` bytes in one piece and returns their address. Moves `oldest`: look who is gone. */
  reserve(length: number): number {
    while (!this.#wrapped && this.#end + length > this.#bytes.length && this.#bytes.length < this.#budget) {
      const bigger = new Uint8Array(Math.min(this.#budget, this.#bytes.length * 2))
      bigger.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = bigger
    }
    const size = this.#bytes.length
    const behind = this.#end % size
    if (behind + length > size) this.#end += size - behind // the rest of the round is too short
    if (this.#end + length > size) this.#wrapped = true
    const address = this.#end
    this.#end += length
    return address
  }

  write(address: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, address % this.#bytes.length)
  }

  /** A view: copy before keeping. */
  view(address: number, length: number): Uint8Array<ArrayBuffer> {
    const at = address % this.#bytes.length
    return this.#bytes.subarray(at, at + length)
  }

  clear(): void {
    this.#bytes = new Uint8Array(Math.min(FIRST_SIZE, this.#budget))
    this.#end = 0
    this.#wrapped = false
  }
}
