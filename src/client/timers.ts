// Time for the client: a clock and one-shot timers, given by node.ts, browser.ts or a test's manual ones.
// Carries the session's deadlines on them, so that an idle client wakes up for its Keep Alive only.

import type { Clock } from '../base/clock.ts'
import type { Deadline } from '../base/deadlines.ts'
import type { DeadlineKeeper } from '../session/client-effects.ts'

export interface Timers extends Clock {
  /** Calls `action` once, `ms` from now, unless the returned function was called before. */
  after(ms: number, action: () => void): () => void
}

/** The longest time the timers of Node and browsers take: 24 days. */
const LONGEST = 0x7fffffff

/** One timer for each deadline: a client has two or three. */
export class TimerDeadlines implements DeadlineKeeper {
  readonly #timers: Timers
  readonly #cancels = new Map<Deadline, () => void>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  set(deadline: Deadline, at: number): void {
    this.cancel(deadline)
    deadline.at = at
    const wait = Math.min(Math.max(at - this.#timers.now(), 0), LONGEST)
    this.#cancels.set(
      deadline,
      this.#timers.after(wait, () => this.#due(deadline)),
    )
  }

  cancel(deadline: Deadline): void {
    this.#cancels.get(deadline)?.()
    this.#cancels.delete(deadline)
    deadline.at = Infinity
  }

  #due(deadline: Deadline): void {
    const now = this.#timers.now()
    if (deadline.at > now) {
      // a timer may be early by a fraction, or was cut to the longest
      this.set(deadline, deadline.at)
      return
    }
    this.#cancels.delete(deadline)
    deadline.at = Infinity
    deadline.action(now)
  }
}
