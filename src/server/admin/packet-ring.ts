// The last bytes of all connections, within a budget: what a console that is opened later still sees.
// Keeps what passes as it is, one copy and a few numbers per read or write; frames are made of it only when somebody looks (packet-stream.ts).

import type { Sender } from '../../capture/synthetic-connection.ts'
import type { TapFollower } from '../tap/tap-hub.ts'
import type { TappedConnection } from '../tap/tapped-connection.ts'

/** Bytes and events of one piece of the ring; the oldest piece is forgotten as a whole. */
const SEGMENT_BYTES = 256 << 10
const SEGMENT_EVENTS = 2048
/** Numbers per event: where its bytes begin and end, the first packet boundary among them, flags. */
const STRIDE = 4
/** What an event costs beside its bytes: its numbers, time and connection. */
const EVENT_BYTES = STRIDE * 4 + 8 + 8

const Flag = { FromServer: 1, ClientPassed: 2, ServerPassed: 4, Ended: 8, Failed: 16 } as const

/** One read, one write, or the end of a connection. */
export interface RingEvent {
  readonly connection: TappedConnection
  /** Milliseconds of the ring's clock. */
  readonly time: number
  readonly sender: Sender
  /** A view, valid until the next append. */
  readonly bytes: Uint8Array
  /** Offset in `bytes` of the first byte that begins a packet; -1 = none. */
  readonly boundary: number
  /** Whether bytes of each side had passed before. */
  readonly clientPassed: boolean
  readonly serverPassed: boolean
  readonly isEnd: boolean
  readonly hasFailed: boolean
}

class Segment {
  readonly bytes: Uint8Array
  readonly numbers: Int32Array
  readonly times: Float64Array
  readonly connections: TappedConnection[] = []
  readonly firstEvent: number
  readonly firstByte: number
  used = 0
  next: Segment | null = null
  isForgotten = false

  /** In the memory of `spare`, which is forgotten, where that is as large. */
  constructor(size: number, firstEvent: number, firstByte: number, spare: Segment | null) {
    const from = spare?.bytes.length === size ? spare : null
    this.bytes = from?.bytes ?? new Uint8Array(size)
    this.numbers = from?.numbers ?? new Int32Array(SEGMENT_EVENTS * STRIDE)
    this.times = from?.times ?? new Float64Array(SEGMENT_EVENTS)
    this.firstEvent = firstEvent
    this.firstByte = firstByte
  }

  get size(): number {
    return sizeOf(this.bytes.length)
  }

  /** Its memory may belong to another one from now on. Leads nowhere any more: a reader that stands here must not keep all that came after. */
  forget(): void {
    this.isForgotten = true
    this.next = null
    this.connections.length = 0
  }
}

/** What a piece with so many bytes takes. */
function sizeOf(bytes: number): number {
  return bytes + SEGMENT_EVENTS * EVENT_BYTES
}

export class PacketRing implements TapFollower {
  readonly budgetBytes: number
  /** Told after each event; for readers that have caught up. */
  readonly waiting: Set<() => void> = new Set()
  readonly #now: () => number
  #first: Segment
  #last: Segment
  #usedBytes: number
  #events = 0
  #bytes = 0

  /** `now` in milliseconds, any zero. */
  constructor(budgetBytes: number, now: () => number) {
    this.budgetBytes = budgetBytes
    this.#now = now
    this.#first = this.#last = new Segment(this.#sizeFor(0), 0, 0, null)
    this.#usedBytes = this.#first.size
  }

  /** Memory in use. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Events remembered, and bytes in them. */
  get events(): number {
    return this.#events - this.#first.firstEvent
  }

  get bytesRemembered(): number {
    return this.#bytes - this.#first.firstByte
  }

  /** Time of the oldest event; null = there is none. */
  get since(): number | null {
    return this.events === 0 ? null : this.#first.times[0]!
  }

  bytes(connection: TappedConnection, sender: Sender, bytes: Uint8Array, start: number, end: number, boundary: number): void {
    const segment = this.#segmentFor(end - start)
    segment.bytes.set(bytes.subarray(start, end), segment.used)
    this.#add(segment, connection, end - start, boundary < 0 ? -1 : boundary - start, sender === 'server' ? Flag.FromServer : 0)
  }

  ended(connection: TappedConnection, error: Error | null): void {
    this.#add(this.#segmentFor(0), connection, 0, -1, Flag.Ended | (error === null ? 0 : Flag.Failed))
  }

  /** Where to read from: the oldest event, or what comes from now on. */
  cursor(from: 'oldest' | 'now'): RingCursor {
    return from === 'oldest' ? new RingCursor(() => this.#first, this.#first, 0) : new RingCursor(() => this.#first, this.#last, this.#last.connections.length)
  }

  #add(segment: Segment, connection: TappedConnection, size: number, boundary: number, flags: number): void {
    const i = segment.connections.length
    const at = i * STRIDE
    const { client, server } = connection.hasPassed
    segment.numbers[at] = segment.used
    segment.used += size
    segment.numbers[at + 1] = segment.used
    segment.numbers[at + 2] = boundary
    segment.numbers[at + 3] = flags | (client ? Flag.ClientPassed : 0) | (server ? Flag.ServerPassed : 0)
    segment.times[i] = this.#now()
    segment.connections.push(connection)
    this.#events++
    this.#bytes += size
    if (this.waiting.size > 0) for (const tell of this.waiting) tell()
  }

  #segmentFor(size: number): Segment {
    const last = this.#last
    if (last.used + size <= last.bytes.length && last.connections.length < SEGMENT_EVENTS) return last
    const wanted = this.#sizeFor(size)
    // the oldest go first, and the new piece takes over their memory: a busy broker asks for none
    let first: Segment | null = this.#first
    let spare: Segment | null = null
    while (first !== null && this.#usedBytes + sizeOf(wanted) > this.budgetBytes) {
      spare = first
      first = spare.next
      spare.forget()
      this.#usedBytes -= spare.size
    }
    const segment = new Segment(wanted, this.#events, this.#bytes, spare)
    if (!last.isForgotten) last.next = segment
    this.#first = first ?? segment
    this.#last = segment
    this.#usedBytes += segment.size
    return segment
  }

  /** A small budget has small pieces. */
  #sizeFor(size: number): number {
    return Math.max(size, Math.min(SEGMENT_BYTES, this.budgetBytes >> 3))
  }
}

/** One reader's place in the ring. */
export class RingCursor {
  /** Events and bytes that were forgotten before they were read. */
  lostEvents = 0
  lostBytes = 0
  readonly #first: () => Segment
  #segment: Segment
  #at: number
  /** Bytes of this piece that were read, or passed over. */
  #read: number

  constructor(first: () => Segment, segment: Segment, at: number) {
    this.#first = first
    this.#segment = segment
    this.#at = at
    this.#read = at === 0 ? 0 : segment.used
  }

  /** The next event; null = nothing is left for now. Counts in `lost…` what it had to pass over. */
  next(): RingEvent | null {
    if (this.#segment.isForgotten) this.#catchUp()
    while (this.#at === this.#segment.connections.length) {
      if (this.#segment.next === null) return null
      this.#segment = this.#segment.next
      this.#at = this.#read = 0
    }
    const { numbers, bytes, times, connections } = this.#segment
    const i = this.#at++
    const at = i * STRIDE
    const flags = numbers[at + 3]!
    this.#read = numbers[at + 1]!
    return {
      connection: connections[i]!,
      time: times[i]!,
      sender: (flags & Flag.FromServer) === 0 ? 'client' : 'server',
      bytes: bytes.subarray(numbers[at]!, numbers[at + 1]!),
      boundary: numbers[at + 2]!,
      clientPassed: (flags & Flag.ClientPassed) !== 0,
      serverPassed: (flags & Flag.ServerPassed) !== 0,
      isEnd: (flags & Flag.Ended) !== 0,
      hasFailed: (flags & Flag.Failed) !== 0,
    }
  }

  #catchUp(): void {
    const first = this.#first()
    this.lostEvents += first.firstEvent - (this.#segment.firstEvent + this.#at)
    this.lostBytes += first.firstByte - (this.#segment.firstByte + this.#read)
    this.#segment = first
    this.#at = this.#read = 0
  }
}
