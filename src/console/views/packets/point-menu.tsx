// A menu where the pointer or a line is: for a field of a packet. Arrows move, Enter chooses, Escape closes, the focus goes back.
// Its place is set through the CSSOM and kept inside of the window.

import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import '../../parts/menu.css'
import './point-menu.css'

export interface PointMenuItem {
  readonly id: string
  readonly label: string
  /** Stands above the first one of a group. */
  readonly heading?: string
  readonly onSelect: () => void
}

export interface PointMenuProps {
  readonly label: string
  readonly x: number
  readonly y: number
  readonly items: readonly PointMenuItem[]
  readonly onClose: () => void
}

export function PointMenu({ label, x, y, items, onClose }: PointMenuProps): JSX.Element {
  const menu = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState({ x, y })
  useLayoutEffect(() => {
    const box = menu.current!.getBoundingClientRect()
    setPlace({ x: Math.max(4, Math.min(x, innerWidth - box.width - 4)), y: Math.max(4, Math.min(y, innerHeight - box.height - 4)) })
  }, [x, y])
  useEffect(() => {
    const before = document.activeElement
    menu.current?.querySelector('button')?.focus()
    const elsewhere = (event: PointerEvent): void => {
      if (menu.current?.contains(event.target as Node) !== true) onClose()
    }
    document.addEventListener('pointerdown', elsewhere)
    return () => {
      document.removeEventListener('pointerdown', elsewhere)
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  const onKeyDown = (event: KeyboardEvent): void => {
    const found = [...menu.current!.querySelectorAll('button')]
    const at = found.indexOf(document.activeElement as HTMLButtonElement)
    if (event.key === 'ArrowDown') found[(at + 1) % found.length]?.focus()
    else if (event.key === 'ArrowUp') found[(at - 1 + found.length) % found.length]?.focus()
    else if (event.key === 'Escape' || event.key === 'Tab') onClose()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={menu}
      class="menu point-menu"
      role="menu"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      style={{ '--x': `${place.x}px`, '--y': `${place.y}px` }}
    >
      {items.map(({ id, label: text, heading, onSelect }) => (
        <div key={id} role="presentation">
          {heading === undefined ? null : (
            <div class="point-menu-head" role="presentation">
              {heading}
            </div>
          )}
          <button
            type="button"
            role="menuitem"
            tabIndex={-1}
            class="menu-item"
            onClick={() => {
              onClose()
              onSelect()
            }}
          >
            <span>{text}</span>
          </button>
        </div>
      ))}
    </div>
  )
}
