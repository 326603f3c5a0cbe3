// Variable Byte Integers out [MQTT 5.0, section 1.5.5]: Remaining Length, Property Length, Subscription Identifier.
// Reading is in framer.ts, decode-publish.ts and cursor.ts, each with its own bounds.

/** Bytes of the shortest form, which is the only one [MQTT-1.5.5-1]. */
export function varintSize(value: number): number {
  return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : 4
}

/** Returns where it ends. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  while (value > 127) {
    out[at++] = (value & 127) | 128
    value >>>= 7
  }
  out[at++] = value
  return at
}
