// A ladder as shapes with places and styles: the screen draws them as SVG elements, an export writes them as SVG text. One source, two ways out.
// Pure. Styles name design tokens; ladder-styles.ts says which.

import type { Bar } from './ladder-bars.ts'
import { type Gap, type LadderModel, type Lane, type Step, stepText } from './ladder-model.ts'
import type { StyleName } from './ladder-styles.ts'

export type Shape =
  | { readonly kind: 'line'; readonly style: StyleName; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }
  | {
      readonly kind: 'rect'
      readonly style: StyleName
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
      readonly radius: number
    }
  | { readonly kind: 'circle'; readonly style: StyleName; readonly x: number; readonly y: number; readonly radius: number }
  | { readonly kind: 'path'; readonly style: StyleName; readonly d: string }
  | { readonly kind: 'text'; readonly x: number; readonly y: number; readonly anchor: 'start' | 'middle' | 'end'; readonly runs: readonly Run[] }

export interface Run {
  readonly style: StyleName
  readonly text: string
}

/** Words in a drawing. */
export interface LadderTexts {
  readonly lost: string
  readonly second: string
  readonly dup: string
  readonly none: (answer: string) => string
  readonly reconnects: string
  readonly kinds: Readonly<Record<Lane['kind'], string>>
}

export interface Geometry {
  readonly width: number
  readonly height: number
  readonly laneX: readonly number[]
  /** Where times end; 0 = there is no room for them. */
  readonly timeX: number
  readonly isNarrow: boolean
}

export const ROW_HEIGHT = 33
const TOP = 26
const BOTTOM = 30
const BAR = 8
/** Pixels that an arrow falls while the packet travels. */
const FALL = 4
/** Least distance of lanes. */
const LEAST = 164
const LEAST_NARROW = 110
/** Pixels of a letter, about. */
const LETTER = 6.3

export const SERIES = ['a', 'b', 'c', 'd', 'e'] as const

export function geometryOf({ lanes, rows }: LadderModel, available: number, isNarrow: boolean): Geometry {
  const left = isNarrow ? 58 : 178
  const right = isNarrow ? 58 : 172
  const least = isNarrow ? LEAST_NARROW : LEAST
  const width = Math.max(available, left + right + least * Math.max(1, lanes.length - 1))
  const step = lanes.length < 2 ? 0 : (width - left - right) / (lanes.length - 1)
  return { width, height: TOP + rows * ROW_HEIGHT + BOTTOM, laneX: lanes.map((_, i) => left + i * step), timeX: isNarrow ? 0 : 92, isNarrow }
}

/** Middle of a row. */
export function yOf(row: number): number {
  return TOP + row * ROW_HEIGHT
}

/** The vertical lines and the bars on them. */
export function groundShapes(model: LadderModel, bars: readonly Bar[], { height, laneX }: Geometry): Shape[] {
  const shapes: Shape[] = laneX.map((x) => ({ kind: 'line', style: 'lane', x1: x, y1: 4, x2: x, y2: height - 6 }))
  for (const { lane, group, kind, from, to, level } of bars) {
    const x = laneX[lane]! - BAR / 2 + level * (BAR + 2)
    const [y, end] = [yOf(from), yOf(to)]
    if (kind === 'waiting') shapes.push({ kind: 'line', style: 'waiting', x1: x + BAR / 2, y1: y + 2, x2: x + BAR / 2, y2: end })
    else shapes.push({ kind: 'rect', style: `bar-${seriesOf(group)}`, x, y: y - 3, width: BAR, height: Math.max(BAR, end - y + FALL + 6), radius: 4 })
  }
  for (const gap of model.gaps)
    shapes.push({ kind: 'line', style: 'gap', x1: laneX[0]! - 70, y1: yOf(gap.row), x2: (laneX.at(-1) ?? 0) + 90, y2: yOf(gap.row) })
  return shapes
}

export function gapShapes({ row, seconds, waits, reconnects }: Gap, { laneX }: Geometry, texts: LadderTexts): Shape[] {
  const text = [secondsText(seconds), waits === null ? '' : texts.none(waits), reconnects ? texts.reconnects : ''].filter((part) => part !== '').join(', ')
  const middle = (laneX[0]! + laneX.at(-1)!) / 2
  const width = text.length * LETTER + 28
  return [
    { kind: 'rect', style: 'gap-box', x: middle - width / 2, y: yOf(row) - 10, width, height: 20, radius: 10 },
    { kind: 'text', x: middle, y: yOf(row) + 4, anchor: 'middle', runs: [{ style: 'gap-text', text }] },
  ]
}

export function stepShapes(step: Step, { laneX, timeX, isNarrow, width }: Geometry, texts: LadderTexts): Shape[] {
  const shapes: Shape[] = []
  const [from, to] = [laneX[step.from]!, laneX[step.to]!]
  const toRight = to > from
  const y = yOf(step.row)
  const series = seriesOf(step.group)
  const gap = step.group < 0 ? 3 : BAR / 2
  const startX = from + (toRight ? gap : -gap)
  const tipX = step.isLost ? from + (to - from) * 0.56 : to - (toRight ? gap + 1 : -gap - 1)
  const tipY = y + (step.isLost ? FALL / 2 : FALL)
  const style: StyleName = step.isLost ? 'arrow-lost' : `arrow-${series}`
  shapes.push({ kind: 'line', style, x1: startX, y1: y, x2: step.isLost ? tipX : tipX - (toRight ? 6 : -6), y2: tipY })
  if (step.isLost) shapes.push({ kind: 'path', style: 'cross', d: `M${tipX - 5} ${tipY - 5}l10 10m0 -10l-10 10` })
  else shapes.push({ kind: 'path', style: `head-${series}`, d: `M${tipX} ${tipY}l${toRight ? -9 : 9} -4.5v9z` })
  if (step.group >= 0) shapes.push(tailOf(series, from, y, step.isLost))
  const { name, detail } = stepText(step)
  const label = labelSpan(step, laneX)
  const room = Math.max(6, Math.floor((label.width - 40) / LETTER) - name.length - (step.message.dup ? 5 : 0) - (step.isLost ? texts.lost.length + 1 : 0))
  const runs: Run[] = [{ style: 'name', text: name }]
  const shown = isNarrow ? detail.replace(/, QoS \d| session/g, '') : detail
  if (shown !== '') runs.push({ style: 'detail', text: ` ${shortened(shown, room)}` })
  if (step.message.dup) runs.push({ style: `dup-${series}`, text: ` ${texts.dup}` })
  if (step.isLost) runs.push({ style: 'lost', text: ` ${texts.lost}` })
  shapes.push({ kind: 'text', x: label.middle, y: y - 7, anchor: 'middle', runs })
  if (timeX > 0) shapes.push({ kind: 'text', x: timeX, y: y + 4, anchor: 'end', runs: [{ style: 'time', text: timeText(step.time) }] })
  if (isNarrow && step.isSecond) runs.push({ style: 'note-text', text: ' 2×' })
  if (isNarrow) return shapes
  const note = step.isSecond ? texts.second : step.isUnanswered ? texts.none(step.message.qos === 2 ? 'PUBREC' : 'PUBACK') : null
  if (note !== null) shapes.push(...noteShapes(note, step.isSecond ? to : from, y, width, step.isSecond))
  return shapes
}

/** Between the client's lane and the next one on the way: no other lane crosses the words there. */
function labelSpan({ from, to, message: { fromClient } }: Step, laneX: readonly number[]): { readonly middle: number; readonly width: number } {
  const [client, server] = fromClient ? [from, to] : [to, from]
  const [own, next] = [laneX[client]!, laneX[client + Math.sign(server - client)]!]
  return { middle: (own + next) / 2, width: Math.abs(next - own) }
}

/** The heads of the lanes: who, and as what. */
export function headShapes({ lanes }: LadderModel, { laneX, isNarrow }: Geometry, texts: LadderTexts): Shape[] {
  const room = Math.floor((laneX.length < 2 ? 200 : laneX[1]! - laneX[0]!) / LETTER) - 2
  return lanes.flatMap((lane, i): Shape[] => {
    const version = { 3: 'v3.1', 4: 'v3.1.1', 5: 'v5.0' }[lane.version] ?? ''
    const under = lane.kind === 'broker' ? lane.address : [texts.kinds[lane.kind], version].filter((part) => part !== '').join(', ')
    return [
      { kind: 'text', x: laneX[i]!, y: isNarrow ? 26 : 24, anchor: 'middle', runs: [{ style: 'lane-name', text: shortened(lane.name, isNarrow ? 15 : room) }] },
      ...(isNarrow
        ? []
        : [{ kind: 'text' as const, x: laneX[i]!, y: 43, anchor: 'middle' as const, runs: [{ style: 'lane-note' as const, text: shortened(under, room) }] }]),
    ]
  })
}

export const HEAD_HEIGHT = 56
export const NARROW_HEAD_HEIGHT = 40

/** Within the first second in milliseconds, later in seconds; always to the microsecond, for packets follow each other that fast. */
export function timeText(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(3)} ms` : `${seconds.toFixed(6)} s`
}

export function secondsText(seconds: number): string {
  if (seconds < 60) return `${seconds.toPrecision(3)} s`
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s` : `${(seconds / 3600).toFixed(1)} h`
}

export function seriesOf(group: number): (typeof SERIES)[number] | 'n' {
  return group < 0 ? 'n' : SERIES[group % SERIES.length]!
}

/** The tail tells the series by its shape: colours alone would not do. */
function tailOf(series: (typeof SERIES)[number] | 'n', x: number, y: number, isLost: boolean): Shape {
  const style: StyleName = isLost ? 'tail-lost' : `tail-${series}`
  switch (series) {
    case 'b':
      return { kind: 'rect', style, x: x - 4, y: y - 4, width: 8, height: 8, radius: 1 }
    case 'c':
      return { kind: 'path', style, d: `M${x} ${y - 5}l5 9h-10z` }
    case 'd':
      return { kind: 'path', style, d: `M${x} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z` }
    case 'e':
      return { kind: 'rect', style, x: x - 6, y: y - 2.5, width: 12, height: 5, radius: 1 }
    default:
      return { kind: 'circle', style, x, y, radius: 4.5 }
  }
}

function noteShapes(text: string, laneX: number, y: number, width: number, isWarning: boolean): Shape[] {
  const size = text.length * LETTER + 16
  const x = laneX + 14 + size > width ? laneX - 14 - size : laneX + 14
  return [
    { kind: 'rect', style: isWarning ? 'note-box' : 'alert-box', x, y: y - 9, width: size, height: 18, radius: 9 },
    { kind: 'text', x: x + size / 2, y: y + 4, anchor: 'middle', runs: [{ style: isWarning ? 'note-text' : 'alert-text', text }] },
  ]
}

function shortened(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, Math.max(1, most - 1)).join('')}…`
}
