// The Time column: since the first packet, the one before, the one shown before; since 1970; or by the clock.
// Digits behind the second are those of the capture's interface.

import { clockTimeText, relativeTimeText } from '../../../dissect/time-text.ts'
import type { PacketArena } from './packet-arena.ts'
import type { TimeFormat } from './packet-calls.ts'

/** '' for a packet without a time. `shownBefore`: the row above; 0 = none. */
export function timeText(format: TimeFormat, number: number, shownBefore: number, arena: PacketArena): string {
  const time = arena.time(number)
  if (time === null) return ''
  const decimals = arena.decimals(number)
  switch (format) {
    case 'relative':
      return relativeTimeText(time - (arena.origin ?? time), decimals)
    case 'delta':
      return relativeTimeText(time - (arena.time(number - 1) ?? time), decimals)
    case 'shown':
      return relativeTimeText(time - (arena.time(shownBefore) ?? time), decimals)
    case 'epoch':
      return relativeTimeText(time, decimals)
    case 'clock':
      return clockTimeText(time, 'none', false, decimals)
    case 'utc':
      return clockTimeText(time, 'date', true, decimals)
  }
}
