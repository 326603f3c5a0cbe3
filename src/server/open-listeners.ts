// Opens listeners: one of them may be several sockets, IPv4 and IPv6, that share a port and the rules for their clients.
// The sockets themselves are net/listener.ts'; which listeners there are says start-broker.ts' caller.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Log } from '../base/log.ts'
import type { Broker } from '../broker/broker.ts'
import type { Limits } from '../broker/limits.ts'
import type { ListenerRules } from '../broker/listener-rules.ts'
import type { Authenticator, Authorizer, ControlHandler } from '../broker/ports.ts'
import { ConnectionCount } from '../net/connection-book.ts'
import { type Listener, type ListenerOptions, type PreparedListener, prepareListener, type TlsListenerOptions } from '../net/listener.ts'
import type { NetContext } from '../net/net-context.ts'
import { ListenError, type Place } from './listen-error.ts'
import { escapeControls } from './log-destinations.ts'

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
  /** For `tls` and `wss`. `dev`: this user's development certificates, made when there are none; the transport is then `tls` unless given. */
  readonly tls?: TlsListenerOptions | 'dev'
  readonly websocket?: {
    /** Paths that lead to MQTT; null = any, which is the default. */
    readonly paths?: readonly string[] | null
    /** Origins that browsers may come from; null = any, which is the default. */
    readonly origins?: readonly string[] | null
    /** Answers plain HTTP requests. */
    readonly onRequest?: (request: IncomingMessage, response: ServerResponse, address: string) => void
    /** Takes WebSockets that are not for MQTT; false = it is none of those. */
    readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer, address: string) => boolean
  }
  /** Version of the PROXY protocol whose header comes first on each connection; null = none. */
  readonly proxyProtocol?: 1 | 2 | null
  /** Refuses clients that the proxy does not say to have come by TLS. */
  readonly proxyRequireTls?: boolean
  readonly proxyRequireCertificate?: boolean
  /** Laid over the broker's limits for the clients of this listener. */
  readonly limits?: Partial<Limits>
  /** Put before every topic and filter of its clients, and taken off on delivery. */
  readonly mountPoint?: string
  /** The user name becomes the Client Identifier. */
  readonly userNameAsClientId?: boolean
  /** The broker's unless given. */
  readonly authenticator?: Authenticator
  readonly authorizer?: Authorizer
  /** Who takes what is published below `$CONTROL`, by Topic Name. */
  readonly controls?: ReadonlyMap<string, ControlHandler>
  /** Connections beyond are closed at once; null = no limit. */
  readonly maximumConnections?: number | null
  readonly addressFamily?: 'ipv4' | 'ipv6' | null
}

/** A listener that is open: its sockets, and what holds for its clients. */
export interface OpenListener {
  readonly port: number
  readonly sockets: readonly Listener[]
  readonly rules: ListenerRules
  /** As it was asked for. */
  readonly given: ReadyListener
  /** The certificates in use; null without TLS. */
  readonly tls: TlsListenerOptions | null
  /** New keys and certificates for connections from now on. @throws OpenSSL's error for bad contents */
  renew(tls: TlsListenerOptions): void
}

/** What the sockets of one listener share, and what became of it so far. */
interface Opening {
  readonly listener: ReadyListener
  readonly rules: ListenerRules
  readonly count: ConnectionCount
  readonly sockets: Listener[]
  /** For the log, in which the lines of one listener stand together, in the order of the configuration. */
  readonly lines: string[]
}

/** A socket that is ready to listen, and where it will be on a port. */
interface ReadySocket {
  readonly place: (port: number) => Place
  readonly socket: PreparedListener
}

/** A listener as it is opened: its certificates are there. */
export interface ReadyListener extends BrokerListener {
  readonly tls?: TlsListenerOptions
}

export class ListenerOpener {
  /** All sockets that were opened. */
  readonly sockets: Listener[] = []
  readonly #context: NetContext
  readonly #broker: Broker
  readonly #log: Log

  constructor(context: NetContext, broker: Broker, log: Log) {
    this.#context = context
    this.#broker = broker
    this.#log = log
  }

  /**
   * Opens all within a moment: everything is loaded and read before the first one listens, so that whoever sees one port finds the others, too.
   * `opened` is told of each, in order. @throws ListenError of the first that cannot be opened; what was opened stays open
   */
  async openAll(listeners: readonly ReadyListener[], rules: readonly ListenerRules[], opened: (listener: OpenListener) => void): Promise<void> {
    const openings = listeners.map((listener, i): Opening => ({ listener, rules: rules[i]!, count: new ConnectionCount(), sockets: [], lines: [] }))
    const prepared = await Promise.allSettled(openings.map((opening) => this.#prepare(opening)))
    const outcomes = await Promise.allSettled(openings.map((opening, i) => this.#listen(opening, prepared[i]!)))
    for (const [i, opening] of openings.entries()) {
      for (const line of opening.lines) this.#log.write('information', line)
      const outcome = outcomes[i]!
      if (outcome.status === 'rejected') throw outcome.reason
      opened(asOpened(opening, outcome.value))
    }
  }

  /** One socket, or one for IPv4 and one for IPv6. @throws ListenError */
  async #prepare(opening: Opening): Promise<ReadySocket[]> {
    const { transport, host, addressFamily } = opening.listener
    if (transport === 'unix') return [await this.#prepareOne(opening, null, false)]
    if (typeof host === 'string') return [await this.#prepareOne(opening, host, false)]
    const [ipv4, ipv6] = host === null ? ['0.0.0.0', '::'] : ['127.0.0.1', '::1']
    return [
      ...(addressFamily === 'ipv6' ? [] : [await this.#prepareOne(opening, ipv4, false)]),
      ...(addressFamily === 'ipv4' ? [] : [await this.#prepareOne(opening, ipv6, true)]),
    ]
  }

  async #prepareOne(opening: Opening, host: string | null, isIpv6Only: boolean): Promise<ReadySocket> {
    const { listener, rules, count } = opening
    const { path = null, websocket, tls } = listener
    const transport = listener.transport ?? 'tcp'
    const isWebSocket = transport === 'ws' || transport === 'wss'
    const place = (port: number): Place => ({ transport, host, port, path: transport === 'unix' ? path : null })
    const options: ListenerOptions = {
      transport,
      host,
      path,
      ipv6Only: isIpv6Only,
      tls: tls ?? null,
      maximumConnections: listener.maximumConnections ?? null,
      together: count,
      proxyProtocol: listener.proxyProtocol ?? null,
      proxyRequireTls: listener.proxyRequireTls ?? false,
      proxyRequireCertificate: listener.proxyRequireCertificate ?? false,
      websocket: isWebSocket
        ? {
            paths: websocket?.paths ?? null,
            origins: websocket?.origins ?? null,
            maximumFrame: rules.limits.maximumPacketSize,
            onRequest: websocket?.onRequest ?? null,
            onUpgrade: websocket?.onUpgrade ?? null,
          }
        : null,
    }
    try {
      const socket = await prepareListener(this.#context, options, (link) => this.#broker.accept(link, rules))
      return { place, socket }
    } catch (error) {
      announce(opening, place(portOf(listener)))
      throw new ListenError(place(portOf(listener)), error)
    }
  }

  /** Returns the port. A machine without IPv6 is served by IPv4 alone. @throws ListenError */
  async #listen(opening: Opening, prepared: PromiseSettledResult<readonly ReadySocket[]>, attempt = 1): Promise<number> {
    if (prepared.status === 'rejected') throw prepared.reason
    const port = portOf(opening.listener)
    let taken = port
    for (const [i, socket] of prepared.value.entries()) {
      try {
        taken = await this.#listenOne(opening, socket, taken)
      } catch (error) {
        if (i === 0 || !(error instanceof ListenError)) throw error
        if (error.isMissingAddress) {
          opening.lines.push(`No IPv6 on this machine: port ${taken} is open for IPv4 only.`)
          return taken
        }
        if (port !== 0 || error.code !== 'EADDRINUSE' || attempt === PORT_ATTEMPTS) throw error
        await this.#give(opening) // the system chose a port that is free on one address only
        const [again] = await Promise.allSettled([this.#prepare(opening)])
        return await this.#listen(opening, again, attempt + 1)
      }
    }
    return taken
  }

  async #listenOne(opening: Opening, { place, socket }: ReadySocket, port: number): Promise<number> {
    announce(opening, place(port))
    try {
      const opened = await socket.listen(port)
      this.sockets.push(opened)
      opening.sockets.push(opened)
      return opened.address.port
    } catch (error) {
      throw new ListenError(place(port), error)
    }
  }

  /** Closes the one socket of this listener that is open. */
  async #give(opening: Opening): Promise<void> {
    const socket = opening.sockets.pop()!
    this.sockets.splice(this.sockets.indexOf(socket), 1)
    await socket.close(true)
  }

  /** The broker's own, unless the listener has something to say; then new ones. */
  rulesOf({ transport, path, port, limits, mountPoint, userNameAsClientId, authenticator, authorizer, controls }: BrokerListener): ListenerRules {
    const general = this.#broker.rules
    if (
      limits === undefined &&
      mountPoint === undefined &&
      userNameAsClientId === undefined &&
      authenticator === undefined &&
      authorizer === undefined &&
      controls === undefined
    )
      return general
    return {
      name: transport === 'unix' ? (path ?? '') : `${port ?? 1883}`,
      limits: { ...general.limits, ...limits },
      mountPoint: mountPoint ?? '',
      userNameAsClientId: userNameAsClientId ?? false,
      authenticator: authenticator ?? general.authenticator,
      authorizer: authorizer ?? general.authorizer,
      ...(controls === undefined ? {} : { controls }),
    }
  }
}

function portOf({ port }: BrokerListener): number {
  return port ?? 1883
}

function announce({ lines }: Opening, { transport, host, port, path }: Place): void {
  if (path !== null) lines.push(`Opening unix listen socket on path ${escapeControls(path)}.`)
  else if (port !== 0) lines.push(`Opening ${kindOf(transport, host)} listen socket on port ${port}.`)
}

function asOpened({ listener, rules, sockets }: Opening, port: number): OpenListener {
  let tls = listener.tls ?? null
  return {
    port,
    sockets,
    rules,
    given: listener,
    get tls() {
      return tls
    },
    renew: (next) => {
      for (const socket of sockets) socket.renew(next)
      tls = next
    },
  }
}

function kindOf(transport: string, host: string | null): string {
  if (transport === 'ws' || transport === 'wss') return 'websockets'
  return host?.includes(':') === true ? 'ipv6' : 'ipv4'
}

const SCHEMES = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' } as const

/** Where a client on this machine connects. */
export function urlOf(listener: BrokerListener, port: number): string {
  const transport = listener.transport ?? 'tcp'
  if (transport === 'unix') return `unix:${listener.path ?? ''}`
  const given = listener.host ?? ''
  const host = given === '' || given === '0.0.0.0' || given === '::' ? '127.0.0.1' : given
  const path = transport === 'ws' || transport === 'wss' ? (listener.websocket?.paths?.[0] ?? '/mqtt') : ''
  return `${SCHEMES[transport]}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
}
