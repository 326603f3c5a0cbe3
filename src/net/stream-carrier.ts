// The plain way to carry a link: 'data' events, whose chunks are lent to the owner uncopied, and a callback per write.
// For TLS, and for plain sockets whose handle cannot be moved (tcp.ts has the fast way).

import type { Socket } from 'node:net'
import type { Accept, Peer } from '../base/link.ts'
import type { NetContext } from './net-context.ts'
import { type Carrier, SocketLink, type StallAt } from './socket-link.ts'

class StreamCarrier implements Carrier {
  readonly #socket: Socket
  readonly #done: (error?: Error | null) => void
  #unfinished = 0

  /** `written` is called when the last of the writes under way is out. */
  constructor(socket: Socket, written: () => void) {
    this.#socket = socket
    this.#done = (error) => {
      this.#unfinished--
      if (this.#unfinished === 0 && !error) written()
    }
  }

  get writableLength(): number {
    return this.#socket.writableLength
  }

  write(bytes: Buffer): void {
    this.#unfinished++
    this.#socket.write(bytes, this.#done)
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }
}

/** Makes a link of a connected socket that nobody else reads. */
export function openStream(context: NetContext, socket: Socket, peer: Peer, stallAt: StallAt, accept: Accept): SocketLink {
  const link: SocketLink = new SocketLink(context, new StreamCarrier(socket, () => link.written()), peer, stallAt)
  socket.on('data', (chunk: Buffer) => {
    if (!link.read(chunk, 0, chunk.length)) socket.pause()
  })
  followSocket(socket, link)
  socket.resume() // before the owner may pause
  link.start(accept)
  return link
}

/** A socket that knows its link, so that all sockets share their listeners: four closures each are half a kilobyte. */
export type LinkedSocket = Socket & { [LINK]?: SocketLink }

const LINK: unique symbol = Symbol('link')

/** Tells the link how its socket ends. The socket must allow half-open connections: its own end is the link's decision. */
export function followSocket(socket: LinkedSocket, link: SocketLink): void {
  socket[LINK] = link
  socket.on('error', failed)
  socket.on('end', ended)
  socket.on('close', closed)
}

/** Tells the link when all that was written is out. To be called after `followSocket`. */
export function followWrites(socket: LinkedSocket): void {
  socket.on('drain', drained)
}

function failed(this: LinkedSocket, error: Error): void {
  this[LINK]!.failed(error)
  this.destroy() // a TLS socket lives on after a broken record
}

function ended(this: LinkedSocket): void {
  this[LINK]!.peerEnded()
}

function closed(this: LinkedSocket): void {
  this[LINK]!.closed()
}

function drained(this: LinkedSocket): void {
  this[LINK]!.written()
}
