// The messages that a test broker took and handed to its subscribers: published by clients, wills, or by the test itself.
// Fed at the moment of routing, so that a message is here when its publisher has the acknowledgement.

import type { Message } from '../client/message.ts'
import { UsageError } from '../wire/errors.ts'
import { isTopicFilter, topicMatchesFilter } from '../wire/mqtt/topics.ts'

export interface PublishedMessage {
  readonly message: Message
  /** Client Identifier of who published it; null = the test, by `broker.publish`. */
  readonly client: string | null
}

export class MessageLog implements Iterable<Message> {
  readonly #most: number
  #messages: PublishedMessage[] = []
  readonly #listeners = new Set<(published: PublishedMessage) => void>()

  /** Keeps the last `most`. */
  constructor(most: number) {
    this.#most = most
  }

  get length(): number {
    return this.#messages.length
  }

  at(index: number): Message | undefined {
    return this.#messages.at(index)?.message
  }

  /** Those whose topic matches a Topic Filter; all of them without one. @throws UsageError */
  matching(filter = '#', from: string | null = null): Message[] {
    const matches = topicMatcher(filter)
    return this.#messages.filter(({ message, client }) => matches(message.topic) && (from === null || client === from)).map(({ message }) => message)
  }

  [Symbol.iterator](): IterableIterator<Message> {
    return this.#messages.map(({ message }) => message)[Symbol.iterator]()
  }

  clear(): void {
    this.#messages = []
  }

  /** Library only. */
  add(message: Message, client: string | null): void {
    const published: PublishedMessage = { message, client }
    this.#messages.push(published)
    if (this.#messages.length > this.#most * 1.5) this.#messages = this.#messages.slice(-this.#most)
    for (const listener of this.#listeners) listener(published)
  }

  /** Calls `listener` with each message from now on; returns how to stop that. */
  listen(listener: (published: PublishedMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Topics that begin with `$` match a filter that does, and `#`, since somebody published there. @throws UsageError */
export function topicMatcher(filter: string): (topic: string) => boolean {
  if (!isTopicFilter(filter)) throw new UsageError(`Topic Filter '${filter}' is not a valid one`)
  return (topic) => filter === '#' || topicMatchesFilter(filter, topic)
}
