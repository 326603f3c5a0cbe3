// A chart of one or more lines over time, drawn by uPlot, which is loaded when the first one is shown.
// Colours are the tokens of the theme; a change of theme draws it anew.

import './plot.css'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type uPlot from 'uplot'
import { useApp } from '../state/app-context.ts'
import { clockTime } from './format.ts'

export interface PlotLine {
  readonly name: string
  /** One for each time; NaN = no value. */
  readonly values: Float64Array
  /** Series 0 to 4; -1 = the accent. */
  readonly series: number
}

export interface PlotProps {
  /** Milliseconds since 1970, rising. */
  readonly times: Float64Array
  readonly lines: readonly PlotLine[]
  /** What is shown, for screen readers. */
  readonly label: string
  /** Pixels. */
  readonly height?: number
  /** Charts with the same group share their cross-hair. */
  readonly group?: string
  /** Lies below the curve. */
  readonly filled?: boolean
  /** The axis begins at zero: for what is compared by its size. */
  readonly fromZero?: boolean
}

/** Distances of the times below a chart. */
const SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]
const SERIES = ['--c-a', '--c-b', '--c-c', '--c-d', '--c-e']

/** Pixels of half a time beyond the padding: one nearer to the right edge would be cut. */
const HALF_TIME = { whole: 16, tenths: 22 }

function timesBelow(plot: uPlot, splits: readonly number[], _axis: number, _space: number, distance: number): (string | null)[] {
  const isWhole = distance >= 1
  const most = plot.bbox.width / devicePixelRatio - (isWhole ? HALF_TIME.whole : HALF_TIME.tenths)
  const text = (seconds: number): string => (isWhole ? clockTime(seconds * 1000) : clockTime(Math.round(seconds * 1000), true).slice(0, -2))
  return splits.map((seconds) => (plot.valToPos(seconds, 'x') > most ? null : text(seconds)))
}

export function Plot({ times, lines, label, height = 150, group, filled = true, fromZero = false }: PlotProps): JSX.Element {
  const { settings } = useApp()
  const theme = settings.shownTheme.value
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const data = useRef<uPlot.AlignedData>([[]])
  data.current = [
    Float64Array.from(times, (ms) => ms / 1000),
    ...lines.map(({ values }) => Array.from(values, (value) => (Number.isNaN(value) ? null : value))),
  ] as uPlot.AlignedData
  const shape = lines.map(({ name, series }) => `${name} ${series}`).join('|')

  useEffect(() => {
    let isGone = false
    let observer: ResizeObserver | null = null
    const target = element.current
    if (target === null) return
    const colour = (token: string): string => getComputedStyle(document.documentElement).getPropertyValue(token).trim()
    const load = async (): Promise<void> => {
      const { UPlot } = await import('./uplot-module.ts')
      if (isGone) return
      const axis = {
        stroke: colour('--text-3'),
        font: `11px ${colour('--font-ui')}`,
        grid: { stroke: colour('--line-1'), width: 1 },
        ticks: { show: false },
        gap: 4,
      }
      plot.current = new UPlot(
        {
          width: Math.max(target.clientWidth, 50),
          height,
          legend: { show: false },
          cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false }, ...(group === undefined ? {} : { sync: { key: group } }) },
          padding: [10, 10, 0, 0],
          scales: { x: { time: true }, ...(fromZero ? { y: { range: (_plot: uPlot, _least: number, most: number) => [0, most > 0 ? most * 1.08 : 1] } } : {}) },
          axes: [
            { ...axis, size: 22, space: 72, incrs: SECONDS, values: timesBelow },
            { ...axis, size: 44, space: 28 },
          ],
          series: [
            {},
            ...lines.map(({ name, series }) => {
              const stroke = colour(SERIES[series] ?? '--accent')
              return { label: name, stroke, width: 1.5, points: { show: false }, ...(filled ? { fill: `color-mix(in srgb, ${stroke} 10%, transparent)` } : {}) }
            }),
          ],
        },
        data.current,
        target,
      )
      observer = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(target.clientWidth, 50), height }))
      observer.observe(target)
    }
    load().catch((error: unknown) => {
      if (!isGone) target.textContent = error instanceof Error ? error.message : String(error)
    })
    return () => {
      isGone = true
      observer?.disconnect()
      plot.current?.destroy()
      plot.current = null
    }
  }, [theme, shape, height, group, filled, fromZero])

  useEffect(() => plot.current?.setData(data.current), [times, lines])

  return <div ref={element} class="plot" role="img" aria-label={label} style={{ '--plot-height': `${height}px` }} />
}
