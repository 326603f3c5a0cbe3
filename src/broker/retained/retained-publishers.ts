// Who published what is retained, as numbers: a client's name once, however many messages it left.
// Counted by message; 0 is the broker itself.

/** Both null for the broker itself. */
export interface RetainedPublisher {
  readonly clientId: string | null
  readonly userName: string | null
}

const ITSELF: RetainedPublisher = { clientId: null, userName: null }

interface Entry extends RetainedPublisher {
  readonly key: string
  messages: number
}

export class RetainedPublishers {
  readonly #numbers = new Map<string, number>()
  readonly #entries: (Entry | null)[] = [null]
  readonly #free: number[] = []

  /** How many are known, the broker itself not counted. */
  get count(): number {
    return this.#numbers.size
  }

  /** The number of a publisher, for one message more. */
  hold(clientId: string | null, userName: string | null): number {
    if (clientId === null) return 0
    const key = userName === null ? clientId : `${clientId}\n${clientId.length} ${userName}`
    const known = this.#numbers.get(key)
    if (known !== undefined) {
      this.#entries[known]!.messages++
      return known
    }
    const number = this.#free.pop() ?? this.#entries.length
    this.#entries[number] = { clientId, userName, key, messages: 1 }
    this.#numbers.set(key, number)
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
    this.#numbers.delete(entry.key)
    this.#free.push(number)
  }
}
