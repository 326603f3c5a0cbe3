// Finds the rows of the fields that a filter reads, in one pass over a packet's rows, into lists that are used again. ● hot
// And which layer of its protocol a row belongs to.

import { FIELDS, type Field } from '../dissect/field.ts'
import type { Packet } from '../dissect/packet.ts'
import { ROOT, Rows } from '../dissect/rows.ts'

/** What the layers of a packet are told by. */
export type LayeredPacket = Pick<Packet, 'rows' | 'protocols'>

const NO_PACKET: LayeredPacket = { rows: new Rows(), protocols: '' }

/** One field of a filter, under all of its definitions. */
export class RowList {
  rows: Int32Array = new Int32Array(8)
  count = 0

  add(row: number): void {
    if (this.count === this.rows.length) {
      const bigger = new Int32Array(2 * this.count)
      bigger.set(this.rows)
      this.rows = bigger
    }
    this.rows[this.count++] = row
  }
}

export class RowLists {
  /** The packet of the last `collect`. */
  packet: LayeredPacket = NO_PACKET
  readonly #lists: RowList[] = []
  /** By field id: which list; -1 = none. */
  readonly #listOf: Int16Array = new Int16Array(FIELDS.length).fill(-1)

  /** The list of a field; the same one for the same field. */
  listOf(fields: readonly Field[]): RowList {
    const known = this.#listOf[fields[0]!.id]!
    if (known >= 0) return this.#lists[known]!
    const list = new RowList()
    for (const { id } of fields) this.#listOf[id] = this.#lists.length
    this.#lists.push(list)
    return list
  }

  collect(packet: LayeredPacket): void {
    this.packet = packet
    const lists = this.#lists
    const listOf = this.#listOf
    for (let i = 0; i < lists.length; i++) lists[i]!.count = 0
    const { count, field } = packet.rows
    for (let row = 0; row < count; row++) {
      const list = listOf[field[row]!]!
      if (list >= 0) lists[list]!.add(row)
    }
  }
}

/** A protocol's own row, at the root or quoted within an ICMP message. */
function isLayer(rows: Rows, row: number): boolean {
  if (rows.parent[row] === ROOT) return true
  const { type, id, protocol, name } = FIELDS[rows.field[row]!]!
  return type === 'protocol' && protocol === id && !name.startsWith('_ws.')
}

/**
 * The layer of a row's protocol that it belongs to, from 1, and how many layers of this protocol the packet has.
 * Messages that one call of a dissector found in a row share a layer; `frame.protocols` tells how many calls there were.
 */
export function layerOf({ rows, protocols }: LayeredPacket, row: number): { layer: number; count: number } {
  let top = row
  while (!isLayer(rows, top)) top = rows.parent[top]!
  const protocol = rows.field[top]!
  const { name } = FIELDS[protocol]!
  const calls = protocols.split(':').filter((called) => called === name).length
  let all = 0
  let runs = 0
  let [rank, run] = [0, 0]
  let before = -1
  for (let at = 0; at < rows.count; at++) {
    if (rows.field[at] !== protocol || !isLayer(rows, at)) continue
    all++
    if (before < 0 || rows.source[at] !== rows.source[before] || rows.start[at] !== rows.start[before]! + rows.length[before]!) runs++
    if (at === top) [rank, run] = [all, runs]
    before = at
  }
  return calls === 0 || calls >= all ? { layer: rank, count: all } : { layer: run, count: runs }
}
