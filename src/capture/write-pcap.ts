// Writes pcap files, little endian, in microseconds or nanoseconds. One link type per file: that is all the format can say.
// Bytes go to a sink piece by piece, borrowed for the call.

import { CaptureError } from './capture-error.ts'
import type { ByteSink, CaptureWriter } from './capture-writer.ts'
import type { CaptureItem, Frame } from './frame.ts'
import { isFrame } from './frame.ts'
import { MAXIMUM_FRAME } from './pcap.ts'

const HEADER = 24
const RECORD = 16

export class PcapWriter implements CaptureWriter {
  readonly #sink: ByteSink
  readonly #nanoseconds: boolean
  #linkType = -1
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)

  constructor(sink: ByteSink, nanoseconds: boolean) {
    this.#sink = sink
    this.#nanoseconds = nanoseconds
  }

  /** Secrets have no place in pcap and are left out. @throws CaptureError for a frame of another link type than the first one's */
  write(item: CaptureItem): void {
    if (!isFrame(item)) return
    const { linkType } = item.interface
    if (this.#linkType < 0) this.#header(linkType, item.interface.snapLength)
    else if (this.#linkType !== linkType)
      throw new CaptureError(`frame ${item.number} has link type ${linkType}, the file ${this.#linkType}: pcap holds one only, write pcapng (-F pcapng)`, 0)
    this.#record(item)
  }

  finish(): void {
    if (this.#linkType < 0) this.#header(1, 0) // an empty capture is a capture too
  }

  #header(linkType: number, snapLength: number): void {
    this.#linkType = linkType
    const view = this.#view
    view.setUint32(0, this.#nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, true)
    view.setUint16(4, 2, true)
    view.setUint16(6, 4, true)
    view.setUint32(8, 0, true)
    view.setUint32(12, 0, true)
    view.setUint32(16, snapLength === 0 ? MAXIMUM_FRAME : snapLength, true)
    view.setUint32(20, linkType, true)
    this.#sink(this.#bytes.subarray(0, HEADER))
  }

  #record(frame: Frame): void {
    const stored = frame.bytes.length
    if (this.#bytes.length < RECORD + stored) {
      this.#bytes = new Uint8Array(2 * (RECORD + stored))
      this.#view = new DataView(this.#bytes.buffer)
    }
    const view = this.#view
    view.setUint32(0, frame.seconds, true)
    view.setUint32(4, this.#nanoseconds ? frame.nanoseconds : Math.floor(frame.nanoseconds / 1000), true)
    view.setUint32(8, stored, true)
    view.setUint32(12, frame.length, true)
    this.#bytes.set(frame.bytes, RECORD)
    this.#sink(this.#bytes.subarray(0, RECORD + stored))
  }
}
