// A packet that lives on: a copy of a dissected frame with its rows, asked for values by field name.
// The library's view; printers read the borrowed packet itself.

import { keptFrame } from '../capture/captured-frame.ts'
import type { Frame } from '../capture/frame.ts'
import { etherText, ipv4Text, ipv6Text } from '../dissect/address-text.ts'
import { FIELDS, type Field } from '../dissect/field.ts'
import { identifierText } from '../dissect/object-identifiers.ts'
import type { Packet } from '../dissect/packet.ts'
import { Columns } from '../dissect/packet.ts'
import { type GivenValue, ROOT, Rows } from '../dissect/rows.ts'
import { bytesOf, readValue } from '../dissect/value.ts'

/** Numbers, true and false, texts (addresses too), bytes, 64-bit numbers beyond 2^53; times in seconds. A mark without value is true. */
export type FieldValue = number | boolean | string | bigint | Uint8Array

/** One line of a packet's tree. */
export interface PacketNode {
  /** Wireshark's field name; '' for a line that only groups others. */
  readonly name: string
  /** What Wireshark calls it: `Topic`. */
  readonly label: string
  readonly value: FieldValue | null
  /** Its bytes; empty when it was concluded. */
  readonly bytes: Uint8Array
  readonly children: readonly PacketNode[]
}

export class KeptPacket implements Packet {
  readonly frame: Frame
  readonly rows: Rows
  readonly columns: Columns = new Columns()
  readonly protocols: string

  /** Copies all of a borrowed packet. */
  constructor(packet: Packet) {
    this.frame = keptFrame(packet.frame)
    this.rows = copied(packet.rows, this.frame.bytes)
    this.columns.source = packet.columns.source
    this.columns.destination = packet.columns.destination
    this.columns.protocol = packet.columns.protocol
    this.columns.info = packet.columns.info
    this.protocols = packet.protocols
  }

  /** From 1, in the order of the file. */
  get number(): number {
    return this.frame.number
  }

  /** Milliseconds since 1970, with fractions. */
  get time(): number {
    return this.frame.seconds * 1000 + this.frame.nanoseconds / 1e6
  }

  /** The first value of a field such as `mqtt.topic`; null when the packet has none. */
  field(name: string): FieldValue | null {
    const { rows } = this
    for (let row = 0; row < rows.count; row++) {
      const field = FIELDS[rows.field[row]!]!
      if (field.name === name) return plainValue(field, readValue(rows, row))
    }
    return null
  }

  /** All values of a field, in order: a frame may hold several messages. */
  fields(name: string): FieldValue[] {
    const { rows } = this
    const values: FieldValue[] = []
    for (let row = 0; row < rows.count; row++) {
      const field = FIELDS[rows.field[row]!]!
      if (field.name === name) values.push(plainValue(field, readValue(rows, row)))
    }
    return values
  }

  /** The protocols of the packet from the outside in, with all their fields. */
  tree(): readonly PacketNode[] {
    const { rows } = this
    const roots: PacketNode[] = []
    const childrenOf: PacketNode[][] = []
    for (let row = 0; row < rows.count; row++) {
      const field = FIELDS[rows.field[row]!]!
      const children: PacketNode[] = []
      childrenOf.push(children)
      const value = readValue(rows, row)
      const isGroup = field.type === 'protocol' || field.name === ''
      const label = field.name === '' ? (rows.textOf(row) ?? '') : field.label
      const parent = rows.parent[row]!
      const siblings = parent === ROOT ? roots : childrenOf[parent]!
      siblings.push({ name: field.name, label, value: isGroup ? null : plainValue(field, value), bytes: bytesOf(rows, row), children })
    }
    return roots
  }
}

function plainValue(field: Field, value: GivenValue | null): FieldValue {
  if (value === null) return true
  switch (field.type) {
    case 'boolean':
      return value !== 0
    case 'ipv4':
      return typeof value === 'number' ? ipv4Text(value) : value
    case 'ipv6':
      return value instanceof Uint8Array ? ipv6Text(value) : value
    case 'ether':
      return value instanceof Uint8Array ? etherText(value) : value
    case 'oid':
      return value instanceof Uint8Array ? identifierText(value) : value
    case 'absolute_time':
    case 'relative_time':
      return typeof value === 'bigint' || typeof value === 'number' ? Number(value) / 1e9 : value
    default:
      return value
  }
}

function copied(rows: Rows, frame: Uint8Array): Rows {
  const copy = new Rows()
  copy.reset(frame)
  for (let i = 1; i < rows.sources.length; i++) copy.addSource(new Uint8Array(rows.sources[i]!), rows.sourceNames[i]!)
  for (let row = 0; row < rows.count; row++) {
    const given = rows.value[row]!
    const [field, source, start, length, parent] = [rows.field[row]!, rows.source[row]!, rows.start[row]!, rows.length[row]!, rows.parent[row]!]
    if (given < 0) copy.add(field, source, start, length, parent)
    else {
      const value = rows.given[given]!
      copy.addGiven(field, source, start, length, parent, value instanceof Uint8Array ? new Uint8Array(value) : value)
    }
    const text = rows.textOf(row)
    if (text !== null) copy.setText(row, text)
  }
  return copy
}
