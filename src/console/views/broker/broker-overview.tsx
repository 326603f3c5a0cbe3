// The first part of the Broker screen: plots of the last minutes with one cross-hair, listeners with their certificates, bridges, what is recorded.
// The numbers are the broker's own history; nothing is counted here.

import type { JSX } from 'preact'
import type { BrokerAnswer, HistoryAnswer } from '../../../server/admin/api-types.ts'
import { Meter } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { bytesText, clockTime } from '../../parts/format.ts'
import { Plot, type PlotLine } from '../../parts/plot.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import { BridgeTable } from './bridge-table.tsx'
import type { BrokerWords } from './broker-words.ts'
import { levelsOf, ratesOf, timesOf } from './history-lines.ts'
import { ListenerTable } from './listener-table.tsx'
import { TurnFigure } from './turn-figure.tsx'

export type Range = '600' | '3600'
const RANGES: readonly Range[] = ['600', '3600']

export interface BrokerOverviewProps {
  /** Of the admin API. */
  readonly base: string
  /** How often it is asked; null = only once. */
  readonly everyMs: number | null
  readonly broker: BrokerAnswer | null
  readonly history: HistoryAnswer | null
  /** Nothing comes at present. */
  readonly isAway: boolean
  readonly range: Range
  readonly onRange: (range: Range) => void
  readonly words: BrokerWords
}

export function BrokerOverview({ base, everyMs, broker, history, isAway, range, onRange, words }: BrokerOverviewProps): JSX.Element {
  const options = RANGES.map((id) => ({ id, label: words.ranges[id] }))
  return (
    <div class="broker-overview">
      <div class="broker-plots">
        {plotsOf(history, words).map(({ title, unit, lines, height = 104, fromZero = true }, i) => (
          <figure key={title} class="broker-plot">
            <figcaption>
              <b>{title}</b>
              <span class="muted">{unit}</span>
              <span class="spacer" />
              {lines.length > 1 ? lines.map(({ name, series }) => <Key key={name} name={name} series={series} />) : null}
              {i === 0 ? <Segmented label={words.range} options={options} value={range} onChange={onRange} /> : null}
            </figcaption>
            {history === null || history.time.length < 2 ? (
              <div class="plot broker-measuring">{isAway ? null : words.measuring}</div>
            ) : (
              <Plot times={timesOf(history)} lines={lines} label={`${title}, ${unit}`} height={height} group="broker" fromZero={fromZero} />
            )}
          </figure>
        ))}
        <TurnFigure turns={broker?.turns ?? null} words={words} />
      </div>
      {broker === null ? null : (
        <>
          <ListenerTable broker={broker} words={words} />
          <BridgeTable base={base} everyMs={everyMs} words={words} />
          <Capture broker={broker} words={words} />
        </>
      )}
    </div>
  )
}

function Key({ name, series }: { readonly name: string; readonly series: number }): JSX.Element {
  return (
    <span class="broker-key">
      <span class={`broker-key-line series-${series}`} aria-hidden="true" />
      {name}
    </span>
  )
}

interface PlotOf {
  readonly title: string
  readonly unit: string
  readonly lines: readonly PlotLine[]
  /** Pixels; 104 unless given. */
  readonly height?: number
  /** True unless given. */
  readonly fromZero?: boolean
}

function plotsOf(history: HistoryAnswer | null, words: BrokerWords): PlotOf[] {
  const { plots, units, lines } = words
  const given = history ?? { stepSeconds: 1, time: [], columns: {} }
  const rate = (name: string, column: string, series: number, unit = 1): PlotLine => ({
    name,
    series,
    values: ratesOf(given, column).map((value) => value / unit),
  })
  const level = (name: string, column: string, series: number, unit = 1): PlotLine => ({
    name,
    series,
    values: levelsOf(given, column).map((value) => value / unit),
  })
  return [
    { title: plots.messages, unit: units.rate, lines: [rate(lines.out, 'publishesSent', 0), rate(lines.in, 'publishesReceived', 3)], height: 160 },
    { title: plots.bytes, unit: units.bytes, lines: [rate(lines.out, 'bytesSent', 0, 1024), rate(lines.in, 'bytesReceived', 3, 1024)], height: 160 },
    { title: plots.clients, unit: '', lines: [level(lines.sessions, 'sessions', 4), level(lines.connected, 'connected', 3)] },
    { title: plots.queue, unit: '', lines: [level(lines.queued, 'queuedMessages', 2)] },
    { title: plots.memory, unit: units.memory, lines: [level(lines.heap, 'heapBytes', 1, 1 << 20)], fromZero: false },
    { title: plots.delay, unit: units.delay, lines: [level(lines.delay, 'loopDelayMs', 2)] },
    { title: plots.turns, unit: units.turns, lines: [level(lines.longest, 'turnMaxMs', 2), level(lines.p99, 'turnP99Ms', 0)], height: 148 },
  ]
}

function Capture({ broker, words }: { readonly broker: BrokerAnswer; readonly words: BrokerWords }): JSX.Element {
  const app = useApp()
  const { capture, version, node, platform, pid } = broker
  const { usedBytes, budgetBytes, since, readers } = capture
  const used = words.captureText(bytesText(usedBytes), bytesText(budgetBytes))
  return (
    <section class="broker-section broker-foot">
      <div class="broker-fact">
        <h2 class="broker-title">{words.capture}</h2>
        <p>
          <Meter share={usedBytes / budgetBytes} label={used} />
          {used}, {since === null ? words.captureNone : words.captureSince(clockTime(since))}, {words.captureReaders(readers)}
        </p>
        <Button label={words.captureShow} icon="packets" size="s" onClick={() => app.route.go('packets')} />
      </div>
      <div class="broker-fact">
        <h2 class="broker-title">{words.system}</h2>
        <p>{words.systemText(version, node, platform, pid)}</p>
      </div>
    </section>
  )
}
