// Many sessions, one topic space. Composes router, subscriptions, wills; the only thing that connections and adapters see.
// No I/O and no clock of its own: links come through `accept`, time through `run`.

import type { Clock } from '../base/clock.ts'
import { Deadline, Deadlines } from '../base/deadlines.ts'
import type { Link, Peer, Receiver } from '../base/link.ts'
import type { Log } from '../base/log.ts'
import type { BytePool } from '../base/output-buffer.ts'
import { SlabStore } from '../base/slab.ts'
import {
  type AttachedConnection,
  type Attachment,
  type AuthenticationExchange,
  type EndCause,
  NO_OBSERVER,
  type Observer,
  type ServerHost,
  type Trace,
  type Verdict,
} from '../session/effects.ts'
import { ServerConnection } from '../session/server-connection.ts'
import { type ServerPacketSizes, serverPacketSizes } from '../session/server-packet-sizes.ts'
import { UsageError } from '../wire/errors.ts'
import { encodePacket } from '../wire/mqtt/encode.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import { type Connect, PacketType, type Publish, type Qos, type Will } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import { PublishRun } from '../wire/mqtt/publish-run.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import { utf8Length, writeUtf8 } from '../wire/text.ts'
import { SessionAttachment } from './attachment.ts'
import { Counters } from './counters.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { ADMIT_ALL, type Authenticator, type Authorizer, type Journal, NO_JOURNAL, PERMIT_ALL } from './ports.ts'
import { isReservedTopic } from './reserved-topics.ts'
import { Retained } from './retained/retained.ts'
import { type Later, RetainedFeeds } from './retained/retained-feeds.ts'
import { Branches } from './routing/branches.ts'
import { LevelTable } from './routing/level-table.ts'
import { PublishVariants } from './routing/publish-variants.ts'
import { type Publisher, Router, type RouterParts } from './routing/router.ts'
import { SubscriptionTree } from './routing/subscription-tree.ts'
import { Subscriptions } from './routing/subscriptions.ts'
import { TopicTable } from './routing/topic-table.ts'
import { VerdictCache } from './routing/verdict-cache.ts'
import { Session, type SessionContext } from './session.ts'
import { SysTopics, untilNextUpdate } from './sys-topics.ts'
import { Wills } from './wills.ts'

export interface BrokerOptions {
  readonly clock: Clock
  /** The pool that all links' output comes from: it knows how many bytes were sent. */
  readonly pool: BytePool
  /** A random UUID in upper case, for Client Identifiers that we assign. */
  readonly newId: () => string
  /** Any 32-bit number, different each time, so that nobody can choose names that collide; 0 unless given. */
  readonly seed?: number
  /** Of the product, for `$SYS/broker/version`. */
  readonly version: string
  /** All that `$SYS/broker/version` says; `zanzara version X` unless given. */
  readonly versionText?: string
  /** Milliseconds of the calendar: `$SYS` is updated at its round seconds. Without it, at those of `clock`. */
  readonly wallClock?: () => number
  /** Bytes of memory in use, for `$SYS`; without it nothing is said about them. */
  readonly heapUsed?: () => number
  readonly authenticator?: Authenticator
  readonly authorizer?: Authorizer
  readonly journal?: Journal
  readonly limits?: Partial<Limits>
  readonly observer?: Observer
  readonly trace?: Trace | null
  readonly log?: Log
  /** Calls back in a later turn of the event loop: for what is done in slices. Without it, each `run` does one. */
  readonly later?: Later
}

/** A message of the broker's own side: `$SYS`, a bridge, a program that embeds the broker. */
export interface BrokerMessage {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  readonly properties: Properties
}

/** Milliseconds between clean-ups of what is merely out of date. */
const TIDY_MS = 60_000
/** Expired retained messages dropped at a time. */
const DROPPED_AT_A_TIME = 4096
const FOR_EVER = 0xffffffff

export class Broker implements ServerHost {
  readonly limits: Limits
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly observer: Observer
  readonly trace: Trace | null
  readonly counters: Counters = new Counters()
  readonly slabs: SlabStore = new SlabStore()
  readonly #options: BrokerOptions
  readonly #authenticator: Authenticator
  readonly #journal: Journal
  readonly #parts: RouterParts
  readonly #router: Router
  readonly #subscriptions: Subscriptions
  readonly #feeds: RetainedFeeds
  readonly #wills: Wills
  readonly #context: SessionContext
  readonly #sizes: ServerPacketSizes
  readonly #sessions = new Map<string, Session>()
  readonly #connections = new Set<AttachedConnection>()
  readonly #self: Publisher = { clientId: '', userName: null, session: null, lastTopic: null, verdicts: new VerdictCache() }
  /** Messages made while a run was being routed: wills, `$SYS`. */
  readonly #waiting: { readonly publisher: Publisher; readonly packet: Publish }[] = []
  readonly #startedAt: number
  #online = 0
  #isShuttingDown = false

  constructor(options: BrokerOptions) {
    this.#options = options
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.clock = options.clock
    this.#startedAt = options.clock.now()
    this.deadlines = new Deadlines(this.#startedAt)
    this.observer = options.observer ?? NO_OBSERVER
    this.trace = options.trace ?? null
    this.#authenticator = options.authenticator ?? ADMIT_ALL
    this.#journal = options.journal ?? NO_JOURNAL
    const { limits, counters, slabs, trace } = this
    const now = (): number => options.clock.now()
    const variants = new PublishVariants(slabs)
    const levels = new LevelTable()
    this.#parts = {
      topics: new TopicTable(limits.internedTopics, limits.maximumTopicLevels, new Branches(), options.seed),
      tree: new SubscriptionTree(levels),
      retained: new Retained(limits.maximumRetainedMessages, levels),
      slabs,
      counters,
      limits,
      variants,
      trace,
      now,
      journal: this.#journal,
      authorizer: options.authorizer ?? PERMIT_ALL,
      resumeWaiting: () => this.#publishWaiting(),
    }
    this.#context = {
      slabs,
      counters,
      limits,
      variants,
      queued: new PublishRun(),
      trace,
      now,
      dropping: ({ clientId }) => options.log?.write('notice', `Outgoing messages are being dropped for client ${clientId}.`, { client: clientId }),
    }
    this.#router = new Router(this.#parts)
    this.#feeds = new RetainedFeeds(this.#parts, options.later ?? null)
    this.#subscriptions = new Subscriptions(this.#parts, this.#feeds)
    this.#wills = new Wills(this.deadlines, (session, packet) => this.#publishAs(session, packet))
    this.#sizes = serverPacketSizes(limits.maximumPacketSize)
    if (limits.sysInterval > 0) this.#beginSysTopics(options, limits.sysInterval * 1000)
    const dropExpired = new Deadline((time) => {
      if (this.#parts.retained.dropExpired(time, DROPPED_AT_A_TIME)) this.deadlines.set(dropExpired, time)
    })
    this.#every(TIDY_MS, (time) => {
      this.#parts.topics.dropStale(this.#parts.authorizer.generation)
      dropExpired.action(time)
    })
  }

  /** Sessions, with and without a connection. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Sessions with a connection. */
  get connectedCount(): number {
    return this.#online
  }

  get retainedCount(): number {
    return this.#parts.retained.count
  }

  /** The server connection of a new link. */
  accept(link: Link): Receiver {
    const connection = new ServerConnection(this, this.limits, this.#sizes, link)
    this.#connections.add(connection)
    this.counters.socketsOpened++
    if (this.#isShuttingDown) connection.end('shutdown', null)
    return connection
  }

  /** Publishes a message of the broker's own side, past all permissions. Throws UsageError when it is not one. */
  publish(message: BrokerMessage): void {
    const levels = message.topicName.split('/').length
    const most = this.limits.maximumTopicLevels
    if (levels > most) throw new UsageError(`Topic Name of ${levels} levels, ${most} at most`)
    this.#publishAs(this.#self, { type: PacketType.Publish, ...message, dup: false, packetId: message.qos === 0 ? 0 : 1 })
  }

  /** Does what is due: keep-alive, wills, expiry, `$SYS`. Call it every 50 ms or so. */
  run(now: number): void {
    this.deadlines.run(now)
    if (this.#options.later === undefined) this.#feeds.work()
  }

  /** The journal has committed: acknowledgements that waited may go. */
  committed(durableUpTo: number): void {
    for (const connection of this.#connections) connection.release(durableUpTo)
  }

  /** Ends all connections; 5.0 clients are told 0x8B. No wills: the broker's end is not the client's. */
  shutdown(): void {
    this.#isShuttingDown = true
    for (const connection of [...this.#connections]) connection.end('shutdown', ReasonCode.ServerShuttingDown)
  }

  authenticate(connect: Connect, peer: Peer): Verdict | Promise<Verdict> {
    return this.#authenticator.authenticate(connect, peer)
  }

  beginAuthentication(method: string, connect: Connect, peer: Peer): AuthenticationExchange | null {
    return this.#authenticator.begin(method, connect, peer)
  }

  assignClientId(): string {
    return this.limits.clientIdPrefix + this.#options.newId()
  }

  attach(connect: Connect, userName: string | null, connection: AttachedConnection): Attachment {
    const { clientId } = connect
    const refusal = connect.will === null ? 0 : this.#refusalOfWill(connect.will, clientId, userName)
    if (refusal !== 0) return refusal
    this.#sessions.get(clientId)?.connection?.end('taken-over', ReasonCode.SessionTakenOver) // [MQTT-3.1.4-3]
    const old = this.#sessions.get(clientId) ?? null
    if (old !== null && connect.cleanStart) this.#drop(old) // [MQTT-3.1.2-4]
    const sessionPresent = old !== null && !connect.cleanStart
    const session = sessionPresent ? old : this.#makeSession(connect, userName)
    if (session.expiryDeadline !== null) this.deadlines.cancel(session.expiryDeadline)
    this.#wills.cancel(session)
    if (session.userName !== userName) this.#rename(session, userName)
    session.sessionExpiryInterval = this.#expiryOf(connect)
    session.will = connect.will
    session.isBridge = connect.bridge && connect.version < 5
    session.version = connect.version === 5 ? 5 : 4
    session.maximumPacketSize = connect.properties.maximumPacketSize ?? 0xffffffff
    const inflight = this.limits.maximumInflightMessages === 0 ? 65535 : this.limits.maximumInflightMessages
    session.outgoing.quota = Math.min(connect.properties.receiveMaximum ?? 65535, inflight) // [MQTT-3.3.4-9]
    session.attach(connection, Math.min(connect.properties.topicAliasMaximum ?? 0, this.limits.topicAliasMaximumOutgoing))
    this.#online++
    return new SessionAttachment(session, sessionPresent, this, this.#router, this.#journal, this.#subscriptions)
  }

  /** A connection has ended; its session goes on as long as was agreed. */
  detach(session: Session, cause: EndCause, sessionExpiryInterval: number | null): void {
    const now = this.clock.now()
    this.#online--
    session.detach()
    if (sessionExpiryInterval !== null) session.sessionExpiryInterval = Math.min(sessionExpiryInterval, this.limits.maximumSessionExpiryInterval)
    if (cause === 'disconnect' || cause === 'shutdown')
      this.#wills.cancel(session) // [MQTT-3.14.4-3]
    else this.#wills.schedule(session, now)
    const expiry = session.sessionExpiryInterval
    if (expiry === 0) this.#drop(session)
    else if (expiry !== FOR_EVER) {
      session.expiryDeadline ??= new Deadline(() => this.#expire(session))
      this.deadlines.set(session.expiryDeadline, now + expiry * 1000)
    }
  }

  failed(error: unknown, peer: Peer): void {
    this.#options.log?.write(
      'error',
      `Error: the connection of ${peer.address} was ended by a fault of ours: ${error instanceof Error ? error.message : String(error)}`,
    )
  }

  forget(connection: AttachedConnection): void {
    this.#connections.delete(connection)
  }

  #makeSession(connect: Connect, userName: string | null): Session {
    const persistent = this.#expiryOf(connect) > 0
    const session = new Session(connect.clientId, userName, persistent, this.#context)
    this.#sessions.set(connect.clientId, session)
    return session
  }

  #expire(session: Session): void {
    this.counters.clientsExpired++
    this.#options.log?.write('notice', `Expiring client ${session.clientId} due to timeout.`, { client: session.clientId })
    this.#drop(session)
  }

  /** The session ends: a will that still waits is published now [MQTT-3.1.2-8], then nothing of it stays. */
  #drop(session: Session): void {
    if (session.expiryDeadline !== null) this.deadlines.cancel(session.expiryDeadline)
    this.#wills.publish(session)
    this.#subscriptions.unsubscribeAll(session)
    session.clear()
    this.#sessions.delete(session.clientId)
  }

  /** Somebody else resumes it: what was remembered about permissions no longer holds. */
  #rename(session: Session, userName: string | null): void {
    session.userName = userName
    session.verdicts = new VerdictCache()
    this.#parts.topics.branches.touchAll()
  }

  /** Seconds the session outlives its connection: Clean Session 0 of 3.x means for ever [section 3.1.2.11.2]. */
  #expiryOf(connect: Connect): number {
    const asked = connect.version === 5 ? (connect.properties.sessionExpiryInterval ?? 0) : connect.cleanStart ? 0 : FOR_EVER
    return Math.min(asked, this.limits.maximumSessionExpiryInterval)
  }

  /** Judged at CONNECT, and its permission again when it is published. */
  #refusalOfWill({ topicName }: Will, clientId: string, userName: string | null): number {
    if (topicName.split('/').length > this.limits.maximumTopicLevels) return ReasonCode.TopicNameInvalid
    if (isReservedTopic(topicName)) return ReasonCode.NotAuthorized
    return this.#parts.authorizer.mayPublish(clientId, userName, topicName).endsWith('allow') ? 0 : ReasonCode.NotAuthorized
  }

  #publishAs(publisher: Publisher, packet: Publish): void {
    this.#waiting.push({ publisher, packet })
    if (this.#router.busy) this.#router.hasWaiting = true
    else this.#publishWaiting()
  }

  #publishWaiting(): void {
    this.#router.hasWaiting = false
    this.#router.isUnsent = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const bytes = encodePacket(next.packet, 5)
      const run = new PublishRun()
      readRun(run, bytes, 0, bytes.length, 5)
      if (next.packet.qos < 2) this.#router.route(next.publisher, run)
      else if (this.#router.admit(next.publisher, run) < 0x80) this.#router.routeAdmitted(next.publisher, run, this.clock.now())
    }
    this.#router.isUnsent = false
  }

  #beginSysTopics({ version, versionText = `zanzara version ${version}`, wallClock, heapUsed, pool }: BrokerOptions, intervalMs: number): void {
    const sys = new SysTopics(versionText, (topicName, text) => {
      const payload = new Uint8Array(utf8Length(text))
      writeUtf8(text, payload, 0)
      this.publish({ topicName, payload, qos: 2, retain: true, properties: {} })
    })
    const update = (now: number): void => {
      const {
        counters,
        storedMessages,
        storedBytes,
        queuedPackets,
        queuedBytes,
        retainedCount: retained,
        sessionCount: sessions,
        connectedCount: connected,
      } = this
      const snapshot = {
        uptimeSeconds: Math.floor((now - this.#startedAt) / 1000),
        sessions,
        connected,
        retained,
        storedMessages,
        storedBytes,
        queuedPackets,
        queuedBytes,
        bytesSent: pool.takenBytes,
        heapUsed: heapUsed?.() ?? null,
        counters,
      }
      sys.update(snapshot, now)
    }
    const deadline = new Deadline((now) => {
      this.deadlines.set(deadline, now + untilNextUpdate(wallClock?.() ?? now, intervalMs))
      update(now)
    })
    update(this.#startedAt)
    this.deadlines.set(deadline, this.#startedAt + untilNextUpdate(wallClock?.() ?? this.#startedAt, intervalMs))
  }

  /** Messages kept: retained, queued and unacknowledged ones; one that several clients wait for counts for each. */
  get storedMessages(): number {
    let sum = this.#parts.retained.count
    for (const { queue, outgoing } of this.#sessions.values()) sum += queue.messages + outgoing.unfinished
    return sum
  }

  /** Bytes of retained and queued packets. */
  get storedBytes(): number {
    let sum = this.#parts.retained.bytes
    for (const { queue } of this.#sessions.values()) sum += queue.bytes
    return sum
  }

  /** PUBLISH packets that wait for the window or the socket of a connected client. */
  get queuedPackets(): number {
    let sum = 0
    for (const session of this.#sessions.values()) if (session.isOnline) sum += session.queue.messages
    return sum
  }

  /** Their bytes, and those that wait to be written. */
  get queuedBytes(): number {
    let sum = 0
    for (const session of this.#sessions.values()) if (session.isOnline) sum += session.queue.bytes
    for (const { link } of this.#connections) sum += link.output.length
    return sum
  }

  #every(intervalMs: number, action: (now: number) => void): void {
    const deadline = new Deadline((now) => {
      this.deadlines.set(deadline, now + intervalMs)
      action(now)
    })
    this.deadlines.set(deadline, this.#startedAt + intervalMs)
  }
}
