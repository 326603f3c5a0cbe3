// The ladder on the screen: its shapes as SVG elements, one option per packet. One tab stop; arrows step, as the player does.
// The head stays in sight; lanes are spread over the width that there is.

import './ladder-drawing.css'
import type { JSX } from 'preact'
import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { visibleLine } from '../../worker/visible-text.ts'
import { barsOf } from './ladder-bars.ts'
import type { LadderModel } from './ladder-model.ts'
import {
  gapShapes,
  geometryOf,
  groundShapes,
  HEAD_HEIGHT,
  headShapes,
  type LadderTexts,
  NARROW_HEAD_HEIGHT,
  ROW_HEIGHT,
  type Shape,
  stepShapes,
  yOf,
} from './ladder-shapes.ts'
import { type StyleName, styleOf } from './ladder-styles.ts'

export interface LadderDrawingProps {
  readonly model: LadderModel
  readonly texts: LadderTexts
  readonly label: string
  /** The chosen step; -1 = none. */
  readonly at: number
  /** Steps behind the chosen one are only hinted at. */
  readonly isPlaying: boolean
  readonly isNarrow: boolean
  readonly onStep: (at: number) => void
  readonly onOpen: (at: number) => void
}

export function LadderDrawing({ model, texts, label, at, isPlaying, isNarrow, onStep, onOpen }: LadderDrawingProps): JSX.Element {
  const id = useId()
  const holder = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [hovered, setHovered] = useState(-1)
  useLayoutEffect(() => {
    const measure = (): void => setWidth(holder.current?.clientWidth ?? 0)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(holder.current!)
    return () => observer.disconnect()
  }, [])
  const geometry = useMemo(() => geometryOf(model, width, isNarrow), [model, width, isNarrow])
  const ground = useMemo(() => groundShapes(model, barsOf(model), geometry), [model, geometry])
  const step = model.steps[at]
  const under = model.steps[hovered]
  useLayoutEffect(() => {
    const box = holder.current
    if (box === null || step === undefined) return
    const y = yOf(step.row)
    const head = isNarrow ? NARROW_HEAD_HEIGHT : HEAD_HEIGHT
    const [client, server] = step.message.fromClient ? [step.from, step.to] : [step.to, step.from]
    box.scrollLeft = revealing(geometry.laneX[client]!, geometry.laneX[server]!, box, isNarrow)
    if (y < box.scrollTop + ROW_HEIGHT) box.scrollTop = y - 2 * ROW_HEIGHT
    else if (y > box.scrollTop + box.clientHeight - head - ROW_HEIGHT) box.scrollTop = y - box.clientHeight + head + 2 * ROW_HEIGHT
  }, [at, model, width])
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = KEYS[event.key]?.(at, model.steps.length)
    if (to !== undefined) onStep(Math.max(0, Math.min(model.steps.length - 1, to)))
    else if (event.key === 'Enter' && at >= 0) onOpen(at)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const head = isNarrow ? NARROW_HEAD_HEIGHT : HEAD_HEIGHT
  const whole = {
    role: 'listbox',
    'aria-label': label,
    'aria-activedescendant': step === undefined ? undefined : `${id}-${at}`,
    tabIndex: 0,
    onKeyDown,
  } as const
  return (
    <div ref={holder} class="ladder scroll" {...whole}>
      <svg class="ladder-head" width={geometry.width} height={head} role="presentation" aria-hidden="true">
        <Shapes shapes={headShapes(model, geometry, texts)} />
      </svg>
      <svg class="ladder-body" width={geometry.width} height={geometry.height} role="presentation">
        {under === undefined || under === step ? null : <Band row={under.row} name="ladder-under" width={geometry.width} isNarrow={isNarrow} />}
        {step === undefined ? null : <Band row={step.row} name="ladder-band" width={geometry.width} isNarrow={isNarrow} />}
        <g {...UNSPOKEN}>
          <Shapes shapes={ground} />
          {model.gaps.map((gap) => (
            <Shapes key={gap.row} shapes={gapShapes(gap, geometry, texts)} />
          ))}
        </g>
        {model.steps.map((one, i) => {
          const attributes = {
            id: `${id}-${i}`,
            role: 'option',
            'aria-selected': i === at,
            class: `ladder-step ${isPlaying && i > at ? 'ladder-later' : ''}`,
            onPointerEnter: () => setHovered(i),
            onPointerLeave: () => setHovered(-1),
            onClick: () => onStep(i),
            onDblClick: () => onOpen(i),
          } as const
          return (
            <g key={one.message.id} {...attributes}>
              <rect class="ladder-hit" x={0} y={yOf(one.row) - 19} width={geometry.width} height={ROW_HEIGHT - 1} />
              <Shapes shapes={stepShapes(one, geometry, texts)} />
              <text class="ladder-spoken" x={0} y={yOf(one.row)}>
                {spoken(model, i)}
              </text>
            </g>
          )
        })}
      </svg>
    </div>
  )
}

/** How far to the right, so that both ends of an arrow are in sight; of one that is too long the client's, where its words stand. */
function revealing(client: number, server: number, { scrollLeft, clientWidth }: HTMLElement, isNarrow: boolean): number {
  const [left, right] = [Math.min(client, server) - (isNarrow ? 50 : 90), Math.max(client, server) + (isNarrow ? 50 : 90)]
  if (right - left > clientWidth) return client < server ? left : right - clientWidth
  if (right > scrollLeft + clientWidth) return right - clientWidth
  return Math.min(scrollLeft, left)
}

interface BandProps {
  readonly row: number
  readonly name: string
  readonly width: number
  readonly isNarrow: boolean
}

/** Lies under everything: bars and lanes keep their colours. */
function Band({ row, name, width, isNarrow }: BandProps): JSX.Element {
  const margin = isNarrow ? 4 : 12
  return <rect class={name} x={margin} y={yOf(row) - 19} width={width - 2 * margin} height={ROW_HEIGHT - 2} rx={6} />
}

/** Said by the steps. */
const UNSPOKEN = { 'aria-hidden': true } as const

const KEYS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at) => at + 1,
  ArrowDown: (at) => at + 1,
  j: (at) => at + 1,
  ArrowLeft: (at) => at - 1,
  ArrowUp: (at) => at - 1,
  k: (at) => at - 1,
  Home: () => 0,
  g: () => 0,
  End: (_at, count) => count - 1,
  G: (_at, count) => count - 1,
}

/** What a screen reader says of a step, beyond the words that are drawn: places alone tell the others. */
function spoken({ steps, lanes }: LadderModel, at: number): string {
  const step = steps[at]!
  return visibleLine(`, ${lanes[step.from]?.name} → ${lanes[step.to]?.name}`)
}

function Shapes({ shapes }: { readonly shapes: readonly Shape[] }): JSX.Element {
  return <>{shapes.map(elementOf)}</>
}

function elementOf(shape: Shape, key: number): JSX.Element {
  switch (shape.kind) {
    case 'line':
      return <line key={key} x1={shape.x1} y1={shape.y1} x2={shape.x2} y2={shape.y2} {...looks(shape.style)} />
    case 'rect':
      return <rect key={key} x={shape.x} y={shape.y} width={shape.width} height={shape.height} rx={shape.radius} {...looks(shape.style)} />
    case 'circle':
      return <circle key={key} cx={shape.x} cy={shape.y} r={shape.radius} {...looks(shape.style)} />
    case 'path':
      return <path key={key} d={shape.d} {...looks(shape.style)} />
    case 'text':
      return (
        <text key={key} x={shape.x} y={shape.y} text-anchor={shape.anchor} class={`ladder-text ${shape.runs[0]?.style === 'name' ? 'ladder-words' : ''}`}>
          {shape.runs.map(({ style, text }, i) => (
            <tspan key={i} {...looks(style)}>
              {visibleLine(text)}
            </tspan>
          ))}
        </text>
      )
  }
}

function looks(name: StyleName): { readonly [attribute: string]: string | number } {
  const { fill, stroke, width, dash, size, weight } = styleOf(name)
  return {
    fill: fill === undefined ? 'none' : `var(--${fill})`,
    ...(stroke === undefined ? {} : { stroke: `var(--${stroke})`, 'stroke-width': width ?? 1 }),
    ...(dash === undefined ? {} : { 'stroke-dasharray': dash }),
    ...(size === undefined ? {} : { 'font-size': size, 'font-weight': weight ?? 400 }),
  }
}
