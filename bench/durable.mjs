// What it costs to lose nothing: QoS 1 and 2 through lasting sessions, stored before they are acknowledged, beside Mosquitto which stores nothing,
// all taking turns in one run; then how long a start takes that finds a million messages.
// Usage: npm run bench -- durable [--rounds N] [--seconds S] [--messages N] [--only load|recovery]. Prints tables for docs/durability.md.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Store } from '../dist/store/store.js'
import { encodePacket } from '../dist/wire/mqtt/encode.js'
import { compileLoad, endBroker, freePort, median, root, runLoad, short, startBroker } from './support/brokers.mjs'

/** Label, program, what its configuration says of persistence. The first of Mosquitto is what the others are compared with. */
const CONTESTANTS = /** @type {const} */ ([
  ['Zanzara, in memory', 'zanzara', []],
  ['Zanzara, `persistence_sync write`', 'zanzara', ['persistence true', 'persistence_location FOLDER', 'persistence_sync write']],
  ['Zanzara, `persistence_sync commit`', 'zanzara', ['persistence true', 'persistence_location FOLDER', 'persistence_sync commit']],
  ['Mosquitto, in memory', 'mosquitto', []],
  ['Mosquitto, `persistence true`', 'mosquitto', ['persistence true', 'persistence_location FOLDER/']],
  ['Mosquitto, saving at each change', 'mosquitto', ['persistence true', 'persistence_location FOLDER/', 'autosave_on_changes true', 'autosave_interval 1']],
])
const BASELINE = 'Mosquitto, in memory'
const LIMITS = ['allow_anonymous true', 'max_queued_messages 0', 'max_queued_bytes 0', 'max_inflight_messages 0']

/** Label, mqload's arguments: sessions last, so that everything is stored. */
const SHAPES = /** @type {const} */ ([
  ['QoS 1, 10 → 10', '-q 1 -P 10 -S 10 -c 0'],
  ['QoS 2, 10 → 10', '-q 2 -P 10 -S 10 -c 0'],
  ['QoS 1, 1 → 1, one message at a time', '-q 1 -P 1 -S 1 -c 0 -w 1 -m 1'],
])

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    messages: { type: 'string', default: '1000000' },
    only: { type: 'string', default: '' },
  },
})
const [rounds, seconds, messages] = [Number(options.rounds), Number(options.seconds), Number(options.messages)]
const folder = mkdtempSync(join(tmpdir(), 'zanzara-durable-'))
/** @type {import('./support/brokers.mjs').MeasuredBroker[]} */
const running = []

// Ctrl-C leaves nothing behind
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const { child } of running) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    process.exit(1)
  })
}

try {
  if (options.only !== 'recovery') await measureLoad()
  if (options.only !== 'load') await measureRecovery()
} finally {
  for (const broker of running) await endBroker(broker, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

/**
 * @param {string} name
 * @param {'zanzara' | 'mosquitto'} program
 * @param {readonly string[]} lines
 * @param {string} place where FOLDER is
 */
async function start(name, program, lines, place) {
  const port = await freePort()
  const file = join(place, 'broker.conf')
  const text = [`listener ${port} 127.0.0.1`, ...LIMITS, `user ${process.getuid?.() === 0 ? 'root' : 'mosquitto'}`, ...lines].join('\n')
  writeFileSync(file, `${text.replaceAll('FOLDER', place)}\n`)
  const [command, ...args] = program === 'mosquitto' ? ['mosquitto'] : [process.execPath, join(root, 'bin/zanzara.js'), 'broker']
  const broker = await startBroker(name, port, command, [...args, '-c', file])
  running.push(broker)
  return broker
}

async function measureLoad() {
  const mqload = compileLoad(folder)
  const brokers = []
  for (const [name, program, lines] of CONTESTANTS) {
    const place = mkdtempSync(join(folder, 'broker-'))
    brokers.push(await start(name, program, lines, place))
  }
  let runs = 0
  const text = [
    `Deliveries a second, and per CPU-second of the broker: medians of ${rounds} rounds of ${seconds} s, 64-byte payloads, all sessions last;`,
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}). \`npm run bench -- durable\`.`,
    '',
  ]
  for (const [label, shape] of SHAPES) {
    const results = brokers.map(() => /** @type {any[]} */ ([]))
    for (let round = 0; round < rounds; round++)
      for (const [i, { port, child }] of brokers.entries()) {
        const name = `d${++runs}`
        const args = ['-p', port, '-b', child.pid ?? 0, '-t', `${name}/`, '-i', `${name}-`, '-d', seconds, '-W', 0.5, ...shape.split(' ')]
        results[i]?.push(await runLoad(mqload, args))
      }
    const rates = results.map((list) => median(list.map(({ recv_per_s: rate }) => rate ?? 0)))
    const perCpu = results.map((list) => median(list.map(({ broker }) => broker?.recv_per_cpu_s ?? 0)))
    const baseline = brokers.findIndex(({ name }) => name === BASELINE)
    text.push(`| ${label} | a second | per CPU-second | of Mosquitto in memory | lossless |`, '|---|---:|---:|---:|---|')
    for (const [i, { name }] of brokers.entries()) {
      const ratio = `${((rates[i] ?? 0) / (rates[baseline] ?? 1)).toFixed(1)} ×`
      const faults = (results[i] ?? []).filter(({ ok }) => !ok)
      if (faults.length > 0) process.exitCode = 1
      text.push(
        `| ${name} | ${short(rates[i] ?? 0)} | ${short(perCpu[i] ?? 0)} | ${ratio} | ${faults.length === 0 ? 'yes' : `no: ${faults[0].error ?? 'incomplete'}`} |`,
      )
    }
    text.push('')
  }
  process.stdout.write(`${text.join('\n')}\n`)
  for (const broker of running.splice(0)) await endBroker(broker)
}

/** A store with `messages` waiting for ten sessions, each a record of its own, as they come from many slow publishers; then a broker that starts on it. */
async function measureRecovery() {
  const place = mkdtempSync(join(folder, 'recovery-'))
  mkdirSync(join(place, 'zanzara'), { mode: 0o700 })
  const store = await Store.open(join(place, 'zanzara'))
  const sessions = Array.from({ length: 10 }, (_, i) => ({ session: store.newSession(), clientId: `keeper-${i}`, next: 1 }))
  for (const { session, clientId } of sessions)
    store.session({ session, clientId, userName: null, version: 5, expiryInterval: 0xffffffff, detachedAt: Date.now() })
  const publish = {
    type: /** @type {const} */ (3),
    payload: new Uint8Array(256),
    qos: /** @type {const} */ (1),
    retain: false,
    dup: false,
    packetId: 1,
    properties: {},
  }
  for (let i = 0; i < messages; i++) {
    const keeper = /** @type {(typeof sessions)[number]} */ (sessions[i % sessions.length])
    const bytes = encodePacket({ ...publish, topicName: `site/${i % 1000}/state` }, 5)
    const packets = {
      bytes,
      start: 0,
      end: bytes.length,
      version: 5,
      count: 1,
      arrivedAt: Date.now(),
      expiresAt: 0,
      clientId: `sensor-${i % 1000}`,
      userName: null,
    }
    const recipient = { session: keeper.session, from: 0, to: 1, first: keeper.next++, qos: /** @type {const} */ (1), retain: /** @type {const} */ (0) }
    store.message(packets, [{ ...recipient, received: false, identifiers: null }], null)
    if (i % 10_000 === 0) await store.journal.flush()
  }
  await store.close()
  const begun = performance.now()
  const broker = await start('Zanzara', 'zanzara', ['persistence true', `persistence_location ${place}`], place)
  const took = performance.now() - begun
  const status = readStatus(broker.child.pid ?? 0)
  process.stdout.write(
    `A start that finds ${messages.toLocaleString('en')} messages of 256 bytes waiting for ten sessions: listening after ${(took / 1000).toFixed(2)} s ` +
      `(goal 3 s), ${status.VmRSS} MiB resident then (goal 600 MiB), ${status.VmHWM} MiB at most.\n`,
  )
  await endBroker(broker)
}

/**
 * Memory of a process, MiB.
 * @param {number} pid
 */
function readStatus(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  /** @param {string} name */
  const of = (name) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024)
  return { VmRSS: of('VmRSS'), VmHWM: of('VmHWM') }
}
