// The link of a connection of which something waits for the store: not read any further when that becomes much.
// What is held, and from where on, is base/output-buffer.ts.

import type { Link } from '../base/link.ts'

/** Bytes that wait for the store, beyond which a client is not read until they have left. */
const MOST_HELD = 16384

export class HeldLink {
  readonly #link: Link
  /** Not read, because too much waits. */
  #isPaused = false

  constructor(link: Link) {
    this.#link = link
  }

  /** After a read: stops reading when too much waits. */
  look(): void {
    if (this.#link.output.held <= MOST_HELD) return
    this.#isPaused = true
    this.#link.pause()
  }

  /** The store has reached `durableUpTo`; reads on when `mayRead`. Returns whether something waits still. */
  release(durableUpTo: number, mayRead: boolean): boolean {
    const { output } = this.#link
    const isHeld = output.release(durableUpTo)
    if (this.#isPaused && output.held <= MOST_HELD) {
      this.#isPaused = false
      if (mayRead) this.#link.resume()
    }
    return isHeld
  }
}
