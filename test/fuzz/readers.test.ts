// Runs the targets: a few seconds together in `npm test`, as long as wanted by `npm run fuzz -- --minutes N`.
// Seeded; a failure shows the seed, the smallest input that fails, and how to run it again.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TARGETS, type Target } from './targets.ts'
import { websocketTarget } from './websocket-target.ts'

/** Of all targets together. */
const SECONDS = Number(process.env['ZZ_FUZZ_SECONDS'] ?? 8)
const SEED = Number(process.env['ZZ_SEED'] ?? 20_261_122)
/** One target, by a part of its name. */
const ONLY = process.env['ZZ_FUZZ_TARGET'] ?? ''
/** Where the smallest input was found: runs that one alone. */
const PATH = process.env['ZZ_FUZZ_PATH'] ?? ''
const ALL = TARGETS.length + 1

const isWanted = (name: string): boolean => name.toLowerCase().includes(ONLY.toLowerCase())
const share = (SECONDS * 1000) / (ONLY === '' ? ALL : 1)

async function run({ name, property }: Target): Promise<void> {
  const met = { taken: 0, refused: 0 }
  await fc.assert(property((isTaken) => void (isTaken ? met.taken++ : met.refused++)) as fc.IAsyncProperty<unknown>, {
    seed: SEED,
    numRuns: 2 ** 31 - 1,
    interruptAfterTimeLimit: share,
    ...(PATH === '' ? {} : { path: PATH }),
  })
  console.log(`${name}: ${met.taken + met.refused} inputs, ${met.taken} of them taken (seed ${SEED})`)
  if (met.taken + met.refused > 300) expect([met.taken > 0, met.refused > 0]).toEqual([true, true])
}

for (const target of TARGETS.filter(({ name }) => isWanted(name)))
  test(`${target.name}: an answer or the declared error, whatever comes`, { timeout: share + 60_000 }, async () => await run(target))

if (isWanted('WebSocket frames'))
  test('WebSocket frames: whatever one sends, another gets in', { timeout: share + 60_000 }, async () => {
    const { target, close } = await websocketTarget()
    try {
      await run(target)
    } finally {
      await close()
    }
  })
