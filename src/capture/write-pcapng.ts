// Writes pcapng files, little endian, times in nanoseconds: interfaces with their names, comments, flags, and key logs before the frames they open.
// Bytes go to a sink block by block, borrowed for the call.

import type { ByteSink, CaptureWriter } from './capture-writer.ts'
import type { CaptureInterface, CaptureItem, Frame } from './frame.ts'
import { isFrame } from './frame.ts'
import { BlockType, BYTE_ORDER_MAGIC, TLS_KEY_LOG } from './pcapng.ts'
import { OptionCode, padded } from './pcapng-options.ts'

const TEXT = new TextEncoder()
const NANOSECONDS = 9
const OPTION_APPLICATION = 4
const MAXIMUM_OPTION = 65_535

export class PcapngWriter implements CaptureWriter {
  readonly #sink: ByteSink
  readonly #application: string
  readonly #comment: string | null
  readonly #interfaces = new Map<CaptureInterface, number>()
  #bytes = new Uint8Array(65_536)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  #hasHeader = false

  /** `application` is named in the file as what wrote it; `comment` is said of the whole capture. */
  constructor(sink: ByteSink, application: string, comment: string | null = null) {
    this.#sink = sink
    this.#application = application
    this.#comment = comment
  }

  write(item: CaptureItem): void {
    this.#header()
    if (isFrame(item)) this.#frame(item)
    else this.#secrets(item.keyLog)
  }

  finish(): void {
    this.#header()
  }

  #header(): void {
    if (this.#hasHeader) return
    this.#hasHeader = true
    this.#begin(BlockType.SectionHeader)
    this.#uint32(BYTE_ORDER_MAGIC)
    this.#uint16(1)
    this.#uint16(0)
    this.#uint32(0xffffffff) // length of the section: not told
    this.#uint32(0xffffffff)
    if (this.#comment !== null) this.#option(OptionCode.Comment, TEXT.encode(this.#comment))
    this.#option(OPTION_APPLICATION, TEXT.encode(this.#application))
    this.#end(true)
  }

  #interface(where: CaptureInterface): number {
    const known = this.#interfaces.get(where)
    if (known !== undefined) return known
    const id = this.#interfaces.size
    this.#interfaces.set(where, id)
    this.#begin(BlockType.InterfaceDescription)
    this.#uint16(where.linkType)
    this.#uint16(0)
    this.#uint32(where.snapLength)
    if (where.name !== null) this.#option(OptionCode.InterfaceName, TEXT.encode(where.name))
    if (where.description !== null) this.#option(OptionCode.InterfaceDescription, TEXT.encode(where.description))
    this.#option(OptionCode.TimestampResolution, Uint8Array.of(NANOSECONDS))
    this.#end(true)
    return id
  }

  #frame(frame: Frame): void {
    const id = this.#interface(frame.interface)
    if (!frame.hasTime && frame.comments.length === 0 && frame.flags === null && id === 0 && fits(frame)) {
      this.#begin(BlockType.SimplePacket)
      this.#uint32(frame.length)
      this.#append(frame.bytes)
      this.#end(false)
      return
    }
    this.#begin(BlockType.EnhancedPacket)
    this.#uint32(id)
    const nanoseconds = BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds)
    this.#uint32(Number((nanoseconds >> 32n) & 0xffffffffn))
    this.#uint32(Number(nanoseconds & 0xffffffffn))
    this.#uint32(frame.bytes.length)
    this.#uint32(frame.length)
    this.#append(frame.bytes)
    for (const comment of frame.comments) this.#option(OptionCode.Comment, TEXT.encode(comment))
    if (frame.flags !== null) {
      const flags = new Uint8Array(4)
      new DataView(flags.buffer).setUint32(0, frame.flags, true)
      this.#option(OptionCode.PacketFlags, flags)
    }
    this.#end(frame.comments.length > 0 || frame.flags !== null)
  }

  #secrets(keyLog: string): void {
    const text = TEXT.encode(keyLog)
    this.#begin(BlockType.DecryptionSecrets)
    this.#uint32(TLS_KEY_LOG)
    this.#uint32(text.length)
    this.#append(text)
    this.#end(false)
  }

  #begin(type: number): void {
    this.#at = 0
    this.#uint32(type)
    this.#uint32(0) // the length, known at the end
  }

  #end(hasOptions: boolean): void {
    if (hasOptions) this.#uint32(0) // opt_endofopt
    const length = this.#at + 4
    this.#uint32(length)
    this.#view.setUint32(4, length, true)
    this.#sink(this.#bytes.subarray(0, length))
  }

  /** What is too long for an option is cut. */
  #option(code: number, value: Uint8Array): void {
    const kept = value.length > MAXIMUM_OPTION ? value.subarray(0, MAXIMUM_OPTION) : value
    this.#uint16(code)
    this.#uint16(kept.length)
    this.#append(kept)
  }

  /** Bytes, padded to four. */
  #append(bytes: Uint8Array): void {
    const size = padded(bytes.length)
    this.#room(size)
    this.#bytes.set(bytes, this.#at)
    this.#bytes.fill(0, this.#at + bytes.length, this.#at + size)
    this.#at += size
  }

  #uint16(value: number): void {
    this.#room(2)
    this.#view.setUint16(this.#at, value, true)
    this.#at += 2
  }

  #uint32(value: number): void {
    this.#room(4)
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return
    const bigger = new Uint8Array(2 * (this.#at + size))
    bigger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = bigger
    this.#view = new DataView(bigger.buffer)
  }
}

/** A simple packet block stores what its interface's snap length leaves: only such a frame can be one. */
function fits({ bytes, length, interface: { snapLength } }: Frame): boolean {
  return bytes.length === Math.min(length, snapLength === 0 ? length : snapLength)
}
