// The rows of a packet as a tree to walk: first child and next sibling of each, in the order in which they were added.
// One object per printer, refilled for each packet.

import { ROOT, type Rows } from '../dissect/rows.ts'

/** No further child or sibling. */
export const NO_ROW = -1

export class RowTree {
  #firstChild = new Int32Array(256)
  #lastChild = new Int32Array(256)
  #next = new Int32Array(256)
  /** First row at the root; NO_ROW when there is none. */
  first: number = NO_ROW

  fill({ count, parent }: Rows): void {
    if (this.#next.length < count) {
      this.#firstChild = new Int32Array(2 * count)
      this.#lastChild = new Int32Array(2 * count)
      this.#next = new Int32Array(2 * count)
    }
    this.#firstChild.fill(NO_ROW, 0, count)
    this.#next.fill(NO_ROW, 0, count)
    this.first = NO_ROW
    let lastRoot = NO_ROW
    for (let row = 0; row < count; row++) {
      const above = parent[row]!
      if (above === ROOT) {
        if (lastRoot === NO_ROW) this.first = row
        else this.#next[lastRoot] = row
        lastRoot = row
      } else {
        if (this.#firstChild[above] === NO_ROW) this.#firstChild[above] = row
        else this.#next[this.#lastChild[above]!] = row
        this.#lastChild[above] = row
      }
    }
  }

  child(row: number): number {
    return this.#firstChild[row]!
  }

  next(row: number): number {
    return this.#next[row]!
  }
}
