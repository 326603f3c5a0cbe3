// WebSockets that carry messages of ours, not MQTT: for the console's API. What a peer sends is read and means nothing.
// Who may open one is the caller's affair; the port is that of a WebSocket listener (its `onUpgrade`).

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketHandshakes } from './websocket-handshakes.ts'

/** Bytes of a message that a peer may send. */
const LARGEST_MESSAGE = 4096
/** A peer that answers no ping for so long is gone. */
const PING_EVERY_MS = 20_000

/** An open one. */
export interface MessageSocket {
  /** Bytes that wait to be sent. */
  readonly waiting: number
  /** Texts as text messages, bytes as binary ones; the bytes must not change any more. */
  send(message: string | Uint8Array): void
  /** `code` as in RFC 6455, 7.4.1. A call more than needed does no harm. */
  close(code: number, reason: string): void
  /** Called once, when it is over. */
  onClose: () => void
}

export class MessageSockets {
  readonly #handshakes = new WebSocketHandshakes({ perMessageDeflate: false, maxPayload: LARGEST_MESSAGE })

  /** Answers the handshake; a request that is none is refused. */
  open(request: IncomingMessage, socket: Duplex, head: Buffer, opened: (socket: MessageSocket) => void): void {
    this.#handshakes.answer(request, socket, head, (webSocket) => opened(new OpenSocket(webSocket)))
  }

  /** Ends all. */
  close(): void {
    this.#handshakes.close()
  }
}

class OpenSocket implements MessageSocket {
  onClose: () => void = () => {}
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
    let isAlive = true
    const ping = setInterval(() => {
      if (!isAlive) socket.terminate()
      isAlive = false
      socket.ping()
    }, PING_EVERY_MS)
    ping.unref()
    socket.on('pong', () => void (isAlive = true))
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      clearInterval(ping)
      this.onClose()
    })
  }

  get waiting(): number {
    return this.#socket.bufferedAmount
  }

  send(message: string | Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(message)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }
}
