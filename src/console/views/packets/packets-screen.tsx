// The Packets screen: list over details and bytes, the display filter above, files by drag and drop. Nothing leaves the browser.
// On narrow screens the three panes are tabs.

import './packets-screen.css'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button, IconButton } from '../../parts/button.tsx'
import { Menu, type MenuItem } from '../../parts/menu.tsx'
import { EmptyState, Strip } from '../../parts/notice.tsx'
import { SplitPanes } from '../../parts/split-panes.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import type { DetailLine, PacketRow } from '../../worker/packets/packet-calls.ts'
import { quoted } from '../../worker/packets/quoted.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ScreenProps } from '../registry.ts'
import { hexOf, rangeOf } from './byte-lines.ts'
import { BytesPane } from './bytes-pane.tsx'
import { DecodeAs } from './decode-as.tsx'
import { DetailTree } from './detail-tree.tsx'
import { FilterBar } from './filter-bar.tsx'
import { JOININGS, joinedFilter } from './filter-text.ts'
import { chooseCapture } from './open-capture.ts'
import { PacketList } from './packet-list.tsx'
import { COLUMNS, type PacketsModel, packetsModelOf, TIME_FORMATS } from './packets-model.ts'
import { PACKETS_WORDS, type PacketsWords } from './packets-words.ts'
import { PointMenu, type PointMenuItem } from './point-menu.tsx'
import { partsOf } from './tree-lines.ts'
import { useFilterLink, useLookLink } from './use-link.ts'
import { useMessageFrame } from './use-message-frame.ts'
import { useNarrow } from './use-narrow.ts'
import { saveView } from './view-file.ts'

type Pane = 'list' | 'detail' | 'bytes'

export function PacketsScreen({ connection }: ScreenProps): JSX.Element {
  const app = useApp()
  const words = app.words(PACKETS_WORDS)
  const model = packetsModelOf(connection, app.worker)
  const isNarrow = useNarrow()
  const input = useRef<HTMLInputElement>(null)
  const [pane, setPane] = useState<Pane>('list')
  const [decoding, setDecoding] = useState(false)
  const [menu, setMenu] = useState<{ readonly line: number; readonly x: number; readonly y: number } | null>(null)
  const [rowMenu, setRowMenu] = useState<{ readonly row: PacketRow; readonly x: number; readonly y: number } | null>(null)
  const linked = useFilterLink(model)
  const look = useLookLink(model)
  useMessageFrame(connection)
  const frame = app.selection.value.value.frame
  const state = model.state.value

  useEffect(() => {
    void model.show()
    return () => model.hide()
  }, [model])
  useEffect(() => void model.again(), [model, app.mask.value])
  useEffect(() => {
    if (frame === null) return
    // chosen elsewhere: it comes into sight and stays there
    if (frame !== model.frame.peek()) model.follow.value = false
    void model.select(frame)
  }, [frame, model])

  const open = (): void => chooseCapture(app)
  const selectRow = async (row: number): Promise<void> => {
    model.active.value = row
    if (row < model.state.peek().passing - 1) model.follow.value = false
    const number = await model.numberAt(row)
    if (number === 0) return
    await model.select(number)
    app.selection.selectFrame(number, model.detail.peek()?.topic ?? null)
  }
  const applied = (filter: string): void => {
    linked.value = filter
  }
  const applyLine = async ({ filter }: DetailLine, how: (typeof JOININGS)[number] = 'alone'): Promise<void> => {
    const text = joinedFilter(model.state.peek().filter, filter, how)
    if (filter !== '' && (await model.apply(text))) applied(text)
  }
  const show = (filter: string): void => void model.apply(filter).then(() => applied(filter))
  const followStream = (): void => {
    const detail = model.detail.peek()
    if (detail !== null && detail.stream >= 0) show(`${detail.isTcp ? 'tcp' : 'udp'}.stream == ${detail.stream}`)
  }
  const save = async (all: boolean): Promise<void> => {
    const saved = await model.save(all)
    if (saved !== null)
      app.save(`${(state.fileName ?? 'zanzara').replace(/\.(pcapng|pcap|cap|gz|zzb)$/g, '')}-packets.pcapng`, 'application/octet-stream', saved.bytes)
  }
  const toLadder = (): void => app.route.go('ladder')

  useKeys({ '/': () => input.current?.focus(), l: toLadder, S: followStream }, [
    ['/', words.keyFilter],
    ['f', words.keyApply],
    ['S', words.keyStream],
    ['l', words.keyLadder],
  ])

  const detail = model.detail.value
  const line = detail?.lines[model.line.value]
  const number = new Intl.NumberFormat(app.settings.language.value)
  const lineMenu = (index: number): PointMenuItem[] =>
    menuOf(
      model,
      index,
      words,
      (one, how) => void applyLine(one, how),
      (text) => void app.copy(text),
    )
  const rowItems = ({ number: frame, time, source, destination, protocol, length, info, client, stream }: PacketRow): PointMenuItem[] => [
    ...(stream < 0 ? [] : [{ id: 'stream', label: words.followStream, heading: words.packet(frame), onSelect: followStream }]),
    ...(client === '' ? [] : [{ id: 'client', label: words.onlyClient(visibleLine(client)), onSelect: () => show(`zz.client_id == ${quoted(client)}`) }]),
    { id: 'ladder', label: words.toLadder, onSelect: toLadder },
    { id: 'copy', label: words.copyRow, onSelect: () => void app.copy([frame, time, source, destination, protocol, length, info].join('\t')) },
  ]
  const times: MenuItem[] = TIME_FORMATS.map((format) => ({
    id: format,
    label: words.times[format],
    checked: format === model.timeFormat.value,
    onSelect: () => look.chooseTime(format),
  }))
  const tools: MenuItem[] = [
    { id: 'stream', label: words.followStream, icon: 'scissors', onSelect: followStream },
    { id: 'decode', label: words.decodeAs, icon: 'terminal', onSelect: () => setDecoding(true) },
    { id: 'open', label: words.openFile, icon: 'folder', onSelect: open },
    { id: 'save', label: words.savePassing(number.format(state.passing)), icon: 'download', onSelect: () => void save(false) },
    { id: 'save-all', label: words.saveAll(number.format(state.kept)), icon: 'download', onSelect: () => void save(true) },
    { id: 'save-view', label: words.saveView, icon: 'disk', onSelect: () => void saveView(app, connection) },
  ]
  const list =
    state.passing > 0 || (state.filter === '' && state.kept > 0) ? (
      <PacketList
        model={model}
        isNarrow={isNarrow}
        isPaused={connection.paused.value}
        onSelect={(row) => void selectRow(row)}
        onOpen={() => (isNarrow ? setPane('detail') : document.querySelector<HTMLElement>('.detail-tree')?.focus())}
        onMenu={(row, x, y) => setRowMenu({ row, x, y })}
      />
    ) : state.kept > 0 && !state.isBusy ? (
      <EmptyState title={words.nonePasses} action={<Button label={words.filterClear} onClick={() => show('')} />}>
        {words.hidden(number.format(state.kept))}
      </EmptyState>
    ) : state.isBusy ? (
      <div class="screen-wait" aria-busy="true" />
    ) : (
      <EmptyState title={words.empty} action={<Button label={words.openFile} icon="folder" onClick={open} />}>
        {connection.isFile ? words.emptyFile : words.emptyLive}
      </EmptyState>
    )
  const detailPane = (
    <section class="pane" aria-label={words.detail}>
      <div class="pane-head">
        <h2 class="pane-title">{detail === null ? words.detail : words.packet(detail.number)}</h2>
        <RelationText model={model} words={words} />
        <span class="spacer" />
        <Button
          kind="ghost"
          icon="filter"
          label={words.applyAs}
          popup="menu"
          disabled={line === undefined || line.name === ''}
          onClick={(event) => setMenu({ line: model.line.peek(), x: event.clientX - 40, y: event.clientY + 16 })}
        />
        <Button kind="ghost" icon="ladder" label={words.ladder} onClick={toLadder} />
      </div>
      <DetailTree model={model} isNarrow={isNarrow} onApply={(one) => void applyLine(one)} onMenu={(index, x, y) => setMenu({ line: index, x, y })} />
    </section>
  )
  const bytesPane = (
    <section class="pane" aria-label={words.bytes}>
      <div class="pane-head">
        <h2 class="pane-title">{words.bytes}</h2>
        <ByteRangeText model={model} words={words} />
        <span class="spacer" />
        <IconButton icon="copy" label={words.copyBytes} disabled={detail === null} onClick={() => void app.copy(hexOf(selectedBytes(model)))} />
      </div>
      <BytesPane model={model} isNarrow={isNarrow} />
    </section>
  )
  return (
    <section
      class={`screen packets ${state.isBusy ? 'packets-busy' : ''} ${model.timeFormat.value === 'utc' || model.timeFormat.value === 'epoch' ? 'packets-wide-time' : ''}`}
    >
      <div class="bar packets-bar">
        <FilterBar model={model} input={input} onApplied={applied} />
        <span class="wide-only packets-tools">
          {connection.isFile ? null : (
            <>
              <PacketSource connection={connection} words={words} />
              <IconButton
                icon="next"
                label={words.follow}
                pressed={model.follow.value}
                onClick={() => {
                  model.follow.value = !model.follow.peek()
                }}
              />
            </>
          )}
          <Menu label={words.chooseTime} icon="clock" items={times} />
          <Menu
            label={words.chooseColumns}
            icon="menu"
            items={COLUMNS.map((id) => ({ id, label: words.columns[id], checked: model.columns.value.includes(id), onSelect: () => look.toggleColumn(id) }))}
          />
          <IconButton icon="scissors" label={words.followStream} disabled={detail === null || detail.stream < 0} onClick={followStream} />
          <IconButton icon="terminal" label={words.decodeAs} pressed={decoding} onClick={() => setDecoding(!decoding)} />
          <IconButton icon="folder" label={words.openFile} onClick={open} />
          <Menu label={words.save} icon="download" items={tools.slice(3)} />
        </span>
        <span class="narrow-only">
          <Menu label={words.more} icon="more" items={[...tools, ...times]} />
        </span>
      </div>
      {decoding ? <DecodeAs model={model} onClose={() => setDecoding(false)} /> : null}
      <Strips model={model} words={words} number={number} />
      {isNarrow ? (
        <>
          <Tabs
            label={words.panes.list}
            tabs={(['list', 'detail', 'bytes'] as const).map((id) => ({ id, label: words.panes[id] }))}
            value={pane}
            onChange={setPane}
            class="packets-tabs"
          />
          {pane === 'list' ? list : pane === 'detail' ? detailPane : bytesPane}
        </>
      ) : (
        <SplitPanes
          id="packets"
          direction="column"
          share={0.48}
          least={[120, 140]}
          label={words.edgeList}
          first={list}
          second={<SplitPanes id="packet" direction="row" share={0.5} least={[240, 320]} label={words.edgeDetail} first={detailPane} second={bytesPane} />}
        />
      )}
      {menu === null ? null : <PointMenu label={words.applyAs} x={menu.x} y={menu.y} items={lineMenu(menu.line)} onClose={() => setMenu(null)} />}
      {rowMenu === null ? null : (
        <PointMenu label={words.packet(rowMenu.row.number)} x={rowMenu.x} y={rowMenu.y} items={rowItems(rowMenu.row)} onClose={() => setRowMenu(null)} />
      )}
    </section>
  )
}

/** Whose packets these are: all of the broker's, or only what this page sends and gets. */
function PacketSource({ connection, words }: { readonly connection: ScreenProps['connection']; readonly words: PacketsWords }): JSX.Element {
  const { packetSource } = connection.numbers.value
  const { name, hint } = packetSource === 'stream' ? words.sourceBroker : words.sourceClient
  return (
    <span class="packets-source" title={hint}>
      {name}
      <span class="for-readers">{hint}</span>
    </span>
  )
}

function selectedBytes(model: PacketsModel): Uint8Array {
  const detail = model.detail.peek()
  const range = rangeOf(detail?.lines[model.line.peek()])
  const bytes = detail?.sources[range?.source ?? model.source.peek()]?.bytes ?? new Uint8Array(0)
  return range === null ? bytes : bytes.subarray(range.start, range.start + range.length)
}

function menuOf(
  model: PacketsModel,
  index: number,
  words: PacketsWords,
  apply: (line: DetailLine, how: (typeof JOININGS)[number]) => void,
  copy: (text: string) => void,
): PointMenuItem[] {
  const line = model.detail.peek()?.lines[index]
  if (line === undefined) return []
  const { value, label } = partsOf(line.text)
  const filters =
    line.name === ''
      ? []
      : JOININGS.map((how, i) => ({ id: how, label: words.joinings[how], ...(i === 0 ? { heading: line.filter } : {}), onSelect: () => apply(line, how) }))
  return [
    ...filters,
    ...(line.name === ''
      ? []
      : [
          { id: 'copy-filter', label: words.copyFilter, onSelect: () => copy(line.filter) },
          { id: 'copy-name', label: words.copyName, onSelect: () => copy(line.name) },
        ]),
    { id: 'copy-value', label: words.copyValue, onSelect: () => copy(value === '' ? label : value) },
  ]
}

function RelationText({ model, words }: { readonly model: PacketsModel; readonly words: PacketsWords }): JSX.Element | null {
  const app = useApp()
  const related = model.detail.value?.related ?? null
  if (related === null) return null
  if (related.kind === 'unanswered') return <span class="packets-unanswered">{words.unanswered}</span>
  const text = related.kind === 'answered' ? words.answered(related.frame, msText(related.ms)) : words.answers(related.frame, msText(related.ms))
  return (
    <button type="button" class="packets-related muted cut" onClick={() => app.selection.selectFrame(related.frame)}>
      {text}
    </button>
  )
}

function ByteRangeText({ model, words }: { readonly model: PacketsModel; readonly words: PacketsWords }): JSX.Element | null {
  const detail = model.detail.value
  if (detail === null) return null
  const range = rangeOf(detail.lines[model.line.value])
  const total = detail.sources[range?.source ?? model.source.value]?.bytes.length ?? 0
  return (
    <span class="muted cut">
      {range === null ? words.bytesTotal(total) : words.bytesSelected(range.length, total, range.start.toString(16).padStart(4, '0'))}
    </span>
  )
}

function Strips({ model, words, number }: { readonly model: PacketsModel; readonly words: PacketsWords; readonly number: Intl.NumberFormat }): JSX.Element {
  const { read, fileName, problem, hasKeys, dropped } = model.state.value
  const failure = model.failure.value
  return (
    <>
      {read < 1 ? <Strip kind="mute">{words.reading(Math.floor(read * 100), fileName ?? '')}</Strip> : null}
      {problem === null ? null : <Strip kind="danger">{words.problem(problem)}</Strip>}
      {failure === null ? null : <Strip kind="danger">{failure}</Strip>}
      {hasKeys ? <Strip kind="warn">{words.keys}</Strip> : null}
      {dropped > 0 ? <Strip kind="mute">{words.dropped(number.format(dropped))}</Strip> : null}
    </>
  )
}

/** Three digits are enough to compare. */
function msText(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toPrecision(4)} s` : `${ms.toPrecision(3)} ms`
}
