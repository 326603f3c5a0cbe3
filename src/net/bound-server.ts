// A server of Node's that listens, as a Listener: binding, address, closing.
// Knows no transport: tcp.ts, tls.ts and websocket-server.ts bring their servers.

import type { AddressInfo, ListenOptions, Server } from 'node:net'
import { UsageError } from '../wire/errors.ts'
import type { ConnectionBook } from './connection-book.ts'
import type { Listener, ListenerOptions, TlsListenerOptions } from './listener.ts'
import type { NetContext } from './net-context.ts'

const BACKLOG = 4096

/** For the constructors of all servers: small packets leave at once, dead peers are found, links decide when to say goodbye. */
export const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, allowHalfOpen: true } as const

/** Where a TCP listener is to listen. */
export function place(options: ListenerOptions, port: number | undefined): ListenOptions {
  const { host, ipv6Only } = options
  if (port === undefined) throw new UsageError(`a ${options.transport} listener needs a port: give \`port\`, 0 for any free one`)
  return { port, ...(host ? { host } : {}), ipv6Only: ipv6Only ?? false, backlog: BACKLOG }
}

/** Binds and listens; from then on errors of accepting are survived and reported. @throws the system's error */
export function bind(context: NetContext, server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ backlog: BACKLOG, ...where }, () => {
      server.off('error', reject)
      server.on('error', (error) => context.report('accept', error, ''))
      resolve()
    })
  })
}

export class BoundServer implements Listener {
  readonly address: { readonly host: string; readonly port: number }
  readonly #server: Server
  readonly #book: ConnectionBook
  readonly #renew: ((tls: TlsListenerOptions) => void) | null

  constructor(server: Server, book: ConnectionBook, renew: ((tls: TlsListenerOptions) => void) | null) {
    const address = server.address() as AddressInfo | string
    this.address = typeof address === 'string' ? { host: address, port: 0 } : { host: address.address, port: address.port }
    this.#server = server
    this.#book = book
    this.#renew = renew
  }

  get connections(): number {
    return this.#book.size
  }

  async close(cut = false): Promise<void> {
    if (this.#server.listening) this.#server.close() // the port is free at once; its 'close' event would wait for all links
    if (cut) await this.#book.cut()
  }

  renew(tls: TlsListenerOptions): void {
    if (this.#renew === null) throw new UsageError('this listener has no TLS to renew')
    this.#renew(tls)
  }
}
