// A bridge on its own broker: its session, what it subscribes to there, and the notification of its state.
// The session outlives the connections to the other broker; local-connection.ts is one stay in it.

import { BytePool } from '../base/output-buffer.ts'
import type { Packet } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import type { BridgeLog } from './bridge-log.ts'
import { type BridgeSettings, notificationTopicOf } from './bridge-settings.ts'
import { type LocalBroker, LocalConnection, type LocalEvents, type LocalIdentity, type LocalSession } from './local-connection.ts'
import type { LocalEnd } from './outgoing-relay.ts'
import type { TopicMap } from './topic-map.ts'

export class LocalSide implements LocalEnd {
  #broker: LocalBroker
  #settings: BridgeSettings
  readonly #events: LocalEvents
  readonly #log: BridgeLog
  readonly #later: (work: () => void) => void
  /** Not the broker's, which counts what is sent. */
  readonly #pool = new BytePool(0)
  #connection: LocalConnection | null = null

  constructor(broker: LocalBroker, settings: BridgeSettings, events: LocalEvents, log: BridgeLog, later: (work: () => void) => void) {
    this.#broker = broker
    this.#settings = settings
    this.#events = events
    this.#log = log
    this.#later = later
  }

  get broker(): LocalBroker {
    return this.#broker
  }

  /** Messages that wait for the other broker. */
  get waiting(): number {
    return this.queue?.messages ?? 0
  }

  /** Null = our broker keeps no session of the bridge. */
  get queue(): LocalSession['queue'] | null {
    return this.#broker.session(this.#settings.localClientId)?.queue ?? null
  }

  /** The Packet Identifier of the next message that goes out. */
  get nextId(): number {
    return this.#broker.session(this.#settings.localClientId)?.outgoing.nextId ?? 1
  }

  /** Packet Identifiers of QoS 2 messages that came in and await their PUBREL. */
  get unreleasedIds(): readonly number[] {
    return this.#broker.session(this.#settings.localClientId)?.incoming.unreleasedIds ?? []
  }

  get isOpen(): boolean {
    return this.#connection?.isOpen === true
  }

  /** Goes on with other settings; a session of another name is given up. */
  become(broker: LocalBroker, settings: BridgeSettings): void {
    this.close()
    if (settings.localClientId !== this.#settings.localClientId) this.forget()
    this.#broker = broker
    this.#settings = settings
  }

  /**
   * Subscribes, by a connection that is held back until `start`. `withRetained`: retained messages follow then, as with each connection
   * to the other broker. False when our broker does not let us in.
   */
  subscribe({ locally }: TopicMap, withRetained: boolean): boolean {
    let connection = this.#connection
    if (connection?.isOpen !== true) connection = this.#connect(this.#settings.localCleanSession)
    if (!connection.isOpen) {
      this.#log.localEnd(connection.reasonCode)
      this.#connection = null
      return false
    }
    this.#connection = connection
    if (!withRetained) for (const { topicFilter } of locally) this.#log.localSubscribe(topicFilter)
    this.#log.localRefusals(connection.subscribe(locally, withRetained))
    return true
  }

  /** Messages may come, at most `quota` of them unacknowledged. */
  start(quota: number): void {
    this.#connection?.start(quota)
  }

  send(packet: Packet): void {
    this.#connection?.send(packet)
  }

  release(): void {
    this.#connection?.release()
  }

  /** Messages wait from now on, unless the session is a clean one. */
  close(): void {
    this.#connection?.close()
    this.#connection = null
  }

  /** Our broker keeps nothing of the bridge any more. */
  forget(): void {
    this.close()
    if (this.#broker.session(this.#settings.localClientId) !== null) this.#connect(false).close(true)
  }

  /** Tells the clients of our broker whether the bridge is up. */
  notify(payload: Uint8Array): void {
    if (!this.#settings.notifications) return
    this.#broker.publish({ topicName: notificationTopicOf(this.#settings), payload, qos: 1, retain: true, properties: NO_PROPERTIES })
  }

  #connect(isClean: boolean): LocalConnection {
    const { localClientId: clientId, localUserName: userName, localPassword: password } = this.#settings
    const identity: LocalIdentity = { clientId, userName, password, isClean }
    const events: LocalEvents = {
      ...this.#events,
      ended: (fault) => {
        this.#connection = null
        this.#log.localEnd(null, fault)
        this.#events.ended(fault)
      },
    }
    return new LocalConnection(identity, this.#broker, events, this.#pool, this.#later)
  }
}
