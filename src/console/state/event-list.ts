// What happened that somebody may want to read later: connections that came and went, refusals, what was lost. Nothing is only a flash.
// The newest first; the frame shows how many were not read.

import { type Signal, signal } from '@preact/signals'
import type { ConnectionPhase, Notice } from '../worker/protocol.ts'

export interface ListedEvent {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly time: number
  readonly level: 'info' | 'warn' | 'error'
  /** Name of the connection; '' = the console itself. */
  readonly connection: string
  /** Put into words where it is shown. */
  readonly what: ConnectionPhase | Notice
}

const MOST = 200

export class EventList {
  readonly list: Signal<readonly ListedEvent[]> = signal([])
  readonly unread: Signal<number> = signal(0)
  #next = 1

  add(level: ListedEvent['level'], connection: string, what: ConnectionPhase | Notice): void {
    this.list.value = [{ id: this.#next++, time: Date.now(), level, connection, what }, ...this.list.peek()].slice(0, MOST)
    if (level !== 'info') this.unread.value++
  }

  /** Those phases that are worth a line. */
  phase(connection: string, phase: ConnectionPhase): void {
    switch (phase.phase) {
      case 'live':
        return this.add('info', connection, phase)
      case 'reconnecting':
        return this.add('warn', connection, phase)
      case 'refused':
        return this.add('error', connection, phase)
      case 'offline':
        return this.add(phase.cause === null ? 'info' : 'error', connection, phase)
    }
  }

  read(): void {
    this.unread.value = 0
  }
}
