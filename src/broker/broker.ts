// Many sessions, one topic space. Composes router, subscriptions, wills; the only thing that connections and adapters see.
// No I/O and no clock of its own: links come through `accept`, time through `run`.

import type { Clock } from '../base/clock.ts'
import { Deadline, Deadlines } from '../base/deadlines.ts'
import type { Link, Peer, Receiver } from '../base/link.ts'
import { SlabStore } from '../base/slab.ts'
import { type AttachedConnection, type Attachment, type EndCause, NO_OBSERVER, type Observer, type Trace } from '../session/effects.ts'
import { ServerConnection } from '../session/server-connection.ts'
import { UsageError } from '../wire/errors.ts'
import { type Connect, PacketType } from '../wire/mqtt/packet.ts'
import { PublishRun } from '../wire/mqtt/publish-run.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import { Administration } from './administration.ts'
import { SessionAttachment } from './attachment.ts'
import { Authorizers } from './authorizers.ts'
import type { BrokerOptions } from './broker-options.ts'
import { Counters } from './counters.ts'
import { describeTree } from './describe-tree.ts'
import { FaultLog } from './fault-log.ts'
import { type BrokerMessage, InnerPublishes } from './inner-publishes.ts'
import { NO_INTERCEPTION } from './interception.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { type CommonHost, ListenerHost } from './listener-host.ts'
import { changeLimits, type ListenerRules } from './listener-rules.ts'
import { MemoryWatch } from './memory-watch.ts'
import { MountedAttachment } from './mounted-attachment.ts'
import { ADMIT_ALL, PERMIT_ALL } from './ports.ts'
import { Recovery } from './recovery.ts'
import { Retained } from './retained/retained.ts'
import { RetainedFeeds } from './retained/retained-feeds.ts'
import { Branches } from './routing/branches.ts'
import { LevelTable } from './routing/level-table.ts'
import { PublishVariants } from './routing/publish-variants.ts'
import { type Publisher, Router, type RouterParts } from './routing/router.ts'
import { SubscriptionTree } from './routing/subscription-tree.ts'
import { Subscriptions } from './routing/subscriptions.ts'
import { TopicTable } from './routing/topic-table.ts'
import { VerdictCache } from './routing/verdict-cache.ts'
import { Session } from './session.ts'
import type { SessionContext } from './session-context.ts'
import { expiryOf, FOR_EVER } from './session-expiry.ts'
import { StoredMessages } from './stored-messages.ts'
import { type SysUpdates, sysUpdatesOf } from './sys-updates.ts'
import { TakeOvers } from './take-overs.ts'
import { refusalOfWill, Wills } from './wills.ts'

export type { BrokerOptions } from './broker-options.ts'

/** Milliseconds between clean-ups of what is merely out of date. */
const TIDY_MS = 60_000
/** Expired retained messages dropped at a time. */
const DROPPED_AT_A_TIME = 4096
/** Milliseconds between two looks at the memory in use. */
const MEMORY_EVERY = 250

export class Broker implements CommonHost {
  readonly limits: Limits
  /** Those of listeners without rules of their own. */
  readonly rules: ListenerRules
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly observer: Observer
  trace: Trace | null
  readonly counters: Counters = new Counters()
  readonly slabs: SlabStore = new SlabStore()
  /** For those who change rights while the broker runs. */
  readonly administration: Administration
  readonly #options: BrokerOptions
  /** Null without persistence. */
  readonly #stored: StoredMessages | null
  readonly #parts: RouterParts
  readonly #router: Router
  /** For who subscribes in a client's name. */
  readonly subscriptions: Subscriptions
  readonly topics: TopicTable // to look at
  readonly #feeds: RetainedFeeds
  readonly #wills: Wills
  readonly #sys: SysUpdates
  readonly #context: SessionContext
  readonly #authorizers: Authorizers
  readonly #faults: FaultLog
  readonly #hosts = new Map<ListenerRules, ListenerHost>()
  readonly #sessions = new Map<string, Session>()
  readonly #connections = new Set<AttachedConnection>()
  /** Those of which something waits for the store. */
  readonly #waiting = new Set<AttachedConnection>()
  readonly #takeOvers: TakeOvers
  /** Null when nobody can say how much is in use. */
  readonly #memory: MemoryWatch | null
  readonly #self: Publisher
  readonly #inner: InnerPublishes
  readonly #startedAt: number
  #online = 0
  #isShuttingDown = false

  constructor(options: BrokerOptions) {
    this.#options = options
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.clock = options.clock
    this.#startedAt = options.clock.now()
    this.#faults = new FaultLog(options.log ?? null, () => options.clock.now())
    this.deadlines = new Deadlines(this.#startedAt, undefined, (error) => this.#faults.tell('something that was due failed', error))
    this.#takeOvers = new TakeOvers(options.clock, this.deadlines, this.limits)
    this.observer = options.observer ?? NO_OBSERVER
    this.trace = options.trace ?? null
    const authorizer = options.authorizer ?? PERMIT_ALL
    this.rules = { name: '', limits: this.limits, mountPoint: '', userNameAsClientId: false, authenticator: options.authenticator ?? ADMIT_ALL, authorizer }
    this.#self = { clientId: '', userName: null, authorizer, session: null, lastTopic: null, verdicts: new VerdictCache() }
    const authorizers = (this.#authorizers = new Authorizers(authorizer, this.#faults))
    const { persistence = null, wallClock = () => options.clock.now() } = options
    const stored = persistence === null ? null : new StoredMessages(persistence, wallClock)
    this.#stored = stored
    const { limits, counters, slabs, trace } = this
    const now = (): number => options.clock.now()
    const variants = new PublishVariants(slabs)
    const levels = new LevelTable()
    this.#parts = {
      topics: (this.topics = new TopicTable(limits.internedTopics, limits.maximumTopicLevels, new Branches(), options.seed)),
      tree: new SubscriptionTree(levels),
      retained: new Retained(limits.maximumRetainedMessages, levels),
      slabs,
      counters,
      limits,
      variants,
      trace,
      now,
      stored,
      authorizer,
      authorizers,
      interception: options.interception ?? NO_INTERCEPTION,
      firstPublish: options.firstPublish ?? (() => {}),
      resumeWaiting: () => this.#inner.publishWaiting(),
    }
    this.#context = {
      slabs,
      counters,
      limits,
      variants,
      authorizers,
      queued: new PublishRun(),
      trace,
      stored,
      now,
      dropping: ({ clientId }) => options.log?.write('notice', `Outgoing messages are being dropped for client ${clientId}.`, { client: clientId }),
    }
    this.#router = new Router(this.#parts)
    const kept = (): number => slabs.allocated + this.#parts.retained.packetBytes
    const memory = options.heapUsed === undefined ? null : new MemoryWatch(this.#router, limits, options.heapUsed, kept, options.log ?? null)
    this.#memory = memory
    this.#inner = new InnerPublishes(this.#router, options.clock, stored)
    this.#feeds = new RetainedFeeds(this.#parts, options.later ?? null)
    this.subscriptions = new Subscriptions(this.#parts, this.#feeds)
    this.administration = new Administration(this.#sessions, this.subscriptions, this.#inner, this.#self, authorizers)
    this.#wills = new Wills(this.deadlines, stored, (session, packet) => this.#inner.publish(session, packet, session.number))
    this.#sys = sysUpdatesOf(this, options, this.#startedAt)
    this.#sys.every(limits.sysInterval, this.#startedAt)
    const dropExpired = new Deadline((time) => {
      if (this.#parts.retained.dropExpired(time, DROPPED_AT_A_TIME)) this.deadlines.set(dropExpired, time)
    })
    this.#every(TIDY_MS, (time) => {
      this.#parts.topics.dropStale(authorizers.generation)
      dropExpired.action(time)
    })
    if (memory !== null) this.#every(MEMORY_EVERY, () => memory.look())
  }

  /** Sessions, with and without a connection. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Sessions with a connection. */
  get connectedCount(): number {
    return this.#online
  }

  /** By Client Identifier, with and without a connection: to look at. */
  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions
  }

  /** To look at; changed by publishing. */
  get retained(): Retained {
    return this.#parts.retained
  }

  get retainedCount(): number {
    return this.#parts.retained.count
  }

  /** Memory in use is over `memoryLimit`. */
  get isFull(): boolean {
    return this.#memory?.isFull === true
  }

  /** The store has no space. */
  get isStoreFull(): boolean {
    return this.#stored?.persistence.isFull === true
  }

  /** Messages kept: retained, queued and unacknowledged ones; one that several clients wait for counts for each. Goes through all sessions. */
  get storedMessages(): number {
    let sum = this.#parts.retained.count
    for (const { queue, outgoing } of this.#sessions.values()) sum += queue.messages + outgoing.unfinished
    return sum
  }

  /** Bytes of their packets, unacknowledged ones not counted. */
  get storedBytes(): number {
    let sum = this.#parts.retained.packetBytes
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

  /** The server connection of a new link; `rules` are those of the listener that it came by. */
  accept(link: Link, rules: ListenerRules = this.rules): Receiver {
    const host = this.#hostOf(rules)
    const connection = new ServerConnection(host, rules.limits, host.sizes, link)
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
    this.#inner.publish(this.#self, { type: PacketType.Publish, ...message, dup: false, packetId: message.qos === 0 ? 0 : 1 })
  }

  /** Does what is due: keep-alive, wills, expiry, `$SYS`. Call it every 50 ms or so. */
  run(now: number): void {
    this.deadlines.run(now)
    if (this.#options.later === undefined) this.#feeds.work()
  }

  /** The store has got so far: what waited for it may go. */
  committed(durableUpTo: number): void {
    for (const connection of this.#waiting) if (!connection.release(durableUpTo)) this.#waiting.delete(connection)
  }

  /** What a restart finds: to be given back before the first connection comes. `listeners` are the rules that sessions may come back by. */
  recovery(listeners: readonly ListenerRules[] = []): Recovery {
    const parts = { ...this.#parts, context: this.#context, sessions: this.#sessions, subscriptions: this.subscriptions }
    const host = new ListenerHost(this, { ...this.rules, authorizer: PERMIT_ALL })
    const hosts = new Map<string, ListenerHost>()
    for (const rules of new Set([this.rules, ...listeners])) hosts.set(rules.name, hosts.has(rules.name) ? host : this.#hostOf(rules)) // not known: which of two
    return new Recovery(parts, hosts, host, (session, since) => {
      this.#wills.schedule(session, since)
      this.#rest(session, since)
    })
  }

  /** Ends all connections; 5.0 clients are told 0x8B. Wills are left to the next start, if what is stored outlives the broker. */
  shutdown(): void {
    this.#isShuttingDown = true
    for (const connection of [...this.#connections]) connection.end('shutdown', ReasonCode.ServerShuttingDown)
  }

  /**
   * After a reload: asks the authenticators whether each connected client is still welcome, and ends the connections of those who are not
   * (5.0: 0x98). Returns how many that were.
   */
  recheck(): number {
    let ended = 0
    for (const { connection, rules, clientId, userName } of [...this.#sessions.values()]) {
      const isWelcome = (): boolean => connection === null || rules.authenticator.stillWelcome?.(connection.link.peer, clientId, userName) !== false
      if (this.#faults.attempt(isWelcome, false, `the authenticator failed, and ${clientId} was sent away`)) continue
      connection?.end('not-authorised', ReasonCode.AdministrativeAction)
      ended++
    }
    return ended
  }

  /**
   * Changes limits while the broker runs: those of one listener, or the broker's own and with them those of all listeners that had the
   * same value. Windows, packet sizes and what CONNACK told hold from the next connection on, `internedTopics` not at all.
   */
  setLimits(changes: Partial<Limits>, rules: ListenerRules = this.rules): void {
    changeLimits(rules.limits, rules === this.rules ? [...this.#hosts.keys()].map(({ limits }) => limits) : [], changes)
    this.#memory?.look()
    this.#sys.every(this.limits.sysInterval, this.clock.now())
    this.#parts.retained.maximum = this.limits.maximumRetainedMessages
  }

  /** Who is told of every packet from now on; null = nobody. */
  traceWith(trace: Trace | null): void {
    for (const teller of [this, this.#parts, this.#context, ...this.#hosts.values()]) teller.trace = trace
  }

  /** All subscriptions, as lines for people. Names are as clients gave them: escape control characters before printing. */
  describeTree(): string[] {
    return describeTree(this.#sessions.values())
  }

  newId(): string {
    return this.#options.newId()
  }

  attach(connect: Connect, userName: string | null, connection: AttachedConnection, listener: ListenerHost): Attachment {
    const { clientId } = connect
    const { rules, mountPoint } = listener
    const { globalMaximumClients } = this.limits
    if (this.isFull) return ReasonCode.QuotaExceeded
    if (globalMaximumClients > 0 && this.#sessions.size >= globalMaximumClients && !this.#sessions.has(clientId)) return ReasonCode.ServerBusy
    const before = this.#stored?.persistence.ticket ?? 0
    const refusal = connect.will === null ? 0 : refusalOfWill(connect.will, connect, userName, rules)
    if (refusal !== 0) return refusal
    this.#sessions.get(clientId)?.connection?.end('taken-over', ReasonCode.SessionTakenOver) // [MQTT-3.1.4-3]
    const old = this.#sessions.get(clientId) ?? null
    if (old !== null && connect.cleanStart) this.drop(old) // [MQTT-3.1.2-4]
    const sessionPresent = old !== null && !connect.cleanStart
    const session = sessionPresent ? old : this.#makeSession(connect, userName, listener)
    if (session.expiryDeadline !== null) this.deadlines.cancel(session.expiryDeadline)
    this.#wills.cancel(session)
    if (session.userName !== userName || session.rules !== rules) {
      session.become(userName, listener)
      this.administration.returned(session)
      this.#parts.topics.branches.touchAll()
    }
    session.sessionExpiryInterval = expiryOf(connect, this.limits)
    session.will = connect.will
    session.isBridge = connect.bridge && connect.version < 5
    session.version = connect.version === 5 ? 5 : 4
    session.maximumPacketSize = connect.properties.maximumPacketSize ?? 0xffffffff
    const inflight = this.limits.maximumInflightMessages === 0 ? 65535 : this.limits.maximumInflightMessages
    session.outgoing.quota = Math.min(connect.properties.receiveMaximum ?? 65535, inflight) // [MQTT-3.3.4-9]
    session.attach(connection, Math.min(connect.properties.topicAliasMaximum ?? 0, rules.limits.topicAliasMaximumOutgoing))
    this.#online++
    if (this.#stored !== null) this.#begun(session, this.#stored, before)
    const attachment = new SessionAttachment(session, sessionPresent, this, this.#router, this.#stored, this.subscriptions)
    return mountPoint === null ? attachment : new MountedAttachment(attachment, mountPoint)
  }

  /** A connection has ended; its session goes on as long as was agreed. */
  detach(session: Session, cause: EndCause, sessionExpiryInterval: number | null): void {
    const now = this.clock.now()
    this.#online--
    session.detach()
    if (sessionExpiryInterval !== null) session.sessionExpiryInterval = Math.min(sessionExpiryInterval, this.limits.maximumSessionExpiryInterval)
    if (this.#wills.ended(session, cause, now) && session.sessionExpiryInterval === 0) return // the next start ends it, and its will goes out
    this.#rest(session, now)
    if (this.#stored !== null && session.sessionExpiryInterval > 0) this.#tell(session, this.#stored, this.#stored.wallNow())
  }

  /** One that authenticates again takes nothing over. */
  unhurried<V>(clientId: string, peer: Peer, verdict: V): V | Promise<V> {
    const holder = this.#sessions.get(clientId)?.connection ?? null
    return holder === null || holder.link.peer === peer ? verdict : this.#takeOvers.next(clientId, verdict)
  }

  failed(error: unknown, peer: Peer): void {
    this.#faults.tell(`the connection of ${peer.address} was ended by a fault of ours`, error)
  }

  holds(connection: AttachedConnection): void {
    this.#waiting.add(connection)
  }

  forget(connection: AttachedConnection): void {
    this.#connections.delete(connection)
    this.#waiting.delete(connection)
  }

  #hostOf(rules: ListenerRules): ListenerHost {
    let host = this.#hosts.get(rules)
    if (host === undefined) {
      host = new ListenerHost(this, rules)
      this.#hosts.set(rules, host)
      this.#authorizers.add(rules.authorizer)
    }
    return host
  }

  #makeSession(connect: Connect, userName: string | null, listener: ListenerHost): Session {
    const persistent = expiryOf(connect, this.limits) > 0
    const number = this.#stored !== null && (persistent || connect.will !== null) ? this.#stored.persistence.newSession() : 0
    const session = new Session(connect.clientId, userName, persistent, listener, this.#context, number)
    this.#sessions.set(connect.clientId, session)
    return session
  }

  /** Has no connection since then: the session ends when its time is over. */
  #rest(session: Session, since: number): void {
    const expiry = session.sessionExpiryInterval
    if (expiry === 0) this.drop(session)
    else if (expiry !== FOR_EVER) {
      session.expiryDeadline ??= new Deadline(() => this.#expire(session))
      this.deadlines.set(session.expiryDeadline, since + expiry * 1000)
    }
  }

  /** A connection has begun: its client hears of it when all that came with it, from ticket `before` on, is stored. */
  #begun(session: Session, stored: StoredMessages, before: number): void {
    const { persistence } = stored
    persistence.together(() => {
      this.#tell(session, stored, 0)
      this.#wills.store(session)
    })
    this.#router.ticket = persistence.ticket > before ? persistence.ticket : 0
  }

  #tell({ number: session, clientId, userName, version, sessionExpiryInterval, rules }: Session, { persistence }: StoredMessages, detachedAt: number): void {
    if (session > 0) persistence.session({ session, clientId, userName, version, expiryInterval: sessionExpiryInterval, detachedAt, listener: rules.name })
  }

  #expire(session: Session): void {
    this.counters.clientsExpired++
    this.#options.log?.write('notice', `Expiring client ${session.clientId} due to timeout.`, { client: session.clientId })
    this.drop(session)
  }

  /** The session, which has no connection any more, ends: a will that still waits is published now [MQTT-3.1.2-8], then nothing of it stays. */
  drop(session: Session): void {
    if (session.expiryDeadline !== null) this.deadlines.cancel(session.expiryDeadline)
    this.#wills.publish(session)
    this.subscriptions.unsubscribeAll(session)
    session.clear()
    if (session.number > 0) this.#stored?.persistence.sessionEnded(session.number)
    this.#sessions.delete(session.clientId)
  }

  #every(intervalMs: number, action: (now: number) => void): void {
    const deadline = new Deadline((now) => {
      this.deadlines.set(deadline, now + intervalMs)
      action(now)
    })
    this.deadlines.set(deadline, this.#startedAt + intervalMs)
  }
}
