// Dates as text by a strftime format, in the C locale: log_timestamp_format, and `@` in the formats of the clients.
// Pure: the caller gives the parts of the local time. Conversions, flags and widths are glibc's, and GNU's `%N`.

/** One moment with its local calendar parts. */
export interface StrftimeMoment {
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly epochSeconds: number
  /** 0 to 999999999 within the second. */
  readonly nanoseconds: number
  /** Minutes east of Greenwich. */
  readonly offsetMinutes: number
  /** Abbreviated, such as `CET`. */
  readonly zoneName: string
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 = Sunday. */
  readonly weekday: number
  /** 1 to 366. */
  readonly yearday: number
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] as const

/** Conversions that stand for others. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  x: '%m/%d/%y',
}

/** Conversions to text. */
const TEXTS: Readonly<Record<string, (at: StrftimeMoment) => string>> = {
  '%': () => '%',
  A: (at) => WEEKDAYS[at.weekday] ?? '?',
  a: (at) => WEEKDAYS[at.weekday]?.slice(0, 3) ?? '?',
  B: (at) => MONTHS[at.month - 1] ?? '?',
  b: (at) => MONTHS[at.month - 1]?.slice(0, 3) ?? '?',
  h: (at) => MONTHS[at.month - 1]?.slice(0, 3) ?? '?',
  n: () => '\n',
  P: (at) => (at.hour < 12 ? 'am' : 'pm'),
  p: (at) => (at.hour < 12 ? 'AM' : 'PM'),
  t: () => '\t',
  Z: (at) => at.zoneName,
}

interface NumberConversion {
  readonly value: (at: StrftimeMoment) => number
  readonly width: number
  readonly padding: '0' | ' '
}

/** Conversions to numbers, with their usual width and padding. */
const NUMBERS: Readonly<Record<string, NumberConversion>> = {
  C: { value: (at) => Math.floor(at.year / 100), width: 2, padding: '0' },
  d: { value: (at) => at.day, width: 2, padding: '0' },
  e: { value: (at) => at.day, width: 2, padding: ' ' },
  G: { value: (at) => isoWeek(at).year, width: 1, padding: '0' },
  g: { value: (at) => remainder(isoWeek(at).year, 100), width: 2, padding: '0' },
  H: { value: (at) => at.hour, width: 2, padding: '0' },
  I: { value: (at) => at.hour % 12 || 12, width: 2, padding: '0' },
  j: { value: (at) => at.yearday, width: 3, padding: '0' },
  k: { value: (at) => at.hour, width: 2, padding: ' ' },
  l: { value: (at) => at.hour % 12 || 12, width: 2, padding: ' ' },
  M: { value: (at) => at.minute, width: 2, padding: '0' },
  m: { value: (at) => at.month, width: 2, padding: '0' },
  S: { value: (at) => at.second, width: 2, padding: '0' },
  s: { value: (at) => at.epochSeconds, width: 1, padding: ' ' },
  U: { value: (at) => weekOfYear(at, at.weekday), width: 2, padding: '0' },
  u: { value: (at) => at.weekday || 7, width: 1, padding: '0' },
  V: { value: (at) => isoWeek(at).week, width: 2, padding: '0' },
  W: { value: (at) => weekOfYear(at, remainder(at.weekday - 1, 7)), width: 2, padding: '0' },
  w: { value: (at) => at.weekday, width: 1, padding: '0' },
  Y: { value: (at) => at.year, width: 1, padding: '0' },
  y: { value: (at) => remainder(at.year, 100), width: 2, padding: '0' },
}

/** `%`, flags, width, conversion; `E` and `O` mean nothing in this locale and may stand before some. */
const CONVERSION = /%([_\-0^#]*)(\d{0,4})(?:E(?![aAbBdDeEFgGhHIjklmMNOSUVwW])|O(?![aAcDEFNOxXY]))?([\s\S])/gu

/**
 * The moment as text: `%Y-%m-%dT%H:%M:%S%z` and all the others of strftime(3), with the flags `_ - 0 ^ #` and widths.
 * `%N` is the nanoseconds, `%3N` their first three digits. What is no conversion stays as it stands.
 */
export function strftime(format: string, at: StrftimeMoment): string {
  return format.replace(CONVERSION, (whole: string, flags: string, width: string, conversion: string) =>
    converted(conversion, flags, width === '' ? null : Number(width), at, whole),
  )
}

function converted(conversion: string, flags: string, width: number | null, at: StrftimeMoment, whole: string): string {
  const asked = paddingOf(flags)
  const padding = asked === '' && width !== null ? ' ' : asked // glibc: a width outweighs the flag that wants none
  if (conversion === 'N') return fraction(at.nanoseconds, width)
  if (conversion === 'z') return zone(at.offsetMinutes, padding, width)
  const number = NUMBERS[conversion]
  if (number !== undefined) return digits(number.value(at), padding ?? number.padding, width ?? number.width)
  const composed = COMPOSED[conversion]
  const text = composed === undefined ? TEXTS[conversion]?.(at) : strftime(composed, at)
  if (text === undefined) return whole
  return cased(text, conversion, flags).padStart(width ?? 0, padding === '0' ? '0' : ' ')
}

/** What the last of the flags `_ - 0` asks for; null = the conversion's own, '' = none. */
function paddingOf(flags: string): '0' | ' ' | '' | null {
  for (let i = flags.length - 1; i >= 0; i--) {
    if (flags[i] === '0') return '0'
    if (flags[i] === '_') return ' '
    if (flags[i] === '-') return ''
  }
  return null
}

/** `#` turns the usual case of a name round: capitals, but for AM and zones small letters. */
function cased(text: string, conversion: string, flags: string): string {
  if (conversion === 'P') return text
  if (flags.includes('#') && (conversion === 'p' || conversion === 'Z')) return text.toLowerCase()
  return flags.includes('^') || (flags.includes('#') && !(conversion in COMPOSED)) ? text.toUpperCase() : text
}

function digits(value: number, padding: '0' | ' ' | '', width: number): string {
  const text = String(Math.abs(value))
  const sign = value < 0 ? '-' : ''
  if (padding === '0') return sign + text.padStart(width - sign.length, '0')
  return (sign + text).padStart(padding === '' ? 0 : width, ' ')
}

function fraction(nanoseconds: number, width: number | null): string {
  return String(nanoseconds)
    .padStart(9, '0')
    .slice(0, width ?? 9)
    .padEnd(width ?? 9, '0')
}

/** `+hhmm`. */
function zone(offsetMinutes: number, padding: '0' | ' ' | '' | null, width: number | null): string {
  const sign = offsetMinutes < 0 ? '-' : '+'
  const minutes = Math.abs(offsetMinutes)
  const number = String(Math.floor(minutes / 60) * 100 + (minutes % 60))
  if (padding === '') return sign + number
  return sign + number.padStart((width ?? 5) - 1, padding ?? '0')
}

/** Week of the year; `sinceFirst` = days since the weekday on which its weeks begin. Days before the first such day are in week 0. */
function weekOfYear(at: StrftimeMoment, sinceFirst: number): number {
  return Math.floor((at.yearday - 1 + 7 - sinceFirst) / 7)
}

/** ISO 8601: weeks begin on Monday and belong to the year of their Thursday. */
function isoWeek(at: StrftimeMoment): { readonly year: number; readonly week: number } {
  const thursday = at.yearday - remainder(at.weekday - 1, 7) + 3
  if (thursday < 1) return { year: at.year - 1, week: Math.ceil((thursday + daysIn(at.year - 1)) / 7) }
  const days = daysIn(at.year)
  if (thursday > days) return { year: at.year + 1, week: 1 }
  return { year: at.year, week: Math.ceil(thursday / 7) }
}

function daysIn(year: number): number {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 366 : 365
}

/** Never negative. */
function remainder(value: number, by: number): number {
  return ((value % by) + by) % by
}
