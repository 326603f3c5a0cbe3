// All that passes the broker, written to a pcapng file as long as the program likes.
// The stream is a tap reader's (server/tap/): every transport in clear, as made-up TCP connections to port 1883.

import { createWriteStream, openSync, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { TapReader } from '../tap/tap-reader.ts'
import type { TapSwitch } from './tap-switch.ts'

/** Bytes that may wait for the disk. */
const MOST_WAITING = 16 << 20

export class CaptureFile implements AsyncDisposable {
  readonly file: string
  readonly #taps: TapSwitch
  readonly #stream: WriteStream
  readonly #reader: TapReader
  readonly #finished: Promise<void>
  readonly #closed: (capture: CaptureFile) => void

  /** @throws the system's error when the file cannot be written */
  constructor(file: string, taps: TapSwitch, closed: (capture: CaptureFile) => void) {
    const stream = createWriteStream('', { fd: openSync(file, 'w', 0o600) })
    this.file = file
    this.#taps = taps
    this.#stream = stream
    this.#closed = closed
    this.#finished = finished(stream)
    this.#finished.catch(() => this.#stop()) // told by `close`
    this.#reader = taps.attach({
      get hasRoom() {
        return stream.writable && stream.writableLength < MOST_WAITING
      },
      write: (bytes) => void stream.write(Buffer.copyBytesFrom(bytes)),
    })
  }

  /** Bytes that are missing because the disk was too slow. */
  get lost(): number {
    return this.#reader.lost
  }

  /** Settles when all that passed is in the file; rejects with the system's error when it could not be written. Harmless when done before. */
  close(): Promise<void> {
    this.#stop()
    this.#stream.end()
    return this.#finished
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #stop(): void {
    this.#taps.detach(this.#reader)
    this.#closed(this)
  }
}
