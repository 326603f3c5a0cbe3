// The client in Node: TCP, TLS, Unix sockets and WebSockets by net/, timers and randomness by Node.
// Nothing but node:net and node:fs is loaded until a target asks for more.

import { type DialTarget, dial, type TlsDialOptions } from '../net/dial.ts'
import { createNetContext, type NetContext } from '../net/net-context.ts'
import type { Client } from './client.ts'
import { type ConnectOptions, connectPacket, parseUrl, type Target } from './options.ts'
import type { Dial } from './reconnect.ts'
import type { Timers } from './timers.ts'

export type { Client, CloseOptions, PublishOptions, PublishReceipt } from './client.ts'
export { MqttError, type MqttErrorCode } from './errors.ts'
export { type FileStoreOptions, fileStore } from './file-store.ts'
export type { Message, Payload } from './message.ts'
export type { ClientStore, ConnectOptions, WillOptions } from './options.ts'
export type { ClientStatus } from './status.ts'
export type { Overflow, SubscribeOptions, Subscription } from './subscription.ts'
export { type TextStorage, webStore } from './web-store.ts'

/** A SOCKS5 proxy, which looks up the name of the target itself. */
export interface ProxyOptions {
  readonly host: string
  readonly port: number
  /** Both or none: for a proxy that asks who we are. */
  readonly userName?: string
  readonly password?: string
}

/** How a target is reached, beyond the target itself. */
export interface DialOptions {
  /** Address of ours to connect from. */
  readonly localAddress?: string
  /** Not for Unix sockets. */
  readonly proxy?: ProxyOptions
  /** Headers of the WebSocket request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of the WebSocket; `mqtt` unless given. */
  readonly subprotocol?: string
  /** Milliseconds until the connection with all its handshakes must stand; 30,000 unless given. */
  readonly connectTimeoutMs?: number
  /** Shared by all clients that are given the same one; otherwise each has its own buffers. */
  readonly net?: NetContext
}

/** What only Node can do. */
export interface NodeConnectOptions extends ConnectOptions, DialOptions {
  readonly tls?: TlsDialOptions
}

export const nodeTimers: Timers = {
  now: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}

/** How to reach a target; for `Connector`. */
export function nodeDial(target: Target, tls: TlsDialOptions = {}, options: DialOptions = {}): Dial {
  const context = options.net ?? createNetContext({ arenaSize: 1 << 20 })
  const full = dialTarget(target, tls, options)
  return (accept, signal) => dial(context, full, accept, signal)
}

/** Connects to an MQTT server, such as `mqtt://localhost`. Rejects with an MqttError when there is no connection, or a refusal. */
export async function connect(url: string | URL, options: NodeConnectOptions = {}): Promise<Client> {
  const parsed = parseUrl(url)
  const packet = connectPacket(parsed, options)
  const { Client } = await import('./client.ts') // the command-line clients do without
  const dialOptions = packet.version === 3 ? { subprotocol: 'mqttv3.1', ...options } : options
  const environment = { dial: nodeDial(parsed.target, options.tls, dialOptions), timers: nodeTimers, random: Math.random }
  const client = new Client(environment, packet, options, (await options.store?.open()) ?? null)
  await client.open(options)
  return client
}

function dialTarget(target: Target, tls: TlsDialOptions, options: DialOptions): DialTarget {
  const timing = options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }
  const from = {
    ...timing,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
  }
  const { transport, host, port, path } = target
  switch (transport) {
    case 'tcp':
      return { transport, host, port, ...from }
    case 'tls':
      return { transport, host, port, tls, ...from }
    case 'unix':
      return { transport, path, ...timing }
    case 'ws':
    case 'wss':
      return {
        transport,
        host,
        port,
        path,
        tls,
        ...from,
        ...(options.subprotocol === undefined ? {} : { subprotocol: options.subprotocol }),
        ...(options.headers === undefined ? {} : { headers: options.headers }),
      }
  }
}
