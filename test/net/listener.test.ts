// Listeners: ports and files taken, limits, closing, and what the system refuses.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ConnectionBook } from '../../src/net/connection-book.ts'
import { dial } from '../../src/net/dial.ts'
import { listen } from '../../src/net/listener.ts'
import type { NetProblem } from '../../src/net/net-context.ts'
import { createSocketServer } from '../../src/net/tcp.ts'
import { contextFor, listenerOptions, listening, Owners, socketFile, targetFor, testContext, until, WAYS } from './recording.ts'

test.each(WAYS)('newcomers beyond maximumConnections are closed at once, and places become free: %s', async (way) => {
  const problems: NetProblem[] = []
  const context = contextFor(way, { onError: (problem) => problems.push(problem) })
  const owners = new Owners()
  const listener = await listening(context, { ...listenerOptions(way), maximumConnections: 2 }, owners.accept)
  const first = await dial(context, targetFor(way, listener), new Owners().accept)
  await dial(context, targetFor(way, listener), new Owners().accept)
  await until(() => owners.all.length === 2, 'two links')
  expect(listener.connections).toBe(2)
  const where = way === 'unix' ? { path: listener.address.host } : { port: listener.address.port, host: '127.0.0.1' }
  const third = connect(where)
  let closed = false
  third.on('error', () => {})
  third.on('close', () => (closed = true))
  third.resume()
  await until(() => closed, 'the third closed')
  expect([owners.all.length, listener.connections]).toEqual([2, 2])
  expect(problems.map((problem) => problem.kind)).toEqual(['limit'])
  first.destroy()
  await until(() => listener.connections === 1, 'a free place')
  await dial(context, targetFor(way, listener), new Owners().accept)
  await owners.at(2)
})

test.each(WAYS)('close() stops accepting and leaves links alone; close(true) cuts them: %s', async (way) => {
  const context = contextFor(way)
  const owners = new Owners()
  const clients = new Owners()
  const listener = await listen(context, listenerOptions(way), owners.accept)
  await dial(context, targetFor(way, listener), clients.accept)
  const server = await owners.at(0)
  await listener.close()
  await expect(dial(context, targetFor(way, listener), new Owners().accept)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|ENOENT/) })
  clients.all[0]!.send(Buffer.from('still here'))
  await until(() => server.length === 10, 'bytes over the old link')
  expect(server.closes).toBe(0)
  await listener.close(true)
  expect([server.closes, listener.connections]).toEqual([1, 0])
  await listener.close(true)
})

test.each(['tcp', 'tls', 'ws'] as const)("a port taken is the system's error: %s", async (way) => {
  const context = testContext()
  const first = await listening(context, listenerOptions('tcp'), new Owners().accept)
  await expect(listen(context, { ...listenerOptions(way), port: first.address.port }, new Owners().accept)).rejects.toMatchObject({
    code: 'EADDRINUSE',
    syscall: 'listen',
  })
})

test("an address that is not ours is the system's error", async () => {
  await expect(listen(testContext(), { transport: 'tcp', host: '192.0.2.1', port: 0 }, new Owners().accept)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
})

test('options that lack something are named', async () => {
  await expect(listen(testContext(), { transport: 'tcp' }, new Owners().accept)).rejects.toThrow('give `port`')
  await expect(listen(testContext(), { transport: 'unix' }, new Owners().accept)).rejects.toThrow('give `path`')
  const listener = await listening(testContext(), listenerOptions('tcp'), new Owners().accept)
  expect(() => listener.renew({ key: '', cert: '' })).toThrow('no TLS')
})

test('the address tells the port really taken', async () => {
  const listener = await listening(testContext(), listenerOptions('tcp'), new Owners().accept)
  expect(listener.address.host).toBe('127.0.0.1')
  expect(listener.address.port).toBeGreaterThan(0)
})

test('an IPv4 peer of a listener on all addresses is shown without ::ffff:', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, { transport: 'tcp', host: null, port: 0 }, owners.accept)
  await dial(context, { transport: 'tcp', host: '127.0.0.1', port: listener.address.port }, new Owners().accept)
  expect((await owners.at(0)).link.peer).toMatchObject({ transport: 'tcp', address: '127.0.0.1', localPort: listener.address.port, certificateName: null })
})

test('ipv6Only leaves the IPv4 port to others', async () => {
  const context = testContext()
  const six = await listening(context, { transport: 'tcp', host: '::', port: 0, ipv6Only: true }, new Owners().accept)
  await listening(context, { transport: 'tcp', host: '0.0.0.0', port: six.address.port }, new Owners().accept)
})

test('a Unix socket file has the mode asked for and goes when the listener closes', async () => {
  const path = socketFile()
  const listener = await listen(testContext(), { transport: 'unix', path, mode: 0o620 }, new Owners().accept)
  expect(statSync(path).mode & 0o777).toBe(0o620)
  expect(listener.address).toEqual({ host: path, port: 0 })
  await listener.close()
  await until(() => !existsSync(path), 'the file gone')
})

test('a socket file left by a dead process is taken over', async () => {
  const path = socketFile()
  const child = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`])
  await new Promise((resolve) => child.on('exit', resolve))
  expect(existsSync(path)).toBe(true)
  const context = testContext()
  const owners = new Owners()
  await listening(context, { transport: 'unix', path }, owners.accept)
  const link = await dial(context, { transport: 'unix', path }, new Owners().accept)
  expect(link.peer).toMatchObject({ transport: 'unix', address: '', port: 0 })
  await owners.at(0)
})

test('a socket file that somebody listens on is not taken over, nor is any other file', async () => {
  const path = socketFile()
  const context = testContext()
  const owners = new Owners()
  await listening(context, { transport: 'unix', path }, owners.accept)
  await expect(listen(context, { transport: 'unix', path }, new Owners().accept)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await dial(context, { transport: 'unix', path }, new Owners().accept)
  const file = socketFile()
  const folder = socketFile()
  writeFileSync(file, 'precious')
  mkdirSync(folder)
  await expect(listen(context, { transport: 'unix', path: file }, new Owners().accept)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await expect(listen(context, { transport: 'unix', path: folder }, new Owners().accept)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(existsSync(file)).toBe(true)
})

test('accepted sockets send small packets at once and find dead peers', () => {
  // the system cannot be asked for a socket's options from here: what Node will set on each accepted one stands on its server
  const owners = new Owners()
  const server: object = createSocketServer(testContext(), 'tcp', new ConnectionBook(null), owners.accept)
  expect(server).toMatchObject({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60 })
})

test('a server of moved sockets knows when the last of them has gone', async () => {
  const owners = new Owners()
  const server = createSocketServer(testContext(), 'tcp', new ConnectionBook(null), owners.accept).listen(0, '127.0.0.1')
  await until(() => server.listening, 'listening')
  const peer = connect((server.address() as { port: number }).port, '127.0.0.1').on('error', () => {})
  const owner = await owners.at(0)
  let closed = false
  server.close(() => (closed = true))
  owner.link.destroy()
  await until(() => closed && owner.closes === 1, 'closed')
  peer.destroy()
})

test('a thousand connections at once all become links and all end', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('tcp'), owners.accept)
  const peers: Socket[] = []
  for (let i = 0; i < 1000; i++) peers.push(connect(listener.address.port, '127.0.0.1').on('error', () => {}))
  onTestFinished(() => {
    for (const peer of peers) peer.destroy()
  })
  await until(() => owners.all.length === 1000, 'all links', 10_000)
  peers.forEach((peer, i) => peer.write(`I am ${i}`))
  await until(() => owners.all.every((owner) => owner.length >= 6), 'a word of each')
  expect(new Set(owners.all.map((owner) => owner.bytes.toString())).size).toBe(1000)
  await listener.close(true)
  expect(owners.all.every((owner) => owner.closes === 1)).toBe(true)
})
