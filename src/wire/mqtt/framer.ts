// Bytes of a connection → runs of PUBLISH, rows of acknowledgements, other packets. Reads in place, never joins chunks.
// Neighbours: net gives the shared receive buffer, session is the sink; packet-sizes.ts says what may come.

import { ProtocolError } from '../errors.ts'
import { decodePublishHead } from './decode-publish.ts'
import type { Sender } from './packet.ts'
import * as PacketType from './packet-type.ts'
import { PublishRun, type WireVersion } from './publish-run.ts'

export interface FrameSink {
  /** Packets with one head. The run and its bytes are void after the call. */
  publishes(run: PublishRun): void
  /** `count` PUBACK, PUBREC, PUBREL or PUBCOMP of four bytes each, from `at`, all with this first byte; no Packet Identifier is 0. */
  acknowledgements(header: number, bytes: Uint8Array, at: number, count: number): void
  /** Any other packet: its body is bytes[at, end). Void after the call. */
  packet(header: number, bytes: Uint8Array, at: number, end: number): void
}

/** Fills the head fields of a run from its first packet, as decode-publish.ts does. What clients use instead, which is smaller, is in read-publish.ts. */
export type HeadDecoder = typeof decodePublishHead

const INCOMPLETE = -1
/** Packets of the longest run: bounds its index arrays, which stay with the connection. */
const LONGEST_RUN = 4096
/** A split packet's memory is given back above this size. */
const LARGEST_KEPT = 65536

const NO_BYTES = new Uint8Array(0)

export class Framer {
  /** Set once CONNECT has told it. */
  version: WireVersion = 4
  /** Largest Remaining Length accepted, by packet type; 0 forbids all but empty ones, -1 the type as a whole. */
  maximum: Int32Array
  readonly #sender: Sender
  readonly #decodeHead: HeadDecoder
  /** Made at the first PUBLISH: many connections only listen. */
  #run: PublishRun | null = null
  #rest: Uint8Array = NO_BYTES
  #restLength = 0
  #stopped = false
  #held = false

  constructor(maximum: Int32Array, decodeHead: HeadDecoder, sender: Sender = 'client') {
    this.maximum = maximum
    this.#decodeHead = decodeHead
    this.#sender = sender
  }

  /** Ignores everything from here on: the connection ends. */
  stop(): void {
    this.#stopped = true
  }

  /** Keeps everything after the packet being handled until `release`: an answer (authentication) is being waited for. */
  hold(): void {
    this.#held = true
  }

  /** Like `hold`, but also keeps bytes[start, end): packets at the end of the run being handled, which come again at `release`. */
  putBack(bytes: Uint8Array, start: number, end: number): void {
    this.#held = true
    this.#keep(bytes, start, end)
  }

  /** Handles what was kept by `hold`. Throws as `feed` does. */
  release(sink: FrameSink): void {
    if (!this.#held) return
    this.#held = false
    const kept = this.#rest
    const length = this.#restLength
    this.#rest = NO_BYTES
    this.#restLength = 0
    if (length > 0) this.feed(kept, 0, length, sink)
  }

  /** Bytes kept: of a split packet, or by `hold`. */
  get kept(): number {
    return this.#restLength
  }

  /** What `kept` counts: a view. */
  get unfinished(): Uint8Array {
    return this.#rest.subarray(0, this.#restLength)
  }

  /** Takes bytes[start, end). Throws ProtocolError after handing over all packets before the fault; everything behind it is ignored. */
  feed(bytes: Uint8Array, start: number, end: number, sink: FrameSink): void {
    if (this.#stopped) return
    try {
      this.#feed(bytes, start, end, sink)
    } catch (error) {
      this.#stopped = true
      throw error
    }
  }

  #feed(bytes: Uint8Array, start: number, end: number, sink: FrameSink): void {
    let at = start
    if (this.#restLength > 0 && !this.#held) {
      at = this.#complete(bytes, start, end)
      if (at === INCOMPLETE) return
      const length = this.#restLength
      this.#restLength = 0
      this.#scan(this.#rest, 0, length, sink)
      if (this.#restLength === 0 && this.#rest.length > LARGEST_KEPT) this.#rest = NO_BYTES
    }
    if (!this.#held) at = this.#scan(bytes, at, end, sink)
    if (at < end && !this.#stopped) this.#keep(bytes, at, end)
  }

  /** Scans whole packets from `at`; returns where the first one begins that is incomplete or held back. */
  #scan(bytes: Uint8Array, start: number, end: number, sink: FrameSink): number {
    let at = start
    let open: PublishRun | null = null
    while (end - at >= 2 && !this.#stopped && !this.#held) {
      const header = bytes[at]!
      let body = at + 2
      let remaining = bytes[at + 1]!
      if (remaining > 127) {
        remaining &= 127
        let shift = 7
        let digit = 128
        while (digit > 127 && body < end && shift < 28) {
          digit = bytes[body++]!
          remaining |= (digit & 127) << shift
          shift += 7
        }
        if (digit > 127 && shift < 28) break
        if (digit > 127 || (digit === 0 && this.version === 5)) {
          if (open !== null) sink.publishes(open)
          if (this.#stopped || this.#held) return at
          throw badLength(digit, at)
        }
      }
      if (remaining > this.maximum[header >> 4]!) {
        if (open !== null) sink.publishes(open)
        if (this.#stopped || this.#held) return at
        throw this.#refusal(header, remaining, at)
      }
      const next = body + remaining
      if (next > end) break
      if ((header & 0xf0) === 0x30) {
        if (open === null || header !== open.header || open.to >= LONGEST_RUN || !repeatsHead(open, bytes, body, next)) {
          if (open !== null) {
            sink.publishes(open)
            open = null
            if (this.#stopped || this.#held) return at
          }
          const run = (this.#run ??= new PublishRun())
          this.#decodeHead(run, bytes, header, body, next, this.version, this.#sender)
          if ((header & 6) !== 0 && isZero(bytes, body + run.idAt)) throw zeroId(body + run.idAt)
          run.begin(bytes, at, body, next)
          open = run
        } else {
          if ((header & 6) !== 0 && isZero(bytes, body + open.idAt)) {
            const idAt = body + open.idAt
            sink.publishes(open)
            if (this.#stopped || this.#held) return at
            throw zeroId(idAt)
          }
          open.append(body, next)
        }
        at = next
        continue
      }
      if (open !== null) {
        sink.publishes(open)
        open = null
        if (this.#stopped || this.#held) return at
      }
      if (remaining === 2 && next - at === 4 && (header === 0x40 || header === 0x50 || header === 0x62 || header === 0x70) && !isZero(bytes, body)) {
        let stop = next
        while (end - stop >= 4 && bytes[stop] === header && bytes[stop + 1] === 2 && !isZero(bytes, stop + 2)) stop += 4
        sink.acknowledgements(header, bytes, at, (stop - at) >> 2)
        at = stop
      } else {
        // the version is not known yet: a 5.0 CONNECT says its level at this place [MQTT-1.5.5-1]
        if (header === 0x10 && body - at > 2 && bytes[body - 1] === 0 && remaining > 6 && bytes[body + 6] === 5) throw badLength(0, at)
        sink.packet(header, bytes, body, next)
        at = next
      }
    }
    if (open !== null) sink.publishes(open)
    return at
  }

  /** Completes the one packet that began in an earlier chunk; returns where the next one begins. */
  #complete(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    for (;;) {
      const size = this.#packetSize()
      if (size === this.#restLength) return at
      if (at === end) return INCOMPLETE
      const take = size === INCOMPLETE ? 1 : Math.min(size - this.#restLength, end - at)
      this.#keep(bytes, at, at + take)
      at += take
    }
  }

  /** Size of the packet whose beginning is kept; INCOMPLETE while its Remaining Length is. Throws ProtocolError. */
  #packetSize(): number {
    const bytes = this.#rest
    let remaining = 0
    for (let i = 1, shift = 0; i < this.#restLength; i++, shift += 7) {
      const digit = bytes[i]!
      remaining |= (digit & 127) << shift
      if (digit < 128) {
        if (digit === 0 && shift > 0 && this.version === 5) throw badLength(digit, 0)
        if (remaining > this.maximum[bytes[0]! >> 4]!) throw this.#refusal(bytes[0]!, remaining, 0)
        return 1 + i + remaining
      }
      if (shift === 21) throw badLength(digit, 0)
    }
    return INCOMPLETE
  }

  /** Grows with what has arrived, not with what a length field promises. */
  #keep(bytes: Uint8Array, at: number, end: number): void {
    const needed = this.#restLength + end - at
    if (needed > this.#rest.length) {
      const larger = new Uint8Array(Math.max(needed, this.#rest.length * 2, 256))
      larger.set(this.#rest.subarray(0, this.#restLength))
      this.#rest = larger
    }
    this.#rest.set(bytes.subarray(at, end), this.#restLength)
    this.#restLength = needed
  }

  /** Why a packet is not taken. A second CONNECT and a PINGREQ with a body are not worth an answer [MQTT-3.1.0-2]. */
  #refusal(header: number, remaining: number, at: number): ProtocolError {
    const type = header >> 4
    if (this.maximum[type]! < 0) {
      if (type === PacketType.Connect && this.#sender === 'client') return new ProtocolError(0x82, 'second CONNECT', 'MQTT-3.1.0-2', at, false) // [MQTT-3.1.0-2]
      return new ProtocolError(0x82, `packet type ${type} not allowed now`, 'MQTT-4.13.1-1', at)
    }
    if (type === PacketType.Pingreq || type === PacketType.Pingresp) return new ProtocolError(0x81, `PING of ${remaining} bytes`, 'MQTT-4.13.1-1', at, false)
    const clause = this.#sender === 'client' ? 'MQTT-3.2.2-15' : 'MQTT-3.1.2-24' // whose Maximum Packet Size it was [MQTT-3.2.2-15, MQTT-3.1.2-24]
    return new ProtocolError(0x95, `packet type ${type} of ${remaining} bytes: at most ${this.maximum[type]}`, clause, at)
  }
}

/** A fifth byte closes without an answer, a needlessly long form in MQTT 5.0 is malformed [MQTT-1.5.5-1]. */
function badLength(digit: number, at: number): ProtocolError {
  if (digit > 127) return new ProtocolError(0x81, 'Remaining Length of more than four bytes', 'MQTT-1.5.5-1', at, false)
  return new ProtocolError(0x81, 'Remaining Length in more bytes than needed', 'MQTT-1.5.5-1', at)
}

function isZero(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! | bytes[at + 1]!) === 0
}

function zeroId(at: number): ProtocolError {
  return new ProtocolError(0x82, 'PUBLISH with Packet Identifier 0', 'MQTT-2.2.1-3', at) // [MQTT-2.2.1-3]
}

/** Same Topic Name and properties as the run's first packet? Backwards: topics differ at their ends. */
function repeatsHead(run: PublishRun, bytes: Uint8Array, body: number, next: number): boolean {
  const length = run.headLength
  const first = run.bodies[0]!
  const topicEnd = 2 + run.ownTopicLength
  if (next - body < length) return false
  for (let i = length - 1, stop = length - run.propertiesLength; i >= stop; i--) if (bytes[first + i] !== bytes[body + i]) return false
  for (let i = topicEnd - 1; i >= 0; i--) if (bytes[first + i] !== bytes[body + i]) return false
  return true
}

/** Describes PUBLISH packets lying one after another in our own memory (stored ones), as the framer would. They must all have one head. */
export function readRun(run: PublishRun, bytes: Uint8Array, start: number, end: number, version: WireVersion, most: number = Number.POSITIVE_INFINITY): void {
  let at = start
  for (let left = most; at < end && left > 0; left--) {
    let body = at + 1
    let remaining = 0
    let shift = 0
    let digit: number
    do {
      digit = bytes[body++]!
      remaining |= (digit & 127) << shift
      shift += 7
    } while (digit > 127)
    const next = body + remaining
    if (at === start) {
      decodePublishHead(run, bytes, bytes[at]!, body, next, version, null)
      run.begin(bytes, at, body, next)
    } else run.append(body, next)
    at = next
  }
}
