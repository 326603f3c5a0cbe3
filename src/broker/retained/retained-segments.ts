// The bytes of retained messages: packets one after another in segments of 256 KiB, so that a message costs no object.
// A segment that is half waste is emptied into the current one: overwriting a topic for ever does not grow memory.
//
//   segment  | node | length | publisher, version | packet ... padding | node | length | ...   in words of four bytes

import type { WireVersion } from '../../wire/mqtt/publish-run.ts'

const SEGMENT_BYTES = 1 << 18
/** A larger packet has a segment of its own. */
const LARGE_BYTES = SEGMENT_BYTES >> 2
/** Words before the packet. */
const HEAD = 3
const NODE = 0
const LENGTH = 1
/** Twice the publisher's number, and 1 for the layout of 5.0. */
const ORIGIN = 2

/** Where a node's message is: the owner keeps it, and is told when it moves. Segment 0 means nowhere. */
export interface Places {
  isAt(node: number, segment: number, offset: number): boolean
  put(node: number, segment: number, offset: number): void
}

interface Segment {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  /** In words. */
  used: number
  waste: number
}

export class RetainedSegments {
  readonly #places: Places
  readonly #segments: (Segment | null)[] = [null]
  readonly #free: number[] = []
  #spare: Segment | null = null
  /** Where new messages go; 0 = nowhere yet. */
  #current = 0
  /** Bytes of all segments. */
  bytes = 0

  constructor(places: Places) {
    this.#places = places
  }

  /** Copies the packet bytes[start, end) and tells the owner where it is. */
  add(node: number, bytes: Uint8Array, start: number, end: number, version: WireVersion, publisher: number): void {
    const size = wordsOf(end - start)
    const number = this.#roomFor(size)
    const segment = this.#segments[number]!
    const offset = segment.used
    segment.used += size
    this.#places.put(node, number, offset)
    fill(segment, offset, node, bytes, start, end, version, publisher)
  }

  /** Writes another packet over one of the same size; false when the sizes differ: then the old one must be removed. */
  overwrite(number: number, offset: number, bytes: Uint8Array, start: number, end: number, version: WireVersion, publisher: number): boolean {
    const segment = this.#segments[number]!
    if (wordsOf(segment.words[offset + LENGTH]!) !== wordsOf(end - start)) return false
    fill(segment, offset, segment.words[offset + NODE]!, bytes, start, end, version, publisher)
    return true
  }

  /** The packet, in our memory: void at the next change. */
  packet(number: number, offset: number): Uint8Array {
    const { bytes, words } = this.#segments[number]!
    const at = (offset + HEAD) * 4
    return bytes.subarray(at, at + words[offset + LENGTH]!)
  }

  /** Bytes of the packet. */
  length(number: number, offset: number): number {
    return this.#segments[number]!.words[offset + LENGTH]!
  }

  version(number: number, offset: number): WireVersion {
    return (this.#segments[number]!.words[offset + ORIGIN]! & 1) === 0 ? 4 : 5
  }

  publisher(number: number, offset: number): number {
    return this.#segments[number]!.words[offset + ORIGIN]! >> 1
  }

  /** The message is not needed any more; the owner has forgotten the place already. */
  remove(number: number, offset: number): void {
    const segment = this.#segments[number]!
    segment.waste += wordsOf(segment.words[offset + LENGTH]!)
    if (segment.waste === segment.used) this.#drop(number)
    else if (number !== this.#current) this.#tidy(number)
  }

  #roomFor(size: number): number {
    if (size * 4 > LARGE_BYTES) return this.#begin(size * 4)
    const current = this.#current
    const segment = this.#segments[current] ?? null
    if (segment !== null && segment.used + size <= segment.words.length) return current
    this.#current = this.#begin(SEGMENT_BYTES)
    if (segment !== null) this.#tidy(current)
    // what was moved may have filled it again
    const fresh = this.#segments[this.#current]!
    return fresh.used + size <= fresh.words.length ? this.#current : this.#roomFor(size)
  }

  #begin(size: number): number {
    const buffer = size === SEGMENT_BYTES && this.#spare !== null ? null : new ArrayBuffer(size)
    const segment = buffer === null ? this.#spare! : { bytes: new Uint8Array(buffer), words: new Int32Array(buffer), used: 0, waste: 0 }
    if (buffer === null) this.#spare = null
    else this.bytes += size
    const number = this.#free.pop() ?? this.#segments.length
    this.#segments[number] = segment
    return number
  }

  /** Moves what is left of a segment that is half waste to the current one. */
  #tidy(number: number): void {
    const { words, bytes, used, waste } = this.#segments[number]!
    if (waste * 2 < used) return
    for (let offset = 0; offset < used; ) {
      const node = words[offset + NODE]!
      const length = words[offset + LENGTH]!
      const origin = words[offset + ORIGIN]!
      const start = (offset + HEAD) * 4
      if (this.#places.isAt(node, number, offset)) this.add(node, bytes, start, start + length, (origin & 1) === 0 ? 4 : 5, origin >> 1)
      offset += wordsOf(length)
    }
    this.#drop(number)
  }

  /** Nothing in it is needed any more. The current one goes on empty; one other is kept for the next need. */
  #drop(number: number): void {
    const segment = this.#segments[number]!
    segment.used = segment.waste = 0
    if (number === this.#current) return
    this.#segments[number] = null
    this.#free.push(number)
    if (segment.bytes.length === SEGMENT_BYTES && this.#spare === null) this.#spare = segment
    else this.bytes -= segment.bytes.length
  }
}

function fill(
  { bytes, words }: Segment,
  offset: number,
  node: number,
  source: Uint8Array,
  start: number,
  end: number,
  version: WireVersion,
  publisher: number,
): void {
  words[offset + NODE] = node
  words[offset + LENGTH] = end - start
  words[offset + ORIGIN] = publisher * 2 + (version === 5 ? 1 : 0)
  bytes.set(source.subarray(start, end), (offset + HEAD) * 4)
}

function wordsOf(bytes: number): number {
  return HEAD + ((bytes + 3) >> 2)
}
