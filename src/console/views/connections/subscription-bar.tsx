// The subscriptions as chips: shape and colour, filter, QoS, messages per second. A click mutes; the menu of each does the rest.
// Stands above Topics and Messages.

import './subscription-bar.css'
import type { ComponentChildren, JSX } from 'preact'
import { reasonName } from '../../../wire/mqtt/reason-codes.ts'
import { QosBadge, Shape } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { rateText } from '../../parts/format.ts'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { FRAME } from '../../words/frame.ts'
import type { SubscriptionState } from '../../worker/protocol.ts'

const SUBACK = 9

export interface SubscriptionBarProps {
  readonly connection: Connection
  /** Before the chips. */
  readonly lead?: ComponentChildren
  /** At the right end. */
  readonly children?: ComponentChildren
}

export function SubscriptionBar({ connection, lead, children }: SubscriptionBarProps): JSX.Element {
  const app = useApp()
  const texts = app.words(FRAME).subscription
  return (
    <div class="bar">
      {lead ?? <span class="bar-label">{texts.subscribed}</span>}
      <div class="chips">
        {connection.subscriptions.value.map((one) => (
          <Chip key={one.filter} connection={connection} subscription={one} />
        ))}
        <Button
          label={texts.add}
          icon="plus"
          kind="ghost"
          shortcut="S"
          popup="dialog"
          onClick={() => {
            app.overlay.value = 'subscribe'
          }}
        />
      </div>
      {children}
    </div>
  )
}

function Chip({ connection, subscription }: { readonly connection: Connection; readonly subscription: SubscriptionState }): JSX.Element {
  const texts = useApp().words(FRAME).subscription
  const { filter, series, state, reasonCode, isMuted, rate, qos } = subscription
  const isRefused = state === 'refused'
  const title = isRefused ? texts.refused(reasonName(reasonCode, SUBACK)) : `${isMuted ? texts.unmute : texts.mute}: ${filter}`
  return (
    <span class={`chip ${isMuted ? 'chip-muted' : ''} ${isRefused ? 'chip-refused' : ''}`}>
      <button type="button" class="chip-main" aria-pressed={isMuted} title={title} onClick={() => connection.mute(filter, !isMuted)}>
        <Shape series={series} muted={isMuted || isRefused} />
        <code class="chip-filter cut foreign">{filter}</code>
        <QosBadge qos={state === 'granted' ? reasonCode : qos} />
        <span class="chip-rate">{isRefused ? texts.state.refused : `${rateText(rate) || '0'}/s`}</span>
      </button>
      <IconButton icon="close" label={`${texts.remove}: ${filter}`} class="chip-close" onClick={() => connection.unsubscribe(filter)} />
    </span>
  )
}
