// Few password hashes at a time: the others wait their turn, and beyond a full waiting room nobody is let in to wait.
// Keeps a flood of logins from filling the thread pool. No I/O of its own.

export class VerificationQueue {
  readonly #atOnce: number
  readonly #maximumWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(atOnce = 4, maximumWaiting = 256) {
    this.#atOnce = atOnce
    this.#maximumWaiting = maximumWaiting
  }

  /** Runs `work` when its turn comes; null when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.#running === this.#atOnce) {
      if (this.#waiting.length >= this.#maximumWaiting) return null
      // The one before hands its place over: `#running` stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
