// `zanzara sniff` beside tshark on one large capture: CPU seconds and the most memory of the whole process, taking turns.
// Usage: npm run bench -- analyser [--megabytes 200] [--rounds 3] [--json]

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeBigCapture } from './support/big-capture.mjs'

const { values } = parseArgs({
  options: { megabytes: { type: 'string', default: '200' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
})
const TICKS_PER_SECOND = 100
const ASKED = ['-Y', 'mqtt.msgtype==3', '-T', 'fields', '-e', 'mqtt.topic']
const folder = mkdtempSync(join(tmpdir(), 'zanzara-analyser-'))
const capture = join(folder, 'big.pcap')

/** Runs it with its output in a file: its CPU seconds, most resident MiB, and the lines it wrote. */
async function measured(program, args) {
  const output = join(folder, 'output')
  // the shell knows what its child has used once it has waited for it
  const shell = spawn('sh', ['-c', '"$@" > "$OUTPUT" & echo $!; wait $!; cat /proc/$$/stat', 'sh', program, ...args], {
    env: { ...process.env, OUTPUT: output },
  })
  const ended = once(shell, 'close')
  let told = ''
  let most = 0
  shell.stdout.on('data', (chunk) => {
    told += chunk
  })
  const timer = setInterval(() => {
    const status = `/proc/${told.split('\n')[0]}/status`
    if (!/^\d+\n/.test(told) || !existsSync(status)) return
    try {
      most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0))
    } catch {} // it has just ended
  }, 20)
  await ended
  clearInterval(timer)
  const fields = told.slice(told.lastIndexOf(')') + 2).split(' ')
  const lines = Number(spawnSync('wc', ['-l', output], { encoding: 'utf8' }).stdout.split(' ')[0])
  return { cpu: (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND, memory: most / 1024, lines }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

try {
  const { frames, publishes } = writeBigCapture(capture, Number(values.megabytes))
  const hasTshark = spawnSync('tshark', ['--version']).status === 0
  const programs = [
    ['zanzara sniff', process.execPath, [fileURLToPath(new URL('../dist/cli/zanzara.js', import.meta.url)), 'sniff']],
    ...(hasTshark ? [['tshark', 'tshark', []]] : []),
  ]
  const runs = programs.map(() => [])
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [i, [, program, args]] of programs.entries()) runs[i].push(await measured(program, [...args, '-r', capture, ...ASKED]))
  const rows = programs.map(([name], i) => ({
    program: name,
    cpuSeconds: median(runs[i].map(({ cpu }) => cpu)),
    mebibytes: Math.round(median(runs[i].map(({ memory }) => memory))),
    lines: runs[i][0].lines,
  }))
  if (values.json) process.stdout.write(`${JSON.stringify({ frames, publishes, bytes: statSync(capture).size, rows })}\n`)
  else {
    process.stdout.write(
      `${Math.round(statSync(capture).size / (1 << 20))} MiB, ${frames} frames, ${publishes} PUBLISH; ${ASKED.join(' ')}; medians of ${values.rounds}\n`,
    )
    for (const { program, cpuSeconds, mebibytes, lines } of rows)
      process.stdout.write(`${program.padEnd(14)} ${cpuSeconds.toFixed(2).padStart(6)} CPU-s  ${String(mebibytes).padStart(5)} MiB  ${lines} lines\n`)
    if (!hasTshark) process.stdout.write('tshark is not here: npm run setup:system says how to get it\n')
  }
  if (new Set(rows.map(({ lines }) => lines)).size > 1) throw new Error('the programs do not agree on the number of lines')
} finally {
  rmSync(folder, { recursive: true })
}
