// The examples of docs/broker-api.md, run as they stand: each prints what it says that it prints.
// `using` is compiled away first, since the oldest Node that we support does not know it.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { builtProgram } from '../support/built.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = [...readFileSync(`${root}docs/broker-api.md`, 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!)

test('the examples of the broker API print what they say', { timeout: 60_000 }, () => {
  builtProgram()
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = examples.map((code, i) => {
    const file = join(folder, `${i}.mjs`)
    writeFileSync(file, code)
    return file
  })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--ignoreConfig', '--allowJs', '--noCheck', '--target', 'es2022', '--module', 'nodenext', '--outDir', join(folder, 'out')]
  const compiled = spawnSync(process.execPath, [compiler, ...options, ...files], { encoding: 'utf8', cwd: folder })
  expect(compiled.stdout).toBe('')
  for (const [i, code] of examples.entries()) {
    const said = [...code.matchAll(/^\/\/ prints: (.*)$/gm)].map(([, line]) => line)
    expect(said.length).toBeGreaterThan(0)
    const plain = readFileSync(join(folder, 'out', `${i}.mjs`), 'utf8')
    const env = { ...process.env, XDG_DATA_HOME: folder }
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', plain], { cwd: root, env, encoding: 'utf8', timeout: 10_000 })
    expect([stdout.split('\n'), stderr, status]).toEqual([[...said, ''], '', 0])
  }
})
