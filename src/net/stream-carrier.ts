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

/** Tells the link how its socket ends. The socket must allow half-open connections: its own end is the link's decision. */
export function followSocket(socket: Socket, link: SocketLink): void {
  socket.on('error', (error: Error) => {
    link.failed(error)
    socket.destroy() // a TLS socket lives on after a broken record
  })
  socket.on('end', () => link.peerEnded())
  socket.on('close', () => link.closed())
}
