// Texts that many records share, each kept once and known by its number.
// Who drops records says now and then which texts are still used: the others go, and those that stay get new numbers.

export class TextTable {
  #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  get size(): number {
    return this.#texts.length
  }

  /** `most`: when so many are known, an ellipsis stands for all others. */
  number(text: string, most: number = Number.POSITIVE_INFINITY): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    if (this.size >= most && text !== '…') return this.number('…')
    const number = this.#texts.push(text) - 1
    this.#numbers.set(text, number)
    return number
  }

  /** '' for a number that nobody was given. */
  text(number: number): string {
    return this.#texts[number] ?? ''
  }

  /** Keeps the texts that `used` marks. Returns the new number of each old one; of those that are gone 0. */
  keep(used: (mark: (number: number) => void) => void): Uint32Array {
    const old = this.#texts
    const isUsed = new Uint8Array(old.length)
    used((number) => {
      isUsed[number] = 1
    })
    const renumbered = new Uint32Array(old.length)
    this.#texts = []
    this.#numbers.clear()
    for (const [number, text] of old.entries()) if (isUsed[number] === 1) renumbered[number] = this.number(text)
    return renumbered
  }
}
