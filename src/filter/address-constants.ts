// Reads the texts of addresses and byte strings in all the spellings that filters know.
// Null = not one; which field may be compared with which is the check's affair.

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const HEX = /^[0-9A-Fa-f]+$/
const PAIRS = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*$/
const DOTTED = /^[0-9A-Fa-f]+(?:[.-][0-9A-Fa-f]+)+$/

export function isIpv4Text(text: string): boolean {
  return IPV4.test(text)
}

/** Unsigned, in network order. */
export function readIpv4(text: string): number | null {
  if (!IPV4.test(text)) return null
  const [a, b, c, d] = text.split('.').map(Number) as [number, number, number, number]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

/** RFC 4291 text, `::` and dotted end included; without zone or prefix. */
export function readIpv6(text: string): Uint8Array | null {
  if (!/^[0-9A-Fa-f:.]*$/.test(text)) return null
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groupsOf(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const bytes = new Uint8Array(16)
  for (const [i, group] of [...head, ...new Array<number>(missing).fill(0), ...tail].entries()) {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 255
  }
  return bytes
}

function groupsOf(text: string, mayEndDotted: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const dotted = mayEndDotted && i === parts.length - 1 ? readIpv4(part) : null
    if (dotted !== null) groups.push(dotted >>> 16, dotted & 0xffff)
    else if (part.length <= 4 && HEX.test(part)) groups.push(Number.parseInt(part, 16))
    else return null
  }
  return groups
}

/**
 * Pairs of digits with colons between them; digits with dots or dashes, where a pair that lacks a digit is a byte of its own (`10.0.0.1`, `a-b`);
 * plain digits (a last single one is a byte); or 0x and one byte.
 */
export function readBytes(text: string): Uint8Array | null {
  const digits = text.startsWith(':') ? text.slice(1) : text
  if (/^0[xX][0-9A-Fa-f]{2}$/.test(digits)) return Uint8Array.of(Number(digits))
  if (!HEX.test(digits) && !PAIRS.test(digits) && !DOTTED.test(digits)) return null
  const pairs = digits.split(/[:.-]/).flatMap((group) => group.match(/..?/g) ?? [])
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))
}
