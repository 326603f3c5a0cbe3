// What our own client sends and receives, written down as pcapng: so the Packets screen works with any broker.
// Frames are made up around the bytes (capture/synthetic-connection); the page knows neither real addresses nor ports.

import type { CaptureInterface } from '../../capture/frame.ts'
import { type Sender, SyntheticConnection } from '../../capture/synthetic-connection.ts'
import { PcapngWriter } from '../../capture/write-pcapng.ts'
import type { WebSocketLike, WebSocketMaker } from '../../client/browser.ts'

const WHERE: CaptureInterface = {
  linkType: 1,
  name: 'console',
  description: 'what the client of the Zanzara console sent and received',
  snapLength: 0,
  decimals: 9,
}
/** Ports are made up: each connection has its own. */
const FIRST_PORT = 50_000
const MQTT_PORT = 1883

export interface RecorderClock {
  /** Milliseconds since 1970, with fraction. */
  wallMs(): number
}

export class PacketRecorder {
  readonly #push: (bytes: Uint8Array) => void
  #writer: PcapngWriter
  readonly #clock: RecorderClock
  #connections = 0
  #frames = 0

  /** `push` gets bytes that are its own. */
  constructor(clock: RecorderClock, push: (bytes: Uint8Array) => void) {
    this.#clock = clock
    this.#push = push
    this.#writer = this.#newWriter()
  }

  /** So many were written: the number of the newest. */
  get frames(): number {
    return this.#frames
  }

  /** A WebSocket constructor whose sockets are recorded. `inner` is the browser's. */
  recording(inner: WebSocketMaker): WebSocketMaker {
    const begin = (): Recording => this.#begin()
    return class extends RecordedSocket {
      constructor(url: string, protocols: string[]) {
        super(new inner(url, protocols), begin)
      }
    }
  }

  /** What comes next is a section of its own: who has not read what came before can read it. */
  beginSection(): void {
    this.#writer = this.#newWriter()
  }

  #newWriter(): PcapngWriter {
    return new PcapngWriter((bytes) => this.#push(bytes.slice()), 'Zanzara console')
  }

  #begin(): Recording {
    const port = FIRST_PORT + (this.#connections++ % 10_000)
    const connection = new SyntheticConnection(WHERE, { address: '127.0.0.1', port }, { address: '127.0.0.2', port: MQTT_PORT }, (frame) => {
      this.#frames++
      this.#writer.write(frame)
    })
    const now = (): bigint => BigInt(Math.round(this.#clock.wallMs() * 1000)) * 1000n
    connection.open(now())
    return {
      data: (sender, bytes) => connection.data(sender, bytes, now()),
      close: (sender, isAborted) => connection.close(sender, isAborted, now()),
    }
  }
}

interface Recording {
  data(sender: Sender, bytes: Uint8Array): void
  close(sender: Sender, isAborted: boolean): void
}

/** Passes everything on, and writes it down on the way. */
class RecordedSocket implements WebSocketLike {
  onopen: (() => void) | null = null
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly #inner: WebSocketLike
  #recording: Recording | null = null
  #isClosing = false

  constructor(inner: WebSocketLike, begin: () => Recording) {
    this.#inner = inner
    inner.onopen = () => {
      this.#recording = begin()
      this.onopen?.()
    }
    inner.onmessage = (event) => {
      if (event.data instanceof ArrayBuffer) this.#recording?.data('server', new Uint8Array(event.data))
      this.onmessage?.(event)
    }
    inner.onclose = (event) => {
      this.#recording?.close(this.#isClosing ? 'client' : 'server', event.code !== 1000)
      this.#recording = null
      this.onclose?.(event)
    }
    inner.onerror = () => this.onerror?.()
  }

  get binaryType(): string {
    return this.#inner.binaryType
  }

  set binaryType(type: string) {
    this.#inner.binaryType = type
  }

  get readyState(): number {
    return this.#inner.readyState
  }

  get bufferedAmount(): number {
    return this.#inner.bufferedAmount
  }

  send(data: Uint8Array): void {
    this.#recording?.data('client', data)
    this.#inner.send(data)
  }

  close(code?: number): void {
    this.#isClosing = true
    this.#inner.close(code)
  }
}
