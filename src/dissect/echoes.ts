// Echo requests (ping) that wait for their replies.
// Bounded: the oldest is forgotten.

const MOST_ECHOES = 4096

/** Echo requests by identifier, sequence number and ends: frame and time. */
export class Echoes {
  readonly #requests = new Map<string, { readonly frame: number; readonly seconds: number; readonly nanoseconds: number }>()

  ask(key: string, frame: { readonly number: number; readonly seconds: number; readonly nanoseconds: number }): void {
    if (this.#requests.size >= MOST_ECHOES)
      for (const oldest of this.#requests.keys()) {
        this.#requests.delete(oldest)
        break
      }
    this.#requests.set(key, { frame: frame.number, seconds: frame.seconds, nanoseconds: frame.nanoseconds })
  }

  answer(key: string): { readonly frame: number; readonly seconds: number; readonly nanoseconds: number } | null {
    return this.#requests.get(key) ?? null
  }
}
