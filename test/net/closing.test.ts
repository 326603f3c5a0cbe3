// How links end: what waits is delivered, `closed` comes once in every way of dying, and stubborn peers are cut.

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { NetProblem } from '../../src/net/net-context.ts'
import { contextFor, listenerOptions, listening, Owners, pair, pattern, type Recorder, testContext, turns, until, WAYS } from './recording.ts'

test.each(WAYS)('end() delivers what waits, then both sides close, once and without an error: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way, { endTimeoutMs: 5000 }))
  const last = pattern(3_000_000)
  server.send(last)
  server.send(Buffer.from('bye'))
  server.link.end()
  server.link.end()
  await until(() => client.closes > 0 && server.closes > 0, 'both closed')
  expect(client.bytes.equals(Buffer.concat([last, Buffer.from('bye')]))).toBe(true)
  await turns(20)
  expect([client.closes, client.error, server.closes, server.error]).toEqual([1, null, 1, null])
})

test.each(WAYS)('end() in the midst of a slow write still delivers all that waits behind it: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way, { endTimeoutMs: 5000 }))
  const first = pattern(6_000_000, 1)
  const second = pattern(500_000, 2)
  client.link.pause()
  server.send(first)
  await until(() => server.link.output.blocked, 'a write under way')
  server.send(second)
  server.link.end()
  client.link.resume()
  await until(() => client.closes > 0 && server.closes > 0, 'both closed')
  expect(client.bytes.equals(Buffer.concat([first, second]))).toBe(true)
})

test.each(WAYS)('what comes after end() is not given to the owner, and what is appended goes nowhere: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way))
  server.onReceived = () => {
    server.send(Buffer.from('refused'))
    server.link.end()
    expect(server.link.output.closed).toBe(true)
    server.send(Buffer.from('too late'))
  }
  client.send(Buffer.from('first'))
  await until(() => client.length > 0, 'the refusal')
  client.send(Buffer.from('second'))
  await until(() => server.closes > 0 && client.closes > 0, 'both closed')
  expect(server.bytes.toString()).toBe('first')
  expect(client.bytes.toString()).toBe('refused')
})

test.each(WAYS)('a peer that does not take what waits after end() is cut in time: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way, { endTimeoutMs: 150 }))
  client.link.pause()
  server.send(pattern(8_000_000))
  await until(() => server.link.output.blocked, 'a write under way')
  const start = performance.now()
  server.link.end()
  await until(() => server.closes === 1, 'closed')
  expect(performance.now() - start).toBeGreaterThan(140)
  expect(server.error).toBeNull()
})

test('a peer that keeps its half open and goes on sending is cut in time', async () => {
  const context = testContext({ endTimeoutMs: 150 })
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('tcp'), owners.accept)
  const peer = connect({ port: listener.address.port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void peer.destroy())
  peer.on('error', () => {})
  peer.resume()
  const flood = setInterval(() => peer.write(pattern(10_000)), 5)
  onTestFinished(() => clearInterval(flood))
  const server = await owners.at(0)
  await until(() => server.length > 0, 'the flood')
  server.link.end()
  const length = server.length
  await until(() => server.closes === 1, 'closed')
  expect(server.length).toBe(length)
})

test.each(WAYS)('destroy() closes both sides once: %s', async (way) => {
  const { server, client } = await pair(way, contextFor(way))
  server.send(Buffer.from('lost'))
  server.link.destroy()
  server.link.destroy()
  expect(server.closes, 'never from within destroy').toBe(0)
  expect(server.link.output.closed).toBe(true)
  await until(() => client.closes > 0 && server.closes > 0, 'both closed')
  await turns(20)
  expect([client.length, client.closes, server.closes, server.error]).toEqual([0, 1, 1, null])
})

test.each(['tcp', 'tcp, plain', 'unix'] as const)('a peer that ends is closed once, without an error, and gets what waits: %s', async (way) => {
  const context = contextFor(way)
  const owners = new Owners((recorder) => {
    recorder.onReceived = () => recorder.send(Buffer.from('answer'))
  })
  const listener = await listening(context, listenerOptions(way), owners.accept)
  const got: Buffer[] = []
  const where = way === 'unix' ? { path: listener.address.host } : { port: listener.address.port, host: '127.0.0.1' }
  const peer = connect({ ...where, allowHalfOpen: true }).on('data', (chunk: Buffer) => got.push(chunk))
  onTestFinished(() => void peer.destroy())
  let ended = false
  peer.on('end', () => (ended = true))
  peer.end('question')
  const server = await owners.at(0)
  await until(() => server.closes === 1 && ended, 'closed')
  await turns(20)
  expect([server.bytes.toString(), server.closes, server.error]).toEqual(['question', 1, null])
  expect(Buffer.concat(got).toString()).toBe('answer')
})

test.each(['tcp', 'tcp, plain', 'unix', 'tls'] as const)('a peer that ends while it is slow still gets all that waits: %s', async (way) => {
  const context = contextFor(way, { endTimeoutMs: 5000 })
  const owners = new Owners()
  const listener = await listening(context, listenerOptions(way), owners.accept)
  const where = way === 'unix' ? { path: listener.address.host } : { port: listener.address.port, host: '127.0.0.1' }
  const half = { ...where, allowHalfOpen: true, rejectUnauthorized: false }
  const peer = way === 'tls' ? connectTls(half) : connect(half)
  const got: Buffer[] = []
  onTestFinished(() => void peer.destroy())
  const server = await owners.at(0)
  const first = pattern(6_000_000, 1)
  const second = pattern(100_000, 2)
  server.send(first)
  server.send(second)
  expect(server.link.output.blocked).toBe(true)
  peer.end('done')
  await until(() => server.length === 4, 'the last word')
  await turns(100)
  let ended = false
  peer.on('data', (chunk: Buffer) => got.push(chunk)).on('end', () => (ended = true))
  await until(() => server.closes === 1 && ended, 'closed')
  expect(Buffer.concat(got).equals(Buffer.concat([first, second]))).toBe(true)
  expect(server.error).toBeNull()
})

test('a reset of a link that we have ended is no error', async () => {
  const context = testContext({ endTimeoutMs: 5000 })
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('tcp'), owners.accept)
  const peer = connect({ port: listener.address.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  let ended = false
  peer.on('end', () => (ended = true)).resume()
  const server = await owners.at(0)
  server.link.end()
  await until(() => ended, 'our end at the peer')
  peer.resetAndDestroy()
  await until(() => server.closes === 1, 'closed')
  expect(server.error).toBeNull()
})

test.each(['tcp', 'tcp, plain', 'tls', 'ws', 'wss'] as const)('a reset is closed once, with its error where there is one: %s', async (way) => {
  const context = contextFor(way)
  const owners = new Owners()
  const listener = await listening(context, listenerOptions(way), owners.accept)
  const raw = connect(listener.address.port, '127.0.0.1')
  raw.on('error', () => {})
  onTestFinished(() => void raw.destroy())
  const server = await connectedOver(raw, way, owners)
  server.send(pattern(4_000_000))
  await turns(3)
  raw.resetAndDestroy()
  await until(() => server.closes === 1, 'closed')
  await turns(20)
  expect(server.closes).toBe(1)
  if (way === 'tcp') expect((server.error as NodeJS.ErrnoException).code).toMatch(/ECONNRESET|EPIPE/)
})

/** Does the handshakes over a socket of our own. */
async function connectedOver(raw: Socket, way: string, owners: Owners): Promise<Recorder> {
  if (way === 'ws' || way === 'wss') {
    const peer = new WebSocket(`${way}://localhost/`, 'mqtt', {
      createConnection: () => (way === 'ws' ? raw : connectTls({ socket: raw, rejectUnauthorized: false })),
    })
    peer.on('error', () => {})
  } else if (way === 'tls') {
    connectTls({ socket: raw, rejectUnauthorized: false }).on('error', () => {})
  }
  return await owners.at(0)
}

test.each(WAYS)('an owner that throws loses its link and nothing else: %s', async (way) => {
  const problems: NetProblem[] = []
  const context = contextFor(way, { onError: (problem) => problems.push(problem) })
  const { server, client } = await pair(way, context)
  server.onReceived = () => {
    throw new Error('bug in received')
  }
  client.send(Buffer.from('x'))
  await until(() => server.closes === 1 && client.closes === 1, 'both closed')
  expect(server.error?.message).toBe('bug in received')
  expect(problems.map((problem) => [problem.kind, problem.error.message])).toEqual([['receiver', 'bug in received']])
})

test('an owner that throws when it is made, drained or closed is reported; the listener goes on', async () => {
  const problems: NetProblem[] = []
  const context = testContext({ onError: (problem) => problems.push(problem) })
  let accepted = 0
  const listener = await listening(context, listenerOptions('tcp'), (link) => {
    accepted++
    if (accepted === 1) throw new Error('bug in accept')
    link.output.append(pattern(6_000_000), 0, 6_000_000, null)
    return {
      received() {},
      drained() {
        throw new Error('bug in drained')
      },
      closed() {
        throw new Error('bug in closed')
      },
    }
  })
  let closes = 0
  for (let i = 0; i < 2; i++) {
    const peer = connect(listener.address.port, '127.0.0.1')
    peer.on('error', () => {})
    peer.on('close', () => closes++)
    peer.resume()
    await until(() => closes === i + 1, 'closed')
  }
  await until(() => problems.length === 3, 'three problems')
  expect(problems.map((problem) => problem.error.message)).toEqual(['bug in accept', 'bug in drained', 'bug in closed'])
  expect(problems[1]!.address).toBe('127.0.0.1')
})

test('problems beyond five in ten seconds are only counted', async () => {
  const problems: NetProblem[] = []
  const context = testContext({ onError: (problem) => problems.push(problem) })
  for (let i = 0; i < 50; i++) context.report('accept', new Error('EMFILE'), '')
  context.report('handshake', new Error('another kind'), '')
  expect(problems.map((problem) => problem.kind)).toEqual(['accept', 'accept', 'accept', 'accept', 'accept', 'handshake'])
})
