// When `$SYS` is published: at the start, then at every sys_interval on the calendar's clock; the interval may change while the broker runs.
// What is published is sys-topics.ts; the numbers come from the broker.

import { Deadline, type Deadlines } from '../base/deadlines.ts'
import { utf8Length, writeUtf8 } from '../wire/text.ts'
import type { Broker } from './broker.ts'
import type { BrokerOptions } from './broker-options.ts'
import { type SysSnapshot, SysTopics, untilNextUpdate } from './sys-topics.ts'

export interface SysSource {
  readonly deadlines: Deadlines
  /** What `$SYS/broker/version` says. */
  readonly versionText: string
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
  /** Publishes one retained message. */
  publish(topicName: string, payload: Uint8Array): void
  snapshot(now: number): SysSnapshot
  /** Calls back when the first update may be published. */
  first(update: () => void): void
}

export class SysUpdates {
  readonly #source: SysSource
  readonly #deadline: Deadline
  #topics: SysTopics | null = null
  #intervalMs = 0
  #hasBegun = false
  /** The broker is being made: the first update may have to wait until it is. */
  #isStarting = true

  constructor(source: SysSource) {
    this.#source = source
    this.#deadline = new Deadline((now) => {
      this.#wait(now)
      this.#topics?.update(source.snapshot(now), now)
    })
  }

  /** Seconds; 0 = nothing more is published, what is retained stays. The first time begins with an update. */
  every(interval: number, now: number): void {
    const { deadlines } = this.#source
    const isStarting = this.#isStarting
    this.#isStarting = false
    if (interval * 1000 === this.#intervalMs) return
    this.#intervalMs = interval * 1000
    deadlines.cancel(this.#deadline)
    if (interval === 0) return
    if (!this.#hasBegun) {
      this.#hasBegun = true
      if (isStarting) this.#source.first(() => this.#begin(now))
      else this.#begin(now)
    }
    this.#wait(now)
  }

  #begin(now: number): void {
    const { publish, versionText, snapshot } = this.#source
    this.#topics = new SysTopics(versionText, (topicName, text) => {
      const payload = new Uint8Array(utf8Length(text))
      writeUtf8(text, payload, 0)
      publish(topicName, payload)
    })
    this.#topics.update(snapshot(now), now)
  }

  #wait(now: number): void {
    this.#source.deadlines.set(this.#deadline, now + untilNextUpdate(this.#source.wallClock(), this.#intervalMs))
  }
}

/** Those of a broker that has run since `startedAt` of its clock. */
export function sysUpdatesOf(broker: Broker, options: BrokerOptions, startedAt: number): SysUpdates {
  const { clock, wallClock = () => clock.now(), heapUsed, pool, firstSys = (update) => update() } = options
  return new SysUpdates({
    deadlines: broker.deadlines,
    get versionText() {
      return options.versionText ?? `zanzara version ${options.version}`
    },
    wallClock,
    first: firstSys,
    publish: (topicName, payload) => broker.publish({ topicName, payload, qos: 2, retain: true, properties: {} }),
    snapshot: (now) => ({
      uptimeSeconds: Math.floor((now - startedAt) / 1000),
      sessions: broker.sessionCount,
      connected: broker.connectedCount,
      retained: broker.retainedCount,
      storedMessages: broker.storedMessages,
      storedBytes: broker.storedBytes,
      queuedPackets: broker.queuedPackets,
      queuedBytes: broker.queuedBytes,
      bytesSent: pool.takenBytes,
      heapUsed: heapUsed?.() ?? null,
      counters: broker.counters,
    }),
  })
}
