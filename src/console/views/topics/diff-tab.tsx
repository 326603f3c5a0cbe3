// A message compared with the one before it on its topic, or with one that was marked in the history.
// JSON is set out the same way on both sides first, so that only what changed differs.

import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { clockTime } from '../../parts/format.ts'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import type { MessageDetail } from '../../worker/protocol.ts'
import { type DiffLine, diffLines } from './line-diff.ts'
import { formOf, linesOf } from './payload-text.ts'
import { TOPICS } from './topics-words.ts'

export interface DiffTabProps {
  readonly message: MessageDetail
  readonly previous: MessageDetail | null
  readonly marked: MessageDetail | null
}

const SIGNS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', added: '+', removed: '−' }

export function DiffTab({ message, previous, marked }: DiffTabProps): JSX.Element {
  const words = useApp().words(TOPICS)
  const [choice, setChoice] = useState<'previous' | 'marked'>(marked === null ? 'previous' : 'marked')
  const base = choice === 'marked' && marked !== null ? marked : previous
  const lines = useMemo(() => (base === null ? null : compare(base, message)), [base, message])
  if (base === null) return <p class="muted">{words.diffNone}</p>
  const added = lines?.filter(({ kind }) => kind === 'added').length ?? 0
  const removed = lines?.filter(({ kind }) => kind === 'removed').length ?? 0
  return (
    <section>
      <div class="payload-head diff-head">
        {marked === null ? (
          <h3>{words.diffBase.previous}</h3>
        ) : (
          <Segmented
            label={words.tabs.diff}
            options={[
              { id: 'previous', label: words.diffBase.previous },
              { id: 'marked', label: words.diffBase.marked },
            ]}
            value={choice}
            onChange={setChoice}
          />
        )}
        <span class="muted">
          {clockTime(base.time, true)} → {clockTime(message.time, true)}
        </span>
        <span class="spacer" />
        <span class="muted">{added + removed === 0 ? '' : words.diffCounts(added, removed)}</span>
      </div>
      {lines === null ? (
        <p class="muted">{words.diffLong}</p>
      ) : added + removed === 0 ? (
        <p class="muted">{words.diffSame}</p>
      ) : (
        <div class="code">
          {lines.map(({ kind, text }, i) => (
            <div key={i} class={`diff-line diff-${kind}`}>
              <span class="diff-sign">{SIGNS[kind]}</span>
              <code class="diff-text foreign">{text}</code>
            </div>
          ))}
        </div>
      )}
    </section>
  )
}

function compare(before: MessageDetail, after: MessageDetail): DiffLine[] | null {
  const form = formOf(after.payload, after.payload.length === after.size)
  const old = linesOf(before.payload, form)
  const both = old === null ? 'hex' : form
  return diffLines(linesOf(before.payload, both) ?? [], linesOf(after.payload, both) ?? [])
}
