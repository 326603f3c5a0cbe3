// Which records still count, and where they are: a slot of four numbers each, with a count of what refers to it.
// Adds up the live bytes of each segment, by which cleaning decides.

const FIRST = 1024

export class LiveRecords {
  /** Slots in use. */
  count = 0
  /** Bytes of all live records' fields. */
  bytes = 0
  #segments = new Int32Array(FIRST)
  #offsets = new Float64Array(FIRST)
  #lengths = new Uint32Array(FIRST)
  #references = new Int32Array(FIRST)
  readonly #free: number[] = []
  #used = 0
  readonly #liveBytes = new Map<number, number>()

  /** Notes a record's place with one reference; returns its slot. */
  add(segment: number, offset: number, length: number): number {
    const slot = this.#free.pop() ?? this.#used++
    if (slot === this.#segments.length) this.#grow()
    this.#references[slot] = 1
    this.count++
    this.#settle(slot, segment, offset, length)
    return slot
  }

  /** Takes `count` references more. */
  hold(slot: number, count: number): void {
    this.#references[slot]! += count
  }

  /** Gives one reference back; the last one frees the slot. */
  release(slot: number): void {
    if (--this.#references[slot]! > 0) return
    this.#leave(slot)
    this.count--
    this.#free.push(slot)
  }

  /** The record was appended again: everybody who refers to the slot finds it there. */
  move(slot: number, segment: number, offset: number, length: number): void {
    this.#leave(slot)
    this.#settle(slot, segment, offset, length)
  }

  isAt(slot: number, segment: number, offset: number): boolean {
    return this.#segments[slot] === segment && this.#offsets[slot] === offset
  }

  segment(slot: number): number {
    return this.#segments[slot]!
  }

  offset(slot: number): number {
    return this.#offsets[slot]!
  }

  length(slot: number): number {
    return this.#lengths[slot]!
  }

  /** Live bytes of a segment. */
  liveBytes(segment: number): number {
    return this.#liveBytes.get(segment) ?? 0
  }

  #settle(slot: number, segment: number, offset: number, length: number): void {
    this.#segments[slot] = segment
    this.#offsets[slot] = offset
    this.#lengths[slot] = length
    this.bytes += length
    this.#liveBytes.set(segment, (this.#liveBytes.get(segment) ?? 0) + length)
  }

  #leave(slot: number): void {
    const segment = this.#segments[slot]!
    const length = this.#lengths[slot]!
    this.bytes -= length
    const left = this.#liveBytes.get(segment)! - length
    if (left <= 0) this.#liveBytes.delete(segment)
    else this.#liveBytes.set(segment, left)
  }

  #grow(): void {
    const size = this.#segments.length * 2
    this.#segments = enlarged(this.#segments, new Int32Array(size))
    this.#offsets = enlarged(this.#offsets, new Float64Array(size))
    this.#lengths = enlarged(this.#lengths, new Uint32Array(size))
    this.#references = enlarged(this.#references, new Int32Array(size))
  }
}

function enlarged<T extends Int32Array | Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
