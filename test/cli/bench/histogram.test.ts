// The histogram of bench: what its buckets may and may not lose.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Histogram } from '../../../src/cli/bench/histogram.ts'

const value = fc.oneof(
  fc.integer({ min: 0, max: 600 }),
  fc.nat({ max: 0xffffffff }),
  fc.integer({ min: 0, max: 32 }).map((bits) => Math.min(2 ** bits, 0xffffffff)),
)
const values = fc.array(value, { minLength: 1, maxLength: 300 })

function of(list: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const one of list) histogram.record(one)
  return histogram
}

/** What a sorted list says. */
function exact(list: readonly number[], share: number): number {
  return list.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * list.length)) - 1]!
}

test('a quantile is never below the exact one and less than 1/128 above it', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const found = of(list).quantile(share)
      const wanted = exact(list, share)
      expect(found).toBeGreaterThanOrEqual(wanted)
      expect(found).toBeLessThan(Math.max(1, wanted * (1 + 1 / 128)))
    }),
  )
})

test('values below 256 are exact; count, least, most and mean are exact at any size', () => {
  fc.assert(
    fc.property(values, (list) => {
      const histogram = of(list)
      const small = list.map((one) => one % 256)
      for (const share of [0, 0.5, 0.9, 1]) expect(of(small).quantile(share)).toBe(exact(small, share))
      expect([histogram.count, histogram.min, histogram.max]).toEqual([list.length, Math.min(...list), Math.max(...list)])
      expect(histogram.mean).toBeCloseTo(list.reduce((sum, one) => sum + one, 0) / list.length, 3)
      expect(histogram.quantile(1)).toBe(Math.max(...list))
    }),
  )
})

test('quantiles grow with their share', () => {
  fc.assert(
    fc.property(values, (list) => {
      const histogram = of(list)
      const found = [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1].map((share) => histogram.quantile(share))
      expect(found).toEqual(found.toSorted((a, b) => a - b))
    }),
  )
})

test('many at once are as many one by one', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 5 }), (list, times) => {
      const oneByOne = of(list.flatMap((one) => Array<number>(times).fill(one)))
      const atOnce = new Histogram()
      for (const one of list) atOnce.record(one, times)
      expect([...atOnce.snapshot()]).toEqual([...oneByOne.snapshot()])
      expect([atOnce.count, atOnce.min, atOnce.max]).toEqual([oneByOne.count, oneByOne.min, oneByOne.max])
      expect(atOnce.mean).toBeCloseTo(oneByOne.mean, 3)
    }),
  )
})

test('a quantile since a snapshot sees only what came after it', () => {
  fc.assert(
    fc.property(values, values, fc.double({ min: 0, max: 1, noNaN: true }), (first, second, share) => {
      const histogram = of(first)
      const before = histogram.snapshot()
      expect(histogram.quantileSince(share, before)).toBe(0)
      for (const one of second) histogram.record(one)
      const found = histogram.quantileSince(share, before)
      expect(found).toBeGreaterThanOrEqual(exact(second, share))
      expect(found).toBeLessThanOrEqual(exact(second, share) * (1 + 1 / 128))
    }),
  )
})

test('nothing recorded: all is 0', () => {
  const empty = new Histogram()
  expect([empty.count, empty.min, empty.max, empty.mean, empty.quantile(0.5)]).toEqual([0, 0, 0, 0, 0])
})
