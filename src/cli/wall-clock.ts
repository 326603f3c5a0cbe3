// The clock for -F: now, with nanoseconds, in the local time zone.
// Formatting it is base/strftime's.

import type { StrftimeMoment } from '../base/strftime.ts'
import { localMoment } from '../server/local-time.ts'

/** How far the fine clock may be from the system's before it is set anew: somebody has set the clock. */
const LARGEST_DRIFT_MS = 2

/** The system's clock, finer than its milliseconds. */
export class WallClock {
  #systemMs = Date.now()
  #fine = process.hrtime.bigint()

  /** Now, in local time. */
  now(): StrftimeMoment {
    const systemMs = Date.now()
    let nanoseconds = BigInt(this.#systemMs) * 1_000_000n + process.hrtime.bigint() - this.#fine
    if (Math.abs(Number(nanoseconds / 1_000_000n) - systemMs) > LARGEST_DRIFT_MS) {
      this.#systemMs = systemMs
      this.#fine = process.hrtime.bigint()
      nanoseconds = BigInt(systemMs) * 1_000_000n
    }
    return localMoment(Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n))
  }
}
