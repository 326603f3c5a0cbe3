// docs/security.md lists the hostile inputs: each row is tested by the files that it names, or says why it is not yet.
// Rows are found in the tests by their numbers; both sides must agree.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROWS = 55
const root = new URL('../../', import.meta.url)
const here = new URL('./', import.meta.url)

/** Row → files of test/security that test it. */
function testedRows(): Map<number, string[]> {
  const tested = new Map<number, string[]>()
  for (const name of readdirSync(here)
    .filter((file) => file.endsWith('.test.ts'))
    .sort()) {
    const source = readFileSync(new URL(name, here), 'utf8')
    const numbers = [...source.matchAll(/^\s*(?:row|first|faults)\(\s*(\d+),|^\s*test(?:\.each\(.*\))?\(\s*['`]row (\d+):/gm)].map((match) =>
      Number(match[1] ?? match[2]),
    )
    for (const number of new Set(numbers)) tested.set(number, [...(tested.get(number) ?? []), name])
  }
  return tested
}

interface Row {
  readonly number: number
  readonly input: string
  readonly reaction: string
  readonly where: string
  readonly tests: string
}

function documentedRows(): Row[] {
  const lines = readFileSync(new URL('docs/security.md', root), 'utf8').split('\n')
  return lines.flatMap((line) => {
    const cells = /^\| (\d+) \|(.*)\|$/.exec(line)
    if (cells === null) return []
    const [input = '', reaction = '', where = '', tests = ''] = cells[2]!.split(' | ').map((cell) => cell.trim())
    return [{ number: Number(cells[1]), input, reaction, where, tests }]
  })
}

test('docs/security.md has every row once, in order', () => {
  expect(documentedRows().map(({ number }) => number)).toEqual(Array.from({ length: ROWS }, (_, i) => i + 1))
})

test('each row is tested by the files that docs/security.md names, or says of which part it is', () => {
  const tested = testedRows()
  for (const { number, input, reaction, where, tests } of documentedRows()) {
    expect([number, input.length > 0 && reaction.length > 0]).toEqual([number, true])
    const files = tested.get(number) ?? []
    if (tests.startsWith('later: ')) {
      expect([number, files, tests.length > 'later: '.length + 10]).toEqual([number, [], true])
      continue
    }
    expect([number, [...tests.matchAll(/[\w-]+\.test\.ts/g)].map(([name]) => name)]).toEqual([number, files])
    expect([number, files.length > 0]).toEqual([number, true])
    for (const [path] of where.matchAll(/src\/[\w./-]+\.ts/g)) expect([number, path, existsSync(new URL(path, root))]).toEqual([number, path, true])
    expect([number, where]).toEqual([number, expect.stringMatching(/src\//)])
  }
})
