// The messages one session waits for, by their numbers: nine bytes each, in a ring over the numbers from the oldest to the newest.
// A message is a packet of a record; what is in it stays in the journal.

import type { Qos } from '../wire/mqtt/packet.ts'

const RECEIVED = 8
const HAS_IDENTIFIERS = 16
/** Rings up to this size stay when their queue is empty. */
const KEPT = 64
const NOTHING = new Int32Array(0)

/** A message as the queue knows it. */
export interface WaitingMessage {
  readonly number: number
  /** Slot of its record, and which packet of it. */
  readonly slot: number
  readonly packet: number
  readonly qos: Qos
  readonly retain: 0 | 1
  readonly received: boolean
  readonly identifiers: readonly number[] | null
}

export class MessageQueue {
  /** Messages waiting. */
  count = 0
  /** Numbers [first, end) may have messages. */
  first = 0
  end = 0
  #slots: Int32Array = NOTHING
  #packets: Int32Array = NOTHING
  #flags: Uint8Array = new Uint8Array(0)
  #identifiers: Map<number, readonly number[]> | null = null

  /** Puts a message in; returns the slot of what had this number before, else -1. */
  set(number: number, slot: number, packet: number, qos: Qos, retain: 0 | 1, received: boolean, identifiers: readonly number[] | null): number {
    if (this.count === 0) this.first = this.end = number
    const first = Math.min(this.first, number)
    const end = Math.max(this.end, number + 1)
    if (end - first > this.#slots.length) this.#grow(first, end)
    this.first = first
    this.end = end
    const at = number & (this.#slots.length - 1)
    const before = this.#slots[at]! - 1
    if (before === -1) this.count++
    this.#slots[at] = slot + 1
    this.#packets[at] = packet
    this.#flags[at] = qos | (retain << 2) | (received ? RECEIVED : 0) | (identifiers === null ? 0 : HAS_IDENTIFIERS)
    if (identifiers !== null) this.#setIdentifiers(number, identifiers)
    else if (before !== -1) this.#identifiers?.delete(number)
    return before
  }

  /** Takes a message out; returns its slot, -1 when there is none of this number. */
  delete(number: number): number {
    const slot = this.slot(number)
    if (slot === -1) return -1
    const at = number & (this.#slots.length - 1)
    this.#slots[at] = 0
    if ((this.#flags[at]! & HAS_IDENTIFIERS) !== 0) this.#identifiers!.delete(number)
    this.count--
    if (this.count === 0) {
      if (this.#slots.length <= KEPT) return slot
      this.#slots = this.#packets = NOTHING
      this.#flags = new Uint8Array(0)
    } else while (this.slot(this.first) === -1) this.first++
    return slot
  }

  /** The slot of a message, -1 when there is none of this number. */
  slot(number: number): number {
    if (this.count === 0 || number < this.first || number >= this.end) return -1
    return this.#slots[number & (this.#slots.length - 1)]! - 1
  }

  setReceived(number: number): void {
    if (this.slot(number) !== -1) this.#flags[number & (this.#slots.length - 1)]! |= RECEIVED
  }

  /** A message; null when there is none of this number. */
  get(number: number): WaitingMessage | null {
    const slot = this.slot(number)
    if (slot === -1) return null
    const at = number & (this.#slots.length - 1)
    const flags = this.#flags[at]!
    return {
      number,
      slot,
      packet: this.#packets[at]!,
      qos: (flags & 3) as Qos,
      retain: ((flags >> 2) & 1) as 0 | 1,
      received: (flags & RECEIVED) !== 0,
      identifiers: (flags & HAS_IDENTIFIERS) === 0 ? null : this.#identifiers!.get(number)!,
    }
  }

  /** The messages from `number` on, in order. */
  *from(number: number): Generator<WaitingMessage> {
    for (let at = Math.max(number, this.first); at < this.end; at++) {
      const message = this.get(at)
      if (message !== null) yield message
    }
  }

  #setIdentifiers(number: number, identifiers: readonly number[]): void {
    this.#identifiers ??= new Map()
    this.#identifiers.set(number, identifiers)
  }

  #grow(first: number, end: number): void {
    let size = 16
    while (size < end - first) size *= 2
    const slots = new Int32Array(size)
    const packets = new Int32Array(size)
    const flags = new Uint8Array(size)
    for (let number = this.first; number < this.end && this.count > 0; number++) {
      const from = number & (this.#slots.length - 1)
      const to = number & (size - 1)
      slots[to] = this.#slots[from]!
      packets[to] = this.#packets[from]!
      flags[to] = this.#flags[from]!
    }
    this.#slots = slots
    this.#packets = packets
    this.#flags = flags
  }
}
