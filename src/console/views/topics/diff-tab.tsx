// A message compared with the one before it on its topic, or with one that was pinned; changes below each other or side by side.
// JSON is set out the same way on both sides first, so that only what changed differs.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { clockTime } from '../../parts/format.ts'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import { useIsNarrow } from '../../state/row-height.ts'
import type { MessageDetail } from '../../worker/protocol.ts'
import { type DiffCell, type DiffLine, type DiffRow, diffLines, diffRows } from './line-diff.ts'
import { formOf, linesOf } from './payload-text.ts'
import { TOPICS, type TopicsWords } from './topics-words.ts'

export type DiffBase = 'previous' | 'pinned'

export interface DiffTabProps {
  readonly message: MessageDetail
  readonly previous: MessageDetail | null
  readonly pinned: MessageDetail | null
  readonly base: DiffBase
  readonly onBase: (base: DiffBase) => void
  /** Pins the message that is shown; null: none is pinned any more. */
  readonly onPin: (message: MessageDetail | null) => void
}

/** Of the URL: how the two are laid out. */
export const DIFF_LAYOUT = 'diff'
export const SIDE_BY_SIDE = 'side'

export function DiffTab({ message, previous, pinned, base: chosen, onBase, onPin }: DiffTabProps): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const layout = app.route.parameter(DIFF_LAYOUT)
  const isNarrow = useIsNarrow()
  const isSide = layout.value === SIDE_BY_SIDE && !isNarrow
  const base = chosen === 'pinned' && pinned !== null ? pinned : previous
  const isItself = base?.seq === message.seq
  const isMasked = app.mask.value.hides(message.topic)
  const lines = useMemo(() => (base === null || isItself || isMasked ? null : compare(base, message)), [base, message, isItself, isMasked])
  const rows = useMemo(() => (lines === null ? [] : diffRows(lines)), [lines])
  const added = lines?.filter(({ kind }) => kind === 'added').length ?? 0
  const removed = lines?.filter(({ kind }) => kind === 'removed').length ?? 0
  const isPinned = pinned?.seq === message.seq
  return (
    <section>
      <div class="payload-head diff-head">
        {pinned === null ? (
          <h3>{words.diffBase.previous}</h3>
        ) : (
          <Segmented
            label={words.diffWith}
            options={[
              { id: 'previous', label: words.diffBase.previous },
              { id: 'pinned', label: words.diffBase.pinned },
            ]}
            value={chosen}
            onChange={onBase}
          />
        )}
        <span class="spacer" />
        {isNarrow ? null : (
          <Segmented
            label={words.diffLayout}
            options={[
              { id: 'inline', label: words.diffInline },
              { id: 'side', label: words.diffSide },
            ]}
            value={isSide ? 'side' : 'inline'}
            onChange={(id) => {
              layout.value = id === 'side' ? SIDE_BY_SIDE : ''
            }}
          />
        )}
        <Button label={isPinned ? words.diffUnpin : words.diffPin} icon="pin" size="s" kind="ghost" onClick={() => onPin(isPinned ? null : message)} />
      </div>
      {base === null || isItself ? null : (
        <p class="diff-facts muted">
          <span>
            {clockTime(base.time, true)} → {clockTime(message.time, true)}
          </span>
          <span>{added + removed === 0 ? '' : words.diffCounts(added, removed)}</span>
        </p>
      )}
      {base === null ? (
        <p class="muted">{words.diffNone}</p>
      ) : isItself ? (
        <p class="muted">{words.diffItself}</p>
      ) : isMasked ? (
        <p class="muted">{words.masked}</p>
      ) : lines === null ? (
        <p class="muted">{words.diffLong}</p>
      ) : added + removed === 0 ? (
        <p class="muted">{words.diffSame}</p>
      ) : isSide ? (
        <Side rows={rows} words={words} />
      ) : (
        <Inline rows={rows} />
      )}
    </section>
  )
}

/** Below each other: of what changed in one place, first what went, then what came. */
function Inline({ rows }: { readonly rows: readonly DiffRow[] }): JSX.Element {
  const lines: JSX.Element[] = []
  const push = (kind: DiffLine['kind'], cell: DiffCell | null): void => {
    if (cell === null) return
    lines.push(
      <div key={lines.length} class={`diff-line diff-${kind}`}>
        <span class="diff-sign">{SIGNS[kind]}</span>
        <Text cell={cell} />
      </div>,
    )
  }
  for (let at = 0; at < rows.length; ) {
    const first = rows[at]!
    if (first.kind === 'same') {
      push('same', first.after)
      at++
      continue
    }
    let end = at
    while (rows[end]?.kind === 'changed') end++
    for (const { before } of rows.slice(at, end)) push('removed', before)
    for (const { after } of rows.slice(at, end)) push('added', after)
    at = end
  }
  return <div class="code">{lines}</div>
}

const SIGNS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', added: '+', removed: '−' }

function Side({ rows, words }: { readonly rows: readonly DiffRow[]; readonly words: TopicsWords }): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: no fieldset, which groups fields
    <div class="code diff-side" role="group" aria-label={words.diffSide}>
      {rows.map(({ kind, before, after }, i) => (
        <div key={i} class="diff-row">
          <Half cell={before} kind={kind === 'same' ? 'same' : 'removed'} />
          <Half cell={after} kind={kind === 'same' ? 'same' : 'added'} />
        </div>
      ))}
    </div>
  )
}

function Half({ cell, kind }: { readonly cell: DiffCell | null; readonly kind: DiffLine['kind'] }): JSX.Element {
  if (cell === null) return <div class="diff-half diff-none" />
  return (
    <div class={`diff-half diff-${kind}`}>
      <span class="diff-number" aria-hidden="true">
        {cell.number}
      </span>
      <span class="diff-sign">{SIGNS[kind]}</span>
      <Text cell={cell} />
    </div>
  )
}

function Text({ cell: { text, from, to } }: { readonly cell: DiffCell }): JSX.Element {
  return (
    <code class="diff-text foreign">
      {from === to ? (
        text
      ) : (
        <>
          {text.slice(0, from)}
          <mark class="diff-mark">{text.slice(from, to)}</mark>
          {text.slice(to)}
        </>
      )}
    </code>
  )
}

function compare(before: MessageDetail, after: MessageDetail): DiffLine[] | null {
  const form = formOf(after.payload, after.payload.length === after.size)
  const old = linesOf(before.payload, form)
  const both = old === null ? 'hex' : form
  return diffLines(linesOf(before.payload, both) ?? [], linesOf(after.payload, both) ?? [])
}
