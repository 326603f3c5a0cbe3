// The client as programs see it: promises and async iterables over a Connector (reconnect.ts), which does the connecting.
// Runs in browsers and Node alike; `connect` is in browser.ts and node.ts, which bring transport and timers.

import type { ClientEnd, Delivery, OutgoingMessage } from '../session/client-effects.ts'
import type { StoredSession } from '../session/client-journal.ts'
import type { Connack, Connect, PublishAcknowledgement, Qos } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import { isTopicFilter } from '../wire/mqtt/topics.ts'
import { type CloseOptions, type PublishOptions, type PublishReceipt, WRITTEN } from './calls.ts'
import { errorOf, errorOfEnd, errorOfRefusal, MqttError } from './errors.ts'
import { type Message, type Payload, payloadBytes, payloadView } from './message.ts'
import { type ConnectOptions, DEFAULT_SESSION_EXPIRY, reconnectPolicy } from './options.ts'
import { Connector, type ConnectorEvents, type Dial } from './reconnect.ts'
import { Requests, responseTopicOf } from './requests.ts'
import { type ClientStatus, StatusFeed } from './status.ts'
import { type Reader, type SubscribeOptions, Subscription, type SubscriptionHost } from './subscription.ts'
import { type SubscribePort, Subscriptions } from './subscriptions.ts'
import type { Timers } from './timers.ts'
import { type WaitOptions, waitFor } from './waiting.ts'

export type { CloseOptions, PublishOptions, PublishReceipt } from './calls.ts'

/** What Mosquitto takes of QoS 2 unless it is told otherwise; it ends connections that send more. */
const INFLIGHT_BEFORE_5 = 20

/** What a client stands on. */
export interface ClientEnvironment {
  readonly dial: Dial
  readonly timers: Timers
  /** Evenly distributed in [0, 1). */
  readonly random: () => number
}

interface Publishing {
  resolve(receipt: PublishReceipt): void
  reject(error: Error): void
}

export class Client implements AsyncDisposable {
  readonly #connector: Connector
  readonly #environment: ClientEnvironment
  readonly #options: ConnectOptions
  readonly #publishing = new Map<OutgoingMessage, Publishing>()
  /** Messages of an earlier program that are not delivered. */
  readonly #restored = new Set<OutgoingMessage>()
  /** Payload of both. */
  #queuedBytes = 0
  /** One for all QoS 0 messages that are written at once: nothing tells them apart. */
  readonly #written = Promise.resolve(WRITTEN)
  readonly #subscriptions = new Subscriptions()
  readonly #status: StatusFeed
  readonly #host: SubscriptionHost
  /** Called when nothing waits for delivery any more, or the client is closed. */
  readonly #idle = new Set<() => void>()
  readonly #closing = new Set<() => void>()
  #cancelUnclaimed = (): void => {}
  #requests: Requests | null = null
  #connack: Connack | null = null
  #opening: { resolve(): void; reject(error: Error): void } | null = null
  #paused = false
  /** Subscriptions that want no more for now. */
  #fullSubscriptions = 0
  #closed = false
  #failure: MqttError | null = null

  /** Use `connect`. `packet` is the first CONNECT, `stored` what `options.store` gave. */
  constructor(environment: ClientEnvironment, packet: Connect, options: ConnectOptions, stored: StoredSession | null = null) {
    this.#environment = environment
    this.#options = options
    this.#status = new StatusFeed(environment.timers, { state: 'offline', attempt: 0, waitMs: 0, cause: null })
    this.#host = {
      timers: environment.timers,
      readingChanged: (full) => this.#readingChanged(full),
      leave: (subscription, limits) => this.#leave(subscription, limits),
    }
    this.#connector = new Connector(
      {
        ...environment,
        connect: packet,
        reconnect: reconnectPolicy(options),
        acknowledge: 'when-accepted',
        fallback: options.version === undefined,
        retryFirst: options.reconnect !== false && options.reconnect?.retryFirst === true,
        connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
        maximumInflight: options.maximumInflight ?? 0,
        inflightBefore5: options.maximumInflight ?? INFLIGHT_BEFORE_5,
        automaticTopicAliases: options.topicAliases ?? 16,
        journal: options.store ?? null,
        authentication: options.authentication ?? null,
        trace: options.trace ?? null,
      },
      this.#events(),
    )
    if (stored === null) return
    this.#connector.session.restore(stored)
    for (const { message } of stored.outgoing) {
      this.#restored.add(message)
      this.#queuedBytes += message.payload.length
    }
  }

  /** Settles with the first CONNACK. Once. */
  open(options: WaitOptions): Promise<void> {
    if (options.signal?.aborted === true) this.#connector.destroy() // nothing begins, and what was opened is closed
    return waitFor<void>(this.#environment.timers, 'connect', options, (resolve, reject) => {
      this.#opening = { resolve, reject }
      try {
        this.#connector.start()
      } catch (error) {
        reject(errorOf(error))
      }
      return () => {
        this.#opening = null
        this.#connector.destroy()
      }
    })
  }

  /** In force: given, or assigned by the server. */
  get clientId(): string {
    return this.#connector.connectPacket.clientId
  }

  /** In force: 3, 4 or 5. */
  get version(): 3 | 4 | 5 {
    return this.#connector.connectPacket.version
  }

  /** Of the last CONNACK. */
  get sessionPresent(): boolean {
    return this.#connack?.sessionPresent ?? false
  }

  /** Properties of the last CONNACK. */
  get serverProperties(): Properties {
    return this.#connack?.properties ?? NO_PROPERTIES
  }

  get connected(): boolean {
    return this.#connector.connection !== null
  }

  /** Messages of ours that are not delivered: they wait, or their acknowledgement has not come. With those that a store has kept. */
  get undelivered(): number {
    return this.#publishing.size + this.#restored.size
  }

  /** Messages that came, and that no subscription of this program wanted. */
  get unclaimed(): number {
    return this.#subscriptions.ignored
  }

  /**
   * Sends a message, now or when there is a connection. Settles when the server has it (QoS 1, 2) or it is written (QoS 0).
   * Giving up takes back a message that was not sent yet; one that was may still arrive.
   */
  publish(topic: string, payload: Payload | object, options: PublishOptions = {}): Promise<PublishReceipt> {
    const { qos = 0, retain = false, properties = NO_PROPERTIES } = options
    if (qos === 0 && options.signal?.aborted !== true) {
      try {
        if (this.#connector.connection?.publishNow({ topicName: topic, payload: payloadView(payload), qos, retain, properties }) === true) return this.#written
      } catch (error) {
        return Promise.reject(errorOf(error))
      }
    }
    return this.#wait<PublishReceipt>(`publish to '${topic}'`, options, (resolve, reject) => {
      const message: OutgoingMessage = { topicName: topic, payload: payloadBytes(payload), qos, retain, properties }
      this.#checkRoom(message)
      this.#publishing.set(message, { resolve, reject })
      this.#queuedBytes += message.payload.length
      try {
        this.#connector.publish(message)
      } catch (error) {
        this.#published(message)
        throw error
      }
      this.#adjustReading()
      return () => {
        this.#connector.cancel(message)
        this.#published(message)
      }
    })
  }

  /** Throws OVERFLOW when too much waits already. */
  #checkRoom({ topicName, payload }: OutgoingMessage): void {
    const { maximumQueued = 10_000, maximumQueuedBytes = 67_108_864 } = this.#options
    const overflow = (waits: string, option: string): MqttError =>
      new MqttError('OVERFLOW', `publish to '${topicName}': ${waits} wait already`, { hint: `await each publish, or raise ${option}` })
    if (this.#connector.session.outgoing.waiting >= maximumQueued) throw overflow(`${maximumQueued} messages`, 'maximumQueued')
    if (this.#queuedBytes > 0 && this.#queuedBytes + payload.length > maximumQueuedBytes) throw overflow(`${this.#queuedBytes} bytes`, 'maximumQueuedBytes')
  }

  /** Settles when the server has granted it. */
  async subscribe(filter: string, options: SubscribeOptions = {}): Promise<Subscription> {
    const subscription = new Subscription(filter, options, this.#host)
    subscription.granted(await this.#subscribe(filter, options, subscription))
    return subscription
  }

  /** Ends all subscriptions to exactly this filter. */
  async unsubscribe(filter: string, options: WaitOptions = {}): Promise<void> {
    await Promise.all(
      this.#subscriptions.readers(filter).map(async (reader) => {
        if (reader instanceof Subscription) await reader.unsubscribe(options)
      }),
    )
  }

  /** Publishes and settles with the answer. 5.0 only. 30 seconds unless `timeoutMs` or `callTimeoutMs` is given. */
  async request(topic: string, payload: Payload | object, options: PublishOptions = {}): Promise<Message> {
    if (this.version !== 5)
      throw new MqttError('NOT_SUPPORTED', `request to '${topic}': MQTT ${this.version === 3 ? '3.1' : '3.1.1'} has no Response Topic`, {
        hint: 'use a server with MQTT 5.0',
      })
    const requests = (this.#requests ??= new Requests(responseTopicOf(this.clientId, this.#environment.random), this.#environment.random))
    const limits = { timeoutMs: this.#options.callTimeoutMs ?? 30_000, ...options }
    requests.subscribed ??= this.#subscribe(requests.responseTopic, { qos: 1 }, requests).catch((error: unknown) => {
      requests.subscribed = null
      throw error
    })
    const subscribed = requests.subscribed
    subscribed.catch(() => {}) // whoever waits below gets it; nobody may wait any more
    return await this.#wait<Message>(`request to '${topic}'`, limits, (resolve, reject) => {
      const giveUp = new AbortController()
      const { correlationData, cancel } = requests.expect({
        resolve: (message) => {
          resolve(message)
          this.#adjustReading()
        },
        reject,
      })
      this.#adjustReading()
      const { timeoutMs: _, signal: __, ...rest } = options
      const properties = { ...options.properties, responseTopic: requests.responseTopic, correlationData }
      subscribed
        .then(() => this.publish(topic, payload, { ...rest, properties, signal: giveUp.signal }))
        .then(({ noMatchingSubscribers }) => {
          if (noMatchingSubscribers)
            throw new MqttError('REFUSED', `request to '${topic}': nobody is subscribed`, { reasonCode: 0x10, hint: 'start the service that answers' })
        })
        .catch((error: unknown) => {
          cancel()
          reject(errorOf(error))
          this.#adjustReading()
        })
      return () => {
        cancel()
        giveUp.abort()
        this.#adjustReading()
      }
    })
  }

  /** The present state and all that follow, until `closed`. */
  status(options: WaitOptions = {}): AsyncGenerator<ClientStatus, void, void> {
    return this.#status.read(options)
  }

  /** Waits until all messages are delivered, then closes. When it is given up, the client is not closed. */
  async end(options: CloseOptions = {}): Promise<void> {
    if (this.undelivered > 0 && !this.#closed) {
      await this.#wait<void>('end', options, (resolve) => {
        this.#idle.add(resolve)
        return () => this.#idle.delete(resolve)
      })
    }
    await this.close(options)
  }

  /** Says DISCONNECT and closes; what waits is rejected with CLOSED, or kept by the `store`. Harmless when done before. */
  close(options: CloseOptions = {}): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return this.#wait<void>('close', options, (resolve) => {
      // The session was kept for reconnecting only, unless the program asked for it.
      const asked = this.#connector.connectPacket.properties.sessionExpiryInterval
      const forget = this.version === 5 && this.#options.sessionExpiry === undefined && this.#options.cleanStart !== false && asked === DEFAULT_SESSION_EXPIRY
      this.#closing.add(resolve)
      try {
        this.#connector.disconnect(options.reasonCode ?? 0, { ...(forget ? { sessionExpiryInterval: 0 } : {}), ...options.properties })
      } catch (error) {
        this.#closing.delete(resolve)
        throw error
      }
      return () => {
        this.#closing.delete(resolve)
        this.#connector.destroy()
      }
    })
  }

  /** Cuts the connection at once: nothing is said, and the server publishes the will. What waits is rejected as by `close`. */
  destroy(): void {
    if (!this.#closed) this.#connector.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** `begin` may throw. Rejects when the client is closed; otherwise whoever ends the client rejects what waits. */
  #wait<T>(what: string, options: WaitOptions, begin: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void): Promise<T> {
    const { callTimeoutMs } = this.#options
    const limits = options.timeoutMs === undefined && callTimeoutMs !== undefined ? { ...options, timeoutMs: callTimeoutMs } : options
    return waitFor<T>(this.#environment.timers, what, limits, (resolve, reject) => {
      try {
        if (this.#closed) throw this.#failure ?? new MqttError('CLOSED', `${what}: the client is closed`)
        return begin(resolve, reject)
      } catch (error) {
        reject(errorOf(error))
        return () => {}
      }
    })
  }

  #subscribe(filter: string, options: SubscribeOptions, reader: Reader): Promise<Qos> {
    return this.#wait<Qos>(`subscribe to '${filter}'`, options, (resolve, reject) => {
      if (!isTopicFilter(filter)) {
        throw new MqttError('INVALID_ARGUMENT', `Topic Filter '${filter}' is not a valid one`, { hint: '# only as the last level, + only as a whole level' })
      }
      const giveUp = this.#subscriptions.add(filter, options, reader, { resolve, reject })
      this.#adjustReading()
      return giveUp
    })
  }

  #leave(subscription: Subscription, options: WaitOptions): Promise<void> {
    subscription.end(null)
    if (this.#closed) return Promise.resolve()
    return this.#wait<void>(`unsubscribe from '${subscription.filter}'`, options, (resolve, reject) => {
      this.#subscriptions.remove(subscription.filter, subscription, { resolve, reject })
      this.#adjustReading()
      return () => {}
    })
  }

  #events(): ConnectorEvents {
    return {
      connected: (connack) => this.#onConnected(connack),
      refused: () => {},
      message: (publish, receipt) => this.#subscriptions.dispatch(publish, receipt),
      delivered: (delivery, acknowledgement) => this.#onDelivered(delivery, acknowledgement),
      undelivered: ({ message }, error) => this.#published(message)?.reject(errorOf(error)),
      suback: (packet) => {
        this.#subscriptions.suback(packet)
        this.#adjustReading()
      },
      unsuback: (packet) => {
        this.#subscriptions.unsuback(packet)
        this.#adjustReading()
      },
      drained: () => {},
      disconnected: () => {},
      reauthenticated: () => {},
      closed: (end) => this.#onClosed(end),
      waiting: (error, waitMs) => this.#status.tell({ state: 'reconnecting', attempt: this.#connector.failures, waitMs, cause: error }),
      stopped: (error) => this.#onStopped(error),
    }
  }

  #onConnected(connack: Connack): void {
    const connector = this.#connector
    const port: SubscribePort = {
      identifiers: this.version === 5 && connector.limits!.subscriptionIdentifiers,
      subscribe: (subscriptions, properties) => connector.subscribe(subscriptions, properties),
      unsubscribe: (filters) => connector.unsubscribe(filters),
    }
    if (this.#connack === null && this.version !== 3 && connack.sessionPresent) {
      // of an earlier program: its messages come before ours has subscribed
      this.#subscriptions.keepUnclaimed()
      this.#cancelUnclaimed = this.#environment.timers.after(this.#options.unclaimedMs ?? 5000, () => this.#subscriptions.dropUnclaimed())
    }
    this.#connack = connack
    this.#paused = false
    this.#subscriptions.connected(this.version !== 3 && connack.sessionPresent, port) // 3.1 does not say: subscribing again does no harm
    this.#status.tell({ state: 'connected', attempt: 0, waitMs: 0, cause: null })
    this.#opening?.resolve()
    this.#opening = null
    this.#adjustReading()
  }

  #onDelivered({ message }: Delivery, acknowledgement: PublishAcknowledgement | null): void {
    const publishing = this.#published(message)
    const reasonCode = acknowledgement?.type === PacketType.Pubcomp ? 0 : (acknowledgement?.reasonCode ?? 0)
    if (reasonCode < 0x80) {
      publishing?.resolve(reasonCode === 0 ? WRITTEN : { reasonCode, noMatchingSubscribers: reasonCode === 0x10 })
      return
    }
    publishing?.reject(errorOfRefusal(`publish to '${message.topicName}'`, reasonCode, PacketType.Puback, acknowledgement?.properties.reasonString))
  }

  #onClosed(end: ClientEnd): void {
    this.#subscriptions.disconnected()
    this.#paused = false
    if (this.#status.current.state === 'connected')
      this.#status.tell({ state: 'offline', attempt: 0, waitMs: 0, cause: end.cause === 'disconnect' ? null : errorOfEnd(end) })
  }

  #onStopped(error: MqttError | null): void {
    const reason = error ?? new MqttError('CLOSED', 'the client is closed')
    this.#closed = true
    this.#failure = error
    this.#opening?.reject(reason)
    this.#opening = null
    this.#cancelUnclaimed()
    this.#options.store?.close()
    const publishing = [...this.#publishing.values()]
    this.#publishing.clear()
    for (const one of publishing) one.reject(reason)
    this.#subscriptions.end(error)
    this.#requests?.fail(reason)
    this.#status.tell({ state: 'closed', attempt: 0, waitMs: 0, cause: error })
    for (const done of [...this.#idle, ...this.#closing]) done()
    this.#idle.clear()
    this.#closing.clear()
  }

  /** A publish is over, one way or the other. */
  #published(message: OutgoingMessage): Publishing | null {
    const publishing = this.#publishing.get(message) ?? null
    if (this.#publishing.delete(message) || this.#restored.delete(message)) this.#queuedBytes -= message.payload.length
    if (this.undelivered === 0) {
      for (const done of this.#idle) done()
      this.#idle.clear()
    }
    this.#adjustReading()
    return publishing
  }

  #readingChanged(full: boolean): void {
    this.#fullSubscriptions += full ? 1 : -1
    this.#adjustReading()
  }

  /** Stops reading while a subscription is full, unless we wait for an answer, which would then never come. */
  #adjustReading(): void {
    const connection = this.#connector.connection
    if (connection === null) return
    const paused = this.#fullSubscriptions > 0 && this.#publishing.size === 0 && this.#subscriptions.pending === 0 && (this.#requests?.pending ?? 0) === 0
    if (paused === this.#paused) return
    this.#paused = paused
    if (paused) connection.pause()
    else connection.resume()
  }
}
