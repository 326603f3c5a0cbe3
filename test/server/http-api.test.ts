// `protocol http_api` as dashboards for Mosquitto 2.1 ask it: three answers, who may have them, files beside them.
// Whole configurations, over real sockets.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { makePasswordHash } from '../../src/auth/password-hash.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import { ConfiguredBroker } from '../../src/server/configured-broker.ts'
import { NO_LOG } from '../../src/server/log-destinations.ts'
import type { RunningBroker } from '../../src/server/start-broker.ts'
import { freePort } from '../interop/support/mosquitto.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-http-api-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** PORT in a line stands for a free port. */
async function started(lines: string): Promise<RunningBroker> {
  let text = lines
  while (text.includes('PORT')) text = text.replace('PORT', String(await freePort()))
  const broker = new ConfiguredBroker({
    configuration: parseConfiguration(Buffer.from(text), 'test.conf'),
    log: NO_LOG,
    ports: [],
    moreListeners: [],
    defaultLimits: {},
    maximumConnectionsPerAddress: null,
    keyLogFile: null,
    versionText: 'mosquitto version 2.1.2 (zanzara 9.9.9)',
    verbose: false,
  })
  const running = await broker.open()
  onTestFinished(() => running.close())
  return running
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

function ask(port: number, path: string, { method = 'GET', auth }: { method?: string; auth?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, ...(auth === undefined ? {} : { auth }) }, (response) => {
      let body = ''
      response.on('data', (part: Buffer) => (body += String(part)))
      response.on('end', () => resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

const PORTS = 'allow_anonymous true\nlistener PORT 127.0.0.1\nlistener PORT 127.0.0.1\nprotocol http_api\n'

test('version, listeners and $SYS', async () => {
  const running = await started(`${PORTS}listener PORT 127.0.0.1\nprotocol websockets\n`)
  const [, port] = running.ports
  const client = await connectAsync(running.url, { clientId: 'c' })
  onTestFinished(() => void client.end(true))
  await client.subscribeAsync('a')
  await client.publishAsync('a', '12345', { qos: 1, retain: true })
  expect(await ask(port!, '/api/v1/version')).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: '2.1.2 (zanzara 9.9.9)' })
  const listeners = await ask(port!, '/api/v1/listeners')
  expect(listeners.type).toBe('application/json')
  expect(JSON.parse(listeners.body)).toEqual({
    listeners: [
      { port: running.ports[0], protocol: 'mqtt', tls: false, mtls: false, allow_anonymous: true },
      { port, protocol: 'httpapi', tls: false, mtls: false, allow_anonymous: true },
      { port: running.ports[2], protocol: 'websockets', tls: false, mtls: false, allow_anonymous: true },
    ],
  })
  const { body } = await ask(port!, '/api/v1/systree?x=1')
  const tree = JSON.parse(body)
  expect(tree).toMatchObject({ '$SYS/broker/clients/connected': 1, '$SYS/broker/subscriptions/count': 1, '$SYS/broker/publish/bytes/received': 5 })
  expect(Object.values(tree).every((value) => typeof value === 'number')).toBe(true)
  expect(Object.keys(tree).map((topic) => topic.replace('$SYS/broker/', ''))).toEqual([
    'clients/total',
    'clients/maximum',
    'clients/disconnected',
    'clients/connected',
    'clients/expired',
    'messages/stored',
    'store/messages/bytes',
    'subscriptions/count',
    'shared_subscriptions/count',
    'retained messages/count',
    'heap/current',
    'heap/maximum',
    'messages/received',
    'messages/sent',
    'bytes/received',
    'bytes/sent',
    'publish/bytes/received',
    'publish/bytes/sent',
    'packet/out/count',
    'packet/out/bytes',
    'connections/socket/count',
    'publish/messages/dropped',
    'publish/messages/received',
    'publish/messages/sent',
    'uptime',
  ])
})

test('what it does not know, and what it does not do', async () => {
  const port = (await started(PORTS)).ports[1]!
  expect(await ask(port, '/api/missing')).toMatchObject({ status: 404, body: 'Not found.\n' })
  expect(await ask(port, '/')).toMatchObject({ status: 404 })
  expect(await ask(port, '/api/badrequest', { method: 'POST' })).toMatchObject({ status: 405, body: 'Invalid HTTP Method\n' })
  const refusal = await new Promise<number>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt')
    socket.on('error', () => {})
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode!))
  })
  expect(refusal).toBe(404)
})

test('with a password file by name and password only', async () => {
  const passwords = join(folder(), 'passwords')
  writeFileSync(passwords, `ann:${await makePasswordHash(Buffer.from('right'), { kind: 'pbkdf2', iterations: 1 })}\n`, { mode: 0o600 })
  const port = (await started(`listener PORT 127.0.0.1\nprotocol http_api\nallow_anonymous false\npassword_file ${passwords}\n`)).ports[0]!
  expect(await ask(port, '/api/v1/version')).toMatchObject({ status: 401, body: 'Not authorised\n' })
  expect(await ask(port, '/api/v1/version', { auth: 'ann:wrong' })).toMatchObject({ status: 401 })
  expect(await ask(port, '/api/v1/version', { auth: 'bob:right' })).toMatchObject({ status: 401 })
  expect(await ask(port, '/api/v1/version', { auth: 'ann:right' })).toMatchObject({ status: 200 })
})

test('an ACL file says which of the paths may be read', async () => {
  const acl = join(folder(), 'acl')
  writeFileSync(acl, 'topic read /api/v1/version\n', { mode: 0o600 })
  const port = (await started(`${PORTS}acl_file ${acl}\n`)).ports[1]!
  expect(await ask(port, '/api/v1/systree')).toMatchObject({ status: 401, body: 'Not authorised\n' })
  expect(await ask(port, '/api/v1/version')).toMatchObject({ status: 200 })
})

test('files of http_dir beside the API', async () => {
  const files = folder()
  mkdirSync(join(files, 'sub'))
  writeFileSync(join(files, 'index.html'), 'dashboard')
  const port = (await started(`${PORTS}http_dir ${files}\n`)).ports[1]!
  expect(await ask(port, '/')).toMatchObject({ status: 200, body: 'dashboard' })
  expect(await ask(port, '/nothing')).toMatchObject({ status: 404 })
  expect(await ask(port, '/api/v1/version')).toMatchObject({ status: 200 })
})
