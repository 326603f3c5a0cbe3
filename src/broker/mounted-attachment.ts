// A session as a connection by a listener with a mount point sees it: every topic gets its full name on the way in.
// Wraps the ordinary attachment, so that listeners without a mount point know nothing of it.

import type { ConnectedSession, EndCause } from '../session/effects.ts'
import type { Subscribe, Unsubscribe } from '../wire/mqtt/packet.ts'
import { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { MountPoint } from './mount-point.ts'

export class MountedAttachment implements ConnectedSession {
  readonly #inner: ConnectedSession
  readonly #mountPoint: MountPoint
  /** Scratch: what is being routed, under its full name; made at the first message. */
  #mounted: PublishRun | null = null

  constructor(inner: ConnectedSession, mountPoint: MountPoint) {
    this.#inner = inner
    this.#mountPoint = mountPoint
  }

  get clientId(): string {
    return this.#inner.clientId
  }

  get sessionPresent(): boolean {
    return this.#inner.sessionPresent
  }

  get sessionExpiryInterval(): number {
    return this.#inner.sessionExpiryInterval
  }

  get incoming(): ConnectedSession['incoming'] {
    return this.#inner.incoming
  }

  get outgoing(): ConnectedSession['outgoing'] {
    return this.#inner.outgoing
  }

  get asksEach(): boolean {
    return this.#inner.asksEach === true
  }

  get ticket(): number {
    return this.#inner.ticket
  }

  get durableUpTo(): number {
    return this.#inner.durableUpTo
  }

  get stores(): boolean {
    return this.#inner.stores
  }

  /** As it came: the mount point is put before the name when it is released. */
  keep(run: PublishRun): void {
    this.#inner.keep(run)
  }

  together(work: () => void): void {
    this.#inner.together(work)
  }

  released(packetIds: readonly number[]): void {
    this.#inner.released(packetIds)
  }

  route(run: PublishRun): number {
    return this.#inner.route(this.#mount(run))
  }

  admit(run: PublishRun): number {
    return this.#inner.admit(this.#mount(run))
  }

  routeAdmitted(run: PublishRun, arrived: number): void {
    this.#inner.routeAdmitted(this.#mount(run), arrived)
  }

  subscribe(packet: Subscribe): number[] {
    const subscriptions = packet.subscriptions.map((request) => ({ ...request, topicFilter: this.#mountPoint.topicFilter(request.topicFilter) }))
    return this.#inner.subscribe({ ...packet, subscriptions })
  }

  sendRetained(): void {
    this.#inner.sendRetained()
  }

  unsubscribe(packet: Unsubscribe): number[] {
    return this.#inner.unsubscribe({ ...packet, topicFilters: packet.topicFilters.map((topicFilter) => this.#mountPoint.topicFilter(topicFilter)) })
  }

  resume(): void {
    this.#inner.resume()
  }

  detach(cause: EndCause, sessionExpiryInterval: number | null): void {
    this.#inner.detach(cause, sessionExpiryInterval)
  }

  #mount(run: PublishRun): PublishRun {
    this.#mounted ??= new PublishRun()
    this.#mountPoint.mount(run, this.#mounted)
    return this.#mounted
  }
}
