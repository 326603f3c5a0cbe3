// What tshark 4.0 answers to some 1,500 filters, one feature and one fault of the language each: accepted or refused, and which frames pass.
// answers/*.tsv: the frames, a tab, the filter.

import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { answers } from './support.ts'

beforeAll(() => {
  process.env['TZ'] = 'UTC'
})

test.each([
  ['m5-props.pcapng', new URL('../golden/captures/m5-props.pcapng', import.meta.url)],
  ['odd-bytes.pcap', new URL('answers/odd-bytes.pcap', import.meta.url)],
])('%s: the same frames, the same refusals', (name, capture) => {
  const lines = readFileSync(new URL(`answers/${name}.tsv`, import.meta.url), 'utf8')
    .split('\n')
    .slice(0, -1)
  expect(lines.length).toBeGreaterThan(90)
  const filters = lines.map((line) => line.slice(line.indexOf('\t') + 1))
  expect(answers(capture, filters).map((frames, i) => `${frames}\t${filters[i]!}`)).toEqual(lines)
})
