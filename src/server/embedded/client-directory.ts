// The clients that are connected, as the program around the broker sees them: a live view, which keeps nothing of its own.
// Subscriptions of the program itself are sessions too; they are left out.

import type { Peer } from '../../base/link.ts'
import type { Broker } from '../../broker/broker.ts'
import type { ListenerRules } from '../../broker/listener-rules.ts'
import type { Session } from '../../broker/session.ts'
import type { ClientInfo } from './plugin.ts'

interface Described {
  readonly peer: Peer
  readonly userName: string | null
  readonly info: ClientInfo
}

export class ClientDirectory implements ReadonlyMap<string, ClientInfo> {
  readonly #broker: Broker
  readonly #own: ListenerRules
  readonly #listenerOf: (peer: Peer) => string
  /** Made when somebody asks about a client. */
  readonly #described = new WeakMap<Session, Described>()

  /** `own` are the rules of the program's own sessions. */
  constructor(broker: Broker, own: ListenerRules, listenerOf: (peer: Peer) => string) {
    this.#broker = broker
    this.#own = own
    this.#listenerOf = listenerOf
  }

  get size(): number {
    let count = 0
    for (const _ of this.#online()) count++
    return count
  }

  get(id: string): ClientInfo | undefined {
    const session = this.#broker.sessions.get(id)
    return session !== undefined && this.#isShown(session) ? this.infoOf(session) : undefined
  }

  has(id: string): boolean {
    return this.get(id) !== undefined
  }

  *keys(): MapIterator<string> {
    for (const { clientId } of this.#online()) yield clientId
  }

  *values(): MapIterator<ClientInfo> {
    for (const session of this.#online()) yield this.infoOf(session)
  }

  *entries(): MapIterator<[string, ClientInfo]> {
    for (const session of this.#online()) yield [session.clientId, this.infoOf(session)]
  }

  [Symbol.iterator](): MapIterator<[string, ClientInfo]> {
    return this.entries()
  }

  forEach(action: (client: ClientInfo, id: string, clients: ReadonlyMap<string, ClientInfo>) => void): void {
    for (const [id, client] of this) action(client, id, this)
  }

  /** Whether it is a session of the program's own. */
  isOwn(session: Session): boolean {
    return session.rules === this.#own
  }

  /** Also of a session whose connection is gone: then what was known of it. */
  infoOf(session: Session): ClientInfo {
    const { connection, clientId, userName } = session
    const known = this.#described.get(session)
    if (known !== undefined && known.userName === userName && (connection === null || known.peer === connection.link.peer)) return known.info
    if (connection === null) return { id: clientId, username: userName, address: '', version: session.version, listener: '' }
    const { peer } = connection.link
    const info = this.describe(clientId, userName, connection.version, peer)
    this.#described.set(session, { peer, userName, info })
    return info
  }

  /** Somebody who has no session yet. */
  describe(id: string, username: string | null, version: ClientInfo['version'], peer: Peer): ClientInfo {
    return { id, username, address: peer.address, version, listener: this.#listenerOf(peer) }
  }

  /** Whom the authoriser is asked about: by name, since a will is judged before there is a session. */
  named(clientId: string, userName: string | null): ClientInfo {
    const session = this.#broker.sessions.get(clientId)
    if (session !== undefined && session.userName === userName) return this.infoOf(session)
    return { id: clientId, username: userName, address: '', version: 5, listener: '' }
  }

  /** The session whose connection this is; goes through all sessions unless `id` names it. */
  sessionAt(peer: Peer, id: string | null): Session | null {
    const named = id === null ? undefined : this.#broker.sessions.get(id)
    if (named?.connection?.link.peer === peer) return named
    if (id !== null) return null
    for (const session of this.#broker.sessions.values()) if (session.connection?.link.peer === peer) return session
    return null
  }

  *#online(): Generator<Session, void, void> {
    for (const session of this.#broker.sessions.values()) if (this.#isShown(session)) yield session
  }

  #isShown(session: Session): boolean {
    return session.isOnline && !this.isOwn(session)
  }
}
