// How many of the kept messages are hidden, while the oldest are dropped and the store is read from both ends.
// message-list.ts adds what it leaves out.

export class HiddenCount {
  /** Rising, from `#from`. */
  #newer: number[] = []
  #from = 0
  /** Falling: found by reading backwards. */
  #older: number[] = []

  get count(): number {
    return this.#newer.length - this.#from + this.#older.length
  }

  addNewer(seq: number): void {
    this.#newer.push(seq)
  }

  addOlder(seq: number): void {
    this.#older.push(seq)
  }

  /** Messages before `first` are no longer kept. */
  forget(first: number): void {
    while (this.#older.length > 0 && this.#older.at(-1)! < first) this.#older.pop()
    while (this.#from < this.#newer.length && this.#newer[this.#from]! < first) this.#from++
    if (this.#from <= 65_536 || this.#from <= this.#newer.length / 2) return
    this.#newer = this.#newer.slice(this.#from)
    this.#from = 0
  }

  clear(): void {
    this.#newer = []
    this.#older = []
    this.#from = 0
  }
}
