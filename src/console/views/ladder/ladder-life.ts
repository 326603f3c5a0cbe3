// What the life of one message comes to: delivered, twice, not acknowledged; and the rule of its QoS that explains it.
// Pure: words are the screen's.

import { PacketType } from '../../../wire/mqtt/packet.ts'
import { type LadderModel, type Step, TYPE_NAMES } from './ladder-model.ts'

export interface LifeVerdict {
  readonly kind: 'at-most-once' | 'acknowledged' | 'exactly-once' | 'delivered-twice' | 'sent-again' | 'unanswered' | 'under-way'
  readonly tone: 'ok' | 'warn' | 'danger' | 'mute'
  /** Whom it is about; '' = nobody in particular. */
  readonly who: string
  readonly packetId: number
  /** The acknowledgement that was lost, or is missing. */
  readonly lacks: string
}

export function verdictOf({ steps, lanes }: LadderModel): LifeVerdict | null {
  const publishes = steps.filter(({ message }) => message.type === PacketType.Publish)
  const first = publishes[0]
  if (first === undefined) return null
  const of = (step: Step): { readonly who: string; readonly packetId: number } => ({ who: lanes[step.to]?.name ?? '', packetId: step.message.packetId })
  const lost = steps.find(({ isLost }) => isLost)
  const answer = first.message.qos === 2 ? 'PUBREC' : 'PUBACK'
  const lacks = lost === undefined ? answer : TYPE_NAMES[lost.message.type]!
  const second = steps.find(({ isSecond }) => isSecond)
  if (second !== undefined) return { kind: 'delivered-twice', tone: 'warn', ...of(second), packetId: first.message.packetId, lacks }
  const unanswered = publishes.find(
    (step) => step.isUnanswered && publishes.every(({ message }) => message.first !== step.message.first || message.id <= step.message.id),
  )
  if (unanswered !== undefined) return { kind: 'unanswered', tone: 'danger', ...of(unanswered), lacks: unanswered.isLost ? answer : lacks }
  const again = publishes.find(({ message }) => message.dup)
  if (again !== undefined) return { kind: 'sent-again', tone: 'warn', ...of(again), lacks }
  if (first.message.qos === 0) return { kind: 'at-most-once', tone: 'mute', ...of(first), lacks: '' }
  if (lost !== undefined && lost.message.type !== PacketType.Publish && !steps.some((step) => step.message.id > lost.message.id && isSame(step, lost)))
    return { kind: 'unanswered', tone: 'danger', who: lanes[lost.from]?.name ?? '', packetId: lost.message.packetId, lacks }
  const isDone = publishes.every(
    ({ message: { first: exchange, qos } }) =>
      qos === 0 || steps.some(({ message: { first: of, type } }) => of === exchange && type === (qos === 1 ? PacketType.Puback : PacketType.Pubcomp)),
  )
  if (!isDone) return { kind: 'under-way', tone: 'mute', ...of(first), lacks }
  return { kind: first.message.qos === 1 ? 'acknowledged' : 'exactly-once', tone: 'ok', ...of(first), lacks: '' }
}

/** Whether a packet is another one's repetition. */
function isSame({ message: { type, first } }: Step, { message }: Step): boolean {
  return type === message.type && first === message.first
}

/** Deliveries to subscribers, each once whatever the repeats. */
export function deliveryCount({ steps }: LadderModel): number {
  return steps.filter(({ message }) => message.type === PacketType.Publish && !message.fromClient && !message.dup).length
}
