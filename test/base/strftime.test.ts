// strftime in the C locale: what glibc prints for the same moment, flag by flag.
// The expected texts are those of the C library; the law holds against the calendar of JavaScript.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type StrftimeMoment, strftime } from '../../src/base/strftime.ts'

/** Sunday, 22 November 2026, 07:05:03.000250 in Rome. */
const MORNING: StrftimeMoment = {
  epochSeconds: 1_795_327_503,
  nanoseconds: 250_000,
  offsetMinutes: 60,
  zoneName: 'CET',
  year: 2026,
  month: 11,
  day: 22,
  hour: 7,
  minute: 5,
  second: 3,
  weekday: 0,
  yearday: 326,
}

function utc(year: number, month: number, day: number, hour = 0): StrftimeMoment {
  const date = new Date(Date.UTC(year, month - 1, day, hour))
  return {
    epochSeconds: date.getTime() / 1000,
    nanoseconds: 0,
    offsetMinutes: 0,
    zoneName: 'UTC',
    year,
    month,
    day,
    hour,
    minute: 0,
    second: 0,
    weekday: date.getUTCDay(),
    yearday: (date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1 - hour / 24,
  }
}

test.each([
  ['%a %A %b %B %h', 'Sun Sunday Nov November Nov'],
  ['%c', 'Sun Nov 22 07:05:03 2026'],
  ['%C %y %Y %G %g', '20 26 2026 2026 26'],
  ['%d %e %j %m', '22 22 326 11'],
  ['%D %F %x', '11/22/26 2026-11-22 11/22/26'],
  ['%H %I %k %l %M %S %p %P', '07 07  7  7 05 03 AM am'],
  ['%r %R %T %X', '07:05:03 AM 07:05 07:05:03 07:05:03'],
  ['%s %u %w %U %W %V', '1795327503 7 0 47 46 47'],
  ['%z %Z', '+0100 CET'],
  ['%N %3N %6N %12N', '000250000 000 000250 000250000000'],
  ['%n|%t|%%', '\n|\t|%'],
  ['%Y-%m-%dT%H:%M:%S%z', '2026-11-22T07:05:03+0100'],
])('%s', (format, text) => {
  expect(strftime(format, MORNING)).toBe(text)
})

test.each([
  ['%-H %_H %-M %03d %6Y %_6d', '7  7 5 022 002026     22'],
  ['%^a %#a %^B %#p %#Z %^P', 'SUN SUN NOVEMBER am cet am'],
  ['%10A|%010A|%-10A|', '    Sunday|0000Sunday|    Sunday|'],
  ['%-z %_z %^c %#c', '+100 + 100 SUN NOV 22 07:05:03 2026 Sun Nov 22 07:05:03 2026'],
  ['%Ey %EY %Od %OH', '26 2026 22 07'],
])('flags, widths and modifiers: %s', (format, text) => {
  expect(strftime(format, MORNING)).toBe(text)
})

test.each(['%Q', '%6Q', '%ES', '%OY', '%', 'plain 5% text', '%-', ''])('what is no conversion stays: %j', (format) => {
  expect(strftime(format, MORNING)).toBe(format)
})

test.each<[StrftimeMoment, string]>([
  [utc(2005, 1, 1), '2004-53-6 00 00'],
  [utc(2008, 12, 29), '2009-01-1 52 52'],
  [utc(2010, 1, 3), '2009-53-7 01 00'],
  [utc(2016, 2, 29), '2016-09-1 09 09'],
  [utc(2024, 12, 31), '2025-01-2 52 53'],
])('weeks at the ends of years: %#', (moment, text) => {
  expect(strftime('%G-%V-%u %U %W', moment)).toBe(text)
})

test('noon and midnight on a clock of twelve hours; west of Greenwich; before 1970', () => {
  expect(strftime('%I %p', utc(2026, 1, 1))).toBe('12 AM')
  expect(strftime('%I %p', utc(2026, 1, 1, 12))).toBe('12 PM')
  expect(strftime('%z', { ...MORNING, offsetMinutes: -210 })).toBe('-0330')
  expect(strftime('%s', { ...MORNING, epochSeconds: -1 })).toBe('-1')
})

test('day and ISO week agree with the calendar', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1970, max: 2400 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }), (year, month, day) => {
      const moment = utc(year, month, day)
      expect(strftime('%F', moment)).toBe(new Date(moment.epochSeconds * 1000).toISOString().slice(0, 10))
      const [isoYear, week, weekday] = strftime('%G %V %u', moment).split(' ').map(Number) as [number, number, number]
      // the 4th of January is always in week 1
      const fourth = new Date(Date.UTC(isoYear, 0, 4))
      const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * 86_400_000
      expect(monday / 1000 + ((week - 1) * 7 + weekday - 1) * 86_400).toBe(moment.epochSeconds)
      expect(week).toBeLessThanOrEqual(53)
    }),
  )
})
