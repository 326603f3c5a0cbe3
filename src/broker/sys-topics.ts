// `$SYS/broker/...`: what the broker says about itself, retained, at an interval; integers only when they changed.
// Names and formats are Mosquitto's, so that dashboards and exporters go on working.

import type { Counters } from './counters.ts'
import { LoadAverages } from './load-averages.ts'

/** Values of one moment. */
export interface SysSnapshot {
  readonly uptimeSeconds: number
  readonly sessions: number
  readonly connected: number
  readonly retained: number
  /** Retained, queued and unacknowledged. */
  readonly storedMessages: number
  readonly storedBytes: number
  /** Waiting for clients that are connected. */
  readonly queuedPackets: number
  readonly queuedBytes: number
  readonly bytesSent: number
  /** Bytes in use; null = nobody knows. */
  readonly heapUsed: number | null
  readonly counters: Counters
}

const PREFIX = '$SYS/broker/'

/** `load/NAME/{1min,5min,15min}`: what is counted. */
const LOADS: readonly (readonly [string, (snapshot: SysSnapshot) => number])[] = [
  ['messages/received', ({ counters }) => counters.messagesReceived],
  ['messages/sent', ({ counters }) => counters.messagesSent],
  ['publish/dropped', ({ counters }) => counters.publishesDropped],
  ['publish/received', ({ counters }) => counters.publishesReceived],
  ['publish/sent', ({ counters }) => counters.publishesSent],
  ['bytes/received', ({ counters }) => counters.bytesReceived],
  ['bytes/sent', ({ bytesSent }) => bytesSent],
  ['sockets', ({ counters }) => counters.socketsOpened],
  ['connections', ({ counters }) => counters.connectsReceived],
]

/**
 * Milliseconds to the next update: at multiples of the interval on the calendar's clock, as Mosquitto 2.1 does, so that the values of
 * several brokers are of the same moments. An update that came a little early is not repeated at once.
 */
export function untilNextUpdate(wallClockMs: number, intervalMs: number): number {
  const left = intervalMs - (wallClockMs % intervalMs)
  return left < intervalMs / 10 ? left + intervalMs : left
}

export class SysTopics {
  readonly #publish: (topicName: string, payload: string) => void
  readonly #last = new Map<string, string>()
  readonly #loads = LOADS.map(([name, count]) => ({ name, count, averages: new LoadAverages() }))
  #updatedAt: number | null = null
  #heapMaximum = 0

  /** `version` is the payload of the topic of that name; `publish` sends one retained message. */
  constructor(version: string, publish: (topicName: string, payload: string) => void) {
    this.#publish = publish
    this.#update('version', version)
  }

  /** Publishes what differs from last time; `now` is in milliseconds. Loads of the first time are 0.00. */
  update(snapshot: SysSnapshot, now: number): void {
    const { uptimeSeconds, sessions, connected, retained, storedMessages, storedBytes, queuedPackets, queuedBytes, bytesSent, heapUsed, counters } = snapshot
    const seconds = this.#updatedAt === null ? 0 : (now - this.#updatedAt) / 1000
    if (this.#updatedAt !== null && seconds <= 0) return
    this.#updatedAt = now
    counters.clientsMaximum = Math.max(counters.clientsMaximum, sessions)
    this.#heapMaximum = Math.max(this.#heapMaximum, heapUsed ?? 0)
    const heap = heapUsed === null ? [] : ([['heap/current', heapUsed] as const, ['heap/maximum', this.#heapMaximum] as const] as const)
    const rows: readonly (readonly [string, number | string])[] = [
      ['uptime', `${uptimeSeconds} seconds`],
      ['clients/total', sessions],
      ['clients/maximum', counters.clientsMaximum],
      ['clients/connected', connected],
      ['clients/active', connected],
      ['clients/disconnected', sessions - connected],
      ['clients/inactive', sessions - connected],
      ['clients/expired', counters.clientsExpired],
      ['messages/stored', storedMessages],
      ['store/messages/count', storedMessages],
      ['store/messages/bytes', storedBytes],
      ['subscriptions/count', counters.subscriptions],
      ['shared_subscriptions/count', counters.sharedSubscriptions],
      ['retained messages/count', retained],
      ...heap,
      ['messages/received', counters.messagesReceived],
      ['messages/sent', counters.messagesSent],
      ['bytes/received', counters.bytesReceived],
      ['bytes/sent', bytesSent],
      ['publish/bytes/received', counters.publishBytesReceived],
      ['publish/bytes/sent', counters.publishBytesSent],
      ['packet/out/count', queuedPackets],
      ['packet/out/bytes', queuedBytes],
      ['connections/socket/count', counters.socketsOpened],
      ['publish/messages/dropped', counters.publishesDropped],
      ['publish/messages/received', counters.publishesReceived],
      ['publish/messages/sent', counters.publishesSent],
    ]
    // what is published here counts in the next values, not in these: the counts of this moment are taken first
    const loads: [string, string][] = []
    for (const { name, count, averages } of this.#loads)
      averages.update(count(snapshot), seconds, (period, text) => void loads.push([`${PREFIX}load/${name}/${period}`, text]))
    for (const [name, value] of rows) this.#update(name, String(value))
    for (const [topicName, text] of loads) this.#publish(topicName, text)
  }

  #update(name: string, value: string): void {
    if (this.#last.get(name) === value) return
    this.#last.set(name, value)
    this.#publish(PREFIX + name, value)
  }
}
