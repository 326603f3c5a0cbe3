// How long messages wait in the broker at most: lengths of turns, of the last minute for people, since the start for Prometheus.
// The counting is net/turn-spans.ts; here it is emptied second by second.

import { spanBounds, type TurnSpans } from '../../net/turn-spans.ts'
import type { TurnTimesAnswer } from './api-types.ts'

const SECONDS = 60

/** What is told of one second; NaN when there was no turn. */
export interface TurnSecond {
  readonly p99Ms: number
  readonly maxMs: number
}

/** Since the start. */
export interface TurnTotals {
  /** Milliseconds; what is longer than the last one is in `count` only. */
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly count: number
  readonly sumMs: number
}

export class TurnTimes {
  readonly #spans: TurnSpans
  readonly #bounds: readonly number[] = spanBounds()
  readonly #totals: Float64Array
  #sumMs = 0
  /** Rings of the last seconds. */
  readonly #counts: Uint32Array[]
  readonly #longest = new Float64Array(SECONDS)
  #row = 0

  constructor(spans: TurnSpans) {
    this.#spans = spans
    this.#totals = new Float64Array(spans.counts.length)
    this.#counts = Array.from({ length: SECONDS }, () => new Uint32Array(spans.counts.length))
  }

  /** A second is over. */
  note(): TurnSecond {
    const { counts, sumMs, maxMs } = this.#spans
    const at = this.#row++ % SECONDS
    for (const [i, count] of counts.entries()) this.#totals[i]! += count
    this.#sumMs += sumMs
    this.#counts[at]!.set(counts)
    this.#longest[at] = maxMs
    const told = { p99Ms: this.#quantile(counts, 0.99, maxMs) ?? Number.NaN, maxMs: maxMs === 0 ? Number.NaN : maxMs }
    this.#spans.clear()
    return told
  }

  /** Of the last minute. */
  answer(): TurnTimesAnswer {
    const counts = new Float64Array(this.#totals.length)
    for (const second of [...this.#counts, this.#spans.counts]) for (const [i, count] of second.entries()) counts[i]! += count
    const maxMs = Math.max(this.#spans.maxMs, ...this.#longest)
    const rounded = (ms: number | null): number | null => (ms === null ? null : Number(ms.toPrecision(3)))
    return {
      seconds: SECONDS,
      boundsMs: this.#bounds,
      counts: [...counts],
      p50Ms: rounded(this.#quantile(counts, 0.5, maxMs)),
      p99Ms: rounded(this.#quantile(counts, 0.99, maxMs)),
      maxMs: rounded(maxMs === 0 ? null : maxMs),
    }
  }

  totals(): TurnTotals {
    const { counts, sumMs } = this.#spans
    const all = Array.from(this.#totals, (total, i) => total + counts[i]!)
    return { bounds: this.#bounds, counts: all, count: all.reduce((sum, count) => sum + count, 0), sumMs: this.#sumMs + sumMs }
  }

  /** What that share of the turns did not exceed: never too little, and too much by less than a quarter. Null without turns. */
  #quantile(counts: Uint32Array | Float64Array, share: number, maxMs: number): number | null {
    let left = 0
    for (const count of counts) left += count
    if (left === 0) return null
    left = Math.max(1, Math.ceil(left * share))
    let at = 0
    while (left > counts[at]!) left -= counts[at++]!
    return Math.min(this.#bounds[at] ?? maxMs, maxMs)
  }
}
