// The subscriptions of a session with what was granted; operators add and end them in the name of the client.
// A filter opens its topics in the Topics screen.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { SubscriptionRow } from '../../../server/admin/api-types.ts'
import { isTopicFilter } from '../../../wire/mqtt/topics.ts'
import { QosBadge, Tag } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ClientsWords } from './clients-words.ts'

export interface ClientSubscriptionsProps {
  readonly rows: readonly SubscriptionRow[]
  readonly mayAct: boolean
  /** True when it was done. */
  readonly act: (path: string, body: object) => Promise<boolean>
  readonly words: ClientsWords
}

export function ClientSubscriptions({ rows, mayAct, act, words: { subscription: words } }: ClientSubscriptionsProps): JSX.Element {
  return (
    <>
      {rows.length === 0 ? <p class="muted">{words.none}</p> : null}
      <ul class="client-list">
        {rows.map(({ filter, shareName, qos, noLocal, retainAsPublished, identifiers }) => (
          <li key={filter} class="client-list-row">
            <code class="client-filter foreign">{visibleLine(filter)}</code>
            {shareName === null ? null : <Tag>{visibleLine(words.shared(shareName))}</Tag>}
            {noLocal ? <Tag>{words.noLocal}</Tag> : null}
            {retainAsPublished ? <Tag icon="retain">{words.asPublished}</Tag> : null}
            {identifiers.map((id) => (
              <Tag key={id}>{words.identifier(id)}</Tag>
            ))}
            <QosBadge qos={qos} />
            {mayAct ? <IconButton icon="close" label={words.remove(visibleLine(filter))} onClick={() => void act('client/unsubscribe', { filter })} /> : null}
          </li>
        ))}
      </ul>
      {mayAct ? <NewSubscription act={act} words={words} /> : null}
    </>
  )
}

interface NewSubscriptionProps {
  readonly act: ClientSubscriptionsProps['act']
  readonly words: ClientsWords['subscription']
}

const QOS = ['0', '1', '2'] as const

function NewSubscription({ act, words }: NewSubscriptionProps): JSX.Element {
  const [filter, setFilter] = useState('')
  const [qos, setQos] = useState<(typeof QOS)[number]>('0')
  const isWrong = filter !== '' && !isTopicFilter(filter)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (filter === '' || isWrong) return
    if (await act('client/subscribe', { filter, qos: Number(qos) })) setFilter('')
  }
  return (
    <form class="client-form" onSubmit={submit}>
      <TextField mono label={words.filter} value={filter} onInput={setFilter} problem={isWrong ? words.wrong : null} hint={words.hint} />
      <div class="client-form-line">
        <Segmented label={words.qos} options={QOS.map((id) => ({ id, label: `QoS ${id}` }))} value={qos} onChange={setQos} />
        <span class="spacer" />
        <Button label={words.add} icon="plus" submit disabled={filter === '' || isWrong} />
      </div>
    </form>
  )
}
