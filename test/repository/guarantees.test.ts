// docs/guarantees.md names a test for each promise: the file must be there, and one of its titles must hold the words given.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/project.mjs'

const rows = readFileSync(join(root, 'docs', 'guarantees.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| failure'))

test.each(rows)('%s', (row) => {
  const shown = row.split('|').at(-2)!.trim()
  const [, file = '', title = ''] = /^(\S+): "(.+)"$/.exec(shown) ?? []
  if (file === '') {
    expect(existsSync(join(root, shown.split(' ')[0]!))).toBe(true)
    return
  }
  const quoted = [...readFileSync(join(root, file), 'utf8').matchAll(/^(?: *test\b.*?\(|\](?: as const)?\)\(| {2})['`]([^'`]{20,})['`],/gm)].map(
    ([, text]) => text!,
  )
  expect(quoted.filter((text) => text.includes(title))).not.toEqual([])
})
