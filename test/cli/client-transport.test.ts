// Ways to the server that are not plain TCP to localhost: a local address to come from, WebSockets, Unix sockets, URLs, MQTT 3.1.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'

import { runPub } from '../../src/cli/pub.ts'
import { runSub } from '../../src/cli/sub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { packet, publish, text } from './support/scripted-server.ts'

let io: FakeTerminal
let folder: string
const closing: (() => void)[] = []
beforeEach(() => {
  io = new FakeTerminal()
  folder = mkdtempSync(join(tmpdir(), 'zanzara-transport-'))
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
  rmSync(folder, { recursive: true })
})

/** A WebSocket server that welcomes whoever says CONNECT. Resolves to what it got: path, subprotocol, packets. */
async function webSocketServer(subprotocols: readonly string[] = ['mqtt', 'mqttv3.1']) {
  const got = { path: '', subprotocol: '', packets: [] as string[] }
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => subprotocols.find((name) => offered.has(name)) ?? false })
  closing.push(() => server.close())
  server.on('connection', (socket: WebSocket, request) => {
    got.path = request.url ?? ''
    got.subprotocol = socket.protocol
    socket.on('message', (data: Buffer) => {
      got.packets.push(data.toString('hex'))
      if (data[0] === 0x10) socket.send(Buffer.from('20020000', 'hex'))
    })
  })
  await once(server, 'listening')
  return { got, port: String((server.address() as { port: number }).port) }
}

test('--ws: path /mqtt, subprotocol mqtt', async () => {
  const { got, port } = await webSocketServer()
  expect(await runPub(['-h', '127.0.0.1', '-p', port, '--ws', '-t', 'a', '-m', 'hi'], io)).toBe(0)
  expect(got).toMatchObject({ path: '/mqtt', subprotocol: 'mqtt' })
  expect(got.packets.join('')).toBe(`${packet(0x10, text('MQTT'), '04 02 003c', text(''))}${publish('a', 'hi')}e000`)
})

test('-L ws:// names server and topic; MQTT 3.1 has its own subprotocol', async () => {
  const { got, port } = await webSocketServer()
  expect(await runPub(['-V', '31', '-L', `ws://127.0.0.1:${port}/room/1`, '-m', 'hi'], io)).toBe(0)
  expect(got).toMatchObject({ path: '/mqtt', subprotocol: 'mqttv3.1' })
  expect(got.packets.join('')).toContain(publish('room/1', 'hi'))
})

test('--ws to a server that speaks HTTP alone says so: 1', async () => {
  const listener = await listen((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'))
  expect(await runPub(['-h', '127.0.0.1', '-p', listener, '--ws', '-t', 'a', '-m', 'x'], io)).toBe(1)
  expect(io.stderr.text).toMatch(/^Error: ws:\/\/127\.0\.0\.1:\d+\/mqtt answers HTTP 404 instead of opening a WebSocket.*\n$/)
})

async function listen(accepted: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => accepted(socket))
  })
  closing.push(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return String((server.address() as { port: number }).port)
}

test.each([
  ['127.0.0.2', '127.0.0.2'],
  ['localhost', '127.0.0.1'],
])('-A %s: the server is called from there', async (address, seen) => {
  let from = ''
  const port = await listen((socket) => {
    from = socket.remoteAddress ?? ''
    socket.end(Buffer.from('20020005', 'hex'))
  })
  expect(await runPub(['-h', '127.0.0.1', '-p', port, '-A', address, '-t', 'a', '-m', 'x'], io)).toBe(5)
  expect(from).toBe(seen)
})

test.each([
  ['192.0.2.1', 'Error: Cannot assign requested address\n'],
  ['nowhere.invalid', 'Unable to connect (Lookup error).\n'],
])('-A %s is no address of ours', async (address, text) => {
  const port = await listen((socket) => socket.end())
  expect(await runPub(['-h', '127.0.0.1', '-p', port, '-A', address, '-t', 'a', '-m', 'x'], io)).toBe(1)
  expect(io.stderr.text).toBe(text)
})

test('--unix to a file that is not there', async () => {
  expect(await runSub(['--unix', join(folder, 'none'), '-t', 'a'], io)).toBe(1)
  expect(io.stderr.text).toBe('Error: No such file or directory\n')
})

test('a host that nobody knows', async () => {
  expect(await runPub(['-h', 'nowhere.invalid', '-t', 'a', '-m', 'x'], io)).toBe(1)
  expect(io.stderr.text).toBe('Unable to connect (Lookup error).\n')
})
