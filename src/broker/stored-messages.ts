// What is about to be stored of the run that is being delivered: gathered recipient by recipient, told to the store as one message after it.
// Only there with persistence; what the store makes of it is store/.

import type { Qos } from '../wire/mqtt/packet.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { DoneReason, PacketFacts, Persistence, RecipientFacts } from './ports.ts'

interface Lost {
  readonly session: number
  readonly first: number
  readonly count: number
  readonly reason: DoneReason
}

export class StoredMessages {
  readonly persistence: Persistence
  /** Milliseconds of the calendar. */
  readonly wallNow: () => number
  #recipients: RecipientFacts[] = []
  /** Told after the message, for before it they would mean nothing. */
  #lost: Lost[] = []

  constructor(persistence: Persistence, wallNow: () => number) {
    this.persistence = persistence
    this.wallNow = wallNow
  }

  /** Of all that was told, and of the message that is being gathered. */
  get ticket(): number {
    return this.#recipients.length > 0 ? this.persistence.ticket + 1 : this.persistence.ticket
  }

  /** Packets [from, to) of the selected ones, counted from the first of them, wait for a session from now on. */
  add(session: number, from: number, to: number, first: number, qos: Qos, retain: 0 | 1, identifiers: readonly number[] | null): void {
    const last = this.#recipients.at(-1)
    if (
      last !== undefined &&
      last.session === session &&
      last.to === from &&
      last.first + last.to - last.from === first &&
      last.qos === qos &&
      last.retain === retain &&
      last.identifiers === identifiers
    )
      this.#recipients[this.#recipients.length - 1] = { ...last, to }
    else this.#recipients.push({ session, from, to, first, qos, retain, received: false, identifiers })
  }

  /** A session waits for these messages no more, and has not got them. */
  lost(session: number, first: number, count: number, reason: DoneReason): void {
    if (this.#recipients.length === 0) this.persistence.done(session, first, count, reason)
    else this.#lost.push({ session, first, count, reason })
  }

  /** The session is over: nothing waits for it. */
  forget(session: number): void {
    if (this.#recipients.length === 0) return
    this.#recipients = this.#recipients.filter((recipient) => recipient.session !== session)
    this.#lost = this.#lost.filter((lost) => lost.session !== session)
  }

  /** Tells the store what was added for the selected packets of `run`, and that the last of them is retained. Returns the ticket, 0 when there was nothing. */
  write(run: PublishRun, clientId: string | null, userName: string | null, retainedTopic: string | null, listener: string | null = null): number {
    const recipients = this.#recipients
    if (recipients.length === 0 && retainedTopic === null) return 0
    const packets = recipients.length === 0 ? this.lastOf(run, clientId, userName, listener) : this.packetsOf(run, clientId, userName, listener)
    this.persistence.message(packets, recipients, retainedTopic)
    const { ticket } = this.persistence
    recipients.length = 0
    for (const { session, first, count, reason } of this.#lost) this.persistence.done(session, first, count, reason)
    this.#lost.length = 0
    return ticket
  }

  /** The selected packets, which arrive now. Borrows their bytes. */
  packetsOf(run: PublishRun, clientId: string | null, userName: string | null, listener: string | null = null): PacketFacts {
    return this.#facts(run, run.start, run.count, clientId, userName, listener)
  }

  lastOf(run: PublishRun, clientId: string | null, userName: string | null, listener: string | null): PacketFacts {
    return this.#facts(run, run.starts[run.to - 1]!, 1, clientId, userName, listener)
  }

  #facts(
    { bytes, end, version, expiry }: PublishRun,
    start: number,
    count: number,
    clientId: string | null,
    userName: string | null,
    listener: string | null,
  ): PacketFacts {
    const arrivedAt = this.wallNow()
    const expiresAt = expiry < 0 ? 0 : arrivedAt + expiry * 1000
    return { bytes, start, end, version, count, arrivedAt, expiresAt, clientId, userName, listener }
  }
}
