// The value of a message: its number large with what changed and its line, then the payload.
// Only messages with a number have the upper part.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { clockTime, numberText } from '../../parts/format.ts'
import { Plot } from '../../parts/plot.tsx'
import { useApp } from '../../state/app-context.ts'
import { look } from '../../worker/glance.ts'
import type { MessageDetail, TopicDetail } from '../../worker/protocol.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { PayloadView } from './payload-view.tsx'
import { TOPICS } from './topics-words.ts'

export interface ValueTabProps {
  readonly detail: TopicDetail
  readonly message: MessageDetail
  readonly onWhole: () => void
}

export function ValueTab({ detail, message, onWhole }: ValueTabProps): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const isMasked = app.mask.value.hides(message.topic)
  const { glance, number } = useMemo(() => look(isMasked ? NOTHING : message.payload, message.topic), [message, isMasked])
  const before = useMemo(() => (detail.previous === null ? Number.NaN : look(detail.previous.payload, message.topic).number), [detail.previous])
  const { times, values, field } = detail
  const lines = useMemo(() => [{ name: field ?? '', values, series: -1 }], [values, field])
  const change = number - before
  return (
    <>
      {Number.isNaN(number) ? null : (
        <div class="hero">
          <div class="hero-value foreign">
            {glance.text}
            {glance.unit === '' ? null : <small class="hero-unit"> {visibleLine(glance.unit)}</small>}
          </div>
          <div class="hero-change">
            {Number.isNaN(change) ? null : (
              <div>
                <b>{change > 0 ? `+${numberText(change)}` : numberText(change)}</b> {words.since(clockTime(detail.previous!.time))}
              </div>
            )}
            {values.length > 1 ? <div>{words.range(numberText(least(values)), numberText(most(values)))}</div> : null}
          </div>
        </div>
      )}
      {!Number.isNaN(number) && values.length > 1 ? <Plot times={times} lines={lines} label={words.chart(visibleLine(message.topic))} height={150} /> : null}
      <PayloadView message={message} previous={detail.previous} onWhole={onWhole} />
    </>
  )
}

const NOTHING = new Uint8Array(0)

function least(values: Float64Array): number {
  return values.reduce((found, value) => Math.min(found, value), Number.POSITIVE_INFINITY)
}

function most(values: Float64Array): number {
  return values.reduce((found, value) => Math.max(found, value), Number.NEGATIVE_INFINITY)
}
