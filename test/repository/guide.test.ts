// The guides say what is true: every command of a console block in docs/guide is run, and must print what stands below it.
// The captures that they speak of are made here.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtProgram } from '../support/built.ts'
import { labCapture } from '../support/lab-capture.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const guides = join(root, 'docs/guide')
const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))

beforeAll(() => {
  writeFileSync(join(folder, 'lab.pcapng'), labCapture())
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Shown {
  readonly guide: string
  readonly command: string
  readonly output: string
}

function shownIn(guide: string): Shown[] {
  const text = readFileSync(join(guides, guide), 'utf8')
  return [...text.matchAll(/^```console\n\$ (zanzara .*)\n([\s\S]*?)^```$/gm)].map(([, command, output]) => ({ guide, command: command!, output: output! }))
}

const shown = readdirSync(guides)
  .filter((name) => name.endsWith('.md'))
  .flatMap(shownIn)

test('there are commands to run', () => {
  expect(shown.length).toBeGreaterThan(15)
})

test.each(shown)('$guide: $command', ({ command, output }) => {
  const program = builtProgram()
  const script = `zanzara() { '${process.execPath}' '${program}' "$@"; }\n${command}`
  const run = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8', env: { ...process.env, TZ: 'UTC', COLUMNS: '100' }, timeout: 60_000 })
  expect(run.stdout + run.stderr).toBe(output)
})
