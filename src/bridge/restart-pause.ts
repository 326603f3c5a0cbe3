// How long a bridge waits before it connects again: always the same time, or one that grows at random up to a cap.
// Random, so that many bridges to one broker do not come back at once; it grows from the last one, not by the number of failures.

import type { RestartTimeout } from './bridge-settings.ts'

export class RestartPause {
  readonly #random: () => number
  /** Seconds; 0 = begins anew. */
  #last = 0

  /** `random`: evenly distributed in [0, 1). */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Milliseconds to wait now. */
  next({ base, cap }: RestartTimeout): number {
    if (cap === null) return base * 1000
    const from = Math.max(this.#last, base)
    this.#last = Math.min(cap, base + this.#random() * (from * 3 - base))
    return Math.round(this.#last * 1000)
  }

  /** A connection ended that had lasted so many milliseconds from its CONNACK on. */
  lasted(ms: number, { stable }: RestartTimeout): void {
    if (ms >= stable * 1000) this.#last = 0
  }
}
