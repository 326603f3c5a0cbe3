// A list of any length of which only the visible rows exist: grid, tree or list box, one tab stop, moved through by keys.
// What a row looks like is the caller's; where rows stand is row-window.ts.

import './virtual-rows.css'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { RowLayout } from './row-window.ts'

/** What a row's element gets beyond its cells. */
export interface RowAttributes {
  readonly class?: string
  /** Also for screen readers. */
  readonly selected?: boolean
  /** From 1; trees only. */
  readonly level?: number
  /** Undefined = has no children. */
  readonly expanded?: boolean
}

export interface VirtualRowsProps {
  readonly count: number
  /** In pixels; the same for all rows. */
  readonly rowHeight: number
  /** The cells of a row: elements of role gridcell (in a list box: the content). */
  readonly render: (index: number) => ComponentChildren
  /** What the list is, for screen readers. */
  readonly label: string
  readonly role?: 'grid' | 'treegrid' | 'listbox'
  /** The row that keys start from; -1 = none. */
  readonly active: number
  /** A row was chosen by key or pointer. */
  readonly onActive: (index: number, how: { readonly extend: boolean; readonly toggle: boolean }) => void
  /** Enter or a double click. */
  readonly onOpen?: (index: number) => void
  /** Right and left arrows. */
  readonly onFold?: (index: number, expand: boolean) => void
  /** Sees keys first; true = was its own. */
  readonly onKey?: (event: KeyboardEvent, index: number) => boolean
  readonly onMenu?: (event: MouseEvent, index: number) => void
  readonly attributes?: (index: number) => RowAttributes
  /** A row of role columnheader cells that stays in sight. */
  readonly header?: ComponentChildren
  readonly headerHeight?: number
  readonly columnCount?: number
  /** Told which rows are drawn: `to` is behind the last. */
  readonly onRange?: (from: number, to: number) => void
  /** Stays at the newest row, at the end. */
  readonly follow?: boolean
  /** The user scrolled to the end, or away from it. */
  readonly onFollow?: (follow: boolean) => void
  /** Rows that have been dropped from the head since the list began: what is being read stays where it is. */
  readonly dropped?: number
  readonly class?: string
}

/** Roles of what the caller draws: the grid has the focus and hears the keys, cells have neither. */
export const CELL = { role: 'gridcell' } as const
export const COLUMN_HEAD = { role: 'columnheader' } as const
export const HEAD_ROW = { role: 'row', 'aria-rowindex': 1 } as const

/** Pixels from the end within which one is at the end. */
const NEAR = 4

/** `header` stays out of `props`: effects keep those of an old rendering, and one old element keeps the whole chain of trees since. */
export function VirtualRows({ header, ...props }: VirtualRowsProps): JSX.Element {
  const { count, rowHeight, render, label, role = 'grid', active, attributes, headerHeight = 0, columnCount, follow = false, dropped = 0 } = props
  const id = useId()
  const element = useRef<HTMLDivElement>(null)
  const [viewport, setViewport] = useState(0)
  const [scrollTop, setScrollTop] = useState(0)
  const before = useRef({ dropped, active: -2, range: '' })
  const layout = new RowLayout(count, rowHeight, viewport)
  const shown = layout.windowAt(scrollTop)

  const scrollTo = (top: number): void => {
    if (element.current === null) return
    element.current.scrollTop = top
    setScrollTop(element.current.scrollTop)
  }

  useLayoutEffect(() => {
    const grid = element.current
    if (grid === null) return
    const measure = (): void => setViewport(Math.max(0, grid.clientHeight - headerHeight))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(grid)
    return () => observer.disconnect()
  }, [headerHeight])

  useLayoutEffect(() => {
    if (viewport === 0) return
    const gone = dropped - before.current.dropped
    before.current.dropped = dropped
    if (follow) scrollTo(layout.height)
    else if (gone > 0) scrollTo(layout.scrollTopAt(layout.offsetAt(element.current?.scrollTop ?? 0) - gone * rowHeight))
  }, [follow, count, dropped, viewport, rowHeight])

  useLayoutEffect(() => {
    // a row that is not there yet comes into sight when it is
    if (viewport === 0 || before.current.active === active || active >= count) return
    before.current.active = active
    if (active >= 0) scrollTo(layout.reveal(active, element.current?.scrollTop ?? 0))
  }, [active, viewport, count])

  useEffect(() => {
    if (viewport === 0) return
    const range = `${shown.from} ${shown.to}`
    if (before.current.range === range) return
    before.current.range = range
    props.onRange?.(shown.from, shown.to)
  }, [shown.from, shown.to, viewport])

  const onScroll = (): void => {
    const grid = element.current
    if (grid === null) return
    setScrollTop(grid.scrollTop)
    if (props.onFollow === undefined || viewport === 0) return
    const atEnd = grid.scrollTop >= layout.height - viewport - NEAR
    if (atEnd !== follow && grid.scrollTop !== scrollTop) props.onFollow(atEnd)
  }

  const move = (event: KeyboardEvent, index: number): void => {
    const to = Math.max(0, Math.min(count - 1, index))
    if (count > 0) props.onActive(to, { extend: event.shiftKey, toggle: false })
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return
    if (props.onKey?.(event, active) === true) {
      event.preventDefault()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = STEPS[event.key]
    if (step !== undefined) move(event, active < 0 ? 0 : step(active, layout.page, count))
    else if (event.key === 'Enter' && active >= 0 && props.onOpen !== undefined) props.onOpen(active)
    else if ((event.key === 'ArrowRight' || event.key === 'ArrowLeft') && active >= 0 && props.onFold !== undefined)
      props.onFold(active, event.key === 'ArrowRight')
    else return
    event.preventDefault()
  }

  const rows: JSX.Element[] = []
  for (let index = shown.from; index < shown.to; index++) {
    const { class: own = '', selected, level, expanded } = attributes?.(index) ?? {}
    const attributesOfRow = {
      id: `${id}-${index}`,
      role: role === 'listbox' ? 'option' : 'row',
      class: `vrow ${own}`,
      'aria-selected': selected ?? index === active,
      'aria-level': level,
      'aria-expanded': expanded,
      'data-active': index === active ? '' : undefined,
      ...(role === 'listbox' ? { 'aria-posinset': index + 1, 'aria-setsize': count } : { 'aria-rowindex': index + (header === undefined ? 1 : 2) }),
      onClick: (event: MouseEvent) => props.onActive(index, { extend: event.shiftKey, toggle: event.ctrlKey || event.metaKey }),
      onDblClick: () => props.onOpen?.(index),
      onContextMenu: (event: MouseEvent) => props.onMenu?.(event, index),
    } as const
    rows.push(
      <div key={index} {...attributesOfRow}>
        {render(index)}
      </div>,
    )
  }
  const isDrawn = active >= shown.from && active < shown.to
  const group = role === 'listbox' ? 'presentation' : 'rowgroup'
  const whole = {
    class: `vrows ${props.class ?? ''}`,
    role,
    'aria-label': label,
    'aria-rowcount': role === 'listbox' ? undefined : count + (header === undefined ? 0 : 1),
    'aria-colcount': columnCount,
    'aria-activedescendant': isDrawn ? `${id}-${active}` : undefined,
    tabIndex: 0,
    onScroll,
    onKeyDown,
  } as const
  return (
    <div ref={element} {...whole} style={{ '--vrow-height': `${rowHeight}px` }}>
      {header === undefined ? null : (
        <div role={group} class="vrows-head">
          {header}
        </div>
      )}
      <div role={group} class="vrows-canvas" style={{ height: `${layout.height}px` }}>
        <div role="presentation" class="vrows-shown" style={{ transform: `translateY(${shown.top}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  )
}

/** Where a key leads from a row. */
const STEPS: Readonly<Record<string, (from: number, page: number, count: number) => number>> = {
  ArrowDown: (from) => from + 1,
  j: (from) => from + 1,
  J: (from) => from + 1,
  ArrowUp: (from) => from - 1,
  k: (from) => from - 1,
  K: (from) => from - 1,
  PageDown: (from, page) => from + page,
  PageUp: (from, page) => from - page,
  Home: () => 0,
  g: () => 0,
  End: (_from, _page, count) => count - 1,
  G: (_from, _page, count) => count - 1,
}
