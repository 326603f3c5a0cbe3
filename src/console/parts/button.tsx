// Buttons: with a label, or with an icon alone and its label for screen readers and the pointer.
// A toggle tells its state by aria-pressed.

import './button.css'
import type { JSX } from 'preact'
import { Kbd } from './badge.tsx'
import { Icon, type IconName } from './icon.tsx'

export interface ButtonProps {
  readonly label: string
  readonly icon?: IconName
  readonly kind?: 'plain' | 'primary' | 'ghost' | 'danger'
  readonly size?: 's' | 'm' | 'l'
  /** Shown as a keyboard cap; the key itself is bound elsewhere. */
  readonly shortcut?: string
  readonly disabled?: boolean
  readonly busy?: boolean
  readonly pressed?: boolean
  readonly submit?: boolean
  readonly class?: string
  /** What it opens. */
  readonly popup?: 'dialog' | 'menu' | 'listbox'
  readonly expanded?: boolean
  readonly onClick?: (event: MouseEvent) => void
}

export function Button(props: ButtonProps): JSX.Element {
  const { label, icon, kind = 'plain', size = 'm', shortcut, disabled, busy, pressed, submit = false, popup, expanded, onClick } = props
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={`button button-${kind} button-${size} ${props.class ?? ''}`}
      disabled={disabled}
      aria-busy={busy}
      aria-pressed={pressed}
      aria-haspopup={popup}
      aria-expanded={expanded}
      onClick={onClick}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      <span>{label}</span>
      {shortcut === undefined ? null : <Kbd>{shortcut}</Kbd>}
    </button>
  )
}

export interface IconButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly onClick?: (event: MouseEvent) => void
  readonly pressed?: boolean
  readonly disabled?: boolean
  /** Something there wants to be seen. */
  readonly dot?: boolean
  readonly class?: string
  readonly popup?: 'dialog' | 'menu'
  readonly expanded?: boolean
}

export function IconButton({ icon, label, onClick, pressed, disabled, dot = false, class: added = '', popup, expanded }: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class={`icon-button ${dot ? 'icon-button-dot' : ''} ${added}`}
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      aria-haspopup={popup}
      aria-expanded={expanded}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  )
}
