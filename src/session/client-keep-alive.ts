// Keep Alive on the client's side: PINGREQ after silence, and the end when no PINGRESP comes [MQTT-3.1.2-20].
// Sets one deadline at a time; packets only note the time.

import type { Clock } from '../base/clock.ts'
import { Deadline } from '../base/deadlines.ts'
import type { DeadlineKeeper } from './client-effects.ts'

export interface KeepAlivePort {
  sendPingreq(): void
  /** The server did not answer in time. */
  silent(): void
}

/** Milliseconds to wait for PINGRESP, if nobody said otherwise: as long as Keep Alive, at most this. */
const LONGEST_PING_MS = 30_000

export class ClientKeepAlive {
  readonly #clock: Clock
  readonly #deadlines: DeadlineKeeper
  readonly #port: KeepAlivePort
  readonly #keepAliveMs: number
  readonly #pingTimeoutMs: number
  readonly #deadline = new Deadline((now) => this.#due(now))
  #lastSent: number
  #lastReceived: number
  /** When PINGREQ was sent; -1 = none is unanswered. */
  #pinged = -1
  #paused = false

  /** `keepAlive` in seconds, 0 = off; `pingTimeoutMs` 0 = by Keep Alive. */
  constructor(keepAlive: number, pingTimeoutMs: number, clock: Clock, deadlines: DeadlineKeeper, port: KeepAlivePort) {
    this.#clock = clock
    this.#deadlines = deadlines
    this.#port = port
    this.#keepAliveMs = keepAlive * 1000
    this.#pingTimeoutMs = pingTimeoutMs > 0 ? pingTimeoutMs : keepAlive > 0 ? Math.min(this.#keepAliveMs, LONGEST_PING_MS) : LONGEST_PING_MS
    this.#lastSent = this.#lastReceived = clock.now()
    this.#schedule()
  }

  /** A write has begun. */
  sent(): void {
    this.#lastSent = this.#clock.now()
  }

  received(): void {
    this.#lastReceived = this.#clock.now()
  }

  /** PINGRESP. */
  answered(): void {
    this.#pinged = -1
    this.#schedule()
  }

  /** PINGREQ went out, for whatever reason. */
  pinged(): void {
    if (this.#pinged < 0) this.#pinged = this.#clock.now()
    this.#schedule()
  }

  /** We do not read: no answer can come. */
  pause(): void {
    this.#paused = true
    this.#schedule()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#lastReceived = this.#clock.now()
    this.#schedule()
  }

  stop(): void {
    this.#deadlines.cancel(this.#deadline)
  }

  /** When PINGREQ is due: nothing sent for Keep Alive, or nothing heard, which finds a dead peer while we publish QoS 0. */
  get #pingAt(): number {
    return (this.#paused ? this.#lastSent : Math.min(this.#lastSent, this.#lastReceived)) + this.#keepAliveMs
  }

  /** Whatever comes after PINGREQ shows life: its answer may lie behind a long backlog. */
  get #silentAt(): number {
    return Math.max(this.#pinged, this.#lastReceived) + this.#pingTimeoutMs
  }

  #schedule(): void {
    let at = Infinity
    if (this.#pinged >= 0 && !this.#paused) at = this.#silentAt
    // While an answer is due, PINGREQ still goes out if we send nothing else.
    if (this.#keepAliveMs > 0) at = Math.min(at, this.#pinged >= 0 ? this.#lastSent + this.#keepAliveMs : this.#pingAt)
    if (at === Infinity) this.#deadlines.cancel(this.#deadline)
    else this.#deadlines.set(this.#deadline, at)
  }

  #due(now: number): void {
    if (this.#pinged >= 0 && !this.#paused && now >= this.#silentAt) {
      this.#port.silent()
      return
    }
    const at = this.#pinged >= 0 ? this.#lastSent + this.#keepAliveMs : this.#pingAt
    if (this.#keepAliveMs > 0 && now >= at) {
      this.#pinged = this.#pinged >= 0 ? this.#pinged : now
      this.#port.sendPingreq()
      this.#lastSent = now // though it may lie behind others that the peer does not take
    }
    this.#schedule()
  }
}
