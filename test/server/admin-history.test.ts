// The hour of numbers that plots are drawn from: which rows are told, whenever it is asked, and what is forgotten.
// The broker is made up: only its counters are looked at.

import { expect, onTestFinished, test } from 'vitest'
import type { Broker } from '../../src/broker/broker.ts'
import { TurnSpans } from '../../src/net/turn-spans.ts'
import { History } from '../../src/server/admin/history.ts'
import { TurnTimes } from '../../src/server/admin/turn-times.ts'

/** A history whose clock and `bytesSent` grow by one thousand and by one with each row. */
function made(): { readonly history: History; readonly spans: TurnSpans; readonly turns: TurnTimes; note(times: number): void } {
  let rows = 0
  const spans = new TurnSpans()
  const turns = new TurnTimes(spans)
  const broker = { sessionCount: 0, counters: {} } as unknown as Broker
  const history = new History({ broker, bytesSent: () => rows, heapUsed: () => 0, wallClock: () => rows * 1000, turns })
  return {
    history,
    spans,
    turns,
    note: (times) => {
      for (let i = 0; i < times; i++) {
        history.note()
        rows++
      }
    },
  }
}

test('one row in some seconds: the same ones whenever it is asked, and the newest', () => {
  const { history, note } = made()
  note(23)
  expect(history.answer(20, 5).columns['bytesSent']).toEqual([5, 10, 15, 20, 22])
  note(1)
  expect(history.answer(20, 5).columns['bytesSent']).toEqual([5, 10, 15, 20, 23])
  note(2)
  const { time, columns, stepSeconds } = history.answer(20, 5)
  expect(columns['bytesSent']).toEqual([10, 15, 20, 25])
  expect(time).toEqual([10_000, 15_000, 20_000, 25_000])
  expect(stepSeconds).toBe(5)
})

test('every second, from the first row on; beyond an hour the oldest are forgotten', () => {
  const { history, note } = made()
  expect(history.answer(600, 1).time).toEqual([])
  note(3)
  expect(history.answer(600, 1).columns['bytesSent']).toEqual([0, 1, 2])
  expect(history.answer(2, 1).columns['bytesSent']).toEqual([1, 2])
  note(3600)
  const { columns } = history.answer(3600, 1)
  expect([columns['bytesSent']!.length, columns['bytesSent']![0], columns['bytesSent']!.at(-1)]).toEqual([3600, 3, 3602])
  expect(history.answer(3600, 600).columns['bytesSent']).toEqual([600, 1200, 1800, 2400, 3000, 3600, 3602])
})

test('what was measured last is told by name', () => {
  const { history, note } = made()
  expect(history.latest('bytesSent')).toBe(0)
  note(5)
  expect(history.latest('bytesSent')).toBe(4)
})

test('of delays the greatest of each step is told, not the last', async () => {
  const { history } = made()
  history.start()
  onTestFinished(() => history.stop())
  const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50)) // its clock has one each 20 ms
  await tick()
  const until = performance.now() + 100
  while (performance.now() < until);
  await tick()
  history.note()
  const measured = history.latest('loopDelayMs')
  expect(measured).toBeGreaterThan(50)
  history.note()
  const told = history.answer(600, 600).columns['loopDelayMs']!
  expect(told).toHaveLength(2)
  expect(told[1]!).toBe(measured)
  expect(history.latest('loopDelayMs')).toBeLessThan(told[1]!)
})

test('turns: each second its longest, of a step the greatest; seconds without any are holes', () => {
  const { history, spans, note } = made()
  note(1)
  spans.add(3)
  spans.add(7)
  note(1)
  spans.add(2)
  note(1)
  note(1)
  expect(history.answer(600, 1).columns['turnMaxMs']).toEqual([null, 7, 2, null])
  expect(history.answer(600, 1).columns['turnP99Ms']).toEqual([null, 7, 2, null])
  expect(history.answer(600, 3).columns['turnMaxMs']).toEqual([null, 7])
})

test('turns of the last minute are told, and all since the start are counted', () => {
  const { spans, turns, note } = made()
  expect(turns.answer()).toMatchObject({ seconds: 60, p50Ms: null, p99Ms: null, maxMs: null })
  for (let i = 0; i < 90; i++) spans.add(0.05)
  for (let i = 0; i < 9; i++) spans.add(0.07)
  note(1)
  spans.add(123.456)
  const told = turns.answer()
  expect(told).toMatchObject({ p50Ms: 0.05, p99Ms: 0.08, maxMs: 123 })
  expect(told.counts.length).toBe(told.boundsMs.length + 1)
  expect(told.counts.flatMap((count, i) => (count === 0 ? [] : [`${told.boundsMs[i]} = ${count}`]))).toEqual(['0.05 = 90', '0.08 = 9', '125 = 1'])
  note(60)
  expect(turns.answer().counts.reduce((sum, count) => sum + count)).toBe(1) // the longest is just within the minute
  note(1)
  expect(turns.answer()).toMatchObject({ p50Ms: null, maxMs: null })
  spans.add(20_000)
  const { count, counts, bounds, sumMs } = turns.totals()
  expect([count, counts.length - bounds.length, counts.at(-1)]).toEqual([101, 1, 1])
  expect(sumMs).toBeCloseTo(90 * 0.05 + 9 * 0.07 + 123.456 + 20_000)
})
