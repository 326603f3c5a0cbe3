// The bytes of a packet in lines, and which line of the tree a byte belongs to.
// Pure: the pane draws what this says.

import type { DetailLine } from '../../worker/packets/packet-calls.ts'

/** Pixels from which sixteen bytes fit with their characters; else eight. */
const WIDE = 588

export interface ByteRange {
  readonly source: number
  readonly start: number
  readonly length: number
}

/** 16 or 8. */
export function bytesPerLine(width: number): number {
  return width === 0 || width >= WIDE ? 16 : 8
}

/** `003b`, as many digits as the last offset needs. */
export function offsetText(offset: number, size: number): string {
  return offset.toString(16).padStart(Math.max(4, (size - 1).toString(16).length), '0')
}

export function hexText(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** The character of a byte; a middle dot for what is none. */
export function characterOf(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'
}

/** The innermost line over a byte: the shortest, of equal ones the deepest; -1 = none. */
export function lineOfByte(lines: readonly DetailLine[], source: number, offset: number): number {
  let best = -1
  for (const [i, line] of lines.entries()) {
    if (line.source !== source || line.start < 0 || offset < line.start || offset >= line.start + line.length) continue
    if (best < 0 || line.length <= lines[best]!.length) best = i
  }
  return best
}

/** The line of the protocol that a line belongs to. */
export function protocolOf(lines: readonly DetailLine[], index: number): number {
  let at = index
  while (at > 0 && lines[at]!.depth > 0) at--
  return at
}

export function rangeOf(line: DetailLine | undefined): ByteRange | null {
  return line === undefined || line.start < 0 || line.length === 0 ? null : { source: line.source, start: line.start, length: line.length }
}

export function isIn(range: ByteRange | null, source: number, offset: number): boolean {
  return range !== null && range.source === source && offset >= range.start && offset < range.start + range.length
}

/** Bytes as people paste them elsewhere. */
export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map(hexText).join(' ')
}
