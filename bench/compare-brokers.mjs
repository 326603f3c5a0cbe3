// Our broker beside Debian's mosquitto (or another command) in one run, interleaved, by an independent load generator and checker.
// Prints deliveries per CPU-second of each and the ratio, writes docs/benchmarks.md. Usage: npm run bench -- [--rounds N] [--seconds S] [--only TEXT] [--peer 'CMD {port}'] [--no-write]

import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

/** Label, mqload's arguments. Every shape is closed-loop and must be lossless. */
const SHAPES = [
  ['QoS 0, 1 → 1', '-P 1 -S 1'],
  ['QoS 0, 1 → 100', '-P 1 -S 100 -T 1'],
  ['QoS 0, 50 → 1', '-P 50 -S 1 -T 1'],
  ['QoS 1, 10 → 10', '-q 1 -P 10 -S 10'],
  ['QoS 2, 10 → 10', '-q 2 -P 10 -S 10'],
  ['QoS 0, 10 → 10, 4 KiB', '-P 10 -S 10 -s 4096'],
  ['QoS 0, 1000 → 1000', '-P 1000 -S 1000 -e 100'],
  ['QoS 0, 10 → 10, 1000 topics', '-P 10 -S 10 -T 1000 -e 100'],
  ['QoS 1, 10 → 10, 1000 topics', '-q 1 -P 10 -S 10 -T 1000 -e 100'],
  ['QoS 1, 1 → 100', '-q 1 -P 1 -S 100 -T 1'],
  ['published QoS 1, subscribed QoS 0, 10 → 10', '-q 1 -Q 0 -P 10 -S 10'],
  ['QoS 1, 10 → 10, persistent sessions', '-q 1 -P 10 -S 10 -c 0'],
  ['QoS 2, 10 → 10, persistent sessions', '-q 2 -P 10 -S 10 -c 0'],
  ['wildcard subscribers, QoS 0, 10 → 10', '-P 10 -S 10 -F {prefix}#'],
  ['MQTT 5, QoS 0, 1 → 1', '-V 5 -P 1 -S 1'],
  ['MQTT 5, QoS 0, 1 → 100', '-V 5 -P 1 -S 100 -T 1'],
  ['MQTT 5, QoS 1, 10 → 10', '-V 5 -q 1 -P 10 -S 10'],
  ['MQTT 5, QoS 2, 10 → 10', '-V 5 -q 2 -P 10 -S 10'],
]

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    only: { type: 'string', default: '' },
    peer: { type: 'string', default: '' },
    'no-write': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const root = fileURLToPath(new URL('..', import.meta.url))
const rounds = Number(options.rounds)
const seconds = Number(options.seconds)
const folder = mkdtempSync(join(tmpdir(), 'zanzara-bench-'))
const run = promisify(execFile)
const mqload = join(folder, 'mqload')
const brokers = []
let runs = 0

try {
  compile()
  await startBrokers()
  const rows = []
  for (const [label, shape] of SHAPES) {
    if (!label.includes(options.only) && !shape.includes(options.only)) continue
    rows.push(await measure(label, shape))
  }
  const text = report(rows)
  console.log(options.json ? JSON.stringify(rows, null, 2) : text)
  if (!options['no-write'] && options.only === '') writeFileSync(join(root, 'docs/benchmarks.md'), text)
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1
} finally {
  for (const { child } of brokers) child.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

function compile() {
  try {
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', mqload, join(root, 'bench/mqload.c')], { stdio: 'inherit' })
  } catch {
    throw new Error('the load generator needs a C compiler: install gcc (npm run setup:system -- --yes)')
  }
}

async function startBrokers() {
  const limits = 'allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n'
  const begin = async (name, port, command, args) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    child.stderr.on('data', (chunk) => {
      log = (log + chunk).slice(-2000)
    })
    brokers.push({ name, port, child })
    await reachable(port, () => `${name} does not answer on port ${port}; it said:\n${log}`)
  }
  const configuration = (port) => {
    const file = join(folder, `${port}.conf`)
    writeFileSync(file, `listener ${port} 127.0.0.1\n${limits}`)
    return file
  }
  await begin('Zanzara', 21883, process.execPath, [join(root, 'bin/zanzara.js'), 'broker', '-c', configuration(21883)])
  if (options.peer === '') await begin('Mosquitto', 21884, 'mosquitto', ['-c', configuration(21884)])
  else await begin('peer', 21884, 'sh', ['-c', `exec ${options.peer.replaceAll('{port}', '21884')}`])
}

async function reachable(port, explain) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answered = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      setTimeout(() => socket.destroy(), 200)
    })
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(explain())
}

/** One row: the brokers take turns in each round. */
async function measure(label, shape) {
  const results = brokers.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, broker] of brokers.entries()) results[i].push(await load(broker, shape))
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${label}: round ${round + 1} of ${rounds}`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const ok = results.flat().every((result) => result.ok)
  const perCpu = results.map((list) => median(list.map((result) => result.broker?.recv_per_cpu_s ?? 0)))
  const rates = results.map((list) => median(list.map((result) => result.recv_per_s ?? 0)))
  const row = { label, shape, ok, perCpu, rates, ratio: perCpu[0] / perCpu[1], faults: results.map((list) => list.filter((result) => !result.ok).length) }
  process.stderr.write(
    `${label.padEnd(46)} ${short(perCpu[0]).padStart(7)} ${short(perCpu[1]).padStart(7)} ${row.ratio.toFixed(1).padStart(6)} ×${ok ? '' : `  NOT LOSSLESS ${row.faults}`}\n`,
  )
  return row
}

/** Own topics and client identifiers each time: nothing of an earlier run, such as a persistent session, is in the way. */
async function load({ port, child }, shape) {
  const prefix = `b${++runs}/`
  const args = [
    '-p',
    port,
    '-b',
    child.pid,
    '-t',
    prefix,
    '-i',
    `b${runs}-`,
    '-d',
    seconds,
    '-W',
    '0.5',
    ...shape.replaceAll('{prefix}', prefix).split(' '),
  ].map(String)
  try {
    return JSON.parse((await run(mqload, args, { timeout: 120_000, maxBuffer: 1 << 20 })).stdout)
  } catch (error) {
    const line = error.stdout?.trim()
    return line ? JSON.parse(line) : { ok: false, error: String(error.stderr || error) }
  }
}

function report(rows) {
  const [ours, peer] = brokers.map(({ name }) => name)
  const node = process.version
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `# Benchmarks

Deliveries per CPU-second of the broker (all its threads), medians of ${rounds} rounds of ${seconds} s after 0.5 s of warm-up, ${ours} and ${peer}${options.peer === '' ? ` ${peerVersion()}` : ''}
taking turns in one run. MQTT 3.1.1 over TCP on loopback, 64-byte payloads unless said. Both with the same configuration: \`max_queued_messages 0\`,
\`max_inflight_messages 0\`. The load generator (\`bench/mqload.c\`) shares no code with either and checks that every message arrives, once, in order:
"lossless" says whether all runs of both brokers passed. Made by \`npm run bench\` with Node ${node} on ${cpus().length} cores (${model}).
The machine is shared, so figures differ between runs by a factor of up to two; ratios are steadier.

| shape | ${ours} | ${peer} | ratio | ${ours} msg/s | ${peer} msg/s | lossless | mqload |
|---|---:|---:|---:|---:|---:|---|---|
${rows.map((row) => `| ${row.label} | ${short(row.perCpu[0])} | ${short(row.perCpu[1])} | ${row.ratio.toFixed(1)} × | ${short(row.rates[0])} | ${short(row.rates[1])} | ${row.ok ? 'yes' : `no (${row.faults.join(', ')})`} | \`${row.shape}\` |`).join('\n')}
`
}

function peerVersion() {
  try {
    return /version (\S+)/.exec(execFileSync('mosquitto', ['-h'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))?.[1] ?? ''
  } catch (error) {
    return /version (\S+)/.exec(error.stdout ?? '')?.[1] ?? ''
  }
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

function short(value) {
  return value >= 1e6 ? `${(value / 1e6).toFixed(2)}M` : value >= 1e3 ? `${Math.round(value / 1e3)}k` : String(Math.round(value))
}
