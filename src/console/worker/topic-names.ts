// Topic Names as small numbers, for the columns of the recorder, with the last message of each.
// Names are never given back while the tab lives: a name costs its text once, whatever its messages.

export class TopicNames {
  readonly #ids = new Map<string, number>()
  readonly #names: string[] = []
  readonly #last: number[] = []

  idOf(topic: string): number {
    const known = this.#ids.get(topic)
    if (known !== undefined) return known
    const id = this.#names.push(topic) - 1
    this.#ids.set(topic, id)
    this.#last.push(-1)
    return id
  }

  /** -1 = never seen. */
  known(topic: string): number {
    return this.#ids.get(topic) ?? -1
  }

  nameOf(id: number): string {
    return this.#names[id] ?? ''
  }

  /** Sequence number of the last message; -1 = none. */
  lastOf(id: number): number {
    return this.#last[id] ?? -1
  }

  setLast(id: number, seq: number): void {
    this.#last[id] = seq
  }
}
