// `zanzara sniff` against tshark 4.0 on what surrounds IoT traffic in captures of homes: all fields, the Info column, frames cut at any length.
// The packets are made in support/home-network.ts.

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
import { HOME_NETWORK } from '../support/home-network.ts'
import { homeCapture } from '../support/network-packets.ts'
import { withTools } from '../support/require-tools.ts'
import { randomFilter } from './support/random-filters.ts'

const SECONDS = 60_000
const TRIED_FILTERS = Number(process.env['ZZ_FILTERS'] ?? 20)
const SEED = Number(process.env['ZZ_SEED'] ?? 3)
/** Heads are shorter than this. */
const MOST_CUTS = 90
/** Every field that both know; `frame.file_off` is Wireshark's own, `frame.time` has its own words for the local zone. */
const NAMES = [...new Set(FIELDS.map(({ name }) => name))].filter((name) => name !== '' && !/^zz\b|^frame\.(?:file_off|time)$/.test(name))
/** Sends people to Wireshark's developers, which is not where we send them: the one sentence that is ours. */
const UNDECODED = /Dissector for ((?:DNS|ICMPv6) [^\t,]*?) code not implemented, [^\t,]* supported/g
const COLUMNS = ['_ws.col.Protocol', '_ws.col.Info']

let folder = ''
beforeAll(() => {
  process.env['TZ'] = 'UTC'
  folder = mkdtempSync(join(tmpdir(), 'zanzara-home-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

withTools(['tshark'], ({ tshark }) => {
  const version = /\d+\.\d+/.exec(execFileSync(tshark, ['--version'], { encoding: 'utf8' }))?.[0]
  const environment = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' }

  /** The values of all fields of all frames that differ. */
  async function differences(capture: Uint8Array): Promise<string[]> {
    const path = join(folder, 'home.pcap')
    writeFileSync(path, capture)
    const names = [...NAMES, ...COLUMNS]
    const argv = ['-r', path, '-T', 'fields', ...names.flatMap((name) => ['-e', name])]
    const { stdout } = spawnSync(tshark, argv, { encoding: 'utf8', env: environment, maxBuffer: 1 << 28 })
    const io = new FakeTerminal()
    expect(await runSniff(argv, io, false)).toBe(0)
    const [theirs, ours] = [stdout.replace(UNDECODED, '$1 is not decoded').split('\n'), io.stdout.text.split('\n')]
    expect(theirs.length).toBe(ours.length)
    const found: string[] = []
    for (const [i, line] of theirs.entries()) {
      const [values, own] = [line.split('\t'), ours[i]!.split('\t')]
      for (const [k, name] of names.entries()) if (values[k] !== own[k]) found.push(`frame ${i + 1} ${name}: tshark '${values[k]}', we '${own[k]}'`)
    }
    return found
  }

  test.skipIf(version !== '4.0').each(HOME_NETWORK)('%s: all fields of all frames', { timeout: SECONDS }, async (_name, frames) => {
    expect(await differences(homeCapture(frames()))).toEqual([])
  })

  /** Of each kind the first frames, each stored up to each of its first bytes. What routing headers hold is not compared. */
  test.skipIf(version !== '4.0')('heads cut at any byte', { timeout: 2 * SECONDS }, async () => {
    const frames = HOME_NETWORK.filter(([name]) => !['errors', 'discovery'].includes(name)).map(([, make]) => make()[0]!)
    const stored = frames.flatMap((frame) => Array.from({ length: Math.min(frame.length, MOST_CUTS) - 1 }, (_, i) => [frame, i + 1] as const))
    const capture = homeCapture(
      stored.map(([frame]) => frame),
      stored.map(([, length]) => length),
    )
    expect(await differences(capture)).toEqual([])
  })

  test.skipIf(version !== '4.0')('random filters over the whole', { timeout: 10 * SECONDS }, () => {
    const path = join(folder, 'whole.pcap')
    writeFileSync(path, homeCapture(HOME_NETWORK.flatMap(([, frames]) => frames())))
    const filters = fc.sample(randomFilter(/^(?:dns|mdns|llmnr|dhcp|icmpv6|igmp|ssdp|ipv6?\.opt)(?:\.|$)/, /host$|^dns\.retransmi/), {
      numRuns: TRIED_FILTERS,
      seed: SEED,
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
