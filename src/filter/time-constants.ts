// Reads the times that filters compare with: dates as tshark 4.0 accepts them, and spans in seconds with a fraction.
// Both give nanoseconds; null = not one. Dates without a zone are local ones, as everywhere in Wireshark.

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?/
const WORDS = /^([A-Za-z]{3})\s+(\d{1,2}),\s+(\d{4})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})/
const REST = /^(?:\.(\d*))?(?:(Z|[+-]\d{2}(?::?\d{2})?)|\s+(UTC))?\s*$/
const NANOSECONDS = 1_000_000_000n
const SPAN = /^(\d+)(?:\.(\d*))?/

/** Nanoseconds since 1970. */
export function readAbsoluteTime(text: string): bigint | null {
  const trimmed = text.trimStart()
  const iso = ISO.exec(trimmed)
  const words = iso === null ? WORDS.exec(trimmed) : null
  const found = iso ?? words
  if (found === null) return null
  const numbers = found.slice(1).map((part) => Number(part ?? 0))
  let [year, month, day] = [numbers[0]!, numbers[1]!, numbers[2]!]
  if (words !== null) {
    month = MONTHS.indexOf(words[1]!.toLowerCase()) + 1
    day = Number(words[2])
    year = Number(words[3])
  }
  const [hours, minutes, seconds] = numbers.slice(3) as [number, number, number]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hours > 23 || minutes > 59 || seconds > 61) return null
  const rest = REST.exec(trimmed.slice(found[0].length))
  if (rest === null) return null
  const zone = rest[2] ?? rest[3]
  const milliseconds =
    zone === undefined ? localTime(year, month, day, hours, minutes, seconds) : Date.UTC(year, month - 1, day, hours, minutes, seconds) - offsetOf(zone)
  return BigInt(milliseconds / 1000) * NANOSECONDS + BigInt((rest[1] ?? '').padEnd(9, '0').slice(0, 9))
}

function localTime(year: number, month: number, day: number, hours: number, minutes: number, seconds: number): number {
  return new Date(year, month - 1, day, hours, minutes, seconds).getTime()
}

function offsetOf(zone: string): number {
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)
  if (found === null) return 0
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0)
  return (found[1] === '-' ? -minutes : minutes) * 60_000
}

/** Nanoseconds of `1`, `0.25`; what follows the digits of a fraction is ignored, as tshark does: `0.2s`. */
export function readTimeSpan(text: string): bigint | null {
  const found = SPAN.exec(text)
  if (found === null) return null
  const [whole, seconds, fraction] = found
  if (fraction === undefined && whole.length < text.length) return null
  if (fraction !== undefined && fraction.length > 9) return null
  // More seconds than 64 bits hold are -1, as C has it
  const full = BigInt(seconds!)
  const held = full > 0xffff_ffff_ffff_ffffn ? -1n : BigInt.asIntN(64, full)
  return held * NANOSECONDS + BigInt((fraction ?? '').padEnd(9, '0'))
}
