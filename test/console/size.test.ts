// What a browser loads before the first screen stands: at most 120 kB, compressed. And what is built can be served under a strict policy.
// Counted from Vite's manifest: the page, the first screen, the Worker, all that they import, and their styles.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { builtProgram } from '../support/built.ts'

interface Chunk {
  readonly file: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
  readonly assets?: readonly string[]
}

const FOLDER = join(dirname(builtProgram()), '../console')
const SOURCES = join(import.meta.dirname, '../../src/console')
const MOST_BYTES = 120_000
const FIRST = ['index.html', 'views/topics/topics-screen.tsx']
const assets = readdirSync(join(FOLDER, 'assets'))

function closure(): Set<string> {
  const manifest = JSON.parse(readFileSync(join(FOLDER, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>
  const files = new Set<string>(['index.html'])
  const seen = new Set<string>()
  const visit = (name: string): void => {
    const chunk = manifest[name]
    if (seen.has(name)) return
    if (chunk === undefined) throw new Error(`${name} is not in the manifest: ${Object.keys(manifest).join(', ')}`)
    seen.add(name)
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  for (const name of FIRST) visit(name)
  const workers = assets.filter((name) => name.startsWith('worker-'))
  expect(workers).toHaveLength(1)
  files.add(`assets/${workers[0]!}`)
  return files
}

test('the first load fits its budget', () => {
  const sizes = [...closure()].map((file) => [file, gzipSync(readFileSync(join(FOLDER, file)), { level: 9 }).length] as const)
  expect(sizes.length).toBeGreaterThan(6)
  const sum = sizes.reduce((total, [, size]) => total + size, 0)
  expect(sum, sizes.map(([file, size]) => `${size} ${file}`).join('\n')).toBeLessThanOrEqual(MOST_BYTES)
})

test('the dissector, charts and the other screens come later', () => {
  const first = [...closure()]
  for (const name of ['packet-service', 'uplot-module', 'packets-screen', 'ladder-screen', 'publish-drawer', 'messages-screen'])
    expect(first.filter((file) => file.includes(name))).toEqual([])
})

test('nothing is inline, nothing is made from text, every asset has its hash', () => {
  const page = readFileSync(join(FOLDER, 'index.html'), 'utf8')
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son[a-z]+=|javascript:/i)
  expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  for (const name of assets) {
    expect(name).toMatch(/-[\w-]{8}\.(?:js|css|svg)$/)
    const makesCode = /\beval\(|new Function\(/.test(readFileSync(join(FOLDER, 'assets', name), 'utf8'))
    expect([name, makesCode]).toEqual([name, false])
  }
})

test('our sources never write markup', () => {
  const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))
  expect(sources.length).toBeGreaterThan(100)
  const markup = /innerHTML|outerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|cssText/
  expect(sources.filter((name) => markup.test(readFileSync(join(SOURCES, name), 'utf8')))).toEqual([])
})
