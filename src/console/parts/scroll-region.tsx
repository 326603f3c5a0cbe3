// A part of the page that scrolls by itself and can be scrolled by keys: it has a tab stop and a name.
// As a tab panel where tabs choose what is in it.

import type { ComponentChildren, JSX } from 'preact'

export interface ScrollRegionProps {
  readonly label: string
  readonly class: string
  readonly children: ComponentChildren
  /** Of the panel that tabs control. */
  readonly panel?: string
}

export function ScrollRegion({ label, class: added, children, panel }: ScrollRegionProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
    <section class={`scroll ${added}`} aria-label={label} tabIndex={0} {...(panel === undefined ? {} : { id: panel, role: 'tabpanel' as const })}>
      {children}
    </section>
  )
}
