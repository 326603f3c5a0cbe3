// A dissected frame, as filters and printers see it: rows and columns. One object per dissector, refilled for each frame.
// What must outlive the frame is copied by who needs it.

import type { Frame } from '../capture/frame.ts'
import type { Rows } from './rows.ts'

export interface Packet {
  readonly frame: Frame
  readonly rows: Rows
  /** Wireshark's columns; empty unless demanded. */
  readonly columns: Columns
  /** Protocol names from the outside in, joined by colons: frame.protocols. */
  readonly protocols: string
}

/** The texts of the summary's columns. Dissectors write them only when `context.demand.columns`. */
export class Columns {
  /** Address texts; an inner layer overwrites an outer one's. */
  source = ''
  destination = ''
  protocol = ''
  info = ''
  /** Characters of `info` that `clearInfo` and `setInfo` keep: texts of messages before this one in the frame. */
  fence = 0
  /** Whether `setProtocol` is deaf: an earlier message in the frame named the protocol. */
  isProtocolFixed = false

  clear(): void {
    this.source = ''
    this.destination = ''
    this.protocol = ''
    this.info = ''
    this.fence = 0
    this.isProtocolFixed = false
  }

  setProtocol(text: string): void {
    if (!this.isProtocolFixed) this.protocol = text
  }

  /** Replaces what stands behind the fence. */
  setInfo(text: string): void {
    this.info = this.info.slice(0, this.fence) + text
  }

  appendInfo(text: string): void {
    this.info += text
  }

  /** Appends with a separator unless nothing stands there yet. */
  appendInfoAfter(separator: string, text: string): void {
    this.info = this.info === '' ? text : this.info + separator + text
  }

  /** What stands now stays. */
  setFence(): void {
    this.fence = this.info.length
  }
}
