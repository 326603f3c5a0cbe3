// The Broker screen: what the broker says of itself. Numbers above, below them plots and listeners, the log, the configuration, or $SYS.
// Everything comes from the admin API; other brokers tell no more than their $SYS topics.

import './broker.css'
import type { JSX } from 'preact'
import type { BrokerAnswer, HistoryAnswer } from '../../../server/admin/api-types.ts'
import { AdminProblem } from '../../parts/admin-problem.tsx'
import { Button } from '../../parts/button.tsx'
import { clockTime } from '../../parts/format.ts'
import { EmptyState } from '../../parts/notice.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { pathWith, useAdmin } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { useIsNarrow } from '../../state/row-height.ts'
import type { ScreenProps } from '../registry.ts'
import { BrokerNumbers } from './broker-numbers.tsx'
import { BrokerOverview, type Range } from './broker-overview.tsx'
import { BROKER } from './broker-words.ts'
import { ConfigPane } from './config-pane.tsx'
import { LogPane } from './log-pane.tsx'
import { SysPane } from './sys-pane.tsx'

const PARTS = ['overview', 'log', 'config', 'sys'] as const
type Part = (typeof PARTS)[number]

const EVERY_MS = 2000
/** Seconds from one point of a plot to the next. */
const STEP: Readonly<Record<Range, number>> = { '600': 2, '3600': 10 }

export function BrokerScreen({ connection }: ScreenProps): JSX.Element {
  const app = useApp()
  const words = app.words(BROKER)
  const isNarrow = useIsNarrow()
  const base = connection.admin.value
  const shown = app.route.parameter('part')
  const part: Part = PARTS.find((one) => one === shown.value) ?? 'overview'
  const wanted = app.route.parameter('range')
  const range: Range = wanted.value === '3600' ? '3600' : '600'
  const everyMs = connection.paused.value ? null : EVERY_MS
  const broker = useAdmin<BrokerAnswer>(base, 'broker', everyMs)
  const history = useAdmin<HistoryAnswer>(base, pathWith('history', { seconds: range, step: STEP[range] }), everyMs)
  const choose = (next: Part): void => {
    shown.value = next === 'overview' ? '' : next
  }
  useKeys(
    {
      '[': () => choose(PARTS[(PARTS.indexOf(part) + PARTS.length - 1) % PARTS.length]!),
      ']': () => choose(PARTS[(PARTS.indexOf(part) + 1) % PARTS.length]!),
    },
    [['[ ]', words.keys.parts]],
  )
  if (base === null) {
    const toTopics = (): void => {
      app.route.parameter('find').value = '$SYS'
      app.route.go('topics')
    }
    return (
      <section class="screen" aria-label={words.title}>
        <EmptyState title={words.foreign.title} action={<Button label={words.foreign.show} icon="topics" onClick={toTopics} />}>
          {words.foreign.text}
        </EmptyState>
      </section>
    )
  }
  const { answer, problem } = broker
  return (
    <section class={`screen broker ${part === 'overview' ? 'broker-whole' : ''}`} aria-label={words.title}>
      <h1 class="for-readers">{words.title}</h1>
      {problem === null ? null : <AdminProblem problem={problem}>{answer === null ? null : words.stale(clockTime(answer.now))}</AdminProblem>}
      {isNarrow && part !== 'overview' ? null : <BrokerNumbers broker={answer} history={history.answer} words={words} />}
      <Tabs
        label={words.part}
        tabs={PARTS.map((id) => ({ id, label: words.parts[id] }))}
        value={part}
        onChange={choose}
        controls="broker-part"
        class="broker-tabs"
      />
      <div class={`broker-part ${part === 'overview' ? 'scroll' : ''}`} id="broker-part" role="tabpanel" aria-label={words.parts[part]}>
        {part === 'overview' ? (
          <BrokerOverview
            base={base}
            everyMs={everyMs}
            broker={answer}
            history={history.answer}
            isAway={problem !== null}
            range={range}
            onRange={(next) => {
              wanted.value = next === '600' ? '' : next
            }}
            words={words}
          />
        ) : null}
        {part === 'log' ? <LogPane base={base} words={words} /> : null}
        {part === 'config' ? <ConfigPane base={base} words={words} /> : null}
        {part === 'sys' ? <SysPane base={base} everyMs={everyMs} words={words} /> : null}
      </div>
    </section>
  )
}
