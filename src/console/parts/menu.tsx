// A button that opens a list of actions, or of choices of which one is marked. Arrows move, Escape and a click elsewhere close.
// Pattern of the ARIA Authoring Practices: menu button; the focus returns to the button.

import './menu.css'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button, IconButton } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

export interface MenuItem {
  readonly id: string
  readonly label: string
  readonly icon?: IconName
  readonly danger?: boolean
  /** One of several choices, and this one holds. */
  readonly checked?: boolean
  /** A line above: another group begins. */
  readonly begins?: true
  readonly onSelect: () => void
}

export interface MenuProps {
  readonly label: string
  readonly icon: IconName
  readonly items: readonly MenuItem[]
  /** The label is shown beside the icon. */
  readonly labelled?: boolean
  /** Opens towards the right. */
  readonly start?: boolean
}

export function Menu({ label, icon, items, labelled = false, start = false }: MenuProps): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  const holder = useRef<HTMLDivElement>(null)
  const close = (): void => {
    setOpen(false)
    holder.current?.querySelector('button')?.focus()
  }
  useEffect(() => {
    if (!isOpen) return
    holder.current?.querySelector<HTMLElement>('.menu-item')?.focus()
    const elsewhere = (event: PointerEvent): void => {
      if (holder.current?.contains(event.target as Node) !== true) setOpen(false)
    }
    document.addEventListener('pointerdown', elsewhere)
    return () => document.removeEventListener('pointerdown', elsewhere)
  }, [isOpen])
  const onKeyDown = (event: KeyboardEvent): void => {
    const found = [...(holder.current?.querySelectorAll<HTMLElement>('.menu-item') ?? [])]
    const at = found.indexOf(document.activeElement as HTMLElement)
    if (event.key === 'ArrowDown') found[(at + 1) % found.length]?.focus()
    else if (event.key === 'ArrowUp') found[(at - 1 + found.length) % found.length]?.focus()
    else if (event.key === 'Home') found[0]?.focus()
    else if (event.key === 'End') found.at(-1)?.focus()
    else if (event.key === 'Escape' || event.key === 'Tab') close()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const toggle = (): void => setOpen(!isOpen)
  return (
    <div class="menu-holder" ref={holder}>
      {labelled ? (
        <Button label={label} icon={icon} kind="ghost" popup="menu" expanded={isOpen} onClick={toggle} />
      ) : (
        <IconButton icon={icon} label={label} popup="menu" expanded={isOpen} onClick={toggle} />
      )}
      {isOpen ? (
        <div class={`menu ${start ? 'menu-start' : ''}`} role="menu" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
          {items.map((item) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is left out where the role has none
            <button
              key={item.id}
              type="button"
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.checked}
              class={`menu-item ${item.danger === true ? 'menu-item-danger' : ''} ${item.begins === true ? 'menu-item-begins' : ''}`}
              tabIndex={-1}
              onClick={() => {
                close()
                item.onSelect()
              }}
            >
              {item.icon === undefined ? null : <Icon name={item.icon} />}
              <span>{item.label}</span>
              {item.checked === true ? <Icon name="check" class="menu-item-mark" /> : null}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  )
}
