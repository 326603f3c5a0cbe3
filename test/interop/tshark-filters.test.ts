// Random filters over the field table: tshark and we accept the same ones and show the same frames of the golden captures.
// Needs tshark 4.0. ZZ_FILTERS sets how many are tried, ZZ_SEED which.

import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answers, ranges } from '../filter/support.ts'
import { withTools } from '../support/require-tools.ts'
import { randomFilter } from './support/random-filters.ts'

const CAPTURES = ['m5-props.pcapng', 'm311-tour.pcap', 'segments.pcap', 'lt-qinq.pcap']
const TRIED = Number(process.env['ZZ_FILTERS'] ?? 60)
const SEED = Number(process.env['ZZ_SEED'] ?? 4017)

withTools(['tshark'], ({ tshark }) => {
  const version = /\d+\.\d+/.exec(execFileSync(tshark, ['--version'], { encoding: 'utf8' }))?.[0]
  const filters = fc.sample(randomFilter(/^(?:frame|eth|vlan|ip|tcp|mqtt)(?:\.|$)/, /^frame\.time_delta_displayed|tcp\.analysis|tcp\.completeness/), {
    numRuns: TRIED,
    seed: SEED,
  })

  test.skipIf(version !== '4.0').each(CAPTURES)('%s: random filters', { timeout: 600_000 }, (name) => {
    const capture = new URL(`../golden/captures/${name}`, import.meta.url)
    const mine = answers(capture, filters)
    const differences: string[] = []
    for (const [i, filter] of filters.entries()) {
      const { status, stdout } = spawnSync(tshark, ['-2', '-r', fileURLToPath(capture), '-Y', filter, '-T', 'fields', '-e', 'frame.number'], {
        encoding: 'utf8',
      })
      const theirs = status === 0 ? ranges(stdout.split('\n').filter(Boolean).map(Number)) : 'refused'
      if (theirs !== mine[i]) differences.push(`${filter}: tshark ${theirs}, we ${mine[i]!}`)
    }
    expect(differences).toEqual([])
  })
})
