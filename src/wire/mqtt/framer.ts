// Bytes of a connection → runs of PUBLISH, rows of acknowledgements, other packets. Reads in place, never joins chunks.
// Neighbours: net gives the shared receive buffer, session/server-connection is the sink.

import { ProtocolError } from '../errors.ts'
import { decodePublishHead } from './decode-publish.ts'
import { PublishRun, type WireVersion } from './publish-run.ts'

export interface FrameSink {
  /** Packets with one head. The run and its bytes are void after the call. */
  publishes(run: PublishRun): void
  /** `count` PUBACK, PUBREC, PUBREL or PUBCOMP of four bytes each, from `at`, all with this first byte. */
  acknowledgements(header: number, bytes: Uint8Array, at: number, count: number): void
  /** Any other packet: its body is bytes[at, end). */
  packet(header: number, bytes: Uint8Array, at: number, end: number): void
}

const INCOMPLETE = -1

export class Framer {
  /** Set once CONNECT has told it. */
  version: WireVersion = 4
  /** Largest Remaining Length accepted, by packet type; 0 forbids all but empty ones. */
  maximum: Int32Array
  readonly #run = new PublishRun()
  #rest: Uint8Array = new Uint8Array(0)
  #restLength = 0
  #stopped = false
  #held = false

  constructor(maximum: Int32Array) {
    this.maximum = maximum
  }

  /** Ignores everything from here on: the connection ends. */
  stop(): void {
    this.#stopped = true
  }

  /** Keeps everything after the packet being handled until `release`: an answer (authentication) is being waited for. */
  hold(): void {
    this.#held = true
  }

  /** Handles what was kept by `hold`. */
  release(sink: FrameSink): void {
    if (!this.#held) return
    this.#held = false
    const kept = this.#rest, length = this.#restLength
    this.#rest = new Uint8Array(0)
    this.#restLength = 0
    if (length > 0) this.feed(kept, 0, length, sink)
  }

  /** Bytes kept: of a split packet, or by `hold`. */
  get kept(): number {
    return this.#restLength
  }

  /** Takes bytes[start, end). Throws ProtocolError, after handing over all packets before the fault. */
  feed(bytes: Uint8Array, start: number, end: number, sink: FrameSink): void {
    let at = start
    if (this.#stopped) return
    if (this.#held) {
      this.#keep(bytes, start, end)
      return
    }
    if (this.#restLength > 0) {
      at = this.#complete(bytes, start, end)
      if (at === INCOMPLETE) return
      const length = this.#restLength
      this.#restLength = 0
      this.#scan(this.#rest, 0, length, sink)
      if (this.#rest.length > 65536) this.#rest = new Uint8Array(0)
      if (this.#held) {
        this.#keep(bytes, at, end)
        return
      }
    }
    at = this.#scan(bytes, at, end, sink)
    if (at < end && !this.#stopped) this.#keep(bytes, at, end)
  }

  /** Scans whole packets from `at`; returns where the first incomplete one begins. */
  #scan(bytes: Uint8Array, start: number, end: number, sink: FrameSink): number {
    const run = this.#run
    let at = start, open = false
    while (end - at >= 2 && !this.#stopped && !this.#held) {
      const header = bytes[at]!
      let body = at + 2, remaining = bytes[at + 1]!
      if (remaining > 127) {
        remaining &= 127
        let shift = 7, digit = 128
        while (digit > 127 && body < end && shift < 28) {
          digit = bytes[body++]!
          remaining |= (digit & 127) << shift
          shift += 7
        }
        if (digit > 127) {
          if (shift < 28) break
          if (open) sink.publishes(run)
          throw new ProtocolError(0x81, 'Remaining Length of more than four bytes', 'MQTT-1.5.5-1')
        }
      }
      if (remaining > this.maximum[header >> 4]!) {
        if (open) sink.publishes(run)
        throw new ProtocolError(this.maximum[header >> 4]! < 0 ? 0x82 : 0x95, `packet type ${header >> 4} of ${remaining} bytes`)
      }
      const next = body + remaining
      if (next > end) break
      if ((header & 0xf0) === 0x30) {
        if (open && header === run.header && repeatsHead(run, bytes, body, next)) run.append(body, next)
        else {
          if (open) {
            open = false
            sink.publishes(run)
            if (this.#stopped) return end
          }
          decodePublishHead(run, bytes, header, body, next, this.version)
          run.begin(bytes, at, body, next)
          open = true
        }
        at = next
        continue
      }
      if (open) {
        open = false
        sink.publishes(run)
        if (this.#stopped) return end
      }
      if (remaining === 2 && (header === 0x40 || header === 0x50 || header === 0x62 || header === 0x70)) {
        let stop = next
        while (end - stop >= 4 && bytes[stop] === header && bytes[stop + 1] === 2) stop += 4
        sink.acknowledgements(header, bytes, at, (stop - at) >> 2)
        at = stop
      } else {
        sink.packet(header, bytes, body, next)
        at = next
      }
    }
    if (open) sink.publishes(run)
    return at
  }

  /** Completes the one packet that began in an earlier chunk; returns where the next one begins. */
  #complete(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    for (;;) {
      const size = packetSize(this.#rest, this.#restLength, this.maximum)
      if (size === this.#restLength) return at
      if (at === end) return INCOMPLETE
      const take = size === INCOMPLETE ? 1 : Math.min(size - this.#restLength, end - at)
      this.#keep(bytes, at, at + take)
      at += take
    }
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
}

function packetSize(bytes: Uint8Array, length: number, maximum: Int32Array): number {
  let remaining = 0
  for (let i = 1, shift = 0; i < length; i++, shift += 7) {
    const digit = bytes[i]!
    remaining |= (digit & 127) << shift
    if (digit < 128) {
      if (remaining > maximum[bytes[0]! >> 4]!) throw new ProtocolError(0x95, `packet type ${bytes[0]! >> 4} of ${remaining} bytes`)
      return 1 + i + remaining
    }
    if (shift === 21) throw new ProtocolError(0x81, 'Remaining Length of more than four bytes', 'MQTT-1.5.5-1')
  }
  return INCOMPLETE
}

/** Same Topic Name and properties as the run's first packet? Backwards: topics differ at their ends. */
function repeatsHead(run: PublishRun, bytes: Uint8Array, body: number, next: number): boolean {
  const length = run.headLength, first = run.bodies[0]!, topicEnd = 2 + run.ownTopicLength
  if (next - body < length) return false
  for (let i = length - 1, stop = length - run.propertiesLength; i >= stop; i--) if (bytes[first + i] !== bytes[body + i]) return false
  for (let i = topicEnd - 1; i >= 0; i--) if (bytes[first + i] !== bytes[body + i]) return false
  return true
}

/** Describes PUBLISH packets lying one after another in memory (stored ones), as the framer would. */
export function readRun(run: PublishRun, bytes: Uint8Array, start: number, end: number, version: WireVersion): void {
  let at = start
  while (at < end) {
    let body = at + 1, remaining = 0, shift = 0, digit: number
    do {
      digit = bytes[body++]!
      remaining |= (digit & 127) << shift
      shift += 7
    } while (digit > 127)
    const next = body + remaining
    if (at === start) {
      decodePublishHead(run, bytes, bytes[at]!, body, next, version)
      run.begin(bytes, at, body, next)
    } else run.append(body, next)
    at = next
  }
}
