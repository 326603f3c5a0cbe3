// Chunks of standard input to lines for `pub -l`: each ends at a newline, which is dropped; a carriage return stays.
// Memory: the unfinished line, nothing else.

/** Cuts a stream of bytes into lines. */
export class LineSplitter {
  #pieces: Uint8Array[] = []
  #length = 0

  /** Calls `line` for each line that ends in this chunk. Lines are own memory. */
  push(chunk: Uint8Array, line: (bytes: Uint8Array) => void): void {
    let from = 0
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, from)) {
      line(this.#join(chunk.subarray(from, at)))
      from = at + 1
    }
    if (from < chunk.length) {
      this.#pieces.push(new Uint8Array(chunk.subarray(from)))
      this.#length += chunk.length - from
    }
  }

  /** The last line, if the input did not end with a newline; null when it did. */
  finish(): Uint8Array | null {
    return this.#length === 0 ? null : this.#join(new Uint8Array(0))
  }

  #join(last: Uint8Array): Uint8Array {
    const out = new Uint8Array(this.#length + last.length)
    let at = 0
    for (const piece of this.#pieces) {
      out.set(piece, at)
      at += piece.length
    }
    out.set(last, at)
    this.#pieces = []
    this.#length = 0
    return out
  }
}
