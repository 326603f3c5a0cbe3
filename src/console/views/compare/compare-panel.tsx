// Two connections side by side, joined by topic: the same, another value, only left, only right.
// The Worker compares; it is asked once a second while somebody looks.

import './compare.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Tag } from '../../parts/badge.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Finder, SelectField } from '../../parts/field.tsx'
import { countText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { CELL, COLUMN_HEAD, HEAD_ROW, VirtualRows } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { useIsNarrow } from '../../state/row-height.ts'
import { FRAME } from '../../words/frame.ts'
import type { ComparedTopic, ComparedTopics, ComparedValue } from '../../worker/compare-topics.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { COMPARE, type CompareWords } from './compare-words.ts'
import { labelOf } from './connection-label.ts'

const EVERY_MS = 1000
const STATES = ['different', 'here', 'there', 'same'] as const
const HEIGHTS = { wide: 32, narrow: 56 }

export interface ComparePanelProps {
  readonly here: Connection
  readonly there: Connection
}

export function ComparePanel({ here, there }: ComparePanelProps): JSX.Element {
  const app = useApp()
  const words = app.words(COMPARE)
  const frame = app.words(FRAME)
  const isNarrow = useIsNarrow()
  const [which, setWhich] = useState<'differences' | 'all'>('differences')
  const [find, setFind] = useState('')
  const [range, setRange] = useState({ first: 0, count: 50 })
  const [active, setActive] = useState(-1)
  const [compared, setCompared] = useState<ComparedTopics | null>(null)
  const differencesOnly = which === 'differences'
  useEffect(() => {
    let isOld = false
    const ask = (): void => {
      app.worker.call('topics/compare', { connection: here.id, other: there.id, ...range, differencesOnly, find }).then(
        (answer) => {
          if (!isOld) setCompared(answer)
        },
        () => {}, // one of the two was closed
      )
    }
    ask()
    const timer = setInterval(ask, EVERY_MS)
    return () => {
      isOld = true
      clearInterval(timer)
    }
  }, [here, there, range, differencesOnly, find])
  const close = (): void => {
    app.compared.value = null
  }
  const rowAt = (index: number): ComparedTopic | undefined => compared?.rows[index - compared.first]
  const open = (index: number): void => {
    const row = rowAt(index)
    if (row === undefined) return
    close()
    app.connections.show(row.here === null ? there : here)
    app.selection.selectTopic(row.topic)
    app.route.go('topics')
  }
  const others = app.connections.list.value.filter((one) => one !== here && !one.isFile)
  const isEmpty = compared !== null && compared.total === 0
  const label = (one: Connection): string => visibleLine(labelOf(one, app.connections.list.value))
  const [left, right] = [label(here), label(there)]
  return (
    <Dialog kind="panel" title={words.title} closeLabel={frame.close} onClose={close}>
      <div class="compare">
        <div class="compare-choice">
          <span class="compare-side foreign">{left}</span>
          <span aria-hidden="true">⇄</span>
          <SelectField
            bare
            label={words.other}
            options={others.map((one) => ({ id: String(one.id), label: label(one) }))}
            value={String(there.id)}
            onChange={(id) => {
              const other = others.find((one) => String(one.id) === id)
              if (other !== undefined) app.compared.value = { here, there: other }
            }}
          />
          <span class="spacer" />
          <Segmented
            label={words.which}
            options={(['differences', 'all'] as const).map((id) => ({ id, label: words.whichOnes[id] }))}
            value={which}
            onChange={setWhich}
          />
        </div>
        <div class="compare-find">
          <Finder boxed label={words.find} placeholder={words.findHint} value={find} onInput={setFind} clearLabel={words.clear} />
        </div>
        {compared === null ? null : <Counts compared={compared} words={words} />}
        {isEmpty ? (
          <p class="compare-none muted">{emptyText(compared, find, words)}</p>
        ) : (
          <VirtualRows
            class="compare-rows"
            count={compared?.total ?? 0}
            rowHeight={isNarrow ? HEIGHTS.narrow : HEIGHTS.wide}
            label={words.title}
            columnCount={4}
            active={active}
            onActive={setActive}
            onOpen={open}
            onRange={(from, to) => setRange({ first: from, count: Math.max(1, to - from) })}
            headerHeight={30}
            header={
              <div class="row-head compare-columns" {...HEAD_ROW}>
                <span {...COLUMN_HEAD}>{words.topic}</span>
                <span class="cut foreign" {...COLUMN_HEAD}>
                  {left}
                </span>
                <span {...COLUMN_HEAD}>
                  <span class="for-readers">{words.state}</span>
                </span>
                <span class="cut foreign" {...COLUMN_HEAD}>
                  {right}
                </span>
              </div>
            }
            render={(index) => {
              const row = rowAt(index)
              return row === undefined ? null : <Cells row={row} words={words} />
            }}
          />
        )}
        <p class="compare-note muted">{words.note}</p>
      </div>
    </Dialog>
  )
}

function emptyText({ counts }: ComparedTopics, find: string, words: CompareWords): string {
  if (counts.same > 0) return words.noneDiffers
  return find === '' ? words.none : words.noneFits
}

function Counts({ compared, words }: { readonly compared: ComparedTopics; readonly words: CompareWords }): JSX.Element {
  const language = useApp().settings.language.value
  return (
    <p class="compare-counts">
      {STATES.map((state) => (
        <span key={state}>
          <b>{countText(compared.counts[state], language)}</b> {words.counts[state]}
        </span>
      ))}
    </p>
  )
}

function Cells({ row, words }: { readonly row: ComparedTopic; readonly words: CompareWords }): JSX.Element {
  const { topic, state, here, there } = row
  const at = topic.lastIndexOf('/') + 1
  return (
    <div class="compare-columns compare-cells" role="presentation">
      <span class="compare-topic cut foreign" title={visibleLine(topic)} {...CELL}>
        <span class="muted">{visibleLine(topic.slice(0, at))}</span>
        {visibleLine(topic.slice(at))}
      </span>
      <Value value={here} words={words} />
      <span class="compare-state" {...CELL}>
        {state === 'same' ? <span class="muted">= {words.states.same}</span> : <Tag kind={state === 'different' ? 'warn' : 'plain'}>{words.states[state]}</Tag>}
      </span>
      <Value value={there} words={words} />
    </div>
  )
}

function Value({ value, words }: { readonly value: ComparedValue | null; readonly words: CompareWords }): JSX.Element {
  const { kind = 'empty', text = '', unit = '' } = value?.glance ?? {}
  return (
    <span class="compare-value" {...CELL}>
      {value?.retained === true ? (
        <span class="compare-retained" title={words.retained}>
          <Icon name="retain" />
          <span class="for-readers">{words.retained}</span>
        </span>
      ) : null}
      {value === null ? (
        <span class="muted">–</span>
      ) : kind === 'empty' ? (
        <span class="muted">{words.empty}</span>
      ) : (
        <span class="cut foreign">
          {text} <span class="muted">{unit}</span>
        </span>
      )}
    </span>
  )
}
