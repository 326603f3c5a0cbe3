// Quoted parts of a filter: "texts" with C escapes, r"raw texts", 'c' characters.
// Their values are bytes, since \xff is one: each UTF-16 unit of the result is a byte of the text's UTF-8.

import { FilterError } from './filter-error.ts'

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ["'", 0x27],
  ['"', 0x22],
  ['\\', 0x5c],
])

const NUMERIC = /\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y
/** Characters that C lets nobody write as \u: those of its basic set. */
const BASIC = /[\x00-\x23\x25-\x3f\x41-\x5f\x61-\x9f]/

const ENCODER = new TextEncoder()

/** UTF-8 of a text, one unit per byte. */
export function bytesOfText(text: string): string {
  let bytes = ''
  for (const byte of ENCODER.encode(text)) bytes += String.fromCharCode(byte)
  return bytes
}

/** From the opening quote at `start`. */
export function readString(text: string, start: number): { bytes: string; end: number } {
  let bytes = ''
  for (let at = start + 1; at < text.length; ) {
    const character = text[at]!
    if (character === '"') return { bytes, end: at + 1 }
    if (character === '\\' && at + 1 < text.length) {
      const escape = readEscape(text, at)
      bytes += escape.bytes
      at = escape.end
    } else {
      const whole = String.fromCodePoint(text.codePointAt(at)!)
      bytes += bytesOfText(whole)
      at += whole.length
    }
  }
  throw new FilterError('the final quote is missing from a quoted text', { start, end: text.length })
}

/** From the opening quote behind the r. Backslashes stand for themselves; one before a quote keeps it from ending the text. */
export function readRawString(text: string, quote: number): { bytes: string; end: number } {
  let at = quote + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  if (at >= text.length) throw new FilterError('the final quote is missing from a quoted text', { start: quote - 1, end: text.length })
  return { bytes: bytesOfText(text.slice(quote + 1, at)), end: at + 1 }
}

/** From the opening apostrophe: one printable ASCII character or one escape. */
export function readCharacter(text: string, start: number): { code: number; end: number } {
  let end = start + 1
  while (end < text.length && text[end] !== "'") end += text[end] === '\\' ? 2 : 1
  if (end >= text.length) throw new FilterError('the final quote is missing from a character', { start, end: text.length })
  const place = { start, end: end + 1 }
  const inner = text.slice(start + 1, end)
  if (inner === '') throw new FilterError('a character is missing between the quotes', place)
  const escape = inner[0] === '\\' ? readEscape(text, start + 1) : null
  if (escape === null ? inner.length > 1 : escape.end !== end || escape.bytes.length > 1)
    throw new FilterError(`'${inner}' is more than one character; texts stand in double quotes`, place)
  const code = escape === null ? inner.charCodeAt(0) : escape.bytes.charCodeAt(0)
  if (escape === null && (code < 0x20 || code > 0x7e)) throw new FilterError(`'${inner}' is not a printable ASCII character`, place)
  return { code, end: end + 1 }
}

function readEscape(text: string, at: number): { bytes: string; end: number } {
  const simple = SIMPLE.get(text[at + 1]!)
  if (simple !== undefined) return { bytes: String.fromCharCode(simple), end: at + 2 }
  NUMERIC.lastIndex = at
  const found = NUMERIC.exec(text)
  const place = { start: at, end: found === null ? at + 2 : at + found[0].length }
  if (found === null) throw new FilterError(`${text.slice(at, at + 2)} is not a valid escape sequence; a backslash is written \\\\`, place)
  const [whole, hex, octal, short, long] = found
  if (short !== undefined || long !== undefined) return { bytes: universal(whole, Number.parseInt((short ?? long)!, 16), place), end: place.end }
  const code = hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex, 16)
  if (code > 255) throw new FilterError(`${whole} is larger than 255`, place)
  return { bytes: String.fromCharCode(code), end: place.end }
}

function universal(whole: string, code: number, place: { start: number; end: number }): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || BASIC.test(String.fromCodePoint(code)))
    throw new FilterError(`${whole} is not a valid universal character name`, place)
  return bytesOfText(String.fromCodePoint(code))
}
