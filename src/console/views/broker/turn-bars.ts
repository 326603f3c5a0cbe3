// The lengths of turns as bars: how tall each is, and times as short as their digits allow.
// Pure.

import type { TurnTimesAnswer } from '../../../server/admin/api-types.ts'
import { durationText } from '../../parts/format.ts'

/** Per cent: what is there at all can be seen. */
const LEAST_HEIGHT = 3

export interface TurnBar {
  /** Milliseconds; the first one begins at 0, the last one has no end. */
  readonly fromMs: number
  readonly toMs: number | null
  readonly count: number
  /** Per cent of the tallest. */
  readonly height: number
}

export function barsOf({ boundsMs, counts }: TurnTimesAnswer): TurnBar[] {
  const most = Math.max(...counts)
  return counts.map((count, i) => ({
    fromMs: boundsMs[i - 1] ?? 0,
    toMs: boundsMs[i] ?? null,
    count,
    height: count === 0 ? 0 : Math.max(LEAST_HEIGHT, (count / most) * 100),
  }))
}

/** Powers of ten below the bars: where each stands, as a share of the width, and what it is. */
export function decadesOf({ boundsMs, counts }: TurnTimesAnswer): { readonly at: number; readonly text: string }[] {
  return boundsMs.flatMap((bound, i) => (Number.isInteger(Math.log10(bound)) ? [{ at: (i + 1) / counts.length, text: shortTime(bound) }] : []))
}

/** `80 µs`, `1.2 ms`, `3 s`. */
export function shortTime(ms: number): string {
  if (ms < 1) return `${Number((ms * 1000).toPrecision(2))} µs`
  return durationText(ms).replace('.0 ', ' ')
}
