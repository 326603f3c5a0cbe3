// Many deadlines behind one timer: a hashed wheel, O(1) to set and to cancel. No clock inside: `run(now)` is told the time.
// Keep-alive, will delay, session and message expiry all live here.

const SLOTS = 1024

/** One deadline; the owner keeps it to cancel it or to set it anew. */
export class Deadline {
  /** Milliseconds of the clock; Infinity while not set. */
  at: number = Infinity
  readonly action: (now: number) => void
  previous: Deadline | null = null
  next: Deadline | null = null
  slot = -1

  constructor(action: (now: number) => void) {
    this.action = action
  }
}

export class Deadlines {
  readonly #tickMs: number
  readonly #onFault: ((error: unknown) => void) | null
  readonly #slots: (Deadline | null)[] = new Array<Deadline | null>(SLOTS).fill(null)
  #tick: number
  /** How many are set. */
  count = 0

  /**
   * `tickMs` is the precision: a deadline fires at most one tick late, never early. `onFault` is told of actions that throw, and the others
   * go on; without it the first error is thrown once all have been called.
   */
  constructor(now: number, tickMs = 50, onFault: ((error: unknown) => void) | null = null) {
    this.#tickMs = tickMs
    this.#onFault = onFault
    this.#tick = Math.floor(now / tickMs)
  }

  /** Sets or moves a deadline to `at`. */
  set(deadline: Deadline, at: number): void {
    this.cancel(deadline)
    deadline.at = at
    const tick = Math.max(Math.ceil(at / this.#tickMs), this.#tick + 1)
    const slot = tick % SLOTS
    const head = this.#slots[slot]!
    deadline.slot = slot
    deadline.next = head
    if (head !== null) head.previous = deadline
    this.#slots[slot] = deadline
    this.count++
  }

  /** Does nothing when it is not set. */
  cancel(deadline: Deadline): void {
    if (deadline.slot < 0) return
    if (deadline.previous === null) this.#slots[deadline.slot] = deadline.next
    else deadline.previous.next = deadline.next
    if (deadline.next !== null) deadline.next.previous = deadline.previous
    deadline.previous = deadline.next = null
    deadline.slot = -1
    deadline.at = Infinity
    this.count--
  }

  /** Calls what is due at `now`. Actions may set and cancel deadlines, also their own. */
  run(now: number): void {
    const until = Math.floor(now / this.#tickMs)
    if (until <= this.#tick) return
    const due: Deadline[] = []
    for (let tick = Math.max(this.#tick + 1, until - SLOTS + 1); tick <= until; tick++) {
      for (let deadline = this.#slots[tick % SLOTS]!; deadline !== null; deadline = deadline.next!) if (deadline.at <= now) due.push(deadline)
    }
    this.#tick = until
    due.sort((a, b) => a.at - b.at)
    const faults: unknown[] = []
    for (const deadline of due) {
      if (deadline.slot < 0 || deadline.at > now) continue // cancelled or moved by an earlier action
      this.cancel(deadline)
      try {
        deadline.action(now)
      } catch (error) {
        if (this.#onFault !== null) this.#onFault(error)
        else faults.push(error)
      }
    }
    if (faults.length > 0) throw faults[0]
  }
}
