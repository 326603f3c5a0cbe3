// Up to 256 consecutive packets: their bytes one behind the other, and what the list shows of them, in integers and one block of text. ● hot
// The unit in which a ring forgets. Pages of one capture are kept by packet-arena.ts.

import type { CapturedFrame } from '../../../capture/captured-frame.ts'
import type { Frame } from '../../../capture/frame.ts'

/** Packets of a page. */
export const PAGE_SIZE = 256

/** Columns of a packet. */
const Column = {
  Offset: 0,
  Stored: 1,
  Length: 2,
  Nanoseconds: 3,
  Place: 4,
  Source: 5,
  Destination: 6,
  Protocol: 7,
  InfoEnd: 8,
  Stream: 9,
  Before: 10,
  Flags: 11,
} as const
const COLUMNS = 12

/** Bits of `flags`. */
export const PacketFlag = {
  HasTime: 1,
  /** It belongs to TCP, else UDP; of the stream number. */
  Tcp: 2,
  /** An IP fragment: it may lack what a later packet tells. */
  Fragment: 4,
  /** Its first MQTT packet begins in it: reading a connection may start here. */
  Clean: 8,
  /** Among the first of its conversation. */
  Head: 16,
  /** Nothing of interest by itself: TCP only, CONNECT, pings. */
  Quiet: 32,
} as const

/** What few packets have. */
export interface PacketExtras {
  readonly comments: readonly string[]
  readonly flags: number | null
}

/** A remarkable thing about a packet; see analyse/mqtt/notes.ts. */
export interface PacketNote {
  readonly severity: 'error' | 'warning' | 'note'
  readonly text: string
  readonly clause: string
}

/** What dissecting a packet told for the list. */
export interface PacketSummary {
  /** Numbers of texts, as the arena keeps them. */
  readonly source: number
  readonly destination: number
  readonly protocol: number
  readonly info: string
  /** tcp.stream or udp.stream; -1 = none. */
  readonly stream: number
  /** The packet before it in its conversation; 0 = none. */
  readonly before: number
  readonly flags: number
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()
/** Characters of Info kept. */
const LONGEST_INFO = 4096

export class PacketPage {
  /** Number of its first packet, from 1. */
  readonly first: number
  count = 0
  /** Packets that have their summary. */
  summarized = 0
  readonly #columns = new Int32Array(PAGE_SIZE * COLUMNS)
  readonly #seconds = new Float64Array(PAGE_SIZE)
  #bytes = new Uint8Array(16_384)
  #used = 0
  #info = new Uint8Array(8192)
  #extras: Map<number, PacketExtras> | null = null
  #notes: Map<number, PacketNote[]> | null = null
  /** Texts of notes about earlier packets that came up with a packet. */
  #afterthoughts: Map<number, string[]> | null = null

  constructor(first: number) {
    this.first = first
  }

  get isFull(): boolean {
    return this.count === PAGE_SIZE
  }

  /** Bytes of memory held. */
  get size(): number {
    return this.#bytes.length + this.#info.length + this.#columns.byteLength + this.#seconds.byteLength
  }

  append(frame: Frame, place: number): void {
    const { bytes } = frame
    const at = this.count++
    if (this.#used + bytes.length > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#used + bytes.length))
      bigger.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = bigger
    }
    this.#bytes.set(bytes, this.#used)
    this.#set(at, Column.Offset, this.#used)
    this.#set(at, Column.Stored, bytes.length)
    this.#set(at, Column.Length, frame.length)
    this.#set(at, Column.Nanoseconds, frame.nanoseconds)
    this.#set(at, Column.Place, place)
    this.#set(at, Column.Flags, frame.hasTime ? PacketFlag.HasTime : 0)
    this.#seconds[at] = frame.seconds
    this.#used += bytes.length
    if (frame.comments.length > 0 || frame.flags !== null) (this.#extras ??= new Map()).set(at, { comments: [...frame.comments], flags: frame.flags })
  }

  /** No more packets come: gives back memory that was held for them. */
  seal(): void {
    if (this.#bytes.length > this.#used) this.#bytes = this.#bytes.slice(0, this.#used)
  }

  /** To be called for each packet in order; again from the first one after `forgetSummaries`. */
  summarize(summary: PacketSummary): void {
    const at = this.summarized++
    this.#set(at, Column.Source, summary.source)
    this.#set(at, Column.Destination, summary.destination)
    this.#set(at, Column.Protocol, summary.protocol)
    this.#set(at, Column.Stream, summary.stream)
    this.#set(at, Column.Before, summary.before)
    this.#set(at, Column.Flags, (this.flags(at) & PacketFlag.HasTime) | summary.flags)
    const info = summary.info.length > LONGEST_INFO ? `${summary.info.slice(0, LONGEST_INFO)}…` : summary.info
    const start = this.#infoStart(at)
    if (start + 3 * info.length > this.#info.length) {
      const bigger = new Uint8Array(Math.max(2 * this.#info.length, start + 3 * info.length))
      bigger.set(this.#info.subarray(0, start))
      this.#info = bigger
    }
    this.#set(at, Column.InfoEnd, start + ENCODER.encodeInto(info, this.#info.subarray(start)).written)
    if (this.summarized === PAGE_SIZE) this.#info = this.#info.slice(0, this.#get(at, Column.InfoEnd))
  }

  forgetSummaries(): void {
    this.summarized = 0
    this.#notes = null
    this.#afterthoughts = null
  }

  addNote(at: number, note: PacketNote): void {
    this.#notes ??= new Map()
    const notes = this.#notes.get(at)
    if (notes === undefined) this.#notes.set(at, [note])
    else notes.push(note)
  }

  notes(at: number): readonly PacketNote[] {
    return this.#notes?.get(at) ?? []
  }

  /** A packet showed something about an earlier one. */
  addAfterthought(at: number, text: string): void {
    this.#afterthoughts ??= new Map()
    const texts = this.#afterthoughts.get(at)
    if (texts === undefined) this.#afterthoughts.set(at, [text])
    else texts.push(text)
  }

  afterthoughts(at: number): readonly string[] {
    return this.#afterthoughts?.get(at) ?? []
  }

  /** Makes `into` the packet; its bytes are a view of the page. Interface and section are the arena's to fill in. */
  read(at: number, into: CapturedFrame): void {
    const offset = this.#get(at, Column.Offset)
    into.clear()
    into.number = this.first + at
    into.bytes = this.#bytes.subarray(offset, offset + this.#get(at, Column.Stored))
    into.length = this.#get(at, Column.Length) >>> 0
    into.seconds = this.#seconds[at]!
    into.nanoseconds = this.#get(at, Column.Nanoseconds)
    into.hasTime = (this.flags(at) & PacketFlag.HasTime) !== 0
    const extras = this.#extras?.get(at)
    if (extras === undefined) return
    into.comments = extras.comments
    into.flags = extras.flags
  }

  /** Nanoseconds since 1970; null = the file gives no time. */
  time(at: number): bigint | null {
    return (this.flags(at) & PacketFlag.HasTime) === 0 ? null : BigInt(this.#seconds[at]!) * 1_000_000_000n + BigInt(this.#get(at, Column.Nanoseconds))
  }

  length(at: number): number {
    return this.#get(at, Column.Length) >>> 0
  }

  place(at: number): number {
    return this.#get(at, Column.Place)
  }

  source(at: number): number {
    return this.#get(at, Column.Source)
  }

  destination(at: number): number {
    return this.#get(at, Column.Destination)
  }

  protocol(at: number): number {
    return this.#get(at, Column.Protocol)
  }

  stream(at: number): number {
    return this.#get(at, Column.Stream)
  }

  before(at: number): number {
    return this.#get(at, Column.Before)
  }

  flags(at: number): number {
    return this.#get(at, Column.Flags)
  }

  info(at: number): string {
    return DECODER.decode(this.#info.subarray(this.#infoStart(at), this.#get(at, Column.InfoEnd)))
  }

  #infoStart(at: number): number {
    return at === 0 ? 0 : this.#get(at - 1, Column.InfoEnd)
  }

  #get(at: number, column: number): number {
    return this.#columns[at * COLUMNS + column]!
  }

  #set(at: number, column: number, value: number): void {
    this.#columns[at * COLUMNS + column] = value
  }
}
