// Random and mutated bytes at every listener while honest clients go on: nothing dies, memory comes back, nobody notices.
// Seeded; ZZ_HOSTILE_SECONDS says how long (3 unless given, 60 in CI).

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Packet, PacketType, type ProtocolVersion, type Qos } from '../../src/wire/mqtt/packet.ts'

const SECONDS = Number(process.env['ZZ_HOSTILE_SECONDS'] ?? 3)
const SEED = Number(process.env['ZZ_SEED'] ?? 20261122)
const ATTACKERS_PER_LISTENER = 12
const certificates = new URL('../net/certificates/', import.meta.url)
const pem = (name: string): string => readFileSync(new URL(name, certificates), 'utf8')

interface Report {
  readonly rss: number
  readonly held: number
  readonly connections: number
  readonly sessions: number
}

type Random = (below: number) => number

function seeded(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0
    return Math.floor((state / 4294967296) * below)
  }
}

async function reportOf(child: ChildProcess): Promise<Report> {
  child.send('report')
  const [report] = (await once(child, 'message')) as [Report]
  return report
}

/** What an ordinary client says, in one of the three versions. */
function conversation(random: Random): Uint8Array[] {
  const version = (3 + random(3)) as ProtocolVersion
  const id = `x${random(1000)}`
  const topic = ['a', 'a/b', '$SYS/x', 'deep/'.repeat(random(250))][random(4)]!.replace(/\/$/, '')
  const properties = version === 5 ? { userProperties: [['a', 'b']] as [string, string][] } : {}
  const packets: Packet[] = [
    {
      type: PacketType.Connect,
      version,
      bridge: false,
      cleanStart: true,
      keepAlive: random(3),
      clientId: id,
      will: random(4) === 0 ? { topicName: 'w', payload: new Uint8Array(9), qos: 1, retain: false, properties: {} } : null,
      userName: null,
      password: null,
      properties,
    },
    {
      type: PacketType.Subscribe,
      packetId: 1,
      subscriptions: [
        { topicFilter: ['a/#', '+/+', '$share/g/a', 'a'][random(4)]!, qos: random(3) as Qos, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: {},
    },
  ]
  for (let i = random(8); i > 0; i--) {
    const qos = random(3) as Qos
    packets.push({
      type: PacketType.Publish,
      topicName: topic === '' ? 'a' : topic,
      payload: new Uint8Array(random(2000)),
      qos,
      retain: false,
      dup: false,
      packetId: qos === 0 ? 0 : 1 + random(5),
      properties,
    })
    packets.push({ type: (4 + random(4)) as 4 | 5 | 6 | 7, packetId: 1 + random(5), reasonCode: 0, properties: {} })
  }
  packets.push({ type: PacketType.Unsubscribe, packetId: 2, topicFilters: ['a'], properties: {} }, { type: PacketType.Pingreq })
  return packets.map((packet) => encodePacket(packet, version))
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256))
}

/** Random bytes; a CONNECT and then random bytes; a conversation with bytes changed, cut out, repeated; a huge announced length. */
function attack(random: Random): Uint8Array {
  const said = conversation(random)
  switch (random(5)) {
    case 0:
      return randomBytes(random, 1 + random(300))
    case 1:
      return Buffer.concat([said[0]!, randomBytes(random, 1 + random(300))])
    case 2:
      return Buffer.concat([said[0]!, Uint8Array.of(0x30 + random(16), 0xff, 0xff, 0xff, 0x7f), randomBytes(random, random(5000))])
    default: {
      const bytes = Buffer.concat(said)
      for (let i = random(6); i > 0; i--) bytes[random(bytes.length)] = random(256)
      const cut = random(bytes.length)
      return random(3) === 0 ? Buffer.concat([bytes.subarray(0, cut), bytes.subarray(random(bytes.length))]) : bytes
    }
  }
}

/** Sends one attack in a few pieces, waits until the broker closes or a moment has passed, and is gone. */
async function assault(open: () => Socket | WebSocket, random: Random): Promise<void> {
  const bytes = attack(random)
  const cut = random(bytes.length)
  const peer = open()
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 30 + random(120))
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    peer.on('close', done)
    peer.on('error', done)
    if (peer instanceof WebSocket) {
      peer.on('open', () => {
        peer.send(bytes.subarray(0, cut))
        peer.send(random(20) === 0 ? 'text' : bytes.subarray(cut))
      })
    } else {
      peer.on('data', () => {})
      peer.write(bytes.subarray(0, cut))
      setImmediate(() => peer.write(bytes.subarray(cut)))
    }
  })
  peer.removeAllListeners()
  peer.on('error', () => {})
  if (peer instanceof WebSocket) peer.terminate()
  else peer.destroy()
}

test(`random and mutated bytes at every listener for ${SECONDS} s: nothing dies, memory comes back, other clients notice nothing`, {
  timeout: (SECONDS + 60) * 1000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-hostile-'))
  const path = join(folder, 'socket')
  const tls = { key: pem('server.key'), cert: pem('server.crt') }
  const listeners = [
    { host: '127.0.0.1', port: 0 },
    { transport: 'tls', host: '127.0.0.1', port: 0, tls },
    { transport: 'ws', host: '127.0.0.1', port: 0 },
    { transport: 'wss', host: '127.0.0.1', port: 0, tls },
    { transport: 'unix', path },
  ]
  const child = fork(new URL('../support/broker-process.mjs', import.meta.url), [JSON.stringify({ listeners })], { execArgv: ['--expose-gc'] })
  let died: number | string | null = null
  child.on('exit', (code, signal) => {
    died = signal ?? code
  })
  try {
    const [{ ports }] = (await once(child, 'message')) as [{ ports: number[] }]
    const [tcp, tlsPort, ws, wss] = ports as [number, number, number, number]
    const topic = `honest/${SEED}`
    const received: number[] = []
    const subscriber = await mqtt.connectAsync(`mqtt://127.0.0.1:${tcp}`, { protocolVersion: 5, reconnectPeriod: 0 })
    const publisher = await mqtt.connectAsync(`ws://127.0.0.1:${ws}/mqtt`, { reconnectPeriod: 0 })
    let interrupted = 0
    for (const client of [subscriber, publisher]) client.on('close', () => interrupted++)
    subscriber.on('message', (_topic, payload) => received.push(Number(payload.toString())))
    await subscriber.subscribeAsync(topic, { qos: 1 })

    const doors: (() => Socket | WebSocket)[] = [
      () => connectTcp(tcp, '127.0.0.1'),
      () => connectTcp(tlsPort, '127.0.0.1'),
      () => connectTcp(ws, '127.0.0.1'),
      () => connectTcp(path),
      () => connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false }),
      () => new WebSocket(`ws://127.0.0.1:${ws}/mqtt`, 'mqtt'),
      () => new WebSocket(`wss://127.0.0.1:${wss}/mqtt`, 'mqtt', { rejectUnauthorized: false }),
    ]
    let attacks = 0
    const storm = async (seconds: number): Promise<void> => {
      const end = performance.now() + seconds * 1000
      await Promise.all(
        doors.flatMap((door, d) =>
          Array.from({ length: ATTACKERS_PER_LISTENER }, async (_, a) => {
            const random = seeded(SEED + d * 100 + a)
            while (performance.now() < end && died === null) {
              await assault(door, random)
              attacks++
            }
          }),
        ),
      )
    }
    await storm(Math.min(5, SECONDS / 3)) // what grows once and stays, such as compiled code and pools, belongs to the baseline
    const before = await reportOf(child)
    let sent = 0
    let storming = true
    const honest = (async () => {
      for (; storming && died === null; sent++) await publisher.publishAsync(topic, String(sent), { qos: 1 })
    })()
    await storm(SECONDS)
    storming = false
    await honest
    expect(died).toBe(null)
    expect(interrupted).toBe(0)
    await expect.poll(() => received.length, { timeout: 5000 }).toBe(sent)
    expect(received).toEqual(Array.from({ length: sent }, (_, i) => i))
    await expect.poll(async () => (await reportOf(child)).connections, { timeout: 15_000, interval: 250 }).toBe(2)
    const after = await reportOf(child)
    console.log(
      `${attacks} attacks, ${sent} honest messages; MiB held ${mib(before.held)} → ${mib(after.held)}, resident ${mib(before.rss)} → ${mib(after.rss)}; sessions ${after.sessions}`,
    )
    expect(after.held - before.held).toBeLessThan(16 << 20)
    expect(after.rss - before.rss).toBeLessThan(64 << 20)
    await Promise.all([subscriber.endAsync(), publisher.endAsync()])
  } finally {
    child.send('stop', () => {})
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    if (died === null) await once(child, 'exit')
    clearTimeout(timer)
    rmSync(folder, { recursive: true, force: true })
  }
})

function mib(bytes: number): string {
  return (bytes / 1048576).toFixed(1)
}
