// The journal of `persistence false` and of browsers: everything is durable at once, and nothing is kept.
// Runs anywhere.

import { type Journal, JournalError, type JournalState, type RecordBatch, type SegmentUse } from './journal.ts'

export class MemoryJournal implements Journal {
  state: JournalState = 'open'
  ticket = 0
  /** Written to and forgotten. */
  bytes: Uint8Array = new Uint8Array(1024)
  readonly segment = 0
  readonly offset = 0
  length = 0
  #epoch = 0
  readonly #stateListeners: ((state: JournalState, reason: Error | null) => void)[] = []

  get durableUpTo(): number {
    return this.ticket
  }

  begin(_type: number, length: number): number {
    if (this.state === 'closed') throw new JournalError('the journal in memory is closed')
    if (length > this.bytes.length) this.bytes = new Uint8Array(length * 2)
    else if (this.bytes.length > 1 << 20 && length < 65536) this.bytes = new Uint8Array(65536)
    this.ticket++
    this.length = length
    return 0
  }

  beginGroup(): void {}

  endGroup(): void {}

  async flush(): Promise<void> {}

  /** Nobody ever waits: what is appended is as durable as it gets. */
  onDurable(): void {}

  onState(listener: (state: JournalState, reason: Error | null) => void): void {
    this.#stateListeners.push(listener)
  }

  async read(_from: number, _visit: (batch: RecordBatch) => void): Promise<void> {}

  async readPlace(_segment: number, offset: number): Promise<Uint8Array> {
    throw new JournalError(`offset ${offset}: the journal in memory keeps nothing`)
  }

  segments(): readonly SegmentUse[] {
    return []
  }

  async trim(): Promise<void> {}

  async fence(epoch: number): Promise<void> {
    if (epoch <= this.#epoch) throw new JournalError(`epoch ${epoch}: the journal was taken over with epoch ${this.#epoch}`)
    this.#epoch = epoch
  }

  async close(): Promise<void> {
    this.state = 'closed'
    for (const listener of this.#stateListeners) listener('closed', null)
  }
}
