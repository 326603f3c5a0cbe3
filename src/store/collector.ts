// The end of the journal that records go into: one batch being collected, others waiting to be written, and where each will lie.
// Pure memory and arithmetic; what is written when is file-journal.ts' affair.

import { type Batch, BatchPool } from './batch.ts'
import { JournalError } from './journal.ts'
import { numberSize, writeNumber } from './record-fields.ts'
import { aligned, MOST_RECORDS, SEGMENT_HEADER } from './segment.ts'

export class Collector {
  /** Sequence of the last record. */
  ticket: number
  /** Place of the last record's fields. */
  segment = 0
  offset = 0
  length = 0
  readonly #segmentSize: number
  readonly #batchSize: number
  readonly #pool: BatchPool
  readonly #waiting: Batch[] = []
  #batch: Batch
  /** Where the batch after the present one goes. */
  #nextSegment: number
  #nextOffset: number
  #depth = 0

  /** Goes on behind `ticket`, at `offset` of `segment`. */
  constructor(ticket: number, segment: number, offset: number, segmentSize: number, batchSize: number) {
    this.ticket = ticket
    this.#nextSegment = segment
    this.#nextOffset = offset
    this.#segmentSize = segmentSize
    this.#batchSize = batchSize
    this.#pool = new BatchPool(batchSize * 2)
    this.#batch = this.#pool.take()
  }

  get bytes(): Uint8Array {
    return this.#batch.bytes
  }

  get isEmpty(): boolean {
    return this.#batch.count === 0 && this.#waiting.length === 0
  }

  /** Begins a record; returns where its fields go. */
  begin(type: number, length: number): number {
    let batch = this.#batch
    const size = 1 + numberSize(length) + length
    if (batch.count > 0 && (batch.length + size > this.#batchSize || batch.count === MOST_RECORDS)) {
      if (this.#depth === 0) {
        this.#seal()
        batch = this.#batch
      } else if (batch.count === MOST_RECORDS) throw new JournalError(`a group of ${MOST_RECORDS} records or more: divide it`)
    }
    if (batch.count === 0) this.#place(batch)
    batch.ensure(size)
    let at = batch.length
    batch.bytes[at++] = type
    at = writeNumber(length, batch.bytes, at)
    batch.length = at + length
    batch.count++
    this.ticket++
    this.segment = batch.segment
    this.offset = batch.offset + at
    this.length = length
    return at
  }

  beginGroup(): void {
    // a group gets a batch that has room for it
    if (this.#depth++ === 0 && this.#batch.count > MOST_RECORDS / 2) this.#seal()
  }

  endGroup(): void {
    this.#depth--
  }

  /** The oldest batch that is to be written; null when there is none. It stays until `written`. */
  first(): Batch | null {
    if (this.#waiting.length === 0 && this.#batch.count > 0 && this.#depth === 0) this.#seal()
    return this.#waiting[0] ?? null
  }

  /** The batch that `first` gave is on its way to being durable: its memory is free. */
  written(): void {
    this.#pool.give(this.#waiting.shift()!)
  }

  /** Bytes of a place that is not written yet, copied; null when it is not here. */
  find(segment: number, offset: number, length: number): Uint8Array | null {
    for (const batch of [...this.#waiting, this.#batch]) {
      if (batch.count > 0 && batch.holds(segment, offset, length)) return batch.bytes.slice(offset - batch.offset, offset - batch.offset + length)
    }
    return null
  }

  #place(batch: Batch): void {
    if (this.#nextOffset > SEGMENT_HEADER && this.#nextOffset + this.#batchSize > this.#segmentSize) {
      this.#nextSegment++
      this.#nextOffset = SEGMENT_HEADER
    }
    batch.place(this.#nextSegment, this.#nextOffset, this.ticket + 1)
  }

  #seal(): void {
    const batch = this.#batch
    this.#nextOffset = aligned(batch.offset + batch.length)
    this.#waiting.push(batch)
    this.#batch = this.#pool.take()
    this.#batch.count = 0
  }
}
