// The console's door into a running broker: notes what the API answers from, and serves it on the HTTP side of WebSocket listeners.
// Loaded only where a console is wanted; without it the broker keeps none of this. What answers HTTP requests is loaded with the first of them.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Log } from '../../base/log.ts'
import { type MessageSocket, MessageSockets } from '../../net/message-sockets.ts'
import { refuse } from '../../net/websocket-server.ts'
import type { Observer } from '../../session/effects.ts'
import type { OpenListener } from '../open-listeners.ts'
import { consoleFolder, packageVersion } from '../package-version.ts'
import type { BrokerLook, LookedInto } from '../start-broker.ts'
import type { TapFollower } from '../tap/tap-hub.ts'
import type { AdminApp } from './admin-app.ts'
import { AdminGate, credentialsFrom } from './admin-gate.ts'
import type { AdminSource } from './admin-source.ts'
import { ApiError } from './api-error.ts'
import type { LogLine, MqttLogin, Role } from './api-types.ts'
import { ClientBook } from './client-facts.ts'
import { ConsoleFiles } from './console-files.ts'
import type { ConsoleTokens } from './console-tokens.ts'
import { FaultDesk } from './fault-desk.ts'
import { History } from './history.ts'
import { LOG_LEVELS, LogRing } from './log-ring.ts'
import { Logins } from './logins.ts'
import { PacketRing } from './packet-ring.ts'
import { PacketStream } from './packet-stream.ts'
import { TurnTimes } from './turn-times.ts'

/** Memory for the last packets. */
const RING_BYTES = 64 << 20
/** Readers of packets, and of the log, at a time. */
const MOST_STREAMS = 16
/** Bytes of log lines that may wait in a socket: a slower reader is sent away. */
const MOST_WAITING_LINES = 1 << 20
/** What the console asks for; everything else is one of its files. */
const OWN_PATHS = /^\/(?:admin\/|metrics$|health$|ready$)/

type Answer = (request: IncomingMessage, response: ServerResponse) => void
type HttpListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export interface AdminServerOptions {
  readonly log: Log
  readonly tokens: ConsoleTokens
  /** Programs of this machine need no token: when they could read and send everything by MQTT anyway. */
  readonly trustsThisMachine: () => boolean
  /** Host names by which the console may be asked, beside addresses, localhost and the name of this machine. */
  readonly hostNames?: readonly string[]
  /** Told to administrators, for the page's own connection; none unless given. */
  readonly mqttLogin?: MqttLogin | null
  /** 64 MiB unless given. */
  readonly ringBytes?: number
  /** Where the built console lies; that of this package unless given. */
  readonly folder?: string
  readonly configuration: AdminSource['configuration']
  /** Answers what is not the API when there is no built console, and programs that ask for no HTML. */
  readonly startPage?: Answer
}

export class AdminServer implements BrokerLook {
  /** To be used in place of the log that was given. */
  readonly log: LogRing
  readonly followers: readonly TapFollower[]
  readonly #options: AdminServerOptions
  readonly #book: ClientBook
  readonly #ring: PacketRing
  readonly #files: ConsoleFiles
  readonly #sockets = new MessageSockets()
  readonly #streams = new Set<PacketStream>()
  readonly #gate: AdminGate
  #app: Promise<AdminApp> | null = null
  #listener: Promise<HttpListener> | null = null
  #facts = new WeakMap<object, { readonly address: string; readonly isSecure: boolean }>()
  #logReaders = 0
  #source: AdminSource | null = null
  #isStopping = false

  constructor(options: AdminServerOptions) {
    this.#options = options
    this.log = new LogRing(options.log, Date.now)
    this.#ring = new PacketRing(options.ringBytes ?? RING_BYTES, () => performance.now())
    this.#book = new ClientBook(Date.now, (id) => this.#source?.broker.sessions.has(id) === true)
    this.followers = [this.#ring, this.#book]
    this.#files = new ConsoleFiles(options.folder ?? consoleFolder())
    const own = hostname().toLowerCase()
    this.#gate = new AdminGate(
      new Logins({ tokens: options.tokens, trustsThisMachine: options.trustsThisMachine, now: () => performance.now() }),
      new Set([own, `${own}.local`, ...(options.hostNames ?? []).map((name) => name.toLowerCase())]),
    )
  }

  /** Whether `/` shows the console. */
  get hasConsole(): boolean {
    return this.#files.isBuilt
  }

  /** What answers requests; loaded at the first call. */
  app(): Promise<AdminApp> {
    this.#app ??= import('./admin-app.ts').then(
      ({ AdminApp }) =>
        new AdminApp({
          source: () => this.#source,
          gate: this.#gate,
          files: this.#files,
          mqttLogin: this.#options.mqttLogin ?? null,
          isStopping: () => this.#isStopping,
        }),
    )
    return this.#app
  }

  observer(next: Observer): Observer {
    return this.#book.observer(next)
  }

  begin({ running, bytesSent, heapUsed, measureTurns, bend }: LookedInto): void {
    const { broker } = running
    const turns = new TurnTimes(measureTurns())
    const history = new History({ broker, bytesSent, heapUsed, wallClock: Date.now, turns })
    this.#source = {
      broker,
      version: packageVersion(),
      startedAt: Date.now(),
      wallClock: Date.now,
      bytesSent,
      heapUsed,
      connections: () => running.connections,
      listeners: () => running.listeners,
      bridges: () => running.bridges.look(),
      hasConsole: (listener) => this.#serves(listener),
      book: this.#book,
      history,
      turns,
      logRing: this.log,
      ring: this.#ring,
      ringOrigin: performance.timeOrigin,
      streams: () => this.#streams.size,
      faults: new FaultDesk({ broker, log: this.log, bend, wallClock: Date.now }),
      configuration: this.#options.configuration,
      log: this.log,
    }
    history.start()
  }

  end(): void {
    this.#isStopping = true
    this.#source?.history.stop()
    this.#source?.faults.clear() // goodbyes shall reach everybody
    for (const stream of this.#streams) stream.close()
    this.#sockets.close()
  }

  /** For `onRequest` of a WebSocket listener. */
  readonly onRequest = (request: IncomingMessage, response: ServerResponse, address: string): void => {
    const { startPage } = this.#options
    const path = (request.url ?? '/').split('?')[0]!
    const isProgram = path === '/' && !(request.headers.accept ?? '').includes('text/html')
    if (startPage !== undefined && !OWN_PATHS.test(path) && (isProgram || !this.#files.isBuilt)) return startPage(request, response)
    this.#facts.set(request, { address, isSecure: (request.socket as TLSSocket).encrypted === true })
    void this.#answer(request, response)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let listener: HttpListener
    try {
      listener = await (this.#listener ??= this.#listen())
    } catch (error) {
      this.log.write('error', `Error: the console cannot be loaded: ${(error as Error).message}`)
      response.writeHead(500).end()
      return
    }
    if (!response.destroyed) await listener(request, response)
  }

  async #listen(): Promise<HttpListener> {
    const [{ hono }, { getRequestListener }] = await Promise.all([this.app(), import('@hono/node-server')])
    return getRequestListener(
      (request, env) => {
        const { incoming } = env as { readonly incoming: object }
        return hono.fetch(request, this.#facts.get(incoming) ?? { address: '', isSecure: false })
      },
      { overrideGlobalObjects: false, hostname: 'localhost' },
    )
  }

  /** For `onUpgrade` of a WebSocket listener. */
  readonly onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, address: string): boolean => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (!url.pathname.startsWith('/admin/')) return false
    const stream = STREAMS[url.pathname]
    try {
      if (stream === undefined) throw new ApiError(404, 'No stream is here.')
      this.#checkUpgrade(request, address, stream.role)
      this.#sockets.open(request, socket, head, (opened) => this[stream.open](opened, url.searchParams))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.log.write('notice', `Console: refused a stream to ${address}: ${error.message}`, { address })
      refuse(socket, error.status, error.message)
    }
    return true
  }

  #checkUpgrade({ headers, method = 'GET' }: IncomingMessage, address: string, role: Role): void {
    const get = (name: string): string | null => {
      const value = headers[name]
      return typeof value === 'string' ? value : (value?.join(', ') ?? null)
    }
    const fetchSite = get('sec-fetch-site')
    this.#gate.checkOrigin({ method, host: get('host'), origin: get('origin'), fetchSite, isNavigation: false, isWebSocket: true })
    this.#gate.identify(credentialsFrom(address, { get }), role)
    if (this.#source === null || this.#isStopping) throw new ApiError(503, 'The broker is not listening.')
    if (this.#streams.size + this.#logReaders >= MOST_STREAMS) throw new ApiError(503, `${MOST_STREAMS} readers are here already: close another console first.`)
  }

  openPackets(socket: MessageSocket, query: URLSearchParams): void {
    const from = query.get('from') === 'now' ? 'now' : 'oldest'
    const stream = new PacketStream(socket, { ring: this.#ring, from, application: `zanzara ${packageVersion()}`, origin: performance.timeOrigin })
    this.#streams.add(stream)
    socket.onClose = () => {
      stream.close()
      this.#streams.delete(stream)
    }
  }

  openLog(socket: MessageSocket, query: URLSearchParams): void {
    const level = LOG_LEVELS.includes(query.get('level') ?? '') ? query.get('level')! : 'information'
    let waiting: LogLine[] = this.log.lines(level, 0)
    const send = (): void => {
      if (socket.waiting > MOST_WAITING_LINES) return socket.close(1008, 'too slow')
      socket.send(JSON.stringify(waiting))
      waiting = []
    }
    send()
    this.#logReaders++
    const unfollow = this.log.follow(level, (line) => {
      if (waiting.length === 0) setTimeout(send, 50).unref()
      waiting.push(line)
    })
    socket.onClose = () => {
      unfollow()
      this.#logReaders--
    }
  }

  #serves({ given }: OpenListener): boolean {
    return given.websocket?.onUpgrade === this.onUpgrade
  }
}

const STREAMS: Readonly<Record<string, { readonly role: Role; readonly open: 'openPackets' | 'openLog' }>> = {
  // passwords of clients are in it
  '/admin/v1/stream': { role: 'operator', open: 'openPackets' },
  '/admin/v1/log/stream': { role: 'viewer', open: 'openLog' },
}
