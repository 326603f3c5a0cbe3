// The configuration that holds: each option with its value, the line it comes from, and what it means. Secrets are not among them.
// At first only what somebody has given.

import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { ConfigAnswer, ConfigOption } from '../../../server/admin/api-types.ts'
import { Finder } from '../../parts/field.tsx'
import { EmptyState } from '../../parts/notice.tsx'
import { ScrollRegion } from '../../parts/scroll-region.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useAdmin } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { BrokerWords } from './broker-words.ts'
import { sectionsFor } from './config-rows.ts'

const WHICH = ['given', 'all'] as const

export function ConfigPane({ base, words: { config: words, keys, noAnswer } }: { readonly base: string; readonly words: BrokerWords }): JSX.Element {
  const app = useApp()
  const { answer, problem } = useAdmin<ConfigAnswer>(base, 'config', null)
  const find = app.route.parameter('config')
  const chosen = app.route.parameter('options')
  const input = useRef<HTMLInputElement>(null)
  useKeys({ '/': () => input.current?.focus() }, [['/', keys.filter]])
  if (answer === null) {
    if (problem === null) return <div class="pane" />
    return <EmptyState title={problem.status === 403 ? words.forbidden : problem.status === 0 ? noAnswer : problem.message} />
  }
  const isWhole = chosen.value === 'all' || (chosen.value === '' && answer.files.length === 0)
  const sections = sectionsFor(answer.sections, find.value, !isWhole)
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
        <Segmented
          label={words.which}
          options={WHICH.map((id) => ({ id, label: words.whichOnes[id] }))}
          value={isWhole ? 'all' : 'given'}
          onChange={(id) => {
            chosen.value = id
          }}
        />
        <span class="spacer" />
        <span class="muted cut foreign">{answer.files.length === 0 ? words.noFile : words.files(answer.files.map(visibleLine).join(', '))}</span>
      </div>
      {sections.length === 0 ? (
        <EmptyState title={find.value === '' ? words.none : words.noneFits} />
      ) : (
        <ScrollRegion class="broker-sheet" label={words.columns.option}>
          {sections.map(({ title, options }, i) => (
            <section key={i} class="broker-section">
              <h2 class="broker-title foreign">{visibleLine(title)}</h2>
              <table class="broker-table config-table">
                <thead>
                  <tr>
                    <th scope="col">{words.columns.option}</th>
                    <th scope="col">{words.columns.value}</th>
                    <th scope="col">{words.columns.origin}</th>
                    <th scope="col">{words.columns.meaning}</th>
                  </tr>
                </thead>
                <tbody>
                  {options.map((option, at) => (
                    <Option key={at} option={option} usual={words.usual} />
                  ))}
                </tbody>
              </table>
            </section>
          ))}
        </ScrollRegion>
      )}
    </div>
  )
}

function Option({ option: { name, value, origin, meaning }, usual }: { readonly option: ConfigOption; readonly usual: string }): JSX.Element {
  return (
    <tr class={origin === null ? 'config-usual' : ''}>
      <td>
        <code>{name}</code>
      </td>
      <td>
        <code class="foreign">{visibleLine(value)}</code>
      </td>
      <td class="foreign">{origin === null ? usual : visibleLine(origin)}</td>
      <td>{meaning}</td>
    </tr>
  )
}
