// Faults inside a whole broker, over real sockets: what a lost, delayed or repeated packet means for publishers and subscribers.
// The rules themselves are in test/faults.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { connect, type NodeConnectOptions } from '../../src/client/node.ts'
import type { Faults } from '../../src/faults/faults.ts'
import { type TestBroker, type TestBrokerOptions, testBroker } from '../../src/testing/test-broker.ts'

const LIMIT = { timeoutMs: 3000 }
const SOON = { minMs: 10, maxMs: 20, jitter: false }

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function started(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await testBroker(options)
  open.push(broker)
  return broker
}

async function client(url: string, clientId: string, options: NodeConnectOptions = {}): Promise<Client> {
  const connected = await connect(url, { clientId, reconnect: SOON, ...LIMIT, ...options })
  open.push(connected)
  return connected
}

/** Copies of one message that a subscriber got, after a fault on the publisher's connection. */
async function copies(qos: 0 | 1 | 2, arm: (faults: Faults) => unknown, version: 3 | 4 | 5 = 5): Promise<{ copies: number; dup: number; pubrels: number }> {
  const broker = await started()
  const reader = await client(broker.url, 'reader')
  const all = await reader.subscribe('lab/#', { qos: 2, ...LIMIT })
  const writer = await client(broker.url, 'writer', { version, cleanStart: version === 5 })
  arm(broker.faults)
  await writer.publish('lab/x', 'x', { qos, ...LIMIT }).catch(() => {})
  // a second message, after which all of the first have come
  await writer.publish('lab/end', 'end', { qos: 2, ...LIMIT })
  const got: string[] = []
  for (let message = await all.next(LIMIT); message!.topic !== 'lab/end'; message = await all.next(LIMIT)) got.push(message!.topic)
  const publishes = broker.packets.filter((packet) => packet.client === 'writer' && packet.from === 'client' && packet.topic === 'lab/x')
  return {
    copies: got.length,
    dup: publishes.filter((packet) => packet.field('mqtt.dupflag') === true).length,
    pubrels: publishes.filter((packet) => packet.type === 6).length,
  }
}

for (const version of [4, 5] as const) {
  const of = (types: string) => `mqtt.msgtype == ${types}`
  const lab = { times: 1, topic: 'lab/x', client: 'writer' }

  test(`${version}: PUBLISH lost with its connection: QoS 0 is gone, QoS 1 and 2 come again with DUP [MQTT-4.4.0-1]`, async () => {
    expect(await copies(0, (faults) => faults.cut(of('3'), lab), version)).toEqual({ copies: 0, dup: 0, pubrels: 0 })
    expect(await copies(1, (faults) => faults.cut(of('3'), lab), version)).toMatchObject({ copies: 1, dup: 1 })
    expect(await copies(2, (faults) => faults.cut(of('3'), lab), version)).toMatchObject({ copies: 1, dup: 1, pubrels: 1 })
    expect(await copies(1, (faults) => faults.cut(of('3'), { ...lab, at: 'middle' }), version)).toMatchObject({ copies: 1, dup: 1 })
  })

  test(`${version}: a lost PUBACK means two copies; lost PUBREC, PUBREL and PUBCOMP mean one [MQTT-4.3.3-13]`, async () => {
    expect(await copies(1, (faults) => faults.drop(of('4'), lab), version)).toMatchObject({ copies: 2, dup: 1 })
    expect(await copies(2, (faults) => faults.drop(of('5'), lab), version)).toMatchObject({ copies: 1, dup: 1, pubrels: 1 })
    expect(await copies(2, (faults) => faults.drop(of('6'), lab), version)).toMatchObject({ copies: 1, dup: 0, pubrels: 2 })
    expect(await copies(2, (faults) => faults.drop(of('7'), lab), version)).toMatchObject({ copies: 1, dup: 0, pubrels: 2 })
  })

  test(`${version}: repeated packets: QoS 1 twice, QoS 2 once [MQTT-4.3.3-10]`, async () => {
    expect((await copies(0, (faults) => faults.duplicate(of('3'), lab), version)).copies).toBe(2)
    expect((await copies(1, (faults) => faults.duplicate(of('3'), lab), version)).copies).toBe(2)
    expect((await copies(2, (faults) => faults.duplicate(of('3'), lab), version)).copies).toBe(1)
    expect((await copies(2, (faults) => faults.duplicate(of('6'), lab), version)).copies).toBe(1)
  })
}

test('an acknowledgement that is only dropped: nothing comes again on a living connection [MQTT-4.4.0-1]', async () => {
  const broker = await started()
  const mqtt = await client(broker.url, 'writer')
  using loss = broker.faults.drop('mqtt.msgtype == 4', { cut: false })
  await expect(mqtt.publish('a', 'x', { qos: 1, timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect([loss.hits, broker.packets.filter('mqtt.msgtype == 3').length, mqtt.connected]).toEqual([1, 1, true])
})

test('what the broker loses on the way to a subscriber comes again with DUP', async () => {
  const broker = await started()
  const reader = await client(broker.url, 'reader')
  const all = await reader.subscribe('a', { qos: 1, ...LIMIT })
  const loss = broker.faults.cut('mqtt.msgtype == 3', { from: 'broker', times: 1 })
  await broker.publish('a', 'x', { qos: 1 })
  const message = await all.next(LIMIT)
  expect([message!.text(), message!.dup, loss.hits]).toEqual(['x', true, 1])
})

test('every transport: TCP, WebSocket, Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  try {
    const path = join(folder, 'mqtt.sock')
    const broker = await started({ listeners: [{ port: 0 }, { port: 0, transport: 'ws' }, { transport: 'unix', path }] })
    for (const url of [broker.url, broker.wsUrl!, `unix:${path}`]) {
      broker.reset()
      const mqtt = await client(url, 'x')
      using loss = broker.faults.drop('mqtt.msgtype == 4', { times: 1 })
      await mqtt.publish('a', url, { qos: 1, ...LIMIT })
      expect([loss.hits, broker.messages.length, broker.packets.filter('mqtt.dupflag == 1').length]).toEqual([1, 2, 1])
      await mqtt.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a delayed packet is on its way still when its sender has gone', async () => {
  const broker = await started({ clock: 'manual' })
  const mqtt = await client(broker.url, 'x', { will: { topic: 'gone', payload: 'will' } })
  broker.faults.delay('mqtt.msgtype == 3', 5000, { from: 'client' })
  await mqtt.publish('a', 'late')
  const closing = mqtt.close()
  await broker.waitForPacket('mqtt.msgtype == 14')
  expect([broker.messages.length, broker.clients.has('x')]).toEqual([0, true])
  await broker.clock.advance(5000)
  expect((await broker.waitForMessage('#')).text()).toBe('late')
  await broker.clock.advance(100)
  await closing
  expect([broker.messages.length, broker.clients.has('x')]).toEqual([1, false])
})

test('what the broker says is delayed too, and its own end waits behind it', async () => {
  const broker = await started()
  const mqtt = await client(broker.url, 'x')
  broker.faults.delay('', 150, { from: 'broker' })
  const began = performance.now()
  await mqtt.publish('a', 'x', { qos: 1, ...LIMIT })
  expect(performance.now() - began).toBeGreaterThan(140)
  const states: string[] = []
  const watching = (async () => {
    for await (const { state, cause } of mqtt.status()) {
      states.push(`${state} ${cause?.reasonCode ?? ''}`)
      if (state === 'offline') return
    }
  })()
  await broker.close() // says DISCONNECT 0x8B
  await watching
  expect(states).toEqual(['connected ', 'offline 139'])
})

test('a network that swallows everything: the client finds out by its Keep Alive, and comes back', async () => {
  const broker = await started()
  const mqtt = await client(broker.url, 'x', { keepAlive: 1 })
  const status = mqtt.status({ timeoutMs: 8000 })
  await status.next()
  using silence = broker.faults.silence('mqtt.msgtype == 12', { times: 1 })
  const offline = await status.next()
  expect(offline.value).toMatchObject({ state: 'offline', cause: { code: 'KEEP_ALIVE_TIMEOUT' } })
  expect(silence.hits).toBe(1)
  await mqtt.publish('a', 'back', { qos: 1, timeoutMs: 5000 })
  expect(broker.messages.length).toBe(1)
})

test('CONNACK lost: the client gives up and tries again; changed: it is told no', async () => {
  const broker = await started()
  broker.faults.drop('mqtt.msgtype == 2', { times: 1 })
  const late = await client(broker.url, 'x', { connectTimeoutMs: 100, version: 5, reconnect: { ...SOON, retryFirst: true } })
  expect(late.connected).toBe(true)
  broker.faults.change('mqtt.msgtype == 2', (bytes) => bytes.with(3, 0x97))
  await expect(connect(broker.url, { version: 5, ...LIMIT })).rejects.toMatchObject({ code: 'CONNECTION_REFUSED', reasonCode: 0x97 })
})

test('connections are cut by hand; the will follows', async () => {
  const broker = await started()
  await client(broker.url, 'a', { will: { topic: 'gone/a', payload: 'x' } })
  await client(broker.url, 'b')
  expect(broker.faults.cutClient('nobody')).toBe(0)
  expect(broker.faults.cutClient('a')).toBe(1)
  await broker.waitForMessage('gone/a')
  await broker.waitForPacket((packet) => packet.type === 1 && packet.number > 4) // it comes back
  expect(broker.clients.has('b')).toBe(true)
})

test('what a broken change throws reaches the process, and the packet passes', async () => {
  const broker = await started()
  const mqtt = await client(broker.url, 'x')
  const heard: string[] = []
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => heard.push(error.message))
  try {
    using _ = broker.faults.change('mqtt.msgtype == 3', () => 'text' as never)
    await mqtt.publish('a', 'x', { qos: 1, ...LIMIT })
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of others) process.on('uncaughtException', listener)
  }
  expect(heard).toEqual(["a fault's change gave string: give the bytes of a packet"])
  expect(broker.messages.length).toBe(1)
})
