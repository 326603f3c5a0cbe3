// One bridge: when it connects, to which address, what it says first, and what happens when the connection ends. No I/O: dialling is a port.
// The messages themselves go through outgoing-relay.ts and incoming-relay.ts; what waits while nobody is there waits in our broker's session.

import type { Link, Receiver } from '../base/link.ts'
import type { Log } from '../base/log.ts'
import { errorOf } from '../client/errors.ts'
import { TimerDeadlines, type Timers } from '../client/timers.ts'
import { ClientConnection } from '../session/client-connection.ts'
import { CLIENT_DEFAULTS, type ClientEnd } from '../session/client-effects.ts'
import { LimitError } from '../session/client-limits.ts'
import { PacketType, type Suback, type Subscribe } from '../wire/mqtt/packet.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'
import { isShared } from '../wire/mqtt/topics.ts'
import { bridgeConnect, DOWN, Manners, UP } from './bridge-connect.ts'
import { BridgeLog } from './bridge-log.ts'
import { type BridgeAddress, type BridgeDial, type BridgeSettings, notificationTopicOf } from './bridge-settings.ts'
import { BridgeRecord, type BridgeState, type BridgeStatus } from './bridge-status.ts'
import { FarPacketIds } from './far-packet-ids.ts'
import { IncomingRelay } from './incoming-relay.ts'
import type { LocalBroker, LocalEvents } from './local-connection.ts'
import { LocalSide } from './local-side.ts'
import { OutgoingRelay } from './outgoing-relay.ts'
import { RestartPause } from './restart-pause.ts'
import { TopicMap } from './topic-map.ts'

/** What all bridges of a broker share. */
export interface BridgeHost {
  readonly timers: Timers
  /** Evenly distributed in [0, 1). */
  readonly random: () => number
  readonly log: Log
  /** Runs work behind the present call, in the same turn. */
  later(work: () => void): void
}

/** What a reload changes. */
export interface BridgeOptions {
  readonly settings: BridgeSettings
  readonly dial: BridgeDial
  readonly local: LocalBroker
}

/** `lazy` waits for messages, `waiting` for the time of the next attempt. */
type State = 'stopped' | 'lazy' | 'waiting' | 'dialling' | 'connecting' | 'connected'
const STATES: Readonly<Record<State, BridgeState>> = {
  stopped: 'stopped',
  lazy: 'lazy',
  waiting: 'waiting',
  dialling: 'connecting',
  connecting: 'connecting',
  connected: 'connected',
}
/** Why we end a connection ourselves, and what then. */
type Intent = 'stop' | 'again' | 'idle'

/** Milliseconds between two looks for the preferred address while another one serves. */
const FAILBACK_EVERY = 5000
/** Milliseconds between two looks at what waits for a lazy bridge. */
const LAZY_EVERY = 500
/** Takes nothing and says nothing: the preferred address answers, that is all there is to know. */
const PROBE: Receiver = { received() {}, drained() {}, closed() {} }

export class Bridge {
  readonly #host: BridgeHost
  readonly #log: BridgeLog
  readonly #record = new BridgeRecord()
  readonly #deadlines: TimerDeadlines
  readonly #ids = new FarPacketIds()
  readonly #local: LocalSide
  readonly #outgoing: OutgoingRelay
  readonly #incoming: IncomingRelay
  #options: BridgeOptions
  /** Of a reload, for the next connection. */
  #next: BridgeOptions | null = null
  #topics: TopicMap
  #manners: Manners
  #pause: RestartPause
  #state: State = 'stopped'
  #intent: Intent | null = null
  /** Place of the address that is tried or serves. */
  #at = 0
  #connection: ClientConnection | null = null
  #abort: AbortController | null = null
  #cancelWait: (() => void) | null = null
  /** Of the look for the preferred address, or for idleness. */
  #cancelWatch: (() => void) | null = null
  #wasEverConnected = false
  #connectedAt = 0
  /** Since when it has been connected, or has not been. */
  #since: number
  /** Of the next attempt; looked at while `waiting` only. */
  #nextAt = 0
  #lastMessageAt = 0
  #stopped: (() => void)[] = []

  constructor(options: BridgeOptions, host: BridgeHost) {
    const { settings } = options
    this.#options = options
    this.#host = host
    this.#log = new BridgeLog(settings, host.log, this.#record, host.timers)
    this.#deadlines = new TimerDeadlines(host.timers)
    this.#since = host.timers.now()
    this.#topics = new TopicMap(settings.topics)
    this.#manners = new Manners(settings)
    this.#pause = new RestartPause(host.random)
    this.#local = new LocalSide(options.local, settings, this.#localEvents(), this.#log, host.later)
    const { version } = this.#manners.now
    const rules = { topics: this.#topics, version, retain: settings.outgoingRetain, maximumPacketSize: settings.maximumPacketSize }
    this.#outgoing = new OutgoingRelay(rules, this.#local, this.#ids, this.#log)
    this.#incoming = new IncomingRelay(rules, this.#local, {
      broker: () => this.#local.broker,
      received: (bytes) => {
        this.#lastMessageAt = host.timers.now()
        this.#record.receivedMessages++
        this.#record.receivedBytes += bytes
      },
      dropped: (topicName, reason) => this.#log.dropped(topicName, reason),
      refusedForNow: () => this.#connection?.destroy(),
    })
  }

  get isConnected(): boolean {
    return this.#state === 'connected'
  }

  status(): BridgeStatus {
    const now = this.#host.timers.now()
    const { problem } = this.#record
    return {
      settings: this.#settings,
      state: STATES[this.#state],
      address: this.#address,
      sinceMs: now - this.#since,
      nextInMs: this.#state === 'waiting' ? Math.max(0, this.#nextAt - now) : null,
      problem: problem === null ? null : { text: problem.text, agoMs: now - problem.at },
      queue: this.#local.queue,
      record: this.#record,
    }
  }

  /** Begins: connects, or waits for messages. Once. */
  start(): void {
    this.#local.notify(DOWN)
    this.#resume()
  }

  /** Other settings: for the next connection, or at once, as they say themselves. */
  change(options: BridgeOptions): void {
    this.#next = options
    if (options.settings.reloadType === 'immediate') this.#leave('again')
  }

  /** Ends for good; the promise is kept when the connection is gone. `forgets`: our broker keeps nothing of it. */
  async close(forgets = false): Promise<void> {
    const gone = new Promise<void>((resolve) => void this.#stopped.push(resolve))
    this.#leave('stop')
    await gone
    if (forgets) this.#local.forget()
  }

  get #settings(): BridgeSettings {
    return this.#options.settings
  }

  #resume(): void {
    this.#adopt()
    if (this.#settings.startType === 'lazy') this.#lieInWait()
    else this.#attempt()
  }

  #attempt(): void {
    this.#local.subscribe(this.#topics, false)
    if (this.#settings.startType !== 'lazy') this.#local.close()
    const address = this.#address
    const abort = new AbortController()
    this.#state = 'dialling'
    this.#abort = abort
    this.#log.connecting(address)
    this.#options
      .dial(address, (link) => this.#accept(link, abort.signal), abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted || this.#state !== 'dialling') return
        this.#log.unreachable(address, errorOf(error).message, this.#again())
      })
  }

  #accept(link: Link, signal: AbortSignal): Receiver {
    if (signal.aborted) {
      link.destroy()
      return PROBE
    }
    const settings = this.#settings
    const { version } = this.#manners.now
    this.#outgoing.rules = { topics: this.#topics, version, retain: settings.outgoingRetain, maximumPacketSize: settings.maximumPacketSize }
    this.#incoming.rules = { topics: this.#topics, version }
    const connect = bridgeConnect(settings, this.#manners.now, this.#options.local.limits.maximumPacketSize)
    const options = { ...CLIENT_DEFAULTS, connect, automaticTopicAliases: settings.topicAliasMaximum, trace: this.#log }
    const session = { packetIds: this.#ids, outgoing: this.#outgoing, incoming: this.#incoming }
    const connection = new ClientConnection(link, session, options, this.#host.timers, this.#deadlines, {
      connected: () => this.#connected(connection),
      closed: (end) => this.#closed(connection, end),
      suback: (packet, request) => this.#granted(packet, request),
      unsuback: () => {},
      refused: () => {}, // `closed` tells
      disconnected: () => {},
      message: () => {}, // these come to the relays themselves
      delivered: () => {},
      undelivered: () => {},
      drained: () => {},
      reauthenticated: () => {},
    })
    this.#connection = connection
    this.#state = 'connecting'
    connection.open()
    return connection
  }

  #connected(connection: ClientConnection): void {
    const settings = this.#settings
    const limits = connection.limits!
    this.#state = 'connected'
    this.#wasEverConnected = true
    this.#manners.accepted()
    this.#connectedAt = this.#lastMessageAt = this.#since = this.#host.timers.now()
    this.#record.connects++
    this.#outgoing.begin(limits)
    this.#ids.restart(this.#local.nextId)
    const quota = this.#notifyThere(UP, limits.maximumQos > 0 && this.#outgoing.quota > 1 ? 1 : 0)
    this.#subscribeThere(connection)
    if (!this.#local.subscribe(this.#topics, true)) {
      connection.destroy()
      return
    }
    this.#incoming.opened()
    this.#local.start(quota)
    this.#local.notify(UP)
    if (this.#at > 0 && !settings.roundRobin) this.#watch(FAILBACK_EVERY, () => this.#tryPreferred())
    if (settings.startType === 'lazy') this.#watch(settings.idleTimeout * 1000, () => this.#lookIfIdle())
  }

  #closed(connection: ClientConnection, end: ClientEnd): void {
    if (connection !== this.#connection) return
    const wasConnected = this.#state === 'connected'
    const address = this.#address
    this.#connection = null
    this.#outgoing.end()
    this.#local.close()
    this.#cancelWatch?.()
    this.#cancelWatch = null
    if (wasConnected) {
      this.#since = this.#host.timers.now()
      this.#pause.lasted(this.#since - this.#connectedAt, this.#settings.restartTimeout)
      this.#local.notify(DOWN)
    }
    if (this.#intent !== null) this.#carryOut(this.#intent)
    else if (!wasConnected && this.#manners.failed(end, this.#wasEverConnected)) {
      this.#log.ended(address, end, 0)
      this.#attempt()
    } else this.#log.ended(address, end, this.#again())
  }

  /** After a failure: the next address, later. Returns in how many milliseconds; null = never. */
  #again(): number | null {
    const { startType, restartTimeout } = this.#settings
    if (startType === 'once') {
      this.#state = 'stopped'
      return null
    }
    this.#at = (this.#at + 1) % this.#settings.addresses.length
    const ms = this.#pause.next(restartTimeout)
    this.#state = 'waiting'
    this.#nextAt = this.#host.timers.now() + ms
    this.#cancelWait = this.#host.timers.after(ms, () => this.#resume())
    return ms
  }

  /** Ends what is going on, and then does what is wanted. */
  #leave(intent: Intent): void {
    if (this.#intent !== null) {
      if (this.#intent !== 'stop') this.#intent = intent // the connection is ending already
      return
    }
    this.#intent = intent
    this.#cancelWait?.()
    switch (this.#state) {
      case 'connected':
        this.#notifyThere(DOWN, 0) // a DISCONNECT takes the will away
        this.#local.close()
        this.#connection!.disconnect()
        return
      case 'connecting':
        this.#connection!.destroy()
        return
      default:
        this.#abort?.abort()
        this.#local.close()
        this.#carryOut(intent)
    }
  }

  #carryOut(intent: Intent): void {
    this.#intent = null
    if (intent === 'again' && this.#next === null) this.#attempt()
    else if (intent !== 'stop') this.#resume()
    else {
      this.#state = 'stopped'
      const waiting = this.#stopped
      this.#stopped = []
      for (const resolve of waiting) resolve()
    }
  }

  /** A lazy bridge waits for messages: its session takes them, of every QoS. */
  #lieInWait(): void {
    this.#state = 'lazy'
    const isOpen = this.#local.isOpen || this.#local.subscribe(this.#topics, false)
    if (this.#local.waiting >= this.#settings.threshold) this.#attempt()
    else this.#cancelWait = this.#host.timers.after(isOpen ? LAZY_EVERY : FAILBACK_EVERY, () => this.#resume())
  }

  #lookIfIdle(): void {
    const { idleTimeout } = this.#settings
    const left = this.#lastMessageAt + idleTimeout * 1000 - this.#host.timers.now()
    if (left > 0) this.#watch(left, () => this.#lookIfIdle())
    else {
      this.#log.idle()
      this.#leave('idle')
    }
  }

  /** While another address serves: does the first one answer again? */
  #tryPreferred(): void {
    const preferred = this.#settings.addresses[0]!
    const connection = this.#connection
    const abort = new AbortController()
    this.#cancelWatch = () => abort.abort()
    const probe = (link: Link): Receiver => {
      link.destroy()
      return PROBE
    }
    this.#options.dial(preferred, probe, abort.signal).then(
      () => {
        if (abort.signal.aborted || connection !== this.#connection) return
        this.#log.failback(preferred)
        this.#at = 0
        this.#leave('again')
      },
      () => {
        if (!abort.signal.aborted && connection === this.#connection) this.#watch(FAILBACK_EVERY, () => this.#tryPreferred())
      },
    )
  }

  /** Takes over what a reload brought. */
  #adopt(): void {
    const next = this.#next
    if (next === null) return
    this.#next = null
    this.#local.become(next.local, next.settings)
    this.#options = next
    this.#log.settings = next.settings
    this.#topics = new TopicMap(next.settings.topics)
    this.#manners = new Manners(next.settings)
    this.#pause = new RestartPause(this.#host.random)
    this.#wasEverConnected = false
    this.#at = 0
  }

  #localEvents(): LocalEvents {
    return {
      isWritable: () => this.#outgoing.isWritable,
      publish: (packet) => {
        this.#lastMessageAt = this.#host.timers.now()
        this.#outgoing.publish(packet)
      },
      acknowledgement: (packet) => {
        if (packet.type === PacketType.Pubrel) this.#outgoing.release(packet.packetId)
        else this.#incoming.acknowledged(packet)
      },
      pause: () => this.#connection?.pause(),
      resume: () => this.#connection?.resume(),
      ended: () => this.#connection?.destroy(),
    }
  }

  #subscribeThere(connection: ClientConnection): void {
    const isMarked = this.#manners.now.version === 5 // in 3.x the bit of try_private stands for both
    for (const { topicFilter, qos } of this.#topics.remotely) {
      const request = { topicFilter, qos, noLocal: isMarked && !isShared(topicFilter), retainAsPublished: isMarked, retainHandling: 0 } as const
      this.#asking(topicFilter, () => this.#log.subscribing(connection.subscribe([request]), request))
    }
    if (!this.#settings.attemptUnsubscribe) return
    for (const topicFilter of this.#topics.onlyOut) this.#asking(topicFilter, () => this.#log.unsubscribing(connection.unsubscribe([topicFilter]), topicFilter))
  }

  /** What the other broker announced not to take is told, and the rest goes on. */
  #asking(topicFilter: string, ask: () => void): void {
    try {
      ask()
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      this.#log.remoteRefusal(topicFilter, error.message)
    }
  }

  #granted({ reasonCodes }: Suback, { subscriptions }: Subscribe): void {
    for (const [i, { topicFilter }] of subscriptions.entries())
      if (reasonCodes[i]! >= 0x80) this.#log.remoteRefusal(topicFilter, reasonName(reasonCodes[i]!, PacketType.Suback))
  }

  get #address(): BridgeAddress {
    return this.#settings.addresses[this.#at]!
  }

  #watch(ms: number, look: () => void): void {
    this.#cancelWatch?.()
    this.#cancelWatch = this.#host.timers.after(ms, look)
  }

  /** Tells the other broker; returns how many messages it takes beside that before it acknowledges. */
  #notifyThere(payload: Uint8Array, qos: 0 | 1): number {
    const settings = this.#settings
    const { quota } = this.#outgoing
    if (!settings.notifications || settings.notificationsLocalOnly) return quota
    this.#outgoing.publishOwn(notificationTopicOf(settings), payload, qos)
    return quota - qos
  }
}
