// What came on a topic: a chart of one of its numbers, and the messages, the newest first.
// A click shows a message; one can be marked to compare others with it.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { QosBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { SelectField } from '../../parts/field.tsx'
import { clockTime } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Plot } from '../../parts/plot.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import type { TopicDetail } from '../../worker/protocol.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { TOPICS } from './topics-words.ts'

export interface HistoryTabProps {
  readonly connection: Connection
  readonly detail: TopicDetail
  /** Sequence number of the message that is shown. */
  readonly shown: number
  readonly onField: (field: string) => void
  readonly onMark: (seq: number) => void
}

export function HistoryTab({ detail, shown, onField, onMark }: HistoryTabProps): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const { times, values, field, fields, history, topic } = detail
  const lines = useMemo(() => [{ name: field ?? '', values, series: -1 }], [values, field])
  return (
    <>
      <div class="payload-head history-head">
        <h3>{words.value}</h3>
        {fields.length > 1 ? (
          <SelectField label={words.field} bare options={fields.map((id) => ({ id, label: visibleLine(id) }))} value={field ?? ''} onChange={onField} />
        ) : (
          <span class="muted foreign">{field ?? ''}</span>
        )}
      </div>
      {values.length > 1 ? <Plot times={times} lines={lines} label={words.chart(visibleLine(topic))} height={180} /> : <p class="muted">{words.noNumbers}</p>}
      <div class="payload-head">
        <h3>{words.tabs.history}</h3>
        <span class="muted">{words.kept(String(detail.kept))}</span>
      </div>
      <ul class="history">
        {history.map(({ seq, time, isOut, qos, retain, glance }) => (
          <li key={seq} class={`history-row ${seq === shown ? 'history-shown' : ''}`}>
            <button type="button" class="history-take" aria-pressed={seq === shown} onClick={() => app.selection.selectMessage(seq, topic, null)}>
              <time>{clockTime(time, true)}</time>
              <QosBadge qos={qos} />
              <span class="history-flag" title={retain ? words.retained : isOut ? words.out : undefined}>
                {retain ? <Icon name="retain" /> : isOut ? <Icon name="out" /> : null}
              </span>
              <span class={`cut foreign ${glance.kind === 'json' || glance.kind === 'binary' ? 'mono' : ''}`}>
                {glance.text} <span class="muted">{glance.unit}</span>
              </span>
            </button>
            <Button label={words.mark} size="s" kind="ghost" class="history-mark" onClick={() => onMark(seq)} />
          </li>
        ))}
      </ul>
    </>
  )
}
