// The client in a browser, a worker, or wherever there is a global WebSocket: a Link over it, and its timers.
// A browser cannot stop a WebSocket from receiving: what comes while paused is kept here, in order.

import type { Accept, Link, Peer, Receiver } from '../base/link.ts'
import { BytePool, OutputBuffer } from '../base/output-buffer.ts'
import { Client } from './client.ts'
import { MqttError } from './errors.ts'
import { type ConnectOptions, connectPacket, parseUrl } from './options.ts'
import type { Dial } from './reconnect.ts'
import type { Timers } from './timers.ts'

export type { Client, CloseOptions, PublishOptions, PublishReceipt } from './client.ts'
export { MqttError, type MqttErrorCode } from './errors.ts'
export type { Message, Payload } from './message.ts'
export type { ClientStore, ConnectOptions, WillOptions } from './options.ts'
export type { ClientStatus } from './status.ts'
export type { Overflow, SubscribeOptions, Subscription } from './subscription.ts'
export { type TextStorage, webStore } from './web-store.ts'

/** What is used of the browser's WebSocket. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: (() => void) | null
  send(data: Uint8Array): void
  close(code?: number): void
}

export type WebSocketMaker = new (url: string, protocols: string[]) => WebSocketLike

/** The parts of the global object that are used; none of them exists everywhere. */
interface Globals {
  readonly WebSocket?: WebSocketMaker
  readonly performance: { now(): number }
  setTimeout(action: () => void, ms: number): unknown
  clearTimeout(timer: never): void
}

const globals = globalThis as unknown as Globals
/** Bytes in the WebSocket beyond which we hold ours back. */
const ENOUGH_BUFFERED = 262_144
/** How often to look whether they have gone: the browser does not say. */
const LOOK_AGAIN_MS = 20
/** Milliseconds a peer has to take what waits after `end`. */
const END_TIMEOUT_MS = 5000

export const browserTimers: Timers = {
  now: () => globals.performance.now(),
  after: (ms, action) => {
    const timer = globals.setTimeout(action, ms)
    return () => globals.clearTimeout(timer as never)
  },
}

/** Connects to `ws://` or `wss://`. Rejects with an MqttError. */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  const parsed = parseUrl(url)
  const { transport, host, port, path } = parsed.target
  if (transport !== 'ws' && transport !== 'wss') {
    throw new MqttError('INVALID_ARGUMENT', `URL '${String(url)}': a browser can connect by WebSocket only`, { hint: 'use ws:// or wss://' })
  }
  const packet = connectPacket(parsed, options)
  const address = `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  const client = new Client(
    { dial: webSocketDial(address, packet.version === 3 ? 'mqttv3.1' : 'mqtt', browserTimers), timers: browserTimers, random: Math.random },
    packet,
    options,
    (await options.store?.open()) ?? null,
  )
  await client.open(options)
  return client
}

/** Opens WebSockets to `url`; for `Connector`. `maker` is the global WebSocket unless given. */
export function webSocketDial(url: string, subprotocol: string, timers: Timers, maker: WebSocketMaker | null = globals.WebSocket ?? null): Dial {
  return (accept, signal) =>
    new Promise((resolve, reject) => {
      if (maker === null) throw new MqttError('INVALID_ARGUMENT', 'there is no WebSocket here', { hint: 'use the Node entry of the package' })
      if (signal.aborted) throw new MqttError('ABORTED', 'connect: given up', { cause: signal.reason })
      const socket = new maker(url, [subprotocol]) // [MQTT-6.0.0-3]
      socket.binaryType = 'arraybuffer'
      const abort = (): void => {
        socket.onopen = socket.onclose = null
        socket.close()
        reject(new MqttError('ABORTED', 'connect: given up', { cause: signal.reason }))
      }
      signal.addEventListener('abort', abort, { once: true })
      socket.onclose = (event) => {
        signal.removeEventListener('abort', abort)
        reject(
          new MqttError('CONNECTION_FAILED', `${url}: no WebSocket connection (${event.code}${event.reason === '' ? '' : ` ${event.reason}`})`, {
            hint: "is the path right, and this origin allowed? The browser's console may say more",
          }),
        )
      }
      socket.onopen = () => {
        signal.removeEventListener('abort', abort)
        resolve(new WebSocketLink(socket, url, timers, accept))
      }
    })
}

class WebSocketLink implements Link {
  readonly peer: Peer
  readonly output: OutputBuffer
  readonly #socket: WebSocketLike
  readonly #timers: Timers
  readonly #pool = new BytePool(0)
  readonly #receiver: Receiver
  readonly #kept: Uint8Array[] = []
  #paused = false
  #scheduled = false
  #ending = false
  #closed = false

  constructor(socket: WebSocketLike, url: string, timers: Timers, accept: Accept) {
    const secure = url.startsWith('wss:')
    this.#socket = socket
    this.#timers = timers
    this.peer = {
      transport: secure ? 'wss' : 'ws',
      address: new URL(url).hostname,
      port: Number(new URL(url).port),
      localPort: 0,
      certificateName: null,
      certificateSubject: null,
      pskIdentity: null,
      tlsVersion: null,
      cipher: null,
    }
    this.output = new OutputBuffer(this.#pool, { schedule: () => this.#schedule(), flushNow: () => this.#flush() })
    socket.onmessage = ({ data }) => this.#message(data)
    socket.onclose = ({ code, reason }) =>
      this.#close(code === 1000 || this.#ending ? null : new Error(`WebSocket closed with ${code}${reason === '' ? '' : ` ${reason}`}`))
    this.#receiver = accept(this)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    queueMicrotask(() => this.#deliverKept()) // never from within the caller
  }

  end(): void {
    if (this.#ending) return
    this.#ending = true
    this.#flush()
    if (!this.output.blocked) this.#socket.close(1000) // sends what it has taken, first
    this.#timers.after(END_TIMEOUT_MS, () => this.#close(null))
  }

  destroy(): void {
    this.output.closed = true
    this.#socket.close()
    queueMicrotask(() => this.#close(null)) // its own close may take a minute when the network is gone
  }

  #message(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      // [MQTT-6.0.0-1]
      this.#socket.close(1003)
      this.#close(new Error('WebSocket message that is not binary'))
      return
    }
    const bytes = new Uint8Array(data)
    if (this.#paused || this.#kept.length > 0) this.#kept.push(bytes)
    else if (!this.#closed) this.#receiver.received(bytes, 0, bytes.length)
  }

  #deliverKept(): void {
    while (!this.#paused && !this.#closed && this.#kept.length > 0) {
      const bytes = this.#kept.shift()!
      this.#receiver.received(bytes, 0, bytes.length)
    }
  }

  /** Once per turn, so that many packets share one WebSocket frame. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const { output } = this
    if (this.#closed || output.closed || output.blocked || output.length === 0) return
    const length = output.length
    const block = output.take()
    this.#socket.send(block.bytes.subarray(block.start, block.start + length)) // copies
    this.#pool.give(block)
    if (this.#socket.bufferedAmount > ENOUGH_BUFFERED) {
      output.blocked = true
      this.#lookAgain()
    }
  }

  #lookAgain(): void {
    this.#timers.after(LOOK_AGAIN_MS, () => {
      if (this.#closed) return
      if (this.#socket.bufferedAmount > ENOUGH_BUFFERED) {
        this.#lookAgain()
        return
      }
      this.output.blocked = false
      this.#flush()
      if (this.#ending) this.#socket.close(1000)
      else this.#receiver.drained()
    })
  }

  #close(error: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    this.output.closed = true
    this.#socket.onmessage = this.#socket.onclose = null
    this.#receiver.closed(error)
  }
}

declare function queueMicrotask(action: () => void): void
