// `log_dest topic`: log lines as messages to `$SYS/broker/log/…`, for those who subscribe to them.
// A destination of log-destinations.ts; publishes through a port, since the log is there before the broker.

import type { LogType } from '../base/log.ts'
import type { BrokerMessage } from '../broker/inner-publishes.ts'
import type { LogSink } from './log-destinations.ts'

/** Below `$SYS/broker/log/`. Null = never published: debug lines tell of deliveries, also of those of log lines. */
const TOPICS: Readonly<Record<LogType, string | null>> = {
  error: 'E',
  warning: 'W',
  notice: 'N',
  information: 'I',
  subscribe: 'M/subscribe',
  unsubscribe: 'M/unsubscribe',
  websockets: 'WS',
  debug: null,
  internal: null,
}

/** Seconds that a line waits for a slow or absent reader, as in Mosquitto. */
const EXPIRY = 20
/** Lines waiting for the end of the turn; the next ones are lost, and counted. */
const MOST_WAITING = 1000

export class LogTopics implements LogSink {
  readonly #schedule: (work: () => void) => void
  #publish: ((message: BrokerMessage) => void) | null = null
  #waiting: { readonly type: LogType; readonly text: string }[] = []
  #lost = 0
  #isPublishing = false

  /** `schedule` calls back in a later turn: lines are written in the middle of what they tell of. */
  constructor(schedule: (work: () => void) => void = (work): void => void setImmediate(work)) {
    this.#schedule = schedule
  }

  /** The broker is there; lines before had no reader. Null when it is gone. */
  publishTo(publish: ((message: BrokerMessage) => void) | null): void {
    this.#publish = publish
    this.#waiting = []
  }

  line(type: LogType, text: string): void {
    // a line caused by delivering lines would cause the next one
    if (this.#publish === null || this.#isPublishing || TOPICS[type] === null) return
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lost++
      return
    }
    if (this.#waiting.length === 0) this.#schedule(() => this.#publishWaiting())
    this.#waiting.push({ type, text })
  }

  #publishWaiting(): void {
    const lines = this.#waiting
    this.#waiting = []
    this.#isPublishing = true
    try {
      for (const { type, text } of lines) this.#send(type, text)
      if (this.#lost > 0) this.#send('warning', `${this.#lost} log lines were too many to be published.`)
      this.#lost = 0
    } finally {
      this.#isPublishing = false
    }
  }

  #send(type: LogType, text: string): void {
    const payload = Buffer.from(text)
    this.#publish?.({ topicName: `$SYS/broker/log/${TOPICS[type]}`, payload, qos: 2, retain: false, properties: { messageExpiryInterval: EXPIRY } })
  }
}
