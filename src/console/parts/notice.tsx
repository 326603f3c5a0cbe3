// What the console has to say: a verdict (the fact in bold, cause or remedy below), a strip under a table head, an empty state.
// Strips and verdicts that come by themselves are told to screen readers politely.

import './notice.css'
import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icon.tsx'

const ICONS: Readonly<Record<string, IconName>> = { ok: 'check', warn: 'warn', danger: 'close', mute: 'info', accent: 'up' }

export interface VerdictProps {
  readonly kind: 'ok' | 'warn' | 'danger' | 'mute'
  readonly title: string
  readonly icon?: IconName
  readonly children?: ComponentChildren
}

export function Verdict({ kind, title, icon, children }: VerdictProps): JSX.Element {
  return (
    <div class={`verdict verdict-${kind}`} role="status">
      <Icon name={icon ?? ICONS[kind]!} />
      <div>
        <div class="verdict-title">{title}</div>
        <div class="verdict-text">{children}</div>
      </div>
    </div>
  )
}

export interface StripProps {
  readonly kind: 'accent' | 'warn' | 'danger' | 'mute'
  readonly icon?: IconName
  readonly children: ComponentChildren
  readonly action?: ComponentChildren
}

export function Strip({ kind, icon, children, action }: StripProps): JSX.Element {
  return (
    <div class={`strip strip-${kind}`} role="status">
      <Icon name={icon ?? ICONS[kind]!} />
      <div class="strip-text">{children}</div>
      {action}
    </div>
  )
}

export interface EmptyStateProps {
  readonly title: string
  readonly children?: ComponentChildren
  readonly action?: ComponentChildren
}

export function EmptyState({ title, children, action }: EmptyStateProps): JSX.Element {
  return (
    <div class="empty">
      <h2 class="empty-title">{title}</h2>
      {children === undefined ? null : <div>{children}</div>}
      {action === undefined ? null : <div class="empty-action">{action}</div>}
    </div>
  )
}
