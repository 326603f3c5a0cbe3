// What all forms of output have in common: they say what they read, and print packets between a beginning and an end.
// Which form is asked for is decided by the command.

import type { Packet } from '../dissect/packet.ts'
import type { TextOutput } from './text-output.ts'

/** What a printer reads: field names or everything, tree texts of some of them, the summary's columns. */
export interface PrinterNeeds {
  readonly names: readonly string[] | 'everything'
  readonly printed: readonly string[]
  readonly columns: boolean
}

export interface Printer {
  readonly needs: PrinterNeeds
  begin(out: TextOutput): void
  /** A packet that passed the filter, borrowed for the call. */
  packet(packet: Packet, out: TextOutput): void
  end(out: TextOutput): void
}
