// Fields of forms. Each has its label; a hint or what is wrong stands below and is told to screen readers.
// Values go in by property and out by callback: no field keeps one of its own.

import './field.css'
import type { ComponentChildren, JSX, RefObject } from 'preact'
import { useId } from 'preact/hooks'
import { Kbd } from './badge.tsx'
import { IconButton } from './button.tsx'
import { Icon } from './icon.tsx'

interface Labelled {
  readonly label: string
  readonly hint?: string
  /** What is wrong with the value; null or undefined = nothing. */
  readonly problem?: string | null
}

export interface TextFieldProps extends Labelled {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: 'text' | 'password'
  readonly placeholder?: string
  readonly mono?: boolean
  readonly autofocus?: boolean
  readonly autocomplete?: string
  readonly disabled?: boolean
  /** Stands at the right of the label. */
  readonly aside?: ComponentChildren
}

export function TextField(props: TextFieldProps): JSX.Element {
  const { label, value, onInput, type = 'text', placeholder, mono = false, autofocus = false, autocomplete = 'off', disabled, aside } = props
  const id = useId()
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
        {aside}
      </label>
      <input
        id={id}
        class={`input ${mono ? 'mono' : ''}`}
        {...(type === 'password' ? { type } : { type: 'text' as const })}
        value={value}
        placeholder={placeholder}
        autocomplete={autocomplete}
        spellcheck={false}
        data-autofocus={autofocus ? '' : undefined}
        disabled={disabled}
        aria-invalid={props.problem != null}
        aria-describedby={`${id}-below`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <Below id={`${id}-below`} {...props} />
    </div>
  )
}

export interface NumberFieldProps extends Labelled {
  readonly value: number
  readonly onInput: (value: number) => void
  readonly least?: number
  readonly most?: number
  readonly disabled?: boolean
  /** Only the box; the label is for screen readers. */
  readonly bare?: boolean
}

/** Whole numbers; what is not one, or out of bounds, is not taken. */
export function NumberField(props: NumberFieldProps): JSX.Element {
  const { label, value, onInput, least = 0, most = 0xffffffff, disabled, bare = false } = props
  const id = useId()
  const box = (
    <input
      id={id}
      class="input input-number"
      type="text"
      inputMode="numeric"
      value={String(value)}
      disabled={disabled}
      aria-label={bare ? label : undefined}
      aria-invalid={props.problem != null}
      onChange={(event) => {
        const typed = Number(event.currentTarget.value)
        if (Number.isInteger(typed) && typed >= least && typed <= most) onInput(typed)
        else event.currentTarget.value = String(value)
      }}
    />
  )
  if (bare) return box
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {box}
      <Below id={`${id}-below`} {...props} />
    </div>
  )
}

export interface SelectFieldProps<Id extends string> extends Labelled {
  readonly value: Id
  readonly options: readonly { readonly id: Id; readonly label: string }[]
  readonly onChange: (id: Id) => void
  readonly disabled?: boolean
  readonly bare?: boolean
}

export function SelectField<Id extends string>(props: SelectFieldProps<Id>): JSX.Element {
  const { label, value, options, onChange, disabled, bare = false } = props
  const id = useId()
  const box = (
    <select
      id={id}
      class="input"
      value={value}
      disabled={disabled}
      aria-label={bare ? label : undefined}
      onChange={(event) => onChange(event.currentTarget.value as Id)}
    >
      {options.map((option) => (
        <option key={option.id} value={option.id} selected={option.id === value}>
          {option.label}
        </option>
      ))}
    </select>
  )
  if (bare) return box
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {box}
      <Below id={`${id}-below`} {...props} />
    </div>
  )
}

export interface ToggleProps {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly disabled?: boolean
  /** Only the box; the label is for screen readers. */
  readonly bare?: boolean
}

export function Switch({ label, checked, onChange, disabled }: ToggleProps): JSX.Element {
  return (
    <label class="switch">
      <input
        class="switch-input"
        type="checkbox"
        // biome-ignore lint/a11y/useAriaPropsForRole: a check box has its state by itself
        role="switch"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span class="switch-track" aria-hidden="true" />
      <span>{label}</span>
    </label>
  )
}

export function CheckBox({ label, checked, onChange, disabled, bare = false }: ToggleProps): JSX.Element {
  return (
    <label class="check">
      <input
        class="check-input"
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-label={bare ? label : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span class="check-box" aria-hidden="true">
        <Icon name="check" />
      </span>
      {bare ? null : <span>{label}</span>}
    </label>
  )
}

export interface FinderProps {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly clearLabel: string
  /** At the right end: how many there are. */
  readonly count?: string
  readonly problem?: string | null
  readonly boxed?: boolean
  readonly input?: RefObject<HTMLInputElement | null>
}

/** The line in which one looks for something; Escape empties it, then leaves it. */
export function Finder({ label, placeholder, value, onInput, clearLabel, count, problem, boxed = false, input }: FinderProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: the search element is too young
    <div class={`finder ${boxed ? 'finder-boxed' : ''}`} role="search">
      <Icon name="filter" />
      <input
        {...(input === undefined ? {} : { ref: input as RefObject<HTMLInputElement> })}
        class="finder-input"
        type="text"
        value={value}
        placeholder={placeholder}
        aria-label={label}
        aria-invalid={problem != null}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          if (value === '') event.currentTarget.blur()
          else onInput('')
        }}
      />
      {problem == null ? null : (
        <span class="finder-problem" role="alert">
          {problem}
        </span>
      )}
      {count === undefined ? null : <span class="finder-count">{count}</span>}
      {value === '' ? boxed ? null : <Kbd>/</Kbd> : <IconButton icon="close" label={clearLabel} onClick={() => onInput('')} />}
    </div>
  )
}

function Below({ id, hint, problem }: Pick<Labelled, 'hint' | 'problem'> & { readonly id: string }): JSX.Element | null {
  if (problem != null) {
    return (
      <p id={id} class="field-hint field-problem" role="alert">
        {problem}
      </p>
    )
  }
  return hint === undefined ? null : (
    <p id={id} class="field-hint">
      {hint}
    </p>
  )
}
