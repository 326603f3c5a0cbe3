// What happens to a client's connection, as an async iterable: each reader gets all states from its start on.
// Fed by client.ts.

import { Fifo } from '../session/client-fifo.ts'
import type { MqttError } from './errors.ts'
import type { Timers } from './timers.ts'
import { type WaitOptions, waitFor } from './waiting.ts'

export interface ClientStatus {
  /** `offline`: the connection is gone; `reconnecting`: the next attempt is set; `closed`: the last state. */
  readonly state: 'connected' | 'offline' | 'reconnecting' | 'closed'
  /** With `reconnecting`: which attempt since the last success, from 1. */
  readonly attempt: number
  /** With `reconnecting`: milliseconds until then. */
  readonly waitMs: number
  /** Why; null with `connected`, and after our own `close`. */
  readonly cause: MqttError | null
}

/** States kept for a reader that does not read; the oldest go first. */
const KEPT = 100

interface StatusReader {
  readonly states: Fifo<ClientStatus>
  wake: (() => void) | null
}

export class StatusFeed {
  readonly #timers: Timers
  readonly #readers = new Set<StatusReader>()
  #current: ClientStatus

  constructor(timers: Timers, current: ClientStatus) {
    this.#timers = timers
    this.#current = current
  }

  get current(): ClientStatus {
    return this.#current
  }

  tell(status: ClientStatus): void {
    this.#current = status
    for (const reader of this.#readers) {
      reader.states.push(status)
      if (reader.states.size > KEPT) reader.states.shift()
      reader.wake?.()
      reader.wake = null
    }
  }

  /** Begins with the present state, ends after `closed`. */
  async *read(options: WaitOptions): AsyncGenerator<ClientStatus, void, void> {
    const reader: StatusReader = { states: new Fifo(), wake: null }
    reader.states.push(this.#current)
    this.#readers.add(reader)
    try {
      for (;;) {
        const status = reader.states.shift()
        if (status === undefined) {
          await waitFor<void>(this.#timers, 'status', options, (resolve) => {
            reader.wake = resolve
            return () => {
              reader.wake = null
            }
          })
          continue
        }
        yield status
        if (status.state === 'closed') return
      }
    } finally {
      this.#readers.delete(reader)
    }
  }
}
