// The guides say what is true: what a page tells its reader to type is typed, in order, and must print what stands below it.
// The captures that they speak of are made here (test/support/guide).

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandsOf, needsNetwork, runPage } from '../support/guide/guide-run.ts'
import { hasPrivateNetworks } from '../support/guide/private-network.ts'

const folder = fileURLToPath(new URL('../../docs/guide/', import.meta.url))
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'))

test('there are commands to run', () => {
  expect(pages.reduce((sum, page) => sum + commandsOf(join(folder, page)), 0)).toBeGreaterThan(60)
})

for (const page of pages) {
  const path = join(folder, page)
  test.skipIf(needsNetwork(path) && !hasPrivateNetworks)(`docs/guide/${page}`, async () => await runPage(path), 240_000)
}
