// Sees the packets of a running broker while there are faults: keeps none, and knows connections that were open before.
// What such a connection has said is told to the reader once more, as far as it explains what follows: who it is, its version, its Topic Aliases.

import type { Peer } from '../base/link.ts'
import { encodePacket } from '../wire/mqtt/encode.ts'
import { type Packet, PacketType, type ProtocolVersion } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import { PacketReader, type ReadConnection, type ReadPacket } from './packet-reader.ts'
import type { ConnectionWitness, Fate, PassingPacket, Side, Witness, WitnessedLink } from './passing-packet.ts'

/** An open connection, as the broker knows it. */
export interface KnownConnection {
  readonly clientId: string
  readonly version: ProtocolVersion
  /** Topic Names by alias, of each side. */
  readonly aliases: Readonly<Record<Side, ReadonlyMap<number, string>>>
}

export class LiveWitness implements Witness {
  readonly #reader = new PacketReader()
  readonly #knownAt: (peer: Peer) => KnownConnection | null
  readonly #now: () => bigint

  /** `knownAt`: null when the client has not logged in. `now` in nanoseconds since 1970. */
  constructor(knownAt: (peer: Peer) => KnownConnection | null, now: () => bigint) {
    this.#knownAt = knownAt
    this.#now = now
  }

  begin(link: WitnessedLink): ConnectionWitness | null {
    if (link.isDialled) return null
    const before = link.midway()
    const read = this.#reader.begin(link.peer)
    if (before === null || (before[0] ?? 0) >> 4 === PacketType.Connect) return new LiveConnection(read, this.#now)
    const known = this.#knownAt(link.peer)
    if (known === null) return null
    this.#recall(read, known)
    return new LiveConnection(read, this.#now)
  }

  #recall(read: ReadConnection, { clientId, version, aliases }: KnownConnection): void {
    const say = (from: Side, packet: Packet): void => void read.packet(from, encodePacket(packet, version), this.#now())
    say('client', {
      type: PacketType.Connect,
      version,
      bridge: false,
      cleanStart: false,
      keepAlive: 0,
      clientId,
      will: null,
      userName: null,
      password: null,
      properties: NO_PROPERTIES,
    })
    say('broker', { type: PacketType.Connack, sessionPresent: true, reasonCode: 0, properties: NO_PROPERTIES })
    for (const from of ['client', 'broker'] as const)
      for (const [topicAlias, topicName] of aliases[from])
        say(from, {
          type: PacketType.Publish,
          topicName,
          payload: new Uint8Array(0),
          qos: 0,
          retain: false,
          dup: false,
          packetId: 0,
          properties: { topicAlias },
        })
  }
}

class LiveConnection implements ConnectionWitness {
  readonly #read: ReadConnection
  readonly #now: () => bigint

  constructor(read: ReadConnection, now: () => bigint) {
    this.#read = read
    this.#now = now
  }

  get client(): string | null {
    return this.#read.client
  }

  packet(from: Side, bytes: Uint8Array): LivePacket {
    return new LivePacket(from, bytes[0]! >> 4, this.#read.packet(from, bytes, this.#now()))
  }

  ended(): void {
    this.#read.ended(this.#now())
  }
}

/** A packet that passes now. */
export class LivePacket implements PassingPacket {
  readonly from: Side
  readonly type: number
  fate: Fate | null = null
  readonly #read: ReadPacket

  constructor(from: Side, type: number, read: ReadPacket) {
    this.from = from
    this.type = type
    this.#read = read
  }

  get layered(): PassingPacket['layered'] {
    return this.#read.kept
  }

  get client(): string | null {
    return this.#read.client
  }

  get topic(): string | null {
    return this.#read.topic
  }

  /** 0 = it has none. */
  get packetId(): number {
    const packet = this.#read.message?.packet ?? null
    return packet !== null && 'packetId' in packet ? packet.packetId : 0
  }

  /** As Wireshark's Info column. */
  get info(): string {
    return this.#read.kept.columns.info
  }
}
