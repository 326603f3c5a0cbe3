// What README shows is what happens: its five minutes are lived through, command by command, and its program is run as it stands.

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandsOf, runPage } from '../support/guide/guide-run.ts'
import { hasPrivateNetworks } from '../support/guide/private-network.ts'

const readme = fileURLToPath(new URL('../../README.md', import.meta.url))

test.skipIf(!hasPrivateNetworks)(
  'README',
  async () => {
    expect(commandsOf(readme)).toBeGreaterThan(9)
    await runPage(readme)
  },
  240_000,
)
