// The fast way for TCP and Unix sockets: one read buffer for all, one write per socket and turn, blocks reused at once.
// An accepted handle is moved into a socket made for it; where that is not possible, stream-carrier.ts serves.

import { createServer, type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net'
import type { Accept, Peer, Transport } from '../base/link.ts'
import { BoundServer, bind, place, SOCKET_OPTIONS } from './bound-server.ts'
import { ConnectionBook } from './connection-book.ts'
import { Entrance, proxyRules } from './entrance.ts'
import type { ListenerOptions, PreparedListener } from './listener.ts'
import type { NetContext } from './net-context.ts'
import { describePeer, peerBehind } from './peer.ts'
import { AwaitedHeader, type ProxyRules, stripHeader } from './proxy-preface.ts'
import { SocketLink, StallAt } from './socket-link.ts'
import { followSocket, followWrites, openStream } from './stream-carrier.ts'

/** The parts of a socket's handle that moving it needs; private to Node, hence looked at with care. */
interface Handle {
  reading: boolean
  readonly useUserBuffer?: unknown
}

/** What Node's Socket takes, also where its types do not say so. */
export interface SharedSocketOptions extends SocketConstructorOpts {
  readonly writableHighWaterMark: number
  readonly onread: OnReadOpts
  readonly handle?: Handle
}

/** As SocketLink's `read`. */
type FirstReader = (bytes: Uint8Array, start: number, end: number) => boolean

export function prepareTcp(context: NetContext, options: ListenerOptions, accept: Accept): PreparedListener {
  const book = new ConnectionBook(options.maximumConnections ?? null, context.connections, options.together)
  const server = createSocketServer(context, 'tcp', book, accept, proxyRules(options))
  return {
    listen: async (port = options.port) => {
      await bind(context, server, place(options, port))
      return new BoundServer(server, book, null)
    },
  }
}

/** A server whose connections become links, after the header that `proxy` asks for; not listening yet. */
export function createSocketServer(context: NetContext, transport: Transport, book: ConnectionBook, accept: Accept, proxy: ProxyRules | null = null): Server {
  const entrance = new Entrance(context, book, proxy)
  let port: number | null = null
  const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (accepted) => {
    if (!entrance.admits(accepted)) return
    const handle = context.sharedReadBuffer ? detachHandle(accepted) : null
    if (handle === null) {
      book.add(accepted)
      const open = (peer: Peer): void => void openStream(context, accepted, peer, StallAt.Accepted, accept)
      if (proxy === null) {
        if (entrance.admitsAddress(accepted, null)) open(describePeer(accepted, transport))
        return
      }
      stripHeader(context, accepted, proxy, (header) => {
        if (entrance.admitsAddress(accepted, header.source?.address ?? null)) open(peerBehind(describePeer(accepted, transport), header))
      })
      return
    }
    accepted.destroy() // an empty shell now; lets the server forget it
    const reader = new SharedReader(context)
    const socket = new Socket({ ...reader.socketOptions, handle } as SharedSocketOptions)
    book.add(socket)
    port ??= portOf(server)
    if (proxy === null) {
      if (entrance.admitsAddress(socket, null)) reader.open(socket, describePeer(socket, transport, port), StallAt.Accepted, accept)
      return
    }
    const awaited = new AwaitedHeader(context, socket, proxy)
    reader.readFirst(socket, (bytes, start, end) => {
      const at = awaited.take(bytes, start, end)
      const { header } = awaited
      if (header === null || !entrance.admitsAddress(socket, header.source?.address ?? null)) return true
      const link = reader.open(socket, peerBehind(describePeer(socket, transport, port), header), StallAt.Accepted, accept)
      return at === end || link.read(bytes, at, end)
    })
  })
  return server
}

/** The port a server listens on; 0 for a Unix socket. */
function portOf(server: Server): number {
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** Takes the handle out of a paused socket; null when this Node does not let us. */
function detachHandle(accepted: Socket): Handle | null {
  const owner = accepted as unknown as { _handle?: Handle | null }
  const handle = owner._handle
  if (!handle || typeof handle.useUserBuffer !== 'function') return null
  owner._handle = null
  handle.reading = false
  return handle
}

/**
 * Joins a socket with a link: made before the socket, because the socket wants its read buffer when it is made.
 * Reads are synchronous, so all sockets read into the context's one buffer.
 */
export class SharedReader {
  readonly #context: NetContext
  #link: SocketLink | null = null
  #first: FirstReader | null = null

  constructor(context: NetContext) {
    this.#context = context
  }

  /** Half open, so that what waits is written after the peer's end; mark 1, so that 'drain' comes after every unfinished write. Made anew: nobody keeps it. */
  get socketOptions(): SharedSocketOptions {
    const { bytes, start } = this.#context.readBlock
    return {
      allowHalfOpen: true,
      writableHighWaterMark: 1,
      onread: {
        buffer: this.#context.readBuffer,
        callback: (size) => this.#link?.read(bytes, start, start + size) ?? this.#first?.(bytes, start, start + size) ?? true,
      },
    }
  }

  /** Reads before there is a link: `first` is lent what comes in until it calls `open`. */
  readFirst(socket: Socket, first: FirstReader): void {
    this.#first = first
    socket.resume()
  }

  /** Makes the link of the socket that was made with `socketOptions` and is connected. */
  open(socket: Socket, peer: Peer, stallAt: StallAt, accept: Accept): SocketLink {
    const link = new SocketLink(this.#context, socket, peer, stallAt)
    this.#link = link
    this.#first = null
    followSocket(socket, link)
    followWrites(socket)
    socket.resume() // before the owner may pause
    link.start(accept)
    return link
  }
}
