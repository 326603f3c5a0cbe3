// The bytes of a packet, sixteen a line, or eight where there is less room: those of the selected field filled, those under the pointer marked, others of its protocol legible, the rest quiet.
// A byte pressed selects the innermost field over it.

import './bytes-pane.css'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Tabs } from '../../parts/tabs.tsx'
import { CELL, VirtualRows } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import { DOT } from '../../worker/payload-mask.ts'
import { bytesPerLine, characterOf, hexText, isIn, lineOfByte, offsetText, protocolOf, rangeOf } from './byte-lines.ts'
import type { PacketsModel } from './packets-model.ts'
import { PACKETS_WORDS } from './packets-words.ts'
import { foldsAbove } from './tree-lines.ts'

const ROW = 20
const NARROW_ROW = 28

export function BytesPane({ model, isNarrow }: { readonly model: PacketsModel; readonly isNarrow: boolean }): JSX.Element {
  const words = useApp().words(PACKETS_WORDS)
  const holder = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const detail = model.detail.value
  const isEmpty = detail === null
  useLayoutEffect(() => {
    if (holder.current === null) return
    const measure = (): void => setWidth(holder.current?.clientWidth ?? 0)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(holder.current)
    return () => observer.disconnect()
  }, [isEmpty])
  if (detail === null) return <div class="pane-note muted">{words.noPacket}</div>
  const { lines, sources, masked } = detail
  const source = Math.min(model.source.value, sources.length - 1)
  const bytes = sources[source]?.bytes ?? new Uint8Array(0)
  const hidden = masked.filter((range) => range.source === source)
  const isHidden = (offset: number): boolean => hidden.some((range) => isIn(range, source, offset))
  const selected = rangeOf(lines[model.line.value])
  const hovered = rangeOf(lines[model.hovered.value])
  const protocol = model.line.value < 0 ? null : rangeOf(lines[protocolOf(lines, model.line.value)])
  const offsetOf = (event: Event): number => {
    const at = (event.target as Element).closest('[data-byte]')?.getAttribute('data-byte') ?? null
    return at === null ? -1 : Number(at)
  }
  const select = (offset: number): void => {
    const line = lineOfByte(lines, source, offset)
    if (line >= 0) model.selectLine(line, foldsAbove(lines, line))
  }
  const pointer = {
    onClick: (event: MouseEvent) => {
      const offset = offsetOf(event)
      if (offset >= 0) select(offset)
    },
    onPointerOver: (event: PointerEvent) => {
      const offset = offsetOf(event)
      model.hovered.value = offset < 0 ? -1 : lineOfByte(lines, source, offset)
    },
    onPointerLeave: () => {
      model.hovered.value = -1
    },
  }
  const classOf = (offset: number): string => {
    if (isIn(selected, source, offset)) return 'byte-on'
    if (isIn(hovered, source, offset)) return 'byte-near'
    return selected === null || isIn(protocol, source, offset) ? 'byte-own' : ''
  }
  const perLine = bytesPerLine(width)
  const active = selected !== null && selected.source === source ? Math.floor(selected.start / perLine) : -1
  return (
    <div ref={holder} class="bytes" {...pointer}>
      {sources.length < 2 ? null : (
        <Tabs
          label={words.sources}
          tabs={sources.map(({ name, bytes: { length } }, i) => ({ id: `${i}`, label: name, count: length }))}
          value={`${source}`}
          onChange={(id) => {
            model.source.value = Number(id)
          }}
        />
      )}
      {bytes.length === 0 ? (
        <div class="pane-note muted">{words.noBytes}</div>
      ) : (
        <VirtualRows
          class="byte-rows mono"
          label={words.bytes}
          count={Math.ceil(bytes.length / perLine)}
          rowHeight={isNarrow ? NARROW_ROW : ROW}
          active={active}
          onActive={() => {}}
          onKey={(event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: perLine, ArrowUp: -perLine }[event.key]
            if (step === undefined) return false
            const from = selected === null ? 0 : step > 0 ? selected.start + selected.length - 1 : selected.start
            select(Math.max(0, Math.min(bytes.length - 1, selected === null ? 0 : from + step)))
            return true
          }}
          attributes={() => ({ class: 'byte-row', selected: false })}
          render={(row) => <ByteRow bytes={bytes} start={row * perLine} perLine={perLine} classOf={classOf} isHidden={isHidden} />}
        />
      )}
    </div>
  )
}

interface ByteRowProps {
  readonly bytes: Uint8Array
  readonly start: number
  readonly perLine: number
  readonly classOf: (offset: number) => string
  /** Shown as dots. */
  readonly isHidden: (offset: number) => boolean
}

function ByteRow({ bytes, start, perLine, classOf, isHidden }: ByteRowProps): JSX.Element {
  const line = [...bytes.subarray(start, start + perLine)]
  const edge = (at: number): string => {
    const own = classOf(start + at)
    if (own !== 'byte-on') return own
    return `byte-on ${at === 0 || classOf(start + at - 1) !== 'byte-on' ? 'byte-first' : ''} ${at === line.length - 1 || classOf(start + at + 1) !== 'byte-on' ? 'byte-last' : ''}`
  }
  return (
    <>
      <span {...CELL} class="byte-offset">
        {offsetText(start, bytes.length)}
      </span>
      <span {...CELL} class={perLine === 16 ? 'byte-hex' : 'byte-hex byte-hex-8'}>
        {line.map((byte, at) => (
          <span key={at} data-byte={start + at} class={`byte ${edge(at)}`}>
            {isHidden(start + at) ? DOT + DOT : hexText(byte)}
          </span>
        ))}
      </span>
      <span {...CELL} class="byte-text" aria-hidden="true">
        {line.map((byte, at) => (
          <span key={at} data-byte={start + at} class={edge(at)}>
            {isHidden(start + at) ? DOT : characterOf(byte)}
          </span>
        ))}
      </span>
    </>
  )
}
