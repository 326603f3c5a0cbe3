// How long a message is in flight, at both ends: bars on the lanes, and the dashed wait for an answer that did not come.
// Pure. A bar of an end begins when it sends or gets the PUBLISH and ends with the last packet that it sends or gets for it.

import { PacketType } from '../../../wire/mqtt/packet.ts'
import type { LadderModel, Step } from './ladder-model.ts'

export interface Bar {
  readonly lane: number
  readonly group: number
  readonly kind: 'flight' | 'waiting'
  /** Rows, from the middle of one to the middle of the other. */
  readonly from: number
  readonly to: number
  /** Beside others of the same lane at the same time: 0 = in the middle. */
  readonly level: number
}

/** Levels beside each other; further bars lie over the last one. */
const MOST_LEVELS = 3

export function barsOf({ steps, rows }: LadderModel): Bar[] {
  const exchanges = new Map<number, Step[]>()
  for (const step of steps) {
    const { first, type } = step.message
    if (first < 0 || step.group < 0 || (type > PacketType.Pubcomp && type !== PacketType.Publish)) continue
    const exchange = exchanges.get(first)
    if (exchange === undefined) exchanges.set(first, [step])
    else exchange.push(step)
  }
  const bars: Omit<Bar, 'level'>[] = []
  for (const exchange of exchanges.values()) addExchange(exchange, rows, bars)
  return levelled(merged(bars))
}

function addExchange(exchange: readonly Step[], rows: number, bars: Omit<Bar, 'level'>[]): void {
  const publishes = exchange.filter(({ message }) => message.type === PacketType.Publish)
  for (const [i, publish] of publishes.entries()) {
    const again = publishes[i + 1]
    const part = exchange.filter(({ row }) => row >= publish.row && (again === undefined || row < again.row))
    const last = part.at(-1)!
    const heard = part.filter(({ isLost }) => !isLost).at(-1) ?? publish
    const { group, from: sender, to: receiver } = publish
    // its end is not drawn: it is still in flight at the bottom
    const isOpen = again === undefined && !publish.isUnanswered && !isEnd(last)
    if (!publish.isLost) bars.push({ lane: receiver, group, kind: 'flight', from: publish.row, to: isOpen ? rows - 1 : last.row })
    if (again !== undefined) {
      // it waits from the last packet of this try on
      bars.push({ lane: sender, group, kind: 'flight', from: publish.row, to: last.row })
      bars.push({ lane: sender, group, kind: 'waiting', from: last.row, to: again.row })
    } else if (last.isLost && last !== publish) {
      bars.push({ lane: sender, group, kind: 'flight', from: publish.row, to: last.row })
      bars.push({ lane: sender, group, kind: 'waiting', from: last.row, to: rows - 1 })
    } else if (publish.isUnanswered) bars.push({ lane: sender, group, kind: 'waiting', from: publish.row, to: rows - 1 })
    else bars.push({ lane: sender, group, kind: 'flight', from: publish.row, to: isOpen ? rows - 1 : heard.row })
  }
}

/** The last acknowledgement of its QoS. */
function isEnd({ message: { type, reasonCode } }: Step): boolean {
  return type === PacketType.Puback || type === PacketType.Pubcomp || (type === PacketType.Pubrec && reasonCode >= 0x80)
}

/** Bars of one message on one lane that touch become one. */
function merged(bars: readonly Omit<Bar, 'level'>[]): Omit<Bar, 'level'>[] {
  const sorted = [...bars].sort((a, b) => a.lane - b.lane || a.group - b.group || a.kind.localeCompare(b.kind) || a.from - b.from)
  const result: Omit<Bar, 'level'>[] = []
  for (const bar of sorted) {
    const last = result.at(-1)
    if (last !== undefined && last.lane === bar.lane && last.group === bar.group && last.kind === bar.kind && bar.from <= last.to + 1)
      result[result.length - 1] = { ...last, to: Math.max(last.to, bar.to) }
    else result.push(bar)
  }
  return result
}

function levelled(bars: readonly Omit<Bar, 'level'>[]): Bar[] {
  const placed: Bar[] = []
  for (const bar of [...bars].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const near = placed.filter((other) => other.lane === bar.lane && other.from <= bar.to && bar.from <= other.to)
    const own = near.find(({ group }) => group === bar.group)
    let level = own?.level ?? 0
    while (own === undefined && level < MOST_LEVELS - 1 && near.some((other) => other.level === level)) level++
    placed.push({ ...bar, level })
  }
  return placed
}
