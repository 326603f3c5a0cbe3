// Where analysers read along: each connection to it gets the tap's pcapng stream, as `zanzara sniff --tap`, or Wireshark through a pipe, read it.
// On this machine only, since passwords and payloads pass in clear: 127.0.0.1 or a Unix socket of its owner.

import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { ListenError } from '../listen-error.ts'
import type { TapHub } from './tap-hub.ts'

/** Bytes that may wait for a reader: some seconds of a busy broker. */
const MOST_WAITING = 16 << 20
const MOST_READERS = 16
/** Milliseconds that readers have to take what waits for them at the end. */
const GOODBYE_MS = 500

/** A port of 127.0.0.1, or the path of a Unix socket. */
export type TapPlace = { readonly port: number } | { readonly path: string }

export class TapOutlet {
  readonly #server: Server
  readonly #place: TapPlace
  readonly #readers = new Set<Socket>()

  private constructor(hub: TapHub, place: TapPlace) {
    this.#place = place
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(hub, socket))
    this.#server.maxConnections = MOST_READERS
  }

  /** @throws ListenError */
  static async open(hub: TapHub, place: TapPlace): Promise<TapOutlet> {
    const outlet = new TapOutlet(hub, place)
    const path = 'path' in place ? place.path : null
    const port = 'port' in place ? place.port : 0
    try {
      await new Promise<void>((resolve, reject) => {
        outlet.#server.once('error', reject)
        outlet.#server.listen(path === null ? { port, host: '127.0.0.1' } : { path }, () => {
          outlet.#server.off('error', reject)
          outlet.#server.on('error', () => {}) // of accepting: a reader less
          resolve()
        })
      })
      if (path !== null) chmodSync(path, 0o600)
    } catch (error) {
      throw new ListenError({ transport: path === null ? 'tap' : 'unix', host: path === null ? '127.0.0.1' : null, port, path }, error)
    }
    return outlet
  }

  /** The port really taken; 0 for a Unix socket. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) reader.end()
    const cut = setTimeout(() => this.#cut(), GOODBYE_MS)
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    clearTimeout(cut)
    if ('path' in this.#place) rmSync(this.#place.path, { force: true })
  }

  #cut(): void {
    for (const reader of this.#readers) reader.destroy()
  }

  #serve(hub: TapHub, socket: Socket): void {
    this.#readers.add(socket)
    const reader = hub.attach({
      get hasRoom() {
        return socket.writableLength < MOST_WAITING
      },
      write: (bytes) => void socket.write(Buffer.copyBytesFrom(bytes)),
    })
    socket.resume() // what a reader says means nothing
    socket.on('error', () => {})
    socket.on('close', () => {
      hub.detach(reader)
      this.#readers.delete(socket)
    })
  }
}
