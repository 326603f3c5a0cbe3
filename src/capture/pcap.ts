// Reads pcap files (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds, and the variant with longer record headers. ● hot
// One frame at a time from what Chunks holds; knows no I/O.

import { CaptureError } from './capture-error.ts'
import { CapturedFrame } from './captured-frame.ts'
import type { Chunks } from './chunks.ts'
import type { CaptureItem } from './frame.ts'

const HEADER = 24
/** More than any interface can carry, and what tshark takes. */
export const MAXIMUM_FRAME = 262_144

interface Variant {
  readonly littleEndian: boolean
  readonly nanosecondsPerUnit: number
  readonly recordHeader: number
}

/** By the first four bytes, read as a big-endian number. */
const VARIANTS: ReadonlyMap<number, Variant> = new Map([
  [0xa1b2c3d4, { littleEndian: false, nanosecondsPerUnit: 1000, recordHeader: 16 }],
  [0xd4c3b2a1, { littleEndian: true, nanosecondsPerUnit: 1000, recordHeader: 16 }],
  [0xa1b23c4d, { littleEndian: false, nanosecondsPerUnit: 1, recordHeader: 16 }],
  [0x4d3cb2a1, { littleEndian: true, nanosecondsPerUnit: 1, recordHeader: 16 }],
  [0xa1b2cd34, { littleEndian: false, nanosecondsPerUnit: 1000, recordHeader: 24 }],
  [0x34cdb2a1, { littleEndian: true, nanosecondsPerUnit: 1000, recordHeader: 24 }],
])

export function isPcap(magic: number): boolean {
  return VARIANTS.has(magic)
}

export class PcapReader {
  readonly #chunks: Chunks
  #variant: Variant | null = null
  #frame = new CapturedFrame({ linkType: 1, name: null, description: null, snapLength: 0 })

  constructor(chunks: Chunks) {
    this.#chunks = chunks
  }

  /** Null = needs more bytes. @throws CaptureError */
  next(): CaptureItem | null {
    const variant = this.#variant ?? this.#header()
    if (variant === null) return null
    const { littleEndian, recordHeader } = variant
    const chunks = this.#chunks
    const { view, at } = chunks
    const available = chunks.end - at
    if (available < recordHeader) return null
    const stored = view.getUint32(at + 8, littleEndian)
    if (stored > MAXIMUM_FRAME)
      throw new CaptureError(`a frame of ${stored} bytes is announced, more than the maximum of ${MAXIMUM_FRAME}: the file is damaged here`, chunks.offset)
    if (available < recordHeader + stored) return null
    const frame = this.#frame
    frame.number++
    frame.seconds = view.getUint32(at, littleEndian)
    frame.nanoseconds = view.getUint32(at + 4, littleEndian) * variant.nanosecondsPerUnit
    frame.length = view.getUint32(at + 12, littleEndian)
    frame.bytes = chunks.bytes.subarray(at + recordHeader, at + recordHeader + stored)
    chunks.at = at + recordHeader + stored
    return frame
  }

  #header(): Variant | null {
    const chunks = this.#chunks
    if (chunks.available < HEADER) return null
    const { view, at } = chunks
    const variant = VARIANTS.get(view.getUint32(at))
    if (variant === undefined) throw new CaptureError('not a pcap file', chunks.offset)
    const snapLength = view.getUint32(at + 16, variant.littleEndian)
    // The upper bits say how many bytes of checksum follow each frame.
    const linkType = view.getUint32(at + 20, variant.littleEndian) & 0xffff
    this.#frame = new CapturedFrame({ linkType, name: null, description: null, snapLength, decimals: variant.nanosecondsPerUnit === 1 ? 9 : 6 })
    this.#frame.hasTime = true
    chunks.at = at + HEADER
    this.#variant = variant
    return variant
  }
}
