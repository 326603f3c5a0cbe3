// MQTT over WebSocket for servers, on `ws`: who may come in, then websocket-carrier.ts.
// With an HTTP server of its own (`prepareWebSocket`), or behind one of the caller's (`WebSocketUpgrades`).

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import type { Accept, Peer } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import { BoundServer, bind, place, SOCKET_OPTIONS } from './bound-server.ts'
import { ConnectionBook } from './connection-book.ts'
import { Entrance, proxyRules } from './entrance.ts'
import type { ListenerOptions, PreparedListener, TlsListenerOptions, WebSocketListenerOptions } from './listener.ts'
import type { NetContext } from './net-context.ts'
import { describePeer } from './peer.ts'
import { StallAt } from './socket-link.ts'
import { FRAME_SIZE, openWebSocket } from './websocket-carrier.ts'
import { WebSocketHandshakes } from './websocket-handshakes.ts'

/** The subprotocol's registered name, and what clients of MQTT 3.1 call it. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'] as const
const HANDSHAKE_TIMEOUT_MS = 10_000

/** Turns HTTP upgrade requests into links, or refuses them. */
export class WebSocketUpgrades {
  readonly #context: NetContext
  readonly #options: WebSocketListenerOptions
  readonly #origins: ReadonlySet<string> | null
  readonly #accept: Accept
  readonly #describe: (socket: Socket) => Peer | null
  readonly #handshakes: WebSocketHandshakes

  /** `transport` says what links call themselves: `wss` behind an HTTPS server. `describe` knows better than the socket who the peer is; null = it is gone. */
  constructor(
    context: NetContext,
    options: WebSocketListenerOptions,
    transport: 'ws' | 'wss',
    accept: Accept,
    describe: (socket: Socket) => Peer | null = (socket) => describePeer(socket, transport),
  ) {
    this.#context = context
    this.#options = options
    this.#origins = options.origins === null ? null : new Set(options.origins.map(sameOrigin))
    this.#accept = accept
    this.#describe = describe
    this.#handshakes = new WebSocketHandshakes({
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maximumFrame + FRAME_SIZE,
      handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false, // [MQTT-6.0.0-4]
    })
  }

  /** Listed as it is, or as `SCHEME://HOST:*`, which stands for any port of that host. */
  #isListed(origin: string): boolean {
    return this.#origins!.has(origin) || this.#origins!.has(`${origin.replace(/:\d+$/, '')}:*`)
  }

  /** For the 'upgrade' event of an HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { paths } = this.#options
    const path = pathOf(request)
    const origin = request.headers.origin
    if (paths !== null && !paths.includes(path)) {
      refuse(socket, 404, paths.length === 0 ? 'no MQTT is spoken on this port' : `no MQTT at ${path}: use ${paths.join(' or ')}`)
      return
    }
    if (this.#origins !== null && origin !== undefined && !this.#isListed(sameOrigin(origin))) {
      refuse(socket, 403, `pages of ${origin} may not connect here`)
      return
    }
    const offered = request.headers['sec-websocket-protocol']
    if (offered !== undefined && !offered.split(',').some((name) => (SUBPROTOCOLS as readonly string[]).includes(name.trim()))) {
      refuse(socket, 400, `no subprotocol of ours in "${offered}": use ${SUBPROTOCOLS[0]}`)
      return
    }
    this.#handshakes.answer(request, socket, head, (webSocket: WebSocket) => {
      const peer = this.#describe(request.socket)
      if (peer === null) webSocket.terminate()
      else openWebSocket(this.#context, webSocket, peer, StallAt.Accepted, this.#accept)
    })
  }
}

export async function prepareWebSocket(
  context: NetContext,
  options: ListenerOptions,
  tls: TlsListenerOptions | null,
  accept: Accept,
): Promise<PreparedListener> {
  const { websocket } = options
  if (!websocket) throw new UsageError(`a ${options.transport} listener needs to know its paths, origins and largest frame: give \`websocket\``)
  const entrance = new Entrance(context, new ConnectionBook(options.maximumConnections ?? null, context.connections, options.together), proxyRules(options))
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    answerPlain(websocket, request, response, entrance.addressOf(request.socket), (fault, address) => context.report('receiver', fault, address))
  const timeoutMs = websocket.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS
  const http: ServerOptions = {
    ...SOCKET_OPTIONS,
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: Math.ceil(timeoutMs / 10),
  }
  let server: Server
  let describe = (socket: Socket): Peer | null => entrance.describe(socket, 'ws')
  let renew: ((tls: TlsListenerOptions) => void) | null = null
  if (tls === null) {
    server = createServer(http, answer)
    entrance.guard(server)
  } else {
    const modules = await Promise.all([import('node:https'), import('./tls.ts'), import('./client-certificates.ts')])
    const [https, { guardTls, serverTlsOptions }, { ClientCertificates }] = modules
    const certificates = new ClientCertificates(tls)
    const secure = https.createServer({ ...http, ...serverTlsOptions(tls, certificates) }, answer)
    renew = guardTls(context, entrance, secure, tls, certificates)
    describe = (socket) => entrance.describe(socket, 'wss', certificates.factsOf(socket as TLSSocket))
    server = secure
  }
  const upgrades = new WebSocketUpgrades(context, websocket, tls === null ? 'ws' : 'wss', accept, describe)
  server.on('upgrade', (request, socket, head) => {
    try {
      if (websocket.onUpgrade?.(request, socket, head, entrance.addressOf(request.socket)) === true) return
    } catch (thrown) {
      context.report('receiver', thrown instanceof Error ? thrown : new Error(String(thrown)), entrance.addressOf(request.socket))
      return void socket.destroy()
    }
    upgrades.upgrade(request, socket, head)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') context.report('handshake', error, entrance.addressOf(socket as Socket), entrance.portsOf(socket as Socket))
    if (socket.writable) refuse(socket, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400, 'this port speaks HTTP and MQTT over WebSocket')
    else socket.destroy()
  })
  return {
    listen: async (port = options.port) => {
      await bind(context, server, place(options, port))
      return new BoundServer(server, entrance.book, renew)
    },
  }
}

/** An HTTP request that asks for no WebSocket. */
function answerPlain(
  options: WebSocketListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  address: string,
  report: (fault: Error, address: string) => void,
): void {
  if (options.onRequest) {
    try {
      options.onRequest(request, response, address)
    } catch (thrown) {
      report(thrown instanceof Error ? thrown : new Error(String(thrown)), address)
      request.socket.destroy()
    }
    return
  }
  const path = pathOf(request)
  const upgradable = options.paths === null || options.paths.includes(path)
  response.writeHead(upgradable ? 426 : 404, {
    'Content-Type': 'text/plain; charset=utf-8',
    ...(upgradable ? { Connection: 'Upgrade', Upgrade: 'websocket' } : {}),
  })
  response.end(upgradable ? 'MQTT over WebSocket is spoken here: connect with an MQTT client.\n' : 'Nothing is here.\n')
}

/** Answers a handshake with an HTTP error and hangs up. */
export function refuse(socket: Duplex, status: number, sentence: string): void {
  const body = `${sentence}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.on('error', () => {}) // the peer may be gone: nobody to tell
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** Origins are compared without regard to case and a final slash. */
function sameOrigin(origin: string): string {
  return origin.toLowerCase().replace(/\/$/, '')
}
