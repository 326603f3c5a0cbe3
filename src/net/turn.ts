// All links with something to send in this turn of the event loop: each is flushed once, at its end.
// One write per socket and turn is what makes many small packets cheap.

/** Something that writes what it gathered. */
export interface Flushable {
  /** Harmless when nothing waits. */
  flush(): void
}

/** Milliseconds without a read after which the next one counts as alone. */
const QUIET_MS = 0.1

export class Turn {
  readonly #waiting: Flushable[] = []
  readonly #first: (() => void)[] = []
  #scheduled = false
  /** Milliseconds, of the monotonic clock. */
  #lastRead = 0
  readonly #flushAll = (): void => {
    const first = this.#first
    for (let i = 0; i < first.length; i++) first[i]!()
    first.length = 0
    this.#scheduled = false
    const waiting = this.#waiting
    for (let i = 0; i < waiting.length; i++) waiting[i]!.flush()
    waiting.length = 0
  }

  /**
   * A read begins. True when it comes out of the blue: there is nothing to gather then, so what it makes is written as soon as it has been
   * handled, and `readEnded` must be called.
   */
  readBegins(now: number): boolean {
    const isAlone = !this.#scheduled && now - this.#lastRead > QUIET_MS
    this.#lastRead = now
    if (isAlone) this.#scheduled = true // nobody asks for the end of the turn: we do not wait for it
    return isAlone
  }

  readEnded(): void {
    if (this.#first.length > 0) setImmediate(this.#flushAll)
    else this.#flushAll()
  }

  /** Flushes `link` at the end of this turn. */
  add(link: Flushable): void {
    this.#waiting.push(link)
    this.#schedule()
  }

  /** Runs `task` at the end of this turn, before anything is written: what was received is stored first, and what waited for that leaves at once. */
  before(task: () => void): void {
    this.#first.push(task)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flushAll)
  }
}
