// A dissected frame, as filters and printers see it: rows and columns. One object per dissector, refilled for each frame.
// What must outlive the frame is copied by who needs it.

import type { Frame } from '../capture/frame.ts'
import type { Rows } from './rows.ts'

export interface Packet {
  readonly frame: Frame
  readonly rows: Rows
  /** Wireshark's columns; empty unless demanded. `source` and `destination` are address texts. */
  readonly columns: { source: string; destination: string; protocol: string; info: string }
  /** Protocol names from the outside in, joined by colons: frame.protocols. */
  readonly protocols: string
}
