// `contains` and `matches` on a protocol look at its payload, too: `tcp contains "MQTT"`; values, slices and lengths end with the head.
// answers/protocols-searched.tsv: a golden capture, the frames that tshark 4.0 shows, the filter.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { answers } from './support.ts'

const LINES = readFileSync(new URL('answers/protocols-searched.tsv', import.meta.url), 'utf8')
  .split('\n')
  .slice(0, -1)
  .map((line) => line.split('\t') as [capture: string, frames: string, filter: string])

test.each([...new Set(LINES.map(([capture]) => capture))])('%s: the same frames', (capture) => {
  const own = LINES.filter(([name]) => name === capture)
  const frames = answers(
    new URL(`../golden/captures/${capture}`, import.meta.url),
    own.map(([, , filter]) => filter),
  )
  expect(own.map(([, , filter], i) => `${frames[i]!} ${filter}`)).toEqual(own.map(([, frames, filter]) => `${frames} ${filter}`))
})
