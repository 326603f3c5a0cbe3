// A line without axes beside a value: numbers, words as steps, or a rate.
// Under two points there is nothing to draw.

import './sparkline.css'
import type { JSX } from 'preact'

export interface SparklineProps {
  readonly values: readonly number[]
  readonly kind: 'line' | 'step' | 'rate'
}

const WIDTH = 76
const HEIGHT = 18
const TOP = 3
const BOTTOM = 15
/** Points that a whole line has. */
const SLOTS = 59

export function Sparkline({ values, kind }: SparklineProps): JSX.Element {
  const points = sparkPoints(values, kind === 'step')
  const last = points.at(-1)
  return (
    <svg class={`spark spark-${kind}`} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      {points.length < 2 ? null : <path class="spark-line" d={kind === 'step' ? steps(points) : line(points)} />}
      {kind === 'line' && last !== undefined && points.length > 1 ? <circle class="spark-end" cx={last[0]} cy={last[1]} r="1.8" /> : null}
    </svg>
  )
}

type Point = readonly [x: number, y: number]

/** Values in the box of a line: the newest at the right, `spread` over its whole width; a flat one lies in the middle. */
export function sparkPoints(values: readonly number[], spread = false): Point[] {
  const least = Math.min(...values)
  const most = Math.max(...values)
  const height = most - least
  const step = (WIDTH - 4) / (spread ? Math.max(1, values.length - 1) : SLOTS)
  const begin = WIDTH - 2 - (values.length - 1) * step
  return values.map((value, i) => [round(begin + i * step), round(height === 0 ? (TOP + BOTTOM) / 2 : BOTTOM - ((value - least) / height) * (BOTTOM - TOP))])
}

function line(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => `${x} ${y}`).join('L')}`
}

function steps(points: readonly Point[]): string {
  return points.map(([x, y], i) => (i === 0 ? `M${x} ${y}` : `H${x}V${y}`)).join('')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
