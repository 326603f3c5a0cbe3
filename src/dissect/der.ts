// Reads DER where it stands: tag, place and size of a value, and the values inside it. [X.690]
// Only what certificates need: tags of one byte, lengths of up to four.

/** A value: its tag, where it begins with the tag, and where its contents stand. */
export interface DerValue {
  readonly tag: number
  readonly start: number
  readonly contents: number
  readonly end: number
}

export const DerTag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  NumericString: 0x12,
  PrintableString: 0x13,
  TeletexString: 0x14,
  Ia5String: 0x16,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  UniversalString: 0x1c,
  BmpString: 0x1e,
  Sequence: 0x30,
  Set: 0x31,
} as const

/** The value at `at`; null when it does not fit before `end` or is not written as DER has it. */
export function derAt(bytes: Uint8Array, at: number, end: number): DerValue | null {
  if (at + 2 > end) return null
  const tag = bytes[at]!
  let size = bytes[at + 1]!
  let contents = at + 2
  if (size >= 0x80) {
    const count = size & 0x7f
    if (count === 0 || count > 4 || contents + count > end) return null
    size = 0
    for (let i = 0; i < count; i++) size = size * 256 + bytes[contents + i]!
    contents += count
  }
  return (tag & 0x1f) === 0x1f || contents + size > end ? null : { tag, start: at, contents, end: contents + size }
}

/** The values from `start` to `end`, as far as they can be read. */
export function derValues(bytes: Uint8Array, start: number, end: number): DerValue[] {
  const values: DerValue[] = []
  for (let at = start; at < end; ) {
    const value = derAt(bytes, at, end)
    if (value === null) break
    values.push(value)
    at = value.end
  }
  return values
}

/** The values inside of one. */
export function derInside(bytes: Uint8Array, value: DerValue): DerValue[] {
  return derValues(bytes, value.contents, value.end)
}
