// TextOutput: everything that goes in comes out, in order, in few pieces.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { TextOutput } from '../../src/print/text-output.ts'

test('texts and bytes come out in order, whatever their length', () => {
  const part = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => ({ text })),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes })),
    fc.nat().map((number) => ({ number })),
    fc.constantFrom({ text: 'x'.repeat(70_000) }, { text: 'é'.repeat(30_000) }, { bytes: new Uint8Array(70_000).fill(7) }, { bytes: new Uint8Array(65_536) }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const pieces: Buffer[] = []
      const out = new TextOutput((bytes) => pieces.push(Buffer.copyBytesFrom(bytes)))
      const expected: Buffer[] = []
      for (const one of parts)
        if ('text' in one) {
          out.text(one.text)
          expected.push(Buffer.from(one.text))
        } else if ('bytes' in one) {
          out.copy(one.bytes, 0, one.bytes.length)
          expected.push(Buffer.from(one.bytes))
        } else {
          out.decimal(one.number)
          expected.push(Buffer.from(`${one.number}`))
        }
      out.flush()
      expect(Buffer.concat(pieces).equals(Buffer.concat(expected))).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('small texts wait for the flush', () => {
  let pieces = 0
  const out = new TextOutput(() => pieces++)
  for (let i = 0; i < 100; i++) out.text('one line\n')
  expect(pieces).toBe(0)
  out.flush()
  out.flush()
  expect(pieces).toBe(1)
})
