// startBroker: sockets, clock and timer around the broker, as a program that embeds it sees them.
// Clients are MQTT.js; every listener is on a port that the system chooses.

import { type EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, connect as connectMqtt, type IClientOptions, type IConnackPacket, MqttClient } from 'mqtt'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeScramVerifier } from '../../src/auth/scram-verifier.ts'
import { StaticUsers } from '../../src/auth/static-users.ts'
import type { Log } from '../../src/base/log.ts'
import type { ListenError } from '../../src/server/listen-error.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'
import { unusedPort } from '../support/built.ts'

const certificate = (name: string): Buffer => readFileSync(new URL(`../net/certificates/${name}`, import.meta.url))

async function start(options: StartBrokerOptions = { port: 0 }): Promise<RunningBroker> {
  const running = await startBroker(options)
  onTestFinished(() => running.close())
  return running
}

/** What comes with the next event of this kind. */
function next(of: MqttClient, event: string): Promise<unknown[]> {
  return once(of as unknown as EventEmitter, event)
}

async function client(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const connected = await connectAsync(url, { reconnectPeriod: 0, ...options })
  connected.on('error', () => {})
  onTestFinished(() => void connected.end(true))
  return connected
}

function unconnected(url: string, options: IClientOptions): MqttClient {
  const connecting = connectMqtt(url, { reconnectPeriod: 0, ...options })
  onTestFinished(() => void connecting.end(true))
  return connecting
}

async function unixClient(path: string): Promise<MqttClient> {
  const connecting = new MqttClient(() => connect({ path }), { reconnectPeriod: 0 })
  onTestFinished(() => void connecting.end(true))
  await next(connecting, 'connect')
  return connecting
}

/** Sends a message to itself through the broker. */
async function echo(of: MqttClient): Promise<string> {
  await of.subscribeAsync('echo/#', { qos: 1 })
  const arrived = next(of, 'message') as Promise<[string, Buffer]>
  await of.publishAsync('echo/a', 'hello', { qos: 1 })
  const [topicName, payload] = await arrived
  return `${topicName} ${payload.toString()}`
}

function recorder(): { log: Log; lines: string[] } {
  const lines: string[] = []
  return { lines, log: { write: (_type, line) => void lines.push(line) } }
}

test("port 0: one port of the system's choice, on 127.0.0.1 and ::1", async () => {
  const running = await start()
  expect(running.url).toBe(`mqtt://127.0.0.1:${running.port}`)
  expect(running.ports).toEqual([running.port])
  expect(await echo(await client(running.url))).toBe('echo/a hello')
  if (hasIpv6) expect(await echo(await client(`mqtt://[::1]:${running.port}`))).toBe('echo/a hello')
})

test('every transport at once, one topic space', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  const path = join(folder, 'broker.sock')
  const tls = { key: certificate('server.key'), cert: certificate('server.crt') }
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const running = await start({
    listeners: [
      { port: 0, host: '127.0.0.1' },
      { transport: 'ws', port: 0, host: '127.0.0.1', websocket: { paths: ['/mqtt'] } },
      { transport: 'tls', port: 0, host: '127.0.0.1', tls },
      { transport: 'wss', port: 0, host: '127.0.0.1', tls },
      { transport: 'unix', path },
    ],
  })
  const [tcp, ws, secure, wss, unix] = running.ports
  const ca = certificate('ca.crt')
  expect(unix).toBe(0)
  const watcher = await client(`mqtt://127.0.0.1:${tcp}`)
  const heard: string[] = []
  await watcher.subscribeAsync('from/+')
  watcher.on('message', (topicName) => void heard.push(topicName))
  for (const [name, url, options] of [
    ['ws', `ws://127.0.0.1:${ws}/mqtt`, {}],
    ['tls', `mqtts://localhost:${secure}`, { ca }],
    ['wss', `wss://localhost:${wss}/any/path`, { ca }],
    ['unix', '', {}],
  ] as const) {
    const one = name === 'unix' ? await unixClient(path) : await client(url, options as IClientOptions)
    const arrived = next(watcher, 'message')
    expect(await echo(one), name).toBe('echo/a hello')
    await one.publishAsync(`from/${name}`, '')
    await arrived
  }
  expect(heard).toEqual(['from/ws', 'from/tls', 'from/wss', 'from/unix'])
})

test('close: clients of MQTT 5 hear 0x8B, no wills go out, the port is free, a second call does no harm', async () => {
  const { lines, log } = recorder()
  const running = await start({ port: 0, log, verbose: true })
  const five = await client(running.url, { protocolVersion: 5, clientId: 'five', will: { topic: 'will', payload: Buffer.from('x') } })
  const four = await client(running.url, { clientId: 'four' })
  await four.subscribeAsync('#')
  const told = next(five, 'disconnect') as Promise<[{ reasonCode: number }]>
  const gone = next(four, 'close')
  let wills = 0
  four.on('message', () => void wills++)
  await Promise.all([running.close(), running.close()])
  expect((await told)[0].reasonCode).toBe(0x8b)
  await gone
  expect(wills).toBe(0)
  expect(running.connections).toBe(0)
  expect(lines).toContain('Sending DISCONNECT to five (rc139)')
  const again = await start({ port: running.port })
  expect(again.port).toBe(running.port)
})

test('close does not wait for a client that will not read', async () => {
  const running = await start({ listeners: [{ port: 0, host: '127.0.0.1' }] })
  const deaf = connect({ port: running.port, host: '127.0.0.1', allowHalfOpen: true }) // never reads, never ends
  onTestFinished(() => void deaf.destroy())
  deaf.on('error', () => {}).write(Buffer.from('101000044d5154540402003c000464656166', 'hex'))
  await expect.poll(() => running.broker.counters.connectsReceived, { timeout: 30_000, interval: 5 }).toBe(1)
  const begin = performance.now()
  await running.close()
  expect(performance.now() - begin).toBeGreaterThan(500) // it had its chance
  expect(running.connections).toBe(0)
})

test('a listener that cannot listen: one sentence, and nothing is left running', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const probe = await start({ port: 0 })
  const free = probe.port
  await probe.close()
  const failed = startBroker({ listeners: [{ port: free }, { port }] })
  await expect(failed).rejects.toThrow(
    `Address already in use: port ${port} of 127.0.0.1 is taken, probably by another broker such as mosquitto; stop it or choose another port.`,
  )
  const error = (await failed.catch((thrown: unknown) => thrown)) as ListenError
  expect(error.sentence('-p')).toMatch(/choose another port with -p\.$/)
  expect(error).toMatchObject({ name: 'ListenError', code: 'EADDRINUSE', place: { port } })
  await start({ port: free })
})

test.each<[string, StartBrokerOptions, RegExp]>([
  [
    'an address of somebody else',
    { listeners: [{ port: 0, host: '192.0.2.1' }] },
    /Cannot assign requested address: 192\.0\.2\.1 is not one of this machine's/,
  ],
  ['a folder that does not exist', { listeners: [{ transport: 'unix', path: '/nonexistent/x.sock' }] }, /Cannot listen on the socket \/nonexistent\/x\.sock/],
  [
    'a broken certificate',
    { listeners: [{ transport: 'tls', port: 0, host: '127.0.0.1', tls: { key: 'x', cert: 'y' } }] },
    /Cannot listen on port 0 of 127\.0\.0\.1: /,
  ],
])('%s is refused', async (_what, options, sentence) => {
  await expect(startBroker(options)).rejects.toThrow(sentence)
})

test('limits, authenticator and connection limit reach the broker', async () => {
  const users = new StaticUsers({ users: [{ userName: 'alice', verifier: makeScramVerifier('secret', { iterations: 4096 })! }], allowAnonymous: false })
  const running = await start({ listeners: [{ port: 0, host: '127.0.0.1', maximumConnections: 1 }], authenticator: users, limits: { maximumPacketSize: 1234 } })
  await expect(client(running.url)).rejects.toThrow(/[Nn]ot authorized/)
  await expectNoConnections(running)
  await expect(client(running.url, { username: 'alice', password: 'wrong' })).rejects.toThrow(/[Nn]ot authorized/)
  await expectNoConnections(running)
  const alice = unconnected(running.url, { username: 'alice', password: 'secret', protocolVersion: 5 })
  const [connack] = (await next(alice, 'connect')) as [IConnackPacket]
  expect(connack.properties?.maximumPacketSize).toBe(1234)
  const second = connect({ port: running.port, host: '127.0.0.1' })
    .on('error', () => {})
    .resume()
  await once(second, 'close')
  expect(await echo(alice)).toBe('echo/a hello')
})

test('the log names openings and, when verbose, packets', async () => {
  const { lines, log } = recorder()
  const running = await start({ listeners: [{ port: 0, host: '127.0.0.1' }], log, verbose: true })
  const one = await client(running.url, { clientId: 'X', keepalive: 7 })
  await one.publishAsync('a', 'four', { qos: 1 })
  await one.endAsync()
  await expectNoConnections(running)
  const text = lines.map((line) => line.replace(/127\.0\.0\.1:\d+/g, 'IP:PORT').replace(/m\d{2,}/, 'm1'))
  expect(text).toEqual([
    `New connection from IP:PORT on port ${running.port}.`,
    'New client connected from IP:PORT as X (p4, c1, k7).',
    'No will message specified.',
    'Sending CONNACK to X (0, 0)',
    "Received PUBLISH from X (d0, q1, r0, m1, 'a', ... (4 bytes))",
    expect.stringMatching(/^Sending PUBACK to X \(m\d+, rc0\)$/),
    'Received DISCONNECT from X',
    'Client X [IP:PORT] disconnected.',
  ])
  const quiet = recorder()
  const silent = await start({ listeners: [{ port: 0, host: '127.0.0.1' }], log: quiet.log, connectionMessages: false })
  await (await client(silent.url)).endAsync()
  await expectNoConnections(silent)
  expect(quiet.lines.filter((line) => /connect/i.test(line))).toEqual([])
})

test('deadlines run by themselves: Keep Alive ends a silent client', async () => {
  const { lines, log } = recorder()
  const running = await start({ listeners: [{ port: 0, host: '127.0.0.1' }], log })
  const silent = await client(running.url, { clientId: 'silent', keepalive: 1, reschedulePings: false })
  silent.removeAllListeners('packetsend')
  ;(silent as unknown as { keepaliveManager: { destroy(): void } | null }).keepaliveManager?.destroy()
  await next(silent, 'close')
  expect(lines.some((line) => /^Client silent \[.*\] disconnected: exceeded timeout\.$/.test(line))).toBe(true)
})

test('await using closes it', async () => {
  let port = 0
  {
    await using running = await startBroker({ port: 0 })
    port = running.port
  }
  await expect(client(`mqtt://127.0.0.1:${port}`)).rejects.toThrow(/ECONNREFUSED/)
})

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const probe = createServer().once('error', () => resolve(false))
  probe.listen(0, '::1', () => probe.close(() => resolve(true)))
})

async function expectNoConnections(running: RunningBroker): Promise<void> {
  await expect.poll(() => running.connections, { timeout: 30_000, interval: 5 }).toBe(0)
}

test('all listeners begin to listen in one turn of the event loop, also those whose code and keys take long to load', async () => {
  const tls = { key: certificate('server.key'), cert: certificate('server.crt') }
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  let turn = 0
  let isOver = false
  const next = (): void => {
    turn++
    if (!isOver) setImmediate(next)
  }
  const turns: number[] = []
  const original = Server.prototype.listen
  const listen = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: unknown[]) {
    turns.push(turn)
    return Reflect.apply(original, this, args) as Server
  })
  next()
  await start({
    listeners: [
      { port: 0 },
      { transport: 'tls', port: 0, tls },
      { transport: 'wss', port: 0, tls },
      { transport: 'ws', port: 0 },
      { transport: 'unix', path: join(folder, 'broker.sock') },
    ],
  }).finally(() => {
    isOver = true
    listen.mockRestore()
  })
  expect(turns.length).toBeGreaterThanOrEqual(hasIpv6 ? 9 : 5)
  expect(turns.at(-1)! - turns[0]!).toBeLessThanOrEqual(1)
})

test('of several listeners that cannot listen the first is named; those after it leave no line, and nothing stays open', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const { lines, log } = recorder()
  const free = await unusedPort()
  const host = '127.0.0.1'
  const failed = startBroker({
    log,
    listeners: [
      { port: free, host },
      { port, host },
      { transport: 'tls', port: 0, tls: { key: 'x', cert: 'x' } },
    ],
  })
  await expect(failed).rejects.toMatchObject({
    name: 'ListenError',
    place: { host, port, transport: 'tcp', path: null },
    code: 'EADDRINUSE',
  } satisfies Partial<ListenError>)
  expect(lines.filter((line) => line.startsWith('Opening'))).toEqual([free, port].map((one) => `Opening ipv4 listen socket on port ${one}.`))
  const again = await start({ listeners: [{ port: free, host }] })
  expect(again.port).toBe(free)
})
