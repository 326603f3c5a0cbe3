// Every MQTT packet of every connection for the plugins that want them, cut out of what the tap sees.
// Apart from the broker's own reading: what is broken is shown as it came.

import type { Sender } from '../../capture/synthetic-connection.ts'
import { decodePacket } from '../../wire/mqtt/decode.ts'
import { type Packet, PacketType, type ProtocolVersion } from '../../wire/mqtt/packet.ts'
import type { TapFollower } from '../tap/tap-hub.ts'
import type { TappedConnection } from '../tap/tapped-connection.ts'
import type { ClientDirectory } from './client-directory.ts'
import type { ClientInfo, PacketEvent } from './plugin.ts'

/** A packet that is not whole is given up beyond: more than the standard allows. */
const LARGEST = 268_435_460

interface Side {
  /** False until a packet begins. */
  isAligned: boolean
  /** The beginning of a packet. */
  rest: Uint8Array
}

interface Followed {
  readonly client: Side
  readonly server: Side
  version: ProtocolVersion
  info: ClientInfo | null
}

export class PacketFeed implements TapFollower {
  readonly #directory: () => ClientDirectory
  readonly #now: () => bigint
  readonly #tell: (event: PacketEvent) => void
  readonly #followed = new Map<TappedConnection, Followed>()

  /** `now` in nanoseconds since 1970. `tell` must not throw. */
  constructor(directory: () => ClientDirectory, now: () => bigint, tell: (event: PacketEvent) => void) {
    this.#directory = directory
    this.#now = now
    this.#tell = tell
  }

  bytes(connection: TappedConnection, sender: Sender, bytes: Uint8Array, start: number, end: number, boundary: number): void {
    let followed = this.#followed.get(connection)
    if (followed === undefined) this.#followed.set(connection, (followed = this.#follow(connection)))
    const side = followed[sender]
    if (!side.isAligned) {
      if (boundary < 0) return
      side.isAligned = true
      start = boundary
    }
    let at = start
    let all = bytes
    if (side.rest.length > 0) {
      all = new Uint8Array(side.rest.length + end - start)
      all.set(side.rest)
      all.set(bytes.subarray(start, end), side.rest.length)
      at = 0
      end = all.length
    }
    for (let next = endOfPacket(all, at, end); next > 0; next = endOfPacket(all, at, end)) {
      this.#packet(connection, followed, sender, new Uint8Array(all.subarray(at, next)))
      at = next
    }
    side.rest = at === end ? NONE : new Uint8Array(all.subarray(at, end))
  }

  ended(connection: TappedConnection): void {
    this.#followed.delete(connection)
  }

  /** Nobody wants packets any more: what was known of connections is out of date the next time. */
  forget(): void {
    this.#followed.clear()
  }

  #follow(connection: TappedConnection): Followed {
    const { client, server } = connection.hasPassed
    const info = client ? this.#infoAt(connection) : null
    return { client: { isAligned: !client, rest: NONE }, server: { isAligned: !server, rest: NONE }, version: info?.version ?? 4, info }
  }

  #infoAt({ peer }: TappedConnection): ClientInfo | null {
    const directory = this.#directory()
    const session = directory.sessionAt(peer, null)
    return session === null ? null : directory.infoOf(session)
  }

  #packet(connection: TappedConnection, followed: Followed, sender: Sender, bytes: Uint8Array): void {
    const type = bytes[0]! >> 4
    if (type === PacketType.Connect && sender === 'client') {
      const connect = decoded(bytes, 4, 'client')
      if (connect?.type === PacketType.Connect) followed.version = connect.version
    }
    if (followed.info === null && type !== PacketType.Connect) followed.info = this.#infoAt(connection)
    const { version, info } = followed
    this.#tell(new SeenPacket(sender, info, bytes, version, this.#now()))
  }
}

const NONE = new Uint8Array(0)

class SeenPacket implements PacketEvent {
  readonly direction: 'in' | 'out'
  readonly client: ClientInfo | null
  readonly bytes: Uint8Array
  readonly time: bigint
  readonly #version: ProtocolVersion
  #packet: Packet | null | undefined

  constructor(sender: Sender, client: ClientInfo | null, bytes: Uint8Array, version: ProtocolVersion, time: bigint) {
    this.direction = sender === 'client' ? 'in' : 'out'
    this.client = client
    this.bytes = bytes
    this.time = time
    this.#version = version
  }

  get packet(): Packet | null {
    if (this.#packet === undefined) this.#packet = decoded(this.bytes, this.#version, this.direction === 'in' ? 'client' : 'server')
    return this.#packet
  }
}

/** Null for what breaks the protocol. */
function decoded(bytes: Uint8Array, version: ProtocolVersion, sender: Sender): Packet | null {
  let body = 2
  while (body < 5 && bytes[body - 1]! >= 128) body++
  try {
    return decodePacket(bytes[0]!, bytes, body, bytes.length, version, sender)
  } catch {
    return null
  }
}

/** Where the packet that begins at `at` ends; 0 when it is not whole. */
function endOfPacket(bytes: Uint8Array, at: number, end: number): number {
  let length = 0
  for (let digits = 0; digits < 4; digits++) {
    const place = at + 1 + digits
    if (place >= end) return 0
    const digit = bytes[place]!
    length += (digit & 127) * 128 ** digits
    if (digit < 128 || digits === 3) {
      const last = place + 1 + Math.min(length, LARGEST)
      return last <= end ? last : 0
    }
  }
  return 0
}
