// Who listens in on all links: bytes as their owners see them, after TLS and WebSocket are undone. A port; server/tap/ implements it.
// May come and go while links live: without a tap a link pays one comparison per read and write.

import type { Peer } from '../base/link.ts'

export interface LinkTap {
  /**
   * A link begins, or goes on with bytes that nobody listened to. `midway`, to be called before the first bytes are taken: what came in and is
   * not a whole packet yet; null when nothing came.
   */
  begin(peer: Peer, midway?: () => Uint8Array | null): TappedLink
}

/** Calls must not throw. Bytes are borrowed. */
export interface TappedLink {
  /** Who made it. */
  readonly tap: LinkTap
  received(bytes: Uint8Array, start: number, end: number): void
  sent(bytes: Uint8Array): void
  /** `error` says why if it broke. */
  ended(error: Error | null): void
}
