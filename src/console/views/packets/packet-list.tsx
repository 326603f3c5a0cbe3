// The list of packets: one line each, the tag at its right, and the rail at its left that joins the packets of one exchange.
// On narrow screens a packet takes two lines.

import './packet-list.css'
import type { JSX } from 'preact'
import { Tag } from '../../parts/badge.tsx'
import { CELL, COLUMN_HEAD, HEAD_ROW, VirtualRows } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import type { ExchangePart, PacketRow, PacketTag } from '../../worker/packets/packet-calls.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ColumnId, PacketsModel } from './packets-model.ts'
import { PACKETS_WORDS, type PacketsWords } from './packets-words.ts'

const ROW = 24
const NARROW_ROW = 60
const HEAD = 28
/** Right-aligned columns. */
const FIGURES: ReadonlySet<ColumnId> = new Set(['number', 'time', 'length', 'stream'])

export interface PacketListProps {
  readonly model: PacketsModel
  readonly isNarrow: boolean
  /** What is shown stands still. */
  readonly isPaused: boolean
  readonly onSelect: (row: number) => void
  readonly onOpen: () => void
  /** Asked for the menu of a packet, at a place of the window. */
  readonly onMenu: (row: PacketRow, x: number, y: number) => void
}

export function PacketList({ model, isNarrow, isPaused, onSelect, onOpen, onMenu }: PacketListProps): JSX.Element {
  const words = useApp().words(PACKETS_WORDS)
  const columns = model.columns.value
  const { passing, dropped } = model.state.value
  const exchange = model.detail.value?.exchange ?? []
  const rail = railOf(exchange)
  model.slice.value // new rows draw the list again
  const header = isNarrow ? undefined : (
    <div {...HEAD_ROW} class="row-head packet-head">
      {columns.map((id) => (
        <span key={id} {...COLUMN_HEAD} class={`pc-${id} ${FIGURES.has(id) ? 'num' : ''}`}>
          {words.columns[id]}
        </span>
      ))}
    </div>
  )
  const openMenu = (index: number, x: number, y: number): void => {
    const row = model.row(index)
    if (row === null) return
    onSelect(index)
    onMenu(row, x, y)
  }
  const render = (index: number): JSX.Element => {
    const row = model.row(index)
    if (row === null) return <span {...CELL} class="packet-wait" />
    return isNarrow ? <NarrowCells row={row} rail={rail} words={words} /> : <Cells row={row} columns={columns} rail={rail} words={words} />
  }
  return (
    <VirtualRows
      class="packet-list"
      label={words.list}
      count={passing}
      rowHeight={isNarrow ? NARROW_ROW : ROW}
      header={header}
      headerHeight={isNarrow ? 0 : HEAD}
      columnCount={isNarrow ? 1 : columns.length}
      active={model.active.value}
      onActive={onSelect}
      onOpen={onOpen}
      onMenu={(event, index) => {
        event.preventDefault()
        openMenu(index, event.clientX, event.clientY)
      }}
      onKey={(event, index) => {
        if (event.key !== 'ContextMenu' && !(event.key === 'F10' && event.shiftKey)) return false
        const box = (event.currentTarget as HTMLElement).querySelector('[data-active]')?.getBoundingClientRect()
        openMenu(index, (box?.left ?? 0) + 80, box?.bottom ?? 0)
        return true
      }}
      onRange={(from, to) => model.watch(from, to)}
      follow={model.follow.value && !isPaused}
      onFollow={(follow) => {
        if (!isPaused) model.follow.value = follow
      }}
      dropped={model.state.value.filter === '' ? dropped : 0}
      attributes={(index) => ({ class: model.row(index)?.isQuiet === true ? 'packet packet-quiet' : 'packet' })}
      render={render}
    />
  )
}

interface Rail {
  readonly from: number
  readonly to: number
  readonly parts: ReadonlyMap<number, ExchangePart>
}

function railOf(exchange: readonly ExchangePart[]): Rail | null {
  const frames = exchange.map(({ frame }) => frame)
  const [from, to] = [Math.min(...frames), Math.max(...frames)]
  return from < to ? { from, to, parts: new Map(exchange.map((part) => [part.frame, part])) } : null
}

function Cells({
  row,
  columns,
  rail,
  words,
}: {
  readonly row: PacketRow
  readonly columns: readonly ColumnId[]
  readonly rail: Rail | null
  readonly words: PacketsWords
}): JSX.Element {
  return (
    <>
      <RailMark row={row} rail={rail} />
      {columns.map((id) => (
        <span key={id} {...CELL} class={`pc-${id} ${FIGURES.has(id) ? 'num' : ''}`}>
          {cellOf(row, id)}
          {id === 'info' && row.tag !== null ? <RowTag tag={row.tag} words={words} /> : null}
        </span>
      ))}
      {columns.includes('info') || row.tag === null ? null : <RowTag tag={row.tag} words={words} />}
    </>
  )
}

function NarrowCells({ row, rail, words }: { readonly row: PacketRow; readonly rail: Rail | null; readonly words: PacketsWords }): JSX.Element {
  return (
    <>
      <RailMark row={row} rail={rail} />
      <span {...CELL} class="packet-two">
        <span class="packet-one-line">
          <span class="packet-text">{visibleLine(row.info)}</span>
          {row.tag === null ? null : <RowTag tag={row.tag} words={words} />}
        </span>
        <span class="packet-one-line packet-under">
          <span class="num">{row.number}</span>
          <span class="num">{row.time}</span>
          <span>{row.protocol}</span>
          <span class="num packet-size">{row.length}</span>
        </span>
      </span>
    </>
  )
}

function RailMark({ row, rail }: { readonly row: PacketRow; readonly rail: Rail | null }): JSX.Element {
  const isInside = rail !== null && row.number >= rail.from && row.number <= rail.to
  const part = rail?.parts.get(row.number)
  const reach = !isInside ? '' : row.number === rail.from ? 'rail-first' : row.number === rail.to ? 'rail-last' : 'rail-through'
  const mark = part === undefined ? '' : part.isUnanswered ? 'rail-open' : 'rail-mark'
  return <span role="presentation" class={`packet-rail ${reach} ${mark}`} />
}

function RowTag({ tag, words }: { readonly tag: PacketTag; readonly words: PacketsWords }): JSX.Element {
  const { kind, text } = tag
  switch (kind) {
    case 'dup':
      return <Tag kind="warn">{words.tags.dup}</Tag>
    case 'second':
      return (
        <Tag kind="warn" icon="info">
          {words.tags.second}
        </Tag>
      )
    case 'lost':
      return (
        <Tag kind="danger" icon="close">
          {words.tags.lost}
        </Tag>
      )
    case 'unanswered':
      return (
        <Tag kind="danger" icon="warn">
          {words.tags.unanswered(text)}
        </Tag>
      )
    case 'error':
      return (
        <Tag kind="danger" icon="warn">
          <span class="cut">{visibleLine(text)}</span>
        </Tag>
      )
    default:
      return (
        <Tag kind="warn" icon="info">
          <span class="cut">{visibleLine(text)}</span>
        </Tag>
      )
  }
}

function cellOf(row: PacketRow, id: ColumnId): JSX.Element | string {
  switch (id) {
    case 'number':
      return `${row.number}`
    case 'time':
      return row.time
    case 'length':
      return `${row.length}`
    case 'stream':
      return row.stream < 0 ? '' : `${row.stream}`
    case 'info':
      return <span class="packet-text">{visibleLine(row.info)}</span>
    default:
      return visibleLine(row[id])
  }
}
