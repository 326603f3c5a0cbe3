// The broker's retained messages, as the program around it sees them.
// Reads the store itself; what changes goes the way of all messages, so that subscribers and the journal learn of it.

import type { Broker } from '../../broker/broker.ts'
import { type RetainedMessage, retainedRun } from '../../broker/retained/retained-message.ts'
import { Message } from '../../client/message.ts'
import { UsageError } from '../../wire/errors.ts'
import { PublishRun } from '../../wire/mqtt/publish-run.ts'
import { hasWildcard, isShared, isTopicFilter } from '../../wire/mqtt/topics.ts'
import { messageOf } from './published-message.ts'

export class RetainedMessages {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** With those of `$SYS`. */
  get size(): number {
    return this.#broker.retainedCount
  }

  /** Null when the topic has none. */
  get(topic: string): Message | null {
    if (hasWildcard(topic)) throw new UsageError(`Topic Name '${topic}' has wildcards: use match`)
    return this.match(topic)[0] ?? null
  }

  /** All whose topic matches, as they are now; those of topics that begin with `$` only if the filter does. @throws UsageError for what is no Topic Filter */
  match(filter: string): Message[] {
    if (!isTopicFilter(filter) || isShared(filter)) throw new UsageError(`Topic Filter '${filter}' is not a valid one`)
    const now = this.#broker.clock.now()
    const cursor = this.#broker.retained.cursor(filter)
    const found: Message[] = []
    for (let message = cursor.next(now, Infinity); message !== null; message = cursor.next(now, Infinity)) found.push(this.#copy(message, now))
    return found
  }

  /** Deletes it as clients do, with an empty retained message, which subscribers get. False when there was none. */
  delete(topic: string): boolean {
    if (this.get(topic) === null) return false
    this.#broker.publish({ topicName: topic, payload: new Uint8Array(0), qos: 0, retain: true, properties: {} })
    return true
  }

  #copy(message: RetainedMessage, now: number): Message {
    const found = messageOf(retainedRun(message, now, new PublishRun(), this.#broker.limits.retainExpiryInterval))
    return new Message({ ...found, type: 3, topicName: found.topic, packetId: 0, retain: true, dup: false }, () => {})
  }
}
