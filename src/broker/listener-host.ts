// The broker as the connections of one listener see it: the host of their protocol, with this listener's rules.
// Everything that concerns several listeners is broker.ts's affair.

import type { Clock } from '../base/clock.ts'
import type { Deadlines } from '../base/deadlines.ts'
import type { Peer } from '../base/link.ts'
import type { AttachedConnection, Attachment, AuthenticationExchange, ConnectionCounters, Observer, ServerHost, Trace, Verdict } from '../session/effects.ts'
import { type ServerPacketSizes, serverPacketSizes } from '../session/server-packet-sizes.ts'
import type { Connect } from '../wire/mqtt/packet.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import type { ListenerRules } from './listener-rules.ts'
import { MountPoint } from './mount-point.ts'

/** What all listeners have in common: the broker. */
export interface CommonHost {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly observer: Observer
  readonly trace: Trace | null
  readonly counters: ConnectionCounters
  readonly isFull: boolean
  readonly isStoreFull: boolean
  /** A random UUID in upper case. */
  newId(): string
  attach(connect: Connect, userName: string | null, connection: AttachedConnection, listener: ListenerHost): Attachment
  /** `verdict`, as soon as its client may have this Client Identifier. */
  unhurried<V>(clientId: string, peer: Peer, verdict: V): V | Promise<V>
  failed(error: unknown, peer: Peer): void
  holds(connection: AttachedConnection): void
  forget(connection: AttachedConnection): void
}

export class ListenerHost implements ServerHost {
  readonly rules: ListenerRules
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly observer: Observer
  trace: Trace | null
  readonly counters: ConnectionCounters
  /** Null without a mount point. */
  readonly mountPoint: MountPoint | null
  readonly #broker: CommonHost
  #sizes: ServerPacketSizes
  #sizesFor: number

  constructor(broker: CommonHost, rules: ListenerRules) {
    this.#broker = broker
    this.rules = rules
    this.clock = broker.clock
    this.deadlines = broker.deadlines
    this.observer = broker.observer
    this.trace = broker.trace
    this.counters = broker.counters
    this.mountPoint = rules.mountPoint === '' ? null : new MountPoint(rules.mountPoint)
    this.#sizesFor = rules.limits.maximumPacketSize
    this.#sizes = serverPacketSizes(this.#sizesFor)
  }

  get isFull(): boolean {
    return this.#broker.isFull
  }

  get isStoreFull(): boolean {
    return this.#broker.isStoreFull
  }

  /** For new connections: made again when the limit has changed. */
  get sizes(): ServerPacketSizes {
    const { maximumPacketSize } = this.rules.limits
    if (this.#sizesFor !== maximumPacketSize) {
      this.#sizesFor = maximumPacketSize
      this.#sizes = serverPacketSizes(maximumPacketSize)
    }
    return this.#sizes
  }

  authenticate(connect: Connect, peer: Peer): Verdict | Promise<Verdict> {
    if (this.isFull) return { reasonCode: ReasonCode.QuotaExceeded, userName: null } // before the work of judging
    const verdict = this.rules.authenticator.authenticate(connect, peer)
    return verdict instanceof Promise ? verdict.then((known) => this.#unhurried(connect, peer, known)) : this.#unhurried(connect, peer, verdict)
  }

  beginAuthentication(method: string, connect: Connect, peer: Peer): AuthenticationExchange | null {
    const exchange = this.rules.authenticator.begin(method, connect, peer)
    if (exchange === null) return null
    return {
      step: (data) => {
        const step = exchange.step(data)
        return step instanceof Promise ? step.then((known) => this.#unhurried(connect, peer, known)) : this.#unhurried(connect, peer, step)
      },
    }
  }

  assignClientId(): string {
    return this.rules.limits.clientIdPrefix + this.#broker.newId()
  }

  attach(connect: Connect, userName: string | null, connection: AttachedConnection): Attachment {
    const { mountPoint, rules } = this
    if (rules.userNameAsClientId && (userName === null || userName === '')) return ReasonCode.NotAuthorized
    const clientId = rules.userNameAsClientId ? userName! : connect.clientId
    const { will } = connect
    if (mountPoint === null) return this.#broker.attach(clientId === connect.clientId ? connect : { ...connect, clientId }, userName, connection, this)
    const mounted = will === null ? null : { ...will, topicName: mountPoint.topicName(will.topicName) }
    return this.#broker.attach({ ...connect, clientId, will: mounted }, userName, connection, this)
  }

  /** Whoever is welcome waits for its turn, if many want the same Client Identifier. */
  #unhurried<V extends { readonly reasonCode: number; readonly userName: string | null }>(connect: Connect, peer: Peer, verdict: V): V | Promise<V> {
    const clientId = this.rules.userNameAsClientId ? (verdict.userName ?? '') : connect.clientId
    return verdict.reasonCode === 0 && clientId !== '' ? this.#broker.unhurried(clientId, peer, verdict) : verdict
  }

  failed(error: unknown, peer: Peer): void {
    this.#broker.failed(error, peer)
  }

  holds(connection: AttachedConnection): void {
    this.#broker.holds(connection)
  }

  forget(connection: AttachedConnection): void {
    this.#broker.forget(connection)
  }
}
