// What `zanzara sniff` prints of the golden captures, beside tshark 4.0: summary lines, trees, JSON, hex, PSML, statistics.
// Lines that differ are counted and must be those that are known to.

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

import { runSniff } from '../../src/cli/sniff.ts'
import { FakeTerminal } from '../cli/support/fake-terminal.ts'
import { withTools } from '../support/require-tools.ts'

const CAPTURES = fileURLToPath(new URL('../golden/captures/', import.meta.url))
const DECODE_AS: Readonly<Record<string, readonly string[]>> = {
  'coap.pcap': ['-d', 'udp.port==5700,coap'],
  'mqttsn.pcap': ['-d', 'udp.port==1885,mqttsn'],
}
/** Whose differences are known: interface names of a second section, private blocks. */
const DIFFERENT = new Set(['ng-mix.pcapng'])
/** Long; its kinds of packets are in the others. */
const LONG = 'many.pcapng'

function answer(program: string, capture: string, argv: readonly string[]): string[] {
  return execFileSync(program, ['-r', CAPTURES + capture, ...(DECODE_AS[capture] ?? []), ...argv], {
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).split('\n')
}

async function zanzara(capture: string, argv: readonly string[]): Promise<string[]> {
  process.env['TZ'] = 'UTC'
  const io = new FakeTerminal()
  await runSniff(['-r', CAPTURES + capture, ...(DECODE_AS[capture] ?? []), ...argv], io, false)
  return io.stdout.text.split('\n')
}

/** Lines of one that the other lacks. */
function lacking(one: readonly string[], other: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of other) counts.set(line, (counts.get(line) ?? 0) + 1)
  return one.filter((line) => {
    const count = counts.get(line) ?? 0
    counts.set(line, count - 1)
    return count <= 0
  })
}

withTools(['tshark'], ({ tshark: program }) => {
  const tshark = (capture: string, argv: readonly string[]): string[] => answer(program, capture, argv)

  const captures = readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name) && name !== 'cut.pcap' && name !== LONG && !DIFFERENT.has(name))

  test.each(captures)('%s: summary lines, in all formats of time', async (capture) => {
    for (const format of ['r', 'ad', 'd', 'dd', 'e', 'udoy']) expect(await zanzara(capture, ['-t', format])).toEqual(tshark(capture, ['-t', format]))
  })

  test.each(captures)('%s: the tree, but for one line in a thousand', async (capture) => {
    const theirs = tshark(capture, ['-V'])
    const missing = lacking(theirs, await zanzara(capture, ['-V']))
    expect(missing.slice(0, Math.ceil(theirs.length / 1000)), `${missing.length} lines`).toEqual(missing)
  })

  test.each(captures)('%s: JSON, but for one line in five hundred', async (capture) => {
    const theirs = tshark(capture, ['-T', 'json']).filter((line) => !line.includes('oui_resolved')) // makers' names are not ours
    const missing = lacking(theirs, await zanzara(capture, ['-T', 'json']))
    expect(missing.slice(0, Math.ceil(theirs.length / 500)), `${missing.length} lines`).toEqual(missing)
  })

  test.each(['io,stat,0', 'io,stat,0.2,mqtt,tcp.analysis.flags', 'io,phs', 'conv,tcp', 'endpoints,tcp', 'expert'])('-z %s', async (statistics) => {
    for (const capture of ['lt-vlan.pcap', 'm5-props.pcapng', 'm31-tour.pcap'])
      expect(await zanzara(capture, ['-q', '-z', statistics])).toEqual(tshark(capture, ['-q', '-z', statistics]))
  })

  test.each(['segments.pcap', 'tcp-trouble.pcap'])('%s: messages over several segments and ports used again, counted', async (capture) => {
    for (const statistics of ['io,phs', 'conv,tcp', 'endpoints,tcp'])
      expect(await zanzara(capture, ['-q', '-z', statistics])).toEqual(tshark(capture, ['-q', '-z', statistics]))
  })
})
