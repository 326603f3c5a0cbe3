// The broker's history as lines of plots: counters become rates, gauges stay as they are, what was not measured is a hole.
// Pure.

import type { HistoryAnswer } from '../../../server/admin/api-types.ts'

/** Milliseconds since 1970. */
export function timesOf({ time }: HistoryAnswer): Float64Array {
  return Float64Array.from(time)
}

/** A column as it is; NaN where it was not measured. */
export function levelsOf({ time, columns }: HistoryAnswer, name: string): Float64Array {
  const column = columns[name] ?? []
  return Float64Array.from(time, (_, i) => column[i] ?? Number.NaN)
}

/** A counter per second. The first row has none, nor has the first one after a restart of the broker. */
export function ratesOf(answer: HistoryAnswer, name: string): Float64Array {
  const { time } = answer
  const levels = levelsOf(answer, name)
  return Float64Array.from(time, (now, i) => {
    if (i === 0) return Number.NaN
    const grown = levels[i]! - levels[i - 1]!
    return grown < 0 ? Number.NaN : (grown * 1000) / Math.max(1, now - time[i - 1]!)
  })
}

/** The last value that there is; 0 without any. */
export function latestOf(values: Float64Array): number {
  for (let i = values.length - 1; i >= 0; i--) if (!Number.isNaN(values[i]!)) return values[i]!
  return 0
}

/** The last values for a small line, without holes. */
export function tailOf(values: Float64Array, count: number): number[] {
  return [...values.subarray(Math.max(0, values.length - count))].filter((value) => !Number.isNaN(value))
}
