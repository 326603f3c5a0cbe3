// What README shows is what happens: its library example is run as it stands.
// Its transcripts are covered by test/lab and the interop tier.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { builtProgram } from '../support/built.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test("README's library example prints the temperature and ends", () => {
  builtProgram()
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync(`${root}README.md`, 'utf8'))!
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code!], { cwd: root, encoding: 'utf8', timeout: 10_000 })
  expect([stdout, stderr, status]).toEqual(['room/1/temp 21.5\n', '', 0])
})
