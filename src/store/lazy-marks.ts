// Acknowledgements of receivers on their way to the journal: gathered for a moment, neighbours become one record.
// Losing them costs a repetition with DUP, which QoS 1 allows; QoS 2 has its own marks, which do not wait.

import type { Journal } from './journal.ts'
import type { DoneReason } from './record-types.ts'
import { appendDone } from './records.ts'

const MOST = 1000

interface Range {
  readonly first: number
  end: number
  readonly reason: DoneReason
}

export class LazyMarks {
  readonly #journal: Journal
  readonly #afterMs: number
  readonly #done = new Map<number, Range[]>()
  #count = 0
  #timer: NodeJS.Timeout | null = null

  constructor(journal: Journal, afterMs: number) {
    this.#journal = journal
    this.#afterMs = afterMs
  }

  done(session: number, first: number, count: number, reason: DoneReason): void {
    const ranges = this.#done.get(session)
    const last = ranges?.at(-1)
    if (last !== undefined && last.end === first && last.reason === reason) last.end += count
    else if (ranges === undefined) this.#done.set(session, [{ first, end: first + count, reason }])
    else ranges.push({ first, end: first + count, reason })
    this.#marked(count)
  }

  /** The session has ended: its marks mean nothing. */
  forget(session: number): void {
    this.#done.delete(session)
  }

  /** Appends what has gathered. Throws JournalError once the journal has failed. */
  write(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#count = 0
    for (const [session, ranges] of this.#done) for (const { first, end, reason } of ranges) appendDone(this.#journal, session, first, end - first, reason)
    this.#done.clear()
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#done.clear()
  }

  #marked(count: number): void {
    this.#count += count
    if (this.#count >= MOST || this.#afterMs === 0) this.write()
    else this.#timer ??= setTimeout(() => this.#onTime(), this.#afterMs).unref()
  }

  #onTime(): void {
    this.#timer = null
    const { state } = this.#journal
    if (state === 'open' || state === 'full') this.write()
  }
}
