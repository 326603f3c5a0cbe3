// The link of a connection whose messages wait for the store: not read any further when they become many bytes.
// What must not leave before they are stored is held in base/output-buffer.ts.

import type { Link } from '../base/link.ts'

/** Bytes received that are not stored yet, beyond which a client is not read until they are. */
const MOST_BEHIND = 4 << 20
/** Bytes that wait to be sent until then: acknowledgements of little. */
const MOST_HELD = 65536

export class HeldLink {
  readonly #link: Link
  /** Bytes received up to `#ticket`, and after it: when the store has got that far, the later ones become the earlier ones. */
  #earlier = 0
  #later = 0
  #ticket = 0
  #lastTicket = 0
  /** Not read, because too much waits. */
  isPaused = false

  constructor(link: Link) {
    this.#link = link
  }

  /** Bytes received that the store may not have yet: never less than there are, at most twice as many. */
  get behind(): number {
    return this.#earlier + this.#later
  }

  /** So many bytes were read, and what was in them waits for the store up to `ticket`. */
  received(bytes: number, ticket: number): void {
    if (this.behind === 0) this.#ticket = ticket
    if (ticket === this.#ticket) this.#earlier += bytes
    else this.#later += bytes
    this.#lastTicket = ticket
  }

  /** After a read: stops reading when too much waits. */
  look(): void {
    if (this.isPaused || !this.#isTooMuch) return
    this.isPaused = true
    this.#link.pause()
  }

  /** The store has reached `durableUpTo`; reads on when `mayRead`. Returns whether something waits still. */
  release(durableUpTo: number, mayRead: boolean): boolean {
    const isHeld = this.#link.output.release(durableUpTo)
    if (this.behind > 0 && durableUpTo >= this.#ticket) {
      this.#earlier = durableUpTo >= this.#lastTicket ? 0 : this.#later
      this.#later = 0
      this.#ticket = this.#lastTicket
    }
    if (this.isPaused && !this.#isTooMuch) {
      this.isPaused = false
      if (mayRead) this.#link.resume()
    }
    return isHeld || this.behind > 0
  }

  get #isTooMuch(): boolean {
    return this.behind > MOST_BEHIND || this.#link.output.held > MOST_HELD
  }
}
