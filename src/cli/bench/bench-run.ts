// One run: connect, send until it is enough, wait for what is on its way, close. Counts go to the Tally.
// What is sent and judged is the affair of sender and arrivals; what is printed, of progress and report.

import type { Link } from '../../base/link.ts'
import { type DialTarget, dial } from '../../net/dial.ts'
import { createNetContext, type NetContext } from '../../net/net-context.ts'
import { systemErrorText } from '../client-errors.ts'
import type { BenchOptions } from './bench-arguments.ts'
import { BenchConnection, type JobEvents } from './bench-connection.ts'
import { makePlan, type Plan } from './bench-plan.ts'
import { ConnectPhase } from './connect-phase.ts'
import type { Sender } from './sender.ts'
import { countReason, microseconds, Tally } from './tally.ts'

export type RunPhase = 'connecting' | 'running' | 'draining' | 'closing'

/** Milliseconds between two looks at whether a phase is over, and between two at Keep Alives. */
const LOOK_EVERY = 5
const WATCH_EVERY = 250
/** Milliseconds that the server has to close what we have closed. */
const GOODBYE = 2000

export class BenchRun implements JobEvents {
  readonly options: BenchOptions
  readonly tally: Tally = new Tally()
  phase: RunPhase = 'connecting'
  /** Milliseconds. */
  connectMs = 0
  /** Messages that all subscribers together should have got. */
  expected = 0
  /** QoS 1 and 2: publishes without their last acknowledgement at the end. */
  unacknowledged = 0
  isInterrupted = false
  /** `performance.now` when the time was up or a signal came while messages were being sent; 0 = the sending ended by itself. */
  stoppedAt = 0
  readonly #target: DialTarget
  readonly #context: NetContext = createNetContext()
  readonly #plan: Plan
  readonly #connections: (BenchConnection | null)[]
  readonly #beganAt: Float64Array
  readonly #startedAt: number = performance.now()
  readonly #again: Sender[] = []
  #connecting: ConnectPhase | null = null
  #unclosed = 0
  /** A second signal: nothing is waited for. */
  #isCutShort = false
  readonly #pumpAll = (): void => {
    for (const sender of this.#again.splice(0)) sender.pump()
  }

  /** `run` tells this run's messages from all others: 32 bits. Throws UsageError for what cannot be encoded. */
  constructor(options: BenchOptions, target: DialTarget, run: number) {
    this.options = options
    this.#target = target
    this.#plan = makePlan(options, this.tally, run, (sender) => {
      if (this.#again.push(sender) === 1) setImmediate(this.#pumpAll)
    })
    this.#connections = this.#plan.jobs.map(() => null)
    this.#beganAt = new Float64Array(this.#plan.jobs.length)
  }

  /** Connections wanted. */
  get wanted(): number {
    return this.#plan.jobs.length
  }

  /** Never rejects for what the network does: that is counted. */
  async run(): Promise<void> {
    const watch = setInterval(() => {
      for (const connection of this.#connections) connection?.watch(WATCH_EVERY, this.options.timeoutMs)
    }, WATCH_EVERY)
    try {
      await this.#connect()
      this.connectMs = performance.now() - this.#startedAt
      const ready = this.#plan.jobs.filter((_, i) => this.#connections[i]?.isReady === true)
      if (ready.length > 0 && !this.isInterrupted) await this.#send()
      this.phase = 'draining'
      if (ready.length > 0 && this.#plan.senders.length > 0) await this.#drain()
      for (const { arrivals } of ready) {
        this.expected += arrivals?.expected ?? 0
        if (!this.#isCutShort) this.tally.lost += arrivals?.missing ?? 0
      }
      this.#countUnanswered()
      for (const { sender } of ready) this.unacknowledged += sender?.unacknowledged ?? 0
    } finally {
      clearInterval(watch)
      await this.#close()
    }
  }

  /** Ends early: the first call lets arrive what is on its way, the second does not wait for it. */
  interrupt(): void {
    if (this.isInterrupted) this.#isCutShort = true
    this.isInterrupted = true
    this.#connecting?.stop()
  }

  ready(): void {
    this.tally.connected++
    this.tally.open++
    this.#connecting?.settled()
  }

  failed(connection: BenchConnection, reason: string): void {
    connection.job.arrivals?.leave()
    if (connection.isReady) {
      this.tally.open--
      this.tally.broken++
      countReason(this.tally.breaks, reason)
    } else {
      countReason(this.tally.failures, reason)
      this.#connecting?.settled()
    }
  }

  closed(): void {
    this.#unclosed--
  }

  #connect(): Promise<void> {
    const { jobs } = this.#plan
    this.#connecting = new ConnectPhase({
      count: jobs.length,
      rate: this.options.connectRate,
      begin: (index) => {
        this.#beganAt[index] = microseconds()
      },
      dial: (accept, signal) => dial(this.#context, this.#target, accept, signal),
      accept: (index, link: Link) => {
        this.#unclosed++
        return (this.#connections[index] = new BenchConnection(link, jobs[index]!, this.tally, this.#beganAt[index]!, this))
      },
      failed: (index, error) => {
        jobs[index]!.arrivals?.leave()
        countReason(this.tally.failures, systemErrorText(error))
      },
    })
    return this.#connecting.run()
  }

  /** Until the time is up, everything is sent or received, nobody is left, or a signal comes. */
  async #send(): Promise<void> {
    const { duration, mode, count } = this.options
    const { senders, pacer } = this.#plan
    this.phase = 'running'
    const until = duration === 0 ? Number.POSITIVE_INFINITY : performance.now() + duration * 1000
    for (const connection of this.#connections) connection?.start()
    pacer?.start(senders)
    // a server that swallows everything would otherwise hold a run without a time limit for ever
    const silence = new Silence(this.tally, this.options.timeoutMs + (pacer?.gapMs ?? 0))
    await this.#until(() => {
      if (this.isInterrupted || this.tally.open === 0 || performance.now() >= until) return true
      if (mode === 'sub') return this.tally.received >= count
      return senders.length > 0 && (senders.every((sender) => !sender.isRunning) || silence.isTooLong())
    })
    const now = performance.now()
    if (senders.some((sender) => sender.isRunning) && (this.isInterrupted || now >= until)) this.stoppedAt = now
    pacer?.stop()
    for (const sender of senders) sender.stop()
  }

  /** Until everything on its way has arrived, or nothing has for a while. */
  async #drain(): Promise<void> {
    if (this.options.mode === 'pub' && this.options.qos === 0) for (const connection of this.#connections) connection?.ping()
    const silence = new Silence(this.tally, this.options.timeoutMs)
    await this.#until(() => this.#isCutShort || this.tally.open === 0 || this.#isComplete() || silence.isTooLong())
  }

  #isComplete(): boolean {
    for (const connection of this.#connections) {
      if (connection?.isReady !== true) continue
      const { sender, arrivals } = connection.job
      if (sender !== null && (sender.unacknowledged > 0 || !connection.isAnswered)) return false
      if (arrivals !== null && arrivals.missing > 0) return false
    }
    return true
  }

  /** Publishers whose last messages the server has perhaps never read. */
  #countUnanswered(): void {
    if (this.options.mode !== 'pub' || this.options.qos > 0 || this.#isCutShort) return
    for (const connection of this.#connections) {
      if (connection === null || connection.isAnswered || !connection.isReady) continue
      this.tally.broken++
      countReason(this.tally.breaks, 'no PINGRESP after the last message')
    }
  }

  async #close(): Promise<void> {
    this.phase = 'closing'
    for (const connection of this.#connections) connection?.close()
    const until = performance.now() + GOODBYE
    await this.#until(() => this.#unclosed === 0 || this.#isCutShort || performance.now() >= until)
    for (const connection of this.#connections) connection?.destroy()
  }

  #until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (!isOver()) return
        clearInterval(timer)
        resolve()
      }, LOOK_EVERY)
    })
  }
}

/** Notices when nothing is sent, received or acknowledged any more. */
class Silence {
  readonly #tally: Tally
  readonly #mostMs: number
  #before = -1
  #since = 0

  constructor(tally: Tally, mostMs: number) {
    this.#tally = tally
    this.#mostMs = mostMs
  }

  isTooLong(): boolean {
    const { sent, received, acknowledged } = this.#tally
    const now = performance.now()
    if (sent + received + acknowledged !== this.#before) {
      this.#before = sent + received + acknowledged
      this.#since = now
    }
    return now - this.#since >= this.#mostMs
  }
}
