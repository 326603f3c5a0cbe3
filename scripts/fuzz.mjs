// `npm run fuzz -- [--minutes N] [--seed N] [--target NAME] [--path PATH]`: the targets of test/fuzz/readers.test.ts for as long as wanted.
// Without a seed it takes a new one and says which; a failure shows it, with the smallest input and its path.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runNode, tool } from './project.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string' },
    target: { type: 'string', default: '' },
    path: { type: 'string', default: '' },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? randomInt(2 ** 31))
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error('--minutes takes a number above 0, --seed a whole number')
  process.exit(2)
}
const vitest = tool('vitest/vitest.mjs')
if (vitest === null) {
  console.error('vitest is not installed: run `npm ci`')
  process.exit(1)
}
console.log(`${minutes} minutes, seed ${seed}`)
process.env['ZZ_FUZZ_SECONDS'] = String(minutes * 60)
process.env['ZZ_SEED'] = String(seed)
process.env['ZZ_FUZZ_TARGET'] = values.target
process.env['ZZ_FUZZ_PATH'] = values.path
const code = runNode(vitest, ['run', 'test/fuzz/readers.test.ts'])
if (code !== 0) console.log(`Again: npm run fuzz -- --seed ${seed} --target 'NAME' --path 'PATH', with the path that stands beside the seed above.`)
process.exit(code)
