// When what was gathered is written: once per turn while there is much to do, at once for a read that comes alone.
// The links are stood in for by counters.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turn } from '../../src/net/turn.ts'
import { spanBounds, TurnSpans } from '../../src/net/turn-spans.ts'

function linkOf(turn: Turn): { flushes: number; flush(): void; send(): void } {
  return {
    flushes: 0,
    flush() {
      this.flushes++
    },
    send() {
      turn.add(this)
    },
  }
}

/** What SocketLink does around its owner's work. */
function read(turn: Turn, now: number, work: () => void): void {
  const isAlone = turn.readBegins(now)
  work()
  turn.readEnded(now, isAlone)
}

test('a read after a quiet while is written at once, those that were there before we had finished at the end of the turn', async () => {
  let now = 1000
  const turn = new Turn(() => now)
  const link = linkOf(turn)
  read(turn, 1000, () => link.send())
  expect(link.flushes).toBe(1)
  read(turn, 1000.01, () => link.send())
  read(turn, 2000, () => link.send()) // the turn has begun
  expect(link.flushes).toBe(1)
  now = 2000.1
  await nextTurn()
  expect(link.flushes).toBe(3)
  read(turn, 2000.11, () => link.send())
  expect(link.flushes).toBe(3)
  await nextTurn()
  read(turn, 2000.2, () => link.send())
  expect(link.flushes).toBe(5)
})

test('a read that makes nothing leaves nothing behind', async () => {
  const turn = new Turn()
  const link = linkOf(turn)
  read(turn, performance.now() + 1000, () => {})
  link.send()
  expect(link.flushes).toBe(0)
  await nextTurn()
  expect(link.flushes).toBe(1)
})

test('what must be stored first waits for the end of the turn, also when the read came alone', async () => {
  const turn = new Turn()
  const link = linkOf(turn)
  const seen: string[] = []
  read(turn, performance.now() + 1000, () => {
    link.send()
    turn.before(() => seen.push(`stored before ${link.flushes} flushes`))
  })
  expect(link.flushes).toBe(0)
  await nextTurn()
  expect([seen, link.flushes]).toEqual([['stored before 0 flushes'], 1])
})

test('what goes to many is written at the end of the turn', async () => {
  const turn = new Turn()
  const links = Array.from({ length: 17 }, () => linkOf(turn))
  read(turn, performance.now() + 1000, () => {
    for (const link of links) link.send()
  })
  expect(links.map(({ flushes }) => flushes)).toEqual(links.map(() => 0))
  await nextTurn()
  expect(links.map(({ flushes }) => flushes)).toEqual(links.map(() => 1))
})

test('what is sent while a read that came alone is being written leaves with it', () => {
  const turn = new Turn()
  const second = linkOf(turn)
  const first = { flush: () => second.send() }
  read(turn, performance.now() + 1000, () => turn.add(first))
  expect(second.flushes).toBe(1)
})

test('many links are written over several turns, each once and in the order they asked, with the reads of others between', async () => {
  let now = 1000
  const turn = new Turn(() => now)
  const order: number[] = []
  const links = Array.from({ length: 100 }, (_, number) => ({
    flush(): void {
      now += 1 // a write that takes a millisecond
      order.push(number)
    },
  }))
  for (const link of links) turn.add(link)
  await nextTurn()
  const first = order.length
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThan(50)
  turn.add({ flush: () => order.push(100) }) // a read of the meantime: behind those that wait
  turn.before(() => order.push(-1)) // what it stored comes before all that is written from now on
  for (let turns = 0; turns < 10; turns++) await nextTurn()
  expect(order.indexOf(-1)).toBe(first)
  expect(order.filter((number) => number >= 0)).toEqual(Array.from({ length: 101 }, (_, number) => number))
})

test('many links whose writes are short are written in one turn', async () => {
  const turn = new Turn(() => 1000)
  const links = Array.from({ length: 1000 }, () => linkOf(turn))
  for (const link of links) link.send()
  await nextTurn()
  expect(links.every(({ flushes }) => flushes === 1)).toBe(true)
})

/** A turn whose clock is moved by hand, and what it has counted: `10 = 1` one turn of more than 8 and at most 10 ms. */
function counted(): { readonly turn: Turn; readonly spans: TurnSpans; at(ms: number): void; told(): string[] } {
  let now = 1000
  const turn = new Turn(() => now)
  const spans = new TurnSpans()
  turn.spans = spans
  const bounds = spanBounds()
  return {
    turn,
    spans,
    at: (ms) => void (now = ms),
    told: () => [...spans.counts].flatMap((count, i) => (count === 0 ? [] : [`${bounds[i] ?? 'more'} = ${count}`])),
  }
}

test('a turn is as long as from its first read to the end of its writes, however many reads and links it has', async () => {
  const { turn, spans, at, told } = counted()
  const slow = { flush: () => at(1009) }
  read(turn, 1000, () => turn.add(slow))
  expect(told()).toEqual(['10 = 1'])
  read(turn, 1009.01, () => turn.add(linkOf(turn)))
  read(turn, 1010, () => turn.add({ flush: () => at(1011.01) }))
  await nextTurn()
  expect(told()).toEqual(['2 = 1', '10 = 1'])
  expect([spans.sumMs, spans.maxMs].map((ms) => Number(ms.toFixed(6)))).toEqual([11, 9])
})

test('what makes nothing to write, and what no read has made, is no turn; the next one does not begin with it', async () => {
  const { turn, at, told } = counted()
  read(turn, 1000, () => {}) // alone
  read(turn, 1000.01, () => {}) // not alone
  at(1500)
  turn.add(linkOf(turn)) // a timer's
  await nextTurn()
  expect(told()).toEqual([])
  turn.add(linkOf(turn))
  read(turn, 1600, () => {}) // comes into a turn that a timer began
  at(1600.3)
  await nextTurn()
  expect(told()).toEqual(['0.315 = 1'])
  at(1700)
  turn.add(linkOf(turn))
  await nextTurn()
  expect(told()).toEqual(['0.315 = 1'])
})

test('writes that several turns share end with the last of them', async () => {
  let now = 1000
  const turn = new Turn(() => now)
  const spans = new TurnSpans()
  turn.spans = spans
  read(turn, 1000, () => {
    for (let i = 0; i < 100; i++) turn.add({ flush: () => void (now += 1) })
  })
  for (let turns = 0; turns < 10; turns++) await nextTurn()
  expect([spans.counts.reduce((sum, count) => sum + count), spans.maxMs]).toEqual([1, 100])
})

test('lengths from 10 µs to 10 s, ten to a decade; shorter and longer ones have their places', () => {
  const bounds = spanBounds()
  expect([bounds.length, bounds[0], bounds[20], bounds.at(-1)]).toEqual([61, 0.01, 1, 10_000])
  for (const [i, bound] of bounds.entries()) if (i > 0) expect(bound / bounds[i - 1]!).toBeLessThan(1.3)
  const spans = new TurnSpans()
  for (const bound of bounds) for (const ms of [bound, bound * 1.0001]) spans.add(ms)
  spans.add(0)
  expect([...spans.counts]).toEqual([2, ...bounds.map((_, i) => (i < bounds.length - 1 ? 2 : 1))])
  expect(spans.maxMs).toBeCloseTo(10_001)
  spans.clear()
  expect([spans.sumMs, spans.maxMs, Math.max(...spans.counts)]).toEqual([0, 0, 0])
})
