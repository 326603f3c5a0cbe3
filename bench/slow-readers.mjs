// What slow subscribers cost the others: a healthy pair at 10,000 messages a second of 1 KiB, alone, beside one subscriber that never reads,
// and beside 1,000 that read 1 kB a second. Prints throughput, memory and the longest pause of the broker. Usage: npm run bench -- slow-readers [--json]

import { execFile, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encodePacket } from '../dist/wire/mqtt/encode.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'zanzara-slow-'))
const mqload = join(folder, 'mqload')
const run = promisify(execFile)
const SECONDS = 5

/** A subscriber of everything that reads `bytesPerSecond`, 0 = never. */
async function slowReader(port, number, bytesPerSecond) {
  const socket = connect({ port, host: '127.0.0.1', readableHighWaterMark: 1024 })
  await once(socket, 'connect')
  socket.on('error', () => {})
  const common = { version: 4, bridge: false, cleanStart: true, keepAlive: 0, will: null, userName: null, password: null, properties: {} }
  const request = { topicFilter: '#', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }
  socket.write(encodePacket({ type: 1, clientId: `slow-${number}`, ...common }, 4))
  socket.write(encodePacket({ type: 8, packetId: 1, subscriptions: [request], properties: {} }, 4))
  await once(socket, 'readable')
  socket.read(9) // CONNACK and SUBACK
  const timer = bytesPerSecond === 0 ? null : setInterval(() => socket.read(bytesPerSecond), 1000)
  return () => {
    clearInterval(timer)
    socket.destroy()
  }
}

async function scenario(label, readers, bytesPerSecond) {
  const child = fork(join(root, 'test/support/broker-process.mjs'), [JSON.stringify({ listeners: [{ host: '127.0.0.1', port: 0 }] })], {
    execArgv: ['--expose-gc'],
  })
  const [{ ports }] = await once(child, 'message')
  const [port] = ports
  const report = async () => {
    child.send('report')
    return (await once(child, 'message'))[0]
  }
  const stops = []
  for (let i = 0; i < readers; i++) stops.push(await slowReader(port, i, bytesPerSecond))
  const before = await report()
  const args = ['-p', port, '-b', child.pid, '-P', 1, '-S', 1, '-r', 10_000, '-s', 1024, '-d', SECONDS, '-W', 1].map(String)
  const load = JSON.parse((await run(mqload, args).catch((error) => ({ stdout: error.stdout }))).stdout)
  const after = await report()
  for (const stop of stops) stop()
  child.send('stop')
  await once(child, 'exit')
  return {
    label,
    ok: load.ok,
    received: load.recv_per_s,
    p99: load.lat_us.p99,
    rssGrowth: after.rss - before.rss,
    pauseMs: after.longestPauseMs,
    dropped: after.dropped,
  }
}

try {
  execFileSync('cc', ['-O2', '-o', mqload, join(root, 'bench/mqload.c')])
  const rows = [
    await scenario('alone', 0, 0),
    await scenario('one subscriber that never reads', 1, 0),
    await scenario('1,000 subscribers that read 1 kB/s', 1000, 1000),
  ]
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2))
  else {
    console.log(`${'beside the healthy pair'.padEnd(38)}   msg/s  of alone  p99 ms  memory MiB  longest pause ms  dropped`)
    for (const { label, received, p99, rssGrowth, pauseMs, dropped } of rows) {
      const share = `${((received / rows[0].received) * 100).toFixed(0)} %`
      console.log(
        `${label.padEnd(38)} ${String(received).padStart(7)} ${share.padStart(9)} ${(p99 / 1000).toFixed(2).padStart(7)} ${(rssGrowth / 1048576).toFixed(1).padStart(11)} ${pauseMs.toFixed(0).padStart(17)} ${String(dropped).padStart(8)}`,
      )
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
