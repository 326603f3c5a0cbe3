// Carries a link over an open WebSocket: binary messages in, one binary frame per flush out.
// Packets need not match frames [MQTT-6.0.0-2]: many lie in one, and what is very long is cut into several.

import type { RawData, WebSocket } from 'ws'
import type { Accept, Peer } from '../base/link.ts'
import type { NetContext } from './net-context.ts'
import { type Carrier, SocketLink, type StallAt } from './socket-link.ts'

/** Frames we send are no longer, so that peers with a limit on messages take them. */
export const FRAME_SIZE = 262144
/** Pings that a peer may send in PING_WINDOW_MS; an honest one sends one every few seconds. */
const PINGS = 100
const PING_WINDOW_MS = 10_000

/** RFC 6455, 7.4.1. */
const CloseCode = { Normal: 1000, UnsupportedData: 1003, PolicyViolation: 1008 } as const

class WebSocketCarrier implements Carrier {
  /** What the Close frame will say. */
  closeCode: number = CloseCode.Normal
  readonly #socket: WebSocket
  readonly #done: (error?: Error) => void
  #unfinished = 0

  constructor(socket: WebSocket, written: () => void) {
    this.#socket = socket
    this.#done = (error) => {
      this.#unfinished--
      if (this.#unfinished === 0 && !error) written()
    }
  }

  get writableLength(): number {
    return this.#socket.bufferedAmount
  }

  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += FRAME_SIZE) {
      this.#unfinished++
      this.#socket.send(bytes.length > FRAME_SIZE ? bytes.subarray(at, at + FRAME_SIZE) : bytes, this.#done)
    }
  }

  end(): void {
    this.#socket.close(this.closeCode)
  }

  destroy(): void {
    this.#socket.terminate()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }
}

/** Makes a link of an open WebSocket. After `pause`, frames that had already been read still come. */
export function openWebSocket(context: NetContext, socket: WebSocket, peer: Peer, stallAt: StallAt, accept: Accept): SocketLink {
  const carrier: WebSocketCarrier = new WebSocketCarrier(socket, () => link.written())
  const link: SocketLink = new SocketLink(context, carrier, peer, stallAt)
  const refuse = (code: number, sentence: string): void => {
    carrier.closeCode = code
    link.failed(new Error(sentence))
    link.end()
  }
  socket.binaryType = 'fragments' // chunks as they came, not copied into one
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (!isBinary) {
      refuse(CloseCode.UnsupportedData, 'text frame: MQTT needs binary frames') // [MQTT-6.0.0-1]
      return
    }
    let more = true
    for (const chunk of data as Buffer[]) more = link.read(chunk, 0, chunk.length)
    if (!more) socket.pause()
  })
  let pings = 0
  let windowEnd = 0
  socket.on('ping', () => {
    const now = performance.now()
    if (now >= windowEnd) {
      windowEnd = now + PING_WINDOW_MS
      pings = 0
    }
    if (++pings > PINGS) refuse(CloseCode.PolicyViolation, `more than ${PINGS} pings in ${PING_WINDOW_MS / 1000} s`)
  })
  socket.on('error', (error: Error) => {
    link.failed(error)
    link.end() // `ws` has said why in its Close frame; this bounds the wait for the answer
  })
  socket.on('close', () => link.closed())
  link.start(accept)
  return link
}
