// All links with something to send in this turn of the event loop: each is flushed once, at its end.
// One write per socket and turn is what makes many small packets cheap.

/** Something that writes what it gathered. */
export interface Flushable {
  /** Harmless when nothing waits. */
  flush(): void
}

export class Turn {
  readonly #waiting: Flushable[] = []
  #scheduled = false
  readonly #flushAll = (): void => {
    this.#scheduled = false
    const waiting = this.#waiting
    for (let i = 0; i < waiting.length; i++) waiting[i]!.flush()
    waiting.length = 0
  }

  /** Flushes `link` at the end of this turn. */
  add(link: Flushable): void {
    this.#waiting.push(link)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flushAll)
  }
}
