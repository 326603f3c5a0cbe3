// The fast way for TCP and Unix sockets: one read buffer for all, one write per socket and turn, blocks reused at once.
// An accepted handle is moved into a socket made for it; where that is not possible, stream-carrier.ts serves.

import { createServer, type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net'
import type { Accept, Peer, Transport } from '../base/link.ts'
import { BoundServer, bind, place, SOCKET_OPTIONS, tooMany } from './bound-server.ts'
import { ConnectionBook } from './connection-book.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import type { NetContext } from './net-context.ts'
import { describePeer } from './peer.ts'
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

export async function listenTcp(context: NetContext, options: ListenerOptions, accept: Accept): Promise<Listener> {
  const book = new ConnectionBook(options.maximumConnections ?? null)
  const server = createSocketServer(context, 'tcp', book, accept)
  await bind(context, server, place(options))
  return new BoundServer(server, book, null)
}

/** A server whose connections become links; not listening yet. */
export function createSocketServer(context: NetContext, transport: Transport, book: ConnectionBook, accept: Accept): Server {
  let port: number | null = null
  const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (accepted) => {
    if (book.full) {
      context.report('limit', tooMany(book), accepted.remoteAddress ?? '')
      accepted.destroy()
      return
    }
    const handle = context.sharedReadBuffer ? detachHandle(accepted) : null
    if (handle === null) {
      book.add(accepted)
      openStream(context, accepted, describePeer(accepted, transport), StallAt.Accepted, accept)
      return
    }
    accepted.destroy() // an empty shell now; lets the server forget it
    const reader = new SharedReader(context)
    const socket = new Socket({ ...reader.socketOptions, handle } as SharedSocketOptions)
    book.add(socket)
    reader.open(socket, describePeer(socket, transport, (port ??= portOf(server))), StallAt.Accepted, accept)
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

  constructor(context: NetContext) {
    this.#context = context
  }

  /** Half open, so that what waits is written after the peer's end; mark 1, so that 'drain' comes after every unfinished write. Made anew: nobody keeps it. */
  get socketOptions(): SharedSocketOptions {
    const { bytes, start } = this.#context.readBlock
    return {
      allowHalfOpen: true,
      writableHighWaterMark: 1,
      onread: { buffer: this.#context.readBuffer, callback: (size) => this.#link?.read(bytes, start, start + size) ?? true },
    }
  }

  /** Makes the link of the socket that was made with `socketOptions` and is connected. */
  open(socket: Socket, peer: Peer, stallAt: StallAt, accept: Accept): SocketLink {
    const link = new SocketLink(this.#context, socket, peer, stallAt)
    this.#link = link
    followSocket(socket, link)
    followWrites(socket)
    socket.resume() // before the owner may pause
    link.start(accept)
    return link
  }
}
