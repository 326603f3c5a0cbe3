// Connecting out: one interface for TCP, TLS, Unix sockets and WebSockets.
// A plain connection loads nothing but node:net; TLS and `ws` are loaded when a target asks for them.

import { connect, type NetConnectOpts } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import type { Accept, Link } from '../base/link.ts'
import { abandon, addressOptions, attempt, CONNECT_TIMEOUT_MS, type DialAddress } from './dial-attempt.ts'
import type { NetContext } from './net-context.ts'
import { describePeer } from './peer.ts'
import { StallAt } from './socket-link.ts'
import { openStream } from './stream-carrier.ts'
import { SharedReader } from './tcp.ts'

interface DialTiming {
  /** Milliseconds until the connection with all its handshakes must stand; 30,000 unless given. */
  readonly connectTimeoutMs?: number
}

export interface TlsDialOptions {
  /** PEM contents of the authorities to trust; Node's own unless given. */
  readonly ca?: string | Buffer | (string | Buffer)[]
  /** PEM contents of our own certificate and key. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  /** Name to ask for and to find in the certificate; the host unless given. */
  readonly servername?: string
  /** False accepts any certificate. */
  readonly rejectUnauthorized?: boolean
  /** Judges the name in a certificate that is otherwise good: returns an error, or undefined. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined
  readonly alpn?: readonly string[]
  /** OpenSSL's list for TLS 1.2 and older; Node's own choice unless given. */
  readonly ciphers?: string
  /** The suites of TLS 1.3, separated by colons; OpenSSL's own choice unless given. */
  readonly ciphersuites13?: string
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Told each line for a key log file, as analysers read it. */
  readonly keylog?: (line: Buffer) => void
  /** Proves a pre-shared key, and demands the same of the server, instead of certificates. */
  readonly psk?: { readonly identity: string; readonly key: Uint8Array }
}

/** A SOCKS5 proxy to go through (RFC 1928, RFC 1929). It resolves the names itself, as `socks5h` says. */
export interface ProxyTarget {
  readonly host: string
  /** 1080 unless given. */
  readonly port?: number
  /** Both or none: for a proxy that asks who we are. */
  readonly userName?: string
  readonly password?: string
}

interface DialProxy {
  readonly proxy?: ProxyTarget
}

export interface TcpTarget extends DialAddress, DialTiming, DialProxy {
  readonly transport: 'tcp'
}

export interface UnixTarget extends DialTiming {
  readonly transport: 'unix'
  readonly path: string
}

export interface TlsTarget extends DialAddress, DialTiming, DialProxy {
  readonly transport: 'tls'
  readonly tls?: TlsDialOptions
}

export interface WebSocketTarget extends DialTiming, DialProxy {
  readonly transport: 'ws' | 'wss'
  /** Instead of host, port and path. */
  readonly url?: string
  readonly host?: string
  readonly port?: number
  /** `/mqtt` unless given. */
  readonly path?: string
  readonly localAddress?: string
  readonly headers?: Readonly<Record<string, string>>
  /** `mqtt` unless given; `mqttv3.1` for old brokers. */
  readonly subprotocol?: string
  /** Bytes of the largest message to take; 256 MiB, the largest packet there is, unless given. */
  readonly maximumFrame?: number
  readonly tls?: TlsDialOptions
}

export type DialTarget = TcpTarget | UnixTarget | TlsTarget | WebSocketTarget

/**
 * Connects. `accept` is called once all handshakes are done, just before the promise is kept; never when it fails.
 * The signal ends the attempt, not the link.
 * @throws the system's or OpenSSL's error with its code; ETIMEDOUT; ProxyError; UsageError for a target that lacks something; the signal's reason
 */
export async function dial(context: NetContext, target: DialTarget, accept: Accept, signal?: AbortSignal): Promise<Link> {
  signal?.throwIfAborted()
  switch (target.transport) {
    case 'tcp':
      if (target.proxy !== undefined) return await (await import('./socks-dial.ts')).dialTcpThrough(context, target, target.proxy, accept, signal)
      return await dialSocket(context, target, `${target.host}:${target.port}`, accept, signal)
    case 'unix':
      return await dialSocket(context, target, target.path, accept, signal)
    case 'tls':
      return await (await import('./tls-dial.ts')).dialTls(context, target, accept, signal)
    case 'ws':
    case 'wss':
      return await (await import('./websocket-dial.ts')).dialWebSocket(context, target, accept, signal)
  }
}

function dialSocket(context: NetContext, target: TcpTarget | UnixTarget, name: string, accept: Accept, signal: AbortSignal | undefined): Promise<Link> {
  return attempt(name, target.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, signal, ({ succeed, fail }) => {
    const reader = context.sharedReadBuffer ? new SharedReader(context) : null
    const where: NetConnectOpts = target.transport === 'unix' ? { path: target.path } : addressOptions(target)
    const socket = connect({ ...where, allowHalfOpen: true, noDelay: true, keepAlive: true, ...reader?.socketOptions })
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      const peer = describePeer(socket, target.transport)
      succeed(() => (reader === null ? openStream(context, socket, peer, StallAt.Dialled, accept) : reader.open(socket, peer, StallAt.Dialled, accept)))
    })
    return () => abandon(socket)
  })
}
