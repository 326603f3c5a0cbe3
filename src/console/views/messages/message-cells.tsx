// A row of the Messages list: box, shape of the subscription, time and the time since the one before, direction, topic, QoS, flags, size, payload.
// Under 700 px two lines: topic over payload.

import type { JSX } from 'preact'
import { QosBadge, Shape } from '../../parts/badge.tsx'
import { CheckBox } from '../../parts/field.tsx'
import { clockTime, countText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { CELL, COLUMN_HEAD, HEAD_ROW } from '../../parts/virtual-rows.tsx'
import type { MessageRow } from '../../worker/protocol.ts'
import type { MessagesWords } from './messages-words.ts'

/** A pause longer than this is marked. */
const LONG_MS = 500

export function MessageHead({ words }: { readonly words: MessagesWords }): JSX.Element {
  const { choose, series, time, delta, direction, topic, qos, flags, size, payload } = words.columns
  const hidden = (text: string): JSX.Element => (
    <span {...COLUMN_HEAD}>
      <span class="for-readers">{text}</span>
    </span>
  )
  return (
    <div class="row-head message-columns wide-only" {...HEAD_ROW}>
      {hidden(choose)}
      {hidden(series)}
      <span {...COLUMN_HEAD}>{time}</span>
      <span {...COLUMN_HEAD} class="num">
        {delta}
      </span>
      {hidden(direction)}
      <span {...COLUMN_HEAD}>{topic}</span>
      <span {...COLUMN_HEAD}>{qos}</span>
      <span {...COLUMN_HEAD}>{flags}</span>
      <span {...COLUMN_HEAD} class="num">
        {size}
      </span>
      <span {...COLUMN_HEAD}>{payload}</span>
    </div>
  )
}

export interface MessageCellsProps {
  readonly row: MessageRow
  readonly isChosen: boolean
  readonly onToggle: () => void
  readonly words: MessagesWords
}

export function MessageCells({ row, isChosen, onToggle, words }: MessageCellsProps): JSX.Element {
  const { time, deltaMs, isOut, topic, series, qos, retain, dup, hasProperties, size, preview } = row
  return (
    <div class="message-columns message-cells" role="presentation">
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: only keeps the click from choosing the row */}
      <span class={`message-box ${isChosen ? 'message-box-on' : ''}`} {...CELL} onClick={(event) => event.stopPropagation()}>
        <CheckBox bare label={`${words.columns.choose} ${topic}`} checked={isChosen} onChange={onToggle} />
      </span>
      <span class="message-shape" {...CELL}>
        <Shape series={series} />
      </span>
      <span class="message-time" {...CELL}>
        {clockTime(time, true)}
      </span>
      <span class={`num message-delta ${deltaMs !== null && deltaMs > LONG_MS ? 'message-long' : ''}`} {...CELL}>
        {deltaMs === null ? '' : `+${deltaMs.toFixed(1)}`}
      </span>
      <span class={`message-way ${isOut ? 'message-out' : ''}`} {...CELL} title={isOut ? words.sent : words.received}>
        <Icon name={isOut ? 'out' : 'in'} />
        <span class="for-readers">{isOut ? words.sent : words.received}</span>
      </span>
      <code class="message-topic cut foreign" {...CELL} title={topic}>
        {topic}
      </code>
      <span class="message-qos" {...CELL}>
        <QosBadge qos={qos} />
      </span>
      <span class="message-flags" {...CELL}>
        {retain ? <span class="flag">R</span> : null}
        {dup ? <span class="flag flag-dup">DUP</span> : null}
        {hasProperties ? <span class="flag flag-properties">v5</span> : null}
      </span>
      <span class="num message-size" {...CELL}>
        {countText(size, 'en')}
      </span>
      <code class="message-preview cut foreign" {...CELL}>
        {preview}
      </code>
    </div>
  )
}
