// What a program that embeds the broker can do beside listening: publish, subscribe, look, capture, plug in, bring connections along.
// Made before the broker, because the broker is given the plugins' ports; `join` then brings both together.

import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Link, Peer } from '../../base/link.ts'
import type { Log } from '../../base/log.ts'
import type { Broker } from '../../broker/broker.ts'
import { FaultLog } from '../../broker/fault-log.ts'
import type { ListenerRules } from '../../broker/listener-rules.ts'
import { ADMIT_ALL, PERMIT_ALL } from '../../broker/ports.ts'
import { errorOf, MqttError } from '../../client/errors.ts'
import { type Payload, payloadBytes } from '../../client/message.ts'
import type { SubscribeOptions, Subscription } from '../../client/subscription.ts'
import { openMemoryPair } from '../../net/memory-pair.ts'
import { createNetContext, type NetContext } from '../../net/net-context.ts'
import type { SocketLink } from '../../net/socket-link.ts'
import { openStreamLink } from '../../net/stream-link.ts'
import type { Observer } from '../../session/effects.ts'
import { encodedSize } from '../../wire/mqtt/encode.ts'
import { PacketType, type Qos } from '../../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../../wire/mqtt/properties.ts'
import { isTopicName } from '../../wire/mqtt/topics.ts'
import type { RunningBroker } from '../start-broker.ts'
import { type TapFollower, TapHub } from '../tap/tap-hub.ts'
import { CaptureFile } from './capture-file.ts'
import { ClientDirectory } from './client-directory.ts'
import { OWN_PEER, subscribeWithin } from './own-subscription.ts'
import { PacketFeed } from './packet-feed.ts'
import { PluggedAccess } from './plugged-access.ts'
import { PluggedObserver } from './plugged-observer.ts'
import type { Plugin } from './plugin.ts'
import { Plugins } from './plugins.ts'
import { RetainedMessages } from './retained-messages.ts'
import { TapSwitch } from './tap-switch.ts'

/** Bytes that may be published in one turn before `publish` makes the program wait for those who read. */
const BYTES_PER_TURN = 65_536
/** What a message counts beside its payload. */
const MESSAGE_BYTES = 256

/** How the program publishes. */
export interface OwnPublishOptions {
  /** 0 unless given. */
  readonly qos?: Qos
  readonly retain?: boolean
  readonly properties?: Properties
}

/** Where a stream given to `handle` comes from, as logs and plugins shall see it. */
export interface StreamOrigin {
  /** Empty unless given. */
  readonly address?: string
  readonly port?: number
}

/** What a broker is made of; set when it stands. */
interface Parts {
  readonly broker: Broker
  readonly context: NetContext
  /** The tap that stays; null = there is none. */
  readonly hub: TapHub | null
  /** The URL of the listener that a peer came by. */
  readonly listenerOf: (peer: Peer) => string
}

export interface EmbeddingOptions {
  /** Null = there is none: faults of plugins become warnings of the process. */
  readonly log: Log | null
  /** Milliseconds. */
  readonly now: () => number
  /** Named in captures. */
  readonly application: string
}

export class Embedding {
  readonly plugins: Plugins
  readonly access: PluggedAccess
  readonly #options: EmbeddingOptions
  readonly #subscriptions = new Set<Subscription>()
  readonly #captures = new Set<CaptureFile>()
  readonly #links = new Set<SocketLink>()
  /** For subscriptions of the program: not counted as bytes sent, and not tapped. */
  #ownContext: NetContext | null = null
  #parts: Parts | null = null
  // made when somebody first wants them: most brokers are never looked into
  #madeFeed: PacketFeed | null = null
  #madeRules: ListenerRules | null = null
  #madeDirectory: ClientDirectory | null = null
  #madeRetained: RetainedMessages | null = null
  #madeTaps: TapSwitch | null = null
  #isClosed = false
  #published = 0

  constructor(options: EmbeddingOptions) {
    const directory = (): ClientDirectory => this.clients
    const faults = new FaultLog(options.log ?? { write: (_, line) => process.emitWarning(line, { type: 'ZanzaraWarning' }) }, options.now)
    this.#options = options
    this.plugins = new Plugins(
      faults,
      directory,
      () => this.#here.broker.limits.maximumTopicLevels,
      (watchesPackets) => this.#watchPackets(watchesPackets),
    )
    this.access = new PluggedAccess(this.plugins, directory)
  }

  /** Once, before anybody can connect. `hub` is the tap that stays; `listenerOf` gives the URL of the listener that a peer came by. */
  join(broker: Broker, context: NetContext, hub: TapHub | null, listenerOf: (peer: Peer) => string): void {
    this.#parts = { broker, context, hub, listenerOf }
  }

  /** Calls `setup` of the plugins that the broker is started with. Rejects with what they throw. */
  async setUp(running: RunningBroker, plugins: readonly Plugin[]): Promise<void> {
    for (const plugin of plugins) await plugin.setup?.(running)
  }

  /** A tap that nothing passes yet. */
  newHub(): TapHub {
    return new TapHub(this.#options.application, nanoseconds)
  }

  observer(log: Observer): Observer {
    return new PluggedObserver(log, this.plugins, () => this.clients)
  }

  get clients(): ClientDirectory {
    const { broker, listenerOf } = this.#here
    return (this.#madeDirectory ??= new ClientDirectory(broker, this.#rules, listenerOf))
  }

  get retained(): RetainedMessages {
    return (this.#madeRetained ??= new RetainedMessages(this.#here.broker))
  }

  /** Streams given to `handle` that are open. */
  get connections(): number {
    return this.#links.size
  }

  /** Publishes past all permissions. Settles when there is room for more: readers that keep up lose nothing. Rejects with an MqttError. */
  async publish(topic: string, payload: Payload | object, { qos = 0, retain = false, properties = NO_PROPERTIES }: OwnPublishOptions = {}): Promise<void> {
    this.#checkOpen(`publish to '${topic}'`)
    if (!isTopicName(topic)) throw new MqttError('INVALID_ARGUMENT', `Topic Name '${topic}' is not a valid one`, { hint: 'no + and no #, and not empty' })
    const bytes = payloadBytes(payload)
    const message = { topicName: topic, payload: bytes, qos, retain, properties }
    try {
      encodedSize({ type: PacketType.Publish, ...message, dup: false, packetId: qos === 0 ? 0 : 1 }, 5)
      this.#here.broker.publish(message)
    } catch (error) {
      throw errorOf(error)
    }
    this.#published += bytes.length + MESSAGE_BYTES
    if (this.#published < BYTES_PER_TURN) return
    this.#published = 0
    await new Promise((resolve) => setImmediate(resolve))
  }

  async subscribe(filter: string, options: SubscribeOptions = {}): Promise<Subscription> {
    this.#checkOpen(`subscribe to '${filter}'`)
    const { broker } = this.#here
    const rules = this.#rules
    const context = (this.#ownContext ??= createNetContext({ arenaSize: 1 << 20 }))
    const subscription = await subscribeWithin(
      (accept) => Promise.resolve(openMemoryPair(context, { ...OWN_PEER }, (link) => broker.accept(link, rules), accept)),
      `in-process-${randomUUID()}`,
      filter,
      options,
      (ended) => this.#subscriptions.delete(ended),
    )
    this.#subscriptions.add(subscription)
    return subscription
  }

  handle(stream: Duplex, { address = '', port = 0 }: StreamOrigin = {}): void {
    this.#checkOpen('handle')
    const { broker, context } = this.#here
    const link = openStreamLink(context, stream, { ...OWN_PEER, address, port }, (opened: Link) => broker.accept(opened))
    this.#links.add(link)
    stream.once('close', () => this.#links.delete(link))
  }

  capture(file: string): CaptureFile {
    this.#checkOpen('capture')
    const capture = new CaptureFile(file, this.#taps, (ended) => void this.#captures.delete(ended))
    this.#captures.add(capture)
    return capture
  }

  /** Tells `follower` all that passes, until the end. */
  watch(follower: TapFollower): void {
    this.#taps.follow(follower)
  }

  /** Plugs in, and calls `setup`, whose fault is told and undone. */
  use(running: RunningBroker, plugin: Plugin): Disposable {
    this.plugins.add(plugin)
    const undo = (): void => this.plugins.remove(plugin)
    const failed = (error: unknown): void => {
      undo()
      this.plugins.failed(plugin, 'setup', error)
    }
    let ready: unknown
    try {
      ready = plugin.setup?.(running)
    } catch (error) {
      undo()
      throw error
    }
    if (ready instanceof Promise) ready.catch(failed)
    return { [Symbol.dispose]: undo }
  }

  /** The program's own subscriptions end; nothing can be begun any more. */
  end(): void {
    this.#isClosed = true
    for (const subscription of this.#subscriptions) void subscription.unsubscribe()
  }

  /** Everything is over: cuts what is still open, completes files. */
  async close(): Promise<void> {
    for (const link of this.#links) link.destroy()
    await Promise.all([...this.#captures].map((capture) => capture.close().catch(() => {}))) // told to who closes it
  }

  #watchPackets(isWanted: boolean): void {
    if (isWanted && this.#parts !== null) this.#taps.follow(this.#feed)
    else if (!isWanted && this.#madeFeed !== null) {
      this.#madeTaps?.detach(this.#madeFeed)
      this.#madeFeed.forget()
    }
  }

  get #feed(): PacketFeed {
    return (this.#madeFeed ??= new PacketFeed(
      () => this.clients,
      nanoseconds,
      (event) => this.plugins.packet(event),
    ))
  }

  get #taps(): TapSwitch {
    const { context, hub } = this.#here
    return (this.#madeTaps ??= new TapSwitch(context, hub, () => this.newHub()))
  }

  /** Of the program's own subscriptions. */
  get #rules(): ListenerRules {
    return (this.#madeRules ??= {
      name: 'program',
      limits: { ...this.#here.broker.limits, versions: [5], maximumQos: 2, retainAvailable: true },
      mountPoint: '',
      userNameAsClientId: false,
      authenticator: ADMIT_ALL,
      authorizer: PERMIT_ALL,
    })
  }

  #checkOpen(what: string): void {
    if (this.#isClosed) throw new MqttError('CLOSED', `${what}: the broker is closed`)
  }

  get #here(): Parts {
    if (this.#parts === null) throw new MqttError('CLOSED', 'the broker does not stand yet')
    return this.#parts
  }
}

/** Since 1970. */
function nanoseconds(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
}
