// The topic of a message, completed from the topics that the tree knows, each with its last value.
// A combobox: arrows choose, Tab or Enter takes, Escape closes the list.

import type { JSX } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import type { Glance } from '../../worker/protocol.ts'
import { PUBLISH } from './publish-words.ts'

const SHOWN = 7

interface Suggestion {
  readonly topic: string
  readonly glance: Glance | null
}

export interface TopicFieldProps {
  readonly connection: Connection
  readonly value: string
  readonly problem: string | null
  readonly onInput: (topic: string) => void
}

export function TopicField({ connection, value, problem, onInput }: TopicFieldProps): JSX.Element {
  const app = useApp()
  const words = app.words(PUBLISH)
  const id = useId()
  const [list, setList] = useState<readonly Suggestion[]>([])
  const [chosen, setChosen] = useState(0)
  const asked = useRef(0)
  const close = (): void => {
    asked.current++
    setList([])
  }
  const complete = async (text: string): Promise<void> => {
    const ask = ++asked.current
    const found = text === '' ? [] : await app.worker.call('topics/complete', { connection: connection.id, text, limit: SHOWN })
    if (ask !== asked.current) return
    setList(found.length === 1 && found[0]!.topic === text ? [] : found)
    setChosen(0)
  }
  const type = (text: string): void => {
    onInput(text)
    complete(text).catch(close)
  }
  const take = ({ topic }: Suggestion): void => {
    onInput(topic)
    close()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const one = list[chosen]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowDown' && one === undefined) complete(value).catch(close)
    else if (one === undefined) return
    else if (event.key === 'ArrowDown') setChosen((chosen + 1) % list.length)
    else if (event.key === 'ArrowUp') setChosen((chosen - 1 + list.length) % list.length)
    else if (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) take(one)
    else if (event.key === 'Escape') close()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {words.topic}
      </label>
      <div class="topic-field">
        <input
          id={id}
          class="input mono"
          type="text"
          role="combobox"
          value={value}
          aria-expanded={list.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={list.length > 0 ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-invalid={problem !== null}
          aria-describedby={`${id}-below`}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="building5/floor0/room5.03/window/set"
          data-autofocus=""
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={close}
        />
        {list.length === 0 ? null : (
          <div class="topic-list" id={`${id}-list`} role="listbox" aria-label={words.topic} onPointerDown={(event) => event.preventDefault()}>
            {list.map((one, i) => (
              // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the field has the focus and the keys
              <div key={one.topic} id={`${id}-${i}`} role="option" class="topic-option" aria-selected={i === chosen} onClick={() => take(one)}>
                <Topic text={one.topic} typed={value} />
                <span class="topic-value foreign">{one.glance === null ? words.neverSeen : `${one.glance.text} ${one.glance.unit}`}</span>
              </div>
            ))}
          </div>
        )}
      </div>
      {problem === null ? null : (
        <p id={`${id}-below`} class="field-hint field-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

/** What was typed of it in the accent; a long topic shows its end. */
function Topic({ text, typed }: { readonly text: string; readonly typed: string }): JSX.Element {
  const at = text.toLowerCase().indexOf(typed.toLowerCase())
  return (
    <code class="topic-text foreign" title={text}>
      <bdi>
        {at < 0 ? text : text.slice(0, at)}
        {at < 0 ? null : <b>{text.slice(at, at + typed.length)}</b>}
        {at < 0 ? null : text.slice(at + typed.length)}
      </bdi>
    </code>
  )
}
