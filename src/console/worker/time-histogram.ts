// How many messages came in each slice of the last minutes, by subscription: what stands above the list of messages.
// A ring of counters; the caller gives the time.

import type { Histogram } from './protocol.ts'

/** Five subscriptions with a shape, and the rest. */
export const SERIES = 6
const BUCKETS = 150
const BUCKET_MS = 2000

export class TimeHistogram {
  readonly #counts = new Uint32Array(BUCKETS * SERIES)
  /** The bucket that is being filled, counted from 1970. */
  #bucket = 0

  /** `series` -1 = no subscription. */
  add(now: number, series: number): void {
    this.#moveTo(now)
    this.#counts[(this.#bucket % BUCKETS) * SERIES + (series < 0 ? SERIES - 1 : series)]!++
  }

  /** The oldest bucket first. */
  read(now: number): Histogram {
    this.#moveTo(now)
    const counts = new Uint32Array(BUCKETS * SERIES)
    const start = (this.#bucket + 1) % BUCKETS
    counts.set(this.#counts.subarray(start * SERIES))
    counts.set(this.#counts.subarray(0, start * SERIES), (BUCKETS - start) * SERIES)
    return { startMs: (this.#bucket - BUCKETS + 1) * BUCKET_MS, bucketMs: BUCKET_MS, buckets: BUCKETS, counts }
  }

  clear(): void {
    this.#counts.fill(0)
  }

  #moveTo(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS)
    if (bucket <= this.#bucket) return
    const gap = Math.min(bucket - this.#bucket, BUCKETS)
    for (let i = 1; i <= gap; i++) {
      const at = ((this.#bucket + i) % BUCKETS) * SERIES
      this.#counts.fill(0, at, at + SERIES)
    }
    this.#bucket = bucket
  }
}
