// The values under $SYS as the broker would tell a new subscriber, by name.
// Asked of the admin API: no subscription is needed, and none of the rules for clients count.

import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { SysAnswer } from '../../../server/admin/api-types.ts'
import { Finder } from '../../parts/field.tsx'
import { EmptyState } from '../../parts/notice.tsx'
import { ScrollRegion } from '../../parts/scroll-region.tsx'
import { useAdmin } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { dotsOf } from '../../worker/payload-mask.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { BrokerWords } from './broker-words.ts'

export interface SysPaneProps {
  readonly base: string
  readonly everyMs: number | null
  readonly words: BrokerWords
}

export function SysPane({ base, everyMs, words: { sys: words, keys } }: SysPaneProps): JSX.Element {
  const app = useApp()
  const { answer } = useAdmin<SysAnswer>(base, 'sys', everyMs)
  const find = app.route.parameter('sys')
  const input = useRef<HTMLInputElement>(null)
  useKeys({ '/': () => input.current?.focus() }, [['/', keys.filter]])
  if (answer === null) return <div class="pane" />
  const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean)
  const all = Object.entries(answer.values).sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = all.filter(([topic]) => wanted.every((word) => topic.toLowerCase().includes(word)))
  return (
    <div class="pane">
      <div class="bar">
        <Finder
          boxed
          label={words.find}
          placeholder={words.findHint}
          clearLabel={words.clear}
          value={find.value}
          onInput={(text) => {
            find.value = text
          }}
          input={input}
        />
        <span class="spacer" />
        <span class="muted">{words.interval(answer.interval)}</span>
      </div>
      {rows.length === 0 ? (
        <EmptyState title={all.length === 0 ? words.none : words.noneFits} />
      ) : (
        <ScrollRegion class="broker-sheet" label={words.columns.topic}>
          <table class="broker-table sys-table">
            <thead>
              <tr>
                <th scope="col">{words.columns.topic}</th>
                <th scope="col" class="num">
                  {words.columns.value}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([topic, value]) => (
                <tr key={topic}>
                  <td>
                    <code class="foreign">{visibleLine(topic)}</code>
                  </td>
                  <td class="num foreign">{app.mask.value.hides(topic) ? dotsOf(value) : visibleLine(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </div>
  )
}
