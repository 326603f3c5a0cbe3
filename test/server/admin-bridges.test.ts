// Bridges as the admin API and /metrics tell of them: two brokers over sockets, the near one with the console's door open.
// What a bridge knows of itself is in test/bridge; no answer may hold what it logs in with.

import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import type { BridgeSettings } from '../../src/bridge/bridge-settings.ts'
import { type BrokerBridge, type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'
import { SETTINGS, topics } from '../bridge/bridge-bench.ts'
import { type ConsoleBroker, startConsole } from '../support/console-broker.ts'

const SOON = { timeout: 8000, interval: 20 }

function bridgeTo(port: number, settings: Partial<BridgeSettings> = {}): BrokerBridge {
  const secrets = { remoteUserName: 'u', remotePassword: 'secret-there', localPassword: 'secret-here' }
  const address = { host: '127.0.0.1', port }
  return {
    settings: { ...SETTINGS, addresses: [address], restartTimeout: { base: 1, cap: null, stable: 0 }, ...secrets, ...settings },
    target: ({ host, port: to }) => ({ transport: 'tcp', host, port: to }),
  }
}

async function far(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], ...options })
  onTestFinished(() => running.close())
  return running
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
async function rows(near: ConsoleBroker): Promise<any[]> {
  return (await near.get('/admin/v1/bridges')).json.bridges
}

const state = async (near: ConsoleBroker): Promise<string> => (await rows(near))[0].state

test('a broker without bridges says so, and its metrics name none', async () => {
  const near = await startConsole()
  expect((await near.get('/admin/v1/bridges')).json).toEqual({ now: expect.any(Number), bridges: [] })
  expect((await near.get('/metrics')).text).not.toContain('bridge')
})

test('connected: since when, topics, messages both ways; then away: why, and when it tries again; no password in any answer', async () => {
  const there = await far()
  const port = there.ports[0]!
  const begun = Date.now()
  const lines = topics('out/# out 1 here/ there/', 'in/# in 2', '"" both 0 one other')
  const near = await startConsole({ broker: { bridges: [bridgeTo(port, { topics: lines, name: 'lab "1"\\' })] } })
  await expect.poll(() => state(near), SOON).toBe('connected')
  const [here, other] = [await connectAsync(near.running.url), await connectAsync(there.url)]
  onTestFinished(() => void here.end(true))
  onTestFinished(() => void other.end(true))
  await here.publishAsync('here/out/a', 'seven..', { qos: 1 })
  await other.publishAsync('in/a', 'four', { qos: 2 })
  await expect.poll(async () => (await rows(near)).map(({ messagesIn, messagesOut }) => [messagesIn, messagesOut]), SOON).toEqual([[1, 1]])
  const [row] = await rows(near)
  expect(row).toMatchObject({
    name: 'lab "1"\\',
    addresses: [`127.0.0.1:${port}`],
    address: `127.0.0.1:${port}`,
    isTls: false,
    version: '3.1.1',
    start: 'automatic',
    remoteClientId: 'here.b',
    localClientId: 'local.here.b',
    nextAttemptAt: null,
    problem: null,
    connects: 1,
    bytesIn: 4,
    bytesOut: 7,
    dropped: 0,
    queued: 0,
    queuedBytes: 0,
  })
  expect(row.since).toBeGreaterThan(begun - 5)
  expect(row.since).toBeLessThan(Date.now() - 1)
  const usual = { isRefusedHere: false, refusedThere: null }
  expect(row.topics).toEqual([
    { pattern: 'out/#', direction: 'out', qos: 1, localPrefix: 'here/', remotePrefix: 'there/', ...usual },
    { pattern: 'in/#', direction: 'in', qos: 2, localPrefix: '', remotePrefix: '', ...usual },
    { pattern: null, direction: 'both', qos: 0, localPrefix: 'one', remotePrefix: 'other', ...usual },
  ])
  const metrics = (await near.get('/metrics')).text
  for (const sample of [
    'up{bridge="lab \\"1\\"\\\\"} 1',
    'publishes_sent_total{bridge="lab \\"1\\"\\\\"} 1',
    'publish_received_bytes_total{bridge="lab \\"1\\"\\\\"} 4',
  ])
    expect(metrics).toContain(`zanzara_bridge_${sample}\n`)

  await there.close()
  await expect.poll(() => state(near), SOON).toBe('waiting')
  await here.publishAsync('here/out/b', 'waits', { qos: 1 })
  await expect.poll(async () => (await rows(near))[0].problem?.text, SOON).toMatch(/ECONNREFUSED/)
  await expect.poll(async () => (await rows(near))[0].nextAttemptAt, SOON).not.toBeNull()
  const { json, text } = await near.get('/admin/v1/bridges')
  const away = json.bridges[0]
  expect([away.queued, away.messagesOut]).toEqual([1, 1])
  expect(away.since).toBeGreaterThan(row.since)
  expect(away.problem.time).toBeGreaterThanOrEqual(away.since - 1)
  expect(away.problem.time).toBeLessThanOrEqual(json.now)
  if (away.nextAttemptAt !== null) expect(Math.abs(away.nextAttemptAt - json.now)).toBeLessThanOrEqual(1001)
  expect((await near.get('/metrics')).text).toContain('zanzara_bridge_up{bridge="lab \\"1\\"\\\\"} 0\n')
  for (const answer of [text, (await near.get('/metrics')).text, (await near.get('/admin/v1/config')).text]) expect(answer).not.toMatch(/secret-/)
})

test('a bridge that is not welcome: the reason in words', async () => {
  const there = await far({ authenticator: { authenticate: () => ({ reasonCode: 0x86, userName: null }), begin: () => null } })
  const near = await startConsole({ broker: { bridges: [bridgeTo(there.ports[0]!, { tryPrivate: false })] } })
  await expect.poll(async () => (await rows(near))[0].problem?.text, SOON).toBe('connection refused: bad user name or password')
  expect((await rows(near))[0].connects).toBe(0)
})

test('bridges of a reload: those that are gone are told of no more', async () => {
  const there = await far()
  const near = await startConsole({ broker: { bridges: [bridgeTo(there.ports[0]!)] } })
  await expect.poll(() => state(near), SOON).toBe('connected')
  near.running.bridges.become([bridgeTo(there.ports[0]!, { name: 'second', remoteClientId: 'second', localClientId: 'local.second' })])
  await expect.poll(async () => (await rows(near)).map(({ name, state: is }) => `${name} ${is}`), SOON).toEqual(['second connected'])
})
