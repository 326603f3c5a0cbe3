// The Ladder screen: the packets that pass the display filter as a sequence diagram, with the life of a message and the state of both ends beside it.
// What is selected here is selected in Packets and Messages, and the other way round.

import './ladder-screen.css'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button, IconButton } from '../../parts/button.tsx'
import { Menu, type MenuItem } from '../../parts/menu.tsx'
import { EmptyState } from '../../parts/notice.tsx'
import { SplitPanes } from '../../parts/split-panes.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { FilterBar } from '../packets/filter-bar.tsx'
import { packetsModelOf } from '../packets/packets-model.ts'
import { useFilterLink } from '../packets/use-link.ts'
import { useMessageFrame } from '../packets/use-message-frame.ts'
import { useNarrow } from '../packets/use-narrow.ts'
import { saveView } from '../packets/view-file.ts'
import type { ScreenProps } from '../registry.ts'
import { barsOf } from './ladder-bars.ts'
import { LadderDrawing } from './ladder-drawing.tsx'
import { ladderMermaidText, ladderSvgText } from './ladder-export.ts'
import { Losses, useLosses } from './ladder-losses.tsx'
import type { LadderModel } from './ladder-model.ts'
import { LadderPlayer, type Speed } from './ladder-player.tsx'
import { pngOf } from './ladder-png.ts'
import { geometryOf, HEAD_HEIGHT } from './ladder-shapes.ts'
import { LadderSide } from './ladder-side.tsx'
import { ladderViewOf } from './ladder-view.ts'
import { LADDER_WORDS } from './ladder-words.ts'

/** Width of an exported drawing. */
const EXPORT_WIDTH = 1000

export function LadderScreen({ connection }: ScreenProps): JSX.Element {
  const app = useApp()
  const words = app.words(LADDER_WORDS)
  const packets = packetsModelOf(connection, app.worker)
  const view = ladderViewOf(connection, app.worker)
  const isNarrow = useNarrow()
  const input = useRef<HTMLInputElement>(null)
  const [pane, setPane] = useState<'ladder' | 'life'>('ladder')
  const [speed, setSpeed] = useState<Speed>('1')
  const linked = useFilterLink(packets)
  useMessageFrame(connection)
  const losses = useLosses(connection, view)
  const frame = app.selection.value.value.frame ?? 0
  const { summarized, passing, filter, dropped } = packets.state.value

  useEffect(() => {
    void packets.show()
  }, [packets])
  useEffect(() => {
    const version = `${summarized} ${passing} ${filter} ${dropped}`
    void view.refresh(version, performance.now())
    const later = setTimeout(() => void view.refresh(version, performance.now()), 520)
    return () => clearTimeout(later)
  }, [view, summarized, passing, filter, dropped])
  useEffect(() => void view.select(frame), [view, frame])

  const model = view.model.value
  const at = view.at.value
  const step = (to: number): void => {
    const next = model.steps[to]
    if (next === undefined) return
    view.at.value = to
    app.selection.selectFrame(next.message.frame, next.message.type === 3 ? next.message.text : null)
  }
  const openPacket = (index: number): void => {
    step(index)
    app.route.go('packets')
  }
  const play = (isPlaying: boolean): void => {
    view.isPlaying.value = isPlaying
  }
  useKeys({ '/': () => input.current?.focus(), ArrowRight: () => step(at + 1), ArrowLeft: () => step(at - 1), ' ': () => play(!view.isPlaying.peek()) }, [
    ['←', words.keyStep],
    ['→', words.keyStep],
    ['Space', words.keyPlay],
  ])
  const exported = async (form: 'svg' | 'png' | 'mermaid'): Promise<void> => {
    const name = `ladder-${connection.name.replace(/[^\w.-]+/g, '-')}`
    if (form === 'mermaid') {
      app.save(`${name}.mmd`, 'text/plain', new TextEncoder().encode(ladderMermaidText(model, words.texts)))
      return
    }
    const { svg, width, height } = drawn(model, words.texts)
    if (form === 'svg') app.save(`${name}.svg`, 'image/svg+xml', new TextEncoder().encode(svg))
    else app.save(`${name}.png`, 'image/png', await pngOf(svg, width, height))
  }
  const number = new Intl.NumberFormat(app.settings.language.value)
  const { messages, total, before } = view.slice.value
  const clients = [...model.lanes.filter(({ kind }) => kind !== 'broker'), ...model.hidden.lanes]
  const shownKeys = new Set(model.lanes.map(({ key }) => key))
  const parties: MenuItem[] = clients.map((lane) => ({
    id: lane.key,
    label: visibleLine(`${lane.name}  ${words.texts.kinds[lane.kind]}`),
    checked: shownKeys.has(lane.key),
    onSelect: () => view.show(new Set(clients.filter(({ key }) => shownKeys.has(key) !== (key === lane.key)).map(({ key }) => key))),
  }))
  const drawing =
    model.steps.length === 0 ? (
      <EmptyState title={words.empty} action={<Button label={words.toPackets} icon="packets" onClick={() => app.route.go('packets')} />}>
        {words.emptyHint}
      </EmptyState>
    ) : (
      <div class="ladder-pane">
        <LadderDrawing
          model={model}
          texts={words.texts}
          label={words.ladder}
          at={at}
          isPlaying={view.isPlaying.value}
          isNarrow={isNarrow}
          onStep={step}
          onOpen={openPacket}
        />
        {messages.length < total ? (
          <div class="ladder-part muted">
            <IconButton icon="up" label={words.previous} disabled={before === 0} onClick={() => void view.move(-1)} />
            {words.part(number.format(before + 1), number.format(before + messages.length), number.format(total))}
            <IconButton icon="down" label={words.next} disabled={before + messages.length >= total} onClick={() => void view.move(1)} />
          </div>
        ) : null}
        {model.hidden.messages > 0 ? (
          <div class="ladder-part muted">{words.hidden(model.hidden.lanes.length, number.format(model.hidden.messages))}</div>
        ) : null}
        <LadderPlayer model={model} words={words} at={at} isPlaying={view.isPlaying.value} speed={speed} onStep={step} onPlay={play} onSpeed={setSpeed} />
      </div>
    )
  const side = (
    <LadderSide model={model} at={at} life={view.life.value} words={words} onFrame={(chosen) => app.selection.selectFrame(chosen)}>
      <Losses connection={connection} view={view} losses={losses} />
    </LadderSide>
  )
  return (
    <section class="screen ladder-screen">
      <div class="bar packets-bar">
        <FilterBar
          model={packets}
          input={input}
          onApplied={(applied) => {
            linked.value = applied
          }}
        />
        <span class="ladder-tools wide-only">
          {clients.length === 0 ? null : <Menu label={words.parties(model.lanes.length)} icon="clients" labelled items={parties} />}
          <Button kind="ghost" icon="download" label={words.svg} disabled={model.steps.length === 0} onClick={() => void exported('svg')} />
          <Button kind="ghost" label={words.png} disabled={model.steps.length === 0} onClick={() => void exported('png')} />
          <Button kind="ghost" label={words.mermaid} disabled={model.steps.length === 0} onClick={() => void exported('mermaid')} />
          <Button kind="ghost" icon="disk" label={words.view} disabled={model.steps.length === 0} onClick={() => void saveView(app, connection)} />
        </span>
        <span class="narrow-only">
          <Menu
            label={words.more}
            icon="more"
            items={[
              ...(['svg', 'png', 'mermaid'] as const).map((form) => ({ id: form, label: words.exportAs(words[form]), onSelect: () => void exported(form) })),
              { id: 'view', label: words.saveView, onSelect: () => void saveView(app, connection) },
              ...parties,
            ]}
          />
        </span>
      </div>
      {isNarrow ? (
        <>
          <Tabs
            label={words.ladder}
            tabs={(['ladder', 'life'] as const).map((id) => ({ id, label: words.panes[id] }))}
            value={pane}
            onChange={setPane}
            class="packets-tabs"
          />
          {pane === 'ladder' ? drawing : side}
        </>
      ) : (
        <SplitPanes id="ladder" direction="row" share={0.73} least={[360, 280]} label={words.edge} first={drawing} second={side} />
      )}
    </section>
  )
}

/** A drawing of its own width, in the colours that the page has now. */
function drawn(model: LadderModel, texts: Parameters<typeof ladderSvgText>[3]): { readonly svg: string; readonly width: number; readonly height: number } {
  const geometry = geometryOf(model, EXPORT_WIDTH, false)
  const style = getComputedStyle(document.documentElement)
  const theme = { colour: (token: string) => style.getPropertyValue(`--${token}`).trim(), font: getComputedStyle(document.body).fontFamily }
  return { svg: ladderSvgText(model, barsOf(model), geometry, texts, theme), width: geometry.width, height: geometry.height + HEAD_HEIGHT }
}
