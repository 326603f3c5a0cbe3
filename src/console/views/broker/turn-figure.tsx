// How long messages wait in the broker at most: the turns of the last minute by their length, as bars.
// What a turn is, is said below them; the numbers are the broker's.

import type { JSX } from 'preact'
import type { TurnTimesAnswer } from '../../../server/admin/api-types.ts'
import { countText } from '../../parts/format.ts'
import { useApp } from '../../state/app-context.ts'
import type { BrokerWords } from './broker-words.ts'
import { barsOf, decadesOf, shortTime } from './turn-bars.ts'

export function TurnFigure({ turns, words }: { readonly turns: TurnTimesAnswer | null; readonly words: BrokerWords }): JSX.Element {
  const { turn } = words
  const { p50Ms = null, p99Ms = null, maxMs = null } = turns ?? {}
  const figures = [
    { name: turn.half, ms: p50Ms },
    { name: turn.most, ms: p99Ms },
    { name: turn.longest, ms: maxMs },
  ].flatMap(({ name, ms }) => (ms === null ? [] : [{ name, text: shortTime(ms) }]))
  return (
    <figure class="broker-plot">
      <figcaption>
        <b>{turn.title}</b>
        <span class="muted">{turn.unit}</span>
        <span class="spacer" />
        {figures.map(({ name, text }) => (
          <span key={name} class="broker-key">
            {name} <b>{text}</b>
          </span>
        ))}
      </figcaption>
      {turns === null ? (
        <div class="plot broker-measuring" />
      ) : figures.length === 0 ? (
        <div class="plot broker-measuring">{turn.none}</div>
      ) : (
        <Bars turns={turns} label={`${turn.title}: ${figures.map(({ name, text }) => `${name} ${text}`).join(', ')}`} words={words} />
      )}
      <p class="turn-note">{turn.note}</p>
    </figure>
  )
}

function Bars({ turns, label, words }: { readonly turns: TurnTimesAnswer; readonly label: string; readonly words: BrokerWords }): JSX.Element {
  const language = useApp().settings.language.value
  return (
    <div class="turn-bars" role="img" aria-label={label}>
      <svg viewBox={`0 0 ${turns.counts.length} 100`} preserveAspectRatio="none" aria-hidden="true">
        {barsOf(turns).map(({ fromMs, toMs, count, height }, i) => (
          <rect key={i} x={i + 0.1} y={100 - height} width={0.8} height={height}>
            <title>{words.turn.bar(shortTime(fromMs), toMs === null ? null : shortTime(toMs), countText(count, language), count === 1)}</title>
          </rect>
        ))}
      </svg>
      {decadesOf(turns).map(({ at, text }) => (
        <span key={text} class="turn-decade" style={{ '--at': `${at * 100}%` }}>
          {text}
        </span>
      ))}
    </div>
  )
}
