// Packets that nobody has read yet: pieces of pcapng, each of whole blocks, up to a limit; beyond it the oldest are forgotten and counted.
// Blocks that say how the others are to be read (section, interface, keys) are never forgotten.

/** Blocks of pcapng kept whatever is forgotten: Section Header, Interface Description, Decryption Secrets. */
const KEPT_BLOCKS: ReadonlySet<number> = new Set([0x0a0d0d0a, 1, 10])

export class UnreadPackets {
  readonly #most: number
  #pieces: Uint8Array[] = []
  /** Those before it have been taken. */
  #at = 0
  #bytes = 0
  #headers: Uint8Array[] = []
  #forgotten = 0

  /** `most`: bytes. */
  constructor(most: number) {
    this.#most = most
  }

  get isEmpty(): boolean {
    return this.#at === this.#pieces.length && this.#headers.length === 0
  }

  /** Bytes of packets that nobody will ever read. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** `bytes` are ours from now on. */
  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#bytes += bytes.length
    while (this.#bytes > this.#most && this.#at < this.#pieces.length - 1) this.#forget(this.#take())
  }

  /** The oldest piece; null = there is none. */
  next(): Uint8Array | null {
    const header = this.#headers.shift()
    if (header !== undefined) return header
    return this.#at < this.#pieces.length ? this.#take() : null
  }

  clear(): void {
    this.#pieces = []
    this.#headers = []
    this.#at = this.#bytes = 0
  }

  #take(): Uint8Array {
    const piece = this.#pieces[this.#at]!
    this.#pieces[this.#at++] = EMPTY
    this.#bytes -= piece.length
    if (this.#at > 1024 && this.#at > this.#pieces.length / 2) {
      this.#pieces = this.#pieces.slice(this.#at)
      this.#at = 0
    }
    return piece
  }

  #forget(piece: Uint8Array): void {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
    let kept = 0
    for (let at = 0; at + 12 <= piece.length; ) {
      const type = view.getUint32(at, true)
      const length = view.getUint32(at + 4, true)
      if (length < 12 || at + length > piece.length) break
      if (type === SECTION) this.#headers = [] // what was said of an earlier section holds no longer
      if (KEPT_BLOCKS.has(type)) {
        this.#headers.push(piece.slice(at, at + length))
        kept += length
      }
      at += length
    }
    this.#forgotten += piece.length - kept
  }
}

const SECTION = 0x0a0d0d0a
const EMPTY = new Uint8Array(0)
