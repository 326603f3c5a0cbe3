// Who listens in on all links: bytes as their owners see them, after TLS and WebSocket are undone. A port; server/tap/ implements it.
// Asked only when somebody wants to listen: without a tap a link pays one comparison per read and write.

import type { Peer } from '../base/link.ts'

export interface LinkTap {
  /** A link begins. */
  begin(peer: Peer): TappedLink
}

/** Calls must not throw. Bytes are borrowed. */
export interface TappedLink {
  received(bytes: Uint8Array, start: number, end: number): void
  sent(bytes: Uint8Array): void
  /** `error` says why if it broke. */
  ended(error: Error | null): void
}
