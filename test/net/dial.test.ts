// Connecting out: errors keep their code, time-outs and signals end the attempt, plain connections load little.

import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type DialTarget, dial } from '../../src/net/dial.ts'
import { certificate, contextFor, listenerOptions, listening, Owners, socketFile, targetFor, testContext, until, WAYS } from './recording.ts'

/** Accepts and stays silent. */
async function silent(host = '127.0.0.1'): Promise<{ server: Server; port: number; open: { size: number; met: number } }> {
  const open = { size: 0, met: 0 }
  const server = createServer((socket) => {
    open.size++
    open.met++
    socket
      .on('error', () => {})
      .on('close', () => open.size--)
      .resume()
  }).listen(0, host)
  onTestFinished(() => void server.close())
  await until(() => server.listening, 'listening')
  return { server, port: (server.address() as { port: number }).port, open }
}

const targets = (port: number): DialTarget[] => [
  { transport: 'tcp', host: '127.0.0.1', port },
  { transport: 'tls', host: '127.0.0.1', port },
  { transport: 'ws', host: '127.0.0.1', port },
  { transport: 'wss', host: '127.0.0.1', port },
]

test("a refused connection keeps the system's code", async () => {
  const { server, port } = await silent()
  await new Promise((resolve) => server.close(resolve))
  for (const target of [...targets(port), { transport: 'unix', path: socketFile() } as const]) {
    const owners = new Owners()
    await expect(dial(testContext(), target, owners.accept), target.transport).rejects.toMatchObject({
      code: target.transport === 'unix' ? 'ENOENT' : 'ECONNREFUSED',
    })
    expect(owners.all).toHaveLength(0)
  }
})

test('a name with several addresses that all refuse has a code and a message', async () => {
  const { server, port } = await silent()
  await new Promise((resolve) => server.close(resolve))
  for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const) {
    await expect(dial(testContext(), { transport, host: 'localhost', port }, new Owners().accept)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  }
})

const localhost = (await lookup('localhost', { all: true })).map(({ address }) => address)

// a machine may know localhost by one address only: then that one is all there is to find
test.each(localhost)('localhost is found when only %s listens', async (host) => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, { transport: 'tcp', host, port: 0 }, owners.accept)
  const link = await dial(context, { transport: 'tcp', host: 'localhost', port: listener.address.port }, new Owners().accept)
  expect(link.peer.address).toBe(host)
  await owners.at(0)
})

test('a handshake that is never answered ends with ETIMEDOUT', async () => {
  const { port, open } = await silent()
  for (const target of targets(port).slice(1)) {
    await expect(dial(testContext(), { ...target, connectTimeoutMs: 100 }, new Owners().accept), target.transport).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: expect.stringContaining('100 ms'),
    })
  }
  expect(open.met).toBe(3)
  await until(() => open.size === 0, 'no connection left behind')
})

test('a signal ends the attempt, also one given already', async () => {
  const { port, open } = await silent()
  for (const target of targets(port).slice(1)) {
    const controller = new AbortController()
    const owners = new Owners()
    const attempt = dial(testContext(), target, owners.accept, controller.signal)
    setTimeout(() => controller.abort(new Error('changed my mind')), 30)
    await expect(attempt, target.transport).rejects.toThrow('changed my mind')
    expect(owners.all).toHaveLength(0)
  }
  await until(() => open.size === 0, 'no connection left behind')
  await expect(dial(testContext(), targets(port)[0]!, new Owners().accept, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
})

test('a signal after the connection stands does nothing to the link', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('tcp'), owners.accept)
  const controller = new AbortController()
  const clients = new Owners()
  const link = await dial(context, targetFor('tcp', listener), clients.accept, controller.signal)
  controller.abort()
  clients.all[0]!.send(Buffer.from('x'))
  const server = await owners.at(0)
  await until(() => server.length === 1, 'the byte')
  link.destroy()
})

test.each(WAYS)("a caller's mistake is an error and leaves nothing behind: %s", async (way) => {
  const context = contextFor(way)
  const listener = await listening(context, listenerOptions(way), new Owners().accept)
  const target = targetFor(way, listener)
  const wrong = way === 'unix' ? { ...target, path: '/nowhere/at/all' } : { ...target, port: 70_000 }
  await expect(dial(context, wrong as DialTarget, new Owners().accept)).rejects.toThrow()
  if ('tls' in target)
    await expect(dial(context, { ...target, tls: { cert: 'no certificate', key: 'no key' } } as DialTarget, new Owners().accept)).rejects.toThrow()
})

test.each(['tcp', 'tls', 'ws', 'wss'] as const)('localAddress is where the connection comes from: %s', async (way) => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, listenerOptions(way), owners.accept)
  await dial(context, { ...targetFor(way, listener), localAddress: '127.0.0.9' } as DialTarget, new Owners().accept)
  expect((await owners.at(0)).link.peer.address).toBe('127.0.0.9')
})

test('wss presents the client certificate and is named by it', async () => {
  const context = testContext()
  const owners = new Owners()
  const options = listenerOptions('wss')
  const ca = certificate('ca.crt')
  const listener = await listening(context, { ...options, tls: { ...options.tls!, ca, requireCertificate: true } }, owners.accept)
  const { port } = listener.address
  await expect(dial(context, { transport: 'wss', host: 'localhost', port, tls: { ca } }, new Owners().accept)).rejects.toThrow()
  expect(owners.all).toHaveLength(0)
  await dial(
    context,
    { transport: 'wss', host: 'localhost', port, tls: { ca, cert: certificate('client.crt'), key: certificate('client.key') } },
    new Owners().accept,
  )
  expect((await owners.at(0)).link.peer).toMatchObject({ transport: 'wss', certificateName: 'alice' })
})

/** Everything outside the project that a file imports when it is loaded, through the files that it imports. */
function loads(file: string, seen: Set<string> = new Set(), found: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return found
  seen.add(file)
  for (const [statement, target] of readFileSync(file, 'utf8').matchAll(/^import\s[^'"]*from '([^']+)'/gm)) {
    if (statement.startsWith('import type')) continue
    if (target!.startsWith('.')) loads(fileURLToPath(new URL(target!, `file://${file}`)), seen, found)
    else found.add(target!)
  }
  return found
}

test('a plain connection loads node:net alone; a plain listener the file system and the look-up of addresses besides', () => {
  const at = (name: string): string => fileURLToPath(new URL(`../../src/net/${name}`, import.meta.url))
  expect([...loads(at('dial.ts'))]).toEqual(['node:net'])
  expect([...loads(at('net-context.ts'))]).toEqual([])
  expect([...loads(at('listener.ts'))].sort()).toEqual(['node:dns', 'node:fs/promises', 'node:net'])
  expect([...loads(at('websocket-dial.ts'))]).toContain('ws') // the walk does find what is there
})
