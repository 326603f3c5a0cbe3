// Values of CoAP options: how they are read, and how the option's line in the tree shows them.
// What each option is stands in wire/coap/options.ts.

import { CONTENT_FORMATS } from '../wire/coap/content-formats.ts'

/** Bytes of an opaque value that a line shows. */
const SHOWN = 24

/** A number of up to four bytes; a longer one is all ones, as Wireshark has it. */
export function optionNumber(bytes: Uint8Array, start: number, length: number): number {
  if (length > 4) return 0xffffffff
  let value = 0
  for (let i = 0; i < length; i++) value = value * 0x100 + bytes[start + i]!
  return value
}

/** `01 02 03`; `(null)` for no bytes. */
export function opaqueText(bytes: Uint8Array, start: number, length: number): string {
  if (length === 0) return '(null)'
  const shown = Array.from(bytes.subarray(start, start + Math.min(length, SHOWN)), hexByte).join(' ')
  return length > SHOWN ? `${shown} …` : shown
}

/** `010203`; `(null)` for no bytes. */
export function keyText(bytes: Uint8Array): string {
  return bytes.length === 0 ? '(null)' : Array.from(bytes, hexByte).join('')
}

export function contentFormatText(number: number): string {
  return CONTENT_FORMATS.get(number) ?? `Unknown Type ${number}`
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [7, 'a'],
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [11, 'v'],
  [12, 'f'],
  [13, 'r'],
])

/** A text as a line of the tree shows it: control characters by their names in C. */
export function lineText(text: string): string {
  let line = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    line += code >= 0x20 && code !== 0x7f ? text[i]! : `\\${ESCAPES.get(code) ?? code.toString(8).padStart(3, '0')}`
  }
  return line
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
