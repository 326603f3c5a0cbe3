// All that passes the broker's listeners, for whoever wants to read along: a listener on this machine, a file, a test.
// Who only writes what passes is a TapReader; others bring a TapFollower of their own.

import type { Peer } from '../../base/link.ts'
import type { CaptureInterface } from '../../capture/frame.ts'
import type { Sender } from '../../capture/synthetic-connection.ts'
import type { LinkTap, TappedLink } from '../../net/link-tap.ts'
import { TapReader, type TapSink } from './tap-reader.ts'
import { type TapListener, TappedConnection } from './tapped-connection.ts'

/** Reads along: told all that passes, synchronously. Must not throw. */
export type TapFollower = Pick<TapListener, 'bytes' | 'ended'>

export class TapHub implements LinkTap, TapListener {
  readonly #application: string
  readonly #now: () => bigint
  readonly #readers = new Set<TapFollower>()
  readonly #interfaces = new Map<string, CaptureInterface>()

  /** `application` is named in the stream as what wrote it; `now` in nanoseconds since 1970. */
  constructor(application: string, now: () => bigint) {
    this.#application = application
    this.#now = now
  }

  /** Begins to write everything that passes to `sink`, as pcapng. */
  attach(sink: TapSink): TapReader {
    const reader = new TapReader(sink, this.#application, this.#interfaces, this.#now)
    this.follow(reader)
    return reader
  }

  follow(follower: TapFollower): void {
    this.#readers.add(follower)
  }

  detach(reader: TapFollower): void {
    this.#readers.delete(reader)
  }

  begin(peer: Peer, midway?: () => Uint8Array | null): TappedLink {
    return new TappedConnection(peer, this, midway)
  }

  bytes(connection: TappedConnection, sender: Sender, bytes: Uint8Array, start: number, end: number, boundary: number): void {
    for (const reader of this.#readers) reader.bytes(connection, sender, bytes, start, end, boundary)
  }

  ended(connection: TappedConnection, error: Error | null): void {
    for (const reader of this.#readers) reader.ended(connection, error)
  }
}
