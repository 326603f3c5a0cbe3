// Topic levels as small numbers: text → id, counted, so that a level no tree node uses any more is forgotten and its id given out anew.
// Bounded by what is stored: looking a level up never adds it. Shared by the subscription tree and the retained messages.

import { readUtf8, utf8Length, writeUtf8 } from '../../wire/text.ts'

/** No such level. Ids begin at 1. */
export const UNKNOWN = 0

export class LevelTable {
  readonly #ids = new Map<string, number>()
  #texts: string[] = ['']
  /** Holders of each id; of a free one the next free one. */
  #holders: number[] = [0]
  #free = UNKNOWN

  /** Levels known. */
  get count(): number {
    return this.#ids.size
  }

  /** The id of a level that somebody holds, else UNKNOWN. */
  find(text: string): number {
    return this.#ids.get(text) ?? UNKNOWN
  }

  /** The id of a level, new if need be; to be given back with `release`. */
  hold(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) {
      this.#holders[known]!++
      return known
    }
    let id = this.#free
    const own = detached(text)
    if (id === UNKNOWN) {
      id = this.#texts.push(own) - 1
      this.#holders.push(1)
    } else {
      this.#free = this.#holders[id]!
      this.#texts[id] = own
      this.#holders[id] = 1
    }
    this.#ids.set(own, id)
    return id
  }

  /** One holder less; the last one frees the id. */
  release(id: number): void {
    if (--this.#holders[id]! > 0) return
    this.#ids.delete(this.#texts[id]!)
    this.#texts[id] = ''
    this.#holders[id] = this.#free
    this.#free = id
    if (this.#ids.size > 0) return
    this.#texts = ['']
    this.#holders = [0]
    this.#free = UNKNOWN
  }

  /** The text of an id in use. */
  text(id: number): string {
    return this.#texts[id]!
  }
}

/** The same text in memory of its own: a part of a long name may keep the whole name alive. */
function detached(text: string): string {
  if (text.length < 13) return text
  const bytes = new Uint8Array(utf8Length(text))
  writeUtf8(text, bytes, 0)
  return readUtf8(bytes, 0, bytes.length, false)
}
