// Handshakes of WebSockets on `ws`, which is loaded with the first one: a broker that nobody visits by WebSocket starts without it.
// Who may come in is asked before, by websocket-server.ts and message-sockets.ts.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ServerOptions, WebSocket, WebSocketServer } from 'ws'

export class WebSocketHandshakes {
  readonly #options: ServerOptions
  #server: WebSocketServer | null = null
  #loading: Promise<WebSocketServer> | null = null
  #isClosed = false

  constructor(options: ServerOptions) {
    this.#options = { ...options, noServer: true }
  }

  /** Answers one; a request that is none is refused. A socket that has gone until then is forgotten. */
  answer(request: IncomingMessage, socket: Duplex, head: Buffer, opened: (webSocket: WebSocket) => void): void {
    if (this.#server !== null) return this.#server.handleUpgrade(request, socket, head, opened)
    socket.on('error', ignore) // its peer may leave meanwhile; nobody else listens yet
    this.#load().then(
      (server) => {
        if (this.#isClosed) socket.destroy()
        if (socket.destroyed) return // its error may still be on its way
        server.handleUpgrade(request, socket, head, opened)
        socket.off('error', ignore)
      },
      () => socket.destroy(),
    )
  }

  /** Ends those that it keeps, and answers none that waits. */
  close(): void {
    this.#isClosed = true
    for (const webSocket of this.#server?.clients ?? []) webSocket.terminate()
  }

  #load(): Promise<WebSocketServer> {
    this.#loading ??= import('ws').then(({ WebSocketServer }) => (this.#server = new WebSocketServer(this.#options)))
    return this.#loading
  }
}

function ignore(): void {}
