// Laws of the grammar: what is printed parses to the same tree, and no text makes the parser fail otherwise than by refusing it.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import '../../src/dissect/dissect.ts'
import { compileFilter } from '../../src/filter/filter.ts'
import { FilterError } from '../../src/filter/filter-error.ts'
import { parseFilter } from '../../src/filter/parser.ts'
import { printTest } from '../../src/filter/print-syntax.ts'

const word = fc.constantFrom('tcp.port', 'mqtt', 'a', '10', '0x1f', '1.5', '10.0.0.1', 'x-y').map((text) => text)
const range = fc.oneof(
  fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 9 })).map(([start, length]) => `${start}:${length}`),
  fc.tuple(fc.nat(9), fc.integer({ min: 10, max: 20 })).map(([low, high]) => `${low}-${high}`),
  fc.nat(20).map(String),
  fc.nat(20).map((start) => `${start}:`),
)
const text = fc.oneof(
  word,
  fc.constantFrom('aa:bb', '::1', '10.0.0.0/8', ':1f', "'a'", "'\\x00'", '"a\\"b\\\\c\\xff"', 'r"\\d"', '${tcp.port}', '.mqtt', '"é"'),
  fc.tuple(word, range, fc.boolean()).map(([name, piece, isLayer]) => `${name}${isLayer ? '#' : ''}[${piece},${piece}]`),
  fc.tuple(word, word).map(([a, b]) => `min(${a}, ${b} + 1)`),
)
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    text.map((inner) => `-${inner}`),
    fc.tuple(tie('value'), fc.constantFrom('+', '-', '*', '/', '%', '&'), tie('value')).map(([a, sign, b]) => `{${a}} ${sign} {${b}}`),
    fc.tuple(text, fc.constantFrom('+', '-', '*', '/', '%', '&'), text, fc.constantFrom('+', '*', '&'), text).map((parts) => parts.join(' ')),
  ),
}))
const sign = fc.constantFrom('==', '!=', '===', '!==', '~=', '<', 'ge', 'any_eq', 'all_ne')
const relation = fc.oneof(
  value,
  fc.tuple(fc.constantFrom('', 'any ', 'all '), value, sign, value).map(([quantifier, a, s, b]) => `${quantifier}${a} ${s} ${b}`),
  fc.tuple(value, sign, value, sign, value).map((parts) => parts.join(' ')),
  fc.tuple(text, fc.constantFrom('contains', 'matches', '~'), text).map((parts) => parts.join(' ')),
  fc.tuple(text, fc.constantFrom('in', 'not in', '!in'), text, text, text).map(([a, s, b, c, d]) => `${a} ${s} {${b}, ${c} .. ${d}}`),
)
const { filter } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 5 },
    relation,
    tie('filter').map((inner) => `not (${inner})`),
    fc.tuple(tie('filter'), fc.constantFrom('and', 'or', '&&', '||'), tie('filter')).map(([a, s, b]) => `(${a}) ${s} (${b})`),
    fc.tuple(relation, fc.constantFrom('and', 'or'), relation, fc.constantFrom('and', 'or'), relation).map((parts) => parts.join(' ')),
  ),
}))

/** A tree without places. */
function bare(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, part: unknown) => (typeof part === 'number' && (key === 'end' || key === 'start') ? undefined : part)))
}

test('what is printed parses to the same tree', () => {
  fc.assert(
    fc.property(filter, (source) => {
      const tree = parseFilter(source)
      expect(bare(parseFilter(printTest(tree)))).toEqual(bare(tree))
      // Ranges' starts are lost in bare(): the text must be stable too
      expect(printTest(parseFilter(printTest(tree)))).toBe(printTest(tree))
    }),
    { numRuns: 500 },
  )
})

test('any text is accepted or refused at a place within it', () => {
  const piece = fc.oneof(
    text,
    sign,
    fc.constantFrom('(', ')', '{', '}', '[', ']', ',', '..', '#', 'in', 'not', 'any', 'contains', 'matches', '"', "'", '$', '@', 'ü'),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const source = pieces.join(' ')
      try {
        compileFilter(source)
      } catch (error) {
        if (!(error instanceof FilterError)) throw error
        expect(error.offset).toBeGreaterThanOrEqual(0)
        expect(error.offset + error.length).toBeLessThanOrEqual(source.length + 1)
      }
    }),
    { numRuns: 2000 },
  )
})
