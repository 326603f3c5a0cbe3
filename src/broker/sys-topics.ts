// `$SYS/broker/...`: what the broker says about itself, retained, at an interval; integers only when they changed.
// Names and formats are Mosquitto's, so that dashboards and exporters go on working.

import type { Counters } from './counters.ts'

/** Values of one moment. */
export interface SysSnapshot {
  readonly uptimeSeconds: number
  readonly sessions: number
  readonly connected: number
  readonly retained: number
  readonly bytesSent: number
  readonly counters: Counters
}

const PREFIX = '$SYS/broker/'

export class SysTopics {
  readonly #publish: (topicName: string, payload: string) => void
  readonly #last = new Map<string, string>()

  /** `publish` sends one retained message. */
  constructor(version: string, publish: (topicName: string, payload: string) => void) {
    this.#publish = publish
    this.#update('version', `zanzara version ${version}`)
  }

  /** Publishes what differs from last time. */
  update({ uptimeSeconds, sessions, connected, retained, bytesSent, counters }: SysSnapshot): void {
    counters.clientsMaximum = Math.max(counters.clientsMaximum, sessions)
    const rows: readonly (readonly [string, number | string])[] = [
      ['uptime', `${uptimeSeconds} seconds`],
      ['clients/total', sessions],
      ['clients/maximum', counters.clientsMaximum],
      ['clients/connected', connected],
      ['clients/active', connected],
      ['clients/disconnected', sessions - connected],
      ['clients/inactive', sessions - connected],
      ['clients/expired', counters.clientsExpired],
      ['messages/received', counters.messagesReceived],
      ['messages/sent', counters.messagesSent],
      ['bytes/received', counters.bytesReceived],
      ['bytes/sent', bytesSent],
      ['publish/messages/received', counters.publishesReceived],
      ['publish/messages/sent', counters.publishesSent],
      ['publish/messages/dropped', counters.publishesDropped],
      ['publish/bytes/received', counters.publishBytesReceived],
      ['publish/bytes/sent', counters.publishBytesSent],
      ['subscriptions/count', counters.subscriptions],
      ['shared_subscriptions/count', counters.sharedSubscriptions],
      ['retained messages/count', retained],
    ]
    for (const [name, value] of rows) this.#update(name, String(value))
  }

  #update(name: string, value: string): void {
    if (this.#last.get(name) === value) return
    this.#last.set(name, value)
    this.#publish(PREFIX + name, value)
  }
}
