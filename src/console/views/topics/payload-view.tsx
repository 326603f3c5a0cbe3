// A payload set out: JSON with what changed marked in place, text, bytes, CBOR. All of it as text nodes: nothing in it is ever markup.
// A form it does not have falls back to bytes, and says so.

import './payload-view.css'
import type { JSX } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { bytesText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import { textOf } from '../../worker/glance.ts'
import type { MessageDetail } from '../../worker/protocol.ts'
import { visibleText } from '../../worker/visible-text.ts'
import { type JsonLine, jsonLines, literals } from './json-lines.ts'
import { formOf, hexLines, linesOf, maskedLines, type PayloadForm, type PerLine } from './payload-text.ts'
import { TOPICS, type TopicsWords } from './topics-words.ts'

export interface PayloadViewProps {
  readonly message: MessageDetail
  readonly previous: MessageDetail | null
  readonly onWhole: () => void
}

/** Lines set out at once; the rest at a press. */
const FIRST_LINES = 1000
/** Pixels from which sixteen bytes fit with their characters; else eight. */
const WIDE = 552
const FORMS: readonly PayloadForm[] = ['json', 'text', 'hex', 'cbor']

export function PayloadView({ message, previous, onWhole }: PayloadViewProps): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const { payload, size } = message
  const isWhole = payload.length === size
  const natural = useMemo(() => formOf(payload, isWhole), [payload, isWhole])
  const [chosen, setChosen] = useState<PayloadForm | null>(null)
  const isMasked = app.mask.value.hides(message.topic)
  const form = isMasked ? (textOf(payload) === null ? 'hex' : 'text') : (chosen ?? natural)
  return (
    <section>
      <div class="payload-head">
        <h3>{words.payload}</h3>
        {isMasked ? (
          <span class="payload-masked">
            <Icon name="mask" />
            {words.masked}
          </span>
        ) : (
          <Segmented
            label={words.payload}
            options={FORMS.map((id) => ({ id, label: words.forms[id] }))}
            value={form}
            onChange={(id) => setChosen(id === natural ? null : id)}
          />
        )}
        <span class="spacer" />
        <CopyButton text={() => copyText(payload, form)} label={words.copyPayload} />
      </div>
      {size === 0 ? (
        <p class="muted">{message.retain ? words.emptyRetained : words.emptyPayload}</p>
      ) : (
        <Lines payload={payload} previous={previous} form={form} isMasked={isMasked} words={words} />
      )}
      {isWhole ? null : (
        <p class="payload-more">
          {words.part(bytesText(payload.length), bytesText(size))} <Button label={words.showAll} size="s" onClick={onWhole} />
        </p>
      )}
    </section>
  )
}

interface LinesProps {
  readonly payload: Uint8Array
  readonly previous: MessageDetail | null
  readonly form: PayloadForm
  readonly isMasked: boolean
  readonly words: TopicsWords
}

function Lines({ payload, previous, form, isMasked, words }: LinesProps): JSX.Element {
  const [most, setMost] = useState(FIRST_LINES)
  const box = useRef<HTMLPreElement>(null)
  const [perLine, setPerLine] = useState<PerLine>(16)
  const json = useMemo(() => (form === 'json' ? jsonLines(textOf(payload) ?? '') : null), [payload, form])
  const before = useMemo(() => {
    const text = form === 'json' && previous !== null && previous.size > 0 ? textOf(previous.payload) : null
    const lines = text === null ? null : jsonLines(text)
    return lines === null ? null : literals(lines)
  }, [previous, form])
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const measure = (): void => setPerLine(element.clientWidth < WIDE ? 8 : 16)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [form, json === null])
  if (json !== null) {
    return (
      <>
        {/* biome-ignore lint/a11y/useSemanticElements: no fieldset, which groups fields */}
        <div class="code" role="group" aria-label={words.payload}>
          {json.slice(0, most).map((line, i) => (
            <JsonRow key={i} line={line} number={i + 1} before={before} words={words} />
          ))}
        </div>
        <More all={json.length} shown={most} words={words} onMore={() => setMost(Number.POSITIVE_INFINITY)} />
      </>
    )
  }
  const plain = linesOf(payload, form, perLine)
  const lines = isMasked ? maskedLines(payload, form, perLine) : (plain ?? hexLines(payload, perLine))
  return (
    <>
      {plain === null ? <p class="payload-note">{form === 'text' ? words.notText : `${words.forms[form]}: ${words.notText}`}</p> : null}
      <pre ref={box} class={`code code-plain foreign ${form === 'text' || form === 'cbor' ? 'code-wrap' : ''}`}>
        {lines.slice(0, most).join('\n')}
      </pre>
      <More all={lines.length} shown={most} words={words} onMore={() => setMost(Number.POSITIVE_INFINITY)} />
    </>
  )
}

function More({
  all,
  shown,
  words,
  onMore,
}: {
  readonly all: number
  readonly shown: number
  readonly words: TopicsWords
  readonly onMore: () => void
}): JSX.Element | null {
  return all <= shown ? null : (
    <p class="payload-more">
      <Button label={words.showAll} size="s" onClick={onMore} />
    </p>
  )
}

interface JsonRowProps {
  readonly line: JsonLine
  readonly number: number
  readonly before: ReadonlyMap<string, string> | null
  readonly words: TopicsWords
}

function JsonRow({ line, number, before, words }: JsonRowProps): JSX.Element {
  const old = before === null || line.path === null || line.value === null ? undefined : before.get(line.path)
  const isNew = before !== null && line.path !== null && line.value !== null && old === undefined
  const isChanged = old !== undefined && old !== line.value
  return (
    <div class={`code-line ${isChanged || isNew ? 'code-changed' : ''}`}>
      <span class="code-number" aria-hidden="true">
        {number}
      </span>
      <code class="code-text foreign">
        {'  '.repeat(line.indent)}
        {line.tokens.map(({ kind, text }, i) => (
          <span key={i} class={`token-${kind}`}>
            {visibleText(text)}
          </span>
        ))}
      </code>
      {isChanged ? (
        <span class="code-was cut foreign" title={visibleText(old)}>
          {words.was(visibleText(oldText(old, line.value!)))}
        </span>
      ) : null}
      {isNew ? <span class="code-was">{words.isNew}</span> : null}
    </div>
  )
}

/** What it was: of a long one, from where it differs. */
function oldText(old: string, now: string): string {
  if (old.length <= 16) return old
  let same = 0
  while (same < old.length && old[same] === now[same]) same++
  const from = Math.max(0, Math.min(same - 2, old.length - 12))
  return `${from > 0 ? '…' : ''}${old.slice(from, from + 24)}${from + 24 < old.length ? '…' : ''}`
}

function copyText(payload: Uint8Array, form: PayloadForm): string {
  if (form === 'hex') return Array.from(payload, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return form === 'cbor' ? (linesOf(payload, form)?.join('\n') ?? '') : (textOf(payload) ?? '')
}
