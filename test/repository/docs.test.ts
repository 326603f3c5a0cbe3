// The papers name what exists: files in docs/architecture.md and the links of every Markdown file.
// What is moved in src/ must be moved on the map.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryFiles, root } from '../../scripts/project.mjs'

const map = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8')

test('every file that the map names exists', () => {
  const named = [...map.matchAll(/\b(?:src|scripts|test|bin)\/[\w/-]+\.(?:ts|mjs|js)\b/g)].map(([path]) => path)
  const drawn = [...map.matchAll(/(?<![\w/])(?:base|wire\/mqtt|wire|session|broker|client|net)\/[\w-]+(?= ●|[ ,():]| →|$)/gm)].map(([path]) => `src/${path}.ts`)
  expect(named.length).toBeGreaterThan(40)
  expect(drawn.length).toBeGreaterThan(15)
  expect([...named, ...drawn].filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, path.replace(/\.ts$/, ''))))).toEqual([])
})

test('every folder of src/ is on the map', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map(({ name }) => `| src/${name} |`).filter((row) => !map.includes(row))).toEqual([])
})

test('links between the papers lead somewhere', () => {
  const broken: string[] = []
  for (const paper of repositoryFiles(root).filter((path) => path.endsWith('.md'))) {
    for (const [, target] of readFileSync(join(root, paper), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (target === undefined || /^(?:https?:|mailto:|#)/.test(target)) continue
      if (!existsSync(join(root, dirname(paper), target.replace(/#.*/, '')))) broken.push(`${paper}: ${target}`)
    }
  }
  expect(broken).toEqual([])
})
