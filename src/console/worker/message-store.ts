// The recorder of a connection: messages in columns of typed arrays, their bytes in a ring. The oldest go first and are counted.
// A message is named by its sequence number, from 0, for ever. Topics are numbers here; topic-names.ts has their names.

import { Cursor } from '../../wire/cursor.ts'
import { readProperties } from '../../wire/mqtt/decode-properties.ts'
import { propertiesSize, writeProperties } from '../../wire/mqtt/encode-properties.ts'
import { PacketType, type Qos } from '../../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../../wire/mqtt/properties.ts'
import { ByteRing } from './byte-ring.ts'

export interface NewMessage {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly topicId: number
  /** Sequence number of the message before it on this topic; -1 = none. */
  readonly previous: number
  readonly isOut: boolean
  readonly qos: Qos
  readonly retain: boolean
  readonly dup: boolean
  /** Number of the subscription; -1 = none. */
  readonly subscription: number
  readonly payload: Uint8Array
  readonly properties: Properties
  /** Number of the packet that carried it; 0 = unknown. */
  readonly frame: number
}

/** Bytes of payloads kept, for each connection. */
export const BUFFER_BUDGET: number = 1 << 26
const MOST_MESSAGES = 1 << 20
const FIRST_ROWS = 1 << 12

const Flag = { Qos: 3, Retain: 4, Dup: 8, Out: 16, Properties: 32, Cut: 64 } as const

/** One value of each for every row. */
class Columns {
  readonly rows: number
  readonly time: Float64Array
  readonly previous: Float64Array
  readonly address: Float64Array
  readonly topic: Uint32Array
  readonly size: Uint32Array
  readonly stored: Uint32Array
  readonly frame: Uint32Array
  readonly propertyBytes: Uint32Array
  readonly subscription: Int16Array
  readonly flags: Uint8Array

  constructor(rows: number) {
    this.rows = rows
    this.time = new Float64Array(rows)
    this.previous = new Float64Array(rows)
    this.address = new Float64Array(rows)
    this.topic = new Uint32Array(rows)
    this.size = new Uint32Array(rows)
    this.stored = new Uint32Array(rows)
    this.frame = new Uint32Array(rows)
    this.propertyBytes = new Uint32Array(rows)
    this.subscription = new Int16Array(rows)
    this.flags = new Uint8Array(rows)
  }
}

export class MessageStore {
  readonly #ring: ByteRing
  readonly #most: number
  #columns: Columns
  #first = 0
  #end = 0

  constructor(budget: number = BUFFER_BUDGET, most: number = MOST_MESSAGES) {
    this.#ring = new ByteRing(budget)
    this.#most = most
    this.#columns = new Columns(Math.min(FIRST_ROWS, most))
  }

  /** The oldest that is kept; equals `end` when there is none. Also how many were dropped. */
  get first(): number {
    return this.#first
  }

  /** The number that the next one will have. */
  get end(): number {
    return this.#end
  }

  get kept(): number {
    return this.#end - this.#first
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.kept === 0 ? 0 : this.#ring.end - Math.max(this.#ring.oldest, this.#columns.address[this.#first % this.#columns.rows]!)
  }

  has(seq: number): boolean {
    return seq >= this.#first && seq < this.#end
  }

  /** Copies what it gets. Returns the sequence number. */
  add(message: NewMessage): number {
    if (this.kept === this.#columns.rows) this.#makeRow()
    const seq = this.#end++
    const { rows, time, previous, address, topic, size, stored, frame, propertyBytes, subscription, flags } = this.#columns
    const row = seq % rows
    const properties = message.properties === NO_PROPERTIES ? 0 : propertiesSize(message.properties, PacketType.Publish)
    const kept = Math.min(message.payload.length, this.#ring.longest)
    const propertyLength = properties === 0 ? 0 : properties + 4
    const at = this.#ring.reserve(kept + propertyLength)
    this.#ring.write(at, kept === message.payload.length ? message.payload : message.payload.subarray(0, kept))
    let written = 0
    if (properties > 0) {
      const out = new Uint8Array(propertyLength)
      written = writeProperties(message.properties, properties, out, 0)
      this.#ring.write(at + kept, out)
    }
    time[row] = message.time
    previous[row] = message.previous
    address[row] = at
    topic[row] = message.topicId
    size[row] = message.payload.length
    stored[row] = kept
    frame[row] = message.frame
    propertyBytes[row] = written
    subscription[row] = message.subscription
    flags[row] =
      message.qos |
      (message.retain ? Flag.Retain : 0) |
      (message.dup ? Flag.Dup : 0) |
      (message.isOut ? Flag.Out : 0) |
      (written > 0 && hasOwnProperties(message.properties) ? Flag.Properties : 0) |
      (kept < message.payload.length ? Flag.Cut : 0)
    while (address[this.#first % rows]! < this.#ring.oldest) this.#first++
    return seq
  }

  time(seq: number): number {
    return this.#columns.time[this.#row(seq)]!
  }

  topicId(seq: number): number {
    return this.#columns.topic[this.#row(seq)]!
  }

  /** Bytes of the payload as it came. */
  size(seq: number): number {
    return this.#columns.size[this.#row(seq)]!
  }

  subscription(seq: number): number {
    return this.#columns.subscription[this.#row(seq)]!
  }

  frame(seq: number): number {
    return this.#columns.frame[this.#row(seq)]!
  }

  qos(seq: number): Qos {
    return (this.#columns.flags[this.#row(seq)]! & Flag.Qos) as Qos
  }

  retain(seq: number): boolean {
    return (this.#columns.flags[this.#row(seq)]! & Flag.Retain) !== 0
  }

  dup(seq: number): boolean {
    return (this.#columns.flags[this.#row(seq)]! & Flag.Dup) !== 0
  }

  isOut(seq: number): boolean {
    return (this.#columns.flags[this.#row(seq)]! & Flag.Out) !== 0
  }

  /** Whether its publisher gave it properties: those that belong to the way here do not count. */
  hasProperties(seq: number): boolean {
    return (this.#columns.flags[this.#row(seq)]! & Flag.Properties) !== 0
  }

  /** The message before it on its topic, if it is still kept; else -1. */
  previous(seq: number): number {
    const previous = this.#columns.previous[this.#row(seq)]!
    return previous >= this.#first ? previous : -1
  }

  /** The payload, or as much of it as is kept. A view: copy before keeping. */
  payload(seq: number): Uint8Array<ArrayBuffer> {
    const row = this.#row(seq)
    return this.#ring.view(this.#columns.address[row]!, this.#columns.stored[row]!)
  }

  properties(seq: number): Properties {
    const row = this.#row(seq)
    const length = this.#columns.propertyBytes[row]!
    if (length === 0) return NO_PROPERTIES
    const bytes = this.#ring.view(this.#columns.address[row]! + this.#columns.stored[row]!, length).slice()
    return readProperties(new Cursor(bytes, 0, length, false), PacketType.Publish, 'server')
  }

  /** Forgets all messages; their numbers are not given again. */
  clear(): void {
    this.#ring.clear()
    this.#first = this.#end
  }

  #row(seq: number): number {
    if (!this.has(seq)) throw new RangeError(`message ${seq} is not kept: there are ${this.#first} to ${this.#end - 1}`)
    return seq % this.#columns.rows
  }

  /** More rows, or the oldest goes. */
  #makeRow(): void {
    const { rows } = this.#columns
    if (rows >= this.#most) {
      this.#first++
      return
    }
    const bigger = new Columns(Math.min(this.#most, rows * 2))
    // rows stand at their number modulo the size, and the size changes
    for (let seq = this.#first; seq < this.#end; seq++) moveRow(this.#columns, seq % rows, bigger, seq % bigger.rows)
    this.#columns = bigger
  }
}

function hasOwnProperties(properties: Properties): boolean {
  return Object.keys(properties).some((name) => name !== 'subscriptionIdentifiers' && name !== 'topicAlias')
}

function moveRow(from: Columns, row: number, to: Columns, at: number): void {
  to.time[at] = from.time[row]!
  to.previous[at] = from.previous[row]!
  to.address[at] = from.address[row]!
  to.topic[at] = from.topic[row]!
  to.size[at] = from.size[row]!
  to.stored[at] = from.stored[row]!
  to.frame[at] = from.frame[row]!
  to.propertyBytes[at] = from.propertyBytes[row]!
  to.subscription[at] = from.subscription[row]!
  to.flags[at] = from.flags[row]!
}
