// The built `zanzara bench` as a process: what it loads, its exit code.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { ensureBuilt } from '../../../scripts/ensure-built.mjs'
import type { BenchResult } from '../../../src/cli/bench/bench-result.ts'
import { startBroker } from '../../../src/server/start-broker.ts'

const program = fileURLToPath(new URL('../../../dist/cli/zanzara.js', import.meta.url))
const recorder = new URL('../support/record-loads.mjs', import.meta.url).href

beforeAll(() => ensureBuilt(), 180_000)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-bench-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a run loads our own files and Node alone: neither TLS, nor WebSockets, nor the broker', async () => {
  await using broker = await startBroker({ port: 0 })
  const record = join(folder, 'loads')
  const child = spawn(
    process.execPath,
    ['--import', recorder, program, 'bench', 'pair', '-h', '127.0.0.1', '-p', String(broker.port), '-n', '1000', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], HOME: folder, RECORD_LOADS: record },
    },
  )
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code).toBe(0)
  expect((JSON.parse(out) as BenchResult).messages).toMatchObject({ received: 1000, lost: 0 })
  const loaded = readFileSync(record, 'utf8').trim().split('\n')
  const dist = pathToFileURL(join(program, '..', '..')).href
  expect(loaded.filter((url) => !url.startsWith(`${dist}/`) && !url.startsWith('node:'))).toEqual([])
  expect(loaded.filter((url) => /^node:(tls|https?|zlib)$|\/(broker|websocket|tls)[^/]*\.js$/.test(url))).toEqual([])
})
