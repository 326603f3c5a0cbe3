// The journal as the state sees it: an ordered, durable list of records, appended in groups, read again from any place, trimmed at its old end.
// FileJournal keeps it in segment files, MemoryJournal nowhere; a replicated stream can stand in their place (one batch = one message of it).

/** Something the store cannot do: the sentence names file, place and remedy. */
export class JournalError extends Error {
  override readonly name: string = 'JournalError'
}

/** Consecutive records as they were made durable together: all of them or none. Borrowed during the visit. */
export interface RecordBatch {
  /** The records fill bytes[at, end): type byte, length as a number, fields. */
  readonly bytes: Uint8Array
  readonly at: number
  readonly end: number
  readonly count: number
  /** Sequence of the first one. */
  readonly firstSequence: number
  /** Where they are kept: `segment`, and the offset of bytes[0] in it. */
  readonly segment: number
  readonly offset: number
  /** Wall clock in milliseconds when the batch was closed. */
  readonly wallMs: number
}

/** What the journal can promise at the moment. `full`: there is no space, what was appended waits. `failed`: nothing more will become durable. */
export type JournalState = 'open' | 'full' | 'failed' | 'closed'

export interface Journal {
  readonly state: JournalState
  /** Every record up to this ticket is as durable as was asked for. Never falls. */
  readonly durableUpTo: number
  /** Ticket of the last record appended: its sequence. The first record has 1. */
  readonly ticket: number
  /** The batch being collected. Valid from `begin` until anything else is called. */
  readonly bytes: Uint8Array
  /** Where the last record's fields are, or will be, kept, and how many bytes they are. */
  readonly segment: number
  readonly offset: number
  readonly length: number
  /**
   * Begins a record of `length` bytes of fields and returns where in `bytes` they go: the caller writes exactly that many, at once.
   * @throws JournalError once the journal has failed or is closed
   */
  begin(type: number, length: number): number
  /** What is appended until `endGroup` becomes durable as one: all or nothing. Calls may nest. */
  beginGroup(): void
  endGroup(): void
  /** Resolves when all appended so far would survive a power cut, whatever is asked for otherwise. Rejects with JournalError. */
  flush(): Promise<void>
  /** Tells `listener` each time `durableUpTo` has risen. */
  onDurable(listener: (upTo: number) => void): void
  /** Tells `listener` of each change of `state`; of `failed` with the reason. */
  onState(listener: (state: JournalState, reason: Error | null) => void): void
  /** Shows all batches from the one that holds `from` on, oldest first. */
  read(from: number, visit: (batch: RecordBatch) => void): Promise<void>
  /** The bytes at a place, copied; also of records that are still being collected. Throws JournalError when they cannot be had. */
  readPlace(segment: number, offset: number, length: number): Promise<Uint8Array>
  /** The segments in use, oldest first, with the bytes in each. */
  segments(): readonly SegmentUse[]
  /** Gives up segments from the oldest on, up to and without `segment`: what still counts in them has been appended again. */
  trim(segment: number): Promise<void>
  /** Takes over: appends the record that ends all earlier owners' right to append. Resolves when it is durable; rejects when a later owner exists. */
  fence(epoch: number): Promise<void>
  /** Makes everything durable and lets go of the files; rejects when it could not, having let go all the same. */
  close(): Promise<void>
}

export interface SegmentUse {
  readonly segment: number
  readonly bytes: number
}
