// The way in to one listener: the limits first, then the PROXY protocol header where one must come, then the limit per address.
// What a connection becomes behind it is the affair of tcp.ts, tls.ts and websocket-server.ts.

import type { Server, Socket } from 'node:net'
import type { Peer, Transport } from '../base/link.ts'
import type { ProxyHeader } from '../wire/proxy-protocol.ts'
import type { ConnectionBook } from './connection-book.ts'
import type { ListenerOptions } from './listener.ts'
import type { NetContext, ProblemKind } from './net-context.ts'
import { describePeer, peerBehind, plainAddress, type TlsFacts } from './peer.ts'
import { type ProxyRules, stripHeader } from './proxy-preface.ts'

const HEADER_TIMEOUT_MS = 10_000

/** Null when a listener expects no header. */
export function proxyRules(options: ListenerOptions): ProxyRules | null {
  const { proxyProtocol, proxyRequireTls = false, proxyRequireCertificate = false, proxyTimeoutMs = HEADER_TIMEOUT_MS } = options
  if (!proxyProtocol) return null
  return { version: proxyProtocol, requireTls: proxyRequireTls, requireCertificate: proxyRequireCertificate, timeoutMs: proxyTimeoutMs }
}

export class Entrance {
  readonly book: ConnectionBook
  readonly proxy: ProxyRules | null
  readonly #context: NetContext
  /** Headers of open connections, for those who see only what lies above the socket: by its two ends, which no other open one shares. */
  readonly #headers = new Map<string, ProxyHeader>()
  /** Our own ports of noted connections: a socket remembers its peer, but not these. */
  readonly #localPorts = new WeakMap<Socket, number>()

  constructor(context: NetContext, book: ConnectionBook, proxy: ProxyRules | null) {
    this.book = book
    this.proxy = proxy
    this.#context = context
  }

  /** The first question to a newcomer; who is one too many is closed. */
  admits(newcomer: Socket): boolean {
    const reason = this.book.full
    if (reason !== null) this.#refuse(reason, newcomer, newcomer.remoteAddress)
    return reason === null
  }

  /** Whether its address may have one more; counts it until the socket is closed, or closes it. `address`, a proxy's word, stands in for the socket's own. */
  admitsAddress(newcomer: Socket, address: string | null): boolean {
    const all = this.#context.connections
    if (all.maximumPerAddress === null) return true // nobody needs to ask the system for an address
    const from = plainAddress(address ?? newcomer.remoteAddress)
    if (!all.counts(from)) return true
    if (!all.enterFrom(from)) {
      this.#refuse('address-limit', newcomer, from)
      return false
    }
    newcomer.once('close', () => all.leaveFrom(from))
    return true
  }

  /** Stands before everything a server of Node's does with its connections, which then sees admitted ones without their header only. */
  guard(server: Server): void {
    const { book } = this
    if (book.maximum !== null) server.maxConnections = book.maximum // Node closes these before it makes a socket of them
    server.on('drop', (peer) => this.#report('limit', peer?.remoteAddress))
    interpose<Socket>(server, 'connection', (socket, pass) => {
      if (!this.admits(socket)) return
      book.add(socket)
      if (this.proxy === null) {
        if (this.admitsAddress(socket, null)) pass()
        return
      }
      stripHeader(this.#context, socket, this.proxy, (header) => {
        if (!this.admitsAddress(socket, header.source?.address ?? null)) return
        this.#remember(socket, header)
        pass()
      })
    })
  }

  /** The peer of a guarded connection, from its socket or the TLS socket above it; null when it is gone. */
  describe(socket: Socket, transport: Transport, tls: TlsFacts | null = null): Peer | null {
    const peer = describePeer(socket, transport, null, tls)
    if (this.proxy === null) return peer
    const header = this.#headers.get(endsOf(socket))
    return header === undefined ? null : peerBehind(peer, header)
  }

  /** Keeps where a newcomer comes from for reports: of a socket that is gone the system says nothing any more. */
  note(newcomer: Socket): void {
    const { remoteAddress, localPort } = newcomer
    if (remoteAddress !== undefined && localPort !== undefined) this.#localPorts.set(newcomer, localPort)
  }

  /** For reports; empty when the peer is gone, unless it was noted. */
  addressOf(socket: Socket): string {
    const below = lowest(socket)
    return plainAddress(this.#headers.get(endsOf(below))?.source?.address ?? below.remoteAddress)
  }

  /** For reports; null when the peer is gone, unless it was noted. */
  portsOf(socket: Socket): { readonly peer: number; readonly local: number } | null {
    const below = lowest(socket)
    const peer = this.#headers.get(endsOf(below))?.source?.port ?? below.remotePort
    const local = below.localPort ?? this.#localPorts.get(below)
    return peer === undefined || local === undefined ? null : { peer, local }
  }

  #remember(socket: Socket, header: ProxyHeader): void {
    const ends = endsOf(socket)
    this.#headers.set(ends, header)
    socket.once('close', () => {
      if (this.#headers.get(ends) === header) this.#headers.delete(ends)
    })
  }

  #refuse(kind: ProblemKind, newcomer: Socket, address: string | undefined): void {
    this.#report(kind, address)
    newcomer.destroy()
  }

  #report(kind: ProblemKind, address: string | undefined): void {
    this.#context.report(kind, new Error(this.#sentence(kind)), plainAddress(address))
  }

  #sentence(kind: ProblemKind): string {
    const { size, maximum, maximumPerAddress } = this.#context.connections
    if (kind === 'address-limit') return `${maximumPerAddress} connections from this address are open and no more are allowed: the newcomer was closed`
    if (kind === 'global-limit') return `${size} connections are open on all listeners, and no more than ${maximum} are allowed: the newcomer was closed`
    if (kind === 'descriptors') return `${size} connections are open, and for more the system gives too few open files: the newcomer was closed`
    return `${this.book.maximum} connections are open and no more are allowed: the newcomer was closed`
  }
}

/** The socket under a TLS socket, which remembers when the one above does not; private to Node, hence looked at with care. */
function lowest(socket: Socket): Socket {
  return (socket as { readonly _parent?: Socket | null })._parent ?? socket
}

/** Puts `gate` before all that listen to the event now; `pass` lets it through to them. */
export function interpose<T>(server: Server, event: string, gate: (subject: T, pass: () => void) => void): void {
  const listeners = server.listeners(event)
  server.removeAllListeners(event)
  server.on(event, (subject: T) =>
    gate(subject, () => {
      for (const listener of listeners) listener.call(server, subject)
    }),
  )
}

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`
}
