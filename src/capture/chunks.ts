// Received pieces of a file as one readable sequence, without copying what lies in one piece. ● hot
// Only what is split between pieces is joined, in memory of its own that grows by doubling: pieces of one byte cost no more.

export class Chunks {
  /** The bytes at hand: bytes[at, end). */
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(this.bytes.buffer)
  at = 0
  end = 0
  /** Bytes of the file before `bytes[0]`. */
  #before = 0
  /** `bytes` is memory of ours, to which can be added. */
  #isOwn = false

  /** Offset in the file of `at`. */
  get offset(): number {
    return this.#before + this.at
  }

  get available(): number {
    return this.end - this.at
  }

  /** Takes a piece, which stays ours until the next push. */
  push(chunk: Uint8Array): void {
    const left = this.end - this.at
    if (left > 0 && this.#isOwn && this.end + chunk.length <= this.bytes.length) {
      this.bytes.set(chunk, this.end)
      this.end += chunk.length
      return
    }
    this.#before += this.at
    if (left === 0) this.#use(chunk, chunk.length, false)
    else {
      const joined = new Uint8Array(Math.max(left + chunk.length, 2 * left))
      joined.set(this.bytes.subarray(this.at, this.end))
      joined.set(chunk, left)
      this.#use(joined, left + chunk.length, true)
    }
  }

  /** Passes over as many of `count` bytes as are here; returns how many are still to pass. */
  skip(count: number): number {
    const here = Math.min(count, this.end - this.at)
    this.at += here
    return count - here
  }

  #use(bytes: Uint8Array, length: number, isOwn: boolean): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = 0
    this.end = length
    this.#isOwn = isOwn
  }
}
