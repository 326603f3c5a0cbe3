// `zanzara bench` claims nothing that it has not measured: no rate out of one message, no success of a run that never began.

import { afterAll, beforeAll, expect, test } from 'vitest'

import { runBench } from '../../../src/cli/bench/bench.ts'
import type { BenchResult } from '../../../src/cli/bench/bench-result.ts'
import { type RunningBroker, startBroker } from '../../../src/server/start-broker.ts'
import { FakeTerminal } from '../support/fake-terminal.ts'
import { FaultyServer } from './faulty-server.ts'

const PLAIN = { stdout: false, stderr: false }

let broker: RunningBroker
let tcp: string[]
beforeAll(async () => {
  broker = await startBroker({ port: 0 })
  tcp = ['-h', '127.0.0.1', '-p', String(broker.port)]
})
afterAll(() => broker.close())

async function table(...argv: string[]): Promise<string> {
  const io = new FakeTerminal()
  await runBench(argv, io, PLAIN)
  return io.stdout.text
}

/** What stands in the column `per second`. */
function perSecond(text: string, line: string): string | undefined {
  return new RegExp(`^ {2}${line} +\\S+ +(\\S+)`, 'm').exec(text)?.[1]
}

test('a run of a given time that sends little is as slow as it is', async () => {
  const text = await table('pair', ...tcp, '-r', '2', '-d', '1.2')
  expect(text).toMatch(/All 3 messages arrived/)
  expect(Number(perSecond(text, 'sent'))).toBeGreaterThan(0)
  expect(Number(perSecond(text, 'sent'))).toBeLessThanOrEqual(2.5)
  expect(perSecond(text, 'received')).toBe(perSecond(text, 'sent'))
})

test.each([
  ['pair', 'sent'],
  ['pub', 'sent'],
])('%s: one message has no rate', async (mode, line) => {
  const argv = [mode, ...tcp, '-n', '1', ...(mode === 'pub' ? ['-t', 'a'] : [])]
  expect(perSecond(await table(...argv), line)).toBe('-')
  const io = new FakeTerminal()
  expect(await runBench([...argv, '--json'], io, PLAIN)).toBe(0)
  expect((JSON.parse(io.stdout.text) as BenchResult).messages).toMatchObject({ sent: 1, sentPerSecond: 0 })
})

test('ended before anybody was connected: no success, nothing arrived', async () => {
  const server = await FaultyServer.listen({ connack: () => null })
  const io = new FakeTerminal()
  const done = runBench(['pair', '-h', '127.0.0.1', '-p', server.port], io, PLAIN)
  setTimeout(() => io.signal('SIGINT'), 50)
  expect(await done).toBe(1)
  expect(io.stdout.text).toMatch(/Ended early\. NOT OK: no connection came about\.\n$/)
  await server.close()
})

test('nothing was sent: that is said, and not that all of it arrived', async () => {
  const io = new FakeTerminal()
  const { counters } = broker.broker
  const before = counters.subscriptions
  const done = runBench(['pair', ...tcp, '-c', '100', '-R', '5', '-d', '0'], io, PLAIN)
  const look = setInterval(() => {
    if (counters.subscriptions < before + 2) return // the first is ready when the second has come
    clearInterval(look)
    io.signal('SIGINT')
  }, 5)
  expect(await done).toBe(0)
  expect(io.stdout.text).toMatch(/Ended early\. Nothing was sent\.\n$/)
})

test('the heading can be typed again: fan --fan-in', async () => {
  expect(await table('fan', '--fan-in', ...tcp, '-c', '2', '-n', '1')).toMatch(/^zanzara bench fan --fan-in {2}QoS 0/)
})

test('a host that nobody knows', async () => {
  expect(await table('conn', '-h', 'nobody.invalid', '-c', '2')).toMatch(/2 failed: (Unknown host|The name server does not answer)\n/)
})

test('a topic that subscribers take for a shared subscription can measure nothing', async () => {
  const io = new FakeTerminal()
  expect(await runBench(['pair', ...tcp, '-t', '$share/group/x', '-n', '1'], io, PLAIN)).toBe(2)
  expect(io.stderr.text).toMatch(/^Error: -t \$share\/group\/x: a subscription to it is a shared one, to another topic\.\n/)
})
