// capture(): all packets of a running broker in a pcapng file, begun and ended at any time; TLS by development certificates.
// Files are read with our own reader of captures; tshark reads such streams in test/interop.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { isFrame } from '../../src/capture/frame.ts'
import { connect } from '../../src/client/node.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'

async function started(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const broker = await startBroker({ port: 0, ...options })
  onTestFinished(() => broker.close())
  return broker
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

/** Payloads of the frames by who sent them, per connection, in the order of the file. */
function read(file: string): { client: string; server: string }[] {
  const reader = new CaptureReader()
  const found = new Map<number, { client: string; server: string }>()
  reader.push(readFileSync(file))
  for (let item = reader.next(); item !== null; item = reader.next()) {
    if (!isFrame(item)) continue
    const { bytes } = item
    const tcp = 14 + (bytes[12] === 0x86 ? 40 : 20)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const [from, to] = [view.getUint16(tcp), view.getUint16(tcp + 2)]
    const key = to === 1883 ? from : to
    const seen = found.get(key) ?? { client: '', server: '' }
    found.set(key, seen)
    seen[to === 1883 ? 'client' : 'server'] += Buffer.from(bytes.subarray(tcp + 20)).toString('latin1')
  }
  return [...found.values()]
}

const text = (bytes: readonly number[]): string => Buffer.from(bytes).toString('latin1')
const connectOf = (id: string): number[] => [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, id.charCodeAt(0)]
const publish = (payload: string): number[] => [0x30, 3 + payload.length, 0, 1, 116, ...Buffer.from(payload)]

/** A client of which we know each byte. */
async function raw(broker: RunningBroker, id: string): Promise<Socket> {
  const socket = connectTcp(broker.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(Buffer.from(connectOf(id)))
  await once(socket, 'data')
  return socket
}

test('what passes between beginning and end is in the file, and nothing else', async () => {
  const broker = await started()
  const file = join(folder(), 'a.pcapng')
  const heard = await broker.subscribe('t')
  const send = async (socket: Socket, payload: string): Promise<void> => {
    socket.write(Buffer.from(publish(payload)))
    expect((await heard.next({ timeoutMs: 2000 }))?.text()).toBe(payload)
  }
  const before = await raw(broker, 'a')
  await send(before, 'before')
  const capture = broker.capture(file)
  expect(broker.broker.connectedCount).toBe(2)
  await send(before, 'during')
  await send(await raw(broker, 'b'), 'new')
  await capture.close()
  await capture.close()
  await send(before, 'after')
  expect(read(file)).toEqual([
    { client: text(publish('during')), server: '' },
    { client: text([...connectOf('b'), ...publish('new')]), server: text([0x20, 2, 0, 0]) },
  ])
  expect(capture.lost).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a capture that begins in the middle of a packet begins with the next whole one', async () => {
  const broker = await started()
  const heard = await broker.subscribe('t')
  const socket = await raw(broker, 'a')
  socket.setNoDelay(true)
  const [first, second] = [publish('first'), publish('second')]
  socket.write(Buffer.from([...publish('sign'), ...first.slice(0, 4)]))
  expect((await heard.next({ timeoutMs: 2000 }))?.text()).toBe('sign')
  const file = join(folder(), 'a.pcapng')
  const capture = broker.capture(file)
  socket.write(Buffer.from([...first.slice(4), ...second.slice(0, 3)]))
  expect((await heard.next({ timeoutMs: 2000 }))?.text()).toBe('first')
  socket.write(Buffer.from(second.slice(3)))
  expect((await heard.next({ timeoutMs: 2000 }))?.text()).toBe('second')
  await capture.close()
  expect(read(file)).toEqual([{ client: text(second), server: '' }])
})

test('several captures, and a second one later, each have their own time', async () => {
  const broker = await started()
  const files = ['1', '2', '3'].map((name) => join(folder(), name))
  const client = await connect(broker.url, { clientId: 'a', version: 4, reconnect: false })
  onTestFinished(() => client.close())
  const one = broker.capture(files[0]!)
  await client.publish('t', 'A', { qos: 1 })
  const two = broker.capture(files[1]!)
  await client.publish('t', 'B', { qos: 1 })
  await one.close()
  await client.publish('t', 'C', { qos: 1 })
  await two.close()
  await client.publish('t', 'D', { qos: 1 })
  const three = broker.capture(files[2]!)
  await client.publish('t', 'E', { qos: 1 })
  await three.close()
  expect(files.map((file) => read(file).map(({ client: sent }) => sent.replaceAll(/[^A-E]/g, '')))).toEqual([['AB'], ['BC'], ['E']])
})

test('closing the broker completes the file, with the goodbyes in it', async () => {
  const broker = await started()
  const file = join(folder(), 'a.pcapng')
  broker.capture(file)
  const client = await connect(broker.url, { clientId: 'a', reconnect: false })
  await broker.close()
  expect(client.connected).toBe(false)
  const [seen] = read(file)
  expect([seen?.client.slice(4, 8), seen?.server.endsWith(text([0xe0, 1, 0x8b]))]).toEqual(['MQTT', true])
})

test('a capture beside a tap that stays does not end it', async () => {
  const broker = await started({ tap: { port: 0 } })
  const reader = connectTcp(broker.tapPort, '127.0.0.1')
  onTestFinished(() => void reader.destroy())
  let taken = ''
  reader.on('data', (bytes) => void (taken += bytes.toString('latin1')))
  await once(reader, 'data')
  await broker.capture(join(folder(), 'a.pcapng')).close()
  const client = await connect(broker.url, { clientId: 'still-there', reconnect: false })
  onTestFinished(() => client.close())
  await expect.poll(() => taken).toContain('still-there')
})

test('a file that cannot be made is an error at once', async () => {
  const broker = await started()
  expect(() => broker.capture(join(folder(), 'missing', 'a.pcapng'))).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error)
})

test.runIf(process.platform === 'linux')('a disk that is full ends the capture, not the broker', async () => {
  const broker = await started()
  const capture = broker.capture('/dev/full')
  const client = await connect(broker.url, { reconnect: false })
  onTestFinished(() => client.close())
  await client.publish('t', 'x', { qos: 1 })
  await expect(capture.close()).rejects.toMatchObject({ code: 'ENOSPC' })
  await client.publish('t', 'y', { qos: 1 })
})

test("tls: 'dev' listens with development certificates, which its own authority vouches for", async () => {
  const home = folder()
  const before = process.env['XDG_DATA_HOME']
  process.env['XDG_DATA_HOME'] = home
  onTestFinished(() => {
    if (before === undefined) delete process.env['XDG_DATA_HOME']
    else process.env['XDG_DATA_HOME'] = before
  })
  const broker = await started({
    listeners: [
      { port: 0, tls: 'dev' },
      { port: 0, transport: 'wss', tls: 'dev' },
    ],
  })
  expect([broker.url.split(':')[0], broker.wsUrl?.split(':')[0]]).toEqual(['mqtts', 'wss'])
  for (const url of [broker.url, broker.wsUrl!]) {
    const client = await connect(url, { clientId: url, reconnect: false, tls: { ca: broker.devAuthority! } })
    expect(broker.clients.get(url)?.listener).toBe(url)
    await client.close()
  }
  await expect(connect(broker.url, { reconnect: false })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
  await expect(startBroker({ listeners: [{ port: 0, transport: 'ws', tls: 'dev' }] })).rejects.toThrow('a ws listener has no TLS')
})
