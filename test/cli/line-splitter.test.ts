// Lines of `pub -l`: where they end and what stays in them, however the input is cut.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { LineSplitter } from '../../src/cli/line-splitter.ts'

function split(chunks: readonly Uint8Array[]): string[] {
  const splitter = new LineSplitter()
  const lines: string[] = []
  for (const chunk of chunks) {
    const borrowed = Buffer.from(chunk)
    splitter.push(borrowed, (line) => lines.push(Buffer.from(line).toString('latin1')))
    borrowed.fill(0x21)
  }
  const last = splitter.finish()
  if (last !== null) lines.push(Buffer.from(last).toString('latin1'))
  return lines
}

test('a carriage return stays, an empty line is a line, the last one needs no newline', () => {
  expect(split([Buffer.from('l1\nl2\r\n\nlast')])).toEqual(['l1', 'l2\r', '', 'last'])
})

test('nothing in, nothing out; a newline at the end adds no line', () => {
  expect(split([])).toEqual([])
  expect(split([Buffer.from('a\n')])).toEqual(['a'])
  expect(split([Buffer.from('\n')])).toEqual([''])
})

test('every way of cutting the input gives the same lines', () => {
  const byte = fc.oneof(fc.constant(0x0a), fc.integer({ min: 0, max: 255 }))
  fc.assert(
    fc.property(
      fc.array(
        fc.uint8Array({ maxLength: 9 }).chain((bytes) => fc.tuple(fc.constant(bytes), byte)),
        { maxLength: 12 },
      ),
      (parts) => {
        const chunks = parts.map(([bytes, last]) => Uint8Array.of(...bytes, last))
        const text = Buffer.concat(chunks).toString('latin1')
        const expected = text.split('\n')
        if (expected.at(-1) === '') expected.pop()
        expect(split(chunks)).toEqual(expected)
      },
    ),
  )
})
