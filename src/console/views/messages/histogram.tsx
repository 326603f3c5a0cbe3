// The last five minutes as bars by subscription, above the list: the bright part is what the list shows, a click goes there.
// Drawn as SVG; colours and shapes as on the chips.

import type { JSX } from 'preact'
import { Shape } from '../../parts/badge.tsx'
import { clockTime } from '../../parts/format.ts'
import type { Connection } from '../../state/connection.ts'
import type { Events, Histogram, MessageRow } from '../../worker/protocol.ts'
import type { MessagesWords } from './messages-words.ts'

const SERIES = 6
const HEIGHT = 56
const WIDTH = 1500
const LABELS = 6

export interface TimeBarsProps {
  readonly connection: Connection
  readonly list: Events['messages/rows']
  readonly rows: readonly MessageRow[]
  readonly count: string
  readonly words: MessagesWords
  readonly onGo: (time: number) => void
}

export function TimeBars({ connection, list, rows, count, words, onGo }: TimeBarsProps): JSX.Element {
  const { histogram } = list
  const end = histogram.startMs + histogram.buckets * histogram.bucketMs
  const shown = { from: rows.at(-1)?.time ?? end, to: rows[0]?.time ?? end }
  const go = (event: MouseEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect()
    onGo(histogram.startMs + ((event.clientX - box.left) / box.width) * (end - histogram.startMs))
  }
  const labels = Array.from({ length: LABELS }, (_, i) => clockTime(histogram.startMs + (i / (LABELS - 1)) * (end - histogram.startMs)).slice(0, 5))
  return (
    <div class="time-bars">
      <div class="time-bars-head">
        <b>{count}</b>
        <span class="spacer" />
        {connection.subscriptions.value.slice(0, 5).map(({ filter, series, isMuted }) => (
          <span key={filter} class="time-bars-key wide-only">
            <Shape series={series} muted={isMuted} />
            <code class="cut foreign">{filter}</code>
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list below has the keys */}
      <svg class="time-bars-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words.histogram} onClick={go}>
        <Bars histogram={histogram} shown={shown} />
      </svg>
      <div class="time-bars-times" aria-hidden="true">
        {labels.map((label, i) => (
          <span key={i}>{label}</span>
        ))}
      </div>
    </div>
  )
}

function Bars({ histogram, shown }: { readonly histogram: Histogram; readonly shown: { readonly from: number; readonly to: number } }): JSX.Element {
  const { counts, buckets, bucketMs, startMs } = histogram
  const width = WIDTH / buckets
  const sums = Array.from({ length: buckets }, (_, bucket) => counts.subarray(bucket * SERIES, (bucket + 1) * SERIES).reduce((sum, count) => sum + count, 0))
  const most = Math.max(1, ...sums)
  const x = (time: number): number => Math.min(WIDTH, Math.max(0, ((time - startMs) / (buckets * bucketMs)) * WIDTH))
  const parts: JSX.Element[] = []
  for (let series = 0; series < SERIES; series++) {
    const dim: string[] = []
    const bright: string[] = []
    for (let bucket = 0; bucket < buckets; bucket++) {
      const count = counts[bucket * SERIES + series]!
      if (count === 0) continue
      const below = counts.subarray(bucket * SERIES, bucket * SERIES + series).reduce((sum, one) => sum + one, 0)
      const top = HEIGHT - ((below + count) / most) * HEIGHT
      const height = (count / most) * HEIGHT
      const begin = startMs + bucket * bucketMs
      const isShown = begin <= shown.to && begin + bucketMs >= shown.from
      ;(isShown ? bright : dim).push(`M${round(bucket * width + 1)} ${round(top)}h${round(width - 2)}v${round(height)}h${round(2 - width)}z`)
    }
    if (dim.length > 0) parts.push(<path key={`dim ${series}`} class={`bar-of series-${series}`} d={dim.join('')} />)
    if (bright.length > 0) parts.push(<path key={`bright ${series}`} class={`bar-of bar-shown series-${series}`} d={bright.join('')} />)
  }
  return (
    <>
      <rect class="bar-brush" x={x(shown.from)} y="0" width={Math.max(2, x(shown.to) - x(shown.from))} height={HEIGHT} />
      {parts}
    </>
  )
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
