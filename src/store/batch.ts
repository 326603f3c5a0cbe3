// A batch while it is being collected: records written one after another into one buffer, behind the place of its header.
// It knows from the start where in which segment it will lie, so that records have a place before they are written.

import { aligned, BATCH_HEADER } from './segment.ts'

const SMALLEST = 65536

export class Batch {
  bytes: Uint8Array
  length: number = BATCH_HEADER
  count = 0
  firstSequence = 0
  segment = 0
  /** Of its header, in the segment. */
  offset = 0

  constructor() {
    this.bytes = new Uint8Array(SMALLEST)
  }

  get lastSequence(): number {
    return this.firstSequence + this.count - 1
  }

  /** Empty again, to be used for another place. */
  place(segment: number, offset: number, firstSequence: number): void {
    this.segment = segment
    this.offset = offset
    this.firstSequence = firstSequence
    this.length = BATCH_HEADER
    this.count = 0
  }

  /** Makes room for `size` bytes more. */
  ensure(size: number): void {
    const needed = this.length + size
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  /** What is to be written: up to where the next batch begins. */
  padded(): Uint8Array {
    const end = aligned(this.length)
    this.ensure(8)
    this.bytes.fill(0, this.length, end)
    return this.bytes.subarray(0, end)
  }

  /** Whether bytes [offset, offset + length) of the segment lie in this batch. */
  holds(segment: number, offset: number, length: number): boolean {
    return segment === this.segment && offset >= this.offset && offset + length <= this.offset + this.length
  }
}

/** Batches to be used again: two or three are enough, large ones are not kept. */
export class BatchPool {
  readonly #free: Batch[] = []
  readonly #largest: number

  constructor(largest: number) {
    this.#largest = largest
  }

  take(): Batch {
    return this.#free.pop() ?? new Batch()
  }

  give(batch: Batch): void {
    if (this.#free.length < 3 && batch.bytes.length <= this.#largest) this.#free.push(batch)
  }
}
