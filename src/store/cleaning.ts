// Gives back what no longer counts: live records of the oldest segment are appended again, then it is removed. In slices, beside the traffic.
// Always the oldest: so a mark never outlives what it marks, and never goes before it. Twice the live data bounds the disk, and what is written.

import { appendAgain } from './again.ts'
import { eachRecord } from './each-record.ts'
import type { FileJournal } from './file-journal.ts'
import type { StoredState } from './stored-state.ts'

/** Milliseconds of work between pauses. */
const SLICE = 2

export class Cleaning {
  /** Segments removed since the start, and bytes appended again for that. */
  removed = 0
  rewrittenBytes = 0
  readonly #journal: FileJournal
  readonly #state: StoredState
  readonly #now: () => number
  #running: Promise<void> | null = null

  /** `now` measures the slices, in milliseconds. */
  constructor(journal: FileJournal, state: StoredState, now: () => number = () => performance.now()) {
    this.#journal = journal
    this.#state = state
    this.#now = now
  }

  /** The oldest segment, or all of them together, are less than half live; the one being written stays. */
  get isNeeded(): boolean {
    const segments = this.#journal.segments()
    const oldest = segments[0]
    if (oldest === undefined || segments.length < 2) return false
    if (this.#state.live.liveBytes(oldest.segment) * 2 < oldest.bytes) return true
    let bytes = 0
    for (const use of segments) bytes += use.bytes
    return this.#state.live.bytes * 2 < bytes
  }

  /** Cleans as long as it is needed. Calls while it runs wait for the same run. Rejects with JournalError. */
  async run(): Promise<void> {
    this.#running ??= this.#clean().finally(() => {
      this.#running = null
    })
    await this.#running
  }

  async #clean(): Promise<void> {
    // one round through the log at most: what is left then was live when it was looked at
    for (let rounds = this.#journal.segments().length; rounds > 0 && this.isNeeded; rounds--) {
      const oldest = this.#journal.segments()[0]!.segment
      await this.#journal.exclusively(() => this.#appendLive(oldest))
      const upTo = this.#firstWithLife(oldest + 1)
      await this.#journal.trim(upTo)
      this.removed += upTo - oldest
    }
  }

  /** The first segment from `number` on that has live records, or is being written. */
  #firstWithLife(number: number): number {
    const last = this.#journal.segments().at(-1)!.segment
    let at = number
    while (at < last && this.#state.live.liveBytes(at) === 0) at++
    return at
  }

  async #appendLive(segment: number): Promise<void> {
    if (this.#state.live.liveBytes(segment) === 0) return
    const path = this.#journal.pathOf(segment)
    let begin = this.#now()
    for await (const batch of this.#journal.batches(segment)) {
      eachRecord(batch, path, (type, fields, _segment, offset) => {
        if (appendAgain(this.#state, this.#journal, type, fields, { segment, offset })) this.rewrittenBytes += this.#journal.length
      })
      if (this.#now() - begin < SLICE) continue
      await new Promise<void>((resolve) => setImmediate(resolve))
      begin = this.#now()
    }
  }
}
