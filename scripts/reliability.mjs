// `npm run reliability [-- --minutes N --seed N --short name…]`: the scenarios of test/reliability/scenarios whole, round after round, each with a new seed,
// until the minutes are over (one round at least) or a round fails; then it says how to run that one again. Names choose scenarios: `cut-points slow`.
import { parseArgs } from 'node:util'
import { ensureBuilt } from './ensure-built.mjs'
import { runNode, tool } from './project.mjs'

const USAGE = 'usage: npm run reliability -- [--minutes N] [--seed N] [--short] [name…]'

/** @type {(text: string | undefined, name: string, otherwise: number) => number} */
function number(text, name, otherwise) {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`--${name} ${text}: not a number\n${USAGE}`)
  process.exit(1)
}

/** @returns {{ values: { minutes?: string, seed?: string, short?: boolean }, positionals: string[] }} */
function readArguments() {
  try {
    return parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' }, short: { type: 'boolean' } }, allowPositionals: true })
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exit(1)
  }
}

const { values, positionals } = readArguments()
const minutes = number(values.minutes, 'minutes', 0)
const firstSeed = number(values.seed, 'seed', Math.floor(Date.now() / 1000) % 100_000_000)
const vitest = tool('vitest/vitest.mjs')
if (vitest === null) {
  console.error('vitest is not installed: run `npm ci`')
  process.exit(1)
}
ensureBuilt()
const end = performance.now() + minutes * 60_000
const filters = positionals.map((name) => `test/reliability/scenarios/${name}`)
for (let round = 1; round === 1 || performance.now() < end; round++) {
  const seed = firstSeed + round - 1
  console.log(`\nround ${round}, seed ${seed}`)
  process.env['ZZ_SEED'] = String(seed)
  process.env['ZZ_WHOLE'] = values.short === true ? '0' : '1'
  if (runNode(vitest, ['run', '--mode', 'reliability', '--no-file-parallelism', ...filters]) === 0) continue
  const again = [`--seed ${seed}`, ...(values.short === true ? ['--short'] : []), ...positionals].join(' ')
  console.error(`\nround ${round} failed. The same once more: npm run reliability -- ${again}`)
  process.exit(1)
}
