// One tab of the console in the Worker: a connection, its recorder, its tree and its packets, and what the page is looking at.
// Tells the page at most 15 times a second, and only what is visible.

import { browserTimers, type WebSocketMaker } from '../../client/browser.ts'
import type { OutgoingMessage } from '../../session/client-effects.ts'
import type { Publish } from '../../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../wire/mqtt/properties.ts'
import { BrokerLink } from './broker-link.ts'
import { DemoSensors } from './demo-sensors.ts'
import { MessageList } from './message-list.ts'
import type { Recorded } from './message-rows.ts'
import { BUFFER_BUDGET, MessageStore } from './message-store.ts'
import { MutedTopics, mutedAbove } from './muted-topics.ts'
import { PacketDesk } from './packet-desk.ts'
import { PacketRecorder } from './packet-recorder.ts'
import { PacketStream } from './packet-stream.ts'
import type { PayloadMask } from './payload-mask.ts'
import type { ConnectionPhase, Emit, Profile } from './protocol.ts'
import { Publisher } from './publisher.ts'
import { SecondRates } from './second-rates.ts'
import { Subscriptions } from './subscriptions.ts'
import { TabViews } from './tab-views.ts'
import { TimeHistogram } from './time-histogram.ts'
import { TopicNames } from './topic-names.ts'
import { TopicTree } from './topic-tree.ts'

export interface TabEnvironment {
  readonly socket: WebSocketMaker | null
  /** Milliseconds since 1970, with fraction. */
  readonly wallMs: () => number
  readonly random: () => number
  /** Of all tabs. */
  readonly mask: PayloadMask
}

/** Milliseconds between two lines of numbers. */
const NUMBERS_MS = 500

export class Tab implements Recorded {
  readonly id: number
  readonly store = new MessageStore()
  readonly names = new TopicNames()
  readonly tree: TopicTree
  readonly mask: PayloadMask
  readonly subscriptions = new Subscriptions()
  readonly muted = new MutedTopics()
  readonly histogram = new TimeHistogram()
  readonly packets: PacketDesk
  readonly list: MessageList
  readonly link: BrokerLink
  readonly publisher: Publisher
  readonly demo = new DemoSensors()
  readonly views: TabViews
  readonly #environment: TabEnvironment
  readonly #emit: Emit
  readonly #recorder: PacketRecorder
  readonly #rates = new SecondRates()
  readonly #isFile: boolean
  #stream: PacketStream | null = null
  #streamUrl: string | null = null
  /** Whose packets are shown: ours, the broker's; or nobody knows yet, and ours wait. */
  #source: 'own' | 'asked' | 'stream' = 'own'
  #ownWaiting: Uint8Array[] = []
  #missed = 0
  #received = 0
  #numbersAt = 0

  constructor(id: number, isFile: boolean, environment: TabEnvironment, emit: Emit) {
    this.id = id
    this.#isFile = isFile
    this.#environment = environment
    this.#emit = emit
    this.mask = environment.mask
    this.tree = new TopicTree(undefined, this.mask)
    this.packets = new PacketDesk(id, emit, this.mask)
    this.#recorder = new PacketRecorder(environment, (bytes) => {
      if (this.#source === 'own') this.packets.push(bytes)
      else if (this.#source === 'asked') this.#ownWaiting.push(bytes)
    })
    const topicOf = (topicId: number): string => this.names.nameOf(topicId)
    this.list = new MessageList({
      store: this.store,
      topicOf,
      isMuted: (subscription) => this.subscriptions.isMuted(subscription),
      isTopicMuted: (topicId) => this.muted.hides(topicId, topicOf),
    })
    this.views = new TabViews(this, emit)
    const socket = environment.socket === null ? null : this.#recorder.recording(environment.socket)
    this.link = new BrokerLink({ ...environment, socket }, this.subscriptions, {
      phase: (phase) => this.#phase(phase),
      message: (publish) => this.#arrived(publish),
      delivered: (delivery, acknowledgement) => this.publisher.delivered(delivery, acknowledgement),
      undelivered: (delivery, error) => this.publisher.undelivered(delivery, error),
      subscriptionsChanged: () => this.tellSubscriptions(),
      notice: (level, what) => emit('notice', { connection: id, level, what }),
    })
    this.publisher = new Publisher({
      publish: (message) => this.link.publish(message),
      published: (message) => this.#published(message),
      after: browserTimers.after,
      wallMs: environment.wallMs,
      random: environment.random,
      progress: (progress) => emit('publish/progress', { connection: id, ...progress }),
    })
    if (isFile) this.#phase({ phase: 'file' })
  }

  now(): number {
    return this.#environment.wallMs()
  }

  connect(profile: Profile): void {
    this.mute(profile.muted)
    const known = new Set(this.subscriptions.options().map(({ filter }) => filter))
    for (const subscription of profile.subscriptions) if (!known.has(subscription.filter)) this.subscriptions.add(subscription)
    this.tellSubscriptions()
    this.#streamUrl = profile.stream
    this.#openStream()
    this.link.connect(profile)
  }

  /** A subscription or a branch of the tree is muted. */
  get hasMuted(): boolean {
    return this.subscriptions.hasMuted || !this.muted.isEmpty
  }

  /** The branches that are muted from now on. */
  mute(paths: readonly string[]): void {
    if (!this.muted.set(paths)) return
    this.tree.mute(this.muted.paths)
    this.list.show(this.list.find, this.hasMuted, true)
    this.views.refresh()
  }

  runDemo(isRunning: boolean): void {
    if (!isRunning) this.demo.stop()
    else
      this.demo.start(
        (message) => {
          if (!this.link.isLive) return
          this.link.publish(message)
          this.#published(message)
        },
        browserTimers.after,
        this.#environment.random,
      )
  }

  /** An empty retained message to each topic: the broker forgets what it keeps. */
  deleteRetained(topics: readonly string[]): void {
    for (const topicName of topics) {
      const message: OutgoingMessage = { topicName, payload: new Uint8Array(0), qos: 1, retain: true, properties: NO_PROPERTIES }
      this.link.publish(message)
      this.#published(message)
    }
  }

  tellSubscriptions(): void {
    this.#emit('subscriptions/state', { connection: this.id, subscriptions: this.subscriptions.states(this.now()) })
  }

  clear(): void {
    this.store.clear()
    this.tree.clear()
    this.histogram.clear()
    this.packets.clear()
    this.views.dirty = true
  }

  /** What is due now. `isOver` ends a slice of work. */
  tick(now: number, isOver: () => boolean): void {
    if (this.list.work(isOver)) this.views.dirty = true
    this.views.tick(now)
    this.packets.tick(now)
    if (now - this.#numbersAt >= NUMBERS_MS) {
      this.#numbersAt = now
      this.#tellNumbers(now)
      if (!this.#isFile) this.tellSubscriptions()
    }
  }

  close(): void {
    this.demo.stop()
    this.publisher.stopAll()
    this.#stream?.close()
    this.link.disconnect()
  }

  #phase(phase: ConnectionPhase): void {
    this.#emit('connection/phase', { connection: this.id, phase })
    if (phase.phase === 'live' && this.#stream === null) this.#openStream()
    if (phase.phase === 'refused' || phase.phase === 'offline') this.demo.stop()
  }

  #arrived(publish: Publish): void {
    const now = this.now()
    const subscription = this.subscriptions.arrived(publish, now)
    const seq = this.#record(publish, now, false, subscription, publish.dup)
    this.tree.arrived({ topic: publish.topicName, seq, time: now, payload: publish.payload, retain: publish.retain })
    this.#rates.add(now)
    this.#received++
    if (!this.#isMuted(publish.topicName)) this.histogram.add(now, this.subscriptions.seriesOf(subscription))
    this.views.dirty = true
  }

  #published(message: OutgoingMessage): void {
    const now = this.now()
    this.#record(message, now, true, -1, false)
    if (!this.#isMuted(message.topicName)) this.histogram.add(now, -1)
    this.views.dirty = true
  }

  #isMuted(topic: string): boolean {
    return mutedAbove(this.muted.paths, topic) !== null
  }

  #record(message: Publish | OutgoingMessage, time: number, isOut: boolean, subscription: number, dup: boolean): number {
    const { topicName, payload, qos, retain, properties } = message
    const topicId = this.names.idOf(topicName)
    const frame = this.#streamUrl === null ? this.#recorder.frames : 0
    const seq = this.store.add({ time, topicId, previous: this.names.lastOf(topicId), isOut, qos, retain, dup, subscription, payload, properties, frame })
    this.names.setLast(topicId, seq)
    return seq
  }

  /** The broker's own packets, where it gives them; until it has said so, ours are kept back: nothing shall stand there twice. */
  #openStream(): void {
    this.#stream?.close()
    this.#stream = null
    this.#useOwn()
    const { socket } = this.#environment
    if (this.#streamUrl === null || socket === null) return
    this.#source = 'asked'
    this.#stream = new PacketStream(this.#streamUrl, socket, {
      opened: () => {
        this.#source = 'stream'
        this.#ownWaiting = []
      },
      bytes: (bytes) => this.packets.push(bytes),
      missed: (events, bytes) => {
        this.#missed += bytes
        this.#emit('notice', { connection: this.id, level: 'warn', what: { notice: 'packets-missed', events, bytes } })
      },
      closed: (wasOpen) => {
        this.#stream = null
        this.#useOwn()
        if (wasOpen) this.#emit('notice', { connection: this.id, level: 'warn', what: { notice: 'stream-ended' } })
      },
    })
  }

  #useOwn(): void {
    if (this.#source === 'stream') this.#recorder.beginSection()
    this.#source = 'own'
    for (const bytes of this.#ownWaiting) this.packets.push(bytes)
    this.#ownWaiting = []
  }

  #tellNumbers(now: number): void {
    this.#emit('connection/numbers', {
      connection: this.id,
      rate: this.#rates.rate(now),
      received: this.#received,
      kept: this.store.kept,
      bufferBytes: this.store.bytes,
      bufferLimit: BUFFER_BUDGET,
      dropped: this.store.first,
      packetBytesMissed: this.packets.forgottenBytes + this.#missed,
      topicsBeyond: this.tree.beyond,
      ordinaryTopics: this.tree.ordinary,
      roundTripMs: this.link.roundTripMs,
      packetSource: this.#isFile ? 'file' : this.#source === 'stream' ? 'stream' : 'client',
    })
  }
}
