// A session as one connection sees it: the broker's answers to what the connection asks.
// Thin on purpose: rules are in broker.ts, router.ts and session.ts.

import type { ConnectedSession, EndCause } from '../session/effects.ts'
import type { Subscribe, Unsubscribe } from '../wire/mqtt/packet.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { Journal } from './ports.ts'
import type { Router } from './routing/router.ts'
import type { Subscriptions } from './routing/subscriptions.ts'
import type { Session } from './session.ts'

/** What the broker does for a connection beside routing. */
export interface SessionKeeper {
  detach(session: Session, cause: EndCause, sessionExpiryInterval: number | null): void
}

export class SessionAttachment implements ConnectedSession {
  readonly sessionPresent: boolean
  readonly #session: Session
  readonly #keeper: SessionKeeper
  readonly #router: Router
  readonly #journal: Journal
  readonly #subscriptions: Subscriptions
  #justSubscribed: Subscribe | null = null
  #isNew: readonly boolean[] = []

  constructor(session: Session, sessionPresent: boolean, keeper: SessionKeeper, router: Router, journal: Journal, subscriptions: Subscriptions) {
    this.#session = session
    this.sessionPresent = sessionPresent
    this.#keeper = keeper
    this.#router = router
    this.#journal = journal
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
    return this.#journal.durableUpTo
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
    const isNew: boolean[] = []
    const codes = packet.subscriptions.map((request) => {
      isNew.push(!this.#session.subscriptions.has(request.topicFilter))
      return this.#subscriptions.subscribe(this.#session, request, packet.properties.subscriptionIdentifiers?.[0] ?? 0)
    })
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
    return packet.topicFilters.map((topicFilter) => this.#subscriptions.unsubscribe(this.#session, topicFilter))
  }

  detach(cause: EndCause, sessionExpiryInterval: number | null): void {
    this.#keeper.detach(this.#session, cause, sessionExpiryInterval)
  }
}
