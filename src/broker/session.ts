// One client's state: subscriptions, window, queue, caches. With or without a connection.
// `deliver` is the end of the router's work: a run arrives as it was published, and leaves in the shape this client must see.

import type { Deadline } from '../base/deadlines.ts'
import type { OutputBuffer } from '../base/output-buffer.ts'
import type { AttachedConnection } from '../session/effects.ts'
import { IncomingPublishes } from '../session/incoming-publishes.ts'
import { OutgoingPublishes } from '../session/outgoing-publishes.ts'
import { storedTopicName } from '../session/stored-topic.ts'
import { tracePublishes } from '../session/trace-publishes.ts'
import { aged } from '../wire/mqtt/aged-run.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import type { Qos, Will } from '../wire/mqtt/packet.ts'
import { type PublishRun, payloadBytesOf, type WireVersion } from '../wire/mqtt/publish-run.ts'
import { parseSharedFilter } from '../wire/mqtt/topics.ts'
import type { ListenerHost } from './listener-host.ts'
import type { ListenerRules } from './listener-rules.ts'
import type { MountPoint } from './mount-point.ts'
import { OutgoingAliases } from './outgoing-aliases.ts'
import { OutgoingQueue, type QueuedRun } from './outgoing-queue.ts'
import { type Authorizer, DoneReason, type Permission } from './ports.ts'
import type { Publisher } from './routing/router.ts'
import type { Subscription } from './routing/subscription.ts'
import type { Topic } from './routing/topic-table.ts'
import { VerdictCache } from './routing/verdict-cache.ts'
import type { Feed, SessionContext } from './session-context.ts'
import { type RestoredMessage, SessionJournal } from './session-journal.ts'

/** Packets sent from the queue at a time. */
const DRAIN = 1024

export class Session implements Publisher {
  readonly clientId: string
  userName: string | null
  /** Of the listener that it last used. */
  rules: ListenerRules
  /** Outlives its connection: what is sent is kept until it is acknowledged. */
  readonly persistent: boolean
  /** Seconds; 0xFFFFFFFF = for ever. */
  sessionExpiryInterval: number
  version: WireVersion = 4
  /** By which the store knows it; 0 = not at all. */
  readonly number: number
  /** Null unless it is stored. */
  readonly journal: SessionJournal | null
  /** A 3.x bridge: its subscriptions are No Local and Retain As Published, which 3.x cannot say. */
  isBridge = false
  /** Largest packet this client takes, in bytes. */
  maximumPacketSize = 0xffffffff
  readonly incoming: IncomingPublishes
  readonly outgoing: OutgoingPublishes
  readonly queue: OutgoingQueue
  readonly subscriptions: Map<string, Subscription> = new Map()
  /** UTF-16 units of their Topic Filters. */
  filterText = 0
  connection: AttachedConnection | null = null
  /** Of the present or last connection; null once published or given up. */
  will: Will | null = null
  /** Made when they are set for the first time: most sessions never do. */
  willDeadline: Deadline | null = null
  expiryDeadline: Deadline | null = null
  /** The router's memory of this client as a publisher. */
  lastTopic: Topic | null = null
  verdicts: VerdictCache = new VerdictCache()
  readonly session: Session = this
  feed: Feed | null = null
  #output: OutputBuffer | null = null
  /** Of the present connection; to look at. */
  aliases: OutgoingAliases | null = null
  #mountPoint: MountPoint | null
  /** The mount point under which unfinished messages were sent. */
  #sentUnder = ''
  /** Generation of the rights by which everything in the queue, and everything unfinished, may be read; -1 = ask again. */
  #queueRights = -1
  #sentRights = -1
  /** What may be sent again, when that must be asked. */
  #allowsResend: ((topicName: string) => boolean) | null = null
  #dropping = false
  #isOver = false
  readonly #context: SessionContext

  /** `number` is 0 when it is not stored. */
  constructor(clientId: string, userName: string | null, persistent: boolean, listener: ListenerHost, context: SessionContext, number = 0) {
    this.clientId = clientId
    this.userName = userName
    this.rules = listener.rules
    this.#mountPoint = listener.mountPoint
    this.persistent = persistent
    this.sessionExpiryInterval = 0
    this.#context = context
    this.incoming = new IncomingPublishes(context.slabs, context.limits.receiveMaximum, context.limits.receiveMaximumEnforced)
    this.outgoing = new OutgoingPublishes(persistent ? context.slabs : null, context.limits.maximumInflightBytes)
    this.queue = new OutgoingQueue(context.slabs)
    this.number = number
    const isStored = context.stored !== null && number > 0 && persistent
    this.journal = isStored ? new SessionJournal(number, context.stored, (ticket) => this.connection?.hold(ticket)) : null
    this.outgoing.marks = this.journal
  }

  get isOnline(): boolean {
    return this.connection !== null
  }

  get authorizer(): Authorizer {
    return this.rules.authorizer
  }

  /** Of its subscriptions. */
  get maximumQos(): Qos {
    return this.rules.limits.maximumQos
  }

  /** Somebody else has it now, or it comes by another listener: what was remembered about permissions no longer holds. */
  become(userName: string | null, listener: ListenerHost): void {
    this.userName = userName
    this.rules = listener.rules
    this.#mountPoint = listener.mountPoint
    this.verdicts = new VerdictCache()
    this.#queueRights = this.#sentRights = -1
  }

  /** Asks the authoriser. */
  permissionToReceive(topicName: string): Permission {
    return this.#context.authorizers.ask(this.clientId, () => this.authorizer.mayReceive(this.clientId, this.userName, topicName))
  }

  mayReceive(topicName: string): boolean {
    return this.permissionToReceive(topicName).endsWith('allow')
  }

  /** Behind a mount point, too, a leading wildcard does not match names that begin with `$` [MQTT-4.7.2-1]. */
  hides(subscription: Subscription, topicName: string): boolean {
    const mountPoint = this.#mountPoint
    if (mountPoint === null || topicName[mountPoint.text.length] !== '$') return false
    for (const [topicFilter, own] of this.subscriptions) {
      if (own !== subscription) continue
      const first = (parseSharedFilter(topicFilter)?.topicFilter ?? topicFilter)[mountPoint.text.length]
      return first === '+' || first === '#'
    }
    return false
  }

  /** A connection with this session begins. */
  attach(connection: AttachedConnection, topicAliases: number): void {
    this.connection = connection
    this.#output = connection.link.output
    this.aliases = topicAliases > 0 ? new OutgoingAliases(topicAliases) : null
    if (this.journal !== null && this.journal.restored.length > 0) this.#takeRestored(this.journal.restored.splice(0))
    this.outgoing.restart()
    const { generation } = this.#context.authorizers
    const under = this.#sentUnder
    this.#allowsResend = this.#sentRights === generation ? null : (topicName) => this.mayReceive(under + topicName)
    this.#sentRights = generation
    this.#sentUnder = this.#mountPoint?.text ?? ''
  }

  /** The connection has ended. */
  detach(): void {
    this.connection = null
    this.#output = null
    this.aliases = null
    if (!this.#keepsQos0) this.#context.counters.publishesDropped += this.queue.dropQos0()
  }

  /** Sends, queues or drops packets [from, to) of a borrowed run, with this QoS, RETAIN and Subscription Identifiers. */
  deliver(run: PublishRun, from: number, to: number, qos: Qos, retain: 0 | 1, identifiers: readonly number[] | null): void {
    const output = this.#output
    const { journal, outgoing } = this
    let at = from
    if (qos === 0) {
      if (output === null) {
        if (!this.#keepsQos0) return // QoS 0 is for those who are there
      } else if (this.queue.messagesQos0 === 0 && !output.full) {
        this.#transmit(run, from, to, 0, retain, identifiers, output, 0)
        at = to
      }
    } else if (output !== null && this.queue.messages === 0) {
      // more than once only when packets too large for the client were dropped and left their room to others
      while (at < to && !output.full) {
        const room = journal === null ? outgoing.room : outgoing.roomFrom(journal.next)
        if (room <= 0) break
        const end = Math.min(to, at + room)
        const number = journal === null ? 0 : journal.accept(run, at, end, qos, retain, identifiers)
        this.#transmit(run, at, end, qos, retain, identifiers, output, number)
        at = end
      }
    }
    if (at < to) this.#enqueue(run, at, to, qos, retain, identifiers)
  }

  /** Sends what waits while window and socket allow: first what an earlier connection left unfinished, then the queue. */
  resume(): void {
    const output = this.#output
    if (output === null) return
    this.outgoing.resend(output, this.version, this.maximumPacketSize, this.#context.now(), this.#allowsResend)
    this.#drain(output)
    if (this.queue.messages === 0) this.#dropping = false
    if (this.feed !== null) this.feed.resume()
  }

  /** A message of this QoS, delivered now, goes out at once. */
  takesNow(qos: Qos): boolean {
    const output = this.#output
    if (output === null || output.full) return false
    if (qos === 0) return this.queue.messagesQos0 === 0
    return this.queue.messages === 0 && (this.journal === null ? this.outgoing.room : this.outgoing.roomFrom(this.journal.next)) > 0
  }

  /** Half of the queue is free: room for what is not live. */
  get hasQueueRoom(): boolean {
    const { maximumQueuedMessages: most, maximumQueuedBytes: bytes } = this.#context.limits
    return (most === 0 || this.queue.messages * 2 < most) && (bytes === 0 || this.queue.bytes * 2 < bytes)
  }

  /** Whatever is delivered now would be dropped. */
  get isStuffed(): boolean {
    const { maximumQueuedMessages: most } = this.#context.limits
    return most > 0 && this.queue.messages >= most && (this.#output === null || this.#output.full)
  }

  /** Ends the session: nothing of it may stay referenced. */
  clear(): void {
    this.#isOver = true
    this.#endFeed()
    this.journal?.forget()
    for (const { slab } of this.journal?.restored.splice(0) ?? []) if (slab !== null) this.#context.slabs.release(slab, 1)
    this.queue.clear()
    this.outgoing.clear()
    this.incoming.clear()
    this.subscriptions.clear()
    this.will = null
    this.lastTopic = null
  }

  get #keepsQos0(): boolean {
    return this.persistent && this.#context.limits.queueQos0Messages
  }

  #drain(output: OutputBuffer): void {
    if (this.queue.messages > 0 && this.#queueRights !== this.#context.authorizers.generation) this.#recheckQueue()
    for (let first = this.queue.first; first !== null && !output.full; first = this.queue.first) {
      const room = first.qos === 0 ? DRAIN : first.number === 0 ? this.outgoing.room : this.outgoing.roomFrom(first.number)
      if (room <= 0) return
      this.#sendFirst(first, Math.min(room, DRAIN), output)
    }
  }

  /** Rights have changed: what the client may no longer read goes. */
  #recheckQueue(): void {
    const known = new Map<string, boolean>()
    const dropped = this.queue.keep(({ slab, at, number, count }) => {
      const topicName = storedTopicName(slab.bytes, at)
      const verdict = known.get(topicName) ?? this.mayReceive(topicName)
      known.set(topicName, verdict)
      if (!verdict && number > 0) this.journal?.lost(number, count, DoneReason.Refused)
      return verdict
    })
    this.#context.counters.publishesDropped += dropped
    this.#queueRights = this.#context.authorizers.generation
  }

  #endFeed(): void {
    this.feed?.close()
    this.feed = null
  }

  #sendFirst(queued: QueuedRun, most: number, output: OutputBuffer): void {
    const { counters, variants, queued: stored, now } = this.#context
    const time = queued.expires === Infinity ? 0 : now()
    if (time >= queued.expires) {
      counters.publishesDropped += queued.count // [MQTT-3.3.2-5]
      if (queued.number > 0) this.journal?.lost(queued.number, queued.count, DoneReason.Expired)
      this.queue.taken(queued.count, queued.end)
      return
    }
    readRun(stored, queued.slab.bytes, queued.at, queued.end, queued.version, most)
    const count = stored.count
    const end = stored.end
    let run = stored
    if (queued.expires !== Infinity) {
      run = aged(stored, Math.ceil((queued.expires - time) / 1000))
    } else {
      run.slab = queued.slab
      run.slabShift = 0
    }
    run.topicId = queued.topicId
    this.#transmit(run, 0, count, queued.qos, queued.retain, queued.identifiers, output, queued.number)
    variants.reset()
    if (run !== stored && run.slab !== null) this.#context.slabs.release(run.slab, 1)
    stored.slab = null
    this.queue.taken(count, end)
  }

  /** Sends packets [from, to) now; the window has room for them. `number` is that of the first, 0 when they have none. */
  #transmit(
    run: PublishRun,
    from: number,
    to: number,
    qos: Qos,
    retain: 0 | 1,
    identifiers: readonly number[] | null,
    output: OutputBuffer,
    number: number,
  ): void {
    const { version } = this
    const mountPoint = this.#mountPoint
    if (mountPoint !== null && !mountPoint.holds(run)) {
      if (number > 0) this.journal?.lost(number, to - from, DoneReason.Refused) // subscribed to by another listener
      return
    }
    const strip = mountPoint === null ? 0 : mountPoint.bytes.length
    // outgoing bytes equal incoming ones: the run itself is sent
    const isPlain = strip === 0 && run.header === (0x30 | (qos << 1) | retain) && version === run.version && (identifiers === null || version === 4)
    const shaped = isPlain ? run : this.#context.variants.of(run, { version, qos, retain, identifiers, alias: 0, omitTopic: false, strip })
    const shift = isPlain ? 0 : -run.from
    if (shaped.largest > this.maximumPacketSize) {
      this.#sendFitting(shaped, from + shift, to + shift, output, number)
      return
    }
    if (this.aliases === null || run.topicId === 0) this.#send(shaped, from + shift, to + shift, shaped, 0, output, number)
    else this.#sendAliased(this.aliases, run, shaped, shift, from, to, qos, retain, identifiers, strip, output, number)
  }

  /**
   * Some packets are too large for this client: dropped as if delivered [MQTT-3.1.2-24, MQTT-3.1.2-25]. The others go out as they were
   * shaped, without a Topic Alias, which need not be used.
   */
  #sendFitting(shaped: PublishRun, from: number, to: number, output: OutputBuffer, first: number): void {
    const { counters, trace } = this.#context
    for (let i = from; i < to; i++) {
      const number = first === 0 ? 0 : first + i - from
      if (shaped.starts[i + 1]! - shaped.starts[i]! <= this.maximumPacketSize) {
        this.#send(shaped, i, i + 1, shaped, 0, output, number)
        continue
      }
      counters.publishesDropped++
      if (number > 0) this.journal?.lost(number, 1, DoneReason.TooLarge)
      if (trace !== null) tracePublishes(trace, 'too large', this.clientId, shaped, 0, i, i + 1)
    }
  }

  /** 5.0 with aliases: the first packet of a topic tells name and alias, those after it the alias alone [MQTT-3.3.2-12]. */
  #sendAliased(
    aliases: OutgoingAliases,
    run: PublishRun,
    shaped: PublishRun,
    shift: number,
    from: number,
    to: number,
    qos: Qos,
    retain: 0 | 1,
    identifiers: readonly number[] | null,
    strip: number,
    output: OutputBuffer,
    number: number,
  ): void {
    const { variants } = this.#context
    const topicId = run.topicId
    let alias = aliases.known(topicId)
    let at = from
    if (alias === 0) {
      alias = aliases.free
      const defining = alias === 0 ? null : variants.of(run, { version: 5, qos, retain, identifiers, alias, omitTopic: false, strip })
      if (defining === null || defining.largest > this.maximumPacketSize) {
        this.#send(shaped, from + shift, to + shift, shaped, 0, output, number)
        return
      }
      aliases.set(topicId, alias)
      this.#send(defining, at - run.from, at + 1 - run.from, shaped, shift + run.from, output, number)
      at++
      if (number > 0) number++
    }
    if (at === to) return
    const brief = variants.of(run, { version: 5, qos, retain, identifiers, alias, omitTopic: true, strip })
    if (brief.largest > this.maximumPacketSize)
      this.#send(shaped, at + shift, to + shift, shaped, 0, output, number) // an alias may be longer than a short name
    else this.#send(brief, at - run.from, to - run.from, shaped, shift + run.from, output, number)
  }

  /** The bytes go out. For a resend `kept` is kept: packet i of the run is packet i + keptShift of it. */
  #send(run: PublishRun, from: number, to: number, kept: PublishRun, keptShift: number, output: OutputBuffer, number: number): void {
    const { counters, trace, now } = this.#context
    if (number > 0) this.outgoing.skipTo(number)
    const firstId = this.outgoing.nextId
    if ((run.header & 6) === 0) output.append(run.bytes, run.starts[from]!, run.starts[to]!, to - from === run.count ? run : null)
    else {
      if (this.outgoing.keeps) this.#store(kept)
      if (number > 0) this.journal?.sending(number + to - from, run.qos)
      this.outgoing.send(run, from, to, output, kept, keptShift, kept.expiry < 0 ? 0 : now())
    }
    counters.messagesSent += to - from
    counters.publishesSent += to - from
    counters.publishBytesSent += payloadBytesOf(run, from, to)
    if (trace !== null) tracePublishes(trace, 'sending', this.clientId, kept, firstId, from + keptShift, to + keptShift)
  }

  /** max_queued_messages and bytes: the newest are refused, as in Mosquitto. */
  #enqueue(run: PublishRun, from: number, to: number, qos: Qos, retain: 0 | 1, identifiers: readonly number[] | null): void {
    if (this.#isOver) return // while those who may read were being found
    const { limits, counters, now } = this.#context
    const { queue } = this
    const start = run.starts[from]!
    const most = limits.maximumQueuedMessages === 0 ? Infinity : limits.maximumQueuedMessages
    let end = Math.min(to, from + Math.max(0, most - queue.messages))
    if (limits.maximumQueuedBytes > 0) while (end > from && queue.bytes + run.starts[end]! - start > limits.maximumQueuedBytes) end--
    if (end < to) {
      counters.publishesDropped += to - end
      if (!this.#dropping) this.#context.dropping(this)
      this.#dropping = true
    }
    if (end === from) return
    if (queue.messages === 0) this.#queueRights = this.#context.authorizers.generation
    this.#store(run)
    const number = this.journal === null || qos === 0 ? 0 : this.journal.accept(run, from, end, qos, retain, identifiers)
    queue.push(run, from, end, qos, retain, identifiers, now(), number)
  }

  /** What was sent before the broker's restart takes its place in the window, in the shape that this client must see. */
  #takeRestored(messages: readonly RestoredMessage[]): void {
    const { queued: stored, variants, slabs } = this.#context
    const { version } = this
    const mountPoint = this.#mountPoint
    const strip = mountPoint === null ? 0 : mountPoint.bytes.length
    for (const { number, slab, at, end, version: layout, qos, retain, identifiers, expires } of messages) {
      if (slab === null) {
        this.outgoing.restore(number, null, 0)
        continue
      }
      readRun(stored, slab.bytes, at, end, layout)
      if (mountPoint !== null && !mountPoint.holds(stored)) this.journal?.lost(number, 1, DoneReason.Refused)
      else {
        const shaped = variants.of(stored, { version, qos, retain, identifiers, alias: 0, omitTopic: false, strip })
        this.#store(shaped)
        this.outgoing.restore(number, shaped, expires)
        variants.reset()
      }
      slabs.release(slab, 1)
    }
    this.#sentUnder = mountPoint?.text ?? ''
    this.#sentRights = -1
  }

  /** Copies the run to a slab unless another session already caused that. */
  #store(run: PublishRun): void {
    if (run.slab !== null) return
    const slab = this.#context.slabs.store(run.bytes, run.start, run.end)
    run.slab = slab
    run.slabShift = slab.used - run.end
  }
}
