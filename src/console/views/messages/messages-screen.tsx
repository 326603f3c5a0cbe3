// The Messages screen: all messages in the order in which they came, the newest first, filtered, chosen, exported, replayed.
// It follows while its head is in sight; otherwise it stands still and counts what is new.

import './messages.css'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button, IconButton } from '../../parts/button.tsx'
import { Finder } from '../../parts/field.tsx'
import { clockTime, countText } from '../../parts/format.ts'
import { Menu } from '../../parts/menu.tsx'
import { EmptyState, Strip } from '../../parts/notice.tsx'
import { VirtualRows } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { useIsNarrow } from '../../state/row-height.ts'
import { FRAME } from '../../words/frame.ts'
import type { Events, ExportForm, MessageRow } from '../../worker/protocol.ts'
import { SubscriptionBar } from '../connections/subscription-bar.tsx'
import type { ScreenProps } from '../registry.ts'
import { MutedStrip } from '../topics/muted-strip.tsx'
import { TimeBars } from './histogram.tsx'
import { MessageCells, MessageHead } from './message-cells.tsx'
import { MESSAGES } from './messages-words.ts'

const MARGIN = 10
const FORMS: readonly ExportForm[] = ['json', 'csv', 'pcapng']
const MIME: Readonly<Record<ExportForm, string>> = { json: 'application/json', csv: 'text/csv', pcapng: 'application/vnd.tcpdump.pcap' }
const ROW = { wide: 28, narrow: 60 } as const

export function MessagesScreen({ connection }: ScreenProps): JSX.Element {
  const app = useApp()
  const words = app.words(MESSAGES)
  const language = app.settings.language.value
  const isNarrow = useIsNarrow()
  const find = app.route.parameter('messages')
  const input = useRef<HTMLInputElement>(null)
  const [list, setList] = useState<Events['messages/rows'] | null>(null)
  const [range, setRange] = useState({ from: 0, to: 40 })
  const [follows, setFollows] = useState(true)
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const anchor = useRef<number | null>(null)
  const [active, setActive] = useState(-1)
  const selected = app.selection.value.value.message
  const isPaused = connection.paused.value

  useEffect(
    () =>
      app.worker.on('messages/rows', (value) => {
        if (value.connection === connection.id) setList(value)
      }),
    [connection.id],
  )
  useEffect(() => {
    const first = Math.max(0, range.from - MARGIN)
    app.worker.call('messages/watch', { connection: connection.id, first, count: range.to - first + MARGIN, find: find.value, follow: follows }).catch(() => {})
  }, [connection.id, range.from, range.to, find.value, follows, isPaused])
  useEffect(
    () => () => {
      app.worker.call('messages/watch', { connection: connection.id, first: 0, count: 0, find: find.peek(), follow: true }).catch(() => {})
    },
    [connection.id],
  )
  // the selected message of another screen is looked up once; while rows move, it moves with them
  useEffect(() => {
    if (selected === null) return setActive(-1)
    const at = list?.rows.findIndex(({ seq }) => seq === selected) ?? -1
    if (list !== null && at >= 0) return setActive(list.first + at)
    if (follows && active >= 0) return setActive(-1)
    return undefined
  }, [selected, list])
  useEffect(() => {
    if (selected === null || list?.rows.some(({ seq }) => seq === selected) === true) return
    app.worker.call('messages/row', { connection: connection.id, seq: selected }).then(
      (row) => {
        if (row < 0) return
        setFollows(false)
        setActive(row)
      },
      () => {},
    )
  }, [selected, connection.id])

  const rowAt = (index: number): MessageRow | null => (list === null || index < 0 ? null : (list.rows[index - list.first] ?? null))
  const choose = (seqs: Iterable<number>): void => setChosen(new Set(seqs))
  const toggle = (seq: number): void => {
    anchor.current = seq
    choose(chosen.has(seq) ? [...chosen].filter((one) => one !== seq) : [...chosen, seq])
  }
  const activate = (index: number, { extend, toggle: isToggle }: { readonly extend: boolean; readonly toggle: boolean }): void => {
    const row = rowAt(index)
    setActive(index)
    if (row === null) return
    if (index > 0) setFollows(false)
    if (isToggle) toggle(row.seq)
    else if (extend && list !== null) {
      const from = list.rows.findIndex(({ seq }) => seq === (anchor.current ?? selected))
      const to = index - list.first
      if (from >= 0) choose([...chosen, ...list.rows.slice(Math.min(from, to), Math.max(from, to) + 1).map(({ seq }) => seq)])
    } else anchor.current = row.seq
    app.selection.selectMessage(row.seq, row.topic, null)
  }
  const save = async (form: ExportForm, seqs: readonly number[] | null): Promise<void> => {
    const { bytes } = await app.worker.call('messages/export', { connection: connection.id, seqs, form })
    app.save(`${words.fileName}.${form}`, MIME[form], bytes)
  }
  const replay = async (keepTimes: boolean): Promise<void> => {
    await app.worker.call('messages/replay', { connection: connection.id, seqs: [...chosen], keepTimes })
  }
  const goTo = async (time: number): Promise<void> => {
    const row = await app.worker.call('messages/row-at', { connection: connection.id, time })
    if (row < 0) return
    setFollows(row === 0)
    setActive(row)
  }
  useKeys(
    {
      '/': () => input.current?.focus(),
      x: () => {
        if (selected !== null) toggle(selected)
      },
      e: () => save('json', chosen.size > 0 ? [...chosen] : null),
      Escape: () => choose([]),
    },
    [
      ['/', app.words(FRAME).key.filter],
      ['X', words.keys.choose],
      ['E', words.keys.export],
    ],
  )
  const resume = async (): Promise<void> => {
    setFollows(true)
    setActive(-1)
    app.selection.clear()
    if (isPaused) await connection.pause(false)
  }
  const total = list?.total ?? 0
  const count =
    list === null
      ? ''
      : total + list.newer === list.kept
        ? words.count(countText(list.kept, language))
        : words.countOf(countText(total + list.newer, language), countText(list.kept, language))
  return (
    <section class="screen messages" aria-label={words.title}>
      <SubscriptionBar
        connection={connection}
        lead={
          <Finder
            boxed
            label={words.find}
            placeholder={words.findHint}
            clearLabel={words.clear}
            value={find.value}
            onInput={(text) => {
              find.value = text
            }}
            problem={list?.problem ?? null}
            input={input}
          />
        }
      >
        <Menu
          label={words.exportAll}
          icon="download"
          items={FORMS.map((form) => ({ id: form, label: words.exportAs[form], onSelect: () => save(form, null) }))}
        />
      </SubscriptionBar>
      {list === null ? null : <TimeBars connection={connection} list={list} count={count} words={words} rows={list.rows} onGo={goTo} />}
      <MutedStrip connection={connection}>{words.mutedHidden(countText(list?.hidden ?? 0, language), list?.hidden === 1)}</MutedStrip>
      {list !== null && (!follows || isPaused) ? (
        <Strip
          kind="accent"
          icon={isPaused ? 'pause' : 'up'}
          action={<Button label={isPaused ? words.resume : words.follow} size="s" kind="ghost" onClick={resume} />}
        >
          <b>{words.newer(countText(list.newer, language), list.newer === 1)}</b>{' '}
          {isPaused ? words.pausedAt(clockTime(connection.pausedAt.value)) : words.standing}
        </Strip>
      ) : null}
      {list !== null && list.progress < 1 ? <Strip kind="mute">{words.reading(Math.floor(list.progress * 100))}</Strip> : null}
      {list !== null && total === 0 && list.progress === 1 ? (
        find.value === '' ? (
          <EmptyState title={list.hidden > 0 ? words.noneButMuted : words.noneYet} />
        ) : (
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
            {words.noneHidden(countText(list.kept, language))}
          </EmptyState>
        )
      ) : (
        <VirtualRows
          class="message-rows"
          label={words.title}
          count={total}
          rowHeight={isNarrow ? ROW.narrow : ROW.wide}
          columnCount={10}
          header={<MessageHead words={words} />}
          headerHeight={isNarrow ? 0 : 30}
          active={active}
          onActive={activate}
          onOpen={(index) => {
            const row = rowAt(index)
            if (row === null) return
            app.selection.selectMessage(row.seq, row.topic, null)
            app.route.go('topics')
          }}
          onRange={(from, to) => {
            setRange({ from, to })
            if (from > 0 && follows) setFollows(false)
            if (from === 0 && !follows && !isPaused && active < 0) setFollows(true)
          }}
          attributes={(index) => {
            const row = rowAt(index)
            return { selected: row !== null && (row.seq === selected || chosen.has(row.seq)) }
          }}
          render={(index) => {
            const row = rowAt(index)
            return row === null ? null : <MessageCells row={row} isChosen={chosen.has(row.seq)} onToggle={() => toggle(row.seq)} words={words} />
          }}
        />
      )}
      {chosen.size === 0 ? null : (
        <div class="chosen-bar" role="toolbar" aria-label={words.chosen(String(chosen.size), chosen.size === 1)}>
          <b>{words.chosen(countText(chosen.size, language), chosen.size === 1)}</b>
          <Button label={words.replay} icon="repeat" kind="ghost" onClick={() => replay(false)} />
          <Button label={words.replayTimed} icon="clock" kind="ghost" class="wide-only" onClick={() => replay(true)} />
          {FORMS.map((form) => (
            <Button
              key={form}
              label={form === 'pcapng' ? 'pcapng' : words.exportAs[form]}
              icon="download"
              kind="ghost"
              onClick={() => save(form, [...chosen])}
            />
          ))}
          <IconButton icon="close" label={words.clearChoice} onClick={() => choose([])} />
        </div>
      )}
    </section>
  )
}
