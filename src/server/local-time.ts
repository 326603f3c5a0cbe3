// The calendar of this machine's time zone, as base/strftime.ts wants it.
// The zone's abbreviation is the one that C programs print, as far as the system's language data know it.

import type { StrftimeMoment } from '../base/strftime.ts'

const DAY_MS = 86_400_000
/** Each knows the abbreviations of its own part of the world and gives `GMT+2` for the others. */
const LANGUAGES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA', 'ja-JP', 'ko-KR', 'ru-RU'] as const

/** The moment in local time; seconds since 1970 are whole. */
export function localMoment(epochSeconds: number, nanoseconds: number): StrftimeMoment {
  const date = new Date(epochSeconds * 1000)
  const offsetMinutes = 0 - date.getTimezoneOffset()
  const year = date.getFullYear()
  return {
    epochSeconds,
    nanoseconds,
    offsetMinutes,
    get zoneName(): string {
      return zoneNameOf(date, offsetMinutes) // asked of the language data: only when wanted
    },
    year,
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    weekday: date.getDay(),
    yearday: 1 + Math.round((Date.UTC(year, date.getMonth(), date.getDate()) - Date.UTC(year, 0, 1)) / DAY_MS),
  }
}

/** `CET`, `EST`, `UTC`; `-03` or `+0545` for zones without letters, as the time zone database has them. */
function zoneNameOf(date: Date, offsetMinutes: number): string {
  for (const language of LANGUAGES) {
    const parts = new Intl.DateTimeFormat(language, { timeZoneName: 'short' }).formatToParts(date)
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
    if (/^[A-Z]{3,5}$/.test(name) && !(name === 'GMT' && offsetMinutes !== 0)) return name
  }
  const minutes = Math.abs(offsetMinutes)
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0')
  return `${offsetMinutes < 0 ? '-' : '+'}${hours}${minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0')}`
}
