// The beginning of a payload on one line: its text, or its bytes when it is none.
// The broker sends it in base64; whatever is in it becomes text and nothing else.

import { hexOf, textOf } from '../../worker/glance.ts'
import { dotsOf } from '../../worker/payload-mask.ts'
import { visibleLine } from '../../worker/visible-text.ts'

/** Bytes shown in hexadecimal. */
const MOST_HEX = 24

/** `size`: of the whole payload. `isMasked`: as dots. */
export function payloadText(base64: string, size: number, empty: string, isMasked = false): string {
  if (size === 0) return empty
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const text = textOf(bytes) ?? (bytes.length < size ? textOf(withoutCutCharacter(bytes)) : null)
  const shown = text === null ? hexOf(bytes, MOST_HEX) : visibleLine(text)
  const told = isMasked ? dotsOf(shown) : shown
  return bytes.length < size ? `${told}…` : told
}

/** The end may have been cut inside a character of up to four bytes. */
function withoutCutCharacter(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && bytes.length - end < 3 && (bytes[end - 1]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, Math.max(0, end - 1))
}
