// Local time as C programs see it, whatever the zone: offset, abbreviation, day of the year across changes of the clock.
// The zone is set for the length of a test.

import { expect, onTestFinished, test } from 'vitest'
import { strftime } from '../../src/base/strftime.ts'
import { localMoment } from '../../src/server/local-time.ts'

function inZone(zone: string): void {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  onTestFinished(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })
}

test.each([
  ['UTC', 1_795_333_003_250, '2026-11-22 07:36:43 +0000 UTC 326'],
  ['Europe/Rome', 1_795_333_003_250, '2026-11-22 08:36:43 +0100 CET 326'],
  ['Europe/Rome', 1_782_000_000_000, '2026-06-21 02:00:00 +0200 CEST 172'],
  ['America/New_York', 1_795_333_003_250, '2026-11-22 02:36:43 -0500 EST 326'],
  ['America/Sao_Paulo', 1_795_333_003_250, '2026-11-22 04:36:43 -0300 -03 326'],
  ['Asia/Kathmandu', 1_795_333_003_250, '2026-11-22 13:21:43 +0545 +0545 326'],
  ['Pacific/Auckland', 1_798_718_400_000, '2027-01-01 01:00:00 +1300 NZDT 001'],
])('%s at %i', (zone, epochMs, text) => {
  inZone(zone)
  expect(strftime('%Y-%m-%d %H:%M:%S %z %Z %j', localMoment(Math.floor(epochMs / 1000), 0))).toBe(text)
})

test('fractions of a second, also before 1970', () => {
  inZone('UTC')
  expect(strftime('%s.%N', localMoment(1_795_333_003, 250_000_000))).toBe('1795333003.250000000')
  expect(strftime('%s.%3N %S', localMoment(-1, 500_000_000))).toBe('-1.500 59')
})
