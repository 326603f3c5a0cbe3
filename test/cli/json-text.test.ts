// JSON of %j and %J: what is read comes out the same, numbers as C prints them.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { fixedText, jsonNumber } from '../../src/cli/format-number.ts'
import { jsonText, parseJson } from '../../src/cli/json-text.ts'

const again = (text: string): string | null => {
  const value = parseJson(text)
  return value === undefined ? null : jsonText(value, false)
}

test.each([
  ['{"b":1,"a":2,"1":3}', '{"b":1,"a":2,"1":3}'],
  ['{"a":1,"a":2}', '{"a":1,"a":2}'],
  ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1}}'],
  [' \t\r\n[ 1 , true , false , null , "" , [ ] , { } ] \n', '[1,true,false,null,"",[],{}]'],
  ['27.0', '27'],
  ['-0', '0'],
  ['1e3', '1000'],
  ['1E+30', '1e+30'],
  ['1.5e-7', '1.5e-07'],
  ['0.1', '0.1'],
  ['0.30000000000000004', '0.3'],
  ['0.12345678901234568', '0.12345678901234568'],
  ['1.7976931348623157e308', '1.7976931348623157e+308'],
  ['123456789012345678', '1.2345678901234568e+17'],
  ['1e999', 'null'],
  ['"\\u00e9\\/\\ud83d\\ude00\\u0000"', '"é/😀\\u0000"'],
  ['"tab\there"', '"tab\\there"'],
  ['\ufeff1', '1'],
])('%j', (text, expected) => {
  expect(again(text)).toBe(expected)
})

test.each([
  [''],
  ['hello'],
  ['{'],
  ['{"a"}'],
  ['{"a":1,}'],
  ['{a:1}'],
  ['[1,]'],
  ['[1 2]'],
  ['01'],
  ['1.'],
  ['+1'],
  ['NaN'],
  ['nul'],
  ['"open'],
  ['"\\x"'],
  ['"\\u12"'],
  ['"\\ud800"'],
  ['1 2'],
  ['1\0x'],
  ["'a'"],
])('%j is no JSON', (text) => {
  expect(parseJson(text)).toBeUndefined()
})

test('a thousand brackets are read, a hundred thousand refused', () => {
  expect(again('['.repeat(1000) + ']'.repeat(1000))).toHaveLength(2000)
  expect(parseJson('['.repeat(100_000))).toBeUndefined()
  expect(parseJson('{"a":'.repeat(100_000))).toBeUndefined()
})

test.each([
  ['quotes', '"'.repeat(3_000_000)],
  ['backslashes', '\\'.repeat(3_000_000)],
  ['letters', 'x'.repeat(3_000_000)],
])('millions of %s in a string, which a stranger may send', (_, value) => {
  const text = JSON.stringify(value)
  expect(parseJson(text) === value).toBe(true)
  expect(parseJson(text.slice(0, -1))).toBeUndefined()
})

test('law: what JSON.stringify writes is read and written with the same meaning, pretty or not', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const given = JSON.stringify(value, (_, member: unknown) => (typeof member === 'number' ? Number(member.toPrecision(12)) : member), 1)
      const read = parseJson(given)!
      expect(JSON.parse(jsonText(read, false))).toEqual(JSON.parse(given))
      expect(JSON.parse(jsonText(read, true))).toEqual(JSON.parse(given))
    }),
    { numRuns: 300 },
  )
})

test('law: a text is JSON for us when it is for JSON.parse', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', 'a', '1', '0', '-', '.', 'e', ' ', 'null') }), (text) => {
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      expect(parseJson(text) !== undefined).toBe(isJson)
    }),
    { numRuns: 2000 },
  )
})

test('law: a number survives', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const read = Number(jsonNumber(value))
      expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) * Number.EPSILON)
    }),
  )
})

test.each([
  [0.5, 0, '0'],
  [1.5, 0, '2'],
  [2.5, 0, '2'],
  [-0.125, 2, '-0.12'],
  [1e21, 1, '1000000000000000000000.0'],
  [5e-324, 3, '0.000'],
  [0.1, 20, '0.10000000000000000555'],
  [-0, 1, '-0.0'],
  [999.9996, 3, '1000.000'],
])('%d with %d digits as printf has it', (value, digits, expected) => {
  expect(fixedText(value, digits, value < 0)).toBe(expected)
})
