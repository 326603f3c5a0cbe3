// The bridges of the broker: connected or not, since when and why, what went over them, which topics.
// Asked for more often while one waits for its next attempt, so that the seconds can be counted.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { BridgeRow, BridgesAnswer, BridgeTopicRow } from '../../../server/admin/api-types.ts'
import { Dot, type DotKind, QosBadge, Tag } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { bytesText, countText } from '../../parts/format.ts'
import { ScrollRegion } from '../../parts/scroll-region.tsx'
import { spanText } from '../../parts/span-text.ts'
import { useAdmin } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { problemText } from './bridge-problem.ts'
import type { BrokerWords } from './broker-words.ts'

/** Milliseconds from one question to the next while a bridge counts down. */
const COUNTING_MS = 1000
/** Topics shown before somebody asks for all. */
const FEW_TOPICS = 5

const DOTS: Readonly<Record<BridgeRow['state'], DotKind>> = { connected: 'live', connecting: 'wait', waiting: 'refused', lazy: 'paused', stopped: 'off' }
const ARROWS: Readonly<Record<BridgeTopicRow['direction'], string>> = { out: '→', in: '←', both: '⇄' }

export interface BridgeTableProps {
  readonly base: string
  /** Null = only once. */
  readonly everyMs: number | null
  readonly words: BrokerWords
}

export function BridgeTable({ base, everyMs, words }: BridgeTableProps): JSX.Element | null {
  const [isCounting, setIsCounting] = useState(false)
  const { answer } = useAdmin<BridgesAnswer>(base, 'bridges', everyMs !== null && isCounting ? COUNTING_MS : everyMs)
  if (answer === null) return null
  const { bridges, now } = answer
  const counts = bridges.some(({ nextAttemptAt }) => nextAttemptAt !== null)
  if (counts !== isCounting) setIsCounting(counts)
  const { bridge } = words
  return (
    <section class="broker-section">
      <h2 class="broker-title">{bridge.title}</h2>
      {bridges.length === 0 ? (
        <p class="muted">{bridge.none}</p>
      ) : (
        <ScrollRegion class="broker-table-frame" label={bridge.title}>
          <table class="broker-table bridge-table">
            <thead>
              <tr>
                <th scope="col">{bridge.name}</th>
                <th scope="col">{bridge.state}</th>
                <th scope="col" class="num">
                  {bridge.in}
                </th>
                <th scope="col" class="num">
                  {bridge.out}
                </th>
                <th scope="col" class="num">
                  {bridge.queue}
                </th>
                <th scope="col">{bridge.topics}</th>
              </tr>
            </thead>
            <tbody>
              {bridges.map((row) => (
                <tr key={row.name}>
                  <td class="bridge-name">
                    <Name row={row} words={words} />
                  </td>
                  <td class="bridge-wide">
                    <State row={row} now={now} words={words} />
                  </td>
                  <Traffic count={row.messagesIn} bytes={row.bytesIn} label={bridge.in} />
                  <Traffic count={row.messagesOut} bytes={row.bytesOut} label={bridge.out} more={row.dropped === 0 ? null : bridge.dropped(row.dropped)} />
                  <Traffic count={row.queued} bytes={row.queuedBytes} label={bridge.queue} />
                  <td class="bridge-wide">
                    <Topics topics={row.topics} words={words} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </section>
  )
}

function Name({ row, words }: { readonly row: BridgeRow; readonly words: BrokerWords }): JSX.Element {
  const { name, addresses, address, isTls, version, remoteClientId } = row
  const others = addresses.filter((one) => one !== address)
  const { bridge } = words
  return (
    <div class="bridge-lines">
      <span class="broker-port foreign">{visibleLine(name)}</span>
      <span class="foreign">{visibleLine(address)}</span>
      {others.length === 0 ? null : <span class="muted foreign">{visibleLine(bridge.others(others.join(', ')))}</span>}
      <span class="muted foreign">{visibleLine(bridge.as(remoteClientId, version, isTls))}</span>
    </div>
  )
}

function State({ row, now, words }: { readonly row: BridgeRow; readonly now: number; readonly words: BrokerWords }): JSX.Element {
  const { state, since, nextAttemptAt, problem } = row
  const { bridge } = words
  const span = spanText((now - since) / 1000)
  return (
    <div class="bridge-lines">
      <span class="bridge-state">
        <Dot kind={DOTS[state]} />
        {bridge.states[state]}
      </span>
      <span class="muted">{state === 'connected' ? bridge.upFor(span) : bridge.downFor(span)}</span>
      {nextAttemptAt === null ? null : <span>{bridge.again(Math.max(0, Math.ceil((nextAttemptAt - now) / 1000)))}</span>}
      {problem === null ? null : state === 'connected' ? (
        <span class="muted foreign">{visibleLine(bridge.before(problemText(problem.text, bridge.codes), spanText((now - problem.time) / 1000)))}</span>
      ) : (
        <span class="bridge-problem foreign">{visibleLine(problemText(problem.text, bridge.codes))}</span>
      )}
    </div>
  )
}

interface TrafficProps {
  readonly count: number
  readonly bytes: number
  /** What the column is called: said again where there are no columns. */
  readonly label: string
  readonly more?: string | null
}

function Traffic({ count, bytes, label, more = null }: TrafficProps): JSX.Element {
  const language = useApp().settings.language.value
  return (
    <td class="num" data-label={label}>
      {countText(count, language)}
      <br />
      <span class="muted">{bytesText(bytes)}</span>
      {more === null ? null : (
        <>
          <br />
          <Tag kind="warn">{more}</Tag>
        </>
      )}
    </td>
  )
}

function Topics({ topics, words }: { readonly topics: readonly BridgeTopicRow[]; readonly words: BrokerWords }): JSX.Element {
  const [isOpen, setIsOpen] = useState(false)
  const shown = isOpen ? topics : topics.slice(0, FEW_TOPICS)
  return (
    <div class="bridge-lines">
      {shown.map((topic, i) => (
        <Topic key={i} topic={topic} words={words} />
      ))}
      {shown.length === topics.length ? null : <Button label={words.bridge.all(topics.length)} size="s" onClick={() => setIsOpen(true)} />}
    </div>
  )
}

function Topic({ topic, words }: { readonly topic: BridgeTopicRow; readonly words: BrokerWords }): JSX.Element {
  const { pattern, direction, qos, localPrefix, remotePrefix, isRefusedHere, refusedThere } = topic
  const { bridge } = words
  const isSame = localPrefix === remotePrefix
  return (
    <span class="bridge-topic">
      <QosBadge qos={qos} />
      <span class="for-readers">{bridge.directions[direction]}</span>
      <span class="bridge-arrow" title={bridge.directions[direction]} aria-hidden="true">
        {ARROWS[direction]}
      </span>
      <span class="foreign">
        <Filter prefix={localPrefix} pattern={pattern} />
        {isSame ? null : (
          <>
            <span class="muted"> {bridge.there} </span>
            <Filter prefix={remotePrefix} pattern={pattern} />
          </>
        )}
      </span>
      {isRefusedHere ? <Tag kind="warn">{bridge.refusedHere}</Tag> : null}
      {refusedThere === null ? null : <Tag kind="warn">{visibleLine(bridge.refusedThere(refusedThere))}</Tag>}
    </span>
  )
}

function Filter({ prefix, pattern }: { readonly prefix: string; readonly pattern: string | null }): JSX.Element {
  return (
    <>
      {prefix === '' ? null : <span class="bridge-prefix">{visibleLine(prefix)}</span>}
      {pattern === null ? null : visibleLine(pattern)}
    </>
  )
}
