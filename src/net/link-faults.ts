// Who bends what passes the links: who drops, delays and repeats packets. A port; faults/ implements it.
// May come and go while links live: without one a link pays one comparison per read and write, next to the tap's. The tap sees what was said, not what became of it.

import type { Peer } from '../base/link.ts'

export interface LinkFaults {
  /** Called for each link, at its first bytes since there are faults. What goes out begins with a whole packet. */
  begin(link: BentLink): LinkBend
}

/** A link, as what bends it needs it. */
export interface BentLink {
  readonly peer: Peer
  /** We have dialled it: a bridge. */
  readonly isDialled: boolean
  /** What came in before and the owner has not taken as whole packets; null before anything came. */
  midway(): Uint8Array | null
  /** Bytes come in, later than they came. Borrowed for the call. */
  arrive(bytes: Uint8Array): void
  /** Bytes go out, later than they were written. Not to be touched afterwards. */
  write(bytes: Uint8Array): void
  /** Nothing is held back any more in some direction: an end that waited for that goes on. */
  released(): void
  /** The connection breaks; what was given before is still on its way. */
  cut(): void
  /** Goes on as if it had never been bent; nothing may be held back. */
  straighten(): void
}

/** Calls must not throw. */
export interface LinkBend {
  /** Of bytes[start, end), which are borrowed: what comes in now. The same array means all of that range, null nothing. */
  received(bytes: Uint8Array, start: number, end: number): Uint8Array | null
  /** Of bytes that are borrowed: what goes out now. The same array means all, null nothing. */
  sent(bytes: Uint8Array): Uint8Array | null
  /** Whether the peer's end must wait for what is held back before it. */
  readonly holdsIncoming: boolean
  /** Whether our own end must wait. */
  readonly holdsOutgoing: boolean
  /** The link is gone. */
  ended(): void
}
