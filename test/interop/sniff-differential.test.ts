// `zanzara sniff` against tshark 4.0 on captures that nobody has seen: all fields of the tables, the Info column, random filters.
// The captures come from a seed. ZZ_SEED sets the first one, ZZ_CAPTURES how many are tried, ZZ_FILTERS how many filters on each.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runSniff } from '../../src/cli/sniff.ts'
import { FIELDS } from '../../src/dissect/field.ts'
import { FakeTerminal } from '../cli/support/fake-terminal.ts'
import { answers, ranges } from '../filter/support.ts'
import { withTools } from '../support/require-tools.ts'
import { freshCapture } from './support/fresh-captures.ts'
import { randomFilter } from './support/random-filters.ts'

const FIRST_SEED = Number(process.env['ZZ_SEED'] ?? 0)
const CAPTURES = Number(process.env['ZZ_CAPTURES'] ?? 10)
const TRIED_FILTERS = Number(process.env['ZZ_FILTERS'] ?? 8)
/** Connections of all kinds; every second one is cut by a snap length, broken by lost and late segments, or damaged. */
const SHORT_RUN = [1, 2, 5, 7, 8, 13, 22, 24, 37, 45, 62, 101] as const
const SEEDS = FIRST_SEED === 0 ? SHORT_RUN.slice(0, CAPTURES) : Array.from({ length: CAPTURES }, (_, i) => FIRST_SEED + i)
const SECONDS = 60_000

/** Every field that both know; `frame.file_off` is Wireshark's own, `frame.time` has its own words for the local zone. */
const NAMES = [...new Set(FIELDS.map(({ name }) => name))].filter((name) => name !== '' && !/^zz\b|^frame\.(?:file_off|time)$/.test(name))
const COLUMNS = ['_ws.col.Protocol', '_ws.col.Info']

let folder = ''
beforeAll(() => {
  process.env['TZ'] = 'UTC'
  folder = mkdtempSync(join(tmpdir(), 'zanzara-fresh-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function writeCapture(seed: number): { path: string; args: readonly string[]; frames: number } {
  const { bytes, args, frames } = freshCapture(seed)
  const path = join(folder, `fresh-${seed}.pcap`)
  writeFileSync(path, bytes)
  return { path, args, frames }
}

/** The lines of both programs that differ, field by field. */
function differences(names: readonly string[], theirs: string, ours: string): string[] {
  const [lines, others] = [theirs.split('\n'), ours.split('\n')]
  const found: string[] = []
  for (let i = 0; i < Math.max(lines.length, others.length); i++) {
    if (lines[i] === others[i]) continue
    const [values, own] = [(lines[i] ?? '').split('\t'), (others[i] ?? '').split('\t')]
    for (const [k, name] of names.entries()) if (values[k] !== own[k]) found.push(`frame ${i + 1} ${name}: tshark '${values[k]}', we '${own[k]}'`)
  }
  return found
}

withTools(['tshark'], ({ tshark }) => {
  const version = /\d+\.\d+/.exec(execFileSync(tshark, ['--version'], { encoding: 'utf8' }))?.[0]
  const environment = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' }

  test.skipIf(version !== '4.0').each(SEEDS)('capture %i: all fields of all frames', { timeout: SECONDS }, async (seed) => {
    const { path, args, frames } = writeCapture(seed)
    const names = [...NAMES, ...COLUMNS]
    const argv = ['-r', path, ...args, '-T', 'fields', ...names.flatMap((name) => ['-e', name])]
    const { stdout } = spawnSync(tshark, argv, { encoding: 'utf8', env: environment, maxBuffer: 1 << 28 })
    const io = new FakeTerminal()
    expect(await runSniff(argv, io, false)).toBe(0)
    expect(stdout.split('\n').length).toBe(frames + 1)
    expect(differences(names, stdout, io.stdout.text)).toEqual([])
  })

  test.skipIf(version !== '4.0').each(SEEDS.slice(0, 3))('capture %i: random filters', { timeout: 10 * SECONDS }, (seed) => {
    const { path } = writeCapture(seed)
    const filters = fc.sample(randomFilter(/^(?:frame|eth|ip|ipv6|tcp|udp|mqtt|coap|_ws)(?:\.|$)/, /^frame\.time_delta_displayed|^frame\.time$|host$/), {
      numRuns: TRIED_FILTERS,
      seed,
    })
    const mine = answers(pathToFileURL(path), filters)
    const found: string[] = []
    for (const [i, filter] of filters.entries()) {
      const { status, stdout } = spawnSync(tshark, ['-r', path, '-Y', filter, '-T', 'fields', '-e', 'frame.number'], { encoding: 'utf8', env: environment })
      const theirs = status === 0 ? ranges(stdout.split('\n').filter(Boolean).map(Number)) : 'refused'
      if (theirs !== mine[i]) found.push(`${filter}: tshark ${theirs}, we ${mine[i]!}`)
    }
    expect(found).toEqual([])
  })
})
