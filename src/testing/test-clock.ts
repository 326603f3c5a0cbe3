// The time of a test broker: it runs as ever, or stands still; `advance` moves it on in both cases, and with it all that waits for time.
// The broker's deadlines, and delays of faults, go by it. Clients have clocks of their own.

import type { Clock } from '../base/clock.ts'
import type { FaultTimers } from '../faults/passing-packet.ts'
import { UsageError } from '../wire/errors.ts'

/** Deadlines of the broker are exact to this. */
const STEP_MS = 50
/** A long way is gone in longer steps. */
const MOST_STEPS = 20_000

interface Alarm {
  readonly at: number
  readonly action: () => void
  readonly timer: NodeJS.Timeout | null
}

export class TestClock implements Clock, FaultTimers {
  readonly #isManual: boolean
  readonly #alarms = new Set<Alarm>()
  /** Milliseconds that it is ahead of the machine's, or its time if it stands still. */
  #ahead = 0
  #run: (now: number) => void = () => {}

  /** `isManual`: it stands still but for `advance`. */
  constructor(isManual: boolean) {
    this.#isManual = isManual
  }

  now(): number {
    return this.#isManual ? this.#ahead : performance.now() + this.#ahead
  }

  /**
   * Moves time on; the broker does what is due on the way, in order: keep alive, wills, expiries, `$SYS`. What has happened before, such as a
   * connection that broke, counts as before. Settles when what the broker wrote is with the system. @throws UsageError
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0) || ms === Number.POSITIVE_INFINITY) throw new UsageError(`advance ${ms}: give milliseconds from 0 on`)
    await turns()
    const step = Math.max(STEP_MS, ms / MOST_STEPS)
    for (let left = ms; left > 0; left -= step) {
      this.#ahead += Math.min(left, step)
      this.#run(this.now())
      this.#ring()
    }
    await turns()
  }

  after(ms: number, action: () => void): void {
    const alarm: Alarm = { at: this.now() + ms, action, timer: this.#isManual ? null : setTimeout(() => this.#fire(alarm), ms) }
    this.#alarms.add(alarm)
  }

  /** Library only: `run` is the broker's. */
  drive(run: (now: number) => void): void {
    this.#run = run
  }

  /** Library only: nothing rings any more. */
  stop(): void {
    for (const { timer } of this.#alarms) if (timer !== null) clearTimeout(timer)
    this.#alarms.clear()
  }

  #ring(): void {
    const now = this.now()
    for (const alarm of [...this.#alarms].sort((a, b) => a.at - b.at)) if (alarm.at <= now) this.#fire(alarm)
  }

  #fire(alarm: Alarm): void {
    if (!this.#alarms.delete(alarm)) return
    if (alarm.timer !== null) clearTimeout(alarm.timer)
    alarm.action()
  }
}

/** Lets sockets and what waits for the end of a turn go on: routed, written, gone. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
