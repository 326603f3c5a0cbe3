// -x: the bytes of a packet, sixteen a line with their characters; reassembled and decrypted bytes under their names.
// Layout as tshark's.

import { bytesText } from '../dissect/address-text.ts'
import type { Packet } from '../dissect/packet.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import type { TextOutput } from './text-output.ts'

const PER_LINE = 16
const HEX_WIDTH = 3 * PER_LINE - 1

export class HexPrinter implements Printer {
  /** Other sources than the frame exist only when somebody reads what is in them. */
  readonly needs: PrinterNeeds = { names: 'everything', printed: [], columns: true }

  readonly #afterLine: boolean

  /** `afterLine`: a summary line stands before it, which a blank line sets apart. */
  constructor(afterLine: boolean) {
    this.#afterLine = afterLine
  }

  begin(): void {}

  packet({ rows }: Packet, out: TextOutput): void {
    if (this.#afterLine) out.byte(10)
    const { sources, sourceNames } = rows
    for (const [i, bytes] of sources.entries()) {
      if (sources.length > 1) out.text(`${sourceNames[i]!} (${bytes.length} byte${bytes.length === 1 ? '' : 's'}):\n`)
      hexDump(bytes, out)
    }
    out.byte(10)
  }

  end(): void {}
}

/** `0010  00 4d …   .M…` */
export function hexDump(bytes: Uint8Array, out: TextOutput): void {
  const digits = Math.max(4, (bytes.length - 1).toString(16).length)
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const line = bytes.subarray(at, at + PER_LINE)
    let characters = ''
    for (const byte of line) characters += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
    out.text(`${at.toString(16).padStart(digits, '0')}  ${bytesText(line, ' ').padEnd(HEX_WIDTH)}   ${characters}\n`)
  }
}
