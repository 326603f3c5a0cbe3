// Reads pcapng files (draft-ietf-opsawg-pcapng): several sections and interfaces, both byte orders, comments, secrets. ● hot
// One block at a time from what Chunks holds; unknown blocks are passed over.

import { CaptureError } from './capture-error.ts'
import { CapturedFrame } from './captured-frame.ts'
import type { Chunks } from './chunks.ts'
import { type CaptureInterface, type CaptureItem, CUSTOM_BLOCK } from './frame.ts'
import { MAXIMUM_FRAME } from './pcap.ts'
import { eachOption, OptionCode, optionText, padded } from './pcapng-options.ts'
import { TimestampUnits } from './timestamps.ts'

export const BlockType = {
  SectionHeader: 0x0a0d0d0a,
  InterfaceDescription: 1,
  Packet: 2,
  SimplePacket: 3,
  EnhancedPacket: 6,
  DecryptionSecrets: 10,
  Custom: 0x0bad,
  CustomNotCopied: 0x40000bad,
} as const

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d
/** Secrets Type of NSS key log text: "TLSK". */
export const TLS_KEY_LOG = 0x544c534b
/** Blocks with frames or secrets; longer ones are damage. Other blocks may have any length: they are passed over unread. */
const MAXIMUM_BLOCK = 16_777_216
const MAXIMUM_INTERFACES = 65_536
const DEFAULT_RESOLUTION = 6

const TEXT = new TextDecoder()
const CUSTOM: CaptureInterface = { linkType: CUSTOM_BLOCK, name: null, description: null, snapLength: 0 }
const NOWHERE: CaptureInterface = { linkType: -1, name: null, description: null, snapLength: 0 }

interface Interface {
  readonly description: CaptureInterface
  readonly units: TimestampUnits
}

export class PcapngReader {
  readonly #chunks: Chunks
  readonly #frame = new CapturedFrame(NOWHERE)
  #littleEndian = false
  #section = 0
  #interfaces: Interface[] = []
  /** Bytes of a block that nobody wants. */
  #toSkip = 0

  constructor(chunks: Chunks) {
    this.#chunks = chunks
  }

  /** Null = needs more bytes. @throws CaptureError */
  next(): CaptureItem | null {
    const chunks = this.#chunks
    for (;;) {
      if (this.#toSkip > 0) {
        this.#toSkip = chunks.skip(this.#toSkip)
        if (this.#toSkip > 0) return null
      }
      if (chunks.available < 12) return null
      const { view, at } = chunks
      const isSection = view.getUint32(at) === BlockType.SectionHeader
      if (isSection) this.#beginSection(view.getUint32(at + 8))
      const littleEndian = this.#littleEndian
      const type = view.getUint32(at, littleEndian)
      const length = view.getUint32(at + 4, littleEndian)
      if (length < 12 || length % 4 !== 0) throw new CaptureError(`a block of ${length} bytes is announced: the file is damaged here`, chunks.offset)
      const isRead =
        isSection || type === 1 || type === 2 || type === 3 || type === 6 || type === BlockType.DecryptionSecrets || (isCustom(type) && length <= MAXIMUM_BLOCK)
      if (!isRead) {
        this.#toSkip = length
        continue
      }
      if (length > MAXIMUM_BLOCK)
        throw new CaptureError(`a block of ${length} bytes is announced, more than the maximum of ${MAXIMUM_BLOCK}: the file is damaged here`, chunks.offset)
      if (chunks.available < length) return null
      if (view.getUint32(at + length - 4, littleEndian) !== length)
        throw new CaptureError('the two lengths of a block differ: the file is damaged here', chunks.offset)
      const item = this.#block(type, at + 8, at + length - 4)
      chunks.at = at + length
      if (item !== null) return item
    }
  }

  #beginSection(magic: number): void {
    if (magic !== BYTE_ORDER_MAGIC && magic !== 0x4d3c2b1a) throw new CaptureError('a section begins without its byte-order magic', this.#chunks.offset)
    this.#littleEndian = magic !== BYTE_ORDER_MAGIC
  }

  #block(type: number, at: number, end: number): CaptureItem | null {
    switch (type) {
      case BlockType.EnhancedPacket:
        return this.#enhancedPacket(at, end)
      case BlockType.SimplePacket:
        return this.#simplePacket(at, end)
      case BlockType.Packet:
        return this.#packet(at, end)
      case BlockType.InterfaceDescription:
        this.#interface(at, end)
        return null
      case BlockType.DecryptionSecrets:
        return this.#secrets(at, end)
      case BlockType.Custom:
      case BlockType.CustomNotCopied:
        return this.#custom(at, end)
      default: // a section header
        this.#section++
        this.#interfaces = []
        return null
    }
  }

  #enhancedPacket(at: number, end: number): CaptureItem {
    const { view } = this.#chunks
    const littleEndian = this.#littleEndian
    this.#need(at, 20, end)
    const stored = view.getUint32(at + 12, littleEndian)
    const frame = this.#begin(view.getUint32(at, littleEndian), at + 20, stored, end)
    frame.length = view.getUint32(at + 16, littleEndian)
    this.#time(frame, view.getUint32(at + 4, littleEndian), view.getUint32(at + 8, littleEndian))
    const options = at + 20 + padded(stored)
    if (options + 4 <= end) this.#options(frame, options, end)
    return frame
  }

  /** The block that came before the enhanced one; dumpcap wrote it long ago. */
  #packet(at: number, end: number): CaptureItem {
    const { view } = this.#chunks
    const littleEndian = this.#littleEndian
    this.#need(at, 20, end)
    const stored = view.getUint32(at + 12, littleEndian)
    const frame = this.#begin(view.getUint16(at, littleEndian), at + 20, stored, end)
    frame.length = view.getUint32(at + 16, littleEndian)
    this.#time(frame, view.getUint32(at + 4, littleEndian), view.getUint32(at + 8, littleEndian))
    const options = at + 20 + padded(stored)
    if (options + 4 <= end) this.#options(frame, options, end)
    return frame
  }

  /** Has no time and names no interface: it belongs to the first one, whose snap length says how much is stored. */
  #simplePacket(at: number, end: number): CaptureItem {
    this.#need(at, 4, end)
    const length = this.#chunks.view.getUint32(at, this.#littleEndian)
    const snapLength = this.#interfaces[0]?.description.snapLength ?? 0
    const stored = Math.min(length, snapLength === 0 ? length : snapLength, end - at - 4)
    const frame = this.#begin(0, at + 4, stored, end)
    frame.length = length
    frame.hasTime = false
    frame.seconds = 0
    frame.nanoseconds = 0
    return frame
  }

  /** Private data with the number of its maker in front; length and options look the same from outside. */
  #custom(at: number, end: number): CaptureItem {
    this.#need(at, 4, end)
    const frame = this.#frame
    frame.number++
    frame.clear()
    frame.bytes = this.#chunks.bytes.subarray(at + 4, end)
    frame.length = end - at - 4
    frame.interface = CUSTOM
    frame.section = this.#section
    frame.hasTime = false
    frame.seconds = 0
    frame.nanoseconds = 0
    return frame
  }

  #begin(interfaceId: number, at: number, stored: number, end: number): CapturedFrame {
    const where = this.#interfaces[interfaceId]
    if (where === undefined) throw new CaptureError(`a frame names interface ${interfaceId}, which its section does not describe`, this.#chunks.offset)
    if (stored > MAXIMUM_FRAME || at + stored > end)
      throw new CaptureError(`a frame of ${stored} bytes is announced in a shorter block: the file is damaged here`, this.#chunks.offset)
    const frame = this.#frame
    frame.number++
    frame.clear()
    frame.interface = where.description
    frame.interfaceId = interfaceId
    frame.section = this.#section
    frame.bytes = this.#chunks.bytes.subarray(at, at + stored)
    return frame
  }

  #time(frame: CapturedFrame, high: number, low: number): void {
    const { units } = this.#interfaces[frame.interfaceId!]!
    units.split(high, low)
    frame.hasTime = true
    frame.seconds = units.seconds
    frame.nanoseconds = units.nanoseconds
  }

  #options(frame: CapturedFrame, at: number, end: number): void {
    const { view, bytes } = this.#chunks
    const comments: string[] = []
    eachOption(view, at, end, this.#littleEndian, (code, value, length) => {
      if (code === OptionCode.Comment) comments.push(optionText(bytes, value, length))
      else if (code === OptionCode.PacketFlags && length === 4) frame.flags = view.getUint32(value, this.#littleEndian)
    })
    if (comments.length > 0) frame.comments = comments
  }

  #interface(at: number, end: number): void {
    this.#need(at, 8, end)
    if (this.#interfaces.length === MAXIMUM_INTERFACES)
      throw new CaptureError(`more than ${MAXIMUM_INTERFACES} interfaces in one section: the file is damaged here`, this.#chunks.offset)
    const { view, bytes } = this.#chunks
    const littleEndian = this.#littleEndian
    let name: string | null = null
    let description: string | null = null
    let resolution = DEFAULT_RESOLUTION
    let offset = 0
    eachOption(view, at + 8, end, littleEndian, (code, value, length) => {
      if (code === OptionCode.InterfaceName) name = optionText(bytes, value, length)
      else if (code === OptionCode.InterfaceDescription) description = optionText(bytes, value, length)
      else if (code === OptionCode.TimestampResolution && length === 1) resolution = bytes[value]!
      else if (code === OptionCode.TimestampOffset && length === 8) offset = Number(view.getBigInt64(value, littleEndian))
    })
    this.#interfaces.push({
      description: {
        linkType: view.getUint16(at, littleEndian),
        name,
        description,
        snapLength: view.getUint32(at + 4, littleEndian),
        decimals: decimalsOf(resolution),
      },
      units: new TimestampUnits(resolution, offset),
    })
  }

  #secrets(at: number, end: number): CaptureItem | null {
    this.#need(at, 8, end)
    const { view, bytes } = this.#chunks
    const length = view.getUint32(at + 4, this.#littleEndian)
    if (view.getUint32(at, this.#littleEndian) !== TLS_KEY_LOG) return null
    if (at + 8 + length > end) throw new CaptureError('secrets are announced that are longer than their block', this.#chunks.offset)
    return { keyLog: TEXT.decode(bytes.subarray(at + 8, at + 8 + length)) }
  }

  #need(at: number, length: number, end: number): void {
    if (at + length > end) throw new CaptureError('a block is too short for its type: the file is damaged here', this.#chunks.offset)
  }
}

/** Decimal digits that if_tsresol gives: 10^-n, or 2^-n with the highest bit; beyond nanoseconds nobody counts. */
function decimalsOf(resolution: number): number {
  const power = resolution & 0x7f
  return Math.min(9, (resolution & 0x80) === 0 ? power : Math.floor(power * Math.LOG10E * Math.LN2))
}

function isCustom(type: number): boolean {
  return type === BlockType.Custom || type === BlockType.CustomNotCopied
}
