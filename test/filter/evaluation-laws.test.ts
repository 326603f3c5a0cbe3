// Law of evaluation: a compiled filter agrees with a plain reading of its text, written here without lists, masks or shortcuts.
// Packets are rows made by hand: any number of values of three fields, 0 of them included.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineProtocol } from '../../src/dissect/field.ts'
import { ROOT, Rows } from '../../src/dissect/rows.ts'
import { compileFilter } from '../../src/filter/filter.ts'

const LAW = defineProtocol(
  { name: 'law', label: 'Law' },
  {
    small: { name: 'law.small', label: 'Small', type: 'uint8' },
    signed: { name: 'law.signed', label: 'Signed', type: 'int32' },
    text: { name: 'law.text', label: 'Text', type: 'string' },
  },
)

interface Model {
  readonly small: readonly number[]
  readonly signed: readonly number[]
  readonly text: readonly string[]
}

/** A filter's text and what it means. */
interface Meaning {
  readonly text: string
  readonly passes: (model: Model) => boolean
}

type Pair = (a: number | string, b: number | string) => boolean

const models = fc.record({
  small: fc.array(fc.nat(4), { maxLength: 3 }),
  signed: fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 3 }),
  text: fc.array(fc.constantFrom('a', 'ab', 'b', 'Ba', ''), { maxLength: 3 }),
})

function rowsOf(model: Model): Rows {
  const rows = new Rows()
  rows.reset(new Uint8Array(4))
  const top = rows.add(LAW.protocol, 0, 0, 4, ROOT)
  for (const [key, values] of Object.entries(model) as [keyof Model, readonly (number | string)[]][])
    for (const value of values) rows.addGiven(LAW[key], 0, -1, 0, top, value)
  return rows
}

/** What each sign asks of a pair, and of how many pairs. */
const SIGNS: readonly (readonly [sign: string, pair: Pair, mode: 'any' | 'all'])[] = [
  ['==', (a, b) => a === b, 'any'],
  ['!=', (a, b) => a !== b, 'all'],
  ['===', (a, b) => a === b, 'all'],
  ['~=', (a, b) => a !== b, 'any'],
  ['<', (a, b) => a < b, 'any'],
  ['<=', (a, b) => a <= b, 'any'],
  ['gt', (a, b) => a > b, 'any'],
  ['ge', (a, b) => a >= b, 'any'],
]

function related(a: readonly (number | string)[], b: readonly (number | string)[], pair: Pair, mode: 'any' | 'all'): boolean {
  const all = a.flatMap((x) => b.map((y) => pair(x, y)))
  return all.length > 0 && (mode === 'any' ? all.includes(true) : !all.includes(false))
}

const numbers = fc.oneof(
  fc.nat(4).map((n) => ({ text: `${n}`, values: (): number[] => [n] })),
  fc.constant({ text: 'law.signed', values: (model: Model): readonly number[] => model.signed }),
)
const quantifiers = fc.constantFrom('', 'any ', 'all ')
const comparisons = fc.tuple(fc.constantFrom(...SIGNS), quantifiers, numbers, fc.boolean()).map(([[sign, pair, mode], quantifier, right, isSum]): Meaning => {
  const asked = quantifier === '' ? mode : (quantifier.trim() as 'any' | 'all')
  const values = (model: Model): readonly number[] => (isSum ? model.signed.flatMap((x) => model.signed.map((y) => x * 2 + y)) : model.signed)
  return {
    text: `${quantifier}law.signed${isSum ? ' * 2 + law.signed' : ''} ${sign} ${right.text}`,
    passes: (model) => related(values(model), right.values(model), pair, asked),
  }
})
const texts = fc.tuple(fc.constantFrom(...SIGNS), quantifiers, fc.constantFrom('a', 'ab', 'b', 'Ba')).map(
  ([[sign, pair, mode], quantifier, text]): Meaning => ({
    text: `${quantifier}law.text ${sign} "${text}"`,
    passes: (model) => related(model.text, [text], pair, quantifier === '' ? mode : (quantifier.trim() as 'any' | 'all')),
  }),
)
const others = fc.oneof(
  fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4), fc.boolean()).map(
    ([one, low, high, isNegated]): Meaning => ({
      text: `law.small ${isNegated ? 'not ' : ''}in {${one}, ${low}..${high}}`,
      passes: (model) => model.small.some((n) => n === one || (n >= low && n <= high)) !== isNegated,
    }),
  ),
  fc.tuple(quantifiers, fc.constantFrom('a', 'b', 'A', 'ab')).map(
    ([quantifier, part]): Meaning => ({
      text: `${quantifier}law.text contains "${part}"`,
      passes: (model) => related(model.text, [part], (whole, inner) => `${whole}`.includes(`${inner}`), quantifier === 'all ' ? 'all' : 'any'),
    }),
  ),
  fc
    .constantFrom('^a', 'B', 'a$', '^$')
    .map((pattern): Meaning => ({ text: `law.text matches "${pattern}"`, passes: (model) => model.text.some((text) => new RegExp(pattern, 'i').test(text)) })),
  fc.nat(3).map((n): Meaning => ({ text: `count(law.text) >= ${n}`, passes: (model) => model.text.length > 0 && model.text.length >= n })),
  fc.nat(3).map((n): Meaning => ({ text: `len(law.text) == ${n}`, passes: (model) => model.text.some((text) => text.length === n) })),
  fc
    .nat(3)
    .map((n): Meaning => ({ text: `max(law.signed) - min(law.signed) > ${n}`, passes: (model) => Math.max(...model.signed) - Math.min(...model.signed) > n })),
  fc.nat(3).map((n): Meaning => ({ text: `law.small & ${n}`, passes: (model) => model.small.some((value) => (value & n) !== 0) })),
  fc.nat(3).map((n): Meaning => ({ text: `law.text[${n}] == 61`, passes: (model) => model.text.some((text) => text[n] === 'a') })),
  fc.constantFrom('small', 'signed', 'text').map((key): Meaning => ({ text: `law.${key}`, passes: (model) => model[key as keyof Model].length > 0 })),
)
const { meaning } = fc.letrec<{ meaning: Meaning }>((tie) => ({
  meaning: fc.oneof(
    { maxDepth: 4 },
    comparisons,
    texts,
    others,
    tie('meaning').map((of): Meaning => ({ text: `!(${of.text})`, passes: (model) => !of.passes(model) })),
    fc
      .tuple(tie('meaning'), tie('meaning'))
      .map(([a, b]): Meaning => ({ text: `(${a.text}) and (${b.text})`, passes: (model) => a.passes(model) && b.passes(model) })),
    fc
      .tuple(tie('meaning'), tie('meaning'))
      .map(([a, b]): Meaning => ({ text: `(${a.text}) || (${b.text})`, passes: (model) => a.passes(model) || b.passes(model) })),
  ),
}))

test('a compiled filter agrees with a plain reading, packet after packet', () => {
  fc.assert(
    fc.property(meaning, fc.array(models, { minLength: 1, maxLength: 6 }), (filter, packets) => {
      const compiled = compileFilter(filter.text)
      for (const model of packets)
        expect([filter.text, model, compiled.test({ rows: rowsOf(model), protocols: 'law' })]).toEqual([filter.text, model, filter.passes(model)])
    }),
    { numRuns: 1500 },
  )
})
