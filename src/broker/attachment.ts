// A session as one connection sees it: the broker's answers to what the connection asks.
// Thin on purpose: rules are in broker.ts, router.ts and session.ts.

import type { ConnectedSession, EndCause } from '../session/effects.ts'
import type { Subscribe, Unsubscribe } from '../wire/mqtt/packet.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { Router } from './routing/router.ts'
import type { Subscriptions } from './routing/subscriptions.ts'
import type { Session } from './session.ts'
import type { StoredMessages } from './stored-messages.ts'

/** What the broker does for a connection beside routing. */
export interface SessionKeeper {
  detach(session: Session, cause: EndCause, sessionExpiryInterval: number | null): void
}

export class SessionAttachment implements ConnectedSession {
  readonly sessionPresent: boolean
  readonly #session: Session
  readonly #keeper: SessionKeeper
  readonly #router: Router
  readonly #stored: StoredMessages | null
  readonly #subscriptions: Subscriptions
  #justSubscribed: Subscribe | null = null
  #isNew: readonly boolean[] = []

  constructor(session: Session, sessionPresent: boolean, keeper: SessionKeeper, router: Router, stored: StoredMessages | null, subscriptions: Subscriptions) {
    this.#session = session
    this.sessionPresent = sessionPresent
    this.#keeper = keeper
    this.#router = router
    this.#stored = stored
    this.#subscriptions = subscriptions
  }

  get clientId(): string {
    return this.#session.clientId
  }

  get sessionExpiryInterval(): number {
    return this.#session.sessionExpiryInterval
  }

  get incoming(): Session['incoming'] {
    return this.#session.incoming
  }

  get outgoing(): Session['outgoing'] {
    return this.#session.outgoing
  }

  get asksEach(): boolean {
    return this.#router.asksEach
  }

  get ticket(): number {
    return this.#router.ticket
  }

  get durableUpTo(): number {
    return this.#stored === null ? 0 : this.#stored.persistence.durableUpTo
  }

  get stores(): boolean {
    return this.#stored !== null
  }

  keep(run: PublishRun): void {
    const { clientId, userName, journal } = this.#session
    if (this.#stored === null || journal === null) return // the session ends with its connection, and so does the exchange
    const { persistence } = this.#stored
    persistence.unreleased(journal.session, this.#stored.packetsOf(run, clientId, userName), [0, run.count])
    this.#router.ticket = persistence.ticket
  }

  together(work: () => void): void {
    this.#router.ticket = 0
    if (this.#stored === null) work()
    else this.#stored.persistence.together(work)
  }

  released(packetIds: readonly number[]): void {
    const { journal } = this.#session
    if (this.#stored === null || journal === null || packetIds.length === 0) return
    const { persistence } = this.#stored
    persistence.released(journal.session, packetIds)
    this.#router.ticket = persistence.ticket
  }

  route(run: PublishRun): number {
    return this.#router.route(this.#session, run)
  }

  admit(run: PublishRun): number {
    return this.#router.admit(this.#session, run)
  }

  routeAdmitted(run: PublishRun, arrived: number): void {
    this.#router.routeAdmitted(this.#session, run, arrived)
  }

  resume(): void {
    this.#session.resume()
  }

  subscribe(packet: Subscribe): number[] {
    const before = this.#ticketNow
    const isNew: boolean[] = []
    const codes = packet.subscriptions.map((request) => {
      isNew.push(!this.#session.subscriptions.has(request.topicFilter))
      return this.#subscriptions.subscribe(this.#session, request, packet.properties.subscriptionIdentifiers?.[0] ?? 0)
    })
    this.#router.ticket = this.#ticketNow > before ? this.#ticketNow : 0
    this.#justSubscribed = packet
    this.#isNew = isNew
    return codes
  }

  sendRetained(): void {
    const packet = this.#justSubscribed
    this.#justSubscribed = null
    if (packet !== null) this.#subscriptions.sendRetained(this.#session, packet.subscriptions, this.#isNew)
  }

  unsubscribe(packet: Unsubscribe): number[] {
    const before = this.#ticketNow
    const codes = packet.topicFilters.map((topicFilter) => this.#subscriptions.unsubscribeAsked(this.#session, topicFilter))
    this.#router.ticket = this.#ticketNow > before ? this.#ticketNow : 0
    return codes
  }

  detach(cause: EndCause, sessionExpiryInterval: number | null): void {
    this.#keeper.detach(this.#session, cause, sessionExpiryInterval)
  }

  get #ticketNow(): number {
    return this.#stored === null ? 0 : this.#stored.persistence.ticket
  }
}
