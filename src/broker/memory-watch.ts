// memory_limit: whether the memory in use is over it. Looked at a few times a second, and again whenever messages have taken some more,
// so that a fast publisher cannot get far beyond it between two looks. What being over it means is router.ts and session/publish-pacing.ts.

import type { Log } from '../base/log.ts'
import type { Limits } from './limits.ts'

/** Bytes that messages may take between two looks. */
const UNSEEN = 1 << 20

export class MemoryWatch {
  readonly #state: { isFull: boolean }
  readonly #limits: Limits
  readonly #heapUsed: () => number
  readonly #kept: () => number
  readonly #log: Log | null
  /** `kept` from which on it is looked at again. */
  #lookAt: number

  /** `state` is told what was found at the last look. `heapUsed`: all memory in use; `kept`: what messages take of it, which costs nothing to ask. Both in bytes. */
  constructor(state: { isFull: boolean }, limits: Limits, heapUsed: () => number, kept: () => number, log: Log | null) {
    this.#state = state
    this.#limits = limits
    this.#heapUsed = heapUsed
    this.#kept = kept
    this.#log = log
    this.#lookAt = kept() + UNSEEN
  }

  /** Cheap: asked for each run of PUBLISH packets. */
  get isFull(): boolean {
    if (this.#limits.memoryLimit > 0 && this.#kept() > this.#lookAt) this.look()
    return this.#state.isFull
  }

  look(): void {
    const { memoryLimit } = this.#limits
    this.#lookAt = this.#kept() + UNSEEN
    const isFull = memoryLimit > 0 && this.#heapUsed() > memoryLimit
    if (isFull && !this.#state.isFull) this.#log?.write('warning', `Warning: memory_limit ${memoryLimit} is reached: no new clients, no messages.`)
    this.#state.isFull = isFull
  }
}
