// What the broker itself forgets about its clients once they are in: version, Keep Alive, when they came and went, how much passed.
// Told by the broker's observer and by the tap; the rest of a client's row comes from its session.

import type { Peer } from '../../base/link.ts'
import type { Sender } from '../../capture/synthetic-connection.ts'
import type { EndCause, Observer } from '../../session/effects.ts'
import type { ProtocolError } from '../../wire/errors.ts'
import type { Connect } from '../../wire/mqtt/packet.ts'
import type { TapFollower } from '../tap/tap-hub.ts'
import type { TappedConnection } from '../tap/tapped-connection.ts'

/** Facts of clients without a session are forgotten when there are so many more of them than sessions. */
const SPARE = 1000

/** Of one client's present or last connection. Times are milliseconds since 1970. */
export interface ClientFacts {
  readonly peer: Peer
  readonly version: '3.1' | '3.1.1' | '5.0'
  /** Seconds, as the client asked. */
  readonly keepAlive: number
  readonly cleanStart: boolean
  readonly connectedAt: number
  disconnectedAt: number | null
  endCause: EndCause | null
}

/** What passed on one connection. */
export interface Traffic {
  bytesIn: number
  bytesOut: number
  /** Milliseconds since 1970; null = nothing came yet. */
  lastHeardAt: number | null
}

const VERSIONS = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const

export class ClientBook implements TapFollower {
  readonly #facts = new Map<string, ClientFacts>()
  readonly #traffic = new WeakMap<Peer, Traffic>()
  readonly #wallClock: () => number
  readonly #hasSession: (clientId: string) => boolean
  #sweepAt = SPARE

  /** `wallClock` in milliseconds since 1970. */
  constructor(wallClock: () => number, hasSession: (clientId: string) => boolean) {
    this.#wallClock = wallClock
    this.#hasSession = hasSession
  }

  factsOf(clientId: string): ClientFacts | null {
    return this.#facts.get(clientId) ?? null
  }

  trafficOf(peer: Peer): Traffic | null {
    return this.#traffic.get(peer) ?? null
  }

  /** An observer that notes what it is told and tells the next one. */
  observer(next: Observer): Observer {
    return {
      opened: (peer) => next.opened(peer),
      connected: (peer, clientId, connect, userName) => {
        this.#connected(peer, clientId, connect)
        next.connected(peer, clientId, connect, userName)
      },
      ended: (peer, clientId, cause, error: ProtocolError | null) => {
        if (clientId !== null) this.#ended(peer, clientId, cause)
        next.ended(peer, clientId, cause, error)
      },
    }
  }

  bytes({ peer }: TappedConnection, sender: Sender, _bytes: Uint8Array, start: number, end: number): void {
    let traffic = this.#traffic.get(peer)
    if (traffic === undefined) this.#traffic.set(peer, (traffic = { bytesIn: 0, bytesOut: 0, lastHeardAt: null }))
    if (sender === 'server') traffic.bytesOut += end - start
    else {
      traffic.bytesIn += end - start
      traffic.lastHeardAt = this.#wallClock()
    }
  }

  ended(): void {} // the observer tells more

  #connected(peer: Peer, clientId: string, { version, keepAlive, cleanStart }: Connect): void {
    const connectedAt = this.#wallClock()
    this.#facts.set(clientId, { peer, version: VERSIONS[version], keepAlive, cleanStart, connectedAt, disconnectedAt: null, endCause: null })
    if (this.#facts.size > this.#sweepAt) this.#sweep()
  }

  #ended(peer: Peer, clientId: string, cause: EndCause): void {
    const facts = this.#facts.get(clientId)
    if (facts === undefined || facts.peer !== peer) return // taken over: the next connection has told already
    facts.disconnectedAt = this.#wallClock()
    facts.endCause = cause
  }

  #sweep(): void {
    for (const clientId of this.#facts.keys()) if (!this.#hasSession(clientId)) this.#facts.delete(clientId)
    this.#sweepAt = this.#facts.size * 2 + SPARE
  }
}
