// Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5): code, length, value, padding to four bytes.
// An option that reaches beyond its block ends the list; nothing here throws.

export const OptionCode = {
  EndOfOptions: 0,
  Comment: 1,
  InterfaceName: 2,
  InterfaceDescription: 3,
  PacketFlags: 2,
  TimestampResolution: 9,
  TimestampOffset: 14,
} as const

const TEXT = new TextDecoder()

/** Calls `take` with each option: its code, and where its value stands. */
export function eachOption(view: DataView, at: number, end: number, littleEndian: boolean, take: (code: number, at: number, length: number) => void): void {
  while (at + 4 <= end) {
    const code = view.getUint16(at, littleEndian)
    const length = view.getUint16(at + 2, littleEndian)
    if (code === OptionCode.EndOfOptions || at + 4 + length > end) return
    take(code, at + 4, length)
    at += 4 + padded(length)
  }
}

/** Text of an option; some writers end it with a NUL. */
export function optionText(bytes: Uint8Array, at: number, length: number): string {
  const zero = bytes.subarray(at, at + length).indexOf(0)
  return TEXT.decode(bytes.subarray(at, at + (zero < 0 ? length : zero)))
}

/** Rounded up to four bytes. */
export function padded(length: number): number {
  return (length + 3) & ~3
}
