// Which resolved topics a change of subscriptions puts out of date: counters that only grow, by the first one and two levels.
// A topic's stamp is the sum of its counters; equal stamp = nothing that concerns it has changed. Hashed: a collision only resolves once too often.

const SLOTS = 4096

export class Branches {
  readonly #counters: Float64Array = new Float64Array(SLOTS)
  #root = 0

  /** The slots of a topic or filter: of its first level, and of its first two levels, -1 when it has but one. */
  slots(levels: readonly string[]): [number, number] {
    return [hashText(levels[0]!) & (SLOTS - 1), levels.length > 1 ? hashText(`${levels[0]}/${levels[1]}`) & (SLOTS - 1) : -1]
  }

  /** Grows when anything changed that topics with these slots depend on. */
  stamp(branch1: number, branch2: number): number {
    return this.#root + this.#counters[branch1]! + this.#counters[branch2]!
  }

  /** Everything is out of date. */
  touchAll(): void {
    this.#root++
  }

  /** A filter with wildcards came, went or changed. */
  touch(levels: readonly string[]): void {
    const wild = levels.findIndex((level) => level === '+' || level === '#')
    const [one, two] = this.slots(levels)
    // `a/#` also matches `a`, `a/b/#` matches `a/b`: the counter of the literal levels before the wildcard covers both
    if (wild === 0) this.#root++
    else if (wild === 1 || two < 0) this.#counters[one]!++
    else this.#counters[two]!++
  }
}

function hashText(text: string): number {
  let hash = text.length
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash ^ (hash >>> 15)
}
