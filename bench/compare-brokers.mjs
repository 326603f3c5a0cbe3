// Our broker beside Debian's mosquitto (or another command) in one run, interleaved, by an independent load generator and checker.
// Prints deliveries per CPU-second of each and the ratio, writes docs/benchmarks.md. Usage: npm run bench -- [--rounds N] [--seconds S] [--only 'TEXT;…'] [--peer 'CMD {port}'] [--no-write]

import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { compileLoad, freePort, median, root, runLoad, short, startBroker } from './support/brokers.mjs'

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

/** Open-loop, 5,000 messages a second: what a single message waits. */
const LATENCIES = [
  ['QoS 0, 5,000 msg/s', '-P 1 -S 1 -r 5000'],
  ['QoS 1, 5,000 msg/s', '-q 1 -P 1 -S 1 -r 5000'],
]

/** Connections held idle, each with one subscription. */
const IDLE = 5000

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
const rounds = Number(options.rounds)
const seconds = Number(options.seconds)
const folder = mkdtempSync(join(tmpdir(), 'zanzara-bench-'))
const run = promisify(execFile)
let mqload = ''
const brokers = []
let runs = 0

// Ctrl-C leaves nothing behind
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const { child } of brokers) child.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
    process.exit(1)
  })
}

try {
  mqload = compileLoad(folder)
  await startBrokers()
  const rows = []
  for (const [label, shape] of SHAPES) {
    if (!options.only.split(';').some((only) => label.includes(only) || shape.includes(only))) continue
    rows.push(await measure(label, shape))
  }
  const latencies = []
  const memory = []
  if (options.only === '') {
    await restartBrokers('set_tcp_nodelay true\n') // memory is that of brokers which have done nothing else
    for (const broker of brokers) memory.push(await idle(broker))
    const port = await freePort()
    brokers.push(await startBroker('Node alone', port, process.execPath, [join(root, 'bench/support/relay.mjs'), String(port)]))
    for (const [label, shape] of LATENCIES) latencies.push(await latency(label, shape))
  }
  const text = report(rows, latencies, memory)
  console.log(options.json ? JSON.stringify({ rows, latencies, memory }, null, 2) : text)
  if (!options['no-write'] && options.only === '') writeFileSync(join(root, 'docs/benchmarks.md'), text)
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1
} finally {
  for (const { child } of brokers) child.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

async function startBrokers(more = '') {
  const limits = `allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n${more}`
  const begin = async (name, port, command, args) => void brokers.push(await startBroker(name, port, command, args))
  const configuration = (port) => {
    const file = join(folder, `${port}.conf`)
    writeFileSync(file, `listener ${port} 127.0.0.1\n${limits}`)
    return file
  }
  const own = await freePort()
  await begin('Zanzara', own, process.execPath, [join(root, 'bin/zanzara.js'), 'broker', '-c', configuration(own)])
  const port = await freePort()
  if (options.peer === '') await begin('Mosquitto', port, 'mosquitto', ['-c', configuration(port)])
  else await begin('peer', port, 'sh', ['-c', `exec ${options.peer.replaceAll('{port}', String(port))}`])
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

/** p50 and p99 in microseconds of each broker, medians of the rounds. */
async function latency(label, shape) {
  const results = brokers.map(() => [])
  for (let round = 0; round < rounds; round++) for (const [i, broker] of brokers.entries()) results[i].push(await load(broker, shape))
  const of = (name) => results.map((list) => median(list.map((result) => result.lat_us?.[name] ?? Number.NaN)))
  const row = { label, shape, ok: results.flat().every((result) => result.ok), p50: of('p50'), p99: of('p99') }
  process.stderr.write(`${label.padEnd(46)} p50 ${row.p50.map(micro).join(' / ')}  p99 ${row.p99.map(micro).join(' / ')}\n`)
  return row
}

/** Bytes of RSS per idle connection with one subscription. */
async function idle({ name, port, child }) {
  const { stdout } = await run(mqload, ['-p', port, '-b', child.pid, '-I', IDLE, '-d', 2, '-i', `idle${++runs}-`].map(String), { timeout: 120_000 })
  const { bytes_per_connection: bytes, alive } = JSON.parse(stdout)
  process.stderr.write(`${`${alive} idle connections`.padEnd(46)} ${name} ${bytes} B each\n`)
  return { name, bytes, alive }
}

async function restartBrokers(more) {
  await Promise.all(
    brokers.map(({ child }) => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      return ended
    }),
  )
  brokers.length = 0
  await startBrokers(more)
}

/** Own topics and client identifiers each time: nothing of an earlier run, such as a persistent session, is in the way. */
async function load({ port, child }, shape) {
  const prefix = `b${++runs}/`
  const args = ['-p', port, '-b', child.pid, '-t', prefix, '-i', `b${runs}-`, '-d', seconds, '-W', '0.5', ...shape.replaceAll('{prefix}', prefix).split(' ')]
  return await runLoad(mqload, args)
}

function report(rows, latencies, memory) {
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
${latencies.length === 0 ? '' : latencyReport(latencies, ours, peer)}${memory.length === 0 ? '' : memoryReport(memory)}`
}

function latencyReport(latencies, ours, peer) {
  return `
Latency from one publisher to one subscriber at 5,000 messages a second, both brokers with \`set_tcp_nodelay true\`, medians of the rounds. "Node alone" is
what Node takes to hand a message from socket to socket without being a broker (\`bench/support/relay.mjs\`): the least that any broker in Node needs.

| shape | ${ours} p50 | ${peer} p50 | Node alone p50 | ${ours} p99 | ${peer} p99 | Node alone p99 |
|---|---:|---:|---:|---:|---:|---:|
${latencies.map(({ label, p50, p99 }) => `| ${label} | ${[...p50, ...p99].map(micro).join(' | ')} |`).join('\n')}
`
}

function memoryReport(memory) {
  return `
Resident memory per idle connection with one subscription, ${IDLE} connections, brokers fresh: ${memory.map(({ name, bytes }) => `${name} ${(bytes / 1024).toFixed(1)} KiB`).join(', ')}.
`
}

function micro(value) {
  return value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${Math.round(value)} µs`
}

function peerVersion() {
  try {
    return /version (\S+)/.exec(execFileSync('mosquitto', ['-h'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))?.[1] ?? ''
  } catch (error) {
    return /version (\S+)/.exec(error.stdout ?? '')?.[1] ?? ''
  }
}
