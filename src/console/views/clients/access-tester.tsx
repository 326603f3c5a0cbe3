// Would this client be allowed to …? The verdict of the rules that hold now, with the line that decides.
// Of one client, or of any that is typed in, also one that does not exist yet.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AccessAnswer, BrokerAnswer } from '../../../server/admin/api-types.ts'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { Verdict } from '../../parts/notice.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { AdminError, tellAdmin, useAdmin } from '../../state/admin-api.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ClientsWords } from './clients-words.ts'

const ACTIONS = ['publish', 'receive', 'subscribe'] as const
type Action = (typeof ACTIONS)[number]

export interface AccessTesterProps {
  readonly base: string
  /** Null = whoever is typed in. */
  readonly client: string | null
  readonly words: ClientsWords
}

type Result = { readonly answer: AccessAnswer } | { readonly problem: string }

export function AccessTester({ base, client, words: { access: words, noAnswer } }: AccessTesterProps): JSX.Element {
  const { answer: broker } = useAdmin<BrokerAnswer>(client === null ? base : null, 'broker', null)
  const [id, setId] = useState(client ?? '')
  const [user, setUser] = useState('')
  const [port, setPort] = useState('')
  const [action, setAction] = useState<Action>('publish')
  const [topic, setTopic] = useState('')
  const [result, setResult] = useState<Result | null>(null)
  const change =
    <T,>(set: (value: T) => void) =>
    (value: T): void => {
      set(value)
      setResult(null) // it answered another question
    }
  const test = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (id === '' || topic === '') return
    const body = { client: id, action, topic, ...(user === '' ? {} : { user }), ...(port === '' ? {} : { listenerPort: Number(port) }) }
    try {
      setResult({ answer: await tellAdmin<AccessAnswer>(base, 'access', body) })
    } catch (error) {
      const { status, message } = error instanceof AdminError ? error : new AdminError(0, '')
      setResult({ problem: status === 403 ? words.forbidden : message === '' ? noAnswer : message })
    }
  }
  const listeners = broker?.listeners.filter(({ transport }) => transport !== 'http' && transport !== 'https' && transport !== 'unix') ?? []
  return (
    <form class="access" onSubmit={test}>
      {client === null ? (
        <>
          <TextField label={words.client} value={id} onInput={change(setId)} autofocus />
          <TextField label={words.user} value={user} onInput={change(setUser)} hint={words.userHint} />
          <SelectField
            label={words.listener}
            value={port}
            options={[{ id: '', label: words.anyListener }, ...listeners.map((one) => ({ id: String(one.port), label: `${one.port}, ${one.transport}` }))]}
            onChange={change(setPort)}
          />
        </>
      ) : null}
      <Segmented
        label={words.action}
        options={ACTIONS.map((one) => ({ id: one, label: words.actions[one] }))}
        value={action}
        onChange={change(setAction)}
        wide
      />
      <TextField mono label={action === 'subscribe' ? words.filter : words.topic} value={topic} onInput={change(setTopic)} hint={words.hint} />
      <div class="client-form-line">
        <span class="spacer" />
        <Button label={words.test} kind="primary" icon="lock" submit disabled={id === '' || topic === ''} />
      </div>
      {result === null ? null : 'problem' in result ? (
        <Verdict kind="warn" title={result.problem} />
      ) : (
        <Verdict kind={result.answer.allowed ? 'ok' : 'danger'} title={result.answer.allowed ? words.allowed : words.denied}>
          <p>{sentence(visibleLine(result.answer.reason))}</p>
          {result.answer.rule === null ? null : (
            <p class="access-rule foreign">
              <code>{visibleLine(result.answer.rule.text)}</code>
              <span class="muted">{`${visibleLine(result.answer.rule.file)}:${result.answer.rule.line}`}</span>
            </p>
          )}
          <p class="muted foreign">{result.answer.user === null ? words.asNobody : words.as(visibleLine(result.answer.user))}</p>
        </Verdict>
      )}
    </form>
  )
}

function sentence(text: string): string {
  return text === '' ? '' : `${text[0]!.toUpperCase()}${text.slice(1)}.`
}
