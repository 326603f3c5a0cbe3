// Payloads as they are shown: JSON in lines, differences, hexadecimal digits, text that cannot lie.
// See src/console/views/topics/{json-lines,line-diff,payload-text}.ts and src/console/worker/visible-text.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonLines, lineText, literals } from '../../src/console/views/topics/json-lines.ts'
import { diffLines, diffRows } from '../../src/console/views/topics/line-diff.ts'
import { formOf, hexLines, linesOf } from '../../src/console/views/topics/payload-text.ts'
import { numberAt, numericPaths } from '../../src/console/worker/glance.ts'
import { visibleLine, visibleText } from '../../src/console/worker/visible-text.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('JSON is set out in lines, each literal as it was written', () => {
  const lines = jsonLines('{"a":1.50,"big":12345678901234567890,"list":[true,{}],"empty":[]}')!
  expect(lines.map(lineText)).toEqual([
    '{',
    '  "a": 1.50,',
    '  "big": 12345678901234567890,',
    '  "list": [',
    '    true,',
    '    {}',
    '  ],',
    '  "empty": []',
    '}',
  ])
  expect(literals(lines).get('list[0]')).toBe('true')
  expect(literals(lines).get('a')).toBe('1.50')
})

test('lines of any JSON, joined, are the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const lines = jsonLines(JSON.stringify(value))!
      expect(JSON.parse(lines.map(lineText).join('\n'))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('what is no JSON has no lines, nor what is deeper than people read', () => {
  expect(jsonLines('['.repeat(5000) + ']'.repeat(5000))).toBeNull()
  expect(jsonLines('['.repeat(100) + ']'.repeat(100))).toHaveLength(199)
  expect(jsonLines('{"a":')).toBeNull()
  expect(jsonLines('21 °C')).toBeNull()
})

test('a difference leads from the one text to the other', () => {
  const line = fc.constantFrom('a', 'b', 'c', '')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), (before, after) => {
      const lines = diffLines(before, after)!
      expect(lines.filter(({ kind }) => kind !== 'added').map(({ text }) => text)).toEqual(before)
      expect(lines.filter(({ kind }) => kind !== 'removed').map(({ text }) => text)).toEqual(after)
    }),
  )
  expect(diffLines(['a', 'b', 'c'], ['a', 'x', 'c'])!.map(({ kind }) => kind)).toEqual(['same', 'removed', 'added', 'same'])
})

test('texts of thousands of different lines are not compared', () => {
  const lines = (sign: string): string[] => Array.from({ length: 5000 }, (_, n) => `${sign}${n}`)
  expect(diffLines(lines('a'), lines('b'))).toBeNull()
})

test.each<[string, Uint8Array, boolean, string]>([
  ['JSON', bytes('{"a":1}'), true, 'json'],
  ['JSON of which only the beginning is there', bytes('{"a":1}'), false, 'text'],
  ['a text', bytes('21 °C'), true, 'text'],
  ['nothing', new Uint8Array(0), true, 'text'],
  ['CBOR', Uint8Array.of(0xa1, 0x61, 0x74, 0x18, 0x19), true, 'cbor'],
  ['bytes', Uint8Array.of(0xff, 0xff), true, 'hex'],
])('%s', (_, payload, isWhole, form) => {
  expect(formOf(payload, isWhole)).toBe(form)
  expect(linesOf(payload, form as never)).not.toBeNull()
})

test('hexadecimal lines hold all bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (payload) => {
      const digits = hexLines(payload)
        .map((line) => line.slice(6, 54).replaceAll(' ', ''))
        .join('')
      expect(digits).toBe(Array.from(payload, (byte) => byte.toString(16).padStart(2, '0')).join(''))
    }),
  )
  expect(hexLines(bytes('AB\n'))).toEqual(['0000  41 42 0a                                          AB·'])
  expect(hexLines(bytes('eight at a'), 8)).toEqual(['0000  65 69 67 68 74 20 61 74  eight at', '0008  20 61                     a'])
})

test('numbers of a payload can be plotted by their paths', () => {
  const payload = bytes('{"t":21.5,"in":{"list":[1,2]},"name":"x"}')
  expect(numericPaths(payload)).toEqual(['t', 'in.list.0', 'in.list.1'])
  expect(numberAt(payload, 'in.list.1')).toBe(2)
  expect(numberAt(payload, 'name')).toBeNaN()
  expect(numericPaths(bytes('21.5 °C'))).toEqual([''])
  expect(numberAt(bytes('21.5 °C'), '')).toBe(21.5)
})

test('controls and marks of direction become visible, everything else stays', () => {
  expect(visibleText('a\tb\nc')).toBe('a\tb\nc')
  expect(visibleLine('a\tb\nc')).toBe('a␉b␊c')
  expect(visibleText('\u001b[31mred\u0000\u007f\u202e\u2066\u200b\ufeff')).toBe('␛[31mred␀␡‹202E›‹2066›‹200B›‹FEFF›')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      expect(visibleLine(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/)
    }),
  )
})

test('side by side: each side is its own text, line by line, and what differs within a line is between what both have', () => {
  const line = fc.constantFrom('{', '  "t": 21.5,', '  "t": 22,', '  "name": "\u{1f600}a",', '  "name": "\u{1f601}a",', '}', '')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), (before, after) => {
      const rows = diffRows(diffLines(before, after)!)
      expect(rows.flatMap((row) => (row.before === null ? [] : [row.before.text]))).toEqual(before)
      expect(rows.flatMap((row) => (row.after === null ? [] : [row.after.text]))).toEqual(after)
      expect(rows.flatMap((row) => (row.after === null ? [] : [row.after.number]))).toEqual(after.map((_, i) => i + 1))
      for (const { kind, before: old, after: now } of rows) {
        expect(kind === 'same').toBe(old?.text === now?.text && old !== null)
        if (old === null || now === null || old.from + old.to + now.from + now.to === 0) continue
        expect(old.text.slice(0, old.from) + old.text.slice(old.to)).toBe(now.text.slice(0, now.from) + now.text.slice(now.to))
        for (const { text, from, to } of [old, now])
          for (const part of [text.slice(0, from), text.slice(from, to)]) expect(() => encodeURIComponent(part)).not.toThrow()
      }
    }),
  )
  const [row] = diffRows(diffLines(['  "t": 21.5,'], ['  "t": 22,'])!)
  expect([row!.before, row!.after].map((half) => half!.text.slice(half!.from, half!.to))).toEqual(['21.5', '22'])
  expect(diffRows(diffLines(['open'], ['shut'])!)[0]!.after).toMatchObject({ from: 0, to: 0 })
})
