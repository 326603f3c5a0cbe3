// Properties of a message: one row each, chosen from those that a PUBLISH may carry, with what is wrong beside it.
// A connection of 3.1 or 3.1.1 has none; the rows are kept, and the title says so.

import type { JSX } from 'preact'
import { IconButton } from '../../parts/button.tsx'
import { Menu } from '../../parts/menu.tsx'
import { useApp } from '../../state/app-context.ts'
import { type FormProblem, OFFERED, type TypedProperty } from './publish-form.ts'
import { PUBLISH } from './publish-words.ts'

export interface PropertyRowsProps {
  readonly properties: readonly TypedProperty[]
  readonly problem: FormProblem | null
  /** Set when the connection cannot carry them: its version in words. */
  readonly without: string | null
  readonly onChange: (properties: readonly TypedProperty[]) => void
}

const FIRST_VALUES: Readonly<Record<string, string>> = { 'payload-format-indicator': '1', 'message-expiry-interval': '60', 'content-type': 'application/json' }

export function PropertyRows({ properties, problem, without, onChange }: PropertyRowsProps): JSX.Element {
  const words = useApp().words(PUBLISH)
  const wrong = problem?.field === 'property' ? problem.option : null
  const free = OFFERED.filter(({ option }) => option === 'user-property' || !properties.some((one) => one.option === option))
  const set = (index: number, change: Partial<TypedProperty>): void => onChange(properties.map((one, i) => (i === index ? { ...one, ...change } : one)))
  return (
    <section class="publish-part">
      <div class="publish-line">
        <h3>{words.properties}</h3>
        <span class="publish-note">{without === null ? words.only5 : words.notNow(without)}</span>
        <span class="spacer" />
        <Menu
          label={words.add}
          icon="plus"
          labelled
          items={free.map(({ option, title }) => ({
            id: option,
            label: title,
            onSelect: () => onChange([...properties, { option, name: '', value: FIRST_VALUES[option] ?? '' }]),
          }))}
        />
      </div>
      {properties.map((typed, i) => (
        <div key={`${typed.option} ${i}`} class={`property ${without === null ? '' : 'property-off'}`}>
          <span class="property-name cut">{titleOf(typed.option)}</span>
          {typed.option === 'user-property' ? (
            <Box label={words.propertyName} value={typed.name} isWrong={typed.name === ''} onInput={(name) => set(i, { name })} />
          ) : null}
          {typed.option === 'payload-format-indicator' ? (
            <select class="input" aria-label={titleOf(typed.option)} value={typed.value} onChange={(event) => set(i, { value: event.currentTarget.value })}>
              <option value="1">{words.utf8}</option>
              <option value="0">{words.bytes}</option>
            </select>
          ) : (
            <Box
              label={typed.option === 'user-property' ? words.propertyValue : titleOf(typed.option)}
              value={typed.value}
              isWrong={wrong === typed.option && typed.option !== 'user-property'}
              onInput={(value) => set(i, { value })}
            />
          )}
          {typed.option === 'message-expiry-interval' ? <span class="muted">s</span> : null}
          <IconButton icon="close" label={words.remove(titleOf(typed.option))} onClick={() => onChange(properties.filter((_, at) => at !== i))} />
        </div>
      ))}
      {wrong === null ? null : (
        <p class="field-hint field-problem" role="alert">
          {words.propertyProblem(titleOf(wrong))}
        </p>
      )}
    </section>
  )
}

interface BoxProps {
  readonly label: string
  readonly value: string
  readonly isWrong: boolean
  readonly onInput: (value: string) => void
}

function Box({ label, value, isWrong, onInput }: BoxProps): JSX.Element {
  return (
    <input
      class="input mono"
      type="text"
      aria-label={label}
      aria-invalid={isWrong}
      placeholder={label}
      value={value}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  )
}

function titleOf(option: string): string {
  return OFFERED.find((row) => row.option === option)?.title ?? option
}
