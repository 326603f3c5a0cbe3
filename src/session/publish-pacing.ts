// A client that publishes more than it may, or more than the broker has memory or disk for: QoS 0 is dropped and counted, QoS 1 and 2 wait unread.
// Nothing that is read goes unacknowledged: what must wait is put back before the framer, and the socket is not read meanwhile.

import { Deadline } from '../base/deadlines.ts'
import type { Link } from '../base/link.ts'
import type { Framer } from '../wire/mqtt/framer.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { ConnectionLimits, ServerHost } from './effects.ts'
import { PublishRate } from './publish-rate.ts'

/** Milliseconds between two looks whether there is room again. */
const MEMORY_EVERY = 250

/** What pacing does with a connection. */
export interface PacedConnection {
  readonly link: Link
  readonly version: number
  /** Handles packets that may come in. */
  take(run: PublishRun): void
  /** Reads on, and handles what was put back. */
  readOn(): void
}

export class PublishPacing {
  /** The client is not being read: its silence says nothing. */
  isHolding = false
  readonly #host: ServerHost
  readonly #limits: ConnectionLimits
  readonly #framer: Framer
  readonly #connection: PacedConnection
  readonly #rate: PublishRate
  readonly #deadline: Deadline
  #stopped = false

  constructor(host: ServerHost, limits: ConnectionLimits, framer: Framer, connection: PacedConnection) {
    this.#host = host
    this.#limits = limits
    this.#framer = framer
    this.#connection = connection
    this.#rate = new PublishRate(host.clock.now())
    this.#deadline = new Deadline(() => {
      this.isHolding = false
      connection.readOn()
    })
  }

  /** Takes of the run, as the framer gave it, what may come in now. Returns how many packets were handled, dropped ones included. */
  take(run: PublishRun): number {
    const now = this.#host.clock.now()
    const { from, to } = run
    const { isFull, isStoreFull } = this.#host
    const isRefused = isFull || (isStoreFull && run.qos > 0)
    const may = isRefused ? this.#roomWhenFull(run) : this.#rate.take(run, this.#limits, now)
    const wait = isRefused ? MEMORY_EVERY : this.#rate.wait(this.#limits)
    const end = from + may
    if (end > from) {
      run.select(from, end)
      this.#connection.take(run)
      run.select(from, to)
    }
    if (end === to) return to - from
    if (run.qos === 0) {
      this.#host.counters.publishesDropped += to - end
      return to - from
    }
    if (!this.#stopped) this.#hold(run, end, now + wait)
    return may
  }

  /** The connection ends. */
  stop(): void {
    this.#stopped = true
    this.#host.deadlines.cancel(this.#deadline)
  }

  /** 5.0 is told 0x97 in the acknowledgement by the router; 3.x cannot be told, so it waits. */
  #roomWhenFull(run: PublishRun): number {
    return run.qos > 0 && this.#connection.version === 5 ? run.count : 0
  }

  #hold(run: PublishRun, from: number, until: number): void {
    this.isHolding = true
    this.#framer.putBack(run.bytes, run.starts[from]!, run.end)
    this.#connection.link.pause()
    this.#host.deadlines.set(this.#deadline, until)
  }
}

/** What is published may have to wait. Asked once per read: once per run cost a twentieth of the work with a topic that changes each time. */
export function mayHaveToWait({ isFull, isStoreFull }: ServerHost, { maximumPublishRate, maximumPublishBytesRate }: ConnectionLimits): boolean {
  return isFull || isStoreFull || maximumPublishRate > 0 || maximumPublishBytesRate > 0
}
