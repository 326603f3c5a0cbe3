// The exercises of the lab show what happens: what a student is told to type is typed, in order, and must print what stands below it.
// Commands that would leave this machine stand in blocks that are not run.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandsOf, needsNetwork, runPage } from '../support/guide/guide-run.ts'
import { hasPrivateNetworks } from '../support/guide/private-network.ts'
import { labCapture } from '../support/lab-capture.ts'

const folder = fileURLToPath(new URL('../../docs/lab/', import.meta.url))
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'))

test('there are commands to run', () => {
  expect(pages.reduce((sum, page) => sum + commandsOf(join(folder, page)), 0)).toBeGreaterThan(50)
})

test('the capture that students get is the one that its maker makes', () => {
  const path = join(folder, 'lab.pcapng')
  if (process.env['ZZ_WRITE'] === '1') writeFileSync(path, labCapture())
  expect(readFileSync(path).equals(labCapture())).toBe(true)
})

for (const page of pages) {
  const path = join(folder, page)
  test.skipIf(needsNetwork(path) && !hasPrivateNetworks)(`docs/lab/${page}`, async () => await runPage(path), 240_000)
}
