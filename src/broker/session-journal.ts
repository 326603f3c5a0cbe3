// The stored side of one session that outlives its connection: numbers of its messages, and what becomes of them.
// Packet Identifiers follow the numbers (session/outgoing-publishes.ts), so that they are the same after a restart of the broker.

import type { Slab } from '../base/slab.ts'
import type { MessageMarks } from '../session/outgoing-publishes.ts'
import type { Qos } from '../wire/mqtt/packet.ts'
import type { PublishRun, WireVersion } from '../wire/mqtt/publish-run.ts'
import { DoneReason } from './ports.ts'
import type { StoredMessages } from './stored-messages.ts'

/**
 * Numbers left out after a restart: a message may have gone out under a number that was not stored any more, and its receiver may hold that
 * Packet Identifier.
 */
export const RESTART_GAP = 4096

/** A message that was sent before the restart and is not acknowledged. */
export interface RestoredMessage {
  readonly number: number
  /** Where its packet lies, with one reference; null when its PUBREC has come. */
  readonly slab: Slab | null
  readonly at: number
  readonly end: number
  readonly version: WireVersion
  readonly qos: Qos
  readonly retain: 0 | 1
  readonly identifiers: readonly number[] | null
  /** Milliseconds of the broker's clock; Infinity without Message Expiry Interval. */
  readonly expires: number
}

export class SessionJournal implements MessageMarks {
  readonly session: number
  /** The number that the next message gets. */
  next = 1
  /** Oldest first; taken at the first connection after a restart. */
  restored: RestoredMessage[] = []
  readonly #stored: StoredMessages
  readonly #hold: (ticket: number) => void

  /** `hold` lets what the connection is told next wait for a ticket. */
  constructor(session: number, stored: StoredMessages, hold: (ticket: number) => void) {
    this.session = session
    this.#stored = stored
    this.#hold = hold
  }

  /** Packets [from, to) of the run being delivered are going to be sent, now or later; returns the number of the first. */
  accept(run: PublishRun, from: number, to: number, qos: Qos, retain: 0 | 1, identifiers: readonly number[] | null): number {
    const first = this.next
    this.next = first + to - from
    this.#stored.add(this.session, from - run.from, to - run.from, first, qos, retain, identifiers)
    return first
  }

  lost(first: number, count: number, reason: DoneReason): void {
    this.#stored.lost(this.session, first, count, reason)
  }

  /**
   * Messages below `upTo` are written next. QoS 2 leaves when it is stored: after a crash its publisher would send it again, and it would come twice.
   * QoS 1 waits only for what will make it a DUP.
   */
  sending(upTo: number, qos: Qos): void {
    const { persistence } = this.#stored
    const before = persistence.ticket
    persistence.sent(this.session, upTo)
    if (qos < 2 && persistence.ticket === before) return
    const { ticket } = this.#stored
    if (ticket > persistence.durableUpTo) this.#hold(ticket)
  }

  done(first: number, count: number): void {
    this.#stored.persistence.done(this.session, first, count, DoneReason.Acknowledged)
  }

  /** PUBREL may leave once nobody will send the PUBLISH again. */
  received(first: number, count: number): void {
    const { persistence } = this.#stored
    persistence.received(this.session, first, count)
    if (persistence.ticket > persistence.durableUpTo) this.#hold(persistence.ticket)
  }

  forget(): void {
    this.#stored.forget(this.session)
  }
}
