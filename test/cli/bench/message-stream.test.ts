// The end-to-end window of bench: how far a publisher may be ahead of its readers.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { MessageStream } from '../../../src/cli/bench/message-stream.ts'

type Action =
  | { readonly kind: 'send' }
  | { readonly kind: 'read'; readonly reader: number; readonly most: number }
  | { readonly kind: 'leave'; readonly reader: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: 'send' as const }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('read' as const), reader: fc.nat({ max: 3 }), most: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), reader: fc.nat({ max: 3 }) }) },
)

test('never more than the window ahead of the slowest reader that is left, and never stuck when all have everything', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 4 }), fc.array(action, { maxLength: 200 }), (window, readers, actions) => {
      const stream = new MessageStream(0, window)
      const has: (number | null)[] = []
      for (let i = 0; i < readers; i++) {
        stream.join()
        has.push(0)
      }
      const left = (): number[] => has.filter((one) => one !== null)
      for (const act of actions) {
        if (act.kind === 'send') stream.sent += stream.room
        else {
          const at = has[act.reader % readers]!
          if (at === null) continue
          if (act.kind === 'leave') {
            has[act.reader % readers] = null
            stream.leave(at)
          } else {
            const to = Math.min(stream.sent, at + act.most)
            has[act.reader % readers] = to
            stream.advance(at, to)
          }
        }
        expect(stream.isAbandoned).toBe(left().length === 0)
        if (stream.isAbandoned) {
          expect(stream.room).toBe(0)
          return
        }
        expect(stream.room).toBeGreaterThanOrEqual(0)
        expect(stream.sent + stream.room).toBeLessThanOrEqual(Math.min(...left()) + window)
        if (left().every((one) => one === stream.sent)) expect(stream.room).toBeGreaterThan(0)
      }
    }),
  )
})

test('new room is told at once', () => {
  const stream = new MessageStream(0, 8)
  stream.join()
  stream.join()
  const told: number[] = []
  stream.onRoom = () => told.push(stream.room)
  stream.sent = 8
  stream.advance(0, 3)
  expect(told).toEqual([])
  stream.advance(0, 2)
  expect(told.at(-1)).toBe(2)
  stream.leave(2)
  expect(told.at(-1)).toBe(3)
})

test('window 0 has no limit, until the last reader has left', () => {
  const stream = new MessageStream(0, 0)
  stream.join()
  stream.sent = 1e9
  expect(stream.room).toBe(Number.POSITIVE_INFINITY)
  stream.leave(0)
  expect(stream.room).toBe(0)
})
