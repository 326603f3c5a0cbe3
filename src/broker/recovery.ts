// What a restart finds becomes the broker's again: sessions without connections, what waits for them, retained messages, wills.
// Applies no limits: what they dropped was told when it was dropped. Where it all is found is store/.

import type { Slab } from '../base/slab.ts'
import { decodePacket } from '../wire/mqtt/decode.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import { PacketType, type SubscriptionRequest } from '../wire/mqtt/packet.ts'
import { PublishRun, type WireVersion } from '../wire/mqtt/publish-run.ts'
import type { ListenerHost } from './listener-host.ts'
import type { QueuedRun } from './outgoing-queue.ts'
import type { PacketFacts, SessionFacts, SubscriptionFacts } from './ports.ts'
import type { RouterParts } from './routing/router.ts'
import type { Subscriptions } from './routing/subscriptions.ts'
import { Session } from './session.ts'
import type { SessionContext } from './session-context.ts'
import { RESTART_GAP, type RestoredMessage } from './session-journal.ts'
import type { StoredMessages } from './stored-messages.ts'

export interface RecoveryParts extends RouterParts {
  readonly context: SessionContext
  readonly sessions: Map<string, Session>
  readonly subscriptions: Subscriptions
}

export class Recovery {
  readonly #parts: RecoveryParts
  readonly #stored: StoredMessages
  readonly #hosts: ReadonlyMap<string, ListenerHost>
  readonly #unknown: ListenerHost
  readonly #rest: (session: Session, since: number) => void
  readonly #found: { readonly session: Session; readonly detachedAt: number; readonly listener: string | null }[] = []
  /** Clock time less wall clock. */
  readonly #shift: number
  readonly #run = new PublishRun()

  /**
   * `hosts` are the listeners by the names of their rules. `unknown` stands for those that are not among them: nothing is refused in their name
   * before it is known by which one a session comes back, and what it may not read is dropped then. `rest` begins the time without a connection: wills, expiry.
   */
  constructor(parts: RecoveryParts, hosts: ReadonlyMap<string, ListenerHost>, unknown: ListenerHost, rest: (session: Session, since: number) => void) {
    if (parts.stored === null) throw new Error('a recovery without persistence')
    this.#parts = parts
    this.#stored = parts.stored
    this.#hosts = hosts
    this.#unknown = unknown
    this.#rest = rest
    this.#shift = parts.now() - parts.stored.wallNow()
  }

  /** Milliseconds of the broker's clock for wall clock; Infinity for 0. */
  clockTime(wallMs: number): number {
    return wallMs === 0 ? Number.POSITIVE_INFINITY : wallMs + this.#shift
  }

  /** `nextNumber` is that of the next message for it. */
  session({ session: number, clientId, userName, version, expiryInterval, detachedAt, listener = null }: SessionFacts, nextNumber: number): Session {
    const host = (listener === null ? null : this.#hosts.get(listener)) ?? this.#unknown
    const session = new Session(clientId, userName, expiryInterval > 0, host, this.#parts.context, number)
    session.version = version === 5 ? 5 : 4
    session.sessionExpiryInterval = expiryInterval
    if (session.journal !== null) session.journal.next = nextNumber + RESTART_GAP
    this.#parts.sessions.set(clientId, session)
    this.#found.push({ session, detachedAt, listener })
    return session
  }

  subscription(session: Session, { identifier, session: _number, ...granted }: SubscriptionFacts): void {
    this.#parts.subscriptions.restore(session, granted as SubscriptionRequest, identifier)
  }

  /** Messages not sent yet, in order; the slab holds a reference for each. */
  waiting(session: Session, run: QueuedRun): void {
    session.queue.restore(run)
  }

  /** A message sent and not acknowledged, in order; its slab holds a reference for it. */
  sent(session: Session, message: RestoredMessage): void {
    session.journal?.restored.push(message)
  }

  /** QoS 2 packets that await PUBREL lie in `bytes`. */
  unreleased(session: Session, bytes: Uint8Array, start: number, end: number, version: WireVersion, arrivedAt: number): void {
    readRun(this.#run, bytes, start, end, version)
    session.incoming.restore(this.#run, this.clockTime(arrivedAt))
  }

  /** The last of the packets is retained. False when it has expired meanwhile. */
  retained(packets: PacketFacts, lastAt: number): boolean {
    const { retained, now, limits } = this.#parts
    const run = this.#run
    readRun(run, packets.bytes, lastAt, packets.end, packets.version === 5 ? 5 : 4)
    const topicName = new TextDecoder('utf-8', { ignoreBOM: true }).decode(run.topicBytes.subarray(run.topicAt, run.topicAt + run.topicLength))
    const authorizer = this.#hosts.get(packets.listener ?? '')?.rules.authorizer ?? null
    retained.store(topicName, run, this.clockTime(packets.arrivedAt), packets.clientId, packets.userName, authorizer, limits.retainExpiryInterval)
    if (retained.has(topicName, now())) return true
    retained.delete(topicName)
    this.#stored.persistence.retainedCleared(topicName)
    return false
  }

  /** The will of the session's last connection, `delay` in seconds; `packet` is a whole PUBLISH of 5.0. */
  will(session: Session, delay: number, packet: Uint8Array): void {
    let body = 2
    while (packet[body - 1]! > 127) body++
    const publish = decodePacket(packet[0]!, packet, body, packet.length, 5, 'server')
    if (publish.type !== PacketType.Publish) return
    const { topicName, payload, qos, retain, properties } = publish
    session.will = { topicName, payload: payload.slice(), qos, retain, properties: { ...properties, willDelayInterval: delay } }
  }

  /** All is there. Whoever had a connection lost it at `endedAt`: wills go out as their delay says, sessions end as their expiry does. */
  finish(endedAt: number): void {
    for (const { session, detachedAt, listener } of this.#found) {
      const since = detachedAt === 0 ? endedAt : detachedAt
      const { number, clientId, userName, version, sessionExpiryInterval: expiryInterval } = session
      if (detachedAt === 0) this.#stored.persistence.session({ session: number, clientId, userName, version, expiryInterval, detachedAt: since, listener })
      this.#rest(session, this.clockTime(since))
    }
  }

  /** What a slab's first reference was taken for is done. */
  release(slab: Slab): void {
    this.#parts.slabs.release(slab, 1)
  }
}
