// The store behind the broker: what it found becomes the broker's, what happens goes to it, and what it says releases what waits.
// The broker knows it as a port (broker/ports.ts); files, records and recovery are store/.

import type { Log } from '../base/log.ts'
import type { Broker } from '../broker/broker.ts'
import type { DoneReason, PacketFacts, Persistence, RecipientFacts, SessionFacts, SubscriptionFacts, WillEnd } from '../broker/ports.ts'
import type { Store } from '../store/store.ts'

/** The store as the broker's port. Once it has failed it takes nothing and promises nothing: what waits for it waits for ever. */
export class StorePersistence implements Persistence {
  readonly #store: Store
  #taken = 0

  constructor(store: Store) {
    this.#store = store
  }

  get isFull(): boolean {
    return this.#store.journal.state === 'full'
  }

  get ticket(): number {
    return this.#isOpen ? this.#store.ticket : this.#store.ticket + this.#taken
  }

  get durableUpTo(): number {
    return this.#store.durableUpTo
  }

  newSession(): number {
    return this.#store.newSession()
  }

  together(work: () => void): void {
    if (this.#isOpen) this.#store.together(work)
    else work()
  }

  session(facts: SessionFacts): void {
    if (this.#isOpen) this.#store.session(facts)
  }

  sessionEnded(session: number): void {
    if (this.#isOpen) this.#store.sessionEnded(session)
  }

  subscribed(facts: SubscriptionFacts): void {
    if (this.#isOpen) this.#store.subscribed(facts)
  }

  unsubscribed(session: number, topicFilter: string): void {
    if (this.#isOpen) this.#store.unsubscribed(session, topicFilter)
  }

  message(packets: PacketFacts, recipients: readonly RecipientFacts[], retainedTopic: string | null): void {
    if (this.#isOpen) this.#store.message(packets, recipients, retainedTopic)
  }

  retainedCleared(topicName: string): void {
    if (this.#isOpen) this.#store.retainedCleared(topicName)
  }

  done(session: number, first: number, count: number, reason: DoneReason): void {
    if (this.#isOpen) this.#store.done(session, first, count, reason)
  }

  sent(session: number, upTo: number): void {
    if (this.#isOpen) this.#store.sent(session, upTo)
  }

  received(session: number, first: number, count: number): void {
    if (this.#isOpen) this.#store.received(session, first, count)
  }

  unreleased(session: number, packets: PacketFacts, ranges: readonly number[]): void {
    if (this.#isOpen) this.#store.unreleased(session, packets, ranges)
  }

  released(session: number, packetIds: readonly number[]): void {
    if (this.#isOpen) this.#store.released(session, packetIds)
  }

  will(session: number, delay: number, packets: PacketFacts): void {
    if (this.#isOpen) this.#store.will(session, delay, packets)
  }

  willEnded(session: number, how: WillEnd): void {
    if (this.#isOpen) this.#store.willEnded(session, how)
  }

  get #isOpen(): boolean {
    const { state } = this.#store.journal
    if (state === 'open' || state === 'full') return true
    this.#taken++
    return false
  }
}

/** Lets what the store says reach the broker, and its troubles the log. Its failure is for whoever can stop the program. */
export function followStore(broker: Broker, { journal }: Store, log: Log | null = null): void {
  journal.onDurable((upTo) => broker.committed(upTo))
  let wasFull = false
  const tell = (): void => {
    const isFull = journal.state === 'full'
    if (isFull) log?.write('error', `Error: No space left on the disk of the store: messages of QoS 1 and 2 are not taken until there is.`)
    else if (wasFull && journal.state === 'open') log?.write('notice', 'There is space on the disk of the store again.')
    wasFull = isFull
  }
  if (journal.state === 'full') tell()
  journal.onState(tell)
}
