// Stored bytes stay as they are while somebody refers to them, and their memory is used again afterwards.
// How sessions count their references is in test/broker/borrowed-memory.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Slab, SlabStore } from '../../src/base/slab.ts'

interface Stored {
  readonly slab: Slab
  readonly at: number
  readonly size: number
  readonly mark: number
  references: number
}

const step = fc.record({
  what: fc.constantFrom('store', 'store', 'hold', 'release', 'release'),
  which: fc.nat(100),
  size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 16_384 }), fc.constantFrom(16_384, 16_385, 65_536, 200_000)),
  count: fc.integer({ min: 1, max: 3 }),
})

test('law: what is referred to keeps its bytes, whatever is stored and released beside it; at the end nothing is outstanding', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const store = new SlabStore()
      const kept: Stored[] = []
      let outstanding = 0
      const check = ({ slab, at, size, mark }: Stored): void => {
        expect([slab.bytes[at], slab.bytes[at + (size >> 1)], slab.bytes[at + size - 1]]).toEqual([mark, mark, mark])
      }
      steps.forEach(({ what, which, size, count }, i) => {
        const one = kept[which % Math.max(1, kept.length)]
        if (what === 'store') {
          const mark = (i % 255) + 1
          const source = new Uint8Array(size + 6).fill(mark, 3, size + 3)
          const slab = store.store(source, 3, size + 3)
          source.fill(0)
          kept.push({ slab, at: slab.used - size, size, mark, references: 1 })
          outstanding++
        } else if (what === 'hold' && one !== undefined) {
          store.hold(one.slab, count)
          one.references += count
          outstanding += count
        } else if (what === 'release' && one !== undefined) {
          const fewer = Math.min(count, one.references)
          store.release(one.slab, fewer)
          one.references -= fewer
          outstanding -= fewer
          if (one.references === 0) kept.splice(kept.indexOf(one), 1)
        }
        expect(store.outstanding).toBe(outstanding)
        for (const stored of kept) check(stored)
      })
      for (const { slab, references } of kept) store.release(slab, references)
      expect(store.outstanding).toBe(0)
    }),
    { numRuns: 150, seed: 6 },
  )
})

test('memory is used again: a stream of messages, each released before the next, allocates one slab', () => {
  const store = new SlabStore()
  const bytes = new Uint8Array(5_000)
  const before = store.allocated
  for (let i = 0; i < 1000; i++) {
    const slab = store.store(bytes, 0, bytes.length)
    store.hold(slab, i % 4) // as many as wait for it
    store.release(slab, 1 + (i % 4))
  }
  expect(store.allocated).toBe(before)
})

test('large messages have memory of their own, which is given back', () => {
  const store = new SlabStore()
  const before = store.allocated
  const slabs = Array.from({ length: 10 }, () => store.store(new Uint8Array(100_000), 0, 100_000))
  expect(store.allocated).toBe(before + 1_000_000)
  for (const slab of slabs) store.release(slab, 1)
  expect(store.allocated).toBe(before)
})
