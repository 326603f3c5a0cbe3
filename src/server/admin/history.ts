// The broker's numbers second by second, for the plots of the last hour: one row of a ring each second, nothing else.
// Counters are kept as they are; rates are the reader's affair.

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Broker } from '../../broker/broker.ts'
import type { HistoryAnswer } from './api-types.ts'
import type { TurnTimes } from './turn-times.ts'

const ROWS = 3600
/** Beyond so many sessions, what is found by going through all of them is measured every tenth second. */
const MANY_SESSIONS = 5000

/** What is noted each second. `bytesSent` comes from the pool of the sockets. */
export interface HistorySource {
  readonly broker: Broker
  readonly bytesSent: () => number
  readonly heapUsed: () => number
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
  readonly turns: TurnTimes
}

/** What is known of the second that is over. */
interface Second {
  readonly delayMs: number
  readonly p99Ms: number
  readonly maxMs: number
}

const COLUMNS: readonly (readonly [name: string, value: (source: HistorySource, second: Second) => number])[] = [
  ['connected', ({ broker }) => broker.connectedCount],
  ['sessions', ({ broker }) => broker.sessionCount],
  ['retained', ({ broker }) => broker.retainedCount],
  ['subscriptions', ({ broker }) => broker.counters.subscriptions + broker.counters.sharedSubscriptions],
  ['messagesReceived', ({ broker }) => broker.counters.messagesReceived],
  ['messagesSent', ({ broker }) => broker.counters.messagesSent],
  ['publishesReceived', ({ broker }) => broker.counters.publishesReceived],
  ['publishesSent', ({ broker }) => broker.counters.publishesSent],
  ['publishesDropped', ({ broker }) => broker.counters.publishesDropped],
  ['publishesRefused', ({ broker }) => broker.counters.publishesRefused],
  ['bytesReceived', ({ broker }) => broker.counters.bytesReceived],
  ['bytesSent', ({ bytesSent }) => bytesSent()],
  ['connectionsOpened', ({ broker }) => broker.counters.socketsOpened],
  ['heapBytes', ({ heapUsed }) => heapUsed()],
  ['loopDelayMs', (_, { delayMs }) => delayMs],
  ['turnP99Ms', (_, { p99Ms }) => p99Ms],
  ['turnMaxMs', (_, { maxMs }) => maxMs],
  ['queuedMessages', ({ broker }) => broker.queuedPackets],
  ['queuedBytes', ({ broker }) => broker.queuedBytes],
  ['storedMessages', ({ broker }) => broker.storedMessages],
]
/** The last ones go through all sessions. */
const COSTLY = 3
/** Of a step the greatest value is told, not the last one. */
const GREATEST: readonly string[] = ['loopDelayMs', 'turnP99Ms', 'turnMaxMs']

export const HISTORY_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name)

export class History {
  readonly #source: HistorySource
  readonly #delay: IntervalHistogram
  readonly #time = new Float64Array(ROWS)
  readonly #columns = COLUMNS.map(() => new Float64Array(ROWS))
  readonly #latest = new Map<string, number>()
  #rows = 0
  #timer: NodeJS.Timeout | null = null

  constructor(source: HistorySource) {
    this.#source = source
    this.#delay = monitorEventLoopDelay({ resolution: 20 })
  }

  start(): void {
    this.#delay.enable()
    this.note()
    this.#timer = setInterval(() => this.note(), 1000)
    this.#timer.unref()
  }

  stop(): void {
    this.#delay.disable()
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  /** Adds a row. */
  note(): void {
    const { broker, wallClock, turns } = this.#source
    const at = this.#rows % ROWS
    const hasAll = broker.sessionCount <= MANY_SESSIONS || this.#rows % 10 === 0
    const delayMs = this.#delay.count === 0 ? 0 : Math.max(0, Math.round((this.#delay.max - 20e6) / 1e5) / 10) // what is over the resolution
    this.#delay.reset()
    const second: Second = { delayMs, ...turns.note() }
    this.#time[at] = wallClock()
    for (const [i, [name, value]] of COLUMNS.entries()) {
      const measured = hasAll || i < COLUMNS.length - COSTLY ? value(this.#source, second) : Number.NaN
      this.#columns[i]![at] = measured
      if (!Number.isNaN(measured)) this.#latest.set(name, measured)
    }
    this.#rows++
  }

  /** What was measured last, by name; 0 before the first time. */
  latest(name: string): number {
    return this.#latest.get(name) ?? 0
  }

  /** The last `seconds`, one row in `stepSeconds`: the same rows whenever it is asked, and the newest one. Of times the greatest of each step. */
  answer(seconds: number, stepSeconds: number): HistoryAnswer {
    const oldest = this.#rows - Math.min(this.#rows, ROWS, Math.max(1, seconds))
    const rows: number[] = []
    for (let row = this.#rows - 1; row >= oldest; row -= row % stepSeconds === 0 ? stepSeconds : row % stepSeconds) rows.unshift(row)
    const last = (values: Float64Array): number[] => rows.map((row) => values[row % ROWS]!)
    const greatest = (values: Float64Array): number[] =>
      rows.map((row, i) => {
        let most = Number.NaN
        for (let at = (rows[i - 1] ?? row - 1) + 1; at <= row; at++) {
          const value = values[at % ROWS]!
          if (Number.isNaN(most) || value > most) most = value
        }
        return most
      })
    const told = (name: string, values: Float64Array): (number | null)[] =>
      (GREATEST.includes(name) ? greatest(values) : last(values)).map((value) => (Number.isNaN(value) ? null : value))
    return { stepSeconds, time: last(this.#time), columns: Object.fromEntries(HISTORY_COLUMNS.map((name, i) => [name, told(name, this.#columns[i]!)])) }
  }
}
