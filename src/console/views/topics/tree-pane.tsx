// The live tree: only the rows that are visible exist, and come from the Worker up to 15 times a second.
// Value beside its name, then line, rate, age: one reading direction. Keys: virtual-rows.tsx.

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { Finder } from '../../parts/field.tsx'
import { ageText, countText, rateText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { EmptyState } from '../../parts/notice.tsx'
import { Sparkline } from '../../parts/sparkline.tsx'
import { CELL, COLUMN_HEAD, HEAD_ROW, VirtualRows } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { useKeys } from '../../state/keyboard.ts'
import { useRowHeight } from '../../state/row-height.ts'
import { FRAME } from '../../words/frame.ts'
import { withMuted, withoutMuted } from '../../worker/muted-topics.ts'
import type { Events, TopicRow, TopicSort } from '../../worker/protocol.ts'
import { TOPICS, type TopicsWords } from './topics-words.ts'

export interface TreePaneProps {
  readonly connection: Connection
  readonly sort: TopicSort
  /** Enter or a double click on a topic. */
  readonly onOpen: () => void
  /** Topics in muted branches. */
  readonly onMuted: (topics: number) => void
}

/** Rows asked for beyond those that are seen, on each side. */
const MARGIN = 10

export function TreePane({ connection, sort, onOpen, onMuted }: TreePaneProps): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const language = app.settings.language.value
  const find = app.route.parameter('find')
  const input = useRef<HTMLInputElement>(null)
  const [tree, setTree] = useState<Events['topics/rows'] | null>(null)
  const [range, setRange] = useState({ from: 0, to: 40 })
  const [active, setActive] = useState(-1)
  const wanted = useRef(-1)
  const selected = app.selection.value.value.topic
  const rowHeight = useRowHeight()
  const now = Date.now()
  const pin = (row: TopicRow | null): void => {
    if (row !== null) app.worker.call('topics/pin', { connection: connection.id, id: row.id, pinned: !row.isPinned }).catch(() => {})
  }
  const mute = (row: TopicRow | null): void => {
    if (row === null) return
    const { muted } = connection.profile.peek()
    app.connections.mute(connection, row.mutedBy === null ? withMuted(muted, row.path) : withoutMuted(muted, row.path)).catch(() => {})
  }
  useKeys({ '/': () => input.current?.focus(), m: () => pin(rowOf(tree, active)), h: () => mute(rowOf(tree, active)) }, [
    ['/', app.words(FRAME).key.filter],
    ['M', words.keys.pin],
    ['H', words.keys.mute],
  ])

  useEffect(
    () =>
      app.worker.on('topics/rows', (value) => {
        if (value.connection !== connection.id) return
        setTree(value)
        onMuted(value.muted)
      }),
    [connection.id],
  )
  useEffect(() => {
    const first = Math.max(0, range.from - MARGIN)
    app.worker.call('topics/watch', { connection: connection.id, first, count: range.to - first + MARGIN, sort, find: find.value }).catch(() => {})
  }, [connection.id, range.from, range.to, sort, find.value])
  useEffect(
    () => () => {
      app.worker.call('topics/watch', { connection: connection.id, first: 0, count: 0, sort: 'name', find: '' }).catch(() => {})
    },
    [connection.id],
  )
  // what the URL or another screen selected is looked up once
  useEffect(() => {
    if (selected === null || rowOf(tree, active)?.path === selected) return
    app.worker.call('topics/reveal', { connection: connection.id, topic: selected }).then(setActive, () => {})
  }, [selected, connection.id])
  // a row may move when topics appear above it
  useEffect(() => {
    if (tree === null) return
    const chosen = rowOf(tree, wanted.current)
    if (chosen !== null) {
      wanted.current = -1
      app.selection.selectTopic(chosen.path)
      return
    }
    if (selected === null || wanted.current >= 0) return
    const at = tree.rows.findIndex(({ path }) => path === selected)
    if (at >= 0 && tree.first + at !== active) setActive(tree.first + at)
  }, [tree])

  const toggle = (row: TopicRow, open: boolean): void => {
    app.worker.call('topics/toggle', { connection: connection.id, id: row.id, open }).catch(() => {})
  }
  const choose = (index: number): void => {
    setActive(index)
    const row = rowOf(tree, index)
    if (row === null) wanted.current = index
    else app.selection.selectTopic(row.path)
  }
  const fold = (index: number, expand: boolean): void => {
    const row = rowOf(tree, index)
    if (row === null) return
    if (row.isOpen !== null && row.isOpen !== expand) toggle(row, expand)
    else if (expand && row.isOpen === true) choose(index + 1)
    else if (!expand && tree !== null) {
      for (let at = index - 1; at >= tree.first; at--) if ((rowOf(tree, at)?.level ?? row.level) < row.level) return choose(at)
    }
  }
  /** Where fingers point, a tap opens: a topic its message, a branch itself. */
  const tapped = (event: MouseEvent): void => {
    const row = rowHeight === 28 ? null : (event.target as Element).closest('.tree-row')
    if (row === null) return
    const index = Number(row.getAttribute('aria-rowindex')) - 2
    if (row.getAttribute('aria-expanded') === null) onOpen()
    else fold(index, row.getAttribute('aria-expanded') === 'false')
  }
  const count =
    tree === null
      ? undefined
      : tree.passing === tree.topics
        ? words.count(countText(tree.topics, language), tree.topics === 1)
        : words.countOf(countText(tree.passing, language), countText(tree.topics, language))
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the rows have the keys
    <div class="pane tree" onClick={tapped}>
      <Finder
        label={words.find}
        placeholder={words.findHint}
        clearLabel={words.clear}
        value={find.value}
        onInput={(text) => {
          find.value = text
        }}
        problem={tree?.problem ?? null}
        input={input}
        {...(count === undefined ? {} : { count })}
      />
      {tree !== null && tree.visible === 0 && find.value !== '' ? (
        <EmptyState
          title={words.none}
          action={
            <Button
              label={words.clear}
              onClick={() => {
                find.value = ''
              }}
            />
          }
        >
          {words.noneHidden(countText(tree.topics, language))}
        </EmptyState>
      ) : (
        <VirtualRows
          class="tree-rows"
          label={words.title}
          role="treegrid"
          count={tree?.visible ?? 0}
          rowHeight={rowHeight}
          columnCount={5}
          header={<TreeHead words={words} />}
          headerHeight={rowHeight === 28 ? 30 : 0}
          active={active}
          onActive={choose}
          onOpen={(index) => {
            const row = rowOf(tree, index)
            if (row?.isOpen != null) toggle(row, !row.isOpen)
            onOpen()
          }}
          onFold={fold}
          onRange={(from, to) => setRange({ from, to })}
          attributes={(index) => {
            const row = rowOf(tree, index)
            return {
              class: `tree-row ${row?.path.startsWith('$') === true ? 'tree-system' : ''} ${row?.mutedBy == null ? '' : 'tree-muted'}`,
              selected: row !== null && row.path === selected,
              ...(row === null ? {} : { level: row.level }),
              ...(row?.isOpen == null ? {} : { expanded: row.isOpen }),
            }
          }}
          render={(index) => {
            const row = rowOf(tree, index)
            return row === null ? null : (
              <TreeCells
                row={row}
                now={now}
                words={words}
                nowText={app.words(FRAME).now}
                onToggle={() => toggle(row, row.isOpen !== true)}
                onPin={() => pin(row)}
                onUnmute={() => mute(row)}
              />
            )
          }}
        />
      )}
    </div>
  )
}

function TreeHead({ words }: { readonly words: TopicsWords }): JSX.Element {
  const { topic, value, line, rate, age } = words.columns
  return (
    <div class="row-head tree-columns wide-only" {...HEAD_ROW}>
      <span {...COLUMN_HEAD}>{topic}</span>
      <span {...COLUMN_HEAD} class="tree-value-head">
        {value}
      </span>
      <span {...COLUMN_HEAD}>{line}</span>
      <span {...COLUMN_HEAD} class="num">
        {rate}
      </span>
      <span {...COLUMN_HEAD} class="num">
        {age}
      </span>
    </div>
  )
}

interface TreeCellsProps {
  readonly row: TopicRow
  readonly now: number
  readonly words: TopicsWords
  readonly nowText: string
  readonly onToggle: () => void
  readonly onPin: () => void
  readonly onUnmute: () => void
}

function TreeCells({ row, now, words, nowText, onToggle, onPin, onUnmute }: TreeCellsProps): JSX.Element {
  const isBranch = row.isOpen !== null
  const isOld = now - row.seen > 60_000
  return (
    <div class="tree-columns tree-cells" role="presentation">
      <span class="tree-name" {...CELL}>
        {Array.from({ length: row.level - 1 }, (_, i) => (
          <i key={i} class="tree-guide" />
        ))}
        {isBranch ? (
          <span
            class={`tree-twist ${row.isOpen === true ? 'tree-twist-open' : ''}`}
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation()
              onToggle()
            }}
          >
            <Icon name="right" />
          </span>
        ) : (
          <span class="tree-twist" />
        )}
        <span class={`cut foreign ${isBranch ? 'tree-branch' : ''}`}>{row.name === '' ? '␀' : row.name}</span>
        {isBranch ? <span class="tree-count">{row.topics}</span> : null}
        {/* the key M does the same */}
        <span
          class={`tree-pin wide-only ${row.isPinned ? 'tree-pinned' : ''}`}
          aria-hidden="true"
          title={row.isPinned ? words.unpin : words.pin}
          onClick={(event) => {
            event.stopPropagation()
            onPin()
          }}
        >
          <Icon name="pin" />
        </span>
        {row.isPinned ? <span class="for-readers">{words.pinned}</span> : null}
      </span>
      <span class="tree-value" {...CELL}>
        <span class="tree-retained" title={row.retained ? words.retained : undefined}>
          {row.retained ? <Icon name="retain" /> : null}
          {row.retained ? <span class="for-readers">{words.retained}</span> : null}
        </span>
        {row.mutedBy === row.path ? (
          // the key H does the same
          <button
            type="button"
            class="tree-unmute"
            tabIndex={-1}
            title={words.unmuteBranch}
            onClick={(event) => {
              event.stopPropagation()
              onUnmute()
            }}
          >
            <Icon name="mute" />
            {words.muted}
          </button>
        ) : (
          <Value row={row} empty={words.empty} />
        )}
      </span>
      <span class="tree-line" {...CELL}>
        <Sparkline values={row.spark} kind={row.sparkKind} />
      </span>
      <span class="num tree-rate wide-only" {...CELL}>
        {row.mutedBy === null ? rateText(row.rate) : ''}
      </span>
      <span class={`num tree-age ${isOld ? 'muted' : ''}`} {...CELL}>
        {row.mutedBy === null ? ageText(row.seen, now, nowText) : ''}
      </span>
    </div>
  )
}

function Value({ row, empty }: { readonly row: TopicRow; readonly empty: string }): JSX.Element | null {
  if (row.value === null) return null
  const { kind, text, unit } = row.value
  switch (kind) {
    case 'number':
      return (
        <span class="cut foreign">
          <b>{text}</b> <span class="muted">{unit}</span>
        </span>
      )
    case 'json':
    case 'binary':
      return <code class="cut foreign tree-code">{text}</code>
    case 'empty':
      return <span class="cut muted">{empty}</span>
    default:
      return <span class="cut foreign tree-word">{text}</span>
  }
}

function rowOf(tree: Events['topics/rows'] | null, index: number): TopicRow | null {
  return tree === null || index < 0 ? null : (tree.rows[index - tree.first] ?? null)
}
