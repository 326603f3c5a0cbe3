// Beside the ladder: the life of the chosen message with the sentence that explains it, and what both ends know at the chosen moment.
// Facts come from ladder-life.ts and ladder-state.ts; here are only words and places.

import './ladder-side.css'
import type { ComponentChildren, JSX } from 'preact'
import { PacketType } from '../../../wire/mqtt/packet.ts'
import { QosBadge, Shape } from '../../parts/badge.tsx'
import { Verdict } from '../../parts/notice.tsx'
import { visibleLine } from '../../worker/visible-text.ts'
import { deliveryCount, verdictOf } from './ladder-life.ts'
import { type LadderModel, type Step, stepText } from './ladder-model.ts'
import { timeText } from './ladder-shapes.ts'
import { stateAt } from './ladder-state.ts'
import type { LadderWords } from './ladder-words.ts'

export interface LadderSideProps {
  readonly model: LadderModel
  readonly at: number
  /** Of the chosen message; null = the chosen packet has none. */
  readonly life: LadderModel | null
  readonly words: LadderWords
  readonly onFrame: (frame: number) => void
  /** Between the life and the state. */
  readonly children?: ComponentChildren
}

export function LadderSide({ model, at, life, words, onFrame, children }: LadderSideProps): JSX.Element {
  return (
    <aside class="ladder-side scroll" aria-label={words.life}>
      <h2 class="ladder-side-title">{words.life}</h2>
      {life === null || life.steps.length === 0 ? (
        <p class="muted">{words.noLife}</p>
      ) : (
        <Life life={life} chosen={model.steps[at]} series={model.steps[at]?.group ?? -1} words={words} onFrame={onFrame} />
      )}
      {children}
      <State model={model} at={at} words={words} />
    </aside>
  )
}

interface LifeProps {
  readonly life: LadderModel
  readonly chosen: Step | undefined
  readonly series: number
  readonly words: LadderWords
  readonly onFrame: (frame: number) => void
}

function Life({ life, chosen, series, words, onFrame }: LifeProps): JSX.Element {
  const publish = life.steps.find(({ message }) => message.type === PacketType.Publish)
  const verdict = verdictOf(life)
  const said = verdict === null ? null : words.verdicts[verdict.kind](verdict)
  return (
    <>
      {publish === undefined ? null : (
        <div class="life-head">
          <span class="life-facts">
            <QosBadge qos={publish.message.qos} />
            {publish.message.packetId > 0 ? <span>{`id ${publish.message.packetId}`}</span> : null}
            <span>{`${publish.message.size} B`}</span>
            <span>{words.deliveries(deliveryCount(life))}</span>
            {series >= 0 ? <Shape series={series % 5} /> : null}
          </span>
          <span class="mono life-topic">{visibleLine(publish.message.text)}</span>
        </div>
      )}
      {verdict === null || said === null ? null : (
        <Verdict kind={verdict.tone} title={visibleLine(said.title)}>
          {visibleLine(said.text)}
        </Verdict>
      )}
      <ol class="life">
        {life.steps.map((step) => (
          <li
            key={step.message.id}
            class={`life-step ${step.isLost || step.isUnanswered ? 'life-trouble' : step.isSecond ? 'life-second' : ''} ${step.message.id === chosen?.message.id ? 'life-chosen' : ''}`}
          >
            <button type="button" class="life-button" aria-current={step.message.id === chosen?.message.id} onClick={() => onFrame(step.message.frame)}>
              <span class="life-time num">{timeText(step.time)}</span>
              <span class="life-dot" aria-hidden="true" />
              <span class="life-text">
                <b>{titleOf(step, words)}</b>
                <span class="muted cut">{visibleLine(`${life.lanes[step.from]?.name} → ${life.lanes[step.to]?.name}`)}</span>
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p class="muted life-note">{words.joined}</p>
    </>
  )
}

function titleOf(step: Step, words: LadderWords): string {
  const { name, detail } = stepText(step)
  const mark = step.isLost ? ` ${words.texts.lost}` : step.message.dup ? `, ${words.texts.dup}` : ''
  return visibleLine(`${name} ${detail}${mark}${step.isSecond ? `: ${words.texts.second}` : ''}`)
}

function State({ model, at, words }: { readonly model: LadderModel; readonly at: number; readonly words: LadderWords }): JSX.Element | null {
  const step = model.steps[at]
  const rows = stateAt(model, at)
  if (rows.length === 0) return null
  return (
    <>
      <h2 class="ladder-side-title">{words.stateAt(step === undefined ? '0 ms' : timeText(step.time))}</h2>
      <table class="state-table">
        <thead>
          <tr>
            <td />
            <th scope="col">{words.inFlight}</th>
            <th scope="col">{words.waitsFor}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ client, end, waiting }) => (
            <tr key={`${client} ${end}`} class={waiting.length === 0 ? 'state-idle' : ''}>
              <th scope="row">{visibleLine(words.ends[end](model.lanes[client]?.name ?? ''))}</th>
              <td>{waiting.length === 0 ? words.none : waiting.map(({ packetId }) => packetId).join(', ')}</td>
              <td>{[...new Set(waiting.map((one) => one.for))].join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
