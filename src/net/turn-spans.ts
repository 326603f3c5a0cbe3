// How long turns are that write something: from the start of their first read to the end of their writes, counted by length.
// No message waits longer in the broker, queues and slow peers apart. One addition for each turn, none for each message.

/** Ten buckets to a decade: each is at most a quarter wider than the one before. */
const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8]
const FROM_MS = 0.01
/** The last bound is 10 s. */
const BOUNDS = 6 * STEPS.length + 1

/** Milliseconds that the turns of each bucket took at most, rising; the last bucket, of longer ones, has none. */
export function spanBounds(): number[] {
  return Array.from({ length: BOUNDS }, (_, i) => Number((STEPS[i % STEPS.length]! * FROM_MS * 10 ** Math.floor(i / STEPS.length)).toPrecision(3)))
}

export class TurnSpans {
  /** Turns since `clear`, one count for each bound and one for what is beyond. */
  readonly counts: Uint32Array = new Uint32Array(BOUNDS + 1)
  /** Milliseconds of all of them. */
  sumMs = 0
  /** Of the longest one. */
  maxMs = 0
  readonly #bounds: Float64Array = Float64Array.from(spanBounds())

  add(ms: number): void {
    const bounds = this.#bounds
    let from = 0
    let to = BOUNDS
    while (from < to) {
      const middle = (from + to) >> 1
      if (ms <= bounds[middle]!) to = middle
      else from = middle + 1
    }
    this.counts[from]!++
    this.sumMs += ms
    if (ms > this.maxMs) this.maxMs = ms
  }

  clear(): void {
    this.counts.fill(0)
    this.sumMs = 0
    this.maxMs = 0
  }
}
