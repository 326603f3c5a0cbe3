// Why did I get this? The subscriptions that match, the QoS that results, the rule that allows it, how it came: the broker's own answer.
// Asked for the page's client first; any other client can be chosen.

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ClientsAnswer, WhyAnswer } from '../../../server/admin/api-types.ts'
import { QosBadge } from '../../parts/badge.tsx'
import { SelectField } from '../../parts/field.tsx'
import { Verdict } from '../../parts/notice.tsx'
import { AdminError, pathWith, tellAdmin, useAdmin } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import type { MessageDetail } from '../../worker/protocol.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { WHY } from './why-words.ts'

/** Clients that can be chosen. */
const MOST_CLIENTS = 200

export function WhyTab({ connection, message }: { readonly connection: Connection; readonly message: MessageDetail }): JSX.Element {
  const words = useApp().words(WHY)
  const base = connection.admin.value
  if (base === null) return <p class="muted">{words.noAdmin}</p>
  if (message.isOut) return <p class="muted">{words.sent}</p>
  return <Why base={base} connection={connection} message={message} />
}

interface WhyProps {
  readonly base: string
  readonly connection: Connection
  readonly message: MessageDetail
}

function Why({ base, connection, message }: WhyProps): JSX.Element {
  const words = useApp().words(WHY)
  const phase = connection.phase.value
  const own = phase.phase === 'live' ? phase.clientId : ''
  const [chosen, setChosen] = useState<string | null>(null)
  const client = chosen ?? own
  const { answer: clients } = useAdmin<ClientsAnswer>(base, pathWith('clients', { limit: MOST_CLIENTS, sort: 'id' }), null)
  const [answer, setAnswer] = useState<WhyAnswer | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const { topic, qos, retain, dup, seq } = message
  useEffect(() => {
    if (client === '') return
    let isWanted = true
    // what another client got may have had another QoS, and no DUP
    const facts = client === own ? { qos, retain, dup } : {}
    tellAdmin<WhyAnswer>(base, 'why', { client, topic, ...facts }).then(
      (found) => {
        if (!isWanted) return
        setAnswer(found)
        setProblem(null)
      },
      (error: unknown) => {
        if (isWanted) setProblem(error instanceof AdminError ? error.message : String(error))
      },
    )
    return () => {
      isWanted = false
    }
  }, [base, client, seq])
  const ids = [own, ...(clients?.rows.map(({ id }) => id) ?? [])].filter((id, i, all) => id !== '' && all.indexOf(id) === i)
  return (
    <div class="stack">
      <SelectField
        label={words.client}
        value={client}
        options={ids.map((id) => ({ id, label: id === own ? words.thisPage(visibleLine(id)) : visibleLine(id) }))}
        onChange={setChosen}
      />
      {problem === null ? null : <Verdict kind="warn" title={visibleLine(problem)} />}
      {answer === null ? problem === null ? <p class="muted">{words.loading}</p> : null : <Answer answer={answer} />}
    </div>
  )
}

function Answer({ answer }: { readonly answer: WhyAnswer }): JSX.Element {
  const words = useApp().words(WHY)
  const { matches, access, sentences } = answer
  return (
    <>
      <ul class="why-sentences">
        {sentences.map((sentence) => (
          <li key={sentence} class="foreign">
            {visibleLine(sentence)}
          </li>
        ))}
      </ul>
      <section>
        <h3>{words.matches}</h3>
        {matches.length === 0 ? <p class="muted">{words.noMatch}</p> : null}
        <ul class="why-matches">
          {matches.map((match, i) => (
            <li key={i} class="why-match">
              <code class="cut foreign">{visibleLine(match.filter)}</code>
              <QosBadge qos={match.qos} />
              {match.shareName === null ? null : <span class="muted foreign">{words.shared(visibleLine(match.shareName))}</span>}
              <span class="why-reason foreign">{visibleLine(match.reason)}</span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>{words.access}</h3>
        <Verdict kind={access.allowed ? 'ok' : 'danger'} title={access.allowed ? words.allowed : words.denied}>
          <span class="foreign">{visibleLine(access.reason)}</span>
          {access.rule === null ? null : (
            <div class="foreign">
              <code>{visibleLine(access.rule.text)}</code> <span class="muted">{`${visibleLine(access.rule.file)}:${access.rule.line}`}</span>
            </div>
          )}
        </Verdict>
      </section>
    </>
  )
}
