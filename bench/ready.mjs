// How long startBroker() takes to listen in a program that has just imported it: medians over fresh processes, wall-clock and CPU time.
// Usage: npm run bench -- ready [--rounds 15] [--json]

import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { report } from './support/figures.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } } })
/** @param {readonly number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const index = new URL('../dist/library/index.js', import.meta.url).href
const program = `
  const began = performance.now()
  const { startBroker } = await import('${index}')
  const imported = performance.now()
  const cpu = process.cpuUsage()
  const broker = await startBroker({ port: 0 })
  const readyMs = performance.now() - imported
  const { user, system } = process.cpuUsage(cpu)
  await broker.close()
  console.log(JSON.stringify({ importMs: imported - began, readyMs, cpuMs: (user + system) / 1000 }))
`
const runs = Array.from({ length: Number(values.rounds) }, () =>
  JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })),
)
report([
  { figure: 'import zanzara', value: median(runs.map(({ importMs }) => importMs)), unit: 'ms', goal: null },
  { figure: 'startBroker, the first in its process', value: median(runs.map(({ readyMs }) => readyMs)), unit: 'ms', goal: 5 },
  { figure: 'the same, CPU time', value: median(runs.map(({ cpuMs }) => cpuMs)), unit: 'ms', goal: null },
  { figure: 'the same, fastest run', value: Math.min(...runs.map(({ readyMs }) => readyMs)), unit: 'ms', goal: null },
])
