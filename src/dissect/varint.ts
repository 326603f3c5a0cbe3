// Variable Byte Integers as Wireshark reads them: up to ten bytes, so that a length no MQTT packet may have is shown and not hidden.
// The strict reader of MQTT's four bytes is wire/mqtt/varint.ts.

const MOST_BYTES = 10

/** Bytes of the integer at `at`; 0 when it does not end before `end` or within ten bytes. */
export function varintLength(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + MOST_BYTES)
  for (let i = at; i < limit; i++) if (bytes[i]! < 0x80) return i - at + 1
  return 0
}

/** The value of `count` bytes at `at`: 64 bits, a bigint beyond 2^53. */
export function varintValue(bytes: Uint8Array, at: number, count: number): number | bigint {
  if (count > 7) return wideValue(bytes, at, count)
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 0x80 + (bytes[at + i]! & 0x7f)
  return value
}

/** The lowest 32 bits of the value. */
export function varintLow(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = 0; i < count && i < 5; i++) value |= (bytes[at + i]! & 0x7f) << (7 * i)
  return value >>> 0
}

function wideValue(bytes: Uint8Array, at: number, count: number): number | bigint {
  let value = 0n
  for (let i = count - 1; i >= 0; i--) value = (value << 7n) | BigInt(bytes[at + i]! & 0x7f)
  value = BigInt.asUintN(64, value)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
