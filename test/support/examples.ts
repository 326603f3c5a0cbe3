// Examples of the papers, run as they stand: each must print what it says that it prints, and nothing else.
// `using` is compiled away first, since the oldest Node that we support does not know it.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { builtProgram } from './built.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The fenced blocks of a paper whose first line is exactly this, such as `js`. */
export function examplesOf(paper: string, language: string): string[] {
  const blocks = readFileSync(join(root, paper), 'utf8').matchAll(/```([^\n]*)\n([\s\S]*?)```/g)
  return [...blocks].filter(([, kind]) => kind === language).map(([, , code]) => code!)
}

/** A folder that is gone after the test. */
export function exampleFolder(place: string = tmpdir()): string {
  const folder = mkdtempSync(join(place, 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Runs all `js` examples of a paper in fresh processes; they import `zanzara` as users do. */
export function runExamples(paper: string): void {
  builtProgram()
  const examples = examplesOf(paper, 'js')
  expect(examples.length).toBeGreaterThan(0)
  const folder = exampleFolder()
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
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', plain], { cwd: root, env, encoding: 'utf8', timeout: 30_000 })
    expect([stdout.split('\n'), stderr, status]).toEqual([[...said, ''], '', 0])
  }
}
