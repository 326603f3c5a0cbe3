// What is written comes out whole and in order, and every block goes back to the pool it came from.
// A transport of the tests' own takes the blocks; the real ones are in test/net.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Block, BytePool, copy, OutputBuffer } from '../../src/base/output-buffer.ts'

/** Takes what it is asked to take; counts how often it was asked. */
class Taker {
  readonly pool: BytePool
  readonly output: OutputBuffer
  readonly taken: number[] = []
  scheduled = 0
  flushes = 0

  constructor(pool: BytePool, highWater?: number) {
    this.pool = pool
    const port = {
      schedule: (): void => {
        this.scheduled++
      },
      flushNow: (): void => {
        this.flushes++
        this.take()
      },
    }
    this.output = new OutputBuffer(pool, port, highWater)
  }

  take(): void {
    const { length } = this.output
    if (length === 0) return
    const block = this.output.take()
    for (let i = 0; i < length; i++) this.taken.push(block.bytes[block.start + i]!)
    this.pool.give(block)
  }
}

type Step = { readonly what: 'reserve' | 'append' | 'patch' | 'take' | 'block' | 'unblock'; readonly size: number; readonly inArena: boolean }

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('reserve' as const, 'append' as const, 'patch' as const) },
    { weight: 2, arbitrary: fc.constantFrom('take' as const, 'block' as const, 'unblock' as const) },
  ),
  size: fc.oneof(fc.nat(40), fc.nat(3000), fc.constantFrom(0, 1, 24, 25, 2047, 2048, 2049, 8192, 40_000)),
  inArena: fc.boolean(),
})

test('law: the bytes taken are those written, in order, across growing, flushing and taking, for buffers that share a pool', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(1), step), { maxLength: 60 }),
      fc.constantFrom(100, 5000, 262_144),
      fc.constantFrom(1 << 14, 1 << 20),
      (steps, highWater, arena) => {
        const pool = new BytePool(arena)
        const takers = [new Taker(pool, highWater), new Taker(pool, highWater)]
        const written: number[][] = [[], []]
        const source = pool.take(65_536)
        const foreign = new Uint8Array(65_536)
        let value = 0
        for (const [which, { what, size, inArena }] of steps) {
          const taker = takers[which]!
          const { output } = taker
          const bytes = inArena ? source.bytes : foreign
          const start = inArena ? source.start : 0
          if (what === 'take') {
            if (!output.blocked) taker.take()
          } else if (what === 'block') output.blocked = true
          else if (what === 'unblock') output.blocked = false
          else if (what === 'reserve') {
            const at = output.reserve(size)
            for (let i = 0; i < size; i++) written[which]!.push((output.bytes[at + i] = ++value & 255))
            output.settle()
          } else {
            for (let i = 0; i < size; i++) bytes[start + i] = ++value & 255
            const range = size % 2 === 0 ? { view: () => bytes.subarray(start, start + size) } : null
            const expected = [...bytes.subarray(start, start + size)]
            if (what === 'append') output.append(bytes, start, start + size, range)
            else {
              const at = output.appendPatchable(bytes, start, start + size, range)
              if (size > 0) expected[0] = output.bytes[at] = 200
              output.settle()
            }
            written[which]!.push(...expected)
            bytes.fill(0xee, start, start + size) // borrowed bytes are not read later
          }
          if (!output.blocked) expect(output.length).toBeLessThanOrEqual(highWater)
        }
        takers.forEach((taker, which) => {
          taker.output.blocked = false
          taker.take()
          expect(taker.taken).toEqual(written[which])
        })
        pool.give(source)
        expect(pool.lentBlocks).toBe(0)
        expect(pool.takenBytes).toBe(written[0]!.length + written[1]!.length)
      },
    ),
    { numRuns: 60, seed: 9 },
  )
})

describe('OutputBuffer', () => {
  test('asks once per turn to be taken, again after it was', () => {
    const taker = new Taker(new BytePool(1 << 16))
    for (let i = 0; i < 100; i++) taker.output.append(Uint8Array.of(1, 2), 0, 2, null)
    expect(taker.scheduled).toBe(1)
    taker.take()
    expect(taker.scheduled).toBe(1)
    taker.output.append(Uint8Array.of(1), 0, 1, null)
    expect(taker.scheduled).toBe(2)
  })

  test('holds no memory while nothing waits', () => {
    const pool = new BytePool(1 << 16)
    const taker = new Taker(pool)
    expect(pool.lentBlocks).toBe(0)
    taker.output.append(Uint8Array.of(1), 0, 1, null)
    expect(pool.lentBlocks).toBe(1)
    taker.take()
    expect(pool.lentBlocks).toBe(0)
  })

  test('flushes in mid-turn above its high water, but not while an earlier write is unfinished', () => {
    const taker = new Taker(new BytePool(1 << 16), 100)
    const bytes = new Uint8Array(60)
    taker.output.append(bytes, 0, 60, null)
    expect(taker.flushes).toBe(0)
    taker.output.append(bytes, 0, 60, null)
    expect(taker.flushes).toBe(1)
    expect(taker.output.length).toBe(0)
    taker.output.blocked = true
    taker.output.append(bytes, 0, 60, null)
    expect(taker.output.full).toBe(false)
    taker.output.append(bytes, 0, 60, null)
    expect(taker.output.full).toBe(true)
    expect(taker.flushes).toBe(1)
    taker.output.blocked = false
    expect(taker.output.full).toBe(false)
  })

  test('appended, but not settled, the bytes can be patched where they lie', () => {
    const taker = new Taker(new BytePool(1 << 16), 10)
    const at = taker.output.appendPatchable(
      Uint8Array.from({ length: 20 }, (_, i) => i),
      0,
      20,
      null,
    )
    expect(taker.flushes).toBe(0)
    taker.output.bytes[at + 19] = 99
    taker.output.settle()
    expect(taker.flushes).toBe(1)
    expect(taker.taken.slice(-2)).toEqual([18, 99])
  })

  test('dropped, it gives its block back and can be written to again', () => {
    const pool = new BytePool(1 << 16)
    const taker = new Taker(pool)
    taker.output.append(Uint8Array.of(1, 2, 3), 0, 3, null)
    taker.output.drop()
    taker.output.drop()
    expect([pool.lentBlocks, taker.output.length, pool.takenBytes]).toEqual([0, 0, 0])
    taker.output.append(Uint8Array.of(4), 0, 1, null)
    taker.take()
    expect(taker.taken).toEqual([4])
  })
})

describe('BytePool', () => {
  test('law: lent blocks are large enough and do not overlap', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            { weight: 3, arbitrary: fc.integer({ min: 1, max: 600_000 }) },
            { weight: 3, arbitrary: fc.integer({ min: 1, max: 3000 }) },
            { weight: 3, arbitrary: fc.constant(-1) },
          ),
          { maxLength: 80 },
        ),
        (sizes) => {
          const pool = new BytePool(1 << 18)
          const lent: { block: Block; mark: number }[] = []
          sizes.forEach((size, i) => {
            if (size < 0) {
              const given = lent.splice(i % Math.max(1, lent.length), 1)[0]
              if (given !== undefined) pool.give(given.block)
            } else {
              const block = pool.take(size)
              const mark = i & 255
              expect(block.size).toBeGreaterThanOrEqual(size)
              expect(block.start + block.size).toBeLessThanOrEqual(block.bytes.length)
              block.bytes.fill(mark, block.start, block.start + block.size)
              lent.push({ block, mark })
            }
            for (const { block, mark } of lent) {
              const { bytes, start, size: own } = block
              expect([bytes[start], bytes[start + (own >> 1)], bytes[start + own - 1]]).toEqual([mark, mark, mark])
            }
            expect(pool.lentBlocks).toBe(lent.length)
          })
        },
      ),
      { numRuns: 60, seed: 4 },
    )
  })

  test('a block given back is lent again: a busy turn allocates nothing', () => {
    const pool = new BytePool(1 << 20)
    const first = pool.take(2000)
    pool.give(first)
    expect(pool.take(1000)).toBe(first)
  })

  test('beyond its arena it still lends', () => {
    const pool = new BytePool(4096)
    const blocks = Array.from({ length: 10 }, () => pool.take(2048))
    expect(new Set(blocks.map(({ bytes, start }) => (bytes.length === 4096 ? start : bytes))).size).toBe(10)
    for (const block of blocks) pool.give(block)
    expect(pool.lentBlocks).toBe(0)
  })
})

test('copy moves the same bytes by every way: inside one array, with a view, short and long', () => {
  for (const length of [0, 1, 24, 25, 500]) {
    const source = Uint8Array.from({ length: 600 }, (_, i) => i & 255)
    const expected = [...source.subarray(50, 50 + length)]
    for (const range of [null, { view: () => source.subarray(50, 50 + length) }]) {
      const target = new Uint8Array(600)
      copy(target, 7, source, 50, 50 + length, range)
      expect([...target.subarray(7, 7 + length)]).toEqual(expected)
      expect(target[7 + length]).toBe(0)
    }
    const same = source.slice()
    copy(same, 60, same, 50, 50 + length, null) // overlapping
    expect([...same.subarray(60, 60 + length)]).toEqual(expected)
  }
})
