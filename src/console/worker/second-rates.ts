// Events counted by the second: the last 60 of them, and a mean over the last ten. Moves on only when it is touched or asked.
// The caller gives the time; nothing runs by itself.

const SECONDS = 60
/** Whole seconds behind the mean. */
const MEAN = 10

export class SecondRates {
  readonly #counts = new Uint32Array(SECONDS)
  #second = 0
  /** The first second ever counted. */
  #born = -1

  /** `now` in milliseconds. */
  add(now: number, events = 1): void {
    const second = Math.floor(now / 1000)
    if (this.#born < 0) this.#born = this.#second = second
    else this.#moveTo(second)
    this.#counts[second % SECONDS]! += events
  }

  /** Events per second, over the last ten whole seconds, or over its life if that is shorter. */
  rate(now: number): number {
    if (this.#born < 0) return 0
    const second = Math.floor(now / 1000)
    this.#moveTo(second)
    const whole = Math.min(MEAN, second - this.#born)
    if (whole < 1) return this.#counts[second % SECONDS]!
    let sum = 0
    for (let i = 1; i <= whole; i++) sum += this.#counts[(second - i) % SECONDS]!
    return sum / whole
  }

  /** Of the last whole seconds, the oldest first; at most 59. */
  line(now: number): number[] {
    if (this.#born < 0) return []
    const second = Math.floor(now / 1000)
    this.#moveTo(second)
    const length = Math.min(SECONDS - 1, second - this.#born)
    return Array.from({ length }, (_, i) => this.#counts[(second - length + i) % SECONDS]!)
  }

  #moveTo(second: number): void {
    if (second <= this.#second) return
    const gap = Math.min(second - this.#second, SECONDS)
    for (let i = 1; i <= gap; i++) this.#counts[(this.#second + i) % SECONDS] = 0
    this.#second = second
  }
}
