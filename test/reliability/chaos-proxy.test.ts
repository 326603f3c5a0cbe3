// The proxy's weather has the effect that the scenarios count on: without this, a fair proxy would let them pass.
// Behind it stands a server that writes down what comes, and echoes when asked to.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ChaosProxy, type Cut, type Weather } from '../support/chaos-proxy.ts'

interface Stage {
  readonly proxy: ChaosProxy
  readonly client: Socket
  readonly server: Socket
  /** What the server has read, one entry per read. */
  readonly reads: Buffer[]
  readonly bytes: () => number
}

async function stage(prepare: (proxy: ChaosProxy) => void = () => {}): Promise<Stage> {
  const reads: Buffer[] = []
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('data', (data: Buffer) => void reads.push(data))
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const proxy = await ChaosProxy.start((listener.address() as { port: number }).port, 1)
  prepare(proxy)
  const accepted = once(listener, 'connection') as Promise<[Socket]>
  const client = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  client.on('error', () => {})
  const [server] = await accepted
  onTestFinished(async () => {
    client.destroy()
    server.destroy()
    listener.close()
    await proxy.close()
  })
  return { proxy, client, server, reads, bytes: () => reads.reduce((sum, { length }) => sum + length, 0) }
}

const TEXT = Buffer.from(Array.from({ length: 2000 }, (_, i) => i & 255))

test.each<[string, Weather]>([
  ['fair', {}],
  ['delayed', { delayMs: [1, 5] }],
  ['byte by byte', { largestPiece: 1 }],
  ['lumped', { lump: 1500 }],
  ['narrow', { bytesPerSecond: 20_000 }],
])('%s: every byte arrives, in order', async (_name, weather) => {
  const { proxy, client, reads, bytes } = await stage((one) => one.setWeather(weather))
  client.write(TEXT)
  await expect.poll(bytes, { interval: 5 }).toBe(TEXT.length)
  expect(Buffer.concat(reads).equals(TEXT)).toBe(true)
  expect([...proxy.connections][0]!.passed).toEqual({ up: TEXT.length, down: 0 })
})

test('byte by byte arrives in many reads; lumps in few', async () => {
  const torn = await stage((one) => one.setWeather({ largestPiece: 1 }))
  torn.client.write(TEXT)
  await expect.poll(torn.bytes, { interval: 5 }).toBe(TEXT.length)
  expect(torn.reads.length).toBeGreaterThan(TEXT.length / 10)
  const lumped = await stage((one) => one.setWeather({ lump: 1000 }))
  for (let at = 0; at < TEXT.length; at += 100) {
    lumped.client.write(TEXT.subarray(at, at + 100))
    await sleep(2)
  }
  await expect.poll(lumped.bytes, { interval: 5 }).toBe(TEXT.length)
  expect(lumped.reads.length).toBeLessThan(10)
})

test('delay and bandwidth take their time', async () => {
  for (const weather of [{ delayMs: [100, 120] as const }, { bytesPerSecond: 20_000 }]) {
    const { client, bytes } = await stage((one) => one.setWeather(weather))
    const since = performance.now()
    client.write(TEXT)
    await expect.poll(bytes, { interval: 2 }).toBe(TEXT.length)
    expect(performance.now() - since).toBeGreaterThan(90)
  }
})

test('stalled, nothing passes and the sender is held up; then everything does', async () => {
  const { proxy, client, bytes } = await stage((one) => one.setWeather({ isStalled: true }))
  const much = Buffer.alloc(32 << 20)
  client.write(much)
  await sleep(200)
  expect(bytes()).toBe(0)
  expect(client.writableLength).toBeGreaterThan(8 << 20)
  proxy.setWeather({})
  await expect.poll(bytes, { interval: 5, timeout: 10_000 }).toBe(much.length)
})

test('swallowed bytes are gone, and the connection stays open, even when one side ends it', async () => {
  const { proxy, client, server, bytes } = await stage()
  proxy.setWeather({ isSwallowed: true })
  client.write(TEXT)
  client.end()
  await sleep(100)
  expect([bytes(), server.readableEnded, server.destroyed]).toEqual([0, false, false])
})

test.each<[Cut, string]>([
  ['reset', 'ECONNRESET'],
  ['close', 'end'],
  ['half-close', 'end'],
])('%s after 700 bytes: these arrive, no more, and then %s', async (cut, expected) => {
  const { client, server, bytes } = await stage((one) => {
    one.cutNextAfter('up', 700, cut)
    one.setWeather({ largestPiece: 100 })
  })
  const end = new Promise<string>((resolve) => {
    server.once('end', () => resolve('end'))
    server.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
  })
  client.write(TEXT)
  expect(await end).toBe(expected)
  if (cut !== 'reset') expect(bytes()).toBe(700)
  else expect(bytes()).toBeLessThanOrEqual(700)
  if (cut !== 'half-close') return
  const heard = once(client, 'data') as Promise<[Buffer]>
  server.write('still here')
  expect(String((await heard)[0])).toBe('still here')
})
