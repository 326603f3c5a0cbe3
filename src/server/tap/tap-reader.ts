// One reader of the tap: all connections as one pcapng stream of made-up Ethernet frames, in clear whatever their transport was.
// A reader that is too slow loses bytes, is told how many, and holds nobody up.

import type { Peer } from '../../base/link.ts'
import type { CaptureInterface, Frame } from '../../capture/frame.ts'
import { type Sender, SyntheticConnection } from '../../capture/synthetic-connection.ts'
import { PcapngWriter } from '../../capture/write-pcapng.ts'
import type { TappedConnection } from './tapped-connection.ts'

/** Port of MQTT: analysers look for MQTT there. The port that was really used stands in the interface's name. */
const MQTT_PORT = 1883

/** What a reader must know of a connection. */
type Tapped = Pick<TappedConnection, 'peer' | 'first' | 'hasPassed'>

/** Where a reader's bytes go. */
export interface TapSink {
  /** False while it is too far behind: nothing is written then. */
  readonly hasRoom: boolean
  /** Borrowed for the call. */
  write(bytes: Uint8Array): void
}

interface Followed {
  readonly frames: SyntheticConnection
  /** Whether what comes next from this side continues what was written. */
  readonly isAligned: { client: boolean; server: boolean }
}

export class TapReader {
  /** Bytes of connections that were left out because the reader was too slow. */
  lost = 0
  readonly #sink: TapSink
  readonly #writer: PcapngWriter
  readonly #interfaces: Map<string, CaptureInterface>
  readonly #followed = new Map<Tapped, Followed>()
  readonly #now: () => bigint
  #toTell: string | null = null

  /** `interfaces` are shared by all readers; `now` in nanoseconds since 1970. */
  constructor(sink: TapSink, application: string, interfaces: Map<string, CaptureInterface>, now: () => bigint) {
    this.#sink = sink
    this.#writer = new PcapngWriter((bytes) => sink.write(bytes), application)
    this.#interfaces = interfaces
    this.#now = now
    this.#writer.finish() // the header at once: a reader of a quiet broker shall see that it is connected
  }

  bytes(connection: Tapped, sender: Sender, bytes: Uint8Array, start: number, end: number, boundary: number): void {
    const followed = this.#followed.get(connection) ?? this.#follow(connection)
    const { frames, isAligned } = followed
    if (!this.#sink.hasRoom) {
      this.#lose(followed, sender, end - start)
      return
    }
    let from = start
    if (!isAligned[sender]) {
      from = boundary < 0 ? end : boundary
      if (from > start && this.#toTell !== null) frames.skip(sender, from - start)
      if (from === end) return
      isAligned[sender] = true
    }
    frames.data(sender, bytes.subarray(from, end), this.#now())
  }

  ended(connection: Tapped, error: Error | null): void {
    const followed = this.#followed.get(connection)
    if (followed === undefined) return
    this.#followed.delete(connection)
    if (this.#sink.hasRoom) followed.frames.close('client', error !== null, this.#now())
  }

  /** Begins with the handshake and with what explains the rest. */
  #follow(connection: Tapped): Followed {
    const { peer, first, hasPassed } = connection
    const server = { address: ownAddress(peer), port: MQTT_PORT }
    const frames = new SyntheticConnection(this.#interfaceOf(peer), { address: peer.address, port: peer.port }, server, (frame) => this.#write(frame))
    const followed: Followed = { frames, isAligned: { client: !hasPassed.client, server: !hasPassed.server } }
    this.#followed.set(connection, followed)
    if (!this.#sink.hasRoom) return followed
    const time = this.#now()
    frames.open(time)
    if (first.client !== null) frames.data('client', first.client, time)
    if (first.server !== null) frames.data('server', first.server, time)
    return followed
  }

  #lose(followed: Followed, sender: Sender, bytes: number): void {
    this.lost += bytes
    followed.frames.skip(sender, bytes)
    followed.isAligned[sender] = false
    this.#toTell = `the reader was too slow: ${this.lost} bytes are missing so far`
  }

  #write(frame: Frame): void {
    const told = this.#toTell
    this.#toTell = null
    this.#writer.write(told === null ? frame : { ...frame, comments: [told] })
  }

  #interfaceOf({ transport, localPort }: Peer): CaptureInterface {
    const name = localPort === 0 ? transport : `${transport} port ${localPort}`
    let known = this.#interfaces.get(name)
    if (known === undefined) this.#interfaces.set(name, (known = { linkType: 1, name, description: 'MQTT as the broker sees it', snapLength: 0 }))
    return known
  }
}

/** The broker's end, in the same family as the peer's. */
function ownAddress({ address }: Peer): string {
  return address.includes(':') ? '::1' : '127.0.0.1'
}
