// Cuts one direction of a connection into MQTT packets, whatever pieces it comes in. Knows lengths only (section 2.1.4).
// What is no packet stream any more, after a length that never ends, is given on in the pieces in which it comes.

const NONE = new Uint8Array(0)

export class PacketCutter {
  /** The beginning of a packet that is not whole yet; our own copy. */
  #rest: Uint8Array = NONE
  #isBroken = false

  /** Bytes that wait for the rest of their packet. */
  get waiting(): number {
    return this.#rest.length
  }

  /** These bytes, as a view. */
  get rest(): Uint8Array {
    return this.#rest
  }

  /** The packets that bytes[start, end) completes, each in memory of its own. */
  cut(bytes: Uint8Array, start: number, end: number): Uint8Array[] {
    const all = new Uint8Array(this.#rest.length + end - start)
    all.set(this.#rest)
    all.set(bytes.subarray(start, end), this.#rest.length)
    const packets: Uint8Array[] = []
    let at = 0
    while (at < all.length) {
      const next = this.#isBroken ? all.length : endOfPacket(all, at)
      if (next === NOT_WHOLE || next > all.length) break
      this.#isBroken ||= next === BROKEN
      const packetEnd = next === BROKEN ? all.length : next
      packets.push(all.slice(at, packetEnd))
      at = packetEnd
    }
    this.#rest = at === all.length ? NONE : all.slice(at)
    return packets
  }
}

const NOT_WHOLE = -1
const BROKEN = -2

/** Offset behind the packet that begins at `at`, which may lie beyond the bytes. */
function endOfPacket(bytes: Uint8Array, at: number): number {
  let length = 0
  for (let digits = 0; digits < 4; digits++) {
    const place = at + 1 + digits
    if (place >= bytes.length) return NOT_WHOLE
    const digit = bytes[place]!
    length += (digit & 127) * 128 ** digits
    if (digit < 128) return place + 1 + length
  }
  return BROKEN
}
