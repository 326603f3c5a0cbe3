// A link over any two-way stream that a program brings along: a socket of its own, a tunnel, one end of a pair in memory.
// What is written is copied, since such a stream may keep it after saying that it is done. Sockets that we accept go by tcp.ts.

import type { Duplex } from 'node:stream'
import type { Accept, Peer } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import type { NetContext } from './net-context.ts'
import { type Carrier, SocketLink, StallAt } from './socket-link.ts'

class CopyingCarrier implements Carrier {
  readonly #stream: Duplex
  readonly #written: () => void
  #unfinished = 0

  constructor(stream: Duplex, written: () => void) {
    this.#stream = stream
    this.#written = written
  }

  get writableLength(): number {
    return this.#unfinished
  }

  write(bytes: Buffer): void {
    this.#unfinished++
    this.#stream.write(Buffer.copyBytesFrom(bytes), (error) => {
      this.#unfinished--
      if (this.#unfinished === 0 && !error) this.#written()
    })
  }

  end(): void {
    this.#stream.end()
  }

  destroy(): void {
    this.#stream.destroy()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }
}

/** Makes a link of a stream of bytes, which is ours from now on. @throws UsageError for streams of anything else, or that have ended */
export function openStreamLink(context: NetContext, stream: Duplex, peer: Peer, accept: Accept): SocketLink {
  if (stream.readableObjectMode || stream.writableObjectMode || stream.readableEncoding !== null)
    throw new UsageError('handle: the stream carries objects or text: give one of bytes')
  if (stream.destroyed || !stream.readable || !stream.writable) throw new UsageError('handle: the stream has ended: give an open one')
  const link: SocketLink = new SocketLink(context, new CopyingCarrier(stream, () => link.written()), peer, StallAt.Accepted)
  stream.on('data', (chunk: Uint8Array) => {
    if (!link.read(chunk, 0, chunk.length)) stream.pause()
  })
  stream.on('error', (error) => {
    link.failed(error)
    stream.destroy()
  })
  stream.on('end', () => link.peerEnded())
  stream.on('close', () => link.closed())
  stream.resume() // before the owner may pause
  link.start(accept)
  return link
}
