// Connecting out by WebSocket, on `ws`, which only this folder loads.
// From the handshake on it is websocket-carrier.ts.

import { connect, isIPv6, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Accept, Link } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import type { WebSocketTarget } from './dial.ts'
import { addressOptions, attempt, CONNECT_TIMEOUT_MS } from './dial-attempt.ts'
import type { NetContext } from './net-context.ts'
import { describePeer } from './peer.ts'
import { StallAt } from './socket-link.ts'
import { connectThrough } from './socks-dial.ts'
import { connectTls } from './tls-dial.ts'
import { openWebSocket } from './websocket-carrier.ts'

/** An MQTT packet's largest Remaining Length and its fixed header. */
const LARGEST_PACKET = 268_435_455 + 5

export function dialWebSocket(context: NetContext, target: WebSocketTarget, accept: Accept, signal: AbortSignal | undefined): Promise<Link> {
  const url = urlOf(target)
  const secure = url.protocol === 'wss:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (secure ? 443 : 80))
  const where = addressOptions({ host, port, ...(target.localAddress === undefined ? {} : { localAddress: target.localAddress }) })
  return attempt(url.href, target.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, signal, ({ succeed, fail }) => {
    if (target.proxy === undefined) return open(null)
    let giveUp = connectThrough(target.proxy, where, fail, (proxied) => (giveUp = open(proxied)))
    return () => giveUp()

    /** Over the socket of a proxy, or a connection of our own. */
    function open(proxied: Socket | null): () => void {
      let socket: Socket
      const subprotocol = target.subprotocol ?? 'mqtt' // [MQTT-6.0.0-3]
      const webSocket = new WebSocket(url, [subprotocol], {
        perMessageDeflate: false,
        maxPayload: target.maximumFrame ?? LARGEST_PACKET,
        headers: { ...target.headers },
        createConnection: () => (socket = connection(proxied)),
      })
      webSocket.on('error', fail)
      webSocket.once('unexpected-response', (request, response) => {
        const error = new Error(`${url.href} answers HTTP ${response.statusCode} instead of opening a WebSocket: check path and subprotocol`)
        fail(Object.assign(error, { code: 'EPROTO' }))
        request.destroy()
      })
      webSocket.once('open', () => {
        webSocket.off('error', fail)
        succeed(() => openWebSocket(context, webSocket, describePeer(socket, secure ? 'wss' : 'ws'), StallAt.Dialled, accept))
      })
      return () => {
        webSocket.on('error', () => {}) // nobody is left to hear it
        webSocket.terminate()
      }
    }
  })

  function connection(proxied: Socket | null): Socket {
    if (secure) return connectTls(host, target.tls ?? {}, proxied === null ? where : { socket: proxied })
    return proxied ?? connect({ ...where, noDelay: true, keepAlive: true })
  }
}

function urlOf(target: WebSocketTarget): URL {
  const { transport, host, port, path = '/mqtt' } = target
  if (target.url !== undefined) {
    if (!URL.canParse(target.url)) throw new UsageError(`not a URL: ${target.url}`)
    const url = new URL(target.url)
    if (url.protocol === `${transport}:`) return url
    throw new UsageError(`${target.url}: a ${transport} target needs a URL that begins with ${transport}://`)
  }
  if (host === undefined) throw new UsageError(`a ${transport} target needs a host: give \`url\`, or \`host\` and \`port\``)
  return new URL(`${transport}://${isIPv6(host) ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}${path.startsWith('/') ? path : `/${path}`}`)
}
