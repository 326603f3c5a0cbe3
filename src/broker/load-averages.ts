// How busy the broker is: counts per minute, smoothed exponentially over 1, 5 and 15 minutes, as the load of a Unix system.
// `$SYS/broker/load/…` of sys-topics.ts. No clock inside: the seconds that have passed are an argument.

/** Name of the last level of the topic, and the seconds in which an old value falls to 1/e. */
const PERIODS = [
  ['1min', 60],
  ['5min', 300],
  ['15min', 900],
] as const

/** A smaller difference is not worth a message. */
const NOTEWORTHY = 0.01

/** One count, smoothed over each of the periods. */
export class LoadAverages {
  readonly #values = PERIODS.map(() => 0)
  readonly #told = PERIODS.map(() => 0)
  #count = 0

  /**
   * Calls `tell` with each average that differs from the one told last: the last level of its topic and `0.00`. `count` is the total
   * since the start, `seconds` have passed since the last call. All are told when `seconds` is 0, which is the start.
   */
  update(count: number, seconds: number, tell: (period: string, text: string) => void): void {
    const isStart = seconds === 0
    const perMinute = isStart ? 0 : ((count - this.#count) * 60) / seconds
    this.#count = count
    PERIODS.forEach(([name, period], i) => {
      const value = isStart ? 0 : perMinute + Math.exp(-seconds / period) * (this.#values[i]! - perMinute)
      this.#values[i] = value
      // compared with what was told, not with the value before: else a slow decline would never be told, and an idle broker seem busy
      const hasCalmedDown = value < NOTEWORTHY / 2 && this.#told[i]! >= NOTEWORTHY / 2
      if (!isStart && !hasCalmedDown && Math.abs(value - this.#told[i]!) < NOTEWORTHY) return
      this.#told[i] = value
      tell(name, value.toFixed(2))
    })
  }
}
