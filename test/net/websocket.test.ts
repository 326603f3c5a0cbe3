// WebSocket: who may come in, what frames may carry, how floods and stalls end, and plain HTTP beside it.

import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { dial } from '../../src/net/dial.ts'
import { type Listener, listen, type WebSocketListenerOptions } from '../../src/net/listener.ts'
import type { NetContext, NetProblem } from '../../src/net/net-context.ts'
import { WebSocketHandshakes } from '../../src/net/websocket-handshakes.ts'
import { WebSocketUpgrades } from '../../src/net/websocket-server.ts'
import { listening, Owners, pattern, testContext, until } from './recording.ts'

interface Broker {
  readonly listener: Listener
  readonly owners: Owners
  readonly port: number
  readonly context: NetContext
  readonly problems: NetProblem[]
}

async function broker(websocket: Partial<WebSocketListenerOptions> = {}): Promise<Broker> {
  const problems: NetProblem[] = []
  const context = testContext({ onError: (problem) => problems.push(problem) })
  const owners = new Owners()
  const listener = await listening(
    context,
    {
      transport: 'ws',
      host: '127.0.0.1',
      port: 0,
      websocket: { paths: null, origins: null, maximumFrame: 10_000, ...websocket },
    },
    owners.accept,
  )
  return { listener, owners, port: listener.address.port, context, problems }
}

interface Peer {
  readonly socket: WebSocket
  /** `open`, or the HTTP status of the refusal. */
  readonly met: Promise<string>
  /** The code of the Close frame; 1006 without one. */
  readonly closed: Promise<number>
}

function visit(port: number, protocols: string[] = ['mqtt'], path = '/mqtt', headers: Record<string, string> = {}): Peer {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers })
  onTestFinished(() => socket.terminate())
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  const met = new Promise<string>((resolve) => {
    socket.on('open', () => resolve(`open ${socket.protocol}`.trim()))
    socket.on('unexpected-response', (request, response) => {
      resolve(String(response.statusCode))
      request.destroy()
    })
    socket.on('error', (error) => resolve(error.message))
  })
  return { socket, met, closed }
}

test.each([
  [['mqtt'], 'open mqtt'],
  [['mqttv3.1'], 'open mqttv3.1'],
  [['mqttv3.1', 'mqtt'], 'open mqtt'],
  [['chat', 'mqtt'], 'open mqtt'],
  [[], 'open'],
  [['chat'], '400'],
  [['mqttv5', 'MQTT'], '400'],
])('a client that offers the subprotocols %o meets %s [MQTT-6.0.0-3] [MQTT-6.0.0-4]', async (offered, met) => {
  const { port, owners } = await broker()
  expect(await visit(port, offered).met).toBe(met)
  if (met.startsWith('open'))
    expect((await owners.at(0)).link.peer).toMatchObject({ transport: 'ws', address: '127.0.0.1', localPort: port, certificateName: null })
  else expect(owners.all).toHaveLength(0)
})

test.each([
  [null, '/anything?x=1', 'open mqtt'],
  [['/mqtt', '/ws'], '/mqtt', 'open mqtt'],
  [['/mqtt', '/ws'], '/ws?token=1', 'open mqtt'],
  [['/mqtt'], '/', '404'],
  [['/mqtt'], '/mqtt/deeper', '404'],
])('paths %o asked for %s answer %s', async (paths, path, met) => {
  const { port } = await broker({ paths })
  expect(await visit(port, ['mqtt'], path).met).toBe(met)
})

test.each([
  [null, 'https://evil.example', 'open mqtt'],
  [['https://good.example'], 'https://good.example', 'open mqtt'],
  [['https://Good.example/'], 'https://good.example', 'open mqtt'],
  [['https://good.example'], 'https://evil.example', '403'],
  [['https://good.example'], 'http://good.example', '403'],
  [['https://good.example'], 'null', '403'],
  [['https://good.example'], undefined, 'open mqtt'],
  [[], 'https://good.example', '403'],
])('origins %o asked by %s answer %s', async (origins, origin, met) => {
  const { port } = await broker({ origins })
  expect(await visit(port, ['mqtt'], '/mqtt', origin === undefined ? {} : { Origin: origin }).met).toBe(met)
})

test('a text frame closes with 1003 and is not given to the owner [MQTT-6.0.0-1]', async () => {
  const { port, owners } = await broker()
  const { socket, met, closed } = visit(port)
  await met
  socket.send('text')
  socket.send(Buffer.from('behind it'))
  expect(await closed).toBe(1003)
  const server = await owners.at(0)
  await until(() => server.closes === 1, 'closed')
  expect([server.length, server.error?.message]).toEqual([0, 'text frame: MQTT needs binary frames'])
})

test('a message beyond the largest packet and what is gathered with it closes with 1009', async () => {
  const { port, owners } = await broker({ maximumFrame: 1000 })
  const first = visit(port)
  await first.met
  first.socket.send(pattern(1000 + 262_144))
  const server = await owners.at(0)
  await until(() => server.length === 1000 + 262_144, 'the largest message')
  first.socket.send(Buffer.alloc(1001 + 262_144))
  expect(await first.closed).toBe(1009)
  await until(() => server.closes === 1, 'closed')
  expect(server.error).toBeInstanceOf(Error)
})

test('packets split over frames and fragments come whole and in order [MQTT-6.0.0-2]', async () => {
  const { port, owners } = await broker()
  const { socket, met } = visit(port)
  const bytes = pattern(9000)
  await met
  socket.send(bytes.subarray(0, 1))
  for (let at = 1; at < 8000; at += 100) socket.send(bytes.subarray(at, Math.min(at + 100, 8000)), { fin: at + 100 >= 8000 })
  socket.send(bytes.subarray(8000))
  socket.send(Buffer.alloc(0))
  const server = await owners.at(0)
  await until(() => server.length === bytes.length, 'all bytes')
  expect(server.bytes.equals(bytes)).toBe(true)
})

test('a message in 100,000 fragments is refused', async () => {
  const { port, owners } = await broker()
  const { socket, met, closed } = visit(port)
  await met
  for (let i = 0; i < 100_000; i++) socket.send(Buffer.from('x'), { fin: false })
  expect([1006, 1008]).toContain(await closed)
  await until(() => owners.all[0]?.closes === 1, 'closed')
  expect(owners.all[0]!.length).toBe(0)
})

test('pings are answered; a flood of them closes with 1008', async () => {
  const { port, owners } = await broker()
  const { socket, met, closed } = visit(port)
  let pongs = 0
  await met
  socket.on('pong', () => pongs++)
  socket.ping('a')
  await until(() => pongs === 1, 'the pong')
  for (let i = 0; i < 150; i++) socket.ping('b')
  expect([1006, 1008]).toContain(await closed)
  const server = await owners.at(0)
  await until(() => server.closes === 1, 'closed')
  expect(server.error?.message ?? 'too many waiting pongs').toMatch(/pings|pongs/)
})

test.each([
  ['an unmasked frame', Buffer.from([0x82, 0x01, 0x00])],
  ['a length of 2^63', Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['a control frame of 126 bytes', Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0])],
  ['a fragmented control frame', Buffer.from([0x09, 0x80, 0, 0, 0, 0])],
  ['a continuation of nothing', Buffer.from([0x80, 0x81, 0, 0, 0, 0, 0])],
  ['an unknown kind of frame', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
  ['a reserved bit, as of a compressed message', Buffer.from([0xc2, 0x81, 0, 0, 0, 0, 0])],
])('%s ends the link once, with an error', async (_name, frame) => {
  const { port, owners } = await broker()
  const raw = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void raw.destroy())
  raw.on('error', () => {})
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt'
  raw.write(`GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n\r\n`)
  let answer = ''
  raw.on('data', (chunk) => (answer += chunk.toString('latin1')))
  const server = await owners.at(0)
  expect(answer.length === 0 || answer.startsWith('HTTP/1.1 101')).toBe(true)
  raw.write(frame)
  await until(() => server.closes === 1, 'closed although the peer answers nothing')
  expect(server.error).toBeInstanceOf(Error)
  expect(server.length).toBe(0)
})

test('compression is never agreed on', async () => {
  const { port } = await broker()
  const peer = new WebSocket(`ws://127.0.0.1:${port}`, ['mqtt'], { perMessageDeflate: true })
  onTestFinished(() => peer.terminate())
  await new Promise((resolve, reject) => peer.on('open', resolve).on('error', reject))
  expect(peer.extensions).toBe('')
})

test('a Close frame ends the link once, without an error; so does a lost connection', async () => {
  const { port, owners } = await broker()
  const polite = visit(port)
  const rude = visit(port)
  await Promise.all([polite.met, rude.met])
  await until(() => owners.all.length === 2, 'both')
  polite.socket.close(1000)
  expect(await polite.closed).toBe(1000)
  rude.socket.terminate()
  await until(() => owners.all.every((owner) => owner.closes === 1), 'both closed')
  expect(owners.all.map((owner) => owner.error)).toEqual([null, null])
})

test('end() says 1000 to the peer', async () => {
  const { port, owners } = await broker()
  const { closed } = visit(port)
  ;(await owners.at(0)).link.end()
  expect(await closed).toBe(1000)
})

/** Status and body of a plain HTTP request. */
function get(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => (body += chunk))
      response.on('end', () => resolve(`${response.statusCode} ${body.trim()}`))
    })
    request.on('error', reject)
    request.end()
  })
}

test("plain HTTP gets a sentence, or the caller's answer", async () => {
  const { port } = await broker({ paths: ['/mqtt'] })
  expect(await get(port, '/mqtt')).toMatch(/^426 .*MQTT/)
  expect(await get(port, '/other')).toMatch(/^404 /)
  const own = await broker({ onRequest: (request, response) => response.end(`page ${request.url}`) })
  expect(await get(own.port, '/x')).toBe('200 page /x')
  expect(await visit(own.port).met).toBe('open mqtt')
})

test('an answerer that throws loses that request only', async () => {
  const { port, problems } = await broker({
    onRequest: () => {
      throw new Error('bug in the page')
    },
  })
  await expect(get(port, '/')).rejects.toThrow()
  expect(problems.map((problem) => problem.error.message)).toEqual(['bug in the page'])
  expect(await visit(port).met).toBe('open mqtt')
})

test.each([
  ['silence', '', ''],
  ['half a request', 'GET /mqtt HTTP/1.1\r\nHost', ''],
  ['an MQTT packet', '\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x', 'HTTP/1.1 400'],
])('%s on the HTTP port is closed in time', async (_name, bytes, answered) => {
  const { listener, port, owners } = await broker({ handshakeTimeoutMs: 200 })
  const peer = connect(port, '127.0.0.1')
  let closed = false
  let answer = ''
  peer.on('error', () => {})
  peer.on('close', () => (closed = true))
  peer.on('data', (chunk) => (answer += chunk))
  peer.write(bytes)
  await until(() => closed && listener.connections === 0, 'closed')
  expect(answer).toContain(answered)
  expect(owners.all).toHaveLength(0)
})

test('upgrades behind an HTTP server of the caller', async () => {
  const context = testContext()
  const owners = new Owners()
  const upgrades = new WebSocketUpgrades(context, { paths: ['/mqtt'], origins: null, maximumFrame: 1000 }, 'ws', owners.accept)
  const server = createServer((_request, response) => void response.end('console')).listen(0, '127.0.0.1')
  server.on('upgrade', (request, socket, head) => upgrades.upgrade(request, socket, head))
  onTestFinished(() => {
    server.close()
    for (const owner of owners.all) owner.link.destroy()
  })
  await until(() => server.listening, 'listening')
  const port = (server.address() as { port: number }).port
  expect(await get(port, '/')).toBe('200 console')
  expect(await visit(port, ['mqtt'], '/other').met).toBe('404')
  const peer = visit(port)
  expect(await peer.met).toBe('open mqtt')
  peer.socket.send(Buffer.from('x'))
  const owner = await owners.at(0)
  await until(() => owner.length === 1, 'the byte')
})

test('dial says what the server answered instead, and fails when the subprotocol is not confirmed', async () => {
  const { port, context } = await broker({ paths: ['/mqtt'] })
  await expect(dial(context, { transport: 'ws', host: '127.0.0.1', port, path: '/wrong' }, new Owners().accept)).rejects.toThrow(/\/wrong answers HTTP 404/)
  await expect(dial(context, { transport: 'ws', host: '127.0.0.1', port, subprotocol: 'chat' }, new Owners().accept)).rejects.toThrow('HTTP 400')
  const link = await dial(context, { transport: 'ws', url: `ws://127.0.0.1:${port}/mqtt?a=b`, headers: { Authorization: 'Bearer x' } }, new Owners().accept)
  expect(link.peer).toMatchObject({ transport: 'ws', address: '127.0.0.1', port })
  link.destroy()
  for (const target of [{ url: 'http://x/' }, { url: 'no url' }, {}]) {
    await expect(dial(context, { transport: 'ws', ...target }, new Owners().accept)).rejects.toThrow(/URL|needs a host/)
  }
})

test('a WebSocket listener must be told its paths and largest frame', async () => {
  await expect(listen(testContext(), { transport: 'ws', port: 0 }, new Owners().accept)).rejects.toThrow('give `websocket`')
})

test('who leaves before the first handshake can be answered is forgotten; after closing none is answered', async () => {
  const handshakes = new WebSocketHandshakes({})
  const request = { headers: {}, method: 'GET', url: '/' } as IncomingMessage
  const opened: unknown[] = []
  const sockets = [1, 2].map(() => new PassThrough())
  for (const socket of sockets) handshakes.answer(request, socket, Buffer.alloc(0), (webSocket) => opened.push(webSocket))
  sockets[0]!.destroy(new Error('reset by peer')) // an error that nobody takes would end this process
  handshakes.close()
  await until(() => sockets.every(({ destroyed }) => destroyed), 'both are gone')
  expect([opened, sockets.map((socket) => socket.read() as unknown)]).toEqual([[], [null, null]])
})
