// Options of CoAP [RFC 7252 5.10, 7641, 7959, 8613, 8768]: number, name, format, lengths, as data.
// What a number says by itself (critical, unsafe to forward, no part of the cache key) is computed [RFC 7252 5.4.6].

export type OptionFormat = 'empty' | 'opaque' | 'uint' | 'text' | 'format' | 'block' | 'oscore'

export interface OptionRow {
  readonly number: number
  readonly name: string
  readonly format: OptionFormat
  /** Bytes of the value. */
  readonly least: number
  readonly most: number
}

export const Option = {
  IfMatch: 1,
  UriHost: 3,
  Etag: 4,
  IfNoneMatch: 5,
  Observe: 6,
  UriPort: 7,
  LocationPath: 8,
  Oscore: 9,
  UriPath: 11,
  ContentFormat: 12,
  MaxAge: 14,
  UriQuery: 15,
  HopLimit: 16,
  Accept: 17,
  LocationQuery: 20,
  Block2: 23,
  Block1: 27,
  Size2: 28,
  ProxyUri: 35,
  ProxyScheme: 39,
  Size1: 60,
} as const

const OPTIONS: readonly OptionRow[] = [
  { number: 1, name: 'If-Match', format: 'opaque', least: 0, most: 8 },
  { number: 3, name: 'Uri-Host', format: 'text', least: 1, most: 255 },
  { number: 4, name: 'Etag', format: 'opaque', least: 1, most: 8 },
  { number: 5, name: 'If-None-Match', format: 'empty', least: 0, most: 0 },
  { number: 6, name: 'Observe', format: 'uint', least: 0, most: 3 },
  { number: 7, name: 'Uri-Port', format: 'uint', least: 0, most: 2 },
  { number: 8, name: 'Location-Path', format: 'text', least: 0, most: 255 },
  { number: 9, name: 'OSCORE', format: 'oscore', least: 0, most: 255 },
  { number: 11, name: 'Uri-Path', format: 'text', least: 0, most: 255 },
  { number: 12, name: 'Content-Format', format: 'format', least: 0, most: 2 },
  { number: 14, name: 'Max-age', format: 'uint', least: 0, most: 4 },
  { number: 15, name: 'Uri-Query', format: 'text', least: 1, most: 255 },
  { number: 16, name: 'Hop-Limit', format: 'uint', least: 1, most: 1 },
  { number: 17, name: 'Accept', format: 'format', least: 0, most: 2 },
  { number: 20, name: 'Location-Query', format: 'text', least: 0, most: 255 },
  { number: 23, name: 'Block2', format: 'block', least: 0, most: 3 },
  { number: 27, name: 'Block1', format: 'block', least: 0, most: 3 },
  { number: 28, name: 'Size2', format: 'uint', least: 0, most: 4 },
  { number: 35, name: 'Proxy-Uri', format: 'text', least: 1, most: 1034 },
  { number: 39, name: 'Proxy-Scheme', format: 'text', least: 1, most: 255 },
  { number: 60, name: 'Size1', format: 'uint', least: 0, most: 4 },
]

const BY_NUMBER: ReadonlyMap<number, OptionRow> = new Map(OPTIONS.map((row) => [row.number, row]))

export function optionByNumber(number: number): OptionRow | null {
  return BY_NUMBER.get(number) ?? null
}

/** Numbers that said nothing in the drafts before the standard; Wireshark still calls them so. */
export function isFencepost(number: number): boolean {
  return number % 14 === 0
}

/** Numbers that anyone may have registered or may try: 2048 and beyond. */
export function isOpenOption(number: number): boolean {
  return number >= 2048 && number <= 65535
}

/** `Type 11, Critical, Unsafe`. */
export function optionClassText(number: number): string {
  const safety = (number & 2) !== 0 ? 'Unsafe' : (number & 0x1e) === 0x1c ? 'Safe, NoCacheKey' : 'Safe'
  return `Type ${number}, ${(number & 1) !== 0 ? 'Critical' : 'Elective'}, ${safety}`
}
