// The connections of one listener, from the moment the system accepted them: also those still in a TLS or HTTP handshake.
// Node's own count is wrong for sockets whose handle was moved.

import type { Socket } from 'node:net'

export class ConnectionBook {
  readonly #open = new Set<Socket>()
  readonly #waiting: (() => void)[] = []
  /** Connections at most; null = no limit. */
  readonly maximum: number | null

  constructor(maximum: number | null) {
    this.maximum = maximum
  }

  get size(): number {
    return this.#open.size
  }

  /** True when a newcomer is one too many. */
  get full(): boolean {
    return this.maximum !== null && this.#open.size >= this.maximum
  }

  /** Enters a socket until it is closed. */
  add(socket: Socket): void {
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
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
