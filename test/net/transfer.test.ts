// Bytes cross every transport whole and in order, gathered into one write per turn.
// Neighbour: back-pressure.test.ts has the slow readers.

import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { dial } from '../../src/net/dial.ts'
import { contextFor, listenerOptions, listening, Owners, pair, pattern, sendAll, testContext, until, WAYS } from './recording.ts'

test.each(WAYS)('an answer comes back over %s', async (way) => {
  const context = contextFor(way)
  const { server, client } = await pair(way, context, (recorder) => {
    recorder.onReceived = (bytes, start, end) => recorder.link.output.append(bytes, start, end, null)
  })
  client.send(Buffer.from('hello '))
  client.send(Buffer.from('world'))
  await until(() => client.length >= 11, 'the echo')
  expect(client.bytes.toString()).toBe('hello world')
  expect(server.bytes.toString()).toBe('hello world')
})

test.each(WAYS)('5 MB cross both ways at once over %s', async (way) => {
  const context = contextFor(way)
  const { server, client } = await pair(way, context)
  const up = pattern(5_000_000, 3)
  const down = pattern(5_000_000, 5)
  sendAll(client, up)
  sendAll(server, down, 70_000)
  await until(() => server.length >= up.length && client.length >= down.length, 'all bytes', 50_000)
  expect(server.bytes.equals(up)).toBe(true)
  expect(client.bytes.equals(down)).toBe(true)
  expect(context.pool.takenBytes).toBe(up.length + down.length)
})

test.each(WAYS)('one packet of 5 MB crosses %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way))
  const packet = pattern(5_000_000)
  client.send(packet)
  await until(() => server.length >= packet.length, 'the packet', 50_000)
  expect(server.bytes.equals(packet)).toBe(true)
})

test('many packets of one turn are one WebSocket frame', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('ws'), owners.accept)
  const peer = new WebSocket(`ws://127.0.0.1:${listener.address.port}/`, 'mqtt')
  const frames: Buffer[] = []
  onTestFinished(() => peer.terminate())
  peer.on('message', (data: Buffer, isBinary) => {
    expect(isBinary).toBe(true)
    frames.push(data)
  })
  const server = await owners.at(0)
  for (let i = 0; i < 500; i++) server.send(Buffer.from(`packet ${i};`))
  await until(() => frames.length > 0, 'a frame')
  server.send(Buffer.from('next turn'))
  await until(() => frames.length > 1, 'the second frame')
  expect(frames.map(String)).toEqual([Array.from({ length: 500 }, (_, i) => `packet ${i};`).join(''), 'next turn'])
})

test('a flush longer than 256 KiB is cut into frames that any peer takes', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('ws'), owners.accept)
  const peer = new WebSocket(`ws://127.0.0.1:${listener.address.port}/`, 'mqtt')
  const frames: Buffer[] = []
  const sent = pattern(600_000)
  onTestFinished(() => peer.terminate())
  peer.on('message', (data: Buffer) => frames.push(data))
  ;(await owners.at(0)).send(sent)
  await until(() => frames.reduce((sum, frame) => sum + frame.length, 0) >= sent.length, 'all frames')
  expect(frames.map((frame) => frame.length)).toEqual([262144, 262144, 600_000 - 2 * 262144])
  expect(Buffer.concat(frames).equals(sent)).toBe(true)
})

test.each(['tcp', 'tcp, plain', 'tls', 'ws'] as const)('what is appended in a turn is one write on %s, the rest waits for the next', async (way) => {
  const context = contextFor(way)
  const { server } = await pair(way, context)
  const { output } = server.link
  for (let i = 0; i < 100; i++) server.send(Buffer.from('x'))
  expect(output.length).toBe(100)
  expect(context.pool.takenBytes).toBe(0)
  await new Promise((resolve) => setImmediate(resolve))
  expect(output.length).toBe(0)
  expect(context.pool.takenBytes).toBe(100)
})

test("bytes already sent with the peer's end are received, and the answer still goes out", async () => {
  const context = testContext()
  const answers: Buffer[] = []
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on('data', (chunk) => answers.push(chunk))
    socket.end('last words')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await until(() => server.listening, 'listening')
  const owners = new Owners((recorder) => {
    recorder.onReceived = () => recorder.send(Buffer.from('answer'))
  })
  await dial(context, { transport: 'tcp', host: '127.0.0.1', port: (server.address() as { port: number }).port }, owners.accept)
  const client = owners.all[0]!
  await until(() => client.closes === 1, 'closed')
  await until(() => answers.length > 0, 'the answer')
  expect(client.bytes.toString()).toBe('last words')
  expect(Buffer.concat(answers).toString()).toBe('answer')
  expect(client.error).toBeNull()
})
