// DER of the ASN.1 types that certificates are made of: tag, length, contents [X.690].
// Writes what certificate.ts needs, and reads just enough to find a value by its place.

const CLASS_CONTEXT = 0x80
const CONSTRUCTED = 0x20

/** One value: its tag, the length of its contents in the shortest form, its contents. */
export function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}

export function sequence(...items: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...items)
}

/** SET OF: DER wants its members in the order of their bytes. */
export function set(...items: readonly Uint8Array[]): Buffer {
  return tagged(0x31, ...[...items].sort(Buffer.compare))
}

/** `[number]` around whole values. */
export function explicit(number: number, ...items: readonly Uint8Array[]): Buffer {
  return tagged(CLASS_CONTEXT | CONSTRUCTED | number, ...items)
}

/** `[number]` in place of the tag of a value without parts. */
export function implicit(number: number, contents: Uint8Array): Buffer {
  return tagged(CLASS_CONTEXT | number, contents)
}

/** A number that is not negative, as big-endian bytes. */
export function unsigned(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  return (digits[0] ?? 0) >= 0x80 ? tagged(0x02, Buffer.from([0]), digits) : tagged(0x02, digits.length === 0 ? Buffer.from([0]) : digits)
}

/** `1.2.840.10045.4.3.2` and the like. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]))
}

export function octetString(contents: Uint8Array): Buffer {
  return tagged(0x04, contents)
}

/** `unused` bits at the end of the last byte do not count. */
export function bitString(contents: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), contents)
}

/** Named bits: number 0 is the first. Bits that are off at the end are left out. */
export function namedBits(numbers: readonly number[]): Buffer {
  const last = Math.max(...numbers)
  const bytes = Buffer.alloc((last >> 3) + 1)
  for (const number of numbers) bytes[number >> 3]! |= 0x80 >> (number & 7)
  return bitString(bytes, 7 - (last & 7))
}

export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text))
}

/** To the second. Two digits of the year until 2049, four from 2050 on [RFC 5280, 4.1.2.5]. */
export function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '')
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits))
}

/** A value that was read: a view of the bytes given. */
export interface DerValue {
  readonly tag: number
  readonly contents: Uint8Array
}

/** The values that stand one after another in `bytes`; null when they are no DER. */
export function readValues(bytes: Uint8Array): DerValue[] | null {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!
    let size = bytes[at + 1]
    if (size === undefined) return null
    at += 2
    if (size >= 0x80) {
      const count = size & 0x7f
      if (count === 0 || count > 4 || at + count > bytes.length) return null
      size = 0
      for (let i = 0; i < count; i++) size = size * 256 + bytes[at + i]!
      at += count
    }
    if (at + size > bytes.length) return null
    values.push({ tag, contents: bytes.subarray(at, at + size) })
    at += size
  }
  return values
}

/** Contents of an OBJECT IDENTIFIER as dotted numbers. */
export function readObjectIdentifier(contents: Uint8Array): string {
  const numbers: number[] = []
  let value = 0
  for (const byte of contents) {
    value = value * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    if (numbers.length === 0) numbers.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)))
    else numbers.push(value)
    value = 0
  }
  return numbers.join('.')
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const digits: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Buffer.from([0x80 | digits.length, ...digits])
}

function base128(value: number): number[] {
  const digits = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 | (rest % 128))
  return digits
}
