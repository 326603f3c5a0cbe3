// What programs that read along the broker's tap get: every transport in clear, whole packets, both sides, late readers, slow ones.
// The stream is read with our own reader of capture files; tshark reads it in test/interop.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type IClientOptions } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { isFrame } from '../../src/capture/frame.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'
import { PacketBoundaries } from '../../src/server/tap/packet-boundaries.ts'
import { TapHub } from '../../src/server/tap/tap-hub.ts'

const certificate = (name: string): string => readFileSync(new URL(`../net/certificates/${name}`, import.meta.url), 'utf8')

async function started(options: StartBrokerOptions): Promise<RunningBroker> {
  const running = await startBroker({ tap: { port: 0 }, ...options })
  onTestFinished(() => running.close())
  return running
}

/** One connection of a tap, put together again. */
interface Seen {
  readonly port: string
  client: string
  server: string
  gaps: number
  ended: boolean
}

/** Reads a tap's stream as it comes. */
class Reading {
  readonly seen = new Map<string, Seen>()
  readonly comments: string[] = []
  readonly #reader = new CaptureReader()
  readonly #next = new Map<string, number>()

  take(bytes: Uint8Array): void {
    this.#reader.push(bytes)
    for (let item = this.#reader.next(); item !== null; item = this.#reader.next()) {
      if (!isFrame(item)) continue
      this.comments.push(...item.comments)
      const { bytes: frame } = item
      const tcp = 14 + (frame[12] === 0x86 ? 40 : 20)
      const view = new DataView(frame.buffer, frame.byteOffset)
      const [from, to] = [view.getUint16(tcp), view.getUint16(tcp + 2)]
      const sender = to === 1883 ? 'client' : 'server'
      const key = `${sender === 'client' ? from : to} ${item.interface.name}`
      const seen = this.seen.get(key) ?? { port: item.interface.name!, client: '', server: '', gaps: 0, ended: false }
      this.seen.set(key, seen)
      const sequence = view.getUint32(tcp + 4)
      const flags = frame[tcp + 13]!
      const payload = Buffer.from(frame.subarray(tcp + 20))
      const expected = this.#next.get(`${key} ${sender}`)
      if (expected !== undefined && expected !== sequence) seen.gaps++
      this.#next.set(`${key} ${sender}`, (sequence + payload.length + ((flags & 3) === 0 ? 0 : 1)) >>> 0)
      seen[sender] += payload.toString('latin1')
      if ((flags & 5) !== 0) seen.ended = true
    }
  }

  get all(): Seen[] {
    return [...this.seen.values()]
  }
}

async function listening(running: RunningBroker): Promise<{ reading: Reading; socket: Socket }> {
  const reading = new Reading()
  const socket = connectTcp(running.tapPort, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const first = once(socket, 'data')
  socket.on('data', (bytes) => reading.take(bytes))
  await first // the header: from now on nothing is missed
  return { reading, socket }
}

async function client(url: string, options: IClientOptions = {}): ReturnType<typeof connectAsync> {
  const connected = await connectAsync(url, { reconnectPeriod: 0, ...options })
  onTestFinished(() => void connected.end(true))
  return connected
}

test('every transport is read in clear, each on an interface that names its port', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const tls = { cert: certificate('server.crt'), key: certificate('server.key') }
  const running = await started({
    listeners: [
      { port: 0, host: '127.0.0.1' },
      { transport: 'tls', port: 0, host: '127.0.0.1', tls },
      { transport: 'ws', port: 0, host: '127.0.0.1' },
      { transport: 'wss', port: 0, host: '127.0.0.1', tls },
    ],
  })
  const { reading } = await listening(running)
  const urls = ['mqtt', 'mqtts', 'ws', 'wss'].map((scheme, i) => `${scheme}://127.0.0.1:${running.ports[i]}`)
  for (const [i, url] of urls.entries()) {
    const connected = await client(url, {
      clientId: `client-${i}`,
      password: 'hidden',
      username: 'u',
      rejectUnauthorized: false,
      protocolVersion: i % 2 === 0 ? 4 : 5,
    })
    await connected.publishAsync('a/b', `payload ${i}`, { qos: 1 })
    await connected.endAsync()
  }
  await expect.poll(() => reading.all.filter(({ ended }) => ended).length).toBe(4)
  expect(reading.all.map(({ port }) => port)).toEqual(['tcp', 'tls', 'ws', 'wss'].map((transport, i) => `${transport} port ${running.ports[i]}`))
  for (const [i, { client: sent, server, gaps }] of reading.all.entries()) {
    expect(sent).toContain(`client-${i}`)
    expect(sent).toContain(`payload ${i}`)
    expect(sent.charCodeAt(0), 'begins with CONNECT').toBe(0x10)
    expect(server.charCodeAt(0), 'begins with CONNACK').toBe(0x20)
    expect(gaps).toBe(0)
  }
})

test('a reader that comes late gets handshake, CONNECT and CONNACK first, then whole packets', async () => {
  const running = await started({ listeners: [{ port: 0, host: '127.0.0.1' }] })
  const connected = await client(running.url, { clientId: 'early' })
  await connected.publishAsync('before', 'x', { qos: 1 })
  const { reading } = await listening(running)
  await connected.publishAsync('after', 'y', { qos: 1 })
  await expect.poll(() => reading.all[0]?.server.length ?? 0).toBeGreaterThan(4)
  const [seen] = reading.all
  expect(seen!.client).toContain('early')
  expect(seen!.client).not.toContain('before')
  expect(seen!.client).toContain('after')
  expect(seen!.gaps).toBe(0)
})

test('who reads the tap cannot speak to it, and its end is noticed; a Unix socket is its owner’s', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'tap')
  const running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], tap: { path } })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const socket = connectTcp({ path })
  socket.write('GET / HTTP/1.1\r\n\r\n')
  await once(socket, 'data')
  const ended = once(socket, 'close')
  await running.close()
  await ended
})

test('a tap whose port is taken: the broker does not start', async () => {
  const running = await started({ listeners: [{ port: 0, host: '127.0.0.1' }] })
  await expect(startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], tap: { port: running.tapPort } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('a reader that is too slow loses bytes, is told, and goes on with whole packets', () => {
  const hub = new TapHub('a test', () => 1n)
  const reading = new Reading()
  const sink = { hasRoom: true, write: (bytes: Uint8Array) => reading.take(Buffer.from(bytes)) }
  const reader = hub.attach(sink)
  const peer = {
    transport: 'tcp',
    address: '127.0.0.1',
    port: 5000,
    localPort: 1883,
    certificateName: null,
    certificateSubject: null,
    pskIdentity: null,
    tlsVersion: null,
    cipher: null,
  } as const
  const link = hub.begin(peer)
  const packet = (text: string): Buffer => Buffer.from([0x30, 3 + text.length, 0, 1, 97, ...Buffer.from(text)])
  const send = (...parts: Buffer[]): void => {
    const bytes = Buffer.concat(parts)
    link.received(bytes, 0, bytes.length)
  }
  send(packet('one'))
  sink.hasRoom = false
  send(packet('two'), packet('three').subarray(0, 4))
  sink.hasRoom = true
  send(packet('three').subarray(4), packet('four'))
  expect(reading.all[0]!.client).toBe(Buffer.concat([packet('one'), packet('four')]).toString('latin1'))
  expect(reading.all[0]!.gaps).toBe(1)
  expect(reader.lost).toBe(packet('two').length + 4)
  expect(reading.comments).toEqual([`the reader was too slow: ${reader.lost} bytes are missing so far`])
})

test('boundaries are found wherever the stream is cut', () => {
  const packets = [2, 130, 1, 16500, 2].map((length) => {
    const size =
      length < 128 ? [length] : length < 16384 ? [(length & 127) | 128, length >> 7] : [(length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14]
    return Buffer.from([0x30, ...size, ...Buffer.alloc(length)])
  })
  const stream = Buffer.concat(packets)
  const starts: number[] = []
  for (let at = 0, i = 0; i < packets.length; at += packets[i++]!.length) starts.push(at)
  for (const step of [1, 2, 3, 100, 5000, stream.length]) {
    const boundaries = new PacketBoundaries()
    for (let at = 0; at < stream.length; at += step) {
      const end = Math.min(stream.length, at + step)
      expect(boundaries.pass(stream, at, end), `${step} from ${at}`).toBe(starts.find((start) => start >= at && start < end) ?? -1)
    }
    expect(boundaries.atBoundary).toBe(true)
  }
})
