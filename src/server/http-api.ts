// Mosquitto 2.1's HTTP API, `protocol http_api`: three questions about the broker under /api/v1, and the files of http_dir beside them.
// Who may ask is decided as for clients: by user name and password, and by the right to read the path. The console's API is admin/.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenerConfiguration } from '../config/configuration.ts'
import { describePeer } from '../net/peer.ts'
import { staticFiles } from '../net/static-files.ts'
import type { Observer, Verdict } from '../session/effects.ts'
import { type Connect, PacketType } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import type { ListenerAccess } from './access.ts'
import type { BrokerLook, LookedInto } from './start-broker.ts'

/** As which client who asks is judged. */
const CLIENT_ID = 'http-api'
const NOT_FOUND = 'Not found.\n'

export interface HttpApiOptions {
  /** All listeners of the configuration, as they are now. */
  readonly listeners: () => readonly ListenerConfiguration[]
  /** What `$SYS/broker/version` says. */
  readonly versionText: string
}

export class HttpApi implements BrokerLook {
  readonly followers: readonly never[] = []
  readonly #options: HttpApiOptions
  readonly #startedAt = performance.now()
  #seen: LookedInto | null = null

  constructor(options: HttpApiOptions) {
    this.#options = options
  }

  observer(next: Observer): Observer {
    return next
  }

  begin(seen: LookedInto): void {
    this.#seen = seen
  }

  end(): void {
    this.#seen = null
  }

  /** For `onRequest` of one listener. `folder`: its http_dir; null = none. */
  answer(access: ListenerAccess, folder: string | null): (request: IncomingMessage, response: ServerResponse, address: string) => void {
    const files = folder === null ? null : staticFiles(folder)
    return (request, response, address) => {
      if (request.method !== 'GET') return say(response, 405, 'Invalid HTTP Method\n', { Allow: 'GET' })
      const path = (request.url ?? '/').split('?')[0]!
      this.#mayAsk(access, request, address, path).then(
        (isAllowed) => {
          if (!isAllowed) return say(response, 401, 'Not authorised\n', { 'WWW-Authenticate': 'Basic realm="mosquitto", charset="UTF-8"' })
          if (path.startsWith('/api/')) return this.#api(path, response)
          if (files === null) return say(response, 404, NOT_FOUND)
          files(request, response)
        },
        () => say(response, 500, 'Internal server error.\n'),
      )
    }
  }

  #api(path: string, response: ServerResponse): void {
    if (path === '/api/v1/version') return say(response, 200, this.#options.versionText.replace(/^.*version /, ''))
    if (path === '/api/v1/listeners') return sayJson(response, { listeners: this.#options.listeners().map(listenerRow) })
    if (path === '/api/v1/systree' && this.#seen !== null) return sayJson(response, this.#sysTree(this.#seen))
    say(response, 404, NOT_FOUND)
  }

  async #mayAsk({ authenticator, authorizer }: ListenerAccess, request: IncomingMessage, address: string, path: string): Promise<boolean> {
    const { userName, password } = basicCredentials(request.headers.authorization ?? '')
    const transport = 'encrypted' in request.socket ? 'wss' : 'ws'
    const peer = { ...describePeer(request.socket as Socket, transport), address }
    const verdict: Verdict = await authenticator.authenticate(connectOf(userName, password), peer)
    return verdict.reasonCode === 0 && authorizer.mayReceive(CLIENT_ID, verdict.userName, path).endsWith('allow')
  }

  /** What `$SYS` would say now, numbers only. */
  #sysTree({ running: { broker }, bytesSent, heapUsed }: LookedInto): Readonly<Record<string, number>> {
    const { counters, sessionCount, connectedCount } = broker
    const heap = heapUsed()
    const rows: Readonly<Record<string, number>> = {
      'clients/total': sessionCount,
      'clients/maximum': Math.max(counters.clientsMaximum, sessionCount),
      'clients/disconnected': sessionCount - connectedCount,
      'clients/connected': connectedCount,
      'clients/expired': counters.clientsExpired,
      'messages/stored': broker.storedMessages,
      'store/messages/bytes': broker.storedBytes,
      'subscriptions/count': counters.subscriptions,
      'shared_subscriptions/count': counters.sharedSubscriptions,
      'retained messages/count': broker.retainedCount,
      'heap/current': heap,
      'heap/maximum': heap,
      'messages/received': counters.messagesReceived,
      'messages/sent': counters.messagesSent,
      'bytes/received': counters.bytesReceived,
      'bytes/sent': bytesSent(),
      'publish/bytes/received': counters.publishBytesReceived,
      'publish/bytes/sent': counters.publishBytesSent,
      'packet/out/count': broker.queuedPackets,
      'packet/out/bytes': broker.queuedBytes,
      'connections/socket/count': counters.socketsOpened,
      'publish/messages/dropped': counters.publishesDropped,
      'publish/messages/received': counters.publishesReceived,
      'publish/messages/sent': counters.publishesSent,
      uptime: Math.floor((performance.now() - this.#startedAt) / 1000),
    }
    return Object.fromEntries(Object.entries(rows).map(([name, value]) => [`$SYS/broker/${name}`, value]))
  }
}

/** The names of Mosquitto's answer, in its order. */
function listenerRow({ port, unixPath, protocol, certfile, pskHint, requireCertificate, allowAnonymous }: ListenerConfiguration): object {
  return {
    ...(unixPath === null ? { port } : { path: unixPath }),
    protocol: protocol === 'http_api' ? 'httpapi' : protocol,
    tls: certfile !== null || pskHint !== null,
    mtls: requireCertificate,
    allow_anonymous: allowAnonymous,
  }
}

/** RFC 7617; both null when there are none. */
function basicCredentials(authorization: string): { readonly userName: string | null; readonly password: Uint8Array | null } {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization)?.[1]
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? { userName: null, password: null } : { userName: text.slice(0, colon), password: Buffer.from(text.slice(colon + 1)) }
}

function connectOf(userName: string | null, password: Uint8Array | null): Connect {
  return {
    type: PacketType.Connect,
    version: 5,
    bridge: false,
    clientId: CLIENT_ID,
    cleanStart: true,
    keepAlive: 0,
    userName,
    password,
    will: null,
    properties: NO_PROPERTIES,
  }
}

function sayJson(response: ServerResponse, value: object): void {
  say(response, 200, JSON.stringify(value), { 'Content-Type': 'application/json' })
}

function say(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(body)
}
