// The package as its users get it: every file that package.json names exists after a build and is packed; nothing else of ours is.
// Packs without running scripts and without the network.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { importsOf, withoutComments } from '../../scripts/check-boundaries.mjs'
import { ensureBuilt } from '../../scripts/ensure-built.mjs'
import { root } from '../../scripts/project.mjs'

const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
let packed: string[] = []

beforeAll(() => {
  ensureBuilt()
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const output = execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  packed = JSON.parse(output)[0].files.map((file: { path: string }) => file.path)
}, 60_000)

function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Object.values(value as object).flatMap(pathsIn)
}

test('every export and the program exist after a build and are packed', () => {
  const named = [...pathsIn(description.exports), ...pathsIn(description.bin)].map((path) => path.replace(/^\.\//, ''))
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect(named.filter((path) => !packed.includes(path))).toEqual([])
})

test('what is packed is the program, the build and the papers', () => {
  expect(packed.filter((path) => !/^(bin|dist|man|docs)\/|^(package\.json|LICENSE|README\.md|CHANGELOG\.md)$/.test(path))).toEqual([])
  expect(packed).not.toContain('dist/.built')
  expect(packed).toContain('LICENSE')
})

/** What these files of the build import, through all files they reach: packages, Node's modules, and files that are not packed. */
function outside(entries: readonly string[], ending: '.js' | '.d.ts'): string[] {
  const found = new Set<string>()
  const seen = new Set(entries)
  for (const path of seen) {
    for (const { target } of importsOf(withoutComments(readFileSync(join(root, path), 'utf8'), true))) {
      const to = posix.join(posix.dirname(path), target.replace(/\.js$/, ending))
      if (target.startsWith('.') && packed.includes(to)) seen.add(to)
      else found.add(`${path} imports ${target}`)
    }
  }
  return [...found]
}

const entriesOf = (...names: string[]): string[] => names.flatMap((name) => pathsIn(description.exports[name])).map((path) => path.replace(/^\.\//, ''))

test('public declarations reach packed files and modules of Node alone: no types for a user to install', () => {
  const declarations = entriesOf(...Object.keys(description.exports)).filter((path) => path.endsWith('.d.ts'))
  expect(outside(declarations, '.d.ts').filter((line) => !/ imports node:/.test(line))).toEqual([])
})

test('what browsers get reaches no module of Node and no package', () => {
  const browser = ['./client', './capture'].map((name) => description.exports[name].browser)
  const entries = [...entriesOf('./wire', './topic'), ...pathsIn(browser).map((path) => path.replace(/^\.\//, ''))]
  const programs = entries.filter((path) => path.endsWith('.js'))
  const declarations = entries.filter((path) => path.endsWith('.d.ts'))
  expect([...outside(programs, '.js'), ...outside(declarations, '.d.ts')]).toEqual([])
})

test('every program that is packed finds what it imports in the package', () => {
  const programs = packed.filter((path) => path.startsWith('dist/') && !path.startsWith('dist/console/') && path.endsWith('.js'))
  expect(programs.length).toBeGreaterThan(100)
  expect(outside(programs, '.js').filter((line) => / imports \./.test(line))).toEqual([])
})

/** `hono` of `hono/cookie`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

test('every package that the run-time imports is a dependency, and no other is', () => {
  const imported = new Set<string>()
  for (const path of packed.filter((name) => name.endsWith('.js'))) {
    for (const { target } of importsOf(withoutComments(readFileSync(join(root, path), 'utf8'), true)))
      if (!/^(\.|node:)/.test(target)) imported.add(packageOf(target))
  }
  expect([...imported].sort()).toEqual(Object.keys(description.dependencies))
})
