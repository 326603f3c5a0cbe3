// What there is to know of a session at one look: bytes both ways, the facts of connection and session, what is in flight, the will.
// Facts that the broker does not have are left out, not shown as zero.

import type { JSX } from 'preact'
import type { ClientAnswer, WillRow } from '../../../server/admin/api-types.ts'
import { QosBadge, Tag } from '../../parts/badge.tsx'
import { bytesText } from '../../parts/format.ts'
import { Sparkline } from '../../parts/sparkline.tsx'
import { useApp } from '../../state/app-context.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { factsOf } from './client-facts.ts'
import type { ClientsWords } from './clients-words.ts'
import { payloadText } from './payload-start.ts'
import type { Traffic } from './traffic.ts'

export interface ClientOverviewProps {
  readonly answer: ClientAnswer
  readonly traffic: Traffic
  readonly words: ClientsWords
}

export function ClientOverview({ answer, traffic, words }: ClientOverviewProps): JSX.Element {
  const { client, inflight, will } = answer
  const language = useApp().settings.language.value
  // what was written to a clean session's connection is not kept
  const knowsTopics = inflight.some(({ topic }) => topic !== null)
  return (
    <>
      {client.isOnline ? (
        <div class="client-traffic">
          <Flow name={words.received} rates={traffic.fromClient} total={client.bytesIn} words={words} />
          <Flow name={words.sent} rates={traffic.toClient} total={client.bytesOut} words={words} />
        </div>
      ) : null}
      <h3>{words.session}</h3>
      <dl class="client-facts">
        {factsOf(answer, words, language, Date.now()).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="foreign">{value}</dd>
          </div>
        ))}
        <div>
          <dt>{words.will}</dt>
          <dd>{will === null ? words.noWill : <Will will={will} words={words} />}</dd>
        </div>
      </dl>
      {inflight.length === 0 ? null : (
        <>
          <h3>{words.inflight}</h3>
          <table class="client-table">
            <thead>
              <tr>
                <th scope="col" class="num">
                  {words.inflightRow.id}
                </th>
                <th scope="col">{words.inflightRow.awaits}</th>
                {knowsTopics ? <th scope="col">{words.inflightRow.topic}</th> : null}
              </tr>
            </thead>
            <tbody>
              {inflight.map(({ packetId, awaits, topic }) => (
                <tr key={packetId}>
                  <td class="num">{packetId}</td>
                  <td>{awaits}</td>
                  {knowsTopics ? (
                    <td>
                      <code class="foreign">{topic === null ? '' : visibleLine(topic)}</code>
                    </td>
                  ) : null}
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  )
}

interface FlowProps {
  readonly name: string
  readonly rates: readonly number[]
  readonly total: number
  readonly words: ClientsWords
}

function Flow({ name, rates, total, words }: FlowProps): JSX.Element {
  return (
    <div class="client-flow">
      <span class="client-flow-name">{name}</span>
      <span class="client-flow-rate">
        <b>{bytesText(Math.round(rates.at(-1) ?? 0))}</b>
        {words.perSecond}
      </span>
      <Sparkline values={rates} kind="line" />
      <span class="client-flow-total">{bytesText(total)}</span>
    </div>
  )
}

function Will({ will, words }: { readonly will: WillRow; readonly words: ClientsWords }): JSX.Element {
  const mask = useApp().mask.value
  const { topic, qos, retain, payloadStart, sizeBytes, delaySeconds } = will
  return (
    <div class="client-will">
      <code class="foreign">{visibleLine(topic)}</code>
      <span class="client-will-line">
        <QosBadge qos={qos} />
        {retain ? <Tag icon="retain">{words.retained}</Tag> : null}
        <span class="muted foreign">{payloadText(payloadStart, sizeBytes, words.queue.empty, mask.hides(topic))}</span>
      </span>
      {delaySeconds === 0 ? null : <span class="muted">{words.willDelay(delaySeconds)}</span>}
    </div>
  )
}
