// One MQTT packet that passed a test broker: what tests ask of it. ReadPacket when it is first asked.
// Its fields bear Wireshark's names; `zz.…` are ours. packet-log.ts makes and dissects it.

import type { FieldValue, PacketNode } from '../analyse/kept-packet.ts'
import type { ReadPacket } from '../faults/packet-reader.ts'
import type { Fate, PassingPacket, Side } from '../faults/passing-packet.ts'
import type { LayeredPacket } from '../filter/row-lists.ts'
import type { Packet } from '../wire/mqtt/packet.ts'

export class LoggedPacket implements PassingPacket {
  /** From 1, in the order in which packets passed. */
  readonly number: number
  readonly from: Side
  /** The whole packet as its sender said it. */
  readonly bytes: Uint8Array
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** What a fault did to it. */
  fate: Fate | null = null
  readonly #dissect: (packet: LoggedPacket) => ReadPacket

  constructor(number: number, from: Side, bytes: Uint8Array, time: bigint, dissect: (packet: LoggedPacket) => ReadPacket) {
    this.number = number
    this.from = from
    this.bytes = bytes
    this.time = time
    this.#dissect = dissect
  }

  /** Control Packet type. */
  get type(): number {
    return this.bytes[0]! >> 4
  }

  /** Client Identifier of the connection; null before it is known. */
  get client(): string | null {
    return this.#dissect(this).client
  }

  /** Topic Name of a PUBLISH, its alias resolved, and of the PUBLISH that an acknowledgement answers; null for others. */
  get topic(): string | null {
    return this.#dissect(this).topic
  }

  /** As Wireshark's Info column: `Publish Message (id=1) [a/b]`. */
  get info(): string {
    return this.#dissect(this).kept.columns.info
  }

  /** Decoded; null when it breaks the protocol. */
  get packet(): Packet | null {
    return this.#dissect(this).message?.packet ?? null
  }

  get layered(): LayeredPacket {
    return this.#dissect(this).kept
  }

  /** The first value of a field such as `mqtt.topic`; null when the packet has none. */
  field(name: string): FieldValue | null {
    return this.#dissect(this).kept.field(name)
  }

  /** All values of a field, in order. */
  fields(name: string): FieldValue[] {
    return this.#dissect(this).kept.fields(name)
  }

  /** All protocols with all their fields. */
  tree(): readonly PacketNode[] {
    return this.#dissect(this).kept.tree()
  }

  /** One line: `3 lamp > broker: Publish Message (id=1) [a/b], dropped`. */
  toString(): string {
    const client = this.client ?? 'client'
    const fate = this.fate === null ? '' : `, ${this.fate}`
    return `${this.number} ${this.from === 'client' ? `${client} > broker` : `broker > ${client}`}: ${this.info}${fate}`
  }

  /** For those who print what a test compared. */
  toJSON(): string {
    return this.toString()
  }
}
