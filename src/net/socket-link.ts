// One connection over any carrier: gathers output, holds back-pressure, calls its owner, and ends exactly once.
// The carrier is a socket or a WebSocket; which one is the affair of tcp.ts, stream-carrier.ts and websocket-carrier.ts.

import type { Accept, Link, Peer, Receiver } from '../base/link.ts'
import { type Block, type FlushPort, OutputBuffer } from '../base/output-buffer.ts'
import type { NetContext } from './net-context.ts'

/** What a link needs of the thing that carries its bytes. A net.Socket with a high-water mark of 1 is one as it stands. */
export interface Carrier {
  /** The bytes stay untouched until `writableLength` is 0 or the link's `written` was called. */
  write(bytes: Buffer): unknown
  /** 0 right after a write means that the system has taken it all. */
  readonly writableLength: number
  /** Says goodbye after what was written. */
  end(): unknown
  destroy(): unknown
  pause(): unknown
  resume(): unknown
}

/**
 * Bytes waiting at which a link with `output.full` stops reading. An accepted peer that does not read its acknowledgements must not
 * grow our memory. A dialled link goes on much longer: if both ends stopped at the same mark, neither would ever read again.
 */
export const StallAt = { Accepted: 0, Dialled: 16_777_216 } as const
export type StallAt = (typeof StallAt)[keyof typeof StallAt]

/**
 * Milliseconds of work that one read may make before the connection must wait for the next turn. libuv reads up to 32 times in a row from a
 * busy socket: a publisher to a thousand subscribers would otherwise hold up everybody for a second.
 */
const LONG_READ_MS = 5

/** Nobody is told: before `start`, and after `closed`. */
const NOBODY: Receiver = { received() {}, drained() {}, closed() {} }

const State = { Open: 0, Ending: 1, Finished: 2, Destroyed: 3, Closed: 4 } as const
type State = (typeof State)[keyof typeof State]

export class SocketLink implements Link, FlushPort {
  readonly peer: Peer
  readonly output: OutputBuffer
  readonly #context: NetContext
  readonly #carrier: Carrier
  readonly #stallAt: StallAt
  #receiver = NOBODY
  #state: State = State.Open
  /** The block being written while the carrier is behind. */
  #writing: Block | null = null
  /** The owner does not want to read. */
  #paused = false
  /** We do not read, because the peer does not read. */
  #stalled = false
  /** We do not read in this turn: this connection has had its share. */
  #yielding = false
  #error: Error | null = null
  #bound: NodeJS.Timeout | null = null

  constructor(context: NetContext, carrier: Carrier, peer: Peer, stallAt: StallAt) {
    this.#context = context
    this.#carrier = carrier
    this.#stallAt = stallAt
    this.peer = peer
    this.output = new OutputBuffer(context.pool, this)
  }

  /** Makes the owner. To be called once, before anything can be read. */
  start(accept: Accept): void {
    try {
      this.#receiver = accept(this)
    } catch (thrown) {
      this.#fault(thrown)
    }
  }

  pause(): void {
    this.#paused = true
    if (this.#state === State.Open) this.#carrier.pause()
  }

  resume(): void {
    this.#paused = false
    this.#readOn()
  }

  end(): void {
    if (this.#state !== State.Open) return
    this.#state = State.Ending
    this.#bound = setTimeout(() => this.destroy(), this.#context.endTimeoutMs)
    this.#bound.unref()
    if (this.output.blocked) this.#carrier.resume()
    else this.#finish()
  }

  destroy(): void {
    if (this.#state >= State.Destroyed) return
    this.#state = State.Destroyed
    this.output.closed = true
    this.#carrier.destroy()
  }

  schedule(): void {
    this.#context.turn.add(this)
  }

  flushNow(): void {
    this.flush()
  }

  /** Hands what waits to the carrier; one write. */
  flush(): void {
    const output = this.output
    if (this.#state >= State.Finished) {
      output.drop()
      return
    }
    const size = output.length
    if (size === 0 || output.blocked) return
    const block = output.take()
    const carrier = this.#carrier
    carrier.write(Buffer.from(block.bytes.buffer, block.bytes.byteOffset + block.start, size))
    if (carrier.writableLength === 0) this.#context.pool.give(block)
    else {
      output.blocked = true
      this.#writing = block
    }
  }

  /** Carrier: bytes[start, end) came in. False asks it to stop reading until `resume`. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#state !== State.Open) return true // read and forgotten, so that the peer's end is seen and nothing unread resets the connection
    const begun = performance.now()
    try {
      this.#receiver.received(bytes, start, end)
    } catch (thrown) {
      this.#fault(thrown)
    }
    if (this.#state !== State.Open) return true
    if (this.output.full && this.output.length >= this.#stallAt) this.#stalled = true
    if (performance.now() - begun > LONG_READ_MS) this.#yield()
    return !this.#stalled && !this.#paused && !this.#yielding
  }

  /** What came in made much work: the next read waits until the others had their turn. */
  #yield(): void {
    this.#yielding = true
    setImmediate(() => {
      this.#yielding = false
      this.#readOn()
    })
  }

  #readOn(): void {
    if (!this.#stalled && !this.#paused && !this.#yielding && this.#state < State.Destroyed) this.#carrier.resume()
  }

  /** Carrier: all that was written is out. A call more than needed does no harm. */
  written(): void {
    const block = this.#writing
    if (block === null || this.#state >= State.Destroyed) return
    this.#writing = null
    this.#context.pool.give(block)
    this.output.blocked = false
    if (this.#state !== State.Open) {
      if (this.#state === State.Ending) this.#finish()
      return
    }
    if (this.output.length > 0) this.#context.turn.add(this)
    try {
      this.#receiver.drained()
    } catch (thrown) {
      this.#fault(thrown)
    }
    if (!this.#stalled) return
    this.#stalled = false
    this.#readOn()
  }

  /** Carrier: why the connection is about to close. Counts only while nobody here has ended it. */
  failed(error: Error): void {
    if (this.#state === State.Open) this.#error ??= error
  }

  /** Carrier: the peer sends no more; what waits is still written. */
  peerEnded(): void {
    this.end()
  }

  /** Carrier: it is gone and holds none of our memory any more. */
  closed(): void {
    if (this.#state === State.Closed) return
    this.#state = State.Closed
    if (this.#bound !== null) clearTimeout(this.#bound)
    this.output.closed = true
    this.output.drop()
    if (this.#writing !== null) this.#context.pool.give(this.#writing)
    this.#writing = null
    const receiver = this.#receiver
    this.#receiver = NOBODY
    try {
      receiver.closed(this.#error)
    } catch (thrown) {
      this.#fault(thrown)
    }
  }

  #finish(): void {
    this.flush()
    this.#state = State.Finished
    this.output.closed = true
    this.#carrier.end()
    this.#carrier.resume()
  }

  /** The owner threw: a fault of ours must not reach other links. */
  #fault(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    this.failed(error)
    this.destroy()
    this.#context.report('receiver', error, this.peer.address)
  }
}
