// Two clients with one Client Identifier throw each other out, come back at once, and would do nothing else: the newcomers wait, longer each time.
// Only those with that identifier; the one who is in goes on undisturbed meanwhile.

import type { Clock } from '../base/clock.ts'
import { Deadline, type Deadlines } from '../base/deadlines.ts'
import type { Limits } from './limits.ts'

/** Take-overs of one Client Identifier that cost nothing; one more is forgiven each second. */
const FREE = 4
const FORGIVEN_MS = 1000
/** Of the first that waits; doubled for each that follows. */
const FIRST_DELAY_MS = 100
/** Identifiers known before those that are forgiven are looked for. */
const MANY = 1024

/** How many take-overs are not forgiven, as counted at a time. */
interface Score {
  count: number
  at: number
}

export class TakeOvers {
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  readonly #limits: Limits
  readonly #scores = new Map<string, Score>()
  #tidyAt = MANY

  constructor(clock: Clock, deadlines: Deadlines, limits: Limits) {
    this.#clock = clock
    this.#deadlines = deadlines
    this.#limits = limits
  }

  /** Client Identifiers that are remembered. */
  get size(): number {
    return this.#scores.size
  }

  /** Somebody wants to take this Client Identifier over: gives `answer`, when it is his turn. */
  next<T>(clientId: string, answer: T): T | Promise<T> {
    const now = this.#clock.now()
    const over = this.#counted(clientId, now) - FREE
    const delay = over <= 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (Math.ceil(over) - 1), this.#limits.maximumTakeOverDelayMs)
    if (delay === 0) return answer
    return new Promise((resolve) => this.#deadlines.set(new Deadline(() => resolve(answer)), now + delay))
  }

  /** Take-overs that are not forgiven, with this one. */
  #counted(clientId: string, now: number): number {
    const known = this.#scores.get(clientId)
    if (known !== undefined) {
      known.count = Math.max(0, known.count - (now - known.at) / FORGIVEN_MS) + 1
      known.at = now
      return known.count
    }
    if (this.#scores.size >= this.#tidyAt) this.#tidy(now)
    this.#scores.set(clientId, { count: 1, at: now })
    return 1
  }

  /** Those that are forgiven go; each look at all of them is paid for by as many that came since the last one. */
  #tidy(now: number): void {
    for (const [clientId, { count, at }] of this.#scores) if (count * FORGIVEN_MS <= now - at) this.#scores.delete(clientId)
    this.#tidyAt = Math.max(MANY, this.#scores.size * 2)
  }
}
