// UTF-8 in and out, judged [MQTT 5.0, section 1.5.4]. Short ASCII text, which is nearly all of it, takes one loop.
// What is ill-formed or holds U+0000 is always refused; control characters and non-characters when `strict`.

import { ProtocolError } from './errors.ts'

/** Longest text of a packet, in bytes: its length field has two [MQTT-1.5.4]. */
export const LONGEST_TEXT = 65535

/** Up to this many bytes, joining characters is faster than the decoder of the platform. */
const SHORT = 24

/** U+FEFF is a character like others [MQTT-1.5.4-3]. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()
/** U+0000 and halves of surrogate pairs: read as Unicode, a whole pair is no surrogate. */
const UNSENDABLE = /[\0\p{Surrogate}]/u

/**
 * Accepts bytes[at, end) as text. `strict` also refuses U+0001-001F, U+007F-009F and non-characters, which a sender should
 * not use: Mosquitto refuses them from clients, while a client must take what a server sends. Throws ProtocolError 0x81.
 */
export function checkUtf8(bytes: Uint8Array, at: number, end: number, strict = true): void {
  for (let i = at; i < end; ) {
    const byte = bytes[i]!
    if (byte >= 0x20 && byte < 0x7f) i++
    else i = checkCharacter(bytes, i, end, strict)
  }
}

/** Judges the character at `at`; returns where the next one begins. For all characters, but meant for the rare ones. */
export function checkCharacter(bytes: Uint8Array, at: number, end: number, strict: boolean): number {
  const lead = bytes[at]!
  if (lead < 0x80) {
    if (lead === 0) throw new ProtocolError(0x81, 'U+0000 in text', 'MQTT-1.5.4-2', at) // [MQTT-1.5.4-2]
    if (strict && (lead < 0x20 || lead === 0x7f)) throw discouraged(lead, at)
    return at + 1
  }
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  if (length === 0 || at + length > end) throw illFormed(at)
  let character = lead & (0xff >> (length + 1))
  for (let i = at + 1; i < at + length; i++) {
    const byte = bytes[i]!
    if ((byte & 0xc0) !== 0x80) throw illFormed(at)
    character = (character << 6) | (byte & 0x3f)
  }
  if (length === 3 && (character < 0x800 || (character >= 0xd800 && character < 0xe000))) throw illFormed(at)
  if (length === 4 && (character < 0x10000 || character > 0x10ffff)) throw illFormed(at)
  if (strict && (character < 0xa0 || (character & 0xfffe) === 0xfffe || (character >= 0xfdd0 && character < 0xfdf0))) throw discouraged(character, at)
  return at + length
}

/** The text of bytes[at, end), judged as by `checkUtf8`. Throws ProtocolError 0x81. */
export function readUtf8(bytes: Uint8Array, at: number, end: number, strict = true): string {
  checkUtf8(bytes, at, end, strict)
  if (end - at > SHORT) return decoder.decode(bytes.subarray(at, end))
  let text = ''
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!
    if (byte > 0x7f) return decoder.decode(bytes.subarray(at, end))
    text += String.fromCharCode(byte)
  }
  return text
}

/** Bytes that `writeUtf8` takes. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) length++
    else {
      length += 2
      if (isPair(text, i)) i++
    }
  }
  return length
}

/** Writes the text at `at`, returns where it ends. Half a surrogate pair becomes U+FFFD: what is written is always well-formed [MQTT-1.5.4-1]. */
export function writeUtf8(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return at + encoder.encodeInto(text.slice(i), out.subarray(at)).written
    out[at++] = unit
  }
  return at
}

/** Can this be sent as it is? Without U+0000 [MQTT-1.5.4-2] and halves of surrogate pairs [MQTT-1.5.4-1]; its length is another matter. */
export function isText(text: string): boolean {
  return !UNSENDABLE.test(text)
}

function isPair(text: string, at: number): boolean {
  const first = text.charCodeAt(at)
  if (first < 0xd800 || first > 0xdbff) return false
  const second = text.charCodeAt(at + 1)
  return second >= 0xdc00 && second <= 0xdfff
}

function illFormed(at: number): ProtocolError {
  return new ProtocolError(0x81, 'ill-formed UTF-8 in text', 'MQTT-1.5.4-1', at) // [MQTT-1.5.4-1]
}

/** The standard leaves it to the receiver whether these are malformed [section 1.5.4]. */
function discouraged(character: number, at: number): ProtocolError {
  return new ProtocolError(0x81, `U+${character.toString(16).toUpperCase().padStart(4, '0')} in text`, '', at)
}
