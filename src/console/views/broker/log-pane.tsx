// The log: the level that is asked for, words to look for, the newest line at the end.
// It follows until somebody scrolls up; then it stands still while the log goes on.

import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { LogLine } from '../../../server/admin/api-types.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { Finder } from '../../parts/field.tsx'
import { clockTime, countText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { EmptyState, Strip } from '../../parts/notice.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { CELL, COLUMN_HEAD, HEAD_ROW, VirtualRows } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { useIsNarrow } from '../../state/row-height.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { BrokerWords } from './broker-words.ts'
import { type LogLevel, useLog } from './log-feed.ts'
import { findLines, logText } from './log-lines.ts'

const LEVELS: readonly LogLevel[] = ['debug', 'information', 'notice', 'warning', 'error']

export function LogPane({ base, words: { log: words, keys } }: { readonly base: string; readonly words: BrokerWords }): JSX.Element {
  const app = useApp()
  const language = app.settings.language.value
  const isNarrow = useIsNarrow()
  const chosen = app.route.parameter('level')
  const level = LEVELS.find((one) => one === chosen.value) ?? 'information'
  const find = app.route.parameter('log')
  const feed = useLog(base, level)
  const [follows, setFollows] = useState(true)
  const [active, setActive] = useState(-1)
  const input = useRef<HTMLInputElement>(null)
  const lines = findLines(feed.lines, find.value)
  useKeys({ '/': () => input.current?.focus() }, [['/', keys.filter]])
  return (
    <div class="pane">
      <div class="bar">
        <Finder
          boxed
          label={words.find}
          placeholder={words.findHint}
          clearLabel={words.clear}
          value={find.value}
          onInput={(text) => {
            find.value = text
          }}
          input={input}
        />
        <Segmented
          label={words.level}
          options={LEVELS.map((id) => ({ id, label: words.levels[id] }))}
          value={level}
          onChange={(id) => {
            chosen.value = id === 'information' ? '' : id
          }}
        />
        <span class="spacer" />
        <span class="muted wide-only">{words.count(countText(lines.length, language), countText(feed.lines.length, language))}</span>
        <IconButton
          icon="download"
          label={words.download}
          disabled={lines.length === 0}
          onClick={() => app.save(words.fileName, 'text/plain', new TextEncoder().encode(logText(lines)))}
        />
      </div>
      {feed.isOpen ? null : <Strip kind="warn">{words.closed}</Strip>}
      {follows || lines.length === 0 ? null : (
        <Strip kind="accent" icon="down" action={<Button label={words.follow} size="s" kind="ghost" onClick={() => setFollows(true)} />}>
          {words.standing}
        </Strip>
      )}
      {lines.length === 0 ? (
        <EmptyState title={feed.lines.length === 0 ? words.none : words.noneFits} />
      ) : (
        <VirtualRows
          class="log-rows"
          label={words.columns.text}
          count={lines.length}
          rowHeight={isNarrow ? 52 : 28}
          columnCount={3}
          header={
            <div class="row-head log-columns wide-only" {...HEAD_ROW}>
              <span {...COLUMN_HEAD}>{words.columns.time}</span>
              <span {...COLUMN_HEAD}>{words.columns.type}</span>
              <span {...COLUMN_HEAD}>{words.columns.text}</span>
            </div>
          }
          headerHeight={isNarrow ? 0 : 30}
          active={active}
          onActive={(index) => {
            setActive(index)
            if (index < lines.length - 1) setFollows(false)
          }}
          follow={follows}
          onFollow={setFollows}
          dropped={find.value === '' ? feed.dropped : 0}
          render={(index) => {
            const line = lines[index]
            return line === undefined ? null : <LogCells line={line} types={words.types} />
          }}
        />
      )}
    </div>
  )
}

function LogCells({ line: { time, type, text, client }, types }: { readonly line: LogLine; readonly types: BrokerWords['log']['types'] }): JSX.Element {
  const shown = visibleLine(text)
  const icon = type === 'error' ? 'warn' : type === 'warning' ? 'info' : null
  return (
    <div class={`log-columns log-cells log-${type}`} role="presentation">
      <time class="log-time" {...CELL}>
        {clockTime(time)}
      </time>
      <span class="log-type" {...CELL}>
        {icon === null ? null : <Icon name={icon} />}
        {types[type]}
      </span>
      <span class="cut foreign" title={shown} {...CELL}>
        {marked(shown, client === null ? null : visibleLine(client))}
      </span>
    </div>
  )
}

/** The client's name stands out in its line. */
function marked(text: string, client: string | null): (string | JSX.Element)[] {
  const at = client === null || client === '' ? -1 : text.indexOf(client)
  return at < 0
    ? [text]
    : [
        text.slice(0, at),
        <b key="client" class="log-marked">
          {client}
        </b>,
        text.slice(at + client!.length),
      ]
}
