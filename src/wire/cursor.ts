// Reads the fields of a packet one after another, never beyond its end. For everything that is not hot.
// Every fault is a ProtocolError 0x81 with the offset where the field begins; texts are judged by text.ts.

import { ProtocolError } from './errors.ts'
import { readUtf8 } from './text.ts'

/** Up to this many bytes, copying them one by one is faster than making a view for `set`. */
const SHORT = 64

/** A copy of bytes[at, end). Not `slice`: that of a Buffer copies nothing. */
export function copyOf(bytes: Uint8Array, at: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - at)
  if (copy.length > SHORT) copy.set(bytes.subarray(at, end))
  else for (let i = 0; i < copy.length; i++) copy[i] = bytes[at + i]!
  return copy
}

export class Cursor {
  readonly bytes: Uint8Array
  /** Where the next field begins. */
  at: number
  readonly end: number
  /** Whether texts with control characters and non-characters are refused. */
  readonly #strictText: boolean

  /** Reads bytes[at, end). */
  constructor(bytes: Uint8Array, at: number, end: number, strictText: boolean) {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.#strictText = strictText
  }

  /** `field` names the value in the error. */
  byte(field: string): number {
    if (this.at >= this.end) throw this.#beyond(field)
    return this.bytes[this.at++]!
  }

  twoByte(field: string): number {
    const at = this.at
    if (at + 2 > this.end) throw this.#beyond(field)
    this.at = at + 2
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  fourByte(field: string): number {
    const at = this.at
    const bytes = this.bytes
    if (at + 4 > this.end) throw this.#beyond(field)
    this.at = at + 4
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }

  /** Variable Byte Integer in its shortest form [MQTT-1.5.5-1]. */
  varint(field: string): number {
    const start = this.at
    for (let value = 0, shift = 0; shift < 28; shift += 7) {
      if (this.at >= this.end) throw this.#beyond(field, start)
      const digit = this.bytes[this.at++]!
      value |= (digit & 127) << shift
      if (digit > 127) continue
      if (digit === 0 && shift > 0) throw new ProtocolError(0x81, `${field} in more bytes than needed`, 'MQTT-1.5.5-1', start) // [MQTT-1.5.5-1]
      return value
    }
    throw new ProtocolError(0x81, `${field} of more than four bytes`, 'MQTT-1.5.5-1', start)
  }

  text(field: string): string {
    const at = this.#prefixed(field)
    return readUtf8(this.bytes, at, this.at, this.#strictText)
  }

  /** A copy. */
  binary(field: string): Uint8Array {
    const at = this.#prefixed(field)
    return copyOf(this.bytes, at, this.at)
  }

  /** A copy of everything up to the end. */
  rest(): Uint8Array {
    const at = this.at
    this.at = this.end
    return copyOf(this.bytes, at, this.end)
  }

  /** A cursor over the next `length` bytes; this one goes on behind them. */
  part(length: number, field: string): Cursor {
    const at = this.at
    if (length > this.end - at) throw this.#beyond(field)
    this.at = at + length
    return new Cursor(this.bytes, at, this.at, this.#strictText)
  }

  /** Nothing may be left [MQTT-4.13.1-1]. */
  finish(packet: string): void {
    if (this.at < this.end) throw new ProtocolError(0x81, `${this.end - this.at} bytes left over in ${packet}`, 'MQTT-4.13.1-1', this.at)
  }

  /** Passes over a length and as many bytes; returns where these begin. */
  #prefixed(field: string): number {
    const start = this.at
    const length = this.twoByte(field)
    const at = this.at
    if (length > this.end - at) throw this.#beyond(field, start)
    this.at = at + length
    return at
  }

  #beyond(field: string, at: number = this.at): ProtocolError {
    return new ProtocolError(0x81, `${field} beyond the packet`, 'MQTT-4.13.1-1', at)
  }
}
