// The six numbers above the Broker screen, each with what stands behind it and, where it moves, its last two minutes.
// Places are kept before the first answer: nothing jumps.

import type { JSX } from 'preact'
import type { BrokerAnswer, HistoryAnswer } from '../../../server/admin/api-types.ts'
import { bytesText, clockTime, countText, numberText } from '../../parts/format.ts'
import { spanText } from '../../parts/span-text.ts'
import { Sparkline } from '../../parts/sparkline.tsx'
import { useApp } from '../../state/app-context.ts'
import type { BrokerWords } from './broker-words.ts'
import { latestOf, levelsOf, ratesOf, tailOf } from './history-lines.ts'

const POINTS = 60

export interface BrokerNumbersProps {
  readonly broker: BrokerAnswer | null
  readonly history: HistoryAnswer | null
  readonly words: BrokerWords
}

interface Figure {
  readonly name: string
  readonly value: string
  readonly unit?: string
  readonly more: string
  readonly values?: Float64Array
}

export function BrokerNumbers({ broker, history, words }: BrokerNumbersProps): JSX.Element {
  const language = useApp().settings.language.value
  const figures = broker === null || history === null ? [] : figuresOf(broker, history, words, language)
  return (
    <dl class="broker-numbers">
      {Array.from({ length: 6 }, (_, i) => {
        const figure = figures[i]
        return (
          <div key={i} class="broker-number">
            <dt>{figure?.name}</dt>
            <dd>
              {figure?.values === undefined ? null : <Sparkline values={tailOf(figure.values, POINTS)} kind="line" />}
              <span class="broker-figure">
                {figure?.value}
                {figure?.unit === undefined ? null : <span class="broker-unit">{figure.unit}</span>}
              </span>
              <span class="broker-more">{figure?.more}</span>
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

function figuresOf(broker: BrokerAnswer, history: HistoryAnswer, words: BrokerWords, language: string): Figure[] {
  const { counters, connected, sessions, retained, subscriptions, sharedSubscriptions, startedAt, uptimeSeconds } = broker
  const count = (value: number): string => countText(value, language)
  const rate = (name: string): { value: string; unit: string; values: Float64Array } => {
    const values = ratesOf(history, name)
    return { value: rounded(latestOf(values), language), unit: words.perSecond, values }
  }
  const asleep = sessions - connected
  const waiting = levelsOf(history, 'queuedMessages')
  const all = subscriptions + sharedSubscriptions
  return [
    { name: words.clients, value: count(connected), more: words.asleep(count(asleep), asleep === 1), values: levelsOf(history, 'connected') },
    { name: words.messagesIn, ...rate('publishesReceived'), more: words.sinceStart(count(counters['publishesReceived'] ?? 0)) },
    { name: words.messagesOut, ...rate('publishesSent'), more: words.dropped(count(counters['publishesDropped'] ?? 0)) },
    { name: words.queued, value: count(latestOf(waiting)), more: words.queuedBytes(bytesText(latestOf(levelsOf(history, 'queuedBytes')))), values: waiting },
    { name: words.retained, value: count(retained), more: words.subscriptions(count(all), all === 1) },
    { name: words.up, value: spanText(uptimeSeconds), more: words.since(`${dateText(startedAt, language)}${clockTime(startedAt)}`) },
  ]
}

/** Three digits say enough of a rate. */
function rounded(value: number, language: string): string {
  return value >= 100 ? countText(Math.round(value), language) : numberText(Number(value.toPrecision(2)))
}

/** The day, when it is not today. */
function dateText(ms: number, language: string): string {
  const date = new Date(ms)
  return date.toDateString() === new Date().toDateString() ? '' : `${date.toLocaleDateString(language, { day: 'numeric', month: 'short' })} `
}
