// The hour of numbers that plots are drawn from: which rows are told, whenever it is asked, and what is forgotten.
// The broker is made up: only its counters are looked at.

import { expect, onTestFinished, test } from 'vitest'
import type { Broker } from '../../src/broker/broker.ts'
import { History } from '../../src/server/admin/history.ts'

/** A history whose clock and `bytesSent` grow by one thousand and by one with each row. */
function made(): { readonly history: History; note(times: number): void } {
  let rows = 0
  const broker = { sessionCount: 0, counters: {} } as unknown as Broker
  const history = new History({ broker, bytesSent: () => rows, heapUsed: () => 0, wallClock: () => rows * 1000 })
  return {
    history,
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
