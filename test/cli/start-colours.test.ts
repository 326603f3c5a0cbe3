// Colours of the welcome: on a terminal, and only if nobody objects. Nearest words for mistyped commands.
// Pure parts, called directly.

import { expect, test } from 'vitest'
import { nearestName } from '../../src/base/nearest-name.ts'
import { coloursFor } from '../../src/cli/colours.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

const shown = (env: Record<string, string>, isTty: boolean): string => {
  const { bold, dim, accent } = coloursFor({ env } as Terminal, isTty)
  return bold('b') + dim('d') + accent('a')
}

test('colours on a terminal only; NO_COLOR and a dumb terminal are honoured', () => {
  const coloured = '\x1b[1mb\x1b[22m\x1b[2md\x1b[22m\x1b[36ma\x1b[39m'
  expect(shown({}, true)).toBe(coloured)
  expect(shown({ NO_COLOR: '' }, true)).toBe(coloured)
  expect(shown({ NO_COLOR: '1' }, true)).toBe('bda')
  expect(shown({ TERM: 'dumb' }, true)).toBe('bda')
  expect(shown({}, false)).toBe('bda')
})

test.each([
  ['brokr', 'broker'],
  ['borker', 'broker'],
  ['subb', 'sub'],
  ['pbu', 'pub'],
  ['mathc', 'match'],
  ['elephant', null],
  ['x', null],
  ['', null],
])('%j means %j', (word, meant) => {
  expect(nearestName(word, ['broker', 'pub', 'sub', 'match', 'help'])).toBe(meant)
})
