// Listening: one interface for TCP, TLS, Unix sockets and WebSockets. Every connection becomes a Link handed to `accept`.
// TLS and WebSocket code is loaded only when a listener asks for it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Accept, Transport } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import type { ConnectionCount } from './connection-book.ts'
import { prepareFirstListen } from './first-listen.ts'
import type { NetContext } from './net-context.ts'
import { prepareTcp } from './tcp.ts'
import { prepareUnix } from './unix.ts'

prepareFirstListen()

/** Pre-shared keys instead of certificates. */
export interface PskListenerOptions {
  /** Told to clients of TLS 1.2, which may choose their identity by it; empty = none. */
  readonly hint?: string
  /** The key of an identity; null for one that is not known. Called in the middle of a handshake: must answer at once and not throw. */
  readonly lookup: (identity: string) => Uint8Array | null
}

export interface TlsListenerOptions {
  /** PEM contents, not file names: our private key, our certificate with its chain, the authorities for client certificates. Not with `psk`. */
  readonly key?: string | Buffer | null
  readonly cert?: string | Buffer | null
  /** Each may hold several certificates. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | null
  /** PEM contents of revocation lists, of which each may hold several; every authority in `ca` then needs one. */
  readonly crl?: string | Buffer | readonly (string | Buffer)[] | null
  /** Asks for a client certificate and refuses who has none that `ca` vouches for. */
  readonly requireCertificate?: boolean
  /** Asks for a client certificate, and takes who has none; who has one that `ca` does not vouch for is refused. */
  readonly requestCertificate?: boolean
  /** Takes client certificates also before and after their time. One that is out of its time is then refused when there are `crl`. */
  readonly disableDateChecks?: boolean
  /** Instead of certificates. */
  readonly psk?: PskListenerOptions | null
  /** `TLSv1.2` unless given. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** OpenSSL's list for TLS 1.2 and older; Node's own choice unless given. */
  readonly ciphers?: string
  /** The suites of TLS 1.3, separated by colons; OpenSSL's own choice unless given. */
  readonly ciphersuites13?: string
  /** Told each line for a key log file, as analysers read it: with these lines all that was sent can be decrypted. */
  readonly keylog?: ((line: Buffer) => void) | null
  /** Milliseconds for the handshake; 10,000 unless given. */
  readonly handshakeTimeoutMs?: number
}

export interface WebSocketListenerOptions {
  /** Paths that lead to MQTT, such as `/mqtt`; null = any. */
  readonly paths: readonly string[] | null
  /** Origins that browsers may come from, such as `https://lab.example` or, for any port, `http://localhost:*`; null = any. A peer that sends no Origin is no browser and passes. */
  readonly origins: readonly string[] | null
  /** Bytes of the largest packet. WebSocket messages may be 256 KiB larger, since peers gather packets in them. */
  readonly maximumFrame: number
  /** Milliseconds for the HTTP request; 10,000 unless given. */
  readonly handshakeTimeoutMs?: number
  /** Answers HTTP requests that are not for a WebSocket; without it they get 426 or 404. `address` is the client's, also behind a proxy that says it. */
  readonly onRequest?: ((request: IncomingMessage, response: ServerResponse, address: string) => void) | null
  /** Takes WebSockets that are not for MQTT, before anybody else is asked; false = it is none of those. */
  readonly onUpgrade?: ((request: IncomingMessage, socket: Duplex, head: Buffer, address: string) => boolean) | null
}

export interface ListenerOptions {
  readonly transport: Exclude<Transport, 'memory'>
  /** Address to listen on; null = all. Not for `unix`. */
  readonly host?: string | null
  /** 0 = any free one. Not for `unix`. */
  readonly port?: number
  /** The socket file of a `unix` listener. */
  readonly path?: string | null
  /** Permissions of the socket file, such as 0o660; null = what the umask leaves. */
  readonly mode?: number | null
  /** For `tls` and `wss`. */
  readonly tls?: TlsListenerOptions | null
  /** For `ws` and `wss`. */
  readonly websocket?: WebSocketListenerOptions | null
  /** Newcomers beyond are closed at once; null = no limit. */
  readonly maximumConnections?: number | null
  /** Of those that count for `maximumConnections`, by this and other sockets of one listener; a count of its own unless given. */
  readonly together?: ConnectionCount
  /** Version of the PROXY protocol whose header must come first on each connection; null = none is expected, and none is understood. */
  readonly proxyProtocol?: 1 | 2 | null
  /** Refuses clients that the proxy does not say to have come by TLS; version 1 cannot say it. */
  readonly proxyRequireTls?: boolean
  /** Refuses clients whose certificate the proxy does not vouch for. */
  readonly proxyRequireCertificate?: boolean
  /** Milliseconds for that header; 10,000 unless given. */
  readonly proxyTimeoutMs?: number
  /** Listens on `::` without taking IPv4 along. */
  readonly ipv6Only?: boolean
}

export interface Listener {
  /** Where it listens: the port really taken; host is the file and port 0 for a Unix socket. */
  readonly address: { readonly host: string; readonly port: number }
  /** Connections open now, with those still in a handshake. */
  readonly connections: number
  /** Stops accepting. Links live on, unless `cut`: then they are destroyed, and it resolves when all are closed. */
  close(cut?: boolean): Promise<void>
  /** New keys and certificates for handshakes from now on. @throws UsageError without TLS; OpenSSL's error for bad contents. */
  renew(tls: TlsListenerOptions): void
}

/** A listener whose code is loaded and whose keys are read: so several can begin within a moment. */
export interface PreparedListener {
  /** Binds and listens; once. `port` is that of the options unless given. @throws the system's error with its code (EADDRINUSE, EACCES, ...), UsageError */
  listen(port?: number): Promise<Listener>
}

/**
 * Makes everything ready to listen. `accept` is called for each connection that is ready for MQTT, handshakes done.
 * @throws OpenSSL's error for bad keys, UsageError for options that lack something
 */
export async function prepareListener(context: NetContext, options: ListenerOptions, accept: Accept): Promise<PreparedListener> {
  switch (options.transport) {
    case 'tcp':
      return prepareTcp(context, options, accept)
    case 'unix':
      return prepareUnix(context, options, accept)
    case 'tls':
      return (await import('./tls.ts')).prepareTls(context, options, required(options.tls, options), accept)
    case 'ws':
    case 'wss': {
      const { prepareWebSocket } = await import('./websocket-server.ts')
      return await prepareWebSocket(context, options, options.transport === 'wss' ? required(options.tls, options) : null, accept)
    }
  }
}

/** Prepares and begins to listen. @throws as both */
export async function listen(context: NetContext, options: ListenerOptions, accept: Accept): Promise<Listener> {
  return await (await prepareListener(context, options, accept)).listen()
}

function required(tls: TlsListenerOptions | null | undefined, options: ListenerOptions): TlsListenerOptions {
  if (tls && (tls.psk ? !tls.key && !tls.cert : tls.key && tls.cert)) return tls
  if (tls?.psk) throw new UsageError(`a ${options.transport} listener has either pre-shared keys or a certificate: give \`psk\` alone, or \`key\` and \`cert\``)
  throw new UsageError(`a ${options.transport} listener needs a key and a certificate: give \`tls\``)
}
