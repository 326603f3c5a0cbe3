// Plants paths, addresses and unfinished work in a small project and expects the text check to name file and line.
// The repository itself, its lock included, must pass the same check.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { checkText } from '../../scripts/check-text.mjs'
import { root } from '../../scripts/project.mjs'

const HEAD = '// What it is.\n// Its boundary.\n'
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function problemsOf(files: Readonly<Record<string, string>>): string[] {
  const project = mkdtempSync(join(tmpdir(), 'text-'))
  folders.push(project)
  for (const [name, text] of Object.entries(files)) {
    const path = join(project, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return checkText(project).problems
}

// put together here, so that this file itself holds none of them
const home = ['', 'home', 'ann', 'projects', 'x'].join('/')
const user = ['', 'Users', 'ann', 'x'].join('/')
const registry = ['https://registry', 'npmjs', 'org/ws'].join('.')
const undone = ['TO', 'DO'].join('')

test('healthy files pass, topics that begin like paths too', () => {
  expect(problemsOf({ 'src/wire/a.ts': `${HEAD}export const topics = ['/home/kitchen/temperature', 'home/work/x', '/living_room/root']\n` })).toEqual([])
})

test.each<[string, string, string]>([
  ['a home folder', `see ${home}`, 'README.md:2: a path of one machine'],
  ['a home folder of macOS', `'${user}'`, 'README.md:2: a path of one machine'],
  ['the address of a registry', registry, 'README.md:2: the address of a package registry'],
  ['unfinished work', `// ${undone}: later`, 'README.md:2: something left undone'],
  ['carriage returns', 'one\r', 'README.md: carriage returns'],
])('%s is found', (_, line, message) => {
  const problems = problemsOf({ 'README.md': `first\n${line}\n` })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(message)
})

test('a source without its two head lines is found', () => {
  expect(problemsOf({ 'src/wire/a.ts': '// One line.\n\nexport {}\n', 'src/wire/b.ts': `${HEAD}export {}\n` })).toEqual([
    'src/wire/a.ts: begins with two comment lines: what it is, and its boundary or specification',
  ])
})

test('a lock with a download address or an install script is found; fsevents may have one', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/ws': { resolved: `${registry}/-/ws.tgz` },
      'node_modules/native': { hasInstallScript: true },
      'node_modules/fsevents': { hasInstallScript: true, optional: true },
    },
  }
  expect(problemsOf({ 'package-lock.json': JSON.stringify(lock) })).toEqual([
    'package-lock.json: node_modules/ws has a download address',
    'package-lock.json: node_modules/native wants to run a script when it is installed',
  ])
})

test('a package without a lock is found', () => {
  expect(problemsOf({ 'package.json': '{}' })).toEqual(['package-lock.json: missing'])
})

test('the lock of this repository holds no address and no install script', () => {
  expect(checkText(root).problems.filter((problem) => problem.startsWith('package-lock.json'))).toEqual([])
})
