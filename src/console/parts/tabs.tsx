// One of a few: tabs above a pane, and segmented choices beside other controls. One tab stop each; arrows, Home and End move.
// Patterns of the ARIA Authoring Practices: tablist and radiogroup.

import './tabs.css'
import type { ComponentChildren, JSX } from 'preact'

export interface TabItem<Id extends string> {
  readonly id: Id
  readonly label: string
  /** A number beside it; 0 and undefined show none. */
  readonly count?: number
}

export interface TabsProps<Id extends string> {
  readonly label: string
  readonly tabs: readonly TabItem<Id>[]
  readonly value: Id
  readonly onChange: (id: Id) => void
  /** id of the element that shows what is chosen. */
  readonly controls?: string
  readonly class?: string
}

export function Tabs<Id extends string>({ label, tabs, value, onChange, controls, class: added = '' }: TabsProps<Id>): JSX.Element {
  const onKeyDown = arrows(tabs, value, onChange)
  return (
    <div class={`tabs ${added}`} role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ id, label: text, count }) => (
        <button
          key={id}
          type="button"
          role="tab"
          class="tab"
          aria-selected={id === value}
          aria-controls={controls}
          tabIndex={id === value ? 0 : -1}
          onClick={() => onChange(id)}
        >
          {text}
          {count === undefined || count === 0 ? null : <span class="tab-count">{count}</span>}
        </button>
      ))}
    </div>
  )
}

export interface SegmentItem<Id extends string> {
  readonly id: Id
  readonly label: ComponentChildren
  readonly hint?: string
}

export interface SegmentedProps<Id extends string> {
  readonly label: string
  readonly options: readonly SegmentItem<Id>[]
  readonly value: Id
  readonly onChange: (id: Id) => void
  /** Fills the line. */
  readonly wide?: boolean
}

export function Segmented<Id extends string>({ label, options, value, onChange, wide = false }: SegmentedProps<Id>): JSX.Element {
  const onKeyDown = arrows(options, value, onChange)
  return (
    <div class={`segmented ${wide ? 'segmented-wide' : ''}`} role="radiogroup" aria-label={label} onKeyDown={onKeyDown}>
      {options.map(({ id, label: text, hint }) => (
        // biome-ignore lint/a11y/useSemanticElements: a button that is one of a group
        <button
          key={id}
          type="button"
          role="radio"
          class="segment"
          aria-checked={id === value}
          title={hint}
          tabIndex={id === value ? 0 : -1}
          onClick={() => onChange(id)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}

function arrows<Id extends string>(items: readonly { readonly id: Id }[], value: Id, onChange: (id: Id) => void): (event: KeyboardEvent) => void {
  return (event) => {
    const at = items.findIndex(({ id }) => id === value)
    const to = STEPS[event.key]?.(at, items.length)
    const next = to === undefined ? undefined : items[to]
    if (next === undefined) return
    event.preventDefault()
    const group = event.currentTarget as HTMLElement
    onChange(next.id)
    ;(group.children[to!] as HTMLElement | undefined)?.focus()
  }
}

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at - 1 + count) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
}
