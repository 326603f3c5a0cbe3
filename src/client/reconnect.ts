// Keeps one session connected: dials, connects, waits with growing pauses, dials again. The raw level of the client.
// Used by client.ts and by the command-line clients; the protocol itself is in session/client-connection.ts.

import type { Accept, Link } from '../base/link.ts'
import { ClientConnection } from '../session/client-connection.ts'
import {
  CLIENT_DEFAULTS,
  type ClientConnectionOptions,
  type ClientEnd,
  type ClientEvents,
  type Delivery,
  type OutgoingMessage,
} from '../session/client-effects.ts'
import type { SessionJournal } from '../session/client-journal.ts'
import type { ServerLimits } from '../session/client-limits.ts'
import { ClientSession } from '../session/client-session.ts'
import { UsageError } from '../wire/errors.ts'
import { clientRemainingLength } from '../wire/mqtt/encode.ts'
import type { Connack, Connect, SubscriptionRequest } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import { errorOf, errorOfEnd, isPermanent, type MqttError, refusalReason } from './errors.ts'
import { TimerDeadlines, type Timers } from './timers.ts'

/** Opens a Network Connection and gives it to what `accept` makes. Rejects when there is none, and when aborted. */
export type Dial = (accept: Accept, signal: AbortSignal) => Promise<Link>

export interface ReconnectPolicy {
  /** Milliseconds before the second attempt; doubled for each one after it. */
  readonly minMs: number
  readonly maxMs: number
  /** Shortens each pause by a random part of up to half, so that a thousand clients do not come back at once. */
  readonly jitter: boolean
  /** Attempts after the last success before giving up; Infinity = never. */
  readonly retries: number
}

export const DEFAULT_RECONNECT: ReconnectPolicy = { minMs: 1000, maxMs: 30_000, jitter: true, retries: Infinity }

export interface ConnectorOptions extends Partial<Omit<ClientConnectionOptions, 'connect'>> {
  readonly dial: Dial
  readonly timers: Timers
  /** Evenly distributed in [0, 1). */
  readonly random: () => number
  /** The first CONNECT. Later ones resume the session: Clean Start 0, the assigned Client Identifier (unless `keepConnect`). */
  readonly connect: Connect
  /** Sends `connect` unchanged each time: a new session with each connection if it says Clean Start. */
  readonly keepConnect?: boolean
  /** Null: one attempt, one connection. */
  readonly reconnect: ReconnectPolicy | null
  /** A refusal of version 5 (0x84 or 1) leads to a second attempt with 3.1.1. Properties are left out then. */
  readonly fallback?: boolean
  /** `maximumInflight` of connections below 5.0, where servers do not say how many messages they take; as that one unless given. */
  readonly inflightBefore5?: number
  /** Also when the very first attempt fails. */
  readonly retryFirst?: boolean
  /** Keeps the session beyond the program; what it has kept goes into `session.restore` before `start`. */
  readonly journal?: SessionJournal | null
}

/** `ClientEvents` of each connection, and the life of the connector. */
export interface ConnectorEvents extends ClientEvents {
  /** No connection; the next attempt comes in `ms`. */
  waiting(error: MqttError, ms: number): void
  /** The last event. Null after our own `disconnect` or `destroy`. */
  stopped(error: MqttError | null): void
}

type State = 'idle' | 'dialling' | 'connecting' | 'connected' | 'waiting' | 'stopped'

export class Connector {
  readonly session: ClientSession
  readonly #options: ConnectorOptions
  readonly #events: ConnectorEvents
  readonly #deadlines: TimerDeadlines
  #connect: Connect
  #state: State = 'idle'
  #connection: ClientConnection | null = null
  #abort: AbortController | null = null
  #cancelWait: (() => void) | null = null
  /** Failed attempts since the last CONNACK. */
  #failures = 0
  /** Our owner has said goodbye; the connection may have been ending already, by itself. */
  #isLeaving = false
  #everConnected = false
  /** The version before a fallback that was only a guess. */
  #guessed: Connect | null = null

  constructor(options: ConnectorOptions, events: ConnectorEvents) {
    this.session = new ClientSession(options.journal ?? null)
    this.#options = options
    this.#events = events
    this.#connect = options.connect
    this.#deadlines = new TimerDeadlines(options.timers)
  }

  /** Between `connected` and `closed`; null otherwise. */
  get connection(): ClientConnection | null {
    return this.#state === 'connected' ? this.#connection : null
  }

  get limits(): ServerLimits | null {
    return this.connection?.limits ?? null
  }

  /** Failed attempts since the last success. */
  get failures(): number {
    return this.#failures
  }

  /** The CONNECT of this or the next connection: version after a fallback, identifier after an assignment. */
  get connectPacket(): Connect {
    return this.#connect
  }

  /** Makes the first attempt. Once. Throws UsageError for a CONNECT that cannot be sent. */
  start(): void {
    if (this.#state !== 'idle') throw new UsageError('the connector was started before: make a new one')
    clientRemainingLength(this.#connect, this.#connect.version)
    this.#attempt()
  }

  /**
   * Sends now or as soon as it may be sent. Throws UsageError for an invalid Topic Name. `delivered` or `undelivered` tells the outcome, for QoS 0 possibly
   * before this returns: compare `delivery.message`.
   */
  publish(message: OutgoingMessage): Delivery {
    if (this.#state === 'stopped') throw new UsageError('publish: the connector has stopped')
    const delivery = this.session.outgoing.add(message)
    this.#connection?.pump()
    return delivery
  }

  /** Takes back a message that was not sent yet; false when it was. */
  cancel(message: OutgoingMessage): boolean {
    return this.session.outgoing.cancel(message)
  }

  /** Returns the Packet Identifier that `suback` will bear. Throws UsageError, LimitError. */
  subscribe(subscriptions: readonly SubscriptionRequest[], properties: Properties = NO_PROPERTIES): number {
    return this.#connected('SUBSCRIBE').subscribe(subscriptions, properties)
  }

  /** Returns the Packet Identifier that `unsuback` will bear. Throws UsageError. */
  unsubscribe(topicFilters: readonly string[], properties: Properties = NO_PROPERTIES): number {
    return this.#connected('UNSUBSCRIBE').unsubscribe(topicFilters, properties)
  }

  /** Says DISCONNECT if there is a connection, and stops for good. */
  disconnect(reasonCode = 0, properties: Properties = NO_PROPERTIES): void {
    if (this.#state === 'connected') {
      this.#connection!.disconnect(reasonCode, properties)
      this.#isLeaving = true
    } else this.#giveUp()
  }

  /** Cuts the connection and stops for good. The server publishes the will. */
  destroy(): void {
    if (this.#state === 'connected') {
      this.#isLeaving = true
      this.#connection!.destroy()
    } else this.#giveUp()
  }

  #connected(what: string): ClientConnection {
    if (this.connection === null) throw new UsageError(`${what}: not connected`)
    return this.connection
  }

  #attempt(): void {
    const abort = new AbortController()
    this.#state = 'dialling'
    this.#abort = abort
    this.#options
      .dial((link) => this.#accept(link, abort.signal), abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted || this.#state !== 'dialling') return
        this.#ended(errorOf(error), false)
      })
  }

  #accept(link: Link, signal: AbortSignal): ClientConnection {
    const { timers, maximumInflight = 0, inflightBefore5 = maximumInflight } = this.#options
    const inflight = { maximumInflight: this.#connect.version === 5 ? maximumInflight : inflightBefore5 }
    const options = { ...CLIENT_DEFAULTS, ...this.#options, ...inflight, connect: this.#connect }
    const connection = new ClientConnection(link, this.session, options, timers, this.#deadlines, {
      ...this.#forwarded(),
      connected: (connack) => this.#onConnected(connack),
      refused: (connack) => {
        if (!this.#willFallBack(refusalReason(connack.reasonCode))) this.#events.refused(connack)
      },
      closed: (end) => this.#onClosed(connection, end),
    })
    if (signal.aborted) {
      // given up while the dial was on its way
      connection.destroy()
      return connection
    }
    this.#state = 'connecting'
    this.#connection = connection
    connection.open()
    return connection
  }

  /** Events that go through as they are. */
  #forwarded(): Omit<ClientEvents, 'connected' | 'refused' | 'closed'> {
    const events = this.#events
    return {
      message: (message, receipt) => events.message(message, receipt),
      delivered: (delivery, acknowledgement) => events.delivered(delivery, acknowledgement),
      undelivered: (delivery, error) => events.undelivered(delivery, error),
      suback: (packet, request) => events.suback(packet, request),
      unsuback: (packet, request) => events.unsuback(packet, request),
      drained: () => events.drained(),
      disconnected: (packet) => events.disconnected(packet),
      reauthenticated: () => events.reauthenticated(),
    }
  }

  #onConnected(connack: Connack): void {
    this.#state = 'connected'
    this.#failures = 0
    this.#everConnected = true
    this.#guessed = null
    const { clientId, sessionExpiryInterval } = this.#connection!.limits!
    if (this.#connect.clientId !== clientId) this.#connect = { ...this.#connect, clientId } // assigned: ours from now on
    // A 3.x session that must not outlive us is asked for anew each time; one of 5.0 has an expiry and can be resumed [MQTT-3.1.2-5].
    if (this.#options.keepConnect !== true && this.#connect.version === 5 && sessionExpiryInterval > 0) this.#connect = { ...this.#connect, cleanStart: false }
    this.#events.connected(connack)
  }

  #onClosed(connection: ClientConnection, end: ClientEnd): void {
    if (connection !== this.#connection) return // given up before it was opened
    const wasConnected = this.#state === 'connected'
    this.#connection = null
    if (this.#state === 'stopped') {
      this.#events.closed(end)
      this.#events.stopped(null)
      return
    }
    if (!wasConnected && this.#fallsBack(end)) {
      this.#attempt()
      return
    }
    this.#state = 'idle'
    this.#events.closed(end)
    if ((this.#state as State) === 'stopped') return // by its owner, in `closed`
    if (end.cause === 'disconnect' || end.cause === 'destroyed') this.#stop(null)
    else this.#ended(errorOfEnd(end), isPermanent(end))
  }

  /** A connection or an attempt at one has failed. */
  #ended(error: MqttError, permanent: boolean): void {
    const policy = this.#options.reconnect
    if (policy !== null && this.#isLeaving) {
      this.#stop(null)
      return
    }
    if (policy === null || permanent || this.#failures >= policy.retries || (!this.#everConnected && this.#options.retryFirst !== true)) {
      this.#stop(error)
      return
    }
    const ms = pauseBefore(this.#failures++, policy, this.#options.random)
    this.#state = 'waiting'
    this.#cancelWait = this.#options.timers.after(ms, () => this.#attempt())
    this.#events.waiting(error, ms)
  }

  #giveUp(): void {
    const connection = this.#connection
    this.#cancelWait?.()
    this.#abort?.abort()
    if (connection === null) this.#stop(null)
    else {
      this.#state = 'stopped' // `closed` comes, then `stopped`
      connection.destroy()
    }
  }

  #stop(error: MqttError | null): void {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#events.stopped(error)
  }

  #willFallBack(reason: number): boolean {
    return this.#options.fallback === true && this.#connect.version === 5 && reason === 0x84
  }

  /** Chooses 3.1.1 for the next attempt, if the server seems not to know 5.0: it says so, or closes without CONNACK. */
  #fallsBack(end: ClientEnd): boolean {
    if (this.#guessed !== null) {
      // 3.1.1 did no better: it was not the version
      this.#connect = this.#guessed
      this.#guessed = null
      return false
    }
    const refused = end.cause === 'refused' && this.#willFallBack(refusalReason(end.reasonCode))
    const closed = end.cause === 'network' && this.#options.fallback === true && this.#connect.version === 5 && !this.#everConnected
    if (!refused && !closed) return false
    if (closed) this.#guessed = this.#connect
    this.#connect = inVersion4(this.#connect, this.#options.connect.cleanStart)
    return true
  }
}

/** Milliseconds before the next attempt, after so many failed ones. */
export function pauseBefore(failures: number, policy: ReconnectPolicy, random: () => number): number {
  const whole = Math.min(policy.maxMs, policy.minMs * 2 ** Math.min(failures, 30))
  return policy.jitter ? Math.round(whole * (1 - random() / 2)) : whole
}

/** A CONNECT of 5.0 as one of 3.1.1. The session outlives its connections if it was to be resumed, or never to expire, and has a name. */
function inVersion4(connect: Connect, cleanStart: boolean): Connect {
  const lasting = connect.clientId !== '' && (!cleanStart || connect.properties.sessionExpiryInterval === 0xffffffff)
  return {
    ...connect,
    version: 4,
    cleanStart: !lasting,
    properties: NO_PROPERTIES,
    password: connect.userName === null ? null : connect.password, // 3.1.1 knows no password alone [MQTT3-3.1.2-22]
    will: connect.will === null ? null : { ...connect.will, properties: NO_PROPERTIES },
  }
}
