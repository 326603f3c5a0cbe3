// One connection as the tap sees it: its peer, where its packets begin, and the two packets that explain all others.
// Readers that come later are told these two first.

import type { Peer } from '../../base/link.ts'
import type { Sender } from '../../capture/synthetic-connection.ts'
import type { LinkTap, TappedLink } from '../../net/link-tap.ts'
import { PacketBoundaries } from './packet-boundaries.ts'

/** A longer CONNECT is not kept: readers that come later do without. */
const LONGEST_KEPT = 4096

/** Who is told of the bytes; tap-hub.ts. */
export interface TapListener extends LinkTap {
  /** `boundary`: offset of the first byte that begins a packet, -1 when none does. */
  bytes(connection: TappedConnection, sender: Sender, bytes: Uint8Array, start: number, end: number, boundary: number): void
  ended(connection: TappedConnection, error: Error | null): void
}

export class TappedConnection implements TappedLink {
  readonly peer: Peer
  /** CONNECT and the packet that answered it; null as long as they have not passed, or when they are too long. */
  readonly first: { client: Uint8Array | null; server: Uint8Array | null } = { client: null, server: null }
  /** Whether bytes had passed before those that are being told. */
  readonly hasPassed: { client: boolean; server: boolean }
  readonly #listener: TapListener
  /** Until the first bytes of the client. */
  #midway: (() => Uint8Array | null) | null
  readonly #boundaries = { client: new PacketBoundaries(), server: new PacketBoundaries() }

  /** `midway` as in LinkTap. */
  constructor(peer: Peer, listener: TapListener, midway: () => Uint8Array | null = () => null) {
    const isFresh = midway() === null
    this.peer = peer
    this.hasPassed = { client: !isFresh, server: !isFresh }
    this.#midway = isFresh ? null : midway
    this.#listener = listener
  }

  get tap(): LinkTap {
    return this.#listener
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    this.#pass('client', bytes, start, end)
  }

  sent(bytes: Uint8Array): void {
    this.#pass('server', bytes, 0, bytes.length)
  }

  ended(error: Error | null): void {
    this.#listener.ended(this, error)
  }

  #pass(sender: Sender, bytes: Uint8Array, start: number, end: number): void {
    if (sender === 'client' && this.#midway !== null) {
      const unfinished = this.#midway()
      this.#midway = null
      if (unfinished !== null) this.#boundaries.client.pass(unfinished, 0, unfinished.length)
    }
    // The first packet is kept when it came whole: it is short, and sent in one piece by nearly everybody.
    const kept = this.hasPassed[sender] ? null : firstPacket(bytes, start, end)
    const boundary = this.#boundaries[sender].pass(bytes, start, end)
    this.#listener.bytes(this, sender, bytes, start, end, boundary)
    this.hasPassed[sender] = true
    if (kept !== null) this.first[sender] = kept
  }
}

/** A copy of the packet that begins at `start`, if it is whole and not too long. */
function firstPacket(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  let length = 0
  for (let digits = 0; digits < 4; digits++) {
    const at = start + 1 + digits
    if (at >= end) return null
    const digit = bytes[at]!
    length += (digit & 127) * 128 ** digits
    if (digit >= 128) continue
    const last = at + 1 + length
    return last <= end && last - start <= LONGEST_KEPT ? new Uint8Array(bytes.subarray(start, last)) : null
  }
  return null
}
