// Time as the core sees it: milliseconds that never go backwards. No OS timer lives below this port.
// Production reads a monotonic clock (server/), tests move a manual one.

export interface Clock {
  /** Milliseconds since an arbitrary start, monotonic. */
  now(): number
}

/** A clock that stands still until told: for tests and replays. */
export class ManualClock implements Clock {
  #now: number

  constructor(now = 0) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  /** Moves time forward by `ms`. */
  advance(ms: number): void {
    this.#now += ms
  }
}
