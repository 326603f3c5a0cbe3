// Who published what is retained, as numbers: a client's name once, however many messages it left.
// Counted by message; 0 is the broker itself.

import type { Authorizer } from '../ports.ts'

/** All null for the broker itself. */
export interface RetainedPublisher {
  readonly clientId: string | null
  readonly userName: string | null
  /** Who decides what it may publish; null = the broker's own authoriser. */
  readonly authorizer: Authorizer | null
}

const ITSELF: RetainedPublisher = { clientId: null, userName: null, authorizer: null }

interface Entry extends RetainedPublisher {
  readonly key: string
  messages: number
}

export class RetainedPublishers {
  /** By authoriser, then by name. */
  readonly #numbers = new Map<Authorizer | null, Map<string, number>>()
  readonly #entries: (Entry | null)[] = [null]
  readonly #free: number[] = []

  /** How many are known, the broker itself not counted. */
  get count(): number {
    let count = 0
    for (const numbers of this.#numbers.values()) count += numbers.size
    return count
  }

  /** The number of a publisher, for one message more. */
  hold(clientId: string | null, userName: string | null, authorizer: Authorizer | null = null): number {
    if (clientId === null) return 0
    let numbers = this.#numbers.get(authorizer)
    if (numbers === undefined) this.#numbers.set(authorizer, (numbers = new Map()))
    const key = userName === null ? clientId : `${clientId}\n${clientId.length} ${userName}`
    const known = numbers.get(key)
    if (known !== undefined) {
      this.#entries[known]!.messages++
      return known
    }
    const number = this.#free.pop() ?? this.#entries.length
    this.#entries[number] = { clientId, userName, authorizer, key, messages: 1 }
    numbers.set(key, number)
    return number
  }

  of(number: number): RetainedPublisher {
    return this.#entries[number] ?? ITSELF
  }

  /** One message less. */
  release(number: number): void {
    const entry = this.#entries[number] ?? null
    if (entry === null || --entry.messages > 0) return
    this.#entries[number] = null
    this.#numbers.get(entry.authorizer)!.delete(entry.key)
    this.#free.push(number)
  }
}
