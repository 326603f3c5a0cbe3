// Subscribing: a filter with its QoS and, in 5.0, its options; and what is subscribed to already.
// The filter is checked by the rules of the standard before anything is sent.

import './subscribe-form.css'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { reasonName } from '../../../wire/mqtt/reason-codes.ts'
import { isTopicFilter } from '../../../wire/mqtt/topics.ts'
import { QosBadge, Shape } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { CheckBox, SelectField, TextField } from '../../parts/field.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { DEFAULT_SUBSCRIPTION } from '../../state/connections.ts'
import { FRAME } from '../../words/frame.ts'
import type { SubscriptionOptions, SubscriptionState } from '../../worker/protocol.ts'

const SUBACK = 9

export function SubscribeForm({ connection, onClose }: { readonly connection: Connection; readonly onClose: () => void }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const texts = words.subscription
  const [options, setOptions] = useState<SubscriptionOptions>({ ...DEFAULT_SUBSCRIPTION, filter: '' })
  const set = (change: Partial<SubscriptionOptions>): void => setOptions({ ...options, ...change })
  const isRight = isTopicFilter(options.filter)
  const phase = connection.phase.value
  const isFive = phase.phase !== 'live' || phase.version === 5
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (!isRight) return
    onClose()
    await connection.subscribe(options)
  }
  return (
    <Dialog kind="panel" title={texts.title} closeLabel={words.close} onClose={onClose}>
      <form class="connect" onSubmit={submit}>
        <div class="dialog-body scroll stack">
          <TextField
            label={texts.filter}
            value={options.filter}
            onInput={(filter) => set({ filter })}
            hint={texts.filterHint}
            problem={options.filter === '' || isRight ? null : texts.problem}
            placeholder="building5/+/temperature"
            mono
            autofocus
          />
          <div class="field">
            <div class="field-label">{texts.qos}</div>
            <Segmented
              label={texts.qos}
              options={(['0', '1', '2'] as const).map((id) => ({ id, label: <QosBadge qos={Number(id)} /> }))}
              value={String(options.qos) as '0' | '1' | '2'}
              onChange={(qos) => set({ qos: Number(qos) as 0 | 1 | 2 })}
              wide
            />
          </div>
          {isFive ? (
            <div class="stack">
              <CheckBox label={texts.noLocal} checked={options.noLocal} onChange={(noLocal) => set({ noLocal })} />
              <CheckBox label={texts.retainAsPublished} checked={options.retainAsPublished} onChange={(retainAsPublished) => set({ retainAsPublished })} />
              <SelectField
                label={texts.retainHandling}
                options={(['0', '1', '2'] as const).map((id) => ({ id, label: texts.handling[Number(id) as 0 | 1 | 2] }))}
                value={String(options.retainHandling) as '0' | '1' | '2'}
                onChange={(id) => set({ retainHandling: Number(id) as 0 | 1 | 2 })}
              />
            </div>
          ) : null}
          <section>
            <h3>{texts.subscribed}</h3>
            <ul class="subscribed">
              {connection.subscriptions.value.map((one) => (
                <Subscribed key={one.filter} connection={connection} subscription={one} />
              ))}
            </ul>
          </section>
        </div>
        <div class="dialog-foot">
          <span class="spacer" />
          <Button label={words.cancel} onClick={onClose} />
          <Button label={texts.add} kind="primary" submit disabled={!isRight} />
        </div>
      </form>
    </Dialog>
  )
}

function Subscribed({ connection, subscription }: { readonly connection: Connection; readonly subscription: SubscriptionState }): JSX.Element {
  const texts = useApp().words(FRAME).subscription
  const { filter, series, isMuted, state, reasonCode, qos } = subscription
  return (
    <li class="subscribed-row">
      <Shape series={series} muted={isMuted} />
      <code class="cut foreign">{filter}</code>
      <span class={state === 'refused' ? 'field-problem' : 'muted'}>
        {state === 'refused' ? texts.refused(reasonName(reasonCode, SUBACK)) : texts.state[state]}
      </span>
      <QosBadge qos={state === 'granted' ? reasonCode : qos} />
      <Button label={isMuted ? texts.unmute : texts.mute} size="s" kind="ghost" pressed={isMuted} onClick={() => connection.mute(filter, !isMuted)} />
      <IconButton icon="close" label={`${texts.remove}: ${filter}`} onClick={() => connection.unsubscribe(filter)} />
    </li>
  )
}
