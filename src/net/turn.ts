// All links with something to send in this turn of the event loop: each is flushed once, at its end.
// One write per socket and turn is what makes many small packets cheap; where the writes are many, further turns share them.

import type { TurnSpans } from './turn-spans.ts'

/** Something that writes what it gathered. */
export interface Flushable {
  /** Harmless when nothing waits. */
  flush(): void
}

/** Milliseconds with nothing to do after which a read counts as alone: less means that it was there before we had finished. */
const QUIET_MS = 0.02
/** Links that are written at once: more are work of their own, which others must not wait for twice in a turn. */
const FEW = 16
/** Links after which we look at the clock. */
const BATCH = 32
/** Milliseconds after which the links that are left wait for the next turn: a thousand writes of 64 KiB would hold up everybody else's reads. */
const FLUSH_MS = 15

export class Turn {
  /** Told how long each turn was that had something to write; null = nobody asks. */
  spans: TurnSpans | null = null
  readonly #waiting: Flushable[] = []
  readonly #first: (() => void)[] = []
  #scheduled = false
  /** When the last read or the last flush ended. Milliseconds, of the monotonic clock. */
  #busyUntil = 0
  /** When the first read began whose writes are still to come; 0 = there was none. */
  #begun = 0
  readonly #now: () => number
  readonly #flushAll = (): void => {
    const first = this.#first
    for (let i = 0; i < first.length; i++) first[i]!()
    first.length = 0
    this.#scheduled = false
    const waiting = this.#waiting
    const mayBeLong = waiting.length > BATCH
    const until = mayBeLong ? this.#now() + FLUSH_MS : 0
    let done = 0
    while (done < waiting.length) {
      waiting[done++]!.flush()
      if (mayBeLong && done % BATCH === 0 && this.#now() > until) break
    }
    const ended = this.#now()
    this.#busyUntil = ended
    if (done < waiting.length) {
      waiting.splice(0, done)
      this.#schedule()
      return // the turn goes on
    }
    waiting.length = 0
    if (this.spans !== null && done > 0 && this.#begun !== 0) this.spans.add(ended - this.#begun)
    this.#begun = 0
  }

  /** `now` is the monotonic clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A read begins. True when it comes out of the blue: there is nothing to gather then, so what it makes is written at its end. */
  readBegins(now: number): boolean {
    if (this.#begun === 0) this.#begun = now
    const isAlone = !this.#scheduled && now - this.#busyUntil > QUIET_MS
    if (isAlone) this.#scheduled = true // nobody asks for the end of the turn: we do not wait for it
    return isAlone
  }

  /** The read has been handled; `isAlone` is what `readBegins` said. */
  readEnded(now: number, isAlone: boolean): void {
    this.#busyUntil = now
    if (!isAlone) {
      if (!this.#scheduled) this.#begun = 0 // it made nothing to write
      return
    }
    if (this.#first.length > 0 || this.#waiting.length > FEW) setImmediate(this.#flushAll)
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
