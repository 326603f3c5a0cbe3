// What is typed into the filters of Topics and Messages.
// See src/console/worker/find-terms.ts.

import { expect, test } from 'vitest'
import { type Findable, parseTerms } from '../../src/console/worker/find-terms.ts'

const MESSAGE: Findable = {
  topic: 'Building5/room/temperature',
  text: () => '{"t":21.5}',
  value: 21.5,
  qos: 1,
  size: 10,
  rate: 0.5,
  count: 3,
  retain: true,
  dup: false,
  isOut: false,
}

test.each([
  ['', true],
  ['room', true],
  ['ROOM TEMP', true],
  ['room, temp', true],
  ['kitchen', false],
  ['"t":21', true],
  ['-kitchen', true],
  ['!room', false],
  ['"room/temp"', true],
  ['"room temp"', false],
  ['value > 21', true],
  ['value>22', false],
  ['value >= 21.5 qos:1', true],
  ['qos = 2', false],
  ['qos != 2', true],
  ['-qos:2', true],
  ['size<11', true],
  ['is:retained', true],
  ['is:dup', false],
  ['is:sent', false],
  ['is:received', true],
  ['topic:temperature', true],
  ['topic:21.5', false],
  ['value:21.5', true],
])('%s', (text, passes) => {
  const terms = parseTerms(text)
  expect(terms.problem).toBeNull()
  expect(terms.passes(MESSAGE)).toBe(passes)
})

test.each([
  ['value >', 'a number is missing'],
  ['qos: many', 'a number is missing'],
  ['is:blue', 'use is:retained'],
])('%s says what is wrong, and hides nothing', (text, problem) => {
  const terms = parseTerms(text)
  expect(terms.problem).toContain(problem)
  expect(terms.passes(MESSAGE)).toBe(true)
})

test('a message without a number passes no comparison of it, not even a negative one', () => {
  const word = { ...MESSAGE, value: Number.NaN }
  expect(parseTerms('value > 0').passes(word)).toBe(false)
  expect(parseTerms('value != 0').passes(word)).toBe(false)
})
