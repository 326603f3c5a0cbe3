// Bytes through a Framer as a connection would feed them, and what came out, copied in time.
// Every chunk lies in memory of its own that is overwritten after the call: whoever keeps a reference is found out.

import { ProtocolError } from '../../src/wire/errors.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { decodePublishHead } from '../../src/wire/mqtt/decode-publish.ts'
import { Framer, type FrameSink } from '../../src/wire/mqtt/framer.ts'
import type { Packet, ProtocolVersion, Publish, Sender } from '../../src/wire/mqtt/packet.ts'
import type { PublishRun } from '../../src/wire/mqtt/publish-run.ts'

export interface Received {
  readonly packets: Packet[]
  /** How many calls brought them: runs and rows count once. */
  readonly calls: number
  readonly error: ProtocolError | null
  /** Bytes that wait for the rest of a packet. */
  readonly kept: number
}

export interface FramingOptions {
  readonly version: ProtocolVersion
  readonly sender: Sender
  /** Largest Remaining Length by type; default: everything. */
  readonly maximum?: Int32Array
}

/** Decodes what the framer hands over, packet by packet. Topic Name and payload of a PUBLISH are those that the run describes. */
export class Recorder implements FrameSink {
  readonly packets: Packet[] = []
  calls = 0
  readonly #version: ProtocolVersion
  readonly #sender: Sender

  constructor(version: ProtocolVersion, sender: Sender) {
    this.#version = version
    this.#sender = sender
  }

  publishes(run: PublishRun): void {
    this.calls++
    const topicName = new TextDecoder('utf-8', { ignoreBOM: true }).decode(run.topicBytes.subarray(run.topicAt, run.topicAt + run.topicLength))
    for (let i = run.from; i < run.to; i++) {
      const body = run.bodies[i]!
      const end = run.starts[i + 1]!
      const packet = decodePacket(run.header, run.bytes, body, end, this.#version, this.#sender) as Publish
      this.packets.push({ ...packet, topicName, payload: run.bytes.slice(body + run.headLength, end) })
    }
  }

  acknowledgements(header: number, bytes: Uint8Array, at: number, count: number): void {
    this.calls++
    for (let i = 0; i < count; i++) this.packets.push(decodePacket(header, bytes, at + i * 4 + 2, at + i * 4 + 4, this.#version, this.#sender))
  }

  packet(header: number, bytes: Uint8Array, at: number, end: number): void {
    this.calls++
    this.packets.push(decodePacket(header, bytes, at, end, this.#version, this.#sender))
  }
}

export function receive(chunks: readonly Uint8Array[], options: FramingOptions): Received {
  const framer = new Framer(options.maximum ?? new Int32Array(16).fill(268_435_455), decodePublishHead, options.sender)
  framer.version = options.version === 5 ? 5 : 4
  const recorder = new Recorder(options.version, options.sender)
  let error: ProtocolError | null = null
  for (const chunk of chunks) {
    const buffer = new Uint8Array(chunk.length + 7).fill(0x5a)
    buffer.set(chunk, 3)
    try {
      framer.feed(buffer, 3, 3 + chunk.length, recorder)
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError) || error !== null) throw thrown
      error = thrown
    }
    buffer.fill(0xff)
  }
  return { packets: recorder.packets, calls: recorder.calls, error, kept: framer.kept }
}

/** The verdict on one packet, fixed header and all: the packet, or the fault. */
export function judge(bytes: Uint8Array, version: ProtocolVersion, sender: Sender): Packet | ProtocolError {
  const { packets, error, kept } = receive([bytes], { version, sender })
  if (error !== null) return error
  if (packets.length !== 1 || kept !== 0) throw new Error(`${packets.length} packets and ${kept} bytes kept: give exactly one packet`)
  return packets[0]!
}

/** Cuts at these places. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length))
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Hexadecimal digits with blanks anywhere, and 'text' in quotes. */
export function fromHex(source: string): Uint8Array {
  const out: number[] = []
  for (const [part, quoted] of source.matchAll(/'([^']*)'|[0-9a-fA-F]{2}/g)) {
    if (quoted === undefined) out.push(Number.parseInt(part, 16))
    else for (const character of quoted) out.push(character.charCodeAt(0))
  }
  return Uint8Array.from(out)
}

/** For comparing many packets at once: binary values as hexadecimal digits. */
export function described(packets: readonly Packet[]): string[] {
  return packets.map((packet) => JSON.stringify(packet, (_, value) => (value instanceof Uint8Array ? hex(value) : value)))
}
