// A publisher: copies its template into the output as often as windows, pace and back-pressure allow.
// No object per message. Whom it answers to: MessageStream (readers), Pacer (rate), BenchConnection (acknowledgements, drained).

import type { OutputBuffer } from '../../base/output-buffer.ts'
import type { MessageStream } from './message-stream.ts'
import { type PublishTemplate, writeUint32 } from './publish-template.ts'
import { microseconds, type Tally } from './tally.ts'

/** Bytes that may wait for the socket: the next piece is written when this one is out. */
const PIECE = 65536

/** What a publish waits for: PUBACK or PUBREC, then, with QoS 2, PUBCOMP. */
const Awaits = { Nothing: 0, Acknowledgement: 1, Completion: 2 } as const

export interface SenderOptions {
  /** Messages to send; Infinity = until stopped. */
  readonly count: number
  /** QoS 1 and 2: publishes without their last acknowledgement. */
  readonly inflight: number
  /** Sends only what `allow` lets it. */
  readonly paced: boolean
  /** When message `sequence` of a paced sender is due, in microseconds as `microseconds` has them. */
  readonly dueAt: (sequence: number) => number
  /** Calls `pump` again in the next turn. */
  readonly again: (sender: Sender) => void
}

export class Sender {
  readonly stream: MessageStream
  readonly #template: PublishTemplate
  readonly #tally: Tally
  readonly #options: SenderOptions
  #output: OutputBuffer | null = null
  #isRunning = false
  #allowed: number
  /** A paced message was late because of the other side: from then on waiting counts as latency. */
  #held = false
  /** Packet Identifiers to use next, a ring: they are used in turn, so that a late acknowledgement is never taken for another one. */
  readonly #freeIds: Uint16Array
  #firstFree = 0
  #freeCount: number
  #window: number
  readonly #states: Uint8Array
  readonly #sentAt: Uint32Array

  constructor(template: PublishTemplate, stream: MessageStream, tally: Tally, options: SenderOptions) {
    this.#template = template
    this.stream = stream
    this.#tally = tally
    this.#options = options
    this.#allowed = options.paced ? 0 : Number.POSITIVE_INFINITY
    const inflight = template.idAt < 0 ? 0 : options.inflight
    this.#freeIds = Uint16Array.from({ length: inflight }, (_, i) => i + 1)
    this.#freeCount = this.#window = inflight
    this.#states = new Uint8Array(inflight + 1)
    this.#sentAt = new Uint32Array(inflight + 1)
    stream.onRoom = () => this.pump()
  }

  /** Bytes of each packet. */
  get packetSize(): number {
    return this.#template.bytes.length
  }

  /** Publishes on their way to the last acknowledgement. */
  get unacknowledged(): number {
    return this.#window - this.#freeCount
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** `receiveMaximum`: what the server takes at once [MQTT-3.3.4-9]. */
  start(output: OutputBuffer, receiveMaximum: number): void {
    this.#output = output
    this.#isRunning = true
    if (this.#window > receiveMaximum) this.#window = this.#freeCount = receiveMaximum
    this.pump()
  }

  /** Sends no new message; acknowledgements go on. */
  stop(): void {
    this.#isRunning = false
  }

  /** The connection is gone: nothing will be acknowledged any more. */
  abandon(): void {
    this.#isRunning = false
    this.#output = null
  }

  /** One message more is due. */
  allow(): void {
    this.#allowed++
  }

  /** Writes as much as may be written now. */
  pump(): void {
    const output = this.#output
    if (output === null || !this.#isRunning) return
    const { stream } = this
    const size = this.#template.bytes.length
    const left = this.#options.count - stream.sent
    const wanted = Math.min(this.#allowed, left)
    let most = Math.min(wanted, stream.room)
    if (this.#template.idAt >= 0) most = Math.min(most, this.#freeCount)
    const fits = output.length >= PIECE ? 0 : Math.max(1, Math.floor((PIECE - output.length) / size))
    const now = Math.min(most, fits)
    if (now > 0) this.#write(output, now)
    this.#held = this.#options.paced && now < wanted
    if (most > now && !output.blocked) this.#options.again(this)
    if (stream.sent >= this.#options.count || stream.isAbandoned) this.#isRunning = false
  }

  /** A row of PUBACK, PUBREC or PUBCOMP. Returns what is wrong with it; null = nothing. */
  acknowledged(header: number, bytes: Uint8Array, at: number, count: number): string | null {
    const isRec = header === 0x50
    const expected = header === 0x70 ? Awaits.Completion : Awaits.Acknowledgement
    const isQos2 = (this.#template.bytes[0]! & 4) !== 0
    const now = microseconds()
    const states = this.#states
    const output = this.#output
    if (output === null) return null
    let pubrel = isRec ? output.reserve(count * 4) : 0
    for (const end = at + count * 4; at < end; at += 4) {
      const packetId = (bytes[at + 2]! << 8) | bytes[at + 3]!
      if (packetId >= states.length || states[packetId] !== expected || isQos2 === (header === 0x40)) {
        return `acknowledgement of type ${header >> 4} for Packet Identifier ${packetId}, which does not await it`
      }
      if (isRec) {
        states[packetId] = Awaits.Completion
        output.bytes[pubrel++] = 0x62
        output.bytes[pubrel++] = 2
        output.bytes[pubrel++] = bytes[at + 2]!
        output.bytes[pubrel++] = bytes[at + 3]!
      } else this.#complete(packetId, now)
    }
    if (isRec) output.settle()
    else this.pump()
    return null
  }

  /** One acknowledgement with a Reason Code of its own. */
  answered(header: number, bytes: Uint8Array, at: number, reasonCode: number): string | null {
    if (reasonCode < 0x80) return this.acknowledged(header, bytes, at, 1)
    const packetId = (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (packetId >= this.#states.length || this.#states[packetId] === Awaits.Nothing) return `refusal of Packet Identifier ${packetId}, which was not sent`
    this.#tally.refused++
    this.#complete(packetId, microseconds())
    this.pump()
    return null
  }

  #complete(packetId: number, now: number): void {
    const ring = this.#freeIds
    this.#states[packetId] = Awaits.Nothing
    ring[(this.#firstFree + this.#freeCount++) % ring.length] = packetId
    this.#tally.acknowledged++
    this.#tally.acknowledgeTime.record((now - this.#sentAt[packetId]!) >>> 0)
  }

  #write(output: OutputBuffer, count: number): void {
    const { bytes: packet, stampAt, idAt } = this.#template
    const size = packet.length
    const total = count * size
    const now = microseconds()
    const { stream } = this
    let sequence = stream.sent
    if (stampAt >= 0) writeUint32(packet, stampAt + 12, now)
    const start = output.reserve(total)
    const bytes = output.bytes
    bytes.set(packet, start)
    for (let done = size; done < total; done += done) bytes.copyWithin(start + done, start, start + Math.min(done, total - done))
    for (let at = start, end = start + total; at < end; at += size, sequence++) {
      if (stampAt >= 0) {
        writeUint32(bytes, at + stampAt + 8, sequence)
        if (this.#held) writeUint32(bytes, at + stampAt + 12, this.#options.dueAt(sequence))
      }
      if (idAt < 0) continue
      const packetId = this.#freeIds[this.#firstFree]!
      if (++this.#firstFree === this.#freeIds.length) this.#firstFree = 0
      this.#freeCount--
      this.#states[packetId] = Awaits.Acknowledgement
      this.#sentAt[packetId] = this.#held ? this.#options.dueAt(sequence) : now
      bytes[at + idAt] = packetId >> 8
      bytes[at + idAt + 1] = packetId & 255
    }
    stream.sent += count
    this.#allowed -= count
    this.#tally.sent += count
    this.#tally.sentBytes += total
    this.#tally.traffic(performance.now())
    output.settle()
  }
}
