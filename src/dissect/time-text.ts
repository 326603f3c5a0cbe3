// Texts of times. Absolute ones are local, with the zone's name behind them, as Wireshark shows them; nanoseconds are exact.
// The zone is the process's (TZ) or the browser's.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const BILLION = 1_000_000_000n
const HOUR_MS = 3_600_000
/** Languages differ in which zones they have short names for. */
const ZONE_LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-CA', 'en-ZA', 'en-NZ']

let zoneHour = Number.NaN
let zoneText = ''

/** `seconds.fraction` with `decimals` digits, cut, not rounded: `-0.001500`. */
export function relativeTimeText(nanoseconds: bigint, decimals = 9): string {
  const isNegative = nanoseconds < 0n
  const size = isNegative ? -nanoseconds : nanoseconds
  return `${isNegative ? '-' : ''}${size / BILLION}${fraction(Number(size % BILLION), decimals)}`
}

/** `Nov 22, 2026 07:40:05.900027000 CET`. */
export function absoluteTimeText(nanoseconds: bigint, isUtc = false): string {
  const { date, rest } = split(nanoseconds)
  const [year, month, day, hours] = isUtc
    ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()]
    : [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours()]
  const clock = clockText(hours, isUtc ? date.getUTCMinutes() : date.getMinutes(), date.getUTCSeconds())
  return `${MONTHS[month]} ${`${day}`.padStart(2)}, ${year} ${clock}${fraction(rest, 9)} ${isUtc ? 'UTC' : zoneName(date)}`
}

/** `2026-11-22T07:40:05.900027000Z`, as -T ek writes times. */
export function isoTimeText(nanoseconds: bigint): string {
  const { date, rest } = split(nanoseconds)
  return `${date.toISOString().slice(0, 19)}${fraction(rest, 9)}Z`
}

/** What stands before the clock: nothing, the date, or year and day of the year. */
export type DateStyle = 'none' | 'date' | 'day-of-year'

/** The summary's absolute times: `2026-11-22 07:40:05.900027`. */
export function clockTimeText(nanoseconds: bigint, style: DateStyle, isUtc: boolean, decimals: number): string {
  const { date, rest } = split(nanoseconds)
  const shown = isUtc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  const year = shown.getUTCFullYear()
  const clock = `${clockText(shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds())}${fraction(rest, decimals)}`
  switch (style) {
    case 'none':
      return clock
    case 'date':
      return `${year}-${two(shown.getUTCMonth() + 1)}-${two(shown.getUTCDate())} ${clock}`
    case 'day-of-year':
      return `${year}/${`${1 + Math.round((Date.UTC(year, shown.getUTCMonth(), shown.getUTCDate()) - Date.UTC(year, 0, 1)) / (24 * HOUR_MS))}`.padStart(3, '0')} ${clock}`
  }
}

/** `30 minutes`, `1 day, 2 seconds`; empty for nothing. */
export function durationText(seconds: number): string {
  if (seconds === 0) return '0 seconds'
  const units: readonly (readonly [count: number, unit: string])[] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ]
  return units
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(', ')
}

/** The date in the local zone: `2026-11-22`. */
export function localDateText(seconds: number): string {
  return clockTimeText(BigInt(seconds) * BILLION, 'date', false, 0).slice(0, 10)
}

function split(nanoseconds: bigint): { date: Date; rest: number } {
  let seconds = nanoseconds / BILLION
  let rest = Number(nanoseconds % BILLION)
  if (rest < 0) {
    rest += 1e9
    seconds -= 1n
  }
  return { date: new Date(Math.min(Number(seconds) * 1000, 8.64e15)), rest }
}

function fraction(nanoseconds: number, decimals: number): string {
  return decimals === 0 ? '' : `.${`${nanoseconds}`.padStart(9, '0').slice(0, decimals)}`
}

function clockText(hours: number, minutes: number, seconds: number): string {
  return `${two(hours)}:${two(minutes)}:${two(seconds)}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

/** `CET`, `EST`, `UTC`; remembered for the hour, since asking is slow. */
function zoneName(date: Date): string {
  const hour = Math.floor(date.getTime() / HOUR_MS)
  if (hour === zoneHour) return zoneText
  zoneHour = hour
  for (const locale of ZONE_LOCALES) {
    const part = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date).find(({ type }) => type === 'timeZoneName')
    zoneText = part?.value ?? 'UTC'
    if (!/^GMT./.test(zoneText)) break
  }
  return zoneText
}
