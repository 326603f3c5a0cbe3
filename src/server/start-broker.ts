// The composition root: clock, randomness, timer and sockets around the broker, which knows none of them. Public as `zanzara/broker`.
// Everything else is an argument; what a configuration file says becomes these options in cli/.

import { randomInt, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { Broker } from '../broker/broker.ts'
import type { Limits } from '../broker/limits.ts'
import type { Authenticator, Authorizer } from '../broker/ports.ts'
import { connectionsThatFit } from '../net/descriptor-limit.ts'
import { type Listener, listen, type TlsListenerOptions } from '../net/listener.ts'
import { createNetContext, type NetContext, type NetProblem } from '../net/net-context.ts'
import { ConnectionLog } from './connection-log.ts'
import { ListenError, type Place } from './listen-error.ts'
import { escapeControls, NO_LOG } from './log-destinations.ts'
import { packageVersion } from './package-version.ts'

/** Milliseconds between two looks at the deadlines. */
const DEADLINES_EVERY = 50
/** Milliseconds that clients have to take what is on its way to them when the broker stops. */
const GOODBYE = 1000
/** How often the port that the system chose on 127.0.0.1 may be taken on ::1. */
const PORT_ATTEMPTS = 10

export interface BrokerListener {
  /** `tcp` unless given. */
  readonly transport?: 'tcp' | 'tls' | 'unix' | 'ws' | 'wss'
  /** Null = all addresses, IPv4 and IPv6; 127.0.0.1 and ::1 unless given. */
  readonly host?: string | null
  /** 1883 unless given; 0 = any free one. */
  readonly port?: number
  /** The file of a `unix` listener. */
  readonly path?: string
  /** For `tls` and `wss`. */
  readonly tls?: TlsListenerOptions
  readonly websocket?: {
    /** Paths that lead to MQTT; null = any, which is the default. */
    readonly paths?: readonly string[] | null
    /** Origins that browsers may come from; null = any, which is the default. */
    readonly origins?: readonly string[] | null
    /** Answers plain HTTP requests. */
    readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void
  }
  /** Connections beyond are closed at once; null = no limit. */
  readonly maximumConnections?: number | null
  readonly addressFamily?: 'ipv4' | 'ipv6' | null
}

export interface StartBrokerOptions {
  /** Shortcut for one `tcp` listener on 127.0.0.1 and ::1. */
  readonly port?: number
  readonly listeners?: readonly BrokerListener[]
  readonly limits?: Partial<Limits>
  /** Lets everybody in unless given. */
  readonly authenticator?: Authenticator
  /** Allows everything unless given. */
  readonly authorizer?: Authorizer
  /** Says nothing unless given. */
  readonly log?: Log
  /** Logs every packet, as `-v`. */
  readonly verbose?: boolean
  /** False leaves out the lines of coming and going. */
  readonly connectionMessages?: boolean
  /**
   * What `$SYS/broker/version` says; `zanzara version X` unless given. Scripts take its third word as a number, and those that were
   * written for Mosquitto compare that number with Mosquitto's: who starts the broker in its name says `mosquitto version 2.1.2 (…)`.
   */
  readonly versionText?: string
}

export interface RunningBroker extends AsyncDisposable {
  /** Where a client on this machine connects, such as `mqtt://127.0.0.1:1883`: the first listener. */
  readonly url: string
  /** One per listener given, in order; 0 for a Unix socket. */
  readonly ports: readonly number[]
  /** The port of the first listener. */
  readonly port: number
  readonly broker: Broker
  /** Connections open now, with those still in a handshake. */
  readonly connections: number
  /** Stops: clients of MQTT 5 are told, no wills are published. Calling it again does no harm. */
  close(): Promise<void>
}

/**
 * Starts a broker; it listens when the promise is kept.
 * @throws ListenError when a listener cannot listen; then nothing is left running
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const wanted = options.listeners ?? [{ port: options.port ?? 1883 }]
  const log = options.log ?? NO_LOG
  const clock: Clock = { now: () => performance.now() }
  const context = createNetContext({ onError: (problem) => reportProblem(log, problem), connectionsThatFit: connectionsThatFit() })
  const told = options.log === undefined ? null : new ConnectionLog(log, { connectionMessages: options.connectionMessages ?? true, now: () => clock.now() })
  const broker = new Broker({
    clock,
    pool: context.pool,
    newId: () => randomUUID().toUpperCase(),
    seed: randomInt(2 ** 32),
    version: packageVersion(),
    wallClock: () => Date.now(),
    heapUsed,
    log,
    later: (work) => setImmediate(work),
    trace: options.verbose === true ? told : null,
    ...(told === null ? {} : { observer: told }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.versionText === undefined ? {} : { versionText: options.versionText }),
    ...(options.authenticator === undefined ? {} : { authenticator: options.authenticator }),
    ...(options.authorizer === undefined ? {} : { authorizer: options.authorizer }),
  })
  const opener = new Opener(context, broker, log)
  const ports: number[] = []
  try {
    for (const listener of wanted) ports.push(await opener.open(listener))
  } catch (error) {
    await Promise.all(opener.listeners.map((listener) => listener.close(true)))
    throw error
  }
  const timer = setInterval(() => broker.run(clock.now()), DEADLINES_EVERY)
  timer.unref() // the listeners keep the process alive
  return new StartedBroker(broker, opener.listeners, timer, urlOf(wanted[0]!, ports[0]!), ports)
}

/** Bytes of JavaScript objects and of the buffers that belong to them. */
function heapUsed(): number {
  const { used_heap_size: objects, external_memory: buffers } = getHeapStatistics()
  return objects + buffers
}

class StartedBroker implements RunningBroker {
  readonly url: string
  readonly ports: readonly number[]
  readonly broker: Broker
  readonly #listeners: readonly Listener[]
  readonly #timer: NodeJS.Timeout
  #closing: Promise<void> | null = null

  constructor(broker: Broker, listeners: readonly Listener[], timer: NodeJS.Timeout, url: string, ports: readonly number[]) {
    this.broker = broker
    this.url = url
    this.ports = ports
    this.#listeners = listeners
    this.#timer = timer
  }

  get port(): number {
    return this.ports[0]!
  }

  get connections(): number {
    return this.#listeners.reduce((sum, listener) => sum + listener.connections, 0)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#listeners.map((listener) => listener.close()))
    this.broker.shutdown()
    const until = performance.now() + GOODBYE
    while (this.connections > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    await Promise.all(this.#listeners.map((listener) => listener.close(true)))
  }
}

/** Opens what was asked for: one listener may be several sockets, IPv4 and IPv6. */
class Opener {
  readonly listeners: Listener[] = []
  readonly #context: NetContext
  readonly #broker: Broker
  readonly #log: Log

  constructor(context: NetContext, broker: Broker, log: Log) {
    this.#context = context
    this.#broker = broker
    this.#log = log
  }

  /** Returns the port. @throws ListenError */
  async open(listener: BrokerListener): Promise<number> {
    const { host, addressFamily } = listener
    const port = listener.port ?? 1883
    if (listener.transport === 'unix') return await this.#openOne(listener, null, 0, false)
    if (typeof host === 'string') return await this.#openOne(listener, host, port, false)
    const [ipv4, ipv6] = host === null ? ['0.0.0.0', '::'] : ['127.0.0.1', '::1']
    if (addressFamily === 'ipv4') return await this.#openOne(listener, ipv4, port, false)
    if (addressFamily === 'ipv6') return await this.#openOne(listener, ipv6, port, true)
    return await this.#openBoth(listener, ipv4, ipv6, port)
  }

  /** One port on two addresses. A machine without IPv6 is served by IPv4 alone. */
  async #openBoth(listener: BrokerListener, ipv4: string, ipv6: string, port: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const taken = await this.#openOne(listener, ipv4, port, false)
      try {
        return await this.#openOne(listener, ipv6, taken, true)
      } catch (error) {
        if (!(error instanceof ListenError)) throw error
        if (error.isMissingAddress) {
          this.#log.write('information', `No IPv6 on this machine: port ${taken} is open for IPv4 only.`)
          return taken
        }
        if (port !== 0 || error.code !== 'EADDRINUSE' || attempt === PORT_ATTEMPTS) throw error
        await this.listeners.pop()!.close(true) // the system chose a port that is free on one address only
      }
    }
  }

  async #openOne(listener: BrokerListener, host: string | null, port: number, isIpv6Only: boolean): Promise<number> {
    const { path = null, websocket, tls } = listener
    const transport = listener.transport ?? 'tcp'
    const place: Place = { transport, host, port, path: transport === 'unix' ? path : null }
    this.#announce(place)
    try {
      const opened = await listen(
        this.#context,
        {
          transport,
          host,
          port,
          path,
          ipv6Only: isIpv6Only,
          tls: tls ?? null,
          maximumConnections: listener.maximumConnections ?? null,
          websocket:
            transport === 'ws' || transport === 'wss'
              ? {
                  paths: websocket?.paths ?? null,
                  origins: websocket?.origins ?? null,
                  maximumFrame: this.#broker.limits.maximumPacketSize,
                  onRequest: websocket?.onRequest ?? null,
                }
              : null,
        },
        (link) => this.#broker.accept(link),
      )
      this.listeners.push(opened)
      return opened.address.port
    } catch (error) {
      throw new ListenError(place, error)
    }
  }

  #announce({ transport, host, port, path }: Place): void {
    const line =
      path !== null ? `Opening unix listen socket on path ${escapeControls(path)}.` : `Opening ${kindOf(transport, host)} listen socket on port ${port}.`
    if (path !== null || port !== 0) this.#log.write('information', line)
  }
}

function kindOf(transport: string, host: string | null): string {
  if (transport === 'ws' || transport === 'wss') return 'websockets'
  return host?.includes(':') === true ? 'ipv6' : 'ipv4'
}

const SCHEMES = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' } as const

function urlOf(listener: BrokerListener, port: number): string {
  const transport = listener.transport ?? 'tcp'
  if (transport === 'unix') return `unix:${listener.path ?? ''}`
  const given = listener.host ?? ''
  const host = given === '' || given === '0.0.0.0' || given === '::' ? '127.0.0.1' : given
  const path = transport === 'ws' || transport === 'wss' ? (listener.websocket?.paths?.[0] ?? '/mqtt') : ''
  return `${SCHEMES[transport]}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
}

function reportProblem(log: Log, { kind, error, address, unreported }: NetProblem): void {
  const more = unreported === 0 ? '' : ` (${unreported} more like this were not shown)`
  const reason = escapeControls(error.message)
  switch (kind) {
    case 'receiver':
      log.write('error', `Error: a connection from ${address} was closed by a fault of this program: ${reason}${more}`)
      return
    case 'accept':
      log.write('error', `Error: the system refused a new connection: ${reason}${more}`)
      return
    case 'handshake':
      log.write('notice', `Client connection from ${address} failed: ${reason}.${more}`)
      return
    case 'proxy':
      log.write('notice', `Client connection from ${address} failed: ${reason}.${more}`)
      return
    case 'address-limit':
    case 'descriptors':
      log.write('notice', `Client connection from ${address} denied: ${reason}.${more}`)
      return
    case 'limit':
    case 'global-limit':
      log.write('notice', `Client connection from ${address} denied: max_connections exceeded.${more}`)
      return
  }
}
