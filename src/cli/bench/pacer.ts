// Lets senders send at a rate: message m of all is due at `start + m * gap` and belongs to sender m modulo their number.
// The clock is the operating system's timer of 1 ms; what is due within one is sent together.

import type { Sender } from './sender.ts'
import { microseconds } from './tally.ts'

export class Pacer {
  /** Milliseconds between two messages of the whole run. */
  readonly gapMs: number
  readonly #senders: number
  #startedAt = 0
  #startedAtMicros = 0
  #given = 0
  #timer: NodeJS.Timeout | null = null

  /** `perSecond`: messages of all senders together. */
  constructor(perSecond: number, senders: number) {
    this.gapMs = 1000 / perSecond
    this.#senders = senders
  }

  /** When message `sequence` of sender `index` is due, as `microseconds` counts. */
  dueAt(index: number, sequence: number): number {
    return (this.#startedAtMicros + (sequence * this.#senders + index) * this.gapMs * 1000) >>> 0
  }

  start(senders: readonly Sender[]): void {
    this.#startedAt = performance.now()
    this.#startedAtMicros = microseconds()
    this.#timer = setInterval(() => this.#step(senders), 1)
    this.#step(senders)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  #step(senders: readonly Sender[]): void {
    const due = Math.floor((performance.now() - this.#startedAt) / this.gapMs) + 1
    const count = due - this.#given
    for (let i = 0; i < count; i++) senders[(this.#given + i) % senders.length]!.allow()
    for (let i = 0, end = Math.min(count, senders.length); i < end; i++) senders[(this.#given + i) % senders.length]!.pump()
    this.#given = due
  }
}
