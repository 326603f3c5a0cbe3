// The stream of packets: what the ring remembers, then what passes, read with our own reader of capture files; slow readers; many connections.
// The ring itself is compared with a plain list of what went in.

import { once } from 'node:events'
import fc from 'fast-check'
import { connectAsync, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import type { Peer } from '../../src/base/link.ts'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { isFrame } from '../../src/capture/frame.ts'
import type { MessageSocket } from '../../src/net/message-sockets.ts'
import type { StreamNotice } from '../../src/server/admin/api-types.ts'
import { PacketRing } from '../../src/server/admin/packet-ring.ts'
import { PacketStream } from '../../src/server/admin/packet-stream.ts'
import { TapHub } from '../../src/server/tap/tap-hub.ts'
import { type ConsoleBroker, startConsole } from '../support/console-broker.ts'

const PEER: Peer = {
  transport: 'tcp',
  address: '192.0.2.1',
  port: 4000,
  localPort: 1883,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}

/** Puts the connections of a stream together again, by their TCP ports and handshakes. */
class Reading {
  readonly notices: StreamNotice[] = []
  /** Bytes of each connection and side, in latin1; a new handshake on the same ports begins a new one. */
  readonly connections: { readonly port: number; client: string; server: string; gaps: number; ended: boolean }[] = []
  readonly times: number[] = []
  readonly #reader = new CaptureReader()
  readonly #next = new Map<string, number>()

  take(data: Uint8Array | string): void {
    if (typeof data === 'string') {
      this.notices.push(JSON.parse(data))
      return
    }
    this.#reader.push(data)
    for (let item = this.#reader.next(); item !== null; item = this.#reader.next()) {
      if (!isFrame(item)) continue
      this.times.push(item.seconds)
      const { bytes } = item
      const tcp = 14 + (bytes[12] === 0x86 ? 40 : 20)
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      const [from, to] = [view.getUint16(tcp), view.getUint16(tcp + 2)]
      const side = to === 1883 ? 'client' : 'server'
      const port = side === 'client' ? from : to
      const flags = bytes[tcp + 13]!
      if (flags === 2) {
        this.connections.push({ port, client: '', server: '', gaps: 0, ended: false })
        this.#next.delete(`${port} client`)
        this.#next.delete(`${port} server`)
      }
      const connection = this.connections.findLast((each) => each.port === port)
      if (connection === undefined) throw new Error(`a frame of port ${port} before its handshake`)
      const payload = Buffer.from(bytes.subarray(tcp + 20))
      const sequence = view.getUint32(tcp + 4)
      const expected = this.#next.get(`${port} ${side}`)
      if (expected !== undefined && expected !== sequence) connection.gaps++
      this.#next.set(`${port} ${side}`, (sequence + payload.length + ((flags & 3) === 0 ? 0 : 1)) >>> 0)
      connection[side] += payload.toString('latin1')
      if ((flags & 5) !== 0) connection.ended = true
    }
  }
}

async function read(console: ConsoleBroker, query = ''): Promise<Reading> {
  const reading = new Reading()
  await console.open(`/admin/v1/stream${query}`, {}, (message) => reading.take(message))
  return reading
}

async function client({ running }: ConsoleBroker, clientId: string): Promise<MqttClient> {
  const connected = await connectAsync(running.url, { clientId, protocolVersion: 5, reconnectPeriod: 0 })
  onTestFinished(() => void connected.end(true))
  return connected
}

test('who comes later gets what happened before, then what happens, each connection whole', async () => {
  const console = await startConsole()
  const first = await client(console, 'before')
  await first.subscribeAsync('t/#', { qos: 1 })
  await first.publishAsync('t/1', 'early', { qos: 1 })
  const reading = await read(console)
  await expect.poll(() => reading.notices.map(({ type }) => type)).toEqual(['ring', 'live'])
  expect(reading.connections.length).toBe(1)
  expect(reading.connections[0]!.client).toContain('before')
  expect(reading.connections[0]!.server).toContain('early')
  await first.publishAsync('t/2', 'late', { qos: 1 })
  await client(console, 'after')
  await first.endAsync()
  await expect.poll(() => reading.connections.map(({ ended }) => ended)).toEqual([true, false])
  expect(reading.connections[0]!.server).toContain('late')
  expect(reading.connections[1]!.client).toContain('after')
  expect(reading.connections.map(({ gaps }) => gaps)).toEqual([0, 0])
  expect(Math.abs(reading.times[0]! - Date.now() / 1000)).toBeLessThan(60)
})

test('from=now leaves the past out, but explains each connection by its CONNECT', async () => {
  const console = await startConsole()
  const first = await client(console, 'from-before')
  await first.publishAsync('t/1', 'early', { qos: 1 })
  const reading = await read(console, '?from=now')
  await expect.poll(() => reading.notices).toEqual([{ type: 'live' }])
  await first.publishAsync('t/2', 'late', { qos: 1 })
  await expect.poll(() => reading.connections[0]?.client ?? '').toContain('late')
  expect(reading.connections[0]!.client).toContain('from-before')
  expect(reading.connections[0]!.client).not.toContain('early')
})

test('under load nothing is missing', async () => {
  const console = await startConsole()
  const reading = await read(console)
  const publishers = await Promise.all(Array.from({ length: 8 }, (_, i) => client(console, `publisher-${i}`)))
  const total = 8 * 2000
  await Promise.all(
    publishers.map(async (publisher, p) => {
      for (let i = 0; i < 2000; i += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, k) => publisher.publishAsync('load', `<${p}:${i + k}>`, { qos: k === 99 ? 1 : 0 })))
      }
    }),
  )
  const seen = (): number => reading.connections.reduce((sum, { client: text }) => sum + (text.match(/<\d:\d+>/g)?.length ?? 0), 0)
  await expect.poll(seen, { timeout: 30_000 }).toBe(total)
  expect(new Set(reading.connections.flatMap(({ client: text }) => text.match(/<\d:\d+>/g) ?? [])).size).toBe(total)
  expect(reading.connections.every(({ gaps }) => gaps === 0)).toBe(true)
  expect(reading.notices.some(({ type }) => type === 'skipped')).toBe(false)
})

test('the ring stays within its budget', async () => {
  const ring = new PacketRing(1 << 20, () => 0)
  const hub = new TapHub('test', () => 0n)
  hub.follow(ring)
  const link = hub.begin(PEER, () => null)
  for (let i = 0; i < 20_000; i++) link.received(new Uint8Array(i % 1000), 0, i % 1000)
  expect(ring.usedBytes).toBeLessThanOrEqual(1 << 20)
  expect(ring.usedBytes).toBeGreaterThan(1 << 19)
  link.received(new Uint8Array(5 << 20), 0, 5 << 20) // one read larger than the budget is kept alone
  expect(ring.events).toBe(1)
  for (let i = 0; i < 20_000; i++) link.received(new Uint8Array(4), 0, 4)
  expect(ring.usedBytes).toBeLessThanOrEqual(1 << 20)
})

test('a busy ring works in the memory it has, also while a reader stands at what is long forgotten', () => {
  const ring = new PacketRing(1 << 20, () => 0)
  const hub = new TapHub('test', () => 0n)
  hub.follow(ring)
  const link = hub.begin(PEER, () => null)
  const bytes = new Uint8Array(4096)
  const pass = (count: number): void => {
    for (let i = 0; i < count; i++) link.received(bytes, 0, bytes.length)
  }
  const cursor = ring.cursor('oldest')
  pass(1000)
  const before = process.memoryUsage().arrayBuffers
  pass(32_000) // 128 MiB
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20)
  expect(cursor.next()?.bytes.length).toBe(bytes.length)
  expect(cursor.lostEvents).toBe(33_000 - ring.events)
  expect(cursor.lostBytes).toBe(33_000 * bytes.length - ring.bytesRemembered)
})

test('what a cursor reads is what went in, but for what was forgotten, which is counted', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3000 })), { maxLength: 300 }), (steps) => {
      const ring = new PacketRing(128 << 10, () => 0)
      const hub = new TapHub('test', () => 0n)
      hub.follow(ring)
      const links = [0, 1].map(() => hub.begin({ ...PEER }, () => null))
      const cursor = ring.cursor('oldest')
      const written: string[] = []
      const got: string[] = []
      let lost = 0
      let lostBytes = 0
      let total = 0
      const drain = (most: number): void => {
        for (let event = most > 0 ? cursor.next() : null; event !== null; event = --most > 0 ? cursor.next() : null) {
          for (; cursor.lostEvents > 0; cursor.lostEvents--) {
            lost++
            got.push('lost')
          }
          got.push(`${event.sender} ${event.bytes.length} ${event.bytes[0] ?? ''}`)
        }
        lostBytes += cursor.lostBytes
        cursor.lostBytes = 0
      }
      for (const [i, [action, size]] of steps.entries()) {
        if (action === 3) {
          drain(size % 7)
          continue
        }
        const bytes = new Uint8Array(size).fill(i & 255)
        const link = links[i % 2]!
        if (action === 0) link.sent(bytes)
        else link.received(bytes, 0, size)
        written.push(`${action === 0 ? 'server' : 'client'} ${size} ${bytes[0] ?? ''}`)
        total += size
      }
      drain(Infinity)
      expect(got.length).toBe(written.length)
      for (const [i, each] of got.entries()) if (each !== 'lost') expect(each).toBe(written[i])
      const read = got.reduce((sum, each) => sum + (each === 'lost' ? 0 : Number(each.split(' ')[1])), 0)
      expect([lost === 0, lostBytes + read]).toEqual([lostBytes === 0, total])
    }),
    { numRuns: 60 },
  )
})

/** A socket of a reader that takes nothing until it is told to. */
class StalledSocket implements MessageSocket {
  onClose = (): void => {}
  waiting = 0
  readonly got: (string | Uint8Array)[] = []

  send(message: string | Uint8Array): void {
    this.got.push(message)
    if (typeof message !== 'string') this.waiting += message.length
  }

  close(): void {}
}

test('a reader that is too slow misses whole reads, is told how many, and goes on with connections that explain themselves', async () => {
  let now = 0
  const ring = new PacketRing(1 << 20, () => now)
  const hub = new TapHub('test', () => 0n)
  hub.follow(ring)
  const link = hub.begin(PEER, () => null)
  const connect = Buffer.from('100f00044d5154540402003c00036f6e65', 'hex')
  const publish = (text: string): Buffer => Buffer.concat([Buffer.from([0x30, text.length + 3, 0, 1, 0x74]), Buffer.from(text)])
  link.received(connect, 0, connect.length)
  link.sent(Buffer.from([0x20, 2, 0, 0]))
  const socket = new StalledSocket()
  const stream = new PacketStream(socket, { ring, from: 'oldest', application: 'test', origin: 1_700_000_000_000 })
  onTestFinished(() => stream.close())
  socket.waiting = 1 << 30 // takes nothing from now on
  for (let i = 0; i < 60_000; i++) {
    now = i
    const bytes = publish(`message ${i};`)
    link.received(bytes, 0, bytes.length)
  }
  socket.waiting = 0
  const reading = new Reading()
  await expect
    .poll(() => {
      for (const message of socket.got.splice(0)) reading.take(message)
      socket.waiting = 0
      return reading.connections.at(-1)?.client ?? ''
    })
    .toContain('message 59999;')
  const skipped = reading.notices.filter((notice) => notice.type === 'skipped')
  expect(skipped.length).toBeGreaterThan(0)
  const shown = reading.connections.flatMap(({ client: text }) => text.match(/message \d+;/g) ?? [])
  expect(shown.length + skipped.reduce((sum, { events }) => sum + events, 0)).toBe(60_000)
  const last = reading.connections.at(-1)!
  expect(last.client).toContain('MQTT') // its CONNECT comes again
  expect(last.server).toBe('\x20\x02\x00\x00')
  expect(last.gaps).toBe(0)
})

test('the broker that stops ends the streams, and soon', async () => {
  let shortest = Infinity
  for (let attempt = 1; attempt <= 5 && shortest >= 900; attempt++) {
    // others may have the processor meanwhile; a broker that waits for its readers takes a second each time
    const console = await startConsole()
    const socket = await console.open('/admin/v1/stream')
    const log = await console.open('/admin/v1/log/stream')
    const over = Promise.all([once(socket, 'close'), once(log, 'close')])
    const before = performance.now()
    await console.running.close()
    await over
    shortest = Math.min(shortest, performance.now() - before)
  }
  expect(shortest).toBeLessThan(900)
})

test('at most sixteen readers', async () => {
  const console = await startConsole()
  for (let i = 0; i < 16; i++) await console.open(i % 2 === 0 ? '/admin/v1/stream' : '/admin/v1/log/stream')
  await expect(console.open('/admin/v1/stream')).rejects.toThrow('refused with 503')
  expect((await console.get('/admin/v1/broker')).json.capture.readers).toBe(8)
})
