// Reads packets back when they are wanted: neighbours come along, because queues are read in the order in which they were written.
// The cache is bounded; nothing else in memory holds packets that wait.

import type { Journal } from './journal.ts'

const RUN = 262144

interface Piece {
  readonly segment: number
  readonly from: number
  readonly bytes: Uint8Array
}

export class Bodies {
  /** Bytes in the cache. */
  cachedBytes = 0
  readonly #journal: Journal
  readonly #most: number
  /** Least recently used first. */
  #pieces: Piece[] = []

  /** Keeps up to `most` bytes. */
  constructor(journal: Journal, most: number) {
    this.#journal = journal
    this.#most = most
  }

  /** The bytes at a place: a view that nobody writes to. Throws JournalError when they cannot be had. */
  async read(segment: number, offset: number, length: number): Promise<Uint8Array> {
    const index = this.#pieces.findIndex((piece) => piece.segment === segment && offset >= piece.from && offset + length <= piece.from + piece.bytes.length)
    if (index >= 0) {
      const [piece] = this.#pieces.splice(index, 1)
      this.#pieces.push(piece!)
      return piece!.bytes.subarray(offset - piece!.from, offset - piece!.from + length)
    }
    const written = this.#journal.segments().find((use) => use.segment === segment)?.bytes ?? 0
    const size = Math.min(RUN, written - offset)
    if (size < length) return await this.#journal.readPlace(segment, offset, length)
    const bytes = await this.#journal.readPlace(segment, offset, size)
    this.#keep({ segment, from: offset, bytes })
    return bytes.subarray(0, length)
  }

  #keep(piece: Piece): void {
    if (piece.bytes.length > this.#most) return
    this.#pieces.push(piece)
    this.cachedBytes += piece.bytes.length
    while (this.cachedBytes > this.#most) this.cachedBytes -= this.#pieces.shift()!.bytes.length
  }
}
