// One packet on its way between a client and a broker, as rules ask about it, and who tells them.
// Dissecting is the affair of whoever implements it (testing/, a proxy): rules ask only when there are any.

import type { LayeredPacket } from '../filter/row-lists.ts'
import type { BentLink } from '../net/link-faults.ts'

/** Who sent a packet. */
export type Side = 'client' | 'broker'

/** What became of a packet; null = it went its way. */
export type Fate = 'dropped' | 'delayed' | 'duplicated' | 'cut' | 'silenced' | 'changed'

export interface PassingPacket {
  readonly from: Side
  /** Control Packet type, by its first byte. */
  readonly type: number
  /** For display filters. Read at once: it is dissected when it is asked for. */
  readonly layered: LayeredPacket
  /** Client Identifier of its connection; null before CONNECT, and before an identifier that was not given is assigned. */
  readonly client: string | null
  /** Topic Name of a PUBLISH, its alias resolved, and of the PUBLISH that an acknowledgement answers; null for others. */
  readonly topic: string | null
  /** Written by the rule that acts on it. */
  fate: Fate | null
}

/** Sees every packet of a connection, in order, whether there are rules or not. */
export interface ConnectionWitness {
  /** `bytes` are the witness's own. */
  packet(from: Side, bytes: Uint8Array): PassingPacket
  /** Of the client; null as `PassingPacket.client`. */
  readonly client: string | null
  ended(): void
}

/** What a witness asks of a link. */
export type WitnessedLink = Pick<BentLink, 'peer' | 'isDialled' | 'midway'>

export interface Witness {
  /** Null: it cannot tell what passes there, so nothing is done to it. */
  begin(link: WitnessedLink): ConnectionWitness | null
}

/** Time for delays: real or moved by hand. */
export interface FaultTimers {
  now(): number
  /** Calls `action` once, `ms` from now. */
  after(ms: number, action: () => void): void
}
