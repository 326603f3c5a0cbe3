// The display-filter bar: judged while it is typed, applied by Enter, restored by Escape; names, values and signs are suggested below it.
// What is wrong stands in a sentence under the bar, which pushes the list and covers nothing.

import './filter-bar.css'
import type { JSX, RefObject, TargetedKeyboardEvent } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { Button, IconButton } from '../../parts/button.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Completion, Completions } from '../../worker/packets/packet-calls.ts'
import { type KeptFilter, readFilters, storeFilters, withFilter, withStar } from './filter-history.ts'
import type { PacketsModel } from './packets-model.ts'
import { PACKETS_WORDS } from './packets-words.ts'

/** What is suggested, and the text that it is suggested for. */
interface Suggestions extends Completions {
  readonly text: string
}

const NO_SUGGESTIONS: Suggestions = { from: 0, to: 0, items: [], text: '' }
const ICONS: Readonly<Record<string, IconName>> = { empty: 'filter', valid: 'check', wrong: 'close', risky: 'warn' }
/** Milliseconds without a key until what is wrong is said. */
const SETTLED_MS = 700
/** Suggestions in sight. */
const SHOWN = 9

export interface FilterBarProps {
  readonly model: PacketsModel
  readonly input: RefObject<HTMLInputElement | null>
  /** Tells the URL. */
  readonly onApplied: (filter: string) => void
}

export function FilterBar({ model, input, onApplied }: FilterBarProps): JSX.Element {
  const app = useApp()
  const words = app.words(PACKETS_WORDS)
  const id = useId()
  const [suggestions, setSuggestions] = useState<Suggestions>(NO_SUGGESTIONS)
  const [chosen, setChosen] = useState(0)
  const [kept, setKept] = useState<KeptFilter[]>(() => readFilters(localStorage))
  const asked = useRef(0)
  const answered = useRef(0)
  /** Filters on their way to the Worker: Escape has nothing to restore while there are any. */
  const applying = useRef(0)
  const typed = model.typed.value
  const verdict = model.verdict.value
  const state = model.state.value
  const isApplied = typed === state.filter
  // who is still typing is not told that it is no filter yet
  const [isSettled, setSettled] = useState(true)
  useEffect(() => {
    if (isSettled) return
    const timer = setTimeout(() => setSettled(true), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [typed, isSettled])
  const isJudged = isSettled && suggestions.items.length === 0
  const judged = isJudged ? verdict.state : 'empty'
  const look = judged === 'wrong' || judged === 'risky' ? judged : typed.trim() === '' ? 'empty' : isApplied ? 'valid' : 'typing'

  const keep = (filters: KeptFilter[]): void => {
    setKept(filters)
    storeFilters(localStorage, filters)
  }
  const close = (): void => {
    answered.current = ++asked.current
    setSuggestions(NO_SUGGESTIONS)
  }
  const suggest = async (text: string, caret: number): Promise<void> => {
    const ask = ++asked.current
    const found = await model.complete(text, caret)
    if (ask !== asked.current) return
    answered.current = ask
    setSuggestions({ ...found, text })
    setChosen(0)
  }
  const type = (text: string, caret: number): void => {
    setSettled(false)
    void model.type(text)
    void suggest(text, caret)
  }
  const apply = async (text: string): Promise<void> => {
    close()
    setSettled(true)
    applying.current++
    const isFilter = await model.apply(text)
    applying.current--
    if (!isFilter) return
    keep(withFilter(readFilters(localStorage), text))
    onApplied(text)
  }
  const accept = ({ text, kind }: Completion, { from, to }: Completions = suggestions): void => {
    const isOpen = text.endsWith('(')
    const added = kind === 'word' && !isOpen ? `${text} ` : text
    const next = typed.slice(0, from) + added + typed.slice(to)
    close()
    // at once: the next key may follow sooner than the next frame
    const field = input.current!
    field.value = next
    field.focus()
    field.setSelectionRange(from + added.length, from + added.length)
    void model.type(next)
  }
  /** Who types faster than suggestions come gets the first one for what stands there now. */
  const acceptFirst = async (caret: number): Promise<void> => {
    const found = await model.complete(typed, caret)
    const [item] = found.items
    if (item !== undefined && model.typed.peek() === typed) accept(item, found)
  }
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>): void => {
    const { items } = suggestions
    const item = items[chosen]
    if (event.key === 'Enter') void apply(typed)
    else if (event.key === 'Tab' && !event.shiftKey && item !== undefined && suggestions.text === typed) accept(item)
    else if (event.key === 'Tab' && !event.shiftKey && asked.current !== answered.current) void acceptFirst(event.currentTarget.selectionStart ?? typed.length)
    else if (event.key === 'ArrowDown' && items.length > 0) setChosen((chosen + 1) % items.length)
    else if (event.key === 'ArrowUp' && items.length > 0) setChosen((chosen - 1 + items.length) % items.length)
    else if (event.key === 'ArrowDown') void suggest(typed, event.currentTarget.selectionStart ?? typed.length)
    else if (event.key === 'Escape' && (items.length > 0 || asked.current !== answered.current)) close()
    else if (event.key === 'Escape' && !isApplied && applying.current === 0) void model.type(state.filter)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const first = Math.max(0, Math.min(chosen - SHOWN + 2, suggestions.items.length - SHOWN))
  const shown = suggestions.items.slice(first, first + SHOWN)
  const isStarred = kept.some((one) => one.text === typed && one.isStarred)
  return (
    <div class="filter-holder">
      <div class={`filter filter-${look}`}>
        <Icon name={ICONS[look] ?? 'filter'} class="filter-icon" />
        <input
          ref={input}
          class="filter-input mono"
          type="text"
          role="combobox"
          aria-label={words.filter}
          aria-expanded={suggestions.items.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={suggestions.items.length > 0 ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-invalid={verdict.state === 'wrong'}
          aria-describedby={`${id}-below`}
          autocomplete="off"
          spellcheck={false}
          placeholder={words.filterExample}
          value={typed}
          onInput={(event) => type(event.currentTarget.value, event.currentTarget.selectionStart ?? event.currentTarget.value.length)}
          onKeyDown={onKeyDown}
          onBlur={close}
        />
        <FilterCount model={model} />
        <span class="wide-only filter-tools">
          <Menu
            label={words.filterHistory}
            icon="down"
            items={kept.map(({ text, isStarred: star }) => ({
              id: text,
              label: text,
              ...(star ? { icon: 'star' as const } : {}),
              onSelect: () => void apply(text),
            }))}
          />
          <IconButton
            icon="star"
            label={isStarred ? words.filterUnstar : words.filterStar}
            pressed={isStarred}
            disabled={typed.trim() === '' || verdict.state === 'wrong'}
            onClick={() => keep(withStar(kept, typed))}
          />
        </span>
        <IconButton icon="close" label={words.filterClear} disabled={typed === '' && state.filter === ''} onClick={() => void apply('')} />
        {suggestions.items.length === 0 ? null : (
          <div class="suggestions" onPointerDown={(event) => event.preventDefault()}>
            <div role="listbox" id={`${id}-list`} aria-label={words.suggestions}>
              {shown.map((item, i) => (
                // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the field has the focus and the keys
                <div
                  key={item.text + item.label}
                  id={`${id}-${first + i}`}
                  role="option"
                  class="suggestion"
                  aria-selected={first + i === chosen}
                  onClick={() => accept(item)}
                >
                  <Typed text={item.text} typed={typed.slice(suggestions.from, suggestions.to)} />
                  <span class="muted">{item.type}</span>
                  <span class="cut">{item.label}</span>
                </div>
              ))}
            </div>
            <div class="suggestion-foot muted">
              <kbd>Tab</kbd> <span>{words.accept}</span>
              <kbd>↑</kbd> <kbd>↓</kbd> <span>{words.choose}</span>
              <kbd>Esc</kbd> <span>{words.close}</span>
            </div>
          </div>
        )}
      </div>
      <div id={`${id}-below`} class={`filter-below filter-below-${judged}`} role="status">
        {judged === 'wrong' && verdict.state === 'wrong' ? (
          <>
            <Icon name="close" />
            <span>
              {words.wrong(verdict.message)}
              {verdict.length === 0 || verdict.message.includes(typed.slice(verdict.offset, verdict.offset + verdict.length)) ? null : (
                <span class="mono filter-place">{typed.slice(verdict.offset, verdict.offset + verdict.length)}</span>
              )}
            </span>
            {verdict.suggestion === null ? null : (
              <Button
                size="s"
                kind="ghost"
                label={words.meant(verdict.suggestion)}
                onClick={() => void model.type(typed.slice(0, verdict.offset) + verdict.suggestion + typed.slice(verdict.offset + verdict.length))}
              />
            )}
          </>
        ) : judged === 'risky' ? (
          <>
            <Icon name="warn" />
            <span>{words.risky(/([\w.]+)\s*(?:!=|ne\b)/.exec(typed)?.[1] ?? '…')}</span>
          </>
        ) : null}
      </div>
    </div>
  )
}

/** How many packets pass, and how far the filter has come. */
function FilterCount({ model }: { readonly model: PacketsModel }): JSX.Element {
  const app = useApp()
  const words = app.words(PACKETS_WORDS)
  const number = new Intl.NumberFormat(app.settings.language.value)
  const { passing, kept, total, tested, filter, dropped } = model.state.value
  const share = kept === 0 ? 1 : (tested - dropped) / kept
  return (
    <span class="filter-count">
      <span>{filter === '' ? number.format(kept) : words.passing(number.format(passing), number.format(kept))}</span>
      {filter !== '' && tested < total && share < 0.995 ? <span class="filter-progress">{words.tested(Math.floor(share * 100))}</span> : null}
    </span>
  )
}

/** The part of a name that was typed, in the accent. */
function Typed({ text, typed }: { readonly text: string; readonly typed: string }): JSX.Element {
  const at = typed === '' ? -1 : text.toLowerCase().indexOf(typed.toLowerCase())
  if (at < 0) return <span class="mono">{text}</span>
  return (
    <span class="mono cut">
      {text.slice(0, at)}
      <b class="suggestion-typed">{text.slice(at, at + typed.length)}</b>
      {text.slice(at + typed.length)}
    </span>
  )
}
