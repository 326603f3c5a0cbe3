// Badges: QoS, the shape of a subscription, tags, the dot of a connection, a meter.
// Never colour alone: each meaning has its own form or letter.

import './badge.css'
import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icon.tsx'

export function QosBadge({ qos }: { readonly qos: number }): JSX.Element {
  return (
    <span class={`qos qos-${qos}`} title={`QoS ${qos}`}>
      <span class="for-readers">QoS </span>
      {qos}
    </span>
  )
}

/** Circle, square, triangle, diamond, bar; 5 = nothing in particular. A muted one is only its outline. */
export function Shape({ series, muted = false }: { readonly series: number; readonly muted?: boolean }): JSX.Element {
  return (
    <svg class={`shape series-${series < 0 ? 5 : series} ${muted ? 'shape-muted' : ''}`} viewBox="0 0 10 10" aria-hidden="true">
      {shapeOf(series)}
    </svg>
  )
}

export function Tag({
  kind = 'plain',
  icon,
  children,
}: {
  readonly kind?: 'plain' | 'warn' | 'danger' | 'accent'
  readonly icon?: IconName
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <span class={`tag tag-${kind}`}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </span>
  )
}

export type DotKind = 'live' | 'paused' | 'wait' | 'refused' | 'off'

export function Dot({ kind }: { readonly kind: DotKind }): JSX.Element {
  return <span class={`dot dot-${kind}`} aria-hidden="true" />
}

/** `share` from 0 to 1. */
export function Meter({ share, label }: { readonly share: number; readonly label: string }): JSX.Element {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a meter element cannot be drawn as we want it in all browsers
    <span class="meter" role="meter" aria-label={label} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
      <span class="meter-fill" style={{ '--share': `${percent}%` }} />
    </span>
  )
}

export function Kbd({ children }: { readonly children: string }): JSX.Element {
  return <kbd>{children}</kbd>
}

function shapeOf(series: number): JSX.Element {
  switch (series) {
    case 0:
      return <circle cx="5" cy="5" r="4" />
    case 1:
      return <rect x="1.2" y="1.2" width="7.6" height="7.6" rx="1" />
    case 2:
      return <path d="M5 .8 9.4 9H.6z" />
    case 3:
      return <path d="M5 .2 9.8 5 5 9.8.2 5z" />
    case 4:
      return <rect x="0" y="3.4" width="10" height="3.2" rx="1" />
    default:
      return <circle cx="5" cy="5" r="2" />
  }
}
