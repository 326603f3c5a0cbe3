// `zanzara sniff` on the golden captures: which frames a filter shows, which filters are refused, what -T fields prints.
// The expected answers are those of tshark 4.0, one JSON object a line per case.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

import { runSniff } from '../../src/cli/sniff.ts'
import { FakeTerminal } from '../cli/support/fake-terminal.ts'

interface Case {
  readonly args?: readonly string[]
  readonly filter: string
  /** Frames shown, as ranges; null = the filter is refused. */
  readonly frames?: string | null
  readonly fields?: readonly string[]
  readonly options?: readonly string[]
  /** All lines; of long answers the first ones, with the number of all and their digest. */
  readonly lines?: readonly string[]
  readonly count?: number
  readonly sha256?: string
}

const CAPTURES = fileURLToPath(new URL('captures/', import.meta.url))
const EXPECTED = fileURLToPath(new URL('expected/', import.meta.url))

beforeAll(() => {
  process.env['TZ'] = 'UTC'
})

for (const file of readdirSync(EXPECTED).sort()) {
  const capture = file.replace(/\.jsonl$/, '')
  const cases = readFileSync(EXPECTED + file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case)
  describe(capture, () => {
    test.each(cases.map((one) => [describeCase(one), one] as const))('%s', async (_, one) => {
      const answer = await sniff(capture, one)
      if (one.frames === null) {
        expect(answer.code).toBe(2)
        expect(answer.out).toBe('')
        expect(answer.err).toContain('^')
      } else if (one.lines !== undefined) {
        const lines = answer.out.split('\n').slice(0, -1)
        expect(lines.slice(0, one.lines.length)).toEqual(one.lines)
        expect(lines.length).toBe(one.count ?? one.lines.length)
        if (one.sha256 !== undefined) expect(createHash('sha256').update(answer.out).digest('hex')).toBe(one.sha256)
      } else expect({ err: answer.code === 2 && capture !== 'cut.pcap' ? answer.err : '', frames: ranges(answer.out) }).toEqual({ err: '', frames: one.frames })
    })
  })
}

async function sniff(capture: string, one: Case): Promise<{ code: number; out: string; err: string }> {
  const io = new FakeTerminal()
  const filter = one.filter === '' ? [] : ['-Y', one.filter]
  const options = (one.options ?? []).flatMap((option) => ['-E', option])
  const fields = (one.fields ?? ['frame.number']).flatMap((name) => ['-e', name])
  const code = await runSniff(['-r', CAPTURES + capture, ...(one.args ?? []), ...filter, '-T', 'fields', ...options, ...fields], io, false)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

function describeCase({ args = [], filter, fields, options = [] }: Case): string {
  return [...args, filter === '' ? '(all)' : filter, ...options, ...(fields ?? [])].join(' ')
}

/** `1-3,7` of lines with one number each. */
function ranges(out: string): string {
  const numbers = out.split('\n').slice(0, -1).map(Number)
  const parts: string[] = []
  for (let i = 0; i < numbers.length; ) {
    let end = i
    while (numbers[end + 1] === numbers[end]! + 1) end++
    parts.push(i === end ? `${numbers[i]!}` : `${numbers[i]!}-${numbers[end]!}`)
    i = end + 1
  }
  return parts.join(',')
}
