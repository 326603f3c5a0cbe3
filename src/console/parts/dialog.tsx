// Drawers and panels over the sheet: Escape and a click on the scrim close them, the focus stays inside and returns to where it was.
// A drawer is not modal: what is behind it stays alive and in reach.

import './dialog.css'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { IconButton } from './button.tsx'

export interface DialogProps {
  readonly kind: 'drawer' | 'panel'
  readonly title: string
  /** Beside the title. */
  readonly aside?: ComponentChildren
  /** Before the button that closes. */
  readonly actions?: ComponentChildren
  readonly closeLabel: string
  readonly onClose: () => void
  readonly children: ComponentChildren
  readonly foot?: ComponentChildren
  /** Without head: the title is for screen readers only. */
  readonly bare?: boolean
}

const REACHABLE = 'button:not(:disabled):not([tabindex="-1"]), a[href], input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex="0"]'

export function Dialog({ kind, title, aside, actions, closeLabel, onClose, children, foot, bare = false }: DialogProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null
    const first = element.current?.querySelector<HTMLElement>('[data-autofocus]') ?? element.current?.querySelector<HTMLElement>(REACHABLE)
    ;(first ?? element.current)?.focus()
    return () => {
      if (before?.isConnected === true) before.focus()
    }
  }, [])
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return
      event.preventDefault()
      onClose()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [onClose])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (kind === 'panel' && event.key === 'Tab') keepInside(event, element.current)
  }
  return (
    <>
      {kind === 'panel' ? <div class="scrim" onClick={onClose} aria-hidden="true" /> : null}
      <div ref={element} class={kind} role="dialog" aria-modal={kind === 'panel'} aria-label={title} tabIndex={-1} onKeyDown={onKeyDown}>
        {bare ? null : (
          <div class="dialog-head">
            <h2>{title}</h2>
            {aside}
            <span class="spacer" />
            {actions}
            <IconButton icon="close" label={closeLabel} onClick={onClose} />
          </div>
        )}
        {children}
        {foot === undefined ? null : <div class="dialog-foot">{foot}</div>}
      </div>
    </>
  )
}

function keepInside(event: KeyboardEvent, element: HTMLElement | null): void {
  const found = [...(element?.querySelectorAll<HTMLElement>(REACHABLE) ?? [])]
  const first = found[0]
  const last = found.at(-1)
  if (first === undefined || last === undefined) return
  if (event.shiftKey && document.activeElement === first) {
    event.preventDefault()
    last.focus()
  } else if (!event.shiftKey && document.activeElement === last) {
    event.preventDefault()
    first.focus()
  }
}
