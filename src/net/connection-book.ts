// The connections of one listener, from the moment the system accepted them: also those still in a TLS or HTTP handshake.
// Node's own count is wrong for sockets whose handle was moved. The connections of all listeners are open-connections.ts.

import type { Socket } from 'node:net'
import type { ProblemKind } from './net-context.ts'
import type { OpenConnections } from './open-connections.ts'

/** How many connections are open; several sockets that are one listener to people share one. */
export class ConnectionCount {
  open = 0
}

export class ConnectionBook {
  readonly #open = new Set<Socket>()
  readonly #waiting: (() => void)[] = []
  readonly #all: OpenConnections | null
  readonly #together: ConnectionCount
  /** Connections at most; null = no limit. */
  readonly maximum: number | null

  /** Each connection is also entered in `all`; `maximum` is that of all books which share the count `together`. */
  constructor(maximum: number | null, all: OpenConnections | null = null, together: ConnectionCount = new ConnectionCount()) {
    this.maximum = maximum
    this.#all = all
    this.#together = together
  }

  get size(): number {
    return this.#open.size
  }

  /** Why a newcomer is one too many; null when it is not. */
  get full(): ProblemKind | null {
    if (this.maximum !== null && this.#together.open >= this.maximum) return 'limit'
    return this.#all === null ? null : this.#all.full
  }

  /** Enters a socket until it is closed. */
  add(socket: Socket): void {
    this.#open.add(socket)
    this.#together.open++
    this.#all?.enter()
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#together.open--
      this.#all?.leave()
      if (this.#open.size === 0) for (const tell of this.#waiting.splice(0)) tell()
    })
  }

  /** Cuts all connections; resolves when they are closed and their owners know it. */
  async cut(): Promise<void> {
    if (this.#open.size === 0) return
    const empty = new Promise<void>((resolve) => this.#waiting.push(resolve))
    for (const socket of this.#open) socket.destroy()
    await empty
    await new Promise((resolve) => setImmediate(resolve)) // what lies above a socket (TLS, WebSocket) closes after it
  }
}
