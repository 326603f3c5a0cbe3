// `npm test`: everything that needs Node alone, one step after another, stopping at the first that fails.
// `npm run test:interop`: build and the tier with foreign programs. `npm run test:reliability`: the scenarios in their short form.
// `npm run test:long`: what needs patience. Further arguments go to Vitest: `npm test -- test/broker`.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt } from './ensure-built.mjs'
import { root, runNode, tool } from './project.mjs'

/** @typedef {{ name: string, run: () => boolean }} Step */

const [tier, ...rest] = ['interop', 'reliability', 'long'].includes(process.argv[2] ?? '') ? process.argv.slice(2) : ['node', ...process.argv.slice(2)]

/** @type {(path: string, ...args: string[]) => boolean} Silent unless it fails. */
const quietly = (path, ...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) process.stdout.write(`\n${stdout}${stderr}`)
  return status === 0
}

/** @type {(path: string, ...args: string[]) => boolean} A tool from node_modules. */
const installed = (path, ...args) => {
  const entry = tool(path)
  if (entry === null) console.log(`\n${path} is not installed: run \`npm ci\``)
  return entry !== null && quietly(entry, ...args)
}

/** @type {(name: string, ...args: string[]) => boolean} */
const script = (name, ...args) => quietly(join(root, 'scripts', name), ...args)

/** @type {(...args: string[]) => boolean} */
const vitest = (...args) => {
  console.log()
  const entry = tool('vitest/vitest.mjs')
  return entry !== null && runNode(entry, ['run', ...args, ...rest]) === 0
}

const DEPENDENCIES = { name: 'dependencies are those of the lock', run: dependencies }
const BUILD = { name: 'strict compile, build', run: () => script('build.mjs') }
const BUILT = {
  name: 'build',
  run: () => {
    ensureBuilt()
    return true
  },
}

/** @type {Record<string, readonly Step[]>} */
const TIERS = {
  node: [
    DEPENDENCIES,
    BUILD,
    { name: 'compile for browsers, without the types of Node', run: () => installed('typescript/bin/tsc', '-p', 'tsconfig.browser.json') },
    { name: 'compile the console', run: () => installed('typescript/bin/tsc', '-p', 'src/console') },
    { name: 'compile tests and scripts', run: () => installed('typescript/bin/tsc', '-p', 'tsconfig.test.json') },
    { name: 'format and lint', run: () => installed('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off') },
    { name: 'who imports whom', run: () => script('check-boundaries.mjs') },
    { name: 'text of all files', run: () => script('check-text.mjs') },
    { name: 'docs/conformance.md is up to date', run: () => script('clauses.mjs', '--check') },
    { name: 'docs/options.md is up to date', run: () => script('options.mjs', '--check') },
    { name: 'docs/api.md is up to date', run: () => script('api.mjs', '--check') },
    { name: 'man/ is up to date', run: () => script('man.mjs', '--check') },
    { name: 'tests', run: () => vitest() },
  ],
  interop: [DEPENDENCIES, BUILT, { name: 'tests with foreign programs', run: () => vitest('--mode', 'interop') }],
  reliability: [DEPENDENCIES, BUILT, { name: 'scenarios of failure', run: () => vitest('--mode', 'reliability') }],
  long: [
    DEPENDENCIES,
    {
      name: 'hostile bytes at every listener for a minute',
      run: () => {
        process.env['ZZ_HOSTILE_SECONDS'] ??= '60'
        return vitest('test/fuzz')
      },
    },
    {
      name: '20,000 histories of the store, 30 kills of a writer',
      run: () => {
        process.env['ZZ_HISTORIES'] ??= '20000'
        process.env['ZZ_KILLS'] ??= '30'
        return vitest('test/store/histories.test.ts', 'test/store/killed-writer.test.ts')
      },
    },
  ],
}

/** What package.json asks for is installed, in the version of the lock. */
function dependencies() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const { dependencies: runTime, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of Object.keys({ ...runTime, ...devDependencies })) {
    const path = join(root, 'node_modules', name, 'package.json')
    const wanted = lock.packages[`node_modules/${name}`]?.version
    const found = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).version : 'none'
    if (found === wanted) continue
    console.log(`\n${name}: ${wanted} is in package-lock.json, ${found} is installed; run \`npm ci\``)
    return false
  }
  return true
}

/** @param {number} since */
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

const steps = TIERS[tier ?? ''] ?? []
const begin = performance.now()
for (const [index, { name, run }] of steps.entries()) {
  const stepBegin = performance.now()
  process.stdout.write(`[${index + 1}/${steps.length}] ${name} … `)
  if (!run()) {
    console.log(`\nfailed at step ${index + 1} of ${steps.length}: ${name}`)
    process.exit(1)
  }
  console.log(`${index + 1 === steps.length ? 'all steps passed in ' : 'ok, '}${seconds(index + 1 === steps.length ? begin : stepBegin)}`)
}
