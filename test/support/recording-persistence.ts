// A store that keeps nothing but a line for each thing it was told, and becomes durable when the test says so.
// Tickets count the lines.

import type { DoneReason, PacketFacts, Persistence, RecipientFacts, SessionFacts, SubscriptionFacts, WillEnd } from '../../src/broker/ports.ts'
import { topicOf } from '../../src/store/packets.ts'
import { DONE_REASONS } from '../../src/store/record-types.ts'
import type { TestBroker } from './test-broker.ts'

export class RecordingPersistence implements Persistence {
  isFull = false
  durableUpTo = 0
  ticket = 0
  /** Packets told so far. */
  messages = 0
  #lines: string[] = []
  #sessions = 0
  #depth = 0

  /** Lines since the last call. */
  lines(): string[] {
    return this.#lines.splice(0)
  }

  /** All that was told is durable, or what was up to a ticket. */
  commit({ broker }: Pick<TestBroker, 'broker'>, upTo: number = this.ticket): void {
    this.durableUpTo = upTo
    broker.committed(upTo)
  }

  newSession(): number {
    return ++this.#sessions
  }

  together(work: () => void): void {
    this.#depth++
    work()
    this.#depth--
  }

  session({ session, clientId, expiryInterval, detachedAt }: SessionFacts): void {
    this.#tell(`session ${session} ${clientId} ${detachedAt === 0 ? 'on' : 'off'} ${expiryInterval}`)
  }

  sessionEnded(session: number): void {
    this.#tell(`ended ${session}`)
  }

  subscribed({ session, topicFilter, qos }: SubscriptionFacts): void {
    this.#tell(`subscribed ${session} ${topicFilter} q${qos}`)
  }

  unsubscribed(session: number, topicFilter: string): void {
    this.#tell(`unsubscribed ${session} ${topicFilter}`)
  }

  message(packets: PacketFacts, recipients: readonly RecipientFacts[], retainedTopic: string | null): void {
    this.messages += packets.count
    const who = recipients.map(({ session, from, to, first, qos, retain }) => ` →${session} ${from}-${to} n${first} q${qos}r${retain}`).join('')
    this.#tell(`message ${topicOf(packets)} ×${packets.count}${who}${retainedTopic === null ? '' : ` retained`}`)
  }

  retainedCleared(topicName: string): void {
    this.#tell(`cleared ${topicName}`)
  }

  /** Not waited for by anybody, hence without a ticket. */
  done(session: number, first: number, count: number, reason: DoneReason): void {
    this.#lines.push(`done ${session} n${first}×${count} ${DONE_REASONS[reason]}`)
  }

  sent(session: number, upTo: number): void {
    this.#lines.push(`sent ${session} <${upTo}`)
  }

  received(session: number, first: number, count: number): void {
    this.#tell(`received ${session} n${first}×${count}`)
  }

  unreleased(session: number, packets: PacketFacts, ranges: readonly number[]): void {
    this.#tell(`unreleased ${session} ${topicOf(packets)} ${ranges.join('+')}`)
  }

  released(session: number, packetIds: readonly number[]): void {
    this.#tell(`released ${session} ${packetIds.join(' ')}`)
  }

  will(session: number, delay: number, packets: PacketFacts): void {
    this.#tell(`will ${session} ${topicOf(packets)} ${delay}`)
  }

  willEnded(session: number, how: WillEnd): void {
    this.#tell(`will ended ${session} ${how === 0 ? 'removed' : 'published'}`)
  }

  /** Lines of one group are marked. */
  #tell(line: string): void {
    this.ticket++
    this.#lines.push(this.#depth > 0 ? `[${line}]` : line)
  }
}
