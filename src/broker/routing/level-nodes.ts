// Nodes of a tree of Topic levels, all in one Int32Array, and the table that finds a node's child by level id.
// A node is the place of its record. What the fields behind the first two mean is the owner's affair: subscription-tree.ts, retained.ts.
//
//   records  | root ... | parent, level id, owner's fields ... | parent, level id, ... |
//   slots    | 0 | node | 0 | node | node | ...   open addressing by (parent, level id), moved to a larger table little by little

/** The root is nobody's child: in slots and in owners' fields 0 means "none". */
export const ROOT = 0
export const NONE = 0

/** The first two fields of every record. */
export const PARENT = 0
export const LEVEL = 1

const FIRST_NODES = 64
const FIRST_SLOTS = 64
/** Slots of the old table moved to the new one at each change while the table grows: no change takes long. */
const MOVED_AT_A_TIME = 64
/** In the old table: here was a node. */
const GONE = -1
/** Above this many fields memory grows by a quarter, not to the double. */
const LARGE = 1 << 18

export class LevelNodes {
  /** Replaced when it grows: never keep it across `take` or `release`. */
  records: Int32Array
  /** Nodes in use, the root among them. */
  count = 1
  readonly #stride: number
  #slots: Int32Array = new Int32Array(FIRST_SLOTS)
  /** While the table grows: the smaller one, of which the slots below `#moved` are in the other one, too. */
  #old: Int32Array | null = null
  #moved = 0
  #linked = 0
  #end: number
  /** The first free record; they are chained by their first field. */
  #free = NONE

  /** `stride` is how many fields a record has. */
  constructor(stride: number) {
    this.#stride = stride
    this.records = new Int32Array(FIRST_NODES * stride)
    this.#end = stride
  }

  /** Bytes of all arrays. */
  get bytes(): number {
    return this.records.byteLength + this.#slots.byteLength + (this.#old?.byteLength ?? 0)
  }

  /** Where records end that were ever used: for walking over all of them. */
  get end(): number {
    return this.#end
  }

  /** A new node, its other fields 0; not yet to be found by `find`. */
  take(parent: number, level: number): number {
    let node = this.#free
    if (node !== NONE) {
      this.#free = this.records[node]!
      this.records.fill(0, node, node + this.#stride)
    } else {
      node = this.#end
      if (node + this.#stride > this.records.length) this.#growRecords()
      this.#end += this.#stride
    }
    this.records[node + PARENT] = parent
    this.records[node + LEVEL] = level
    this.count++
    return node
  }

  /** Gives a node back; it must not be linked, and nothing may refer to it. With the last one all memory is given back. */
  release(node: number): void {
    this.count--
    if (this.count === 1) {
      this.records = new Int32Array(FIRST_NODES * this.#stride)
      this.#slots = new Int32Array(FIRST_SLOTS)
      this.#old = null
      this.#linked = 0
      this.#end = this.#stride
      this.#free = NONE
      return
    }
    this.records.fill(0, node, node + this.#stride)
    this.records[node] = this.#free
    this.#free = node
  }

  /** The linked child of a node at this level, or NONE. */
  find(parent: number, level: number): number {
    const hashed = hash(parent, level)
    const node = this.#search(this.#slots, hashed, parent, level)
    return node !== NONE || this.#old === null ? node : this.#search(this.#old, hashed, parent, level)
  }

  /** From now on `find` finds it. */
  link(node: number): void {
    if (this.#old !== null) this.#move(this.#old, MOVED_AT_A_TIME)
    if (++this.#linked * 5 > this.#slots.length * 3) {
      if (this.#old !== null) this.#move(this.#old, this.#old.length)
      this.#old = this.#slots
      this.#moved = 0
      this.#slots = new Int32Array(this.#slots.length * 2)
    }
    this.#place(node)
  }

  /** `find` finds it no more. */
  unlink(node: number): void {
    this.#linked--
    if (this.#old !== null) {
      const slot = this.#slotOf(this.#old, node)
      if (slot >= 0) this.#old[slot] = GONE
    }
    const slot = this.#slotOf(this.#slots, node)
    if (slot >= 0) this.#empty(slot)
    if (this.#old !== null) this.#move(this.#old, MOVED_AT_A_TIME)
  }

  #search(slots: Int32Array, hashed: number, parent: number, level: number): number {
    const records = this.records
    const mask = slots.length - 1
    for (let slot = hashed & mask; ; slot = (slot + 1) & mask) {
      const node = slots[slot]!
      if (node === NONE || (node !== GONE && records[node + PARENT] === parent && records[node + LEVEL] === level)) return node
    }
  }

  #slotOf(slots: Int32Array, node: number): number {
    const mask = slots.length - 1
    for (let slot = this.#home(node); ; slot++) {
      const found = slots[slot & mask]!
      if (found === node) return slot & mask
      if (found === NONE) return -1
    }
  }

  /** What was displaced by a node moves up, so no marks of what was gather. */
  #empty(hole: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = (hole + 1) & mask; slots[slot] !== NONE; slot = (slot + 1) & mask) {
      const distance = (slot - this.#home(slots[slot]!)) & mask
      if (distance < ((slot - hole) & mask)) continue // it would come before its home
      slots[hole] = slots[slot]!
      hole = slot
    }
    slots[hole] = NONE
  }

  #move(old: Int32Array, count: number): void {
    const end = Math.min(this.#moved + count, old.length)
    for (; this.#moved < end; this.#moved++) if (old[this.#moved]! > NONE) this.#place(old[this.#moved]!)
    if (end === old.length) this.#old = null
  }

  #home(node: number): number {
    return hash(this.records[node + PARENT]!, this.records[node + LEVEL]!)
  }

  #place(node: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = this.#home(node) & mask
    while (slots[slot] !== NONE) slot = (slot + 1) & mask
    slots[slot] = node
  }

  #growRecords(): void {
    const { length } = this.records
    const nodes = length / this.#stride
    const larger = new Int32Array((nodes + (length < LARGE ? nodes : nodes >> 2)) * this.#stride)
    larger.set(this.records)
    this.records = larger
  }
}

function hash(parent: number, level: number): number {
  let mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(level, 0x85ebca6b)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}
