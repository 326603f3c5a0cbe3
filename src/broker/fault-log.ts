// What is said when those who are asked about clients throw instead of answering: one line a second, and how many were left out.
// What becomes of the client is decided where it was asked: session/server-connection.ts, authorizers.ts.

import type { Log } from '../base/log.ts'

const WINDOW_MS = 1000

export class FaultLog {
  readonly #log: Log | null
  readonly #now: () => number
  #until = Number.NEGATIVE_INFINITY
  #untold = 0

  /** `now` in milliseconds. */
  constructor(log: Log | null, now: () => number) {
    this.#log = log
    this.#now = now
  }

  /** The answer to `question`, or `otherwise` when it throws: then `what` is told. */
  attempt<T>(question: () => T, otherwise: T, what: string): T {
    try {
      return question()
    } catch (error) {
      this.tell(what, error)
      return otherwise
    }
  }

  /** `what` happened because of `error`; a sentence without `Error: ` and without its end. */
  tell(what: string, error: unknown): void {
    const now = this.#now()
    if (now < this.#until) {
      this.#untold++
      return
    }
    const more = this.#untold === 0 ? '' : ` (${this.#untold} more like this were not shown)`
    this.#until = now + WINDOW_MS
    this.#untold = 0
    this.#log?.write('error', `Error: ${what}: ${error instanceof Error ? error.message : String(error)}${more}`)
  }
}
