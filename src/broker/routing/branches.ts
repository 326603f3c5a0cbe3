// Which resolved topics a change of subscriptions puts out of date: counters that only grow, by the first one and two levels, or the second.
// A topic's stamp is the sum of its counters; equal stamp = nothing that concerns it has changed. Hashed: a collision only resolves once too often.

const SLOTS = 4096

export class Branches {
  readonly #counters: Float64Array = new Float64Array(SLOTS)
  #root = 0

  /** The slots of a topic: of its first level, of its first two levels, and of `+/` and its second level. With one level all are the same. */
  slots(levels: readonly string[]): readonly [number, number, number] {
    const one = slotOf(levels[0]!)
    return levels.length === 1 ? [one, one, one] : [one, slotOf(`${levels[0]}/${levels[1]}`), slotOf(`+/${levels[1]}`)]
  }

  /** Grows when anything changed that topics with these slots depend on. */
  stamp(branch1: number, branch2: number, branch3: number): number {
    return this.#root + this.#counters[branch1]! + this.#counters[branch2]! + this.#counters[branch3]!
  }

  /** Everything is out of date. */
  touchAll(): void {
    this.#root++
  }

  /** A filter with wildcards came, went or changed. */
  touch(levels: readonly string[]): void {
    const wild = levels.findIndex((level) => level === '+' || level === '#')
    const second = levels[1] ?? '#'
    // `a/#` also matches `a`, `a/b/#` matches `a/b`: the counter of the literal levels before the wildcard covers both
    if (wild > 1) this.#counters[slotOf(`${levels[0]}/${second}`)]!++
    else if (wild === 1) this.#counters[slotOf(levels[0]!)]!++
    else if (levels[0] === '+' && second !== '+' && second !== '#') this.#counters[slotOf(`+/${second}`)]!++
    else this.#root++
  }
}

function slotOf(text: string): number {
  return hashText(text) & (SLOTS - 1)
}

function hashText(text: string): number {
  let hash = text.length
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash ^ (hash >>> 15)
}
