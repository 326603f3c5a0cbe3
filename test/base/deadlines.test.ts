// The wheel of deadlines: never early, at most a tick late, whatever is set, moved and cancelled, over jumps of hours.
// Its precision is the tick: 50 ms unless said otherwise.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Deadline, Deadlines } from '../../src/base/deadlines.ts'

const TICK = 50
const HOUR = 3_600_000

type Step =
  | { readonly what: 'set'; readonly which: number; readonly delay: number }
  | { readonly what: 'cancel'; readonly which: number }
  | { readonly what: 'pass'; readonly ms: number }

const delay = fc.oneof(
  fc.integer({ min: -100, max: 200 }),
  fc.integer({ min: 0, max: 60_000 }),
  fc.integer({ min: 0, max: 3 * HOUR }),
  fc.constantFrom(0, 1, 49, 50, 51, 51_150, 51_199, 51_200, 51_201, 51_250, 102_400, 24 * HOUR, 136 * 365 * 24 * HOUR),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('set' as const), which: fc.nat(9), delay }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('cancel' as const), which: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('pass' as const),
      ms: fc.oneof(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 120_000 }),
        fc.integer({ min: 0, max: 5 * HOUR }),
        fc.constantFrom(49, 50, 51, 51_200),
      ),
    }),
  },
)

test('law: never early, at most a tick late, once, in order of time', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.array(step, { maxLength: 80 }), (start, steps) => {
      const wheel = new Deadlines(start, TICK)
      let now = start
      const due = new Map<number, number>() // which → at
      const since = new Map<number, number>() // which → when it could first fire: its time, or when it was set if that is later
      const fired: { which: number; at: number; now: number }[] = []
      const deadlines = Array.from({ length: 10 }, (_, which) => new Deadline((time) => fired.push({ which, at: due.get(which) ?? Number.NaN, now: time })))
      for (const one of steps) {
        if (one.what === 'set') {
          wheel.set(deadlines[one.which]!, now + one.delay)
          due.set(one.which, now + one.delay)
          since.set(one.which, now + Math.max(0, one.delay))
        } else if (one.what === 'cancel') {
          wheel.cancel(deadlines[one.which]!)
          due.delete(one.which)
        } else {
          now += one.ms
          fired.length = 0
          wheel.run(now)
          let last = Number.NEGATIVE_INFINITY
          for (const { which, at, now: time } of fired) {
            expect(due.has(which), 'fired though cancelled, or twice').toBe(true)
            expect(time).toBe(now)
            expect(at, 'early').toBeLessThanOrEqual(now)
            expect(at, 'out of order').toBeGreaterThanOrEqual(last)
            last = at
            due.delete(which)
          }
        }
        expect(wheel.count).toBe(due.size)
        deadlines.forEach((deadline, which) => {
          expect(deadline.at).toBe(due.get(which) ?? Number.POSITIVE_INFINITY)
        })
        if (one.what === 'pass') for (const which of due.keys()) expect(since.get(which), 'late').toBeGreaterThan(now - TICK)
      }
    }),
    { numRuns: 300, seed: 50 },
  )
})

test('at most one tick late when time passes in steps', () => {
  for (const tick of [1, 7, 50, 1000]) {
    const wheel = new Deadlines(0, tick)
    const late: number[] = []
    for (let at = 1; at < 5000; at += 37) wheel.set(new Deadline((now) => late.push(now - at)), at)
    for (let now = 0; now <= 5000 + tick; now++) wheel.run(now)
    expect(late).toHaveLength(Math.ceil(4999 / 37))
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...late)).toBeLessThan(tick)
  }
})

describe('actions', () => {
  test('may set themselves again: once per run, a day of every second', () => {
    const wheel = new Deadlines(0)
    const times: number[] = []
    const every: Deadline = new Deadline((now) => {
      times.push(now)
      wheel.set(every, now + 1000)
    })
    wheel.set(every, 1000)
    for (let now = 0; now <= 86_400_000; now += 1000) wheel.run(now)
    expect(times).toHaveLength(86_400)
    expect(times.at(-1)).toBe(86_400_000)
    expect(wheel.count).toBe(1)
  })

  test('that set themselves to a time that is past do not hold up the run', () => {
    const wheel = new Deadlines(0)
    let times = 0
    const eager: Deadline = new Deadline((now) => {
      times++
      wheel.set(eager, now - 1)
    })
    wheel.set(eager, 10)
    wheel.run(50)
    expect(times).toBe(1)
    wheel.run(100)
    expect(times).toBe(2)
  })

  test('may cancel or move others that are due in the same run', () => {
    const wheel = new Deadlines(0)
    const log: string[] = []
    const cancelled = new Deadline(() => log.push('cancelled'))
    const moved = new Deadline((now) => log.push(`moved ${now}`))
    const first = new Deadline(() => {
      log.push('first')
      wheel.cancel(cancelled)
      wheel.set(moved, 500)
    })
    wheel.set(cancelled, 100)
    wheel.set(moved, 110)
    wheel.set(first, 90)
    wheel.run(200)
    expect(log).toEqual(['first'])
    expect(wheel.count).toBe(1)
    wheel.run(499)
    wheel.run(500)
    expect(log).toEqual(['first', 'moved 500'])
  })

  test('set by an action, due at once, fires with the next tick and not in the same run', () => {
    const wheel = new Deadlines(0)
    const log: number[] = []
    const second = new Deadline((now) => log.push(now))
    wheel.set(new Deadline((now) => wheel.set(second, now)), 50)
    wheel.run(50)
    expect(log).toEqual([])
    wheel.run(100)
    expect(log).toEqual([100])
  })
})

test('many in one slot, many revolutions apart, each fires in its own', () => {
  const wheel = new Deadlines(0, TICK)
  const revolution = 1024 * TICK
  const fired: number[] = []
  for (let turn = 1; turn <= 20; turn++) wheel.set(new Deadline(() => fired.push(turn)), turn * revolution)
  for (let turn = 1; turn <= 20; turn++) {
    wheel.run(turn * revolution - 1)
    expect(fired).toHaveLength(turn - 1)
    wheel.run(turn * revolution)
    expect(fired).toHaveLength(turn)
  }
  expect(fired).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
})

test('after a jump of days everything due fires, in order of time, and nothing else', () => {
  const wheel = new Deadlines(0)
  const fired: number[] = []
  for (const hours of [5, 1, 30, 3, 100, 2]) wheel.set(new Deadline(() => fired.push(hours)), hours * HOUR)
  wheel.run(48 * HOUR)
  expect(fired).toEqual([1, 2, 3, 5, 30])
  expect(wheel.count).toBe(1)
})

test('time that does not move, or moves back, fires nothing', () => {
  const wheel = new Deadlines(1000)
  let fired = 0
  wheel.set(new Deadline(() => fired++), 900)
  wheel.run(1000)
  wheel.run(500)
  expect(fired).toBe(0)
  wheel.run(1050)
  expect(fired).toBe(1)
})

test('cancelling what is not set does nothing', () => {
  const wheel = new Deadlines(0)
  const deadline = new Deadline(() => {})
  wheel.cancel(deadline)
  wheel.set(deadline, 100)
  wheel.cancel(deadline)
  wheel.cancel(deadline)
  expect(wheel.count).toBe(0)
})

test.each([true, false])('an action that throws costs the others nothing; somebody is told: %s', (isListening) => {
  const faults: unknown[] = []
  const wheel = new Deadlines(0, 50, isListening ? (error) => faults.push(error) : null)
  const fired: number[] = []
  for (const at of [100, 200, 300])
    wheel.set(
      new Deadline(() => {
        if (at === 200) throw new Error('at 200')
        fired.push(at)
      }),
      at,
    )
  if (isListening) wheel.run(400)
  else expect(() => wheel.run(400)).toThrow('at 200')
  expect(fired).toEqual([100, 300])
  expect(faults.map(String)).toEqual(isListening ? ['Error: at 200'] : [])
  expect(wheel.count).toBe(0)
})
