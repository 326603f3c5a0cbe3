// The composition root: clock, randomness, timer and sockets around the broker, which knows none of them. Public as `zanzara/broker`.
// Everything else is an argument; what a configuration file says becomes these options in cli/.

import { randomFillSync, randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { Broker } from '../broker/broker.ts'
import type { Limits } from '../broker/limits.ts'
import type { Authenticator, Authorizer } from '../broker/ports.ts'
import { connectionsThatFit } from '../net/descriptor-limit.ts'
import type { LinkFaults } from '../net/link-faults.ts'
import type { Listener } from '../net/listener.ts'
import { createNetContext, type NetContext } from '../net/net-context.ts'
import { TurnSpans } from '../net/turn-spans.ts'
import { NO_OBSERVER, type Observer } from '../session/effects.ts'
import type { Store } from '../store/store.ts'
import { ConnectionLog, type ConnectionLogOptions } from './connection-log.ts'
import type { EmbeddedBroker } from './embedded/embedded-broker.ts'
import { Embedding } from './embedded/embedding.ts'
import { ListenerUrls, plugged, withCertificates } from './embedded/listener-urls.ts'
import type { Plugin } from './embedded/plugin.ts'
import { NO_LOG } from './log-destinations.ts'
import { MemoryInUse, processMemory } from './memory-in-use.ts'
import { reportProblem } from './net-problems.ts'
import { type BrokerBridge, OpenBridges } from './open-bridges.ts'
import { type BrokerListener, ListenerOpener, type OpenListener } from './open-listeners.ts'
import { openStore, type PersistencePlace, restoreInto } from './open-store.ts'
import { packageVersion } from './package-version.ts'
import { followStore, StorePersistence } from './stored-broker.ts'
import type { TapFollower } from './tap/tap-hub.ts'
import { TapOutlet, type TapPlace } from './tap/tap-listener.ts'

/** Milliseconds between two looks at the deadlines. */
const DEADLINES_EVERY = 50
/** Milliseconds that clients have to take what is on its way to them when the broker stops. */
const GOODBYE = 1000

export type { Message, Payload } from '../client/message.ts'
export type { Overflow, SubscribeOptions, Subscription } from '../client/subscription.ts'
export type { CaptureFile } from './embedded/capture-file.ts'
export type { EmbeddedBroker } from './embedded/embedded-broker.ts'
export type { OwnPublishOptions, StreamOrigin } from './embedded/embedding.ts'
export type { ClientInfo, CloseReason, Decision, PacketEvent, Plugin, PublishChange } from './embedded/plugin.ts'
export type { RetainedMessages } from './embedded/retained-messages.ts'
export type { BrokerBridge } from './open-bridges.ts'
export type { BrokerListener } from './open-listeners.ts'
export type { PersistencePlace } from './open-store.ts'

export interface StartBrokerOptions {
  /** Shortcut for one `tcp` listener on 127.0.0.1 and ::1. */
  readonly port?: number
  /** None at all is allowed: a broker for the program alone, and for the streams that it hands over. */
  readonly listeners?: readonly BrokerListener[]
  /** Opened once all listeners listen. */
  readonly bridges?: readonly BrokerBridge[]
  readonly limits?: Partial<Limits>
  /** Lets everybody in unless given. */
  readonly authenticator?: Authenticator
  /** Allows everything unless given. */
  readonly authorizer?: Authorizer
  /** Says nothing unless given. */
  readonly log?: Log
  /** Asked in this order, before `authenticator` and `authorizer`; they are set up when the broker listens. */
  readonly plugins?: readonly Plugin[]
  /** Closes the broker when it is aborted. */
  readonly signal?: AbortSignal
  /** Logs every packet, as `-v`. */
  readonly verbose?: boolean
  /** Connections of all listeners at most; null = no limit, which is the default. */
  readonly maximumConnections?: number | null
  /** Connections from one address at most, those of this machine apart; null = no limit, which is the default. */
  readonly maximumConnectionsPerAddress?: number | null
  /** Where programs of this machine may read along all that passes, passwords included; null = nowhere, which is the default. */
  readonly tap?: TapPlace | null
  /** Keeps sessions, their messages and retained messages beyond a restart; null = not at all, which is the default. */
  readonly persistence?: PersistencePlace | null
  /** Who looks into the broker from beside, as the console's API does. */
  readonly looks?: readonly BrokerLook[]
  /** False leaves out the lines of coming and going. */
  readonly connectionMessages?: boolean
  /**
   * What `$SYS/broker/version` says; `zanzara version X` unless given. Scripts take its third word as a number, and those that were
   * written for Mosquitto compare that number with Mosquitto's: who starts the broker in its name says `mosquitto version 2.1.2 (…)`.
   */
  readonly versionText?: string
}

/** Who looks into the broker: is told of connections and, if it likes, of all that passes. */
export interface BrokerLook {
  /** An observer that tells the next one all it is told. */
  observer(next: Observer): Observer
  readonly followers: readonly TapFollower[]
  /** The broker listens. */
  begin(seen: LookedInto): void
  /** It is about to stop. */
  end(): void
}

export interface LookedInto {
  readonly running: RunningBroker
  /** Bytes, since the start. */
  readonly bytesSent: () => number
  readonly heapUsed: () => number
  /** From now on the lengths of turns are counted, by whoever asked for it first. */
  readonly measureTurns: () => TurnSpans
  /** Puts faults on all links, or takes them off again; null = those of a test are on them. */
  readonly bend: ((faults: LinkFaults | null) => void) | null
}

/** What tests put in the place of the world's. */
export interface BrokerWorld {
  /** Keep alive, delays and expiries go by it. */
  readonly clock?: Clock
  /** Bends what passes the listeners. */
  readonly faults?: LinkFaults
  /** Called once, when a client publishes for the first time. */
  readonly firstPublish?: () => void
}

export interface RunningBroker extends EmbeddedBroker, AsyncDisposable {
  /** Where a client on this machine connects, such as `mqtt://127.0.0.1:1883`: the first listener; empty without listeners. */
  readonly url: string
  /** One per listener given, in order; 0 for a Unix socket. */
  readonly ports: readonly number[]
  /** The port of the first listener. */
  readonly port: number
  readonly broker: Broker
  /** The port of the tap; 0 without one and for a Unix socket. */
  readonly tapPort: number
  /** As given, in order. */
  readonly listeners: readonly OpenListener[]
  /** Changes the limits over all listeners, for newcomers; null = none. */
  limitConnections(maximum: number | null, maximumPerAddress: number | null): void
  /** Changes what is logged: every packet or none, and the lines of coming and going. Of no use without a log. */
  setLogging(verbose: boolean, connectionMessages: boolean): void
  /** Connections open now, with those still in a handshake. */
  readonly connections: number
  readonly bridges: OpenBridges
  /** Everything that is stored is on the disk when the promise is kept. Does nothing without persistence. */
  save(): Promise<void>
  /** Kept when the disk fails: nothing is acknowledged any more, and the broker wants to be closed. Never without persistence. */
  readonly storeFailed: Promise<Error>
  /** Stops: clients of MQTT 5 are told. Wills wait for the next start if the broker has a store. Calling it again does no harm. */
  close(): Promise<void>
}

/**
 * Starts a broker; it listens when the promise is kept.
 * @throws ListenError when a listener cannot listen, JournalError when the store cannot be used, what a plugin's `setup` throws, the reason of a signal that
 * is aborted; then nothing is left running
 */
export async function startBroker(options: StartBrokerOptions = {}, world: BrokerWorld = {}): Promise<RunningBroker> {
  options.signal?.throwIfAborted()
  const { wanted, authority } = await withCertificates(options.listeners ?? [{ port: options.port ?? 1883 }])
  const log = options.log ?? NO_LOG
  const clock: Clock = world.clock ?? { now: () => performance.now() }
  const logging: ConnectionLogOptions = { connectionMessages: options.connectionMessages ?? true, now: () => clock.now() }
  const place = options.tap ?? null
  const looks = options.looks ?? []
  const embedding = new Embedding({
    log: options.log ?? null,
    now: () => clock.now(),
    get application() {
      return `zanzara ${packageVersion()}`
    },
  })
  const tap = place === null ? null : embedding.newHub()
  const context = createNetContext({
    tap,
    faults: world.faults ?? null,
    onError: (problem) => reportProblem(log, problem, logging.connectionMessages),
    connectionsThatFit,
    maximumConnections: options.maximumConnections ?? null,
    maximumConnectionsPerAddress: options.maximumConnectionsPerAddress ?? null,
  })
  const told = options.log === undefined ? null : new ConnectionLog(log, logging)
  let started: Broker | null = null // asked for its memory while it is being made
  const memory = new MemoryInUse(
    () => started?.limits.memoryLimit ?? 0,
    processMemory(() => clock.now()),
  )
  const store = options.persistence == null ? null : await openStore(options.persistence, log, (task) => context.turn.before(task))
  const broker = new Broker({
    clock,
    pool: context.pool,
    newId: () => randomUUID().toUpperCase(),
    seed: randomFillSync(new Uint32Array(1))[0]!,
    get version() {
      return packageVersion()
    },
    wallClock: () => Date.now(),
    heapUsed: () => memory.bytes(),
    persistence: store === null ? null : new StorePersistence(store),
    log,
    later: (work) => setImmediate(work),
    ...(world.firstPublish === undefined ? {} : { firstPublish: world.firstPublish }),
    ...(store === null ? { firstSys: (update: () => void) => setImmediate(update) } : {}), // nobody has connected before that, or waits for it to listen
    trace: options.verbose === true ? told : null,
    observer: embedding.observer(looks.reduce<Observer>((next, look) => look.observer(next), told ?? NO_OBSERVER)),
    interception: embedding.plugins.interception,
    authenticator: embedding.access.authenticator(options.authenticator),
    authorizer: embedding.access.authorizer(options.authorizer),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.versionText === undefined ? {} : { versionText: options.versionText }),
  })
  started = broker
  const opener = new ListenerOpener(context, broker, log)
  const listeners: OpenListener[] = []
  const urls = new ListenerUrls(wanted, listeners)
  let outlet: TapOutlet | null = null
  try {
    embedding.join(broker, context, tap, (peer) => urls.of(peer))
    for (const plugin of options.plugins ?? []) embedding.plugins.add(plugin)
    const ready = wanted.map((listener) => plugged(listener, embedding))
    const rules = ready.map((listener) => opener.rulesOf(listener))
    if (store !== null) {
      followStore(broker, store, log)
      await restoreInto(broker, store, rules, log)
    }
    for (const follower of looks.flatMap(({ followers }) => followers)) embedding.watch(follower)
    await opener.openAll(ready, rules, (opened) => void listeners.push(opened))
    if (tap !== null && place !== null) outlet = await TapOutlet.open(tap, place)
  } catch (error) {
    await Promise.all(opener.sockets.map((socket) => socket.close(true)))
    await store?.close().catch(() => {})
    throw error
  }
  const timer = setInterval(() => broker.run(clock.now()), DEADLINES_EVERY)
  timer.unref() // the listeners keep the process alive
  const bridges = new OpenBridges(context, broker, log)
  const setLogging = (verbose: boolean, connectionMessages: boolean): void => {
    broker.traceWith(verbose ? told : null)
    logging.connectionMessages = connectionMessages
  }
  const running = new StartedBroker(broker, context, listeners, bridges, outlet, timer, urls, embedding, authority, setLogging, store, looks)
  try {
    const measureTurns = (): TurnSpans => (context.turn.spans ??= new TurnSpans())
    const bend = (faults: LinkFaults | null): void => {
      context.faults = faults
    }
    const seen = {
      running,
      bytesSent: () => context.pool.takenBytes,
      heapUsed: () => memory.bytes(),
      measureTurns,
      bend: world.faults === undefined ? bend : null,
    }
    for (const look of looks) look.begin(seen)
    await embedding.setUp(running, options.plugins ?? [])
    options.signal?.throwIfAborted()
  } catch (error) {
    await running.close()
    throw error
  }
  if (options.signal !== undefined) running.closeOn(options.signal)
  bridges.become(options.bridges ?? [])
  return running
}

class StartedBroker implements RunningBroker {
  readonly url: string
  readonly wsUrl: string | null
  readonly devAuthority: string | null
  readonly broker: Broker
  readonly listeners: readonly OpenListener[]
  readonly bridges: OpenBridges
  readonly setLogging: RunningBroker['setLogging']
  readonly #embedding: Embedding
  readonly #context: NetContext
  readonly #sockets: readonly Listener[]
  readonly #outlet: TapOutlet | null
  readonly #store: Store | null
  readonly #timer: NodeJS.Timeout
  readonly storeFailed: Promise<Error>
  readonly #looks: readonly BrokerLook[]
  #closing: Promise<void> | null = null
  #forgetSignal = (): void => {}

  constructor(
    broker: Broker,
    context: NetContext,
    listeners: readonly OpenListener[],
    bridges: OpenBridges,
    outlet: TapOutlet | null,
    timer: NodeJS.Timeout,
    urls: ListenerUrls,
    embedding: Embedding,
    devAuthority: string | null,
    setLogging: RunningBroker['setLogging'],
    store: Store | null,
    looks: readonly BrokerLook[],
  ) {
    this.broker = broker
    this.url = urls.first
    this.setLogging = setLogging
    this.#looks = looks
    this.wsUrl = urls.firstWebSocket
    this.devAuthority = devAuthority
    this.#embedding = embedding
    this.listeners = listeners
    this.bridges = bridges
    this.#context = context
    this.#sockets = listeners.flatMap(({ sockets }) => sockets)
    this.#outlet = outlet
    this.#store = store
    this.#timer = timer
    this.storeFailed = new Promise((resolve) => {
      store?.journal.onState((state, reason) => {
        if (state === 'failed' && reason !== null) resolve(reason)
      })
    })
  }

  get ports(): readonly number[] {
    return this.listeners.map(({ port }) => port)
  }

  get port(): number {
    return this.listeners[0]?.port ?? 0
  }

  get tapPort(): number {
    return this.#outlet?.port ?? 0
  }

  get connections(): number {
    return this.#sockets.reduce((sum, socket) => sum + socket.connections, this.#embedding.connections)
  }

  get clients(): EmbeddedBroker['clients'] {
    return this.#embedding.clients
  }

  get retained(): EmbeddedBroker['retained'] {
    return this.#embedding.retained
  }

  publish(...args: Parameters<EmbeddedBroker['publish']>): Promise<void> {
    return this.#embedding.publish(...args)
  }

  subscribe(...args: Parameters<EmbeddedBroker['subscribe']>): ReturnType<EmbeddedBroker['subscribe']> {
    return this.#embedding.subscribe(...args)
  }

  handle(...args: Parameters<EmbeddedBroker['handle']>): void {
    this.#embedding.handle(...args)
  }

  capture(file: string): ReturnType<EmbeddedBroker['capture']> {
    return this.#embedding.capture(file)
  }

  use(plugin: Plugin): Disposable {
    return this.#embedding.use(this, plugin)
  }

  closeOn(signal: AbortSignal): void {
    const close = (): void => void this.close()
    signal.addEventListener('abort', close, { once: true })
    this.#forgetSignal = () => signal.removeEventListener('abort', close)
  }

  limitConnections(maximum: number | null, maximumPerAddress: number | null): void {
    this.#context.connections.maximum = maximum
    this.#context.connections.maximumPerAddress = maximumPerAddress
  }

  async save(): Promise<void> {
    await this.#store?.save()
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#forgetSignal()
    for (const look of this.#looks) look.end()
    this.#embedding.end()
    clearInterval(this.#timer)
    await Promise.all([...this.#sockets.map((socket) => socket.close()), this.bridges.close()])
    this.broker.shutdown()
    const until = performance.now() + GOODBYE
    while (this.connections > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    await Promise.all(this.#sockets.map((socket) => socket.close(true)))
    await this.#embedding.close()
    await this.#outlet?.close()
    await this.#store?.close()
  }
}
