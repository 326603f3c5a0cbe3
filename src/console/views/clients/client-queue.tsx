// Messages that wait for a client, the oldest first: topic, QoS, size, the beginning of the payload, when they expire.
// The broker tells the first ones only.

import type { JSX } from 'preact'
import type { QueuedRow } from '../../../server/admin/api-types.ts'
import { QosBadge, Tag } from '../../parts/badge.tsx'
import { bytesText, countText } from '../../parts/format.ts'
import { spanText } from '../../parts/span-text.ts'
import { useApp } from '../../state/app-context.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ClientsWords } from './clients-words.ts'
import { payloadText } from './payload-start.ts'

export interface ClientQueueProps {
  readonly rows: readonly QueuedRow[]
  /** Messages that wait, told or not. */
  readonly all: number
  readonly words: ClientsWords
}

export function ClientQueue({ rows, all, words }: ClientQueueProps): JSX.Element {
  const app = useApp()
  const language = app.settings.language.value
  if (rows.length === 0) return <p class="muted">{words.queue.none}</p>
  return (
    <>
      <ul class="client-list">
        {rows.map(({ topic, qos, retain, sizeBytes, payloadStart, expiresInMs }, i) => (
          <li key={i} class="client-queued-row">
            <code class="client-filter foreign">{visibleLine(topic)}</code>
            <span class="client-queued-facts">
              {retain ? <Tag icon="retain">{words.retained}</Tag> : null}
              <QosBadge qos={qos} />
            </span>
            <code class="client-payload cut foreign muted">{payloadText(payloadStart, sizeBytes, words.queue.empty, app.mask.value.hides(topic))}</code>
            <span class="client-queued-facts muted">{bytesText(sizeBytes)}</span>
            {expiresInMs === null ? null : <span class="muted client-expires">{words.queue.expires(spanText(expiresInMs / 1000))}</span>}
          </li>
        ))}
      </ul>
      {rows.length < all ? <p class="muted">{words.queue.some(countText(rows.length, language), countText(all, language))}</p> : null}
    </>
  )
}
