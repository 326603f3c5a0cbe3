// A tab's connection to its broker: the library's Connector over a WebSocket, its phases in words, its subscriptions.
// What comes in goes to the tab (tab.ts); packets are recorded on the way (packet-recorder.ts).

import { browserTimers, type WebSocketMaker, webSocketDial } from '../../client/browser.ts'
import type { MqttError } from '../../client/errors.ts'
import { connectPacket, parseUrl } from '../../client/options.ts'
import { Connector, DEFAULT_RECONNECT } from '../../client/reconnect.ts'
import type { Delivery, OutgoingMessage } from '../../session/client-effects.ts'
import { type Packet, PacketType, type Publish, type PublishAcknowledgement } from '../../wire/mqtt/packet.ts'
import type { ConnectionPhase, Problem, Profile } from './protocol.ts'
import type { Subscriptions } from './subscriptions.ts'

export interface BrokerLinkEvents {
  phase(phase: ConnectionPhase): void
  message(publish: Publish): void
  delivered(delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void
  undelivered(delivery: Delivery, error: Error): void
  subscriptionsChanged(): void
  notice(level: 'info' | 'warn' | 'error', what: string): void
}

export interface BrokerLinkEnvironment {
  readonly socket: WebSocketMaker | null
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
  readonly random: () => number
}

/** Seconds that the broker keeps the session while we try to come back. */
const SESSION_SECONDS = 60
const RECEIVE_MAXIMUM = 1000
/** What is asked and answered at once: its time is the round trip. */
const ANSWERS: ReadonlyMap<number, number> = new Map([
  [PacketType.Pingreq, PacketType.Pingresp],
  [PacketType.Subscribe, PacketType.Suback],
])

export class BrokerLink {
  readonly #environment: BrokerLinkEnvironment
  readonly #events: BrokerLinkEvents
  readonly #subscriptions: Subscriptions
  #connector: Connector | null = null
  #socketMs: number | null = null
  #attempt = 0
  #everLive = false
  #liveUntil = 0
  #asked: { readonly answer: number; readonly at: number } | null = null
  #roundTripMs: number | null = null

  constructor(environment: BrokerLinkEnvironment, subscriptions: Subscriptions, events: BrokerLinkEvents) {
    this.#environment = environment
    this.#subscriptions = subscriptions
    this.#events = events
  }

  get roundTripMs(): number | null {
    return this.#roundTripMs
  }

  get isLive(): boolean {
    return this.#connector?.connection != null
  }

  get version(): 3 | 4 | 5 {
    return this.#connector?.connectPacket.version ?? 5
  }

  /** Leaves what there is and begins anew. */
  connect(profile: Profile): void {
    this.#drop()
    this.#attempt = 0
    try {
      this.#connector = this.#start(profile)
      this.#connector.start()
    } catch (error) {
      this.#connector = null
      this.#events.phase({ phase: 'refused', cause: problemOf(error) })
    }
  }

  disconnect(): void {
    const wasLive = this.isLive
    this.#drop()
    if (wasLive || this.#everLive) this.#events.phase({ phase: 'offline', since: wasLive ? this.#environment.wallMs() : this.#liveUntil, cause: null })
    else this.#events.phase({ phase: 'offline', since: this.#environment.wallMs(), cause: null })
    this.#subscriptions.offline()
    this.#events.subscriptionsChanged()
  }

  /** Throws UsageError for what cannot be sent, and when there was never a connection. */
  publish(message: OutgoingMessage): Delivery {
    if (this.#connector === null) throw new Error('not connected: connect first')
    return this.#connector.publish(message)
  }

  /** Asks the broker for what is not asked for yet. */
  subscribePending(): void {
    const connector = this.#connector
    if (connector?.connection == null) return
    const version = connector.connectPacket.version
    for (const one of this.#subscriptions.pending()) {
      const request = {
        topicFilter: one.filter,
        qos: one.qos,
        noLocal: version === 5 && one.noLocal,
        retainAsPublished: version === 5 && one.retainAsPublished,
        retainHandling: version === 5 ? one.retainHandling : 0,
      } as const
      const identifiers = version === 5 && connector.limits?.subscriptionIdentifiers !== false
      try {
        const packetId = connector.subscribe([request], identifiers ? { subscriptionIdentifiers: [one.identifier] } : {})
        this.#subscriptions.asked(one.filter, packetId)
      } catch (error) {
        this.#events.notice('error', `${one.filter}: ${error instanceof Error ? error.message : String(error)}`)
        this.#subscriptions.failed(one.filter)
      }
    }
    this.#events.subscriptionsChanged()
  }

  unsubscribe(filter: string): void {
    if (this.#connector?.connection != null) this.#connector.unsubscribe([filter])
  }

  #drop(): void {
    const connector = this.#connector
    this.#connector = null
    if (connector === null) return
    if (connector.connection === null) connector.destroy()
    else connector.disconnect(0, connector.connectPacket.version === 5 ? { sessionExpiryInterval: 0 } : {})
  }

  #start(profile: Profile): Connector {
    const { wallMs, random } = this.#environment
    const parsed = parseUrl(profile.url)
    const { transport, host, port, path } = parsed.target
    if (transport !== 'ws' && transport !== 'wss') throw new UrlError(profile.url)
    const connect = connectPacket(parsed, {
      clientId:
        profile.clientId === ''
          ? `console-${Math.floor(random() * 65_536)
              .toString(16)
              .padStart(4, '0')}`
          : profile.clientId,
      ...(profile.userName === '' ? {} : { username: profile.userName }),
      ...(profile.password === '' ? {} : { password: profile.password }),
      version: profile.version,
      cleanStart: profile.cleanStart,
      keepAlive: profile.keepAlive,
      sessionExpiry: SESSION_SECONDS,
      receiveMaximum: RECEIVE_MAXIMUM,
      topicAliasMaximum: 64,
    })
    const address = `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
    const dial = webSocketDial(address, profile.version === 3 ? 'mqttv3.1' : 'mqtt', browserTimers, this.#environment.socket)
    const connector: Connector = new Connector(
      {
        dial: async (accept, signal) => {
          const begin = wallMs()
          this.#socketMs = null
          this.#attempt++
          if (this.#connector === connector) this.#events.phase({ phase: 'connecting', stage: 'socket', socketMs: null, attempt: this.#attempt })
          return await dial((link) => {
            this.#socketMs = wallMs() - begin
            if (this.#connector === connector) this.#events.phase({ phase: 'connecting', stage: 'connect', socketMs: this.#socketMs, attempt: this.#attempt })
            return accept(link)
          }, signal)
        },
        timers: browserTimers,
        random,
        connect,
        reconnect: DEFAULT_RECONNECT,
        fallback: profile.version === 5,
        trace: { sending: (packet) => this.#sending(packet), received: (packet) => this.#received(packet) },
      },
      {
        connected: (connack) => {
          this.#attempt = 0
          this.#everLive = true
          const { clientId, version } = connector.connectPacket
          this.#events.phase({ phase: 'live', since: wallMs(), clientId, version, sessionPresent: connack.sessionPresent })
          if (!connack.sessionPresent) this.#subscriptions.offline()
          this.subscribePending()
        },
        refused: () => {},
        message: (publish) => this.#events.message(publish),
        delivered: (delivery, acknowledgement) => this.#events.delivered(delivery, acknowledgement),
        undelivered: (delivery, error) => this.#events.undelivered(delivery, error),
        suback: (packet) => {
          this.#subscriptions.answered(packet.packetId, packet.reasonCodes[0] ?? 0x80)
          this.#events.subscriptionsChanged()
        },
        unsuback: () => {},
        drained: () => {},
        disconnected: () => {},
        reauthenticated: () => {},
        closed: () => {
          if (this.#connector === connector) this.#liveUntil = wallMs()
        },
        waiting: (error, ms) => {
          if (this.#connector !== connector) return
          const cause = problemOf(error)
          this.#events.phase({ phase: 'reconnecting', attempt: connector.failures, at: wallMs() + ms, cause, since: this.#liveUntil })
        },
        stopped: (error) => {
          if (this.#connector !== connector) return
          this.#connector = null
          this.#subscriptions.offline()
          this.#events.subscriptionsChanged()
          if (error === null) return
          const cause = problemOf(error)
          if (this.#everLive) this.#events.phase({ phase: 'offline', since: this.#liveUntil, cause })
          else this.#events.phase({ phase: 'refused', cause })
        },
      },
    )
    return connector
  }

  #sending(packet: Packet): void {
    const answer = ANSWERS.get(packet.type)
    if (answer !== undefined && this.#asked === null) this.#asked = { answer, at: this.#environment.wallMs() }
  }

  #received(packet: Packet): void {
    if (this.#asked?.answer !== packet.type) return
    this.#roundTripMs = this.#environment.wallMs() - this.#asked.at
    this.#asked = null
  }
}

class UrlError extends Error {
  constructor(url: string) {
    super(`${url}: a page can connect by WebSocket only: write ws:// or wss://`)
  }
}

/** What went wrong, as the page shows it. */
export function problemOf(error: unknown): Problem {
  const { code = 'INVALID_ARGUMENT', hint = '', reasonCode = null } = error as Partial<MqttError>
  return { code, message: error instanceof Error ? error.message : String(error), hint, reasonCode }
}
