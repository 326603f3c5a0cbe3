// Bytes that wait for the store: what was written before them leaves, they and what follows do not, in order, and nothing is lost on the way.
// Whose acknowledgements they are is session/.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BytePool, OutputBuffer } from '../../src/base/output-buffer.ts'

class Taker {
  readonly pool = new BytePool(1 << 20)
  readonly output: OutputBuffer
  readonly taken: number[] = []
  scheduled = 0

  constructor(highWater = 262_144) {
    const take = (): void => this.take()
    this.output = new OutputBuffer(this.pool, { schedule: () => this.scheduled++, flushNow: take }, highWater)
  }

  write(...bytes: readonly number[]): void {
    this.output.append(Uint8Array.from(bytes), 0, bytes.length, null)
  }

  take(): void {
    const { output } = this
    const { ready } = output
    if (output.blocked || ready === 0) return
    const block = output.take()
    this.taken.push(...block.bytes.subarray(block.start, block.start + ready))
    this.pool.give(block)
  }
}

test('what is held stays, what was before it goes, and a release asks for one more take', () => {
  const taker = new Taker()
  const { output } = taker
  taker.write(1, 2)
  output.hold(5)
  taker.write(3)
  output.hold(7)
  taker.write(4)
  expect([output.length, output.ready, output.held]).toEqual([4, 2, 2])
  taker.take()
  expect([taker.taken, output.length, output.ready]).toEqual([[1, 2], 2, 0])
  taker.scheduled = 0
  expect([output.release(4), taker.scheduled]).toEqual([true, 0])
  expect([output.release(6), taker.scheduled]).toEqual([true, 1])
  taker.take()
  expect([output.release(7), taker.scheduled]).toEqual([false, 2])
  taker.take()
  expect([taker.taken, output.length, output.held, taker.pool.lentBlocks]).toEqual([[1, 2, 3, 4], 0, 0, 0])
  taker.write(5)
  expect(taker.scheduled).toBe(3)
})

test('an earlier ticket behind a later one waits with it', () => {
  const taker = new Taker()
  taker.output.hold(9)
  taker.write(1)
  taker.output.hold(3)
  taker.write(2)
  taker.output.release(8)
  taker.take()
  expect(taker.taken).toEqual([])
  taker.output.release(9)
  taker.take()
  expect(taker.taken).toEqual([1, 2])
})

test('much that is held makes the output full, though its socket takes everything', () => {
  const taker = new Taker(100)
  taker.output.hold(1)
  for (let i = 0; i < 30; i++) taker.write(1, 2, 3, 4)
  expect([taker.output.full, taker.taken.length]).toEqual([true, 0])
  taker.output.release(1)
  expect(taker.output.full).toBe(false)
  taker.output.hold(2)
  taker.output.drop()
  expect([taker.output.held, taker.pool.lentBlocks]).toEqual([0, 0])
})

test('law: bytes leave in their order, none before its ticket, all in the end', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), size: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ kind: fc.constant('hold' as const), size: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constant('release' as const), size: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constant('take' as const), size: fc.constant(0) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const taker = new Taker(8192)
      const needs: number[] = []
      let ticket = 0
      let durable = 0
      let need = 0
      for (const { kind, size } of steps) {
        if (kind === 'write') {
          taker.write(...Array.from({ length: size }, (_, i) => (needs.length + i) & 255))
          for (let i = 0; i < size; i++) needs.push(need)
        } else if (kind === 'hold') {
          ticket += size
          if (ticket > durable) need = ticket
          if (ticket > durable) taker.output.hold(ticket)
        } else if (kind === 'release') {
          durable = Math.min(ticket, durable + size)
          taker.output.release(durable)
        } else taker.take()
        expect(needs.slice(0, taker.taken.length).every((wanted) => wanted <= durable)).toBe(true)
      }
      taker.output.release(ticket)
      taker.take()
      expect(taker.taken).toEqual(needs.map((_, i) => i & 255))
      expect(taker.pool.lentBlocks).toBe(0)
    }),
    { numRuns: 300 },
  )
})
