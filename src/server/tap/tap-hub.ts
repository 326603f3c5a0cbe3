// All that passes the broker's listeners, for whoever wants to read along: a listener on this machine, a file, a test.
// Without readers a connection costs the counting of its packets' lengths, nothing else.

import type { Peer } from '../../base/link.ts'
import type { CaptureInterface } from '../../capture/frame.ts'
import type { Sender } from '../../capture/synthetic-connection.ts'
import type { LinkTap, TappedLink } from '../../net/link-tap.ts'
import { TapReader, type TapSink } from './tap-reader.ts'
import { type TapListener, TappedConnection } from './tapped-connection.ts'

export class TapHub implements LinkTap, TapListener {
  readonly #application: string
  readonly #now: () => bigint
  readonly #readers = new Set<TapReader>()
  readonly #interfaces = new Map<string, CaptureInterface>()

  /** `application` is named in the stream as what wrote it; `now` in nanoseconds since 1970. */
  constructor(application: string, now: () => bigint) {
    this.#application = application
    this.#now = now
  }

  /** Begins to write everything that passes to `sink`, as pcapng. */
  attach(sink: TapSink): TapReader {
    const reader = new TapReader(sink, this.#application, this.#interfaces, this.#now)
    this.#readers.add(reader)
    return reader
  }

  detach(reader: TapReader): void {
    this.#readers.delete(reader)
  }

  begin(peer: Peer): TappedLink {
    return new TappedConnection(peer, this)
  }

  bytes(connection: TappedConnection, sender: Sender, bytes: Uint8Array, start: number, end: number, boundary: number): void {
    for (const reader of this.#readers) reader.bytes(connection, sender, bytes, start, end, boundary)
  }

  ended(connection: TappedConnection, error: Error | null): void {
    for (const reader of this.#readers) reader.ended(connection, error)
  }
}
