// What became of the message, in the foot of the drawer: acknowledged in which time, refused with which reason, how many of how many.
// The reason is in words with its number.

import type { JSX } from 'preact'
import type { Qos } from '../../../wire/mqtt/packet.ts'
import { reasonName } from '../../../wire/mqtt/reason-codes.ts'
import { countText, durationText } from '../../parts/format.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { useApp } from '../../state/app-context.ts'
import type { PublishProgress } from '../../worker/protocol.ts'
import type { FormProblem } from './publish-form.ts'
import { PUBLISH, type PublishWords } from './publish-words.ts'
import type { Job } from './use-job.ts'

const PUBACK = 4

interface Told {
  readonly kind: 'good' | 'bad' | 'wait'
  readonly text: string
}

export interface PublishResultProps {
  readonly job: Job
  readonly problem: FormProblem | null
  readonly qos: Qos
  readonly isLive: boolean
}

const ICONS: Readonly<Record<Told['kind'], IconName>> = { good: 'check', bad: 'close', wait: 'clock' }

export function PublishResult({ job, problem, qos, isLive }: PublishResultProps): JSX.Element {
  const app = useApp()
  const words = app.words(PUBLISH)
  const told = tell(job, problem, qos, isLive, words, app.settings.language.value)
  return (
    <span class={`publish-result ${told === null ? '' : `publish-result-${told.kind}`}`} role="status">
      {told === null ? null : (
        <>
          <Icon name={ICONS[told.kind]} />
          <span class="foreign">{told.text}</span>
        </>
      )}
    </span>
  )
}

function tell(
  { progress, isRunning, failure }: Job,
  problem: FormProblem | null,
  qos: Qos,
  isLive: boolean,
  words: PublishWords,
  language: string,
): Told | null {
  if (failure !== null) return { kind: 'bad', text: failure }
  if (problem !== null) return { kind: 'bad', text: problemText(problem, words) }
  if (!isLive && isRunning) return { kind: 'wait', text: words.offline }
  if (progress === null) return isRunning ? { kind: 'wait', text: words.waiting } : null
  if (progress.error !== null) return { kind: 'bad', text: progress.error }
  const { sent, done, times, failed, isOver } = progress
  if (times > 1 && !isOver) return { kind: 'wait', text: words.progress(countText(Math.max(sent, done), language), countText(times, language)) }
  if (!isOver) return { kind: 'wait', text: words.waiting }
  const counted = times > 1 ? `${words.progress(countText(done, language), countText(times, language))}, ` : ''
  if (failed > 0) return { kind: 'bad', text: `${counted}${times > 1 ? `${words.failed(failed)}, ` : ''}${reasonText(progress, words)}` }
  const note = progress.reasonCode === 0 ? '' : `, ${reasonText(progress, words)}`
  return { kind: 'good', text: `${counted}${progress.lastMs === null ? words.sentQos0 : words.ack(durationText(progress.lastMs), qos)}${note}` }
}

function reasonText({ reasonCode }: PublishProgress, words: PublishWords): string {
  return words.reason(reasonName(reasonCode, PUBACK), reasonCode)
}

function problemText(problem: FormProblem, words: PublishWords): string {
  switch (problem.field) {
    case 'topic':
      return words.topicProblem[problem.kind]
    case 'payload':
      return problem.kind === 'hex' ? words.hexProblem : words.fileProblem
    case 'template':
      return problem.text
    case 'property':
      return words.propertyProblem(problem.option)
  }
}
