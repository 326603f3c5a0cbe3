// Sending side of QoS 1 and 2: window, Packet Identifiers, acknowledgements, resend. Belongs to the session.
// Identifiers follow the message number, so the window is a ring and an identifier's place in it is a subtraction.

import type { OutputBuffer } from '../base/output-buffer.ts'
import type { Slab, SlabStore } from '../base/slab.ts'
import { ProtocolError } from '../wire/errors.ts'
import { aged } from '../wire/mqtt/aged-run.ts'
import { encodeRun } from '../wire/mqtt/encode-publish.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import { PublishRun, payloadBytesOf, type WireVersion } from '../wire/mqtt/publish-run.ts'
import { storedTopicName } from './stored-topic.ts'
import { AWAITED, type UnfinishedMessage } from './unfinished-message.ts'

/** What a message waits for: the lower two bits. LAYOUT_5 says that its kept bytes are laid out for 5.0. */
const State = { Done: 0, AwaitingPuback: 1, AwaitingPubrec: 2, AwaitingPubcomp: 3 } as const
const LAYOUT_5 = 4
/** Its PUBREL went out again on this connection: it takes nothing of the window. */
const RELEASED_AGAIN = 8
/** Identifiers 1..65535, and one may not be reused while its predecessor in the ring is unfinished. */
const WIDEST = 65534
const PUBREC = 0x50

/** What becomes of messages, for whoever stores them; by their numbers. */
export interface MessageMarks {
  /** Acknowledged, or given up. */
  done(first: number, count: number): void
  /** Their PUBRECs have come; PUBREL is written next. */
  received(first: number, count: number): void
}

const NO_STATES = new Uint8Array(0)
const NO_PLACES = new Int32Array(0)
/** Of those who keep none: never written to. */
const NOTHING_KEPT: (Slab | null)[] = []

export class OutgoingPublishes {
  /** The client's Receive Maximum and max_inflight_messages, whichever is less. */
  quota = 0
  /** Messages sent and not finished; after a reconnect also those not sent again yet. */
  unfinished = 0
  /** Null when nobody stores them. */
  marks: MessageMarks | null = null
  /** Payload bytes of unfinished messages from which on nothing more is sent (max_inflight_bytes); 0 = no limit. */
  readonly #maximumBytes: number
  #bytes = 0
  /** Payload bytes by ring slot; null without a limit. */
  #sizes: Int32Array | null
  /** Null when the session ends with its connection: then nothing is ever resent and no bytes are kept. */
  readonly #slabs: SlabStore | null
  #states: Uint8Array = NO_STATES
  #keptIn: (Slab | null)[] = NOTHING_KEPT
  #keptAt: Int32Array = NO_PLACES
  /** Clock time at which a kept message expires, by ring slot; made when the first one with a Message Expiry Interval is kept. */
  #keptUntil: Float64Array | null = null
  /** Ring slot and identifier of the oldest unfinished message; slots in use from there. */
  #head = 0
  #headId = 1
  /** Its number: those of stored sessions count from 1 on, and the identifier follows from the number. */
  #headNumber = 1
  #span = 0
  /** Neighbours that were acknowledged in the same way and not told yet. */
  #markedFirst = 0
  #marked = 0
  /** Unfinished messages of an earlier connection: those from this place of the ring on, `#resendEnd` excluded, are still to be sent again. */
  #resendAt = 0
  #resendEnd = 0

  constructor(slabs: SlabStore | null, maximumBytes = 0) {
    this.#slabs = slabs
    this.#maximumBytes = maximumBytes
    this.#sizes = maximumBytes === 0 ? null : NO_PLACES
  }

  /** Whether bytes are kept for a resend. */
  get keeps(): boolean {
    return this.#slabs !== null
  }

  /** How many messages may be sent now [MQTT-3.3.4-9]. */
  get room(): number {
    return this.roomFrom(this.#headNumber + this.#span)
  }

  /** The same when the next message has this number. */
  roomFrom(number: number): number {
    if (this.#resendAt < this.#resendEnd) return 0
    const width = WIDEST - (this.#span === 0 ? 0 : number - this.#headNumber)
    // the next one may exceed the limit, as in Mosquitto: only after it is known how many bytes are left
    if (this.#sizes !== null) return this.#bytes < this.#maximumBytes ? Math.min(this.quota - this.unfinished, width, 1) : 0
    return Math.min(this.quota - this.unfinished, width)
  }

  /** The next message has this number: those before it that were not sent never will be, and their identifiers are left out. There must be room. */
  skipTo(number: number): void {
    const skipped = number - this.#headNumber - this.#span
    if (skipped <= 0) return
    if (this.#span === 0) {
      this.#headNumber = number
      this.#headId = ((number - 1) % 65535) + 1
      return
    }
    while (this.#span + skipped > this.#states.length) this.#grow()
    const mask = this.#states.length - 1
    for (let i = 0; i < skipped; i++) this.#states[(this.#head + this.#span + i) & mask] = State.Done
    this.#span += skipped
  }

  /**
   * A message that was sent before the broker's restart, in the order of the numbers: as a run of one in the shape to be kept, stored in a slab;
   * null when its PUBREC has come. `expires` is clock time.
   */
  restore(number: number, kept: PublishRun | null, expires: number): void {
    this.skipTo(number)
    while (this.#span + 1 > this.#states.length) this.#grow()
    const slot = (this.#head + this.#span) & (this.#states.length - 1)
    if (kept === null) this.#states[slot] = State.AwaitingPubcomp
    else {
      this.#states[slot] = kept.qos | (kept.version === 5 ? LAYOUT_5 : 0)
      this.#keep(kept, kept.from, kept.to, expires - kept.expiry * 1000)
      if (this.#sizes !== null) this.#weigh(this.#sizes, kept, kept.from, kept.to)
    }
    this.#span++
    this.unfinished++
  }

  /** The identifier that the next message gets. */
  get nextId(): number {
    const id = this.#headId + this.#span
    return id > 65535 ? id - 65535 : id
  }

  /**
   * Sends packets [from, to) of a QoS 1 or 2 run, at most `room`. When this keeps, `kept` is the same packets in the shape to be
   * kept, stored in a slab: packet i of the run is packet i + keptShift of it.
   */
  send(run: PublishRun, from: number, to: number, output: OutputBuffer, kept: PublishRun, keptShift: number, now: number): void {
    const count = to - from
    const start = run.starts[from]!
    const whole = from === run.from && to === run.to
    while (this.#span + count > this.#states.length) this.#grow()
    const at = output.appendPatchable(run.bytes, start, run.starts[to]!, whole ? run : null)
    const out = output.bytes
    const bodies = run.bodies
    const states = this.#states
    const mask = states.length - 1
    const shift = at - start + run.idAt
    const state = run.qos | (kept.version === 5 ? LAYOUT_5 : 0)
    let id = this.nextId
    let slot = (this.#head + this.#span) & mask
    for (let i = from; i < to; i++) {
      const place = bodies[i]! + shift
      out[place] = id >> 8
      out[place + 1] = id & 255
      states[slot] = state
      slot = (slot + 1) & mask
      id = id === 65535 ? 1 : id + 1
    }
    if (this.#slabs !== null) this.#keep(kept, from + keptShift, to + keptShift, now)
    if (this.#sizes !== null) this.#weigh(this.#sizes, run, from, to)
    this.#span += count
    this.unfinished += count
    output.settle()
  }

  /**
   * PUBACK, PUBREC or PUBCOMP, four bytes each; answers PUBREC with PUBREL [MQTT-4.3.3-4]. True when quota came back.
   * @throws ProtocolError for one that the message cannot have, after those before it.
   */
  acknowledged(header: number, bytes: Uint8Array, at: number, count: number, output: OutputBuffer): boolean {
    const before = this.unfinished
    for (let i = 0; i < count; i++) {
      const place = at + i * 4 + 2
      this.#take(header, (bytes[place]! << 8) | bytes[place + 1]!)
    }
    if (this.#marked > 0) this.#tell(header)
    if (header === PUBREC) {
      const to = output.reserve(count * 4)
      const out = output.bytes
      for (let i = 0; i < count * 4; i += 4) {
        out[to + i] = 0x62
        out[to + i + 1] = 2
        out[to + i + 2] = bytes[at + i + 2]!
        out[to + i + 3] = bytes[at + i + 3]!
      }
      output.settle()
    }
    return this.unfinished < before
  }

  /** PUBACK or PUBREC with a Reason Code of 0x80 or more: ends the flow, the identifier is free [MQTT-4.4.0-2]. */
  refused(header: number, packetId: number): void {
    this.#take(header, packetId)
    this.#marked = header === PUBREC ? 0 : this.#marked
    if (header === PUBREC) this.#step(0x70, packetId)
    if (this.#marked > 0) this.#tell(0x70)
  }

  /** After a reconnect with session present: what is unfinished is to be sent again, in its order [MQTT-4.4.0-1]. */
  restart(): void {
    this.#resendAt = 0
    this.#resendEnd = this.#span
    for (let i = 0; i < this.#states.length; i++) this.#states[i]! &= ~RELEASED_AGAIN
  }

  /**
   * Sends again what `restart` marked: PUBLISH with DUP and its old identifier, at most `quota` at a time; PUBREL for those past PUBREC,
   * which waits for no window [MQTT-3.3.4-10]. Packets too large for the client count as delivered [MQTT-3.1.2-25]. `allows`, unless null,
   * says whether the client may still read a topic; what it may not is withdrawn.
   */
  resend(output: OutputBuffer, version: WireVersion, maximumPacketSize: number, now: number, allows: ((topicName: string) => boolean) | null = null): void {
    if (this.#resendAt === this.#resendEnd) return
    const mask = this.#states.length - 1
    let active = 0
    let windowIsOpen = true
    for (let i = 0; i < this.#resendAt; i++) if (isAwaited(this.#states[(this.#head + i) & mask]!)) active++
    for (let i = this.#resendAt; i < this.#resendEnd && !output.full; i++) {
      const slot = (this.#head + i) & mask
      const state = this.#states[slot]!
      const id = wrap(this.#headId + i)
      if ((state & 3) === State.AwaitingPubcomp && (state & RELEASED_AGAIN) === 0) {
        this.#states[slot] = state | RELEASED_AGAIN
        const at = output.reserve(4)
        output.bytes.set([0x62, 2, id >> 8, id & 255], at)
      } else if (isAwaited(state)) {
        if (active >= this.quota) windowIsOpen = false
        if (!windowIsOpen) continue
        if (allows !== null && !allows(storedTopicName(this.#keptIn[slot]!.bytes, this.#keptAt[slot]!))) {
          this.#withdraw(slot, id, this.#headNumber + i, output)
          this.#resendAt = i + 1
          continue
        }
        active++
        if (!this.#resendPublish(slot, id, output, version, maximumPacketSize, now)) this.marks?.done(this.#headNumber + i, 1)
      }
      if (windowIsOpen) this.#resendAt = i + 1
    }
    this.#advance()
    output.settle()
  }

  /** What is sent and not finished, the oldest first, `most` at most: to look at. */
  unfinishedMessages(most: number): UnfinishedMessage[] {
    const found: UnfinishedMessage[] = []
    for (let i = 0; i < this.#span && found.length < most; i++) {
      const slot = (this.#head + i) & (this.#states.length - 1)
      const awaits = AWAITED[this.#states[slot]! & 3]!
      const slab = this.#keptIn[slot] ?? null
      if (awaits !== null)
        found.push({ packetId: wrap(this.#headId + i), awaits, topic: slab === null ? null : storedTopicName(slab.bytes, this.#keptAt[slot]!) })
    }
    return found
  }

  /** The session ends: gives all kept bytes back. */
  clear(): void {
    for (let i = 0; i < this.#states.length; i++) this.#release(i)
    this.#states = NO_STATES
    this.#keptIn = NOTHING_KEPT
    this.#keptAt = NO_PLACES
    this.#keptUntil = null
    this.#sizes = this.#sizes === null ? null : NO_PLACES
    this.#head = this.#span = this.unfinished = this.#bytes = this.#resendAt = this.#resendEnd = 0
    this.#headId = 1
  }

  /** False when it is too large for the client. */
  #resendPublish(slot: number, id: number, output: OutputBuffer, version: WireVersion, maximumPacketSize: number, now: number): boolean {
    const { bytes } = this.#keptIn[slot]!
    const start = this.#keptAt[slot]!
    let run = new PublishRun()
    const layout = (this.#states[slot]! & LAYOUT_5) === 0 ? 4 : 5
    readRun(run, bytes, start, packetEnd(bytes, start), layout)
    if (layout !== version) {
      const other = new PublishRun()
      encodeRun(other, run, { version, qos: run.qos, retain: run.header & 1, identifiers: null, alias: 0, omitTopic: false, strip: 0 })
      run = other
    }
    if (run.largest > maximumPacketSize) {
      this.#finish(slot)
      return false
    }
    // it has expired for nobody who was sent it once; what is left is told [MQTT-3.3.2-6]
    if (run.expiry >= 0) run = aged(run, Math.max(1, Math.ceil((this.#keptUntil![slot]! - now) / 1000)))
    const at = output.appendPatchable(run.bytes, run.start, run.end, null)
    const place = at + run.bodies[0]! - run.start + run.idAt
    output.bytes[at]! |= 8 // DUP [MQTT-3.3.1-1]
    output.bytes[place] = id >> 8
    output.bytes[place + 1] = id & 255
    return true
  }

  #take(header: number, packetId: number): void {
    if (this.#step(header, packetId)) return
    if (this.#marked > 0) this.#tell(header)
    throw new ProtocolError(0x82, `packet type ${header >> 4} acknowledges a message that awaits another`, 'MQTT-4.13.1-1')
  }

  /** False when it is not what the message awaits. One for a message that is finished or unknown means nothing. */
  #step(header: number, packetId: number): boolean {
    let offset = packetId - this.#headId
    if (offset < 0) offset += 65535
    if (offset >= this.#span) return true
    const mask = this.#states.length - 1
    const slot = (this.#head + offset) & mask
    const state = this.#states[slot]! & 3
    if (state === State.Done) return true
    if (header === PUBREC) {
      if (state !== State.AwaitingPubrec) return state === State.AwaitingPubcomp
      this.#states[slot] = State.AwaitingPubcomp
      this.#release(slot)
      if (this.marks !== null) this.#mark(header, this.#headNumber + offset)
      return true
    }
    if (state !== (header === 0x40 ? State.AwaitingPuback : State.AwaitingPubcomp)) return false
    if (this.marks !== null) this.#mark(header, this.#headNumber + offset)
    this.#finish(slot)
    this.#advance()
    return true
  }

  #mark(header: number, number: number): void {
    if (this.#marked > 0 && number !== this.#markedFirst + this.#marked) this.#tell(header)
    if (this.#marked++ === 0) this.#markedFirst = number
  }

  #tell(header: number): void {
    const count = this.#marked
    this.#marked = 0
    if (header === PUBREC) this.marks?.received(this.#markedFirst, count)
    else this.marks?.done(this.#markedFirst, count)
  }

  #finish(slot: number): void {
    this.#states[slot] = State.Done
    this.#release(slot)
    this.unfinished--
    if (this.#sizes === null) return
    this.#bytes -= this.#sizes[slot]!
    this.#sizes[slot] = 0
  }

  /** Never sent again. The client may have a QoS 2 message already and wait for its PUBREL: it gets that, and the identifier is free on both sides. */
  #withdraw(slot: number, id: number, number: number, output: OutputBuffer): void {
    if ((this.#states[slot]! & 3) === State.AwaitingPuback) {
      this.#finish(slot)
      this.marks?.done(number, 1)
      return
    }
    this.marks?.received(number, 1)
    this.#states[slot] = State.AwaitingPubcomp | RELEASED_AGAIN
    this.#release(slot)
    const at = output.reserve(4)
    output.bytes.set([0x62, 2, id >> 8, id & 255], at)
  }

  /** Notes the payload sizes of packets that are about to take the next slots. */
  #weigh(sizes: Int32Array, run: PublishRun, from: number, to: number): void {
    const mask = this.#states.length - 1
    for (let i = from; i < to; i++) {
      const size = payloadBytesOf(run, i, i + 1)
      sizes[(this.#head + this.#span + i - from) & mask] = size
      this.#bytes += size
    }
  }

  /** The oldest unfinished message becomes the head. */
  #advance(): void {
    const mask = this.#states.length - 1
    while (this.#span > 0 && (this.#states[this.#head]! & 3) === State.Done) {
      this.#head = (this.#head + 1) & mask
      this.#headId = this.#headId === 65535 ? 1 : this.#headId + 1
      this.#headNumber++
      this.#span--
      if (this.#resendAt > 0) this.#resendAt--
      if (this.#resendEnd > 0) this.#resendEnd--
    }
  }

  #keep(run: PublishRun, from: number, to: number, now: number): void {
    const slab = run.slab!
    const mask = this.#states.length - 1
    if (run.expiry >= 0) {
      this.#keptUntil ??= new Float64Array(this.#states.length)
      for (let i = from; i < to; i++) this.#keptUntil[(this.#head + this.#span + i - from) & mask] = now + run.expiry * 1000
    }
    for (let i = from; i < to; i++) {
      const slot = (this.#head + this.#span + i - from) & mask
      this.#keptIn[slot] = slab
      this.#keptAt[slot] = run.starts[i]! + run.slabShift
    }
    this.#slabs!.hold(slab, to - from)
  }

  #release(slot: number): void {
    if (this.#slabs === null) return
    const slab = this.#keptIn[slot] ?? null
    if (slab === null) return
    this.#keptIn[slot] = null
    this.#slabs.release(slab, 1)
  }

  #grow(): void {
    const size = this.#states.length
    const mask = size - 1
    const larger = Math.max(16, size * 2)
    const states = new Uint8Array(larger)
    const keptIn: (Slab | null)[] = []
    const keptAt = this.#slabs === null ? NO_PLACES : new Int32Array(larger)
    const keptUntil = this.#keptUntil === null ? null : new Float64Array(larger)
    const sizes = this.#sizes === null ? null : new Int32Array(larger)
    for (let i = 0; i < this.#span; i++) {
      const slot = (this.#head + i) & mask
      states[i] = this.#states[slot]!
      if (sizes !== null) sizes[i] = this.#sizes![slot]!
      if (this.#slabs === null) continue
      keptIn[i] = this.#keptIn[slot] ?? null
      keptAt[i] = this.#keptAt[slot]!
      if (keptUntil !== null) keptUntil[i] = this.#keptUntil![slot]!
    }
    this.#keptUntil = keptUntil
    this.#sizes = sizes
    this.#head = 0
    this.#states = states
    this.#keptIn = keptIn
    this.#keptAt = keptAt
  }
}

/** Sent and not acknowledged on this connection. */
function isAwaited(state: number): boolean {
  return (state & 3) !== State.Done && (state & RELEASED_AGAIN) === 0
}

function wrap(id: number): number {
  return id > 65535 ? id - 65535 : id
}

/** End of the packet that begins at `start`. */
function packetEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  let remaining = 0
  for (let shift = 0; ; shift += 7) {
    const digit = bytes[at++]!
    remaining |= (digit & 127) << shift
    if (digit < 128) return at + remaining
  }
}
