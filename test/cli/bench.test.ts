// `zanzara bench` against our own broker: every mode, QoS, version and transport; what is printed; what is refused.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { runBench } from '../../src/cli/bench/bench.ts'
import type { BenchResult } from '../../src/cli/bench/bench-result.ts'
import { type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const certificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))
const pem = (name: string): Buffer => readFileSync(certificate(name))

let broker: RunningBroker
let folder: string
let tcp: string[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-bench-'))
  broker = await startBroker({
    listeners: [
      { port: 0 },
      { port: 0, transport: 'ws' },
      { port: 0, transport: 'tls', tls: { cert: pem('server.crt'), key: pem('server.key') } },
      { transport: 'unix', path: join(folder, 'socket') },
      { port: 0, transport: 'wss', tls: { cert: pem('server.crt'), key: pem('server.key') } },
    ],
  })
  tcp = ['-h', '127.0.0.1', '-p', String(broker.port)]
})
afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

const PLAIN = { stdout: false, stderr: false }

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = new FakeTerminal()
  const code = await runBench(argv, io, PLAIN)
  expect(io.listensToSignals).toBe(false)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

async function json(...argv: string[]): Promise<BenchResult> {
  const { code, out, err } = await run(...argv, '--json')
  expect(err).toBe('')
  expect(out).toMatch(/^\{.*\}\n$/)
  const result = JSON.parse(out) as BenchResult
  expect(code, out).toBe(result.ok ? 0 : 1)
  return result
}

const shapes = ['0', '1', '2'].flatMap((qos) => ['31', '311', '5'].map((version) => [qos, version] as const))

test.each(shapes)('pair: QoS %s, version %s: everything arrives, once and in order', async (qos, version) => {
  const result = await json('pair', ...tcp, '-c', '3', '-n', '2000', '-q', qos, '-V', version)
  expect(result.ok).toBe(true)
  expect(result.connections).toMatchObject({ wanted: 6, connected: 6, failed: 0, broken: 0 })
  expect(result.messages).toMatchObject({ sent: 6000, expected: 6000, received: 6000, lost: 0, repeated: 0, foreign: 0, acknowledged: qos === '0' ? 0 : 6000 })
  expect(result.latency.endToEnd).toMatchObject({ count: 6000 })
  expect(result.latency.acknowledgement?.count ?? 0).toBe(qos === '0' ? 0 : 6000)
})

test.each(shapes)('fan: QoS %s, version %s: everything arrives at everyone', async (qos, version) => {
  const result = await json('fan', ...tcp, '-c', '5', '-n', '1000', '-q', qos, '-V', version, '-s', '200')
  expect(result.ok).toBe(true)
  expect(result.messages).toMatchObject({ sent: 1000, expected: 5000, received: 5000, lost: 0, repeated: 0 })
})

test.each(shapes)('fan-in: QoS %s, version %s: everything of everyone arrives', async (qos, version) => {
  const result = await json('fan', '--fan-in', ...tcp, '-c', '5', '-n', '1000', '-q', qos, '-V', version)
  expect(result.mode).toBe('fan-in')
  expect(result.ok).toBe(true)
  expect(result.messages).toMatchObject({ sent: 5000, expected: 5000, received: 5000, lost: 0, repeated: 0 })
})

test.each([
  ['WebSocket', () => ['-h', '127.0.0.1', '--ws', '-p', String(broker.ports[1])], 'ws'],
  ['TLS', () => ['-p', String(broker.ports[2]), '--cafile', certificate('ca.crt')], 'tls'],
  ['TLS unchecked', () => ['-h', '127.0.0.1', '-p', String(broker.ports[2]), '--insecure'], 'tls'],
  ['a Unix socket', () => ['--unix', join(folder, 'socket')], 'unix'],
  ['WebSocket over TLS', () => ['-h', '127.0.0.1', '--ws', '-p', String(broker.ports[4]), '--cafile', certificate('ca.crt')], 'wss'],
])('over %s', async (_name, where, transport) => {
  const result = await json('pair', ...where(), '-c', '2', '-n', '3000', '-q', '1')
  expect(result.target.split(' ')[0]).toBe(transport)
  expect(result.ok).toBe(true)
  expect(result.messages).toMatchObject({ received: 6000, lost: 0 })
})

test('what a server of MQTT 5 announces is kept to, or said', async () => {
  await using strict = await startBroker({ port: 0, limits: { receiveMaximum: 3, receiveMaximumEnforced: 3, maximumQos: 1, maximumPacketSize: 1000 } })
  const where = ['-h', '127.0.0.1', '-p', String(strict.port), '-V', '5']
  const kept = await json('pair', ...where, '-q', '1', '-n', '500')
  expect(kept.ok).toBe(true)
  expect(kept.messages).toMatchObject({ acknowledged: 500, received: 500 })
  const qos = await json('pub', ...where, '-t', 'a', '-q', '2', '-n', '5')
  expect(qos.connections).toMatchObject({ failed: 1, broken: 0, failures: { 'the server takes QoS 1 at most': 1 } })
  const size = await json('pub', ...where, '-t', 'a', '-s', '1000', '-n', '5')
  expect(size.connections).toMatchObject({ failed: 1, broken: 0, failures: { 'the server takes packets of 1000 bytes at most': 1 } })
})

test('packets larger than any buffer', async () => {
  const result = await json('pair', ...tcp, '-n', '20', '-s', '300000', '-q', '1')
  expect(result.ok).toBe(true)
  expect(result.messages).toMatchObject({ received: 20, lost: 0, size: 300_000 })
})

test('topics of fan-in by publisher: the subscriber takes them all, more than fit in one SUBSCRIBE', async () => {
  const result = await json('fan', '--fan-in', ...tcp, '-c', '130', '-n', '5', '-t', 'many/%i/here')
  expect(result.messages).toMatchObject({ expected: 650, received: 650, lost: 0 })
})

test('pub and sub meet: %i is the number of the client', async () => {
  const listening = new FakeTerminal()
  const sub = runBench(['sub', ...tcp, '-c', '2', '-t', 'lab/%i', '-q', '1', '-n', '40', '--json'], listening, PLAIN)
  await eventually(() => broker.broker.counters.subscriptions >= 2)
  const sent = await json('pub', ...tcp, '-c', '2', '-t', 'lab/%i', '-q', '1', '-n', '20', '-s', '0')
  expect(sent.messages).toMatchObject({ sent: 40, acknowledged: 40, received: 0, size: 0, expected: null })
  expect(await sub).toBe(0)
  const got = JSON.parse(listening.stdout.text) as BenchResult
  expect(got.messages).toMatchObject({ received: 40, sent: 0, lost: 0, size: null })
})

test('pub --retain leaves the last message with the broker', async () => {
  await json('pub', ...tcp, '-t', 'kept/%i', '-c', '3', '-n', '2', '--retain', '-q', '1')
  const result = await json('sub', ...tcp, '-t', 'kept/+', '-n', '3')
  expect(result.messages?.received).toBe(3)
})

test('conn: connections are made at a rate and held', async () => {
  const result = await json('conn', ...tcp, '-c', '20', '-R', '200', '-d', '0.1')
  expect(result.messages).toBe(null)
  expect(result.connections).toMatchObject({ wanted: 20, connected: 20, failed: 0, broken: 0 })
  expect(result.connections.seconds).toBeGreaterThanOrEqual(19 / 200)
  expect(result.latency.connect?.count).toBe(20)
})

test('-r: so many per second of all publishers together', async () => {
  const result = await json('pair', ...tcp, '-c', '4', '-r', '1000', '-d', '0.5')
  const { sent, seconds } = result.messages!
  expect(seconds).toBeGreaterThanOrEqual(0.48)
  expect(sent).toBeGreaterThanOrEqual(480)
  expect(sent).toBeLessThanOrEqual(1000 * seconds + 20) // on a slow machine it takes longer
  expect(result.messages!.received).toBe(result.messages!.sent)
})

test('-I: each publisher its own', async () => {
  const result = await json('pair', ...tcp, '-c', '5', '-I', '10', '-n', '11')
  expect(result.messages).toMatchObject({ sent: 55, received: 55, lost: 0 })
  expect(result.messages!.seconds).toBeGreaterThanOrEqual(0.1)
})

test('a user name, a password and a Keep Alive that is used', async () => {
  const result = await json('conn', ...tcp, '-c', '2', '-u', 'ann', '-P', 'secret', '-k', '1', '-d', '1.8')
  expect(result.connections).toMatchObject({ connected: 2, broken: 0 })
})

test('the JSON object', async () => {
  const result = await json('fan', ...tcp, '-c', '2', '-n', '10', '-V', '5', '-q', '1')
  const latency = {
    count: expect.any(Number),
    min: expect.any(Number),
    mean: expect.any(Number),
    p50: expect.any(Number),
    p90: expect.any(Number),
    p99: expect.any(Number),
    p999: expect.any(Number),
    max: expect.any(Number),
  }
  expect(result).toEqual({
    mode: 'fan',
    target: `tcp 127.0.0.1:${broker.port}`,
    version: '5.0',
    connections: { wanted: 3, connected: 3, failed: 0, broken: 0, seconds: expect.any(Number), perSecond: expect.any(Number), failures: {}, breaks: {} },
    messages: {
      qos: 1,
      size: 64,
      seconds: expect.any(Number),
      sent: 10,
      sentPerSecond: expect.any(Number),
      sentBytes: expect.any(Number),
      acknowledged: 10,
      unacknowledged: 0,
      refused: 0,
      expected: 20,
      received: 20,
      receivedPerSecond: expect.any(Number),
      receivedBytes: expect.any(Number),
      lost: 0,
      repeated: 0,
      foreign: 0,
    },
    latency: { connect: latency, endToEnd: latency, acknowledgement: latency },
    interrupted: false,
    ok: true,
  })
})

test('the table is aligned', async () => {
  const { code, out } = await run('pair', ...tcp, '-n', '1000', '-q', '1')
  expect(code).toBe(0)
  const lines = out.split('\n')
  expect(lines[0]).toBe(`zanzara bench pair  QoS 1, 64 B, MQTT 3.1.1, tcp 127.0.0.1:${broker.port}`)
  expect(lines.at(-2)).toBe('  All 1,000 messages arrived, once and in order.')
  const numbers = lines
    .slice(lines.findIndex((line) => line.startsWith('  Messages')) + 1)
    .filter((line) => /^ {2}(sent|acknowledged|received|lost|repeated) +[\d,]+/.test(line) && !line.includes('ms'))
  expect(numbers.map((line) => /^ {2}\S+ +([\d,]+)/.exec(line)![0].length)).toEqual(Array(5).fill(30))
  const times = lines.filter((line) => / ms$/.test(line))
  expect(times).toHaveLength(3)
  expect(new Set(times.map((line) => line.length)).size).toBe(1)
  expect(out).not.toContain('\x1b')
})

test('on a terminal a line tells every second how it goes, and leaves', async () => {
  const io = new FakeTerminal()
  const code = await runBench(['pair', ...tcp, '-d', '1.2', '-r', '500'], io, { stdout: true, stderr: true })
  expect(code).toBe(0)
  expect(io.stderr.text).toMatch(/^\r\x1b\[2K\x1b\[\?7l {3}1 s .*running.* sent \S*\d+\S*\/s {2}received .*p50 .* ms {2}p99 .* ms\x1b\[\?7h\r\x1b\[2K$/)
  expect(io.stdout.text).toContain('\x1b[1m')
})

test('Ctrl-C ends early with the result so far', async () => {
  const io = new FakeTerminal()
  const before = broker.broker.counters.publishesReceived
  const done = runBench(['pair', ...tcp, '-d', '0', '--json'], io, PLAIN)
  await eventually(() => broker.broker.counters.publishesReceived > before)
  io.signal('SIGINT')
  expect(await done).toBe(0)
  const result = JSON.parse(io.stdout.text) as BenchResult
  expect(result).toMatchObject({ interrupted: true, ok: true })
  expect(result.messages!.sent).toBeGreaterThan(0)
  expect(result.messages!.received).toBe(result.messages!.sent)
})

test.each([
  [[], /^Error: Say what to measure: conn, pub, sub, pair, fan\.\n\nUse 'zanzara bench --help'/],
  [['pear'], /There is no 'bench pear'\. Did you mean: zanzara bench pair/],
  [['pub'], /bench pub needs a topic: -t lab\/%i\./],
  [['sub'], /bench sub needs a topic: -t lab\/#\./],
  [['pub', '-t', 'a/#'], /-t a\/#: not a valid Topic Name\./],
  [['sub', '-t', 'a#'], /-t a#: not a valid Topic Filter\./],
  [['pair', '-c', '2', '-t', 'a'], /-t a: pairs have topics of their own; put %i/],
  [['pair', '-s', '15'], /-s 15: bench pair needs 16 bytes/],
  [['pair', '-r', '5', '-I', '5'], /-r and -I both set the pace/],
  [['pair', '-q', '3'], /-q 3: a whole number from 0 to 2 is needed\./],
  [['pair', '-c', '0'], /-c 0: a whole number from 1 to 1000000 is needed\./],
  [['pair', '-d', '-1'], /-d -1: a number from 0 to 2000000 is needed\./],
  [['pair', '-V', '4'], /-V 4: the version is 31, 311 or 5\./],
  [['pair', '-n'], /-n needs a value: N\./],
  [['pair', '--windo', '5'], /Unknown option '--windo'\. Did you mean --window\?/],
  [['pair', '--fan-in'], /--fan-in means nothing to bench pair: it belongs to fan\./],
  [['conn', '-t', 'a'], /-t means nothing to bench conn/],
  [['pair', '--json=1'], /--json takes no value\./],
  [['pair', '--cert', 'x'], /--cert and --key belong together/],
  [['pair', '--unix', 'x', '--ws'], /--unix goes without TLS and --ws\./],
  [['pair', '-P', 'x'], /-P needs -u before MQTT 5\./],
  [['pair', '--cafile', '/none'], /--cafile \/none: No such file or directory\./],
])('%j is refused with 2', async (argv, message) => {
  const { code, out, err } = await run(...argv)
  expect(err).toMatch(message)
  expect(out).toBe('')
  expect(code).toBe(2)
})

test.each([[['--help']], [['pair', '--help']]])('%j explains', async (argv) => {
  const { code, out, err } = await run(...argv)
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^zanzara bench measures a broker.*Usage: zanzara bench conn\|pub\|sub\|pair\|fan/s)
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(160)
})

async function eventually(isTrue: () => boolean): Promise<void> {
  for (const until = performance.now() + 30_000; !isTrue(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (performance.now() > until) throw new Error('it did not happen')
}
