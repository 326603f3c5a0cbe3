// The tree of a packet: layers, fields, values; the name of the selected field as a tag that filters. What is opened stays open in the next packet.
// Lines and bytes are two views of one selection (packets-model.ts).

import './detail-tree.css'
import type { JSX } from 'preact'
import { Icon } from '../../parts/icon.tsx'
import { CELL, VirtualRows } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import type { DetailLine } from '../../worker/packets/packet-calls.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { PacketsModel } from './packets-model.ts'
import { PACKETS_WORDS } from './packets-words.ts'
import { foldName, parentOf, partsOf, seenLine, visibleLines } from './tree-lines.ts'

const ROW = 21
const NARROW_ROW = 36

export interface DetailTreeProps {
  readonly model: PacketsModel
  readonly isNarrow: boolean
  readonly onApply: (line: DetailLine) => void
  /** Asked for the menu of a line, at a place of the window. */
  readonly onMenu: (index: number, x: number, y: number) => void
}

export function DetailTree({ model, isNarrow, onApply, onMenu }: DetailTreeProps): JSX.Element | null {
  const words = useApp().words(PACKETS_WORDS)
  const detail = model.detail.value
  if (detail === null) return <div class="pane-note muted">{words.noPacket}</div>
  const { lines } = detail
  const open = model.open.value
  const visible = visibleLines(lines, open)
  const active = visible.indexOf(model.line.value)
  const hovered = seenLine(lines, visible, model.hovered.value)
  const fold = (row: number, isOpen: boolean): void => {
    const index = visible[row]!
    const line = lines[index]!
    if (line.below > 0 && open.has(foldName(line)) !== isOpen) model.fold(foldName(line), isOpen)
    else if (!isOpen) {
      const above = parentOf(lines, index)
      if (above >= 0) model.selectLine(above)
    }
  }
  const onKey = (event: KeyboardEvent, row: number): boolean => {
    const index = visible[row]
    if (index === undefined || event.ctrlKey || event.metaKey) return false
    if (event.key === 'f' || event.key === 'ContextMenu') {
      const box = (event.currentTarget as HTMLElement).querySelector('[data-active]')?.getBoundingClientRect()
      onMenu(index, (box?.left ?? 0) + 80, box?.bottom ?? 0)
      return true
    }
    return false
  }
  return (
    <VirtualRows
      class="detail-tree"
      role="treegrid"
      label={words.detail}
      count={visible.length}
      rowHeight={isNarrow ? NARROW_ROW : ROW}
      active={active}
      onActive={(row) => model.selectLine(visible[row]!)}
      onOpen={(row) => fold(row, !open.has(foldName(lines[visible[row]!]!)))}
      onFold={fold}
      onKey={onKey}
      onMenu={(event, row) => {
        event.preventDefault()
        model.selectLine(visible[row]!)
        onMenu(visible[row]!, event.clientX, event.clientY)
      }}
      attributes={(row) => {
        const line = lines[visible[row]!]!
        return {
          class: lineClass(line, hovered === visible[row]),
          level: line.depth + 1,
          ...(line.below > 0 ? { expanded: open.has(foldName(line)) } : {}),
        }
      }}
      render={(row) => {
        const index = visible[row]!
        const line = lines[index]!
        return (
          <Line
            line={line}
            isOpen={open.has(foldName(line))}
            isSelected={model.line.value === index}
            applyLabel={words.applyAs}
            onFold={() => fold(row, !open.has(foldName(line)))}
            onHover={(isOver) => {
              model.hovered.value = isOver ? index : -1
            }}
            onApply={() => onApply(line)}
          />
        )
      }}
    />
  )
}

function lineClass({ depth, severity }: DetailLine, isHovered: boolean): string {
  return `line ${depth === 0 ? 'line-protocol' : ''} ${severity === null ? '' : `line-${severity}`} ${isHovered ? 'line-hovered' : ''}`
}

interface LineProps {
  readonly line: DetailLine
  readonly isOpen: boolean
  readonly isSelected: boolean
  readonly applyLabel: string
  readonly onFold: () => void
  readonly onHover: (isOver: boolean) => void
  readonly onApply: () => void
}

function Line({ line, isOpen, isSelected, applyLabel, onFold, onHover, onApply }: LineProps): JSX.Element {
  const { bits, label, value } = partsOf(visibleLine(line.text))
  const hover = { onPointerEnter: () => onHover(true), onPointerLeave: () => onHover(false) }
  return (
    <span {...CELL} class="line-cell" style={{ '--depth': line.depth }} title={line.name === '' ? undefined : line.name} {...hover}>
      <span class={`line-fold ${line.below === 0 ? 'line-leaf' : ''}`} aria-hidden="true" {...(line.below === 0 ? {} : { onClick: onFold })}>
        {line.below === 0 ? null : <Icon name={isOpen ? 'down' : 'right'} />}
      </span>
      <span class="line-text">
        {bits === '' ? null : <span class="mono line-bits">{bits}</span>}
        {label}
        {value === '' ? null : <b>{` ${value}`}</b>}
      </span>
      {isSelected && line.name !== '' ? (
        <button
          type="button"
          class="line-name mono"
          tabIndex={-1}
          title={`${applyLabel}: ${line.filter}`}
          aria-label={`${applyLabel}: ${line.filter}`}
          onClick={onApply}
        >
          {line.name}
        </button>
      ) : null}
    </span>
  )
}
