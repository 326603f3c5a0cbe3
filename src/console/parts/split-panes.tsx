// Two panes with an edge that can be dragged, moved by keys, and set back by a double click. What was chosen is kept in the browser.
// The share of the first pane is a custom property, set through the CSSOM: no inline style stands in the page.

import './split-panes.css'
import type { ComponentChildren, JSX, TargetedPointerEvent } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { readShare, type ShareLimits, shareAfterKey, shareAt, storeShare } from './split-share.ts'

export interface SplitPanesProps {
  /** Under which the share is kept; one per edge of the console. */
  readonly id: string
  /** `row`: side by side. `column`: one above the other. */
  readonly direction: 'row' | 'column'
  /** Share of the first pane unless the user chose another. */
  readonly share: number
  /** Least sizes of the panes in pixels. */
  readonly least?: readonly [number, number]
  /** What the edge divides, for screen readers. */
  readonly label: string
  readonly first: ComponentChildren
  readonly second: ComponentChildren
}

export function SplitPanes({ id, direction, share: initial, least = [120, 120], label, first, second }: SplitPanesProps): JSX.Element {
  const whole = useRef<HTMLDivElement>(null)
  const [share, setShare] = useState(() => readShare(id) ?? initial)
  const limits = (): ShareLimits => {
    const box = whole.current?.getBoundingClientRect()
    return { size: (direction === 'row' ? box?.width : box?.height) ?? 0, least }
  }
  const choose = (next: number | null): void => {
    setShare(next ?? initial)
    storeShare(id, next)
  }
  const onPointerDown = (event: TargetedPointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    event.preventDefault()
    event.currentTarget.focus()
  }
  const onPointerMove = (event: TargetedPointerEvent<HTMLElement>): void => {
    const box = whole.current?.getBoundingClientRect()
    if (box === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return
    choose(shareAt(direction === 'row' ? event.clientX - box.left : event.clientY - box.top, limits()))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = event.key === 'Enter' ? null : shareAfterKey(event.key, direction, share, limits())
    if (next === undefined) return
    event.preventDefault()
    choose(next)
  }
  const percent = Math.round(share * 100)
  return (
    <div ref={whole} class={`split split-${direction}`} style={{ '--share': `${share * 100}%` }}>
      <div class="split-pane split-first">{first}</div>
      {/* biome-ignore lint/a11y/useSemanticElements: an hr cannot be moved */}
      <div
        class="split-edge"
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={direction === 'row' ? 'vertical' : 'horizontal'}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onDblClick={() => choose(null)}
        onKeyDown={onKeyDown}
      />
      <div class="split-pane split-second">{second}</div>
    </div>
  )
}
