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
import { type Listener, listen, type TlsListenerOptions } from '../net/listener.ts'
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

/** What the sockets of one listener share. */
interface Common {
  readonly rules: ListenerRules
  readonly count: ConnectionCount
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

  /** @throws ListenError; what was opened before stays open */
  async open(listener: ReadyListener, rules: ListenerRules = this.rulesOf(listener)): Promise<OpenListener> {
    const before = this.sockets.length
    const port = await this.#openAll(listener, { rules, count: new ConnectionCount() })
    const sockets = this.sockets.slice(before)
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

  /** Returns the port. */
  async #openAll(listener: ReadyListener, common: Common): Promise<number> {
    const { host, addressFamily } = listener
    const port = listener.port ?? 1883
    if (listener.transport === 'unix') return await this.#openOne(listener, common, null, 0, false)
    if (typeof host === 'string') return await this.#openOne(listener, common, host, port, false)
    const [ipv4, ipv6] = host === null ? ['0.0.0.0', '::'] : ['127.0.0.1', '::1']
    if (addressFamily === 'ipv4') return await this.#openOne(listener, common, ipv4, port, false)
    if (addressFamily === 'ipv6') return await this.#openOne(listener, common, ipv6, port, true)
    return await this.#openBoth(listener, common, ipv4, ipv6, port)
  }

  /** One port on two addresses. A machine without IPv6 is served by IPv4 alone. */
  async #openBoth(listener: ReadyListener, common: Common, ipv4: string, ipv6: string, port: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const taken = await this.#openOne(listener, common, ipv4, port, false)
      try {
        return await this.#openOne(listener, common, ipv6, taken, true)
      } catch (error) {
        if (!(error instanceof ListenError)) throw error
        if (error.isMissingAddress) {
          this.#log.write('information', `No IPv6 on this machine: port ${taken} is open for IPv4 only.`)
          return taken
        }
        if (port !== 0 || error.code !== 'EADDRINUSE' || attempt === PORT_ATTEMPTS) throw error
        await this.sockets.pop()!.close(true) // the system chose a port that is free on one address only
      }
    }
  }

  async #openOne(listener: ReadyListener, { rules, count }: Common, host: string | null, port: number, isIpv6Only: boolean): Promise<number> {
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
          together: count,
          proxyProtocol: listener.proxyProtocol ?? null,
          proxyRequireTls: listener.proxyRequireTls ?? false,
          proxyRequireCertificate: listener.proxyRequireCertificate ?? false,
          websocket:
            transport === 'ws' || transport === 'wss'
              ? {
                  paths: websocket?.paths ?? null,
                  origins: websocket?.origins ?? null,
                  maximumFrame: rules.limits.maximumPacketSize,
                  onRequest: websocket?.onRequest ?? null,
                  onUpgrade: websocket?.onUpgrade ?? null,
                }
              : null,
        },
        (link) => this.#broker.accept(link, rules),
      )
      this.sockets.push(opened)
      return opened.address.port
    } catch (error) {
      throw new ListenError(place, error)
    }
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

/** Where a client on this machine connects. */
export function urlOf(listener: BrokerListener, port: number): string {
  const transport = listener.transport ?? 'tcp'
  if (transport === 'unix') return `unix:${listener.path ?? ''}`
  const given = listener.host ?? ''
  const host = given === '' || given === '0.0.0.0' || given === '::' ? '127.0.0.1' : given
  const path = transport === 'ws' || transport === 'wss' ? (listener.websocket?.paths?.[0] ?? '/mqtt') : ''
  return `${SCHEMES[transport]}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
}
