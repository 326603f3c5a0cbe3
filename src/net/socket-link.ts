// One connection over any carrier: gathers output, holds back-pressure, calls its owner, and ends exactly once.
// The carrier is a socket or a WebSocket; which one is the affair of tcp.ts, stream-carrier.ts and websocket-carrier.ts.

import type { Accept, Link, Peer, Receiver } from '../base/link.ts'
import { type Block, type FlushPort, OutputBuffer } from '../base/output-buffer.ts'
import type { BentLink, LinkBend, LinkFaults } from './link-faults.ts'
import type { LinkTap, TappedLink } from './link-tap.ts'
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
/** Milliseconds that a read may take once we know how much work this connection's bytes make; the rest of it waits for further turns. */
const SLICE_MS = 10
/** Bytes that a connection's first read may hand on: nobody knows yet how many subscribers they go to. */
const FIRST_SLICE = 8192
/** Bytes that one read brings at most, from a socket that shares the read buffer. */
const WHOLE_READ = 65536
/** Bytes that are always taken: smaller slices would cost more writes than they save waiting. */
const SMALLEST_SLICE = 4096

/** Nobody is told: before `start`, and after `closed`. */
const NOBODY: Receiver = { received() {}, drained() {}, closed() {} }

const State = { Open: 0, Ending: 1, Finished: 2, Destroyed: 3, Closed: 4 } as const
type State = (typeof State)[keyof typeof State]

export class SocketLink implements Link, FlushPort, BentLink {
  readonly peer: Peer
  readonly output: OutputBuffer
  readonly #context: NetContext
  readonly #carrier: Carrier
  readonly #stallAt: StallAt
  /** Of the tap that listened in last. */
  #tap: TappedLink | null = null
  /** Null while nothing is bent. */
  #bend: LinkBend | null = null
  /** The peer has ended, behind something that is held back. */
  #hasPeerEnded = false
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
  /** Bytes that one slice may have; Infinity once this connection's reads have been short. */
  #slice = FIRST_SLICE
  /** What was read and has not been given to the owner yet; its carrier is paused meanwhile. */
  #unread: Uint8Array | null = null
  /** The owner is being called with bytes: what follows them must wait. */
  #giving = false
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
    else this.flush() // what is held is waited for, as long as the goodbye may take
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
    if (output.blocked) return
    if (output.ready > 0) this.#write(output, output.ready)
    if (this.#state === State.Ending && output.held === 0) this.#finish()
  }

  #write(output: OutputBuffer, size: number): void {
    const block = output.take()
    const carrier = this.#carrier
    const bytes = Buffer.from(block.bytes.buffer, block.bytes.byteOffset + block.start, size)
    const { tap, faults } = this.#context
    if (tap !== null) this.#tapped(tap).sent(bytes)
    if (faults === null) carrier.write(bytes)
    else this.#writeBent(faults, bytes)
    if (carrier.writableLength === 0) this.#context.pool.give(block)
    else {
      output.blocked = true
      this.#writing = block
    }
  }

  /** Carrier: bytes[start, end) came in. False asks it to stop reading until `resume`. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#state !== State.Open) return true // read and forgotten, so that the peer's end is seen and nothing unread resets the connection
    const { tap, faults } = this.#context
    if (tap !== null) this.#tapped(tap).received(bytes, start, end)
    if (faults !== null) {
      const bent = (this.#bend ??= faults.begin(this)).received(bytes, start, end)
      if (bent === null) return this.#isReading
      if (bent !== bytes) [bytes, start, end] = [bent, 0, bent.length]
    }
    return this.#take(bytes, start, end)
  }

  /** Bytes that are to be handed to the owner, now or in slices. */
  #take(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#unread !== null) {
      this.#unread = joined(this.#unread, bytes.subarray(start, end)) // a carrier that had more in hand when it was paused
      return false
    }
    if (end - start > this.#slice) {
      this.#unread = new Uint8Array(bytes.subarray(start + this.#slice, end)) // a copy: the next reader writes over the shared buffer
      end = start + this.#slice
    }
    this.#give(bytes, start, end)
    return this.#isReading
  }

  /** Hands bytes to the owner, and looks how long that took. */
  #give(bytes: Uint8Array, start: number, end: number): void {
    const { turn } = this.#context
    const begun = performance.now()
    const isAlone = turn.readBegins(begun)
    this.#giving = true
    try {
      this.#receiver.received(bytes, start, end)
    } catch (thrown) {
      this.#fault(thrown)
    }
    this.#giving = false
    const ended = performance.now()
    turn.readEnded(ended, isAlone)
    if (this.#state !== State.Open) {
      this.#unread = null
      return
    }
    if (this.output.blocked && this.output.full && this.output.length >= this.#stallAt) this.#stalled = true
    const took = ended - begun
    if (took > LONG_READ_MS) {
      this.#slice = Math.max(SMALLEST_SLICE, Math.floor(((end - start) * SLICE_MS) / took))
      this.#yield()
    } else if (this.#unread !== null) this.#yield()
    else if (took * WHOLE_READ < LONG_READ_MS * (end - start)) this.#slice = Number.POSITIVE_INFINITY
  }

  /** What came in made much work: the next read waits until the others had their turn. */
  #yield(): void {
    this.#yielding = true
    setImmediate(() => {
      this.#yielding = false
      this.#readOn()
    })
  }

  get #isReading(): boolean {
    return this.#state !== State.Open || (!this.#stalled && !this.#paused && !this.#yielding)
  }

  #readOn(): void {
    if (this.#state >= State.Destroyed || !this.#isReading) return
    const unread = this.#unread
    if (this.#giving && unread !== null) return // its turn comes after what the owner has in hand
    if (unread === null || this.#state !== State.Open) {
      this.#unread = null
      this.#carrier.resume()
      return
    }
    const end = Math.min(unread.length, this.#slice)
    this.#unread = end < unread.length ? unread.subarray(end) : null
    this.#give(unread, 0, end)
    if (this.#unread === null && this.#isReading) this.#carrier.resume()
  }

  /** Carrier: all that was written is out. A call more than needed does no harm. */
  written(): void {
    const block = this.#writing
    if (block === null || this.#state >= State.Destroyed) return
    this.#writing = null
    this.#context.pool.give(block)
    this.output.blocked = false
    if (this.#state !== State.Open) {
      if (this.#state === State.Ending) this.flush()
      return
    }
    if (this.output.ready > 0) this.#context.turn.add(this)
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
    if (this.#bend?.holdsIncoming === true) this.#hasPeerEnded = true
    else this.end()
  }

  arrive(bytes: Uint8Array): void {
    if (this.#state === State.Open) this.#take(bytes, 0, bytes.length)
  }

  write(bytes: Uint8Array): void {
    if (this.#state < State.Finished) this.#carrier.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  released(): void {
    if (this.#hasPeerEnded && this.#bend?.holdsIncoming !== true) this.end()
    else if (this.#state === State.Ending) this.flush()
  }

  get isDialled(): boolean {
    return this.#stallAt === StallAt.Dialled
  }

  straighten(): void {
    this.#bend = null
  }

  cut(): void {
    this.failed(new Error('cut by a fault'))
    this.destroy()
  }

  /** Carrier: it is gone and holds none of our memory any more. */
  closed(): void {
    if (this.#state === State.Closed) return
    this.#state = State.Closed
    this.#unread = null
    if (this.#tap !== null) this.#tap.ended(this.#error)
    if (this.#bend !== null) this.#bend.ended()
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
    if (this.#bend?.holdsOutgoing === true) return // `released` comes
    this.#state = State.Finished
    this.output.closed = true
    this.#carrier.end()
    this.#carrier.resume()
  }

  #writeBent(faults: LinkFaults, bytes: Buffer): void {
    const bent = (this.#bend ??= faults.begin(this)).sent(bytes)
    if (bent === null || this.#state >= State.Destroyed) return
    this.#carrier.write(bent === bytes ? bytes : Buffer.from(bent.buffer, bent.byteOffset, bent.length))
  }

  #tapped(tap: LinkTap): TappedLink {
    if (this.#tap === null || this.#tap.tap !== tap) this.#tap = tap.begin(this.peer, () => this.midway())
    return this.#tap
  }

  midway(): Uint8Array | null {
    const kept = this.#receiver.midway?.() ?? null
    return this.#unread === null ? kept : joined(kept ?? new Uint8Array(0), this.#unread)
  }

  /** The owner threw: a fault of ours must not reach other links. */
  #fault(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    this.failed(error)
    this.destroy()
    this.#context.report('receiver', error, this.peer.address)
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
