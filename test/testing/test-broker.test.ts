// The test broker as tests use it: what passed, what was published, waiting for either, matchers for expect, time moved by hand.
// Faults are in faults.test.ts.

import { afterEach, expect, test } from 'vitest'
import type { MqttError } from '../../src/client/errors.ts'
import { connect } from '../../src/client/node.ts'
import {
  assertDelivered,
  assertPublished,
  type BrokerMatchers,
  matchers,
  type TestBroker,
  type TestBrokerOptions,
  testBroker,
} from '../../src/testing/test-broker.ts'

const LIMIT = { timeoutMs: 3000 }
expect.extend(matchers)

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: as Vitest declares it
  interface Matchers<T = any> extends BrokerMatchers<T> {}
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function started(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await testBroker(options)
  open.push(broker)
  return broker
}

async function client(broker: TestBroker, clientId: string, options: Parameters<typeof connect>[1] = {}) {
  const connected = await connect(broker.url, { clientId, ...LIMIT, ...options })
  open.push(connected)
  return connected
}

const errorOf = (promise: Promise<unknown>): Promise<MqttError> =>
  promise.then(
    () => {
      throw new Error('it did not reject')
    },
    (error: MqttError) => error,
  )

test('every packet is logged one by one, also those that were written together', async () => {
  const broker = await started()
  const mqtt = await client(broker, 'lamp')
  const own = await mqtt.subscribe('lamp/+', { qos: 1, ...LIMIT })
  await Promise.all([mqtt.publish('lamp/1', 'on', { qos: 1 }), mqtt.publish('lamp/2', 'off', { qos: 2 }), mqtt.publish('lamp/3', 'dim')])
  for (let i = 0; i < 3; i++) await own.next(LIMIT)
  await mqtt.close()
  await broker.waitForPacket('mqtt.msgtype == 14', LIMIT)
  const counts = new Map<string, number>()
  for (const packet of broker.packets) {
    const kind = `${packet.from} ${packet.info.replace(/ \(.*/, '').replace(/ \[.*/, '')}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  expect(Object.fromEntries(counts)).toEqual({
    'client Connect Command': 1,
    'broker Connect Ack': 1,
    'client Subscribe Request': 1,
    'broker Subscribe Ack': 1,
    'client Publish Message': 3,
    'broker Publish Ack': 1,
    'broker Publish Received': 1,
    'client Publish Release': 1,
    'broker Publish Complete': 1,
    'broker Publish Message': 3,
    'client Publish Ack': 2,
    'client Disconnect Req': 1,
  })
  expect(broker.packets.length).toBe(17)
  expect(broker.packets.map(({ number }) => number)).toEqual(Array.from({ length: 17 }, (_, i) => i + 1))
})

test('packets are found by display filters and functions; they have fields, a tree, a line, and what they answer', async () => {
  const broker = await started()
  const mqtt = await client(broker, 'lamp')
  await mqtt.publish('lamp/1', '{"on":true}', { qos: 1, properties: { userProperties: [['from', 'test']] } })
  await mqtt.publish('lamp/1', 'again', { qos: 1, properties: { topicAlias: 1 } })
  await mqtt.publish('lamp/1', 'by alias', { qos: 1, properties: { topicAlias: 1 } })
  const [first, second, third] = broker.packets.filter('mqtt.msgtype == 3')
  expect(first!.field('mqtt.topic')).toBe('lamp/1')
  expect(first!.field('mqtt.qos')).toBe(1)
  expect(first!.fields('mqtt.prop_key')).toEqual(['from'])
  expect(first!.field('zz.client_id')).toBe('lamp')
  expect(first!.field('mqtt.conack.flags')).toBeNull()
  expect(first!.tree().at(-2)!.name).toBe('mqtt')
  expect(first!.packet).toMatchObject({ type: 3, topicName: 'lamp/1', qos: 1 })
  expect(String(first)).toBe('3 lamp > broker: Publish Message (id=1) [lamp/1]')
  expect([second!.topic, third!.topic]).toEqual(['lamp/1', 'lamp/1'])
  expect(third!.packet).toMatchObject({ topicName: '' })
  const answer = broker.packets.find((packet) => packet.field('mqtt.msgtype') === 4)!
  expect([answer.topic, answer.client, answer.from, answer.field('zz.response_to')]).toEqual(['lamp/1', 'lamp', 'broker', first!.number])
  expect(() => broker.packets.filter('mqtt.topik == 1')).toThrow(/mqtt\.topik/)
  expect(broker.packets.at(-1)!.field('mqtt.msgtype')).toBe(4)
  broker.packets.clear()
  expect(broker.packets.length).toBe(0)
  await mqtt.publish('lamp/1', 'by the same alias', { qos: 1, properties: { topicAlias: 1 } })
  expect(broker.packets.filter('mqtt.msgtype == 3')[0]!.topic).toBe('lamp/1')
})

test('only so many packets are kept, and what went before them is still understood', async () => {
  const broker = await started({ keep: 10 })
  const mqtt = await client(broker, 'lamp')
  for (let i = 0; i < 40; i++) await mqtt.publish('a', 'x', { qos: 1, properties: { userProperties: [['n', `${i}`]] } })
  expect(broker.packets.length).toBeLessThanOrEqual(15)
  expect(broker.packets.forgotten + broker.packets.length).toBe(82)
  expect(broker.packets.filter('mqtt.msgtype == 3').at(-1)!.field('mqtt.prop_value')).toBe('39')
  expect(broker.messages.length).toBeLessThanOrEqual(15)
})

test('a packet in many pieces, one too large for a frame, and bytes that are none', async () => {
  const broker = await started({ listeners: [{ port: 0 }, { port: 0, transport: 'ws' }] })
  const mqtt = await client(broker, 'lamp')
  const overWeb = await connect(broker.wsUrl!, { clientId: 'web', ...LIMIT })
  open.push(overWeb)
  const large = new Uint8Array(200_000).fill(7)
  await mqtt.publish('large', large, { qos: 1, ...LIMIT })
  await overWeb.publish('web', 'x', { qos: 1, ...LIMIT })
  const [packet, web] = broker.packets.filter('mqtt.msgtype == 3')
  expect([packet!.topic, packet!.bytes.length > 200_000, packet!.field('mqtt.len')]).toEqual(['large', true, packet!.bytes.length - 4])
  expect([web!.topic, web!.client]).toEqual(['web', 'web'])

  const { connect: dial } = await import('node:net')
  const socket = dial(broker.port, '127.0.0.1')
  const gone = new Promise((resolve) => socket.on('close', resolve))
  socket.on('error', () => {})
  socket.resume()
  const connectPacket = Uint8Array.of(0x10, 16, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 4, 0x62, 0x79, 0x74, 0x65)
  for (const byte of connectPacket) {
    socket.write(Uint8Array.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect((await broker.waitForPacket('mqtt.clientid == "byte"', LIMIT)).bytes).toEqual(connectPacket)
  socket.write(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 1, 2, 3))
  await gone
  expect(broker.packets.find((one) => one.bytes.length === 8 && one.bytes[1] === 0xff)!.packet).toBeNull()
})

test('waitForMessage gives each message once, whether it came before or comes later', async () => {
  const broker = await started()
  const mqtt = await client(broker, 'lamp', { will: { topic: 'lamp/gone', payload: 'will' } })
  await mqtt.publish('a/1', 'first', { qos: 1 })
  await mqtt.publish('a/2', 'second', { qos: 1 })
  expect((await broker.waitForMessage('a/+')).text()).toBe('first')
  expect((await broker.waitForMessage('a/+')).text()).toBe('second')
  const later = broker.waitForMessage('a/#', { where: (message) => message.text() === 'wanted' })
  await mqtt.publish('a/3', 'other')
  await mqtt.publish('a/4', 'wanted', { retain: true })
  expect(await later).toMatchObject({ topic: 'a/4', retain: true })
  await broker.publish('own', { n: 1 })
  expect((await broker.waitForMessage('own')).json()).toEqual({ n: 1 })
  const will = broker.waitForMessage('lamp/gone')
  broker.faults.cutClient('lamp')
  expect((await will).text()).toBe('will')
  expect((await broker.waitForMessage('#')).topic).toBe('a/3')
})

test('a wait in vain says what came instead; a signal and the end of the broker end it', async () => {
  const broker = await started()
  expect((await errorOf(broker.waitForMessage('a', { timeoutMs: 20 }))).message).toBe("message to 'a': not done within 20 ms; nothing has passed")
  const mqtt = await client(broker, 'lamp')
  await mqtt.publish('b', 'x', { qos: 1 })
  const error = await errorOf(broker.waitForMessage('a', { timeoutMs: 20 }))
  expect([error.code, error.message]).toEqual(['TIMEOUT', "message to 'a': not done within 20 ms; the last that passed:\n  b 'x'"])
  expect((await errorOf(broker.waitForPacket('mqtt.msgtype == 12', { timeoutMs: 20 }))).message).toContain('3 lamp > broker: Publish Message (id=1) [b]')
  expect((await errorOf(broker.waitForMessage('a/#/b'))).message).toContain('a/#/b')
  expect((await errorOf(broker.waitForPacket('mqtt..'))).name).toBe('FilterError')
  const controller = new AbortController()
  const given = errorOf(broker.waitForMessage('a', { signal: controller.signal }))
  controller.abort(new Error('enough'))
  expect(await given).toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
  const failing = broker.waitForMessage('c', {
    where: () => {
      throw new Error('of the test')
    },
  })
  await mqtt.publish('c', 'x')
  expect((await errorOf(failing)).message).toBe('of the test')
  const ended = errorOf(broker.waitForPacket('mqtt.msgtype == 12'))
  await broker.close()
  expect(await ended).toMatchObject({ code: 'ABORTED', cause: { message: 'the test broker was closed' } })
})

test('matchers: published and delivered, with payloads as text, bytes, JSON, functions and other matchers', async () => {
  const broker = await started()
  const lamp = await client(broker, 'lamp')
  const eye = await client(broker, 'eye')
  const seen = await eye.subscribe('lamp/#', { qos: 1, ...LIMIT })
  await lamp.publish('lamp/1', { on: true, level: 7 }, { qos: 1 })
  await lamp.publish('lamp/1', 'plain', { qos: 1 })
  await lamp.publish('door', Uint8Array.of(1, 255), { qos: 1 })
  await seen.next(LIMIT)
  await seen.next(LIMIT)
  expect(broker).toHavePublished('lamp/+')
  expect(broker).toHavePublished('lamp/1', 'plain')
  expect(broker).toHavePublished('lamp/1', { level: 7, on: true })
  expect(broker).toHavePublished('lamp/1', expect.objectContaining({ level: expect.any(Number) }))
  expect(broker).toHavePublished('lamp/1', expect.stringMatching(/^pla/))
  expect(broker).toHavePublished('lamp/1', (text: string) => text.length === 5)
  expect(broker).toHavePublished('door', Uint8Array.of(1, 255))
  expect(broker).toHavePublished('#', undefined, { from: 'lamp', times: 3 })
  expect(broker).not.toHavePublished('#', undefined, { from: 'eye' })
  expect(broker).not.toHavePublished('lamp/1', { level: 7 })
  expect(broker).not.toHavePublished('door', '1')
  expect(broker).toHaveDelivered('lamp/1', 'plain', { to: 'eye' })
  expect(broker).toHaveDelivered('lamp/1', undefined, { times: 2 })
  expect(broker).not.toHaveDelivered('door')
  expect(broker).not.toHaveDelivered('lamp/1', 'plain', { to: 'lamp' })
  expect(() => expect(broker).toHavePublished('lamp/2', 'on')).toThrow(
    "expected to have published 'lamp/2' 'on'; found 0. There was:\n  lamp/1 '{\"on\":true,\"level\":7}'\n  lamp/1 'plain'\n  door (2 bytes)",
  )
  expect(() => expect(broker).not.toHaveDelivered('lamp/1')).toThrow("expected not to have delivered 'lamp/1'; found 2.")
  expect(() => expect({}).toHavePublished('a')).toThrow('this matcher is for what testBroker() gives')
  assertPublished(broker, 'door')
  expect(() => assertDelivered(broker, 'door')).toThrow("expected to have delivered 'door'")
})

test('what plugins made of a message is what was published, also of plugins that come later', async () => {
  const broker = await started({ plugins: [{ name: 'upper', onPublish: (message) => ({ payload: message.text().toUpperCase() }) }] })
  const mqtt = await client(broker, 'lamp')
  await mqtt.publish('a', 'x', { qos: 1 })
  const used = broker.use({ name: 'twice', onPublish: (message) => (message.topic === 'secret' ? false : { payload: message.text().repeat(2) }) })
  await mqtt.publish('b', 'y', { qos: 1 })
  await errorOf(mqtt.publish('secret', 'z', { qos: 1 }))
  used[Symbol.dispose]()
  await mqtt.publish('c', 'w', { qos: 1 })
  expect([...broker.messages].map((message) => `${message.topic} ${message.text()}`)).toEqual(['a X', 'b YY', 'c W'])
})

for (const clock of ['running', 'manual'] as const) {
  test(`${clock} clock: keep alive, will delay, expiries and sessions, without waiting`, async () => {
    const broker = await started({ clock })
    const { default: mqttjs } = await import('mqtt')
    const lasting = await client(broker, 'lasting', { cleanStart: false, sessionExpiry: 3600 })
    await lasting.subscribe('news', { qos: 1, ...LIMIT })
    await lasting.close()
    await broker.publish('note', 'short', { retain: true, properties: { messageExpiryInterval: 60 } })
    await broker.publish('note/2', 'for ever', { retain: true })
    // a client that never pings by itself
    const quiet = mqttjs.connect(broker.url, {
      clientId: 'quiet',
      protocolVersion: 5,
      keepalive: 10,
      reschedulePings: false,
      reconnectPeriod: 0,
      timerVariant: { set: () => 0, clear: () => {} } as never,
      properties: { sessionExpiryInterval: 300 },
      will: { topic: 'quiet/gone', payload: Buffer.from('will'), qos: 0, retain: false, properties: { willDelayInterval: 30 } },
    })
    quiet.on('error', () => {})
    await new Promise((resolve) => quiet.once('connect', resolve))
    await broker.clock.advance(14_000)
    expect(broker.clients.has('quiet')).toBe(true)
    await broker.clock.advance(1500)
    expect(broker.clients.has('quiet')).toBe(false)
    await broker.clock.advance(29_000)
    expect(broker.messages.matching('quiet/gone')).toEqual([])
    await broker.clock.advance(1500)
    expect(broker).toHavePublished('quiet/gone', 'will')
    expect(broker.retained.get('note')!.text()).toBe('short')
    await broker.clock.advance(20_000)
    expect(broker.retained.get('note')).toBeNull()
    expect(broker.retained.get('note/2')!.text()).toBe('for ever')
    expect((await client(broker, 'lasting', { cleanStart: false, sessionExpiry: 3600 })).sessionPresent).toBe(true)
    await open.pop()!.close()
    await broker.clock.advance(3_700_000)
    expect((await client(broker, 'lasting', { cleanStart: false })).sessionPresent).toBe(false)
    quiet.end(true)
  })
}

test('the manual clock stands still', async () => {
  const broker = await started({ clock: 'manual' })
  expect([broker.clock.now(), await broker.clock.advance(1234.5), broker.clock.now()]).toEqual([0, undefined, 1234.5])
  expect((await errorOf(broker.clock.advance(-1))).message).toBe('advance -1: give milliseconds from 0 on')
  expect((await errorOf(testBroker({ clock: 'slow' as never }))).message).toBe("clock 'slow': give 'running' or 'manual'")
})

test('reset is for a broker that tests share', async () => {
  const broker = await started()
  const mqtt = await client(broker, 'lamp')
  await mqtt.publish('a', 'x', { qos: 1, retain: true })
  const fault = broker.faults.drop('mqtt')
  broker.reset()
  expect([broker.packets.length, broker.messages.length, broker.faults.all.length]).toEqual([0, 0, 0])
  await mqtt.publish('b', 'y', { qos: 1 })
  expect([fault.hits, broker.messages.length, broker.retained.size > 0]).toEqual([0, 1, true])
})
