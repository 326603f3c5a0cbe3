// Publishing from the page: one message or many in a rhythm, placeholders filled in for each, outcomes counted.
// Runs in the Worker, whose timers go on when the tab is in the background.

import type { Delivery, OutgoingMessage } from '../../session/client-effects.ts'
import type { PublishAcknowledgement, Qos } from '../../wire/mqtt/packet.ts'
import type { Properties } from '../../wire/mqtt/properties.ts'
import { textOf } from './glance.ts'
import type { Draft, PublishProgress } from './protocol.ts'
import { fillIn, parseTemplate } from './template.ts'

export interface PublisherEnvironment {
  publish(message: OutgoingMessage): Delivery
  /** It is on its way. */
  published(message: OutgoingMessage): void
  after(ms: number, action: () => void): () => void
  wallMs(): number
  random(): number
  progress(progress: Omit<PublishProgress, 'connection'>): void
}

/** One message of a list, sent again. */
export interface Replayed {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  readonly properties: Properties
  /** Milliseconds after the first one. */
  readonly atMs: number
}

/** Messages sent at one go when no pause is asked for. */
const AT_ONCE = 200
const ENCODER = new TextEncoder()

interface Job {
  readonly id: number
  readonly times: number
  sent: number
  done: number
  failed: number
  lastMs: number | null
  reasonCode: number
  error: string | null
  isStopped: boolean
  cancel: (() => void) | null
}

export class Publisher {
  readonly #environment: PublisherEnvironment
  readonly #jobs = new Map<number, Job>()
  readonly #waiting = new Map<OutgoingMessage, { readonly job: Job; readonly at: number }>()
  #next = 1

  constructor(environment: PublisherEnvironment) {
    this.#environment = environment
  }

  /** Returns the job's number. Throws for a draft that cannot be sent. */
  send(draft: Draft): number {
    const make = maker(draft, this.#environment)
    return this.#run(Math.max(1, draft.times), make, draft.everyMs, null)
  }

  replay(messages: readonly Replayed[], keepTimes: boolean): number {
    const make = (n: number): OutgoingMessage => {
      const { topic, payload, qos, retain, properties } = messages[n - 1]!
      return { topicName: topic, payload, qos, retain, properties }
    }
    return this.#run(messages.length, make, 0, keepTimes ? (n) => messages[n]!.atMs - messages[n - 1]!.atMs : null)
  }

  stop(id: number): void {
    const job = this.#jobs.get(id)
    if (job === undefined) return
    job.isStopped = true
    job.cancel?.()
    this.#tell(job)
  }

  stopAll(): void {
    for (const id of [...this.#jobs.keys()]) this.stop(id)
  }

  delivered(delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void {
    const waiting = this.#take(delivery.message)
    if (waiting === null) return
    const { job, at } = waiting
    const reasonCode = acknowledgement?.reasonCode ?? 0
    job.done++
    job.reasonCode = reasonCode
    if (reasonCode >= 0x80) job.failed++
    if (acknowledgement !== null) job.lastMs = this.#environment.wallMs() - at
    this.#tell(job)
  }

  undelivered(delivery: Delivery, error: Error): void {
    const waiting = this.#take(delivery.message)
    if (waiting === null) return
    waiting.job.done++
    waiting.job.failed++
    waiting.job.error = error.message
    this.#tell(waiting.job)
  }

  #run(times: number, make: (n: number) => OutgoingMessage, everyMs: number, pauseAfter: ((n: number) => number) | null): number {
    const job: Job = { id: this.#next++, times, sent: 0, done: 0, failed: 0, lastMs: null, reasonCode: 0, error: null, isStopped: false, cancel: null }
    this.#jobs.set(job.id, job)
    const step = (): void => {
      for (let burst = 0; burst < AT_ONCE && !job.isStopped && job.sent < times; burst++) {
        this.#sendOne(job, make)
        if (job.sent === times || job.isStopped) break
        const pause = pauseAfter === null ? everyMs : pauseAfter(job.sent)
        if (pause > 0) {
          job.cancel = this.#environment.after(pause, step)
          return
        }
      }
      if (job.sent < times && !job.isStopped) job.cancel = this.#environment.after(0, step)
    }
    step()
    return job.id
  }

  #sendOne(job: Job, make: (n: number) => OutgoingMessage): void {
    const message = make(job.sent + 1)
    this.#waiting.set(message, { job, at: this.#environment.wallMs() })
    try {
      job.sent++
      this.#environment.publish(message) // may say `delivered` before it returns
      this.#environment.published(message)
    } catch (error) {
      this.#waiting.delete(message)
      job.sent--
      job.isStopped = true
      job.error = error instanceof Error ? error.message : String(error)
      this.#tell(job)
    }
  }

  #take(message: OutgoingMessage): { readonly job: Job; readonly at: number } | null {
    const waiting = this.#waiting.get(message) ?? null
    this.#waiting.delete(message)
    return waiting
  }

  #tell(job: Job): void {
    const { id, sent, done, failed, times, lastMs, reasonCode, error } = job
    const isOver = job.isStopped || (sent === times && done === times)
    if (isOver) this.#jobs.delete(id)
    this.#environment.progress({ job: id, sent, done, failed, times, lastMs, reasonCode, error, isOver })
  }
}

/** Messages of a draft, by their number from 1. Throws for placeholders that are not known. */
function maker(draft: Draft, environment: PublisherEnvironment): (n: number) => OutgoingMessage {
  const { qos, retain, properties } = draft
  const text = draft.isTemplate ? textOf(draft.payload) : null
  const topic = parseTemplate(draft.isTemplate ? draft.topic : '')
  const payload = text === null ? null : parseTemplate(text)
  const problem = topic.problem ?? payload?.problem ?? null
  if (problem !== null) throw new Error(problem)
  return (n) => {
    const values = { n, now: environment.wallMs(), random: () => environment.random() }
    return {
      topicName: draft.isTemplate ? fillIn(topic, values) : draft.topic,
      payload: payload === null ? draft.payload.slice() : ENCODER.encode(fillIn(payload, values)),
      qos,
      retain,
      properties,
    }
  }
}
