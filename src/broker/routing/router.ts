// A run of PUBLISH packets → the sessions that get it, each in its shape.
// Once per run: topic, permission, retained, recipients. Once per recipient: a few comparisons and one copy (session.ts).

import type { SlabStore } from '../../base/slab.ts'
import type { Trace } from '../../session/effects.ts'
import { tracePublishes } from '../../session/trace-publishes.ts'
import { aged } from '../../wire/mqtt/aged-run.ts'
import type { Qos } from '../../wire/mqtt/packet.ts'
import { type PublishRun, payloadBytesOf } from '../../wire/mqtt/publish-run.ts'
import { ReasonCode } from '../../wire/mqtt/reason-codes.ts'
import type { Authorizers } from '../authorizers.ts'
import type { Counters } from '../counters.ts'
import type { Interception } from '../interception.ts'
import type { Limits } from '../limits.ts'
import { type Authorizer, type ControlHandler, OTHER_CONTROLS } from '../ports.ts'
import type { Retained } from '../retained/retained.ts'
import type { Session } from '../session.ts'
import type { StoredMessages } from '../stored-messages.ts'
import type { PublishVariants } from './publish-variants.ts'
import { type Recipients, resolveRecipients, type SharedRecipients } from './recipients.ts'
import type { SharedGroup } from './shared-subscriptions.ts'
import type { Subscription } from './subscription.ts'
import type { SubscriptionTree } from './subscription-tree.ts'
import type { Topic, TopicTable } from './topic-table.ts'
import type { VerdictCache } from './verdict-cache.ts'

/** Whose message it is. */
export interface Publisher {
  readonly clientId: string
  readonly userName: string | null
  /** Who decides what it may publish. */
  readonly authorizer: Authorizer
  /** For No Local; null for the broker itself, which may publish anywhere. */
  readonly session: Session | null
  /** What the router remembers of it. */
  lastTopic: Topic | null
  readonly verdicts: VerdictCache
}

export interface RouterParts {
  readonly topics: TopicTable
  readonly tree: SubscriptionTree
  readonly retained: Retained
  readonly slabs: SlabStore
  readonly counters: Counters
  readonly limits: Limits
  readonly variants: PublishVariants
  /** Null without persistence. */
  readonly stored: StoredMessages | null
  /** The broker's own; a session has that of its listener. */
  readonly authorizer: Authorizer
  readonly authorizers: Authorizers
  readonly interception: Interception
  /** Called when a client publishes for the first time. */
  readonly firstPublish: () => void
  now(): number
  trace: Trace | null
  /** Routes what came up during a routing. */
  resumeWaiting(): void
}

export class Router {
  /** What is routed now came in no packet from its publisher: a will. The trace knows nothing of it. */
  isUnsent = false
  /** What the acknowledgement of what was done last waits for, 0 when it need not wait. */
  ticket = 0
  /** While a run is being routed, other messages must wait: they would overwrite its variants. */
  busy = false
  /** Set by whoever has messages waiting: `resumeWaiting` is called after this routing. */
  hasWaiting = false
  /** Memory is over its limit: no messages of clients. */
  isFull = false
  readonly #parts: RouterParts
  #hasTraffic = false

  constructor(parts: RouterParts) {
    this.#parts = parts
  }

  /** Somebody wants to be shown each message: runs of several must come packet by packet, each with a Reason Code of its own. */
  get asksEach(): boolean {
    return this.#parts.interception.publish !== null
  }

  /** Routes the selected packets; returns the Reason Code for their acknowledgement. Allocates nothing when nothing changed. */
  route(publisher: Publisher, run: PublishRun): number {
    const topic = this.#topicOf(publisher, run)
    const { generation } = this.#parts.authorizers
    const refusal = this.#refusal(publisher, topic, run, generation)
    if (refusal !== 0) return refusal
    return this.asksEach ? this.#intercepted(publisher, topic, run) : this.#distribute(publisher, topic, run, generation)
  }

  /** First half of QoS 2: permission and durability; the message waits for PUBREL. Returns the Reason Code for PUBREC. */
  admit(publisher: Publisher, run: PublishRun): number {
    const topic = this.#topicOf(publisher, run)
    const { retained, now, authorizers } = this.#parts
    const refusal = this.#refusal(publisher, topic, run, authorizers.generation)
    if (refusal === 0 && (run.header & 1) !== 0 && !retained.hasRoom(topic.name, run, now())) return ReasonCode.QuotaExceeded
    return refusal
  }

  /** Second half of QoS 2. `arrived` is when its PUBLISH came: Message Expiry counts from there. */
  routeAdmitted(publisher: Publisher, run: PublishRun, arrived: number): void {
    const topic = this.#topicOf(publisher, run)
    const waited = run.expiry < 0 ? 0 : Math.floor((this.#parts.now() - arrived) / 1000)
    const left = waited === 0 ? run : waited < run.expiry ? aged(run, run.expiry - waited) : null
    if (left !== null && this.asksEach) this.#interceptEach(publisher, topic, left)
    else if (left !== null) this.#distribute(publisher, topic, left, this.#parts.authorizers.generation)
    else this.#parts.counters.publishesDropped += run.count // [MQTT-3.3.2-5]
  }

  /** By the topic of last time, the one that followed it last time, or the table; throws ProtocolError for what is no Topic Name. */
  #topicOf(publisher: Publisher, run: PublishRun): Topic {
    const last = publisher.lastTopic
    if (last?.equals(run.topicBytes, run.topicAt, run.topicLength) === true) {
      run.topicId = last.id
      last.used = true
      return last
    }
    const guess: Topic | null = last === null ? null : last.follower
    const topic =
      guess?.equals(run.topicBytes, run.topicAt, run.topicLength) === true ? guess : this.#parts.topics.intern(run.topicBytes, run.topicAt, run.topicLength)
    if (last !== null && last.length > 0) last.follower = topic
    publisher.lastTopic = topic
    topic.used = true
    run.topicId = topic.id
    return topic
  }

  /** Asks for permission; 0 = the run may come in. */
  #refusal(publisher: Publisher, topic: Topic, run: PublishRun, generation: number): number {
    const { counters, trace, limits, stored } = this.#parts
    this.ticket = 0
    if (stored?.persistence.isFull === true && run.qos > 0 && publisher.session !== null && !this.isUnsent) {
      counters.publishesDropped += run.count
      return ReasonCode.QuotaExceeded
    }
    if ((this.isFull || limits.messageSizeLimit > 0) && publisher.session !== null) {
      const excess = this.#excess(publisher, run, limits.messageSizeLimit)
      if (excess !== 0) return excess
    }
    const isAllowed = publisher.verdicts.allows(topic.id, generation) || this.#mayPublish(publisher, topic)
    if (trace !== null && publisher.session !== null && !this.isUnsent) tracePublishes(trace, isAllowed ? 'received' : 'denied', publisher.clientId, run)
    if (isAllowed) return 0
    counters.publishesRefused += run.count
    return ReasonCode.NotAuthorized
  }

  /** Why the broker has no room for a run. With a limit of sizes, runs that may exceed it come packet by packet (server-connection.ts). */
  #excess(publisher: Publisher, run: PublishRun, messageSizeLimit: number): number {
    const { counters, trace } = this.#parts
    let isTooLarge = false
    if (messageSizeLimit > 0 && run.largest > messageSizeLimit)
      for (let i = run.from; i < run.to; i++) isTooLarge ||= payloadBytesOf(run, i, i + 1) > messageSizeLimit
    if (!isTooLarge && !this.isFull) return 0
    counters.publishesDropped += run.count
    if (isTooLarge && trace !== null) tracePublishes(trace, 'too large', publisher.clientId, run)
    return ReasonCode.QuotaExceeded // for both: PUBACK and PUBREC may not carry 0x95, which Mosquitto sends [MQTT-3.4.2-1, MQTT-3.5.2-1]
  }

  #mayPublish(publisher: Publisher, topic: Topic): boolean {
    if (publisher.session === null) return true
    if (!this.#hasTraffic) {
      this.#hasTraffic = true
      this.#parts.firstPublish()
    }
    if (topic.isReserved && controlOf(publisher, topic) === undefined) return false
    const { authorizers } = this.#parts
    const { authorizer, clientId, userName } = publisher
    const permission = this.isUnsent
      ? authorizers.ask(clientId, () => authorizer.mayPublish(clientId, userName, topic.name))
      : authorizer.mayPublish(clientId, userName, topic.name)
    if (permission === 'allow') publisher.verdicts.remember(topic.id, authorizers.generation)
    return permission === 'allow' || permission === 'uncacheable-allow'
  }

  /** QoS 2 is released in runs. */
  #interceptEach(publisher: Publisher, topic: Topic, run: PublishRun): void {
    const { from, to } = run
    for (let i = from; i < to; i++) {
      run.select(i, i + 1)
      this.#intercepted(publisher, topic, run)
    }
    run.select(from, to)
  }

  /** What is published while somebody is asked about this message comes after it. */
  #intercepted(publisher: Publisher, topic: Topic, run: PublishRun): number {
    const { session } = publisher
    const { counters, interception, authorizers } = this.#parts
    if (session === null || interception.publish === null) return this.#distribute(publisher, topic, run, authorizers.generation)
    this.busy = true
    const answer = interception.publish(session, run)
    this.busy = false
    let code = 0
    if (typeof answer === 'number') {
      code = answer
      counters.publishesRefused += run.count
    } else code = this.#distribute(publisher, answer === run ? topic : this.#topicOf(publisher, answer), answer, authorizers.generation)
    this.#resumeWaiting()
    return code
  }

  #resumeWaiting(): void {
    if (!this.hasWaiting) return
    const ticket = this.ticket
    this.#parts.resumeWaiting()
    this.ticket = ticket
  }

  /** `generation` of the rights: asked once per run, because asking costs as much as looking up the recipients. */
  #distribute(publisher: Publisher, topic: Topic, run: PublishRun, generation: number): number {
    if (topic.isReserved && publisher.session !== null) return this.#hand(publisher, topic, run)
    const recipients = this.#recipientsOf(topic, generation)
    const { header } = run
    let retainedTopic: string | null = null
    if ((header & 1) !== 0) {
      const { retained, now, limits } = this.#parts
      const clientId = publisher.session === null ? null : publisher.clientId
      const isStored = retained.store(topic.name, run, now(), clientId, publisher.userName, publisher.authorizer, limits.retainExpiryInterval)
      if (!isStored && (header & 6) !== 4) return ReasonCode.QuotaExceeded // QoS 2 was admitted: it goes to those who listen
      if (isStored && this.#parts.stored !== null) retainedTopic = this.#retain(this.#parts.stored, topic, run)
    }
    const { direct, shared } = recipients
    if (direct.length + shared.length === 0) {
      if (retainedTopic !== null) this.#write(publisher, run, retainedTopic)
      return recipients.hasSubscribers ? 0 : ReasonCode.NoMatchingSubscribers
    }
    this.busy = true
    try {
      if (run.count > recipients.portion) this.#inPortions(publisher, run, recipients, retainedTopic)
      else this.#toAll(publisher, run, recipients, retainedTopic)
    } catch (error) {
      this.#abandon(publisher, run) // a fault of ours, which ends one connection: the next run must find everything as it should be
      throw error
    }
    this.busy = false
    this.#resumeWaiting()
    return 0
  }

  /** A message of the broker's own side, not retained, to those subscribers only that are meant. */
  routeTo(publisher: Publisher, run: PublishRun, isMeant: (session: Session) => boolean): void {
    const { direct, shared, ...rest } = this.#recipientsOf(this.#topicOf(publisher, run), this.#parts.authorizers.generation)
    const meant = ({ session }: Subscription): boolean => isMeant(session)
    const groups = shared.map(({ group, members }) => ({ group, members: members.filter(meant) })).filter(({ members }) => members.length > 0)
    this.#toAll(publisher, run, { ...rest, direct: direct.filter(meant), shared: groups }, null)
  }

  /** To the handler of a control topic: nothing is delivered or retained. */
  #hand(publisher: Publisher, topic: Topic, run: PublishRun): number {
    const handler = controlOf(publisher, topic)
    for (let i = run.from; i < run.to; i++) {
      const payload = run.bytes.slice(run.bodies[i]! + run.headLength, run.starts[i + 1]!)
      handler?.request(publisher.clientId, publisher.userName, payload, topic.name)
    }
    return handler === undefined ? ReasonCode.NoMatchingSubscribers : 0
  }

  /**
   * One packet at a time when some client gets several copies of each: they must come in the order of the messages, not of the
   * subscriptions. A few at a time when identifiers would make much of little.
   */
  #inPortions(publisher: Publisher, run: PublishRun, recipients: Recipients, retainedTopic: string | null): void {
    const { from, to } = run
    const { portion } = recipients
    for (let at = from; at < to; at += portion) {
      run.select(at, Math.min(to, at + portion))
      this.#toAll(publisher, run, recipients, at + portion < to ? null : retainedTopic)
    }
    run.select(from, to)
  }

  #toAll(publisher: Publisher, run: PublishRun, { direct, shared }: Recipients, retainedTopic: string | null): void {
    const { from, to } = run
    const qos = this.#parts.limits.upgradeOutgoingQos ? 2 : run.qos
    const retained = (run.header & 1) as 0 | 1
    for (let i = 0; i < direct.length; i++) {
      const subscription = direct[i]!
      if (subscription.session === publisher.session ? subscription.noLocal : subscription.isOnlyLocal) continue // [MQTT-3.8.3-3]
      const granted = subscription.qos
      subscription.session.deliver(run, from, to, qos < granted ? qos : granted, (retained & subscription.retainMask) as 0 | 1, subscription.identifiers)
    }
    for (let i = 0; i < shared.length; i++) this.#deal(run, qos, shared[i]!)
    if (this.#parts.stored !== null) this.#write(publisher, run, retainedTopic)
    this.#parts.variants.reset()
    if (run.slab !== null) this.#letGo(run)
  }

  /** Each message to one member [section 4.8.2]: the packets of a run in turn, or in pieces. */
  #deal(run: PublishRun, most: Qos, { group, members }: SharedRecipients): void {
    const retained = (run.header & 1) as 0 | 1
    const piece = group.pieceOf(members, run.count, run.largest, run.version)
    for (let i = run.from; i < run.to; i += piece) {
      const size = piece === 1 ? run.starts[i + 1]! - run.starts[i]! : run.largest
      const member: Subscription | null = group.next(members, most, size, run.version)
      if (member === null) continue
      const qos = Math.min(most, member.qos) as Qos
      member.session.deliver(run, i, Math.min(run.to, i + piece), qos, (retained & member.retainMask) as 0 | 1, member.identifiers)
    }
  }

  #recipientsOf(topic: Topic, generation: number): Recipients {
    const { topics } = this.#parts
    const stamp = topics.branches.stamp(topic.branch1, topic.branch2, topic.branch3) + generation
    if (topic.stamp === stamp && topic.recipients !== null) return topic.recipients
    topic.recipients = null
    topic.stamp = stamp // whoever is asked may change subscriptions, which sets it back
    const found: Subscription[] = []
    const groups: SharedGroup[] = []
    this.#parts.tree.match(topic.name, found, groups)
    const recipients = resolveRecipients(topic.name, found, groups, this.#parts.limits.allowDuplicateMessages)
    topic.recipients = recipients
    if (recipients.uncertain) topic.stamp = -1
    return recipients
  }

  #abandon(publisher: Publisher, run: PublishRun): void {
    this.busy = false
    if (this.#parts.stored !== null) this.#write(publisher, run, null) // those that have it, have it
    this.#parts.variants.reset()
    if (run.slab !== null) this.#letGo(run)
  }

  /** What the set of retained messages has lost is told at once, what it has got with the message: its topic is returned. `$SYS` is made anew each time, by bridges too. */
  #retain({ persistence }: StoredMessages, topic: Topic, run: PublishRun): string | null {
    // with a full disk QoS 0 goes on, but nothing of it is kept beyond a restart
    if (topic.name.startsWith('$SYS/') || (persistence.isFull && run.qos === 0)) return null
    if (payloadBytesOf(run, run.to - 1, run.to) > 0) return topic.name
    persistence.retainedCleared(topic.name)
    this.ticket = persistence.ticket
    return null
  }

  #write({ session, clientId, userName }: Publisher, run: PublishRun, retainedTopic: string | null): void {
    const listener = retainedTopic === null || session === null || session.rules.name === '' ? null : session.rules.name
    const ticket = this.#parts.stored!.write(run, session === null ? null : clientId, userName, retainedTopic, listener)
    if (ticket > 0) this.ticket = ticket
  }

  /** Ends this routing's own hold on the stored copy. */
  #letGo(run: PublishRun): void {
    this.#parts.slabs.release(run.slab!, 1)
    run.slab = null
  }
}

/** Who takes what this client publishes to a reserved topic. */
function controlOf(publisher: Publisher, { name }: Topic): ControlHandler | undefined {
  const controls = publisher.session?.rules.controls
  return controls?.get(name) ?? (name.startsWith('$CONTROL/') ? controls?.get(OTHER_CONTROLS) : undefined)
}
