// A queue that takes from the front in constant time: what waits to be sent, to be acknowledged, to be read.
// A plain array would move all its elements with each shift.

/** First in, first out; elements may also be removed from the middle, slowly. */
export class Fifo<T> {
  #items: T[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  /** The oldest; undefined when empty. */
  get first(): T | undefined {
    return this.#items[this.#head]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.#head === this.#items.length) return undefined
    this.#head++
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    } else this.#items[this.#head - 1] = undefined as T // lets the garbage collector have it; nobody reads before the head
    return item
  }

  /** Removes the first element for which `matches` holds; returns it. */
  remove(matches: (item: T) => boolean): T | undefined {
    for (let i = this.#head; i < this.#items.length; i++) if (matches(this.#items[i]!)) return this.#items.splice(i, 1)[0]
    return undefined
  }

  /** Takes everything out, oldest first. */
  drain(): T[] {
    const items = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    return items
  }
}
