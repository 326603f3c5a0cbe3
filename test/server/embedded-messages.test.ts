// What a program does with the broker inside it: publishing, subscribing, retained messages, connections of its own, closing.
// Peers are our client over real sockets and MQTT.js over a stream in memory.

import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { Authorizer } from '../../src/broker/ports.ts'
import type { Message } from '../../src/client/message.ts'
import { connect } from '../../src/client/node.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'

async function started(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const broker = await startBroker({ port: 0, ...options })
  onTestFinished(() => broker.close())
  return broker
}

async function client(broker: RunningBroker, clientId: string): ReturnType<typeof connect> {
  const made = await connect(broker.url, { clientId, reconnect: false })
  onTestFinished(() => made.close())
  return made
}

const texts = (messages: readonly (Message | null)[]): (string | undefined)[] => messages.map((message) => message?.text())

/** Two ends of a stream in memory that hand chunks over without copying them. */
function streamPair(): [Duplex, Duplex] {
  const ends: Duplex[] = []
  for (const other of [1, 0]) {
    ends.push(
      new Duplex({
        read: () => {},
        write: (chunk, _, done) => {
          ends[other]!.push(chunk)
          done()
        },
        final: (done) => {
          ends[other]!.push(null)
          done()
        },
      }),
    )
  }
  return [ends[0]!, ends[1]!]
}

test('what the program publishes reaches clients, and it reads what they publish', async () => {
  const broker = await started()
  const outside = await client(broker, 'outside')
  const heard = await outside.subscribe('to/outside', { qos: 1 })
  const inside = await broker.subscribe('to/+', { qos: 1 })
  await broker.publish('to/outside', { celsius: 21.5 }, { qos: 1, properties: { contentType: 'application/json' } })
  await outside.publish('to/inside', 'hello', { qos: 1 })
  const message = await heard.next({ timeoutMs: 2000 })
  expect([message?.json(), message?.qos, message?.properties.contentType]).toEqual([{ celsius: 21.5 }, 1, 'application/json'])
  const [own, theirs] = [await inside.next({ timeoutMs: 2000 }), await inside.next({ timeoutMs: 2000 })]
  expect([own?.topic, theirs?.topic, theirs?.text(), inside.grantedQos]).toEqual(['to/outside', 'to/inside', 'hello', 1])
})

test('text, bytes and objects are published as they are, with QoS 0 to 2', async () => {
  const broker = await started()
  const inside = await broker.subscribe('a', { qos: 2 })
  const calls = [broker.publish('a', 'text', { qos: 2 }), broker.publish('a', new Uint8Array([66]), { qos: 0 }), broker.publish('a', [1], { qos: 1 })]
  await Promise.all(calls)
  const messages = [await inside.next({ timeoutMs: 2000 }), await inside.next({ timeoutMs: 2000 }), await inside.next({ timeoutMs: 2000 })]
  expect(messages.map((message) => [message?.text(), message?.qos]).sort()).toEqual([
    ['B', 0],
    ['[1]', 1],
    ['text', 2],
  ])
})

test('twenty thousand messages in a row, each awaited, all arrive inside and outside', async () => {
  const broker = await started()
  const outside = await (await client(broker, 'outside')).subscribe('a', { qos: 0, highWaterMark: 50_000 })
  const inside = await broker.subscribe('a')
  const read = (async () => {
    for (let i = 0; i < 20_000; i++) expect(await inside.next({ timeoutMs: 5000 }).then((message) => Number(message?.text()))).toBe(i)
  })()
  for (let i = 0; i < 20_000; i++) await broker.publish('a', String(i).padStart(300, '0'))
  await read
  for (let i = 0; i < 20_000; i++) expect(Number((await outside.next({ timeoutMs: 5000 }))?.text())).toBe(i)
})

test('retained messages come to the program as they come to clients, and permissions do not hold for it', async () => {
  const nobody: Authorizer = { generation: 0, mayPublish: () => 'deny', mayReceive: () => 'deny', maySubscribe: () => 'deny' }
  const broker = await started({ authorizer: nobody })
  await broker.publish('a', 'kept', { retain: true })
  const inside = await broker.subscribe('#')
  const message = await inside.next({ timeoutMs: 2000 })
  expect([message?.text(), message?.retain]).toEqual(['kept', true])
  const sys = await broker.subscribe('$SYS/broker/version')
  expect((await sys.next({ timeoutMs: 2000 }))?.text()).toMatch(/^zanzara version/)
})

test('a subscription whose reader is slow keeps what it may and counts what it drops', async () => {
  const broker = await started()
  const newest = await broker.subscribe('a', { highWaterMark: 3, overflow: 'drop-newest' })
  const oldest = await broker.subscribe('a', { highWaterMark: 3, overflow: 'drop-oldest' })
  const waiting = await broker.subscribe('a', { highWaterMark: 3 })
  const last = await broker.subscribe('a')
  for (let i = 0; i < 10; i++) await broker.publish('a', String(i))
  for (let i = 0; i < 10; i++) await last.next({ timeoutMs: 2000 })
  expect([texts([await newest.next(), await newest.next(), await newest.next()]), newest.dropped]).toEqual([['0', '1', '2'], 7])
  expect([texts([await oldest.next(), await oldest.next(), await oldest.next()]), oldest.dropped]).toEqual([['7', '8', '9'], 7])
  const all: (Message | null)[] = []
  for (let i = 0; i < 10; i++) all.push(await waiting.next({ timeoutMs: 2000 }))
  expect([texts(all), waiting.dropped]).toEqual([['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], 0])
})

test('a full subscription is read no further, and misses nothing of what waits in the broker', async () => {
  const broker = await started()
  const slow = await broker.subscribe('a', { highWaterMark: 3 })
  const quick = await broker.subscribe('a')
  const publish = async (text: string): Promise<void> => {
    await broker.publish('a', text)
    await quick.next({ timeoutMs: 2000 })
  }
  for (let i = 0; i < 3; i++) await publish(String(i))
  await expect.poll(() => slow.buffered).toBe(3)
  for (let i = 3; i < 50; i++) await publish(String(i))
  expect(slow.buffered).toBe(3)
  for (let i = 0; i < 50; i++) expect((await slow.next({ timeoutMs: 2000 }))?.text()).toBe(String(i))
})

test('a loop that is left ends the session behind it', async () => {
  const broker = await started()
  const before = broker.broker.sessionCount
  const inside = await broker.subscribe('a')
  await broker.publish('a', 'one')
  for await (const message of inside) {
    expect(message.text()).toBe('one')
    break
  }
  expect(await inside.next()).toBeNull()
  await expect.poll(() => broker.broker.sessionCount).toBe(before)
})

test('what cannot be published or subscribed to is rejected with a code', async () => {
  const broker = await started({ limits: { maximumTopicLevels: 3, sysInterval: 0 } })
  await expect(broker.publish('a/+', 'x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(broker.publish('a/b/c/d', 'x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(broker.publish('a', () => {})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(broker.subscribe('a/#/b')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(broker.subscribe('a/b/c/d')).rejects.toMatchObject({ code: 'REFUSED', reasonCode: 0x8f })
  await expect(broker.subscribe('a', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
})

test('clients lists who is connected, and nobody else', async () => {
  const broker = await started({ listeners: [{ port: 0 }, { port: 0, transport: 'ws' }] })
  await broker.subscribe('own')
  const five = await connect(broker.url, { clientId: 'five', sessionExpiry: 100, reconnect: false }) // its session stays when it goes
  const four = await connect(broker.wsUrl!, { clientId: 'four', version: 4, username: 'ada', reconnect: false })
  onTestFinished(() => four.close())
  expect(Object.fromEntries(broker.clients)).toEqual({
    five: { id: 'five', username: null, address: '127.0.0.1', version: 5, listener: broker.url },
    four: { id: 'four', username: 'ada', address: '127.0.0.1', version: 4, listener: broker.wsUrl },
  })
  expect([broker.clients.size, [...broker.clients.keys()].sort(), broker.clients.has('own')]).toEqual([2, ['five', 'four'], false])
  await five.close()
  await expect.poll(() => broker.clients.get('five')).toBeUndefined()
  expect(broker.url).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/)
  expect(broker.wsUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/mqtt$/)
})

test('retained messages can be read and deleted; subscribers learn of it', async () => {
  const broker = await started()
  const outside = await client(broker, 'outside')
  await outside.publish('room/1', 'one', { retain: true, qos: 1, properties: { contentType: 'text/plain' } })
  await broker.publish('room/2', 'two', { retain: true })
  const one = broker.retained.get('room/1')
  expect([one?.text(), one?.qos, one?.retain, one?.properties.contentType]).toEqual(['one', 1, true, 'text/plain'])
  expect(broker.retained.match('room/+').map(({ topic }) => topic)).toEqual(['room/1', 'room/2'])
  expect(broker.retained.match('#').some(({ topic }) => topic.startsWith('$'))).toBe(false)
  const heard = await outside.subscribe('room/1')
  expect((await heard.next({ timeoutMs: 2000 }))?.text()).toBe('one')
  expect([broker.retained.delete('room/1'), broker.retained.delete('room/1'), broker.retained.get('room/1')]).toEqual([true, false, null])
  expect((await heard.next({ timeoutMs: 2000 }))?.payload.length).toBe(0)
  expect(() => broker.retained.match('a/#/b')).toThrow('is not a valid one')
})

test('any stream of bytes can be a connection', async () => {
  const broker = await started()
  const [ours, theirs] = streamPair()
  broker.handle(ours, { address: '10.1.2.3', port: 7 })
  const inside = await broker.subscribe('from/stream', { qos: 2 })
  theirs.write(Buffer.from([0x10, 15, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 0, 0, 3, ...Buffer.from('duo')]))
  expect(await once(theirs, 'data')).toEqual([Buffer.from([0x20, 2, 0, 0])])
  expect([...broker.clients.values()]).toEqual([{ id: 'duo', username: null, address: '10.1.2.3', version: 4, listener: '' }])
  expect(broker.connections).toBe(1)
  // every byte on its own; the echo is kept by the stream while the broker writes on
  for (const byte of [0x82, 8, 0, 1, 0, 3, ...Buffer.from('e/#'), 0]) theirs.write(Buffer.from([byte]))
  const received: Buffer[] = []
  theirs.on('data', (chunk: Buffer) => received.push(chunk))
  theirs.write(Buffer.from([0x30, 14, 0, 11, ...Buffer.from('from/stream'), 33]))
  expect((await inside.next({ timeoutMs: 2000 }))?.text()).toBe('!')
  for (let i = 0; i < 50; i++) {
    await broker.publish(`e/${i}`, 'x'.repeat(1000))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect.poll(() => Buffer.concat(received).length).toBeGreaterThan(50_000)
  const text = Buffer.concat(received).toString('latin1')
  for (let i = 0; i < 50; i++) expect(text).toContain(`e/${i}x`)
  theirs.end()
  await expect.poll(() => [broker.connections, broker.clients.size]).toEqual([0, 0])
  expect(ours.destroyed).toBe(true)
})

test('a broker without listeners serves the program alone', async () => {
  const broker = await started({ listeners: [] })
  expect([broker.url, broker.wsUrl, broker.port, broker.ports, broker.connections]).toEqual(['', null, 0, [], 0])
  const inside = await broker.subscribe('a')
  await broker.publish('a', 'x')
  expect((await inside.next({ timeoutMs: 2000 }))?.text()).toBe('x')
})

test('a stream of text or one that has ended is refused', async () => {
  const broker = await started()
  const [text] = streamPair()
  text.setEncoding('utf8')
  expect(() => broker.handle(text)).toThrow('give one of bytes')
  const [gone] = streamPair()
  gone.destroy()
  expect(() => broker.handle(gone)).toThrow('has ended')
})

test('an aborted signal closes the broker, and keeps one from starting', async () => {
  const abort = new AbortController()
  const broker = await startBroker({ port: 0, signal: abort.signal })
  onTestFinished(() => broker.close())
  const outside = await connect(broker.url, { reconnect: false })
  const heard = await outside.subscribe('a')
  abort.abort()
  await expect(heard.next({ timeoutMs: 5000 })).rejects.toMatchObject({ code: 'SERVER_DISCONNECTED', reasonCode: 0x8b })
  await broker.close()
  const socket = connectTcp(broker.port, '127.0.0.1')
  await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(startBroker({ port: 0, signal: AbortSignal.abort(new Error('not now')) })).rejects.toThrow('not now')
})

test('closing ends the subscriptions and streams of the program, twice does no harm', async () => {
  const broker = await startBroker({ port: 0 })
  const inside = await broker.subscribe('a')
  const [ours, theirs] = streamPair()
  broker.handle(ours)
  theirs.resume().on('end', () => theirs.end())
  const next = inside.next({ timeoutMs: 5000 })
  await Promise.all([broker.close(), broker.close()])
  expect(await next).toBeNull()
  expect(ours.destroyed).toBe(true)
  await expect(broker.publish('a', '')).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(broker.subscribe('a')).rejects.toMatchObject({ code: 'CLOSED' })
  expect(() => broker.handle(theirs)).toThrow('the broker is closed')
})
