// The result of dissecting one frame: a tree of rows in integers, filled without making objects. ● hot
// A row says which field, in which bytes, where, how long, below which row. Values are read from the bytes on demand (value.ts).

/** A generated or converted value that does not stand in the bytes as its field's type would read it. Times are nanoseconds. */
export type GivenValue = number | bigint | string | Uint8Array

const FIRST_CAPACITY = 256

/** Row number of "no parent". */
export const ROOT = -1

export class Rows {
  count = 0
  /** What rows without a parent stand below: ROOT, or the row of an ICMP message while what it quotes is dissected. */
  top: number = ROOT
  /** Field id; see field.ts. */
  field: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** Index in `sources`. */
  source: Int32Array = new Int32Array(FIRST_CAPACITY)
  start: Int32Array = new Int32Array(FIRST_CAPACITY)
  length: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** Row number, ROOT for a protocol. A parent stands before its children. */
  parent: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** -1: read from the bytes; else index in `given`. */
  value: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** Byte sources: 0 is the frame; others are reassembled, unmasked or decrypted bytes. Borrowed for the life of the packet. */
  readonly sources: Uint8Array[] = []
  readonly sourceNames: string[] = []
  readonly given: GivenValue[] = []
  /** Tree texts that the field's table cannot make, by row. */
  readonly #texts = new Map<number, string>()

  /** Forgets everything and begins with a frame's bytes as source 0. */
  reset(frame: Uint8Array): void {
    this.count = 0
    this.top = ROOT
    // Setting a length costs more than asking for it.
    if (this.sources.length > 1) {
      this.sources.length = 1
      this.sourceNames.length = 1
    }
    this.sources[0] = frame
    this.sourceNames[0] = 'Frame'
    if (this.given.length > 0) this.given.length = 0
    if (this.#texts.size > 0) this.#texts.clear()
  }

  /** A further byte source, named as Wireshark names its tabs, such as `Reassembled TCP`. Returns its index. */
  addSource(bytes: Uint8Array, name: string): number {
    this.sources.push(bytes)
    this.sourceNames.push(name)
    return this.sources.length - 1
  }

  /** A row whose value stands in the bytes. Returns its number. */
  add(field: number, source: number, start: number, length: number, parent: number): number {
    const row = this.count++
    if (row === this.field.length) this.#grow()
    this.field[row] = field
    this.source[row] = source
    this.start[row] = start
    this.length[row] = length
    this.parent[row] = parent === ROOT ? this.top : parent
    this.value[row] = -1
    return row
  }

  /** A row with a value of its own: generated, converted or looked up. Length 0 and start -1 when it has no bytes. */
  addGiven(field: number, source: number, start: number, length: number, parent: number, value: GivenValue): number {
    const row = this.add(field, source, start, length, parent)
    this.value[row] = this.given.length
    this.given.push(value)
    return row
  }

  /** The whole line of the tree, without brackets, bits or indentation; made only when `demand.text` says that someone reads it. */
  setText(row: number, text: string): void {
    this.#texts.set(row, text)
  }

  /** The line given by `setText`; null = label and value as the field's table says. */
  textOf(row: number): string | null {
    return this.#texts.get(row) ?? null
  }

  #grow(): void {
    const size = this.field.length * 2
    this.field = grown(this.field, size)
    this.source = grown(this.source, size)
    this.start = grown(this.start, size)
    this.length = grown(this.length, size)
    this.parent = grown(this.parent, size)
    this.value = grown(this.value, size)
  }
}

function grown(old: Int32Array, size: number): Int32Array {
  const bigger = new Int32Array(size)
  bigger.set(old)
  return bigger
}
