// One reader of the ring of packets: what it remembers, then what passes, as pcapng in binary messages of a WebSocket.
// The ring is the reader's buffer: one that is too slow for it misses whole reads, is told how many, and begins anew with each connection.

import type { MessageSocket } from '../../net/message-sockets.ts'
import { TapReader } from '../tap/tap-reader.ts'
import type { TappedConnection } from '../tap/tapped-connection.ts'
import type { StreamNotice } from './api-types.ts'
import type { PacketRing, RingCursor, RingEvent } from './packet-ring.ts'

/** Bytes that may wait in the socket. */
const MOST_WAITING = 4 << 20
/** Bytes of one message, and of one turn of the event loop. */
const MESSAGE_BYTES = 256 << 10
/** Milliseconds for which live events are gathered before they are sent. */
const GATHER_MS = 40

export interface PacketStreamOptions {
  readonly ring: PacketRing
  readonly from: 'oldest' | 'now'
  /** Named in the stream as what wrote it. */
  readonly application: string
  /** Milliseconds since 1970 at the zero of the ring's clock. */
  readonly origin: number
}

export class PacketStream {
  readonly #socket: MessageSocket
  readonly #options: PacketStreamOptions
  readonly #cursor: RingCursor
  readonly #wake = (): void => this.#woken()
  #reader: TapReader
  /** Connections as this reader sees them: with what had passed before its first event. */
  #seen = new Map<TappedConnection, Pick<TappedConnection, 'peer' | 'first' | 'hasPassed'>>()
  #chunk: Uint8Array = new Uint8Array(MESSAGE_BYTES)
  #used = 0
  #time = 0n
  #hasCaughtUp = false
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null
  #isClosed = false

  constructor(socket: MessageSocket, options: PacketStreamOptions) {
    const { ring, from, origin } = options
    this.#socket = socket
    this.#options = options
    this.#cursor = ring.cursor(from)
    socket.onClose = () => this.close()
    if (from === 'oldest')
      this.#tell({ type: 'ring', events: ring.events, bytes: ring.bytesRemembered, since: ring.since === null ? null : origin + ring.since })
    this.#reader = this.#newReader()
    this.#pump()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.ring.waiting.delete(this.#wake)
    if (this.#timer !== null) clearTimeout(this.#timer as NodeJS.Timeout)
    this.#socket.close(1001, '')
  }

  /** Sends what there is, a message's worth at a time, while the socket takes it. */
  #pump(): void {
    this.#timer = null
    if (this.#isClosed) return
    if (this.#socket.waiting >= MOST_WAITING) return this.#later()
    for (;;) {
      const event = this.#cursor.next()
      if (this.#cursor.lostEvents > 0) this.#tellLost()
      if (event === null) return this.#rest()
      this.#write(event)
      if (this.#used < MESSAGE_BYTES / 2) continue
      this.#send()
      this.#timer = setImmediate(() => this.#pump()) as unknown as NodeJS.Timeout
      return
    }
  }

  /** Nothing is left: the next event wakes it, a little later, so that one message carries many. */
  #rest(): void {
    this.#send()
    if (!this.#hasCaughtUp) this.#tell({ type: 'live' })
    this.#hasCaughtUp = true
    this.#options.ring.waiting.add(this.#wake)
  }

  #woken(): void {
    this.#options.ring.waiting.delete(this.#wake)
    this.#later()
  }

  #later(): void {
    this.#timer = setTimeout(() => this.#pump(), GATHER_MS)
  }

  #write(event: RingEvent): void {
    const { connection } = event
    this.#time = BigInt(Math.round((this.#options.origin + event.time) * 1e6))
    const seen = this.#seenOf(connection, event)
    if (event.isEnd) {
      this.#reader.ended(seen, event.hasFailed ? new Error('broken') : null)
      this.#seen.delete(connection)
    } else this.#reader.bytes(seen, event.sender, event.bytes, 0, event.bytes.length, event.boundary)
  }

  #seenOf(connection: TappedConnection, { clientPassed, serverPassed }: RingEvent): Pick<TappedConnection, 'peer' | 'first' | 'hasPassed'> {
    const known = this.#seen.get(connection)
    if (known !== undefined) return known
    const { peer, first } = connection
    const seen = {
      peer,
      hasPassed: { client: clientPassed, server: serverPassed },
      first: { client: clientPassed ? first.client : null, server: serverPassed ? first.server : null },
    }
    this.#seen.set(connection, seen)
    return seen
  }

  /** What follows is a new section: its connections begin with a handshake and with what explains the rest. */
  #tellLost(): void {
    const { lostEvents: events, lostBytes: bytes } = this.#cursor
    this.#cursor.lostEvents = this.#cursor.lostBytes = 0
    this.#send()
    this.#tell({ type: 'skipped', events, bytes })
    this.#seen = new Map()
    this.#reader = this.#newReader()
  }

  #newReader(): TapReader {
    const sink = { hasRoom: true, write: (bytes: Uint8Array) => this.#gather(bytes) }
    return new TapReader(sink, this.#options.application, new Map(), () => this.#time)
  }

  #gather(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#chunk.length) this.#send()
    if (bytes.length > this.#chunk.length) this.#chunk = new Uint8Array(bytes.length)
    this.#chunk.set(bytes, this.#used)
    this.#used += bytes.length
  }

  #send(): void {
    if (this.#used === 0) return
    this.#socket.send(this.#chunk.subarray(0, this.#used))
    this.#chunk = new Uint8Array(MESSAGE_BYTES) // the socket may still hold the old one
    this.#used = 0
  }

  #tell(notice: StreamNotice): void {
    this.#socket.send(JSON.stringify(notice))
  }
}
