// Opens many connections: at a rate, or as fast as the other side takes them with a bounded number on their way.
// One promise for all; how each one fared is told by JobEvents.

import { setMaxListeners } from 'node:events'

import type { Accept, Link } from '../../base/link.ts'

/** Attempts on their way at once when no rate is given: less than the backlog of any listener. */
const MOST_PENDING = 100

export interface ConnectPhaseOptions {
  readonly count: number
  /** Per second; 0 = as fast as they are taken. */
  readonly rate: number
  readonly dial: (accept: Accept, signal: AbortSignal) => Promise<Link>
  /** Makes the owner of connection `index` once its socket stands. */
  readonly accept: (index: number, link: Link) => ReturnType<Accept>
  /** Called just before dialling. */
  readonly begin: (index: number) => void
  readonly failed: (index: number, error: unknown) => void
}

export class ConnectPhase {
  readonly #options: ConnectPhaseOptions
  readonly #abort = new AbortController()
  readonly #startedAt = performance.now()
  #begun = 0
  #pending = 0
  #stopped = false
  #timer: NodeJS.Timeout | null = null
  #done: () => void = () => {}

  constructor(options: ConnectPhaseOptions) {
    this.#options = options
    setMaxListeners(0, this.#abort.signal) // every attempt on its way listens
  }

  /** Resolves when every connection is `settled`, or after `stop`. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve
      if (this.#options.rate > 0) this.#timer = setInterval(() => this.#step(), 1)
      this.#step()
    })
  }

  /** A connection is ready, or will never be. */
  settled(): void {
    this.#pending--
    this.#step()
  }

  /** Begins no more; gives up those on their way. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#abort.abort(new Error('given up'))
    this.#finish()
  }

  #step(): void {
    if (this.#stopped) return
    const { count, rate } = this.#options
    const due = rate === 0 ? count : Math.min(count, Math.floor(((performance.now() - this.#startedAt) * rate) / 1000) + 1)
    while (this.#begun < due && (rate > 0 || this.#pending < MOST_PENDING)) this.#begin(this.#begun++)
    if (this.#begun === count && this.#pending === 0) this.#finish()
  }

  #begin(index: number): void {
    const { dial, accept, begin, failed } = this.#options
    this.#pending++
    begin(index)
    dial((link) => accept(index, link), this.#abort.signal).catch((error: unknown) => {
      if (this.#stopped) return
      failed(index, error)
      this.settled()
    })
  }

  #finish(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#done()
  }
}
