// Where MQTT packets begin in a stream that is only looked at: who begins to listen in the middle begins with a whole packet.
// Reads nothing but lengths (section 2.1.4); a stream that is not MQTT gives boundaries without meaning, and does no harm.

export class PacketBoundaries {
  /** Bytes of the present packet still to come; 0 = the next byte begins one. */
  #left = 0
  /** Digits of a Remaining Length read so far; -1 = not in a fixed header. */
  #digits = -1
  #length = 0

  /** True when the next byte begins a packet. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#digits < 0
  }

  /** Goes over bytes[start, end); returns the offset of the first one that begins a packet, or -1. `start` counts when one begins there. */
  pass(bytes: Uint8Array, start: number, end: number): number {
    let first = this.atBoundary && start < end ? start : -1
    let at = start
    while (at < end) {
      if (this.#left === 0 && this.#digits < 0) {
        // whole packets of up to 16 KiB, which is nearly all of them: their lengths are all that is read
        at = skipWhole(bytes, at, end)
        if (at >= end) break
      }
      if (this.#left > 0) {
        const step = Math.min(this.#left, end - at)
        this.#left -= step
        at += step
      } else if (this.#digits < 0) {
        this.#digits = 0
        this.#length = 0
        at++
      } else {
        const digit = bytes[at++]!
        this.#length += (digit & 127) << (7 * this.#digits)
        if (digit < 128 || this.#digits === 3) {
          this.#left = this.#length
          this.#digits = -1
        } else this.#digits++
      }
      if (first < 0 && at < end && this.atBoundary) first = at
    }
    return first
  }
}

/** From a packet's first byte on: the first byte of the one that is not whole before `end`, or has a length of three digits; `end` when there is none. */
function skipWhole(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at + 1 < end) {
    let length = bytes[at + 1]!
    let next = at + 2 + length
    if (length >= 128) {
      if (at + 2 >= end) return at
      const second = bytes[at + 2]!
      if (second >= 128) return at
      length = (length & 127) | (second << 7)
      next = at + 3 + length
    }
    if (next > end) return at
    at = next
  }
  return at
}
