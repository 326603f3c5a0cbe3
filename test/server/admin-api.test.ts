// What /admin/v1 answers about a broker with real clients, and what operators do to them.
// Every answer is compared with the OpenAPI document's own description of it.

import { type EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { AclFile } from '../../src/auth/acl-file.ts'
import { DYNSEC_TOPIC, DynamicSecurity } from '../../src/auth/dynsec/dynamic-security.ts'
import { DynsecAuthorizer } from '../../src/auth/dynsec/dynsec-authorizer.ts'
import { FileAuthorizer } from '../../src/auth/file-authorizer.ts'
import { explain } from '../../src/config/explain.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import { SHAPES } from '../../src/server/admin/api-shapes.ts'
import { ROUTES } from '../../src/server/admin/routes.ts'
import { type ConsoleBroker, type Reply, startConsole } from '../support/console-broker.ts'
import { adminFile } from '../support/dynsec-kit.ts'

type Json = Record<string, unknown>

async function client({ running }: ConsoleBroker, clientId: string, options: IClientOptions = {}): Promise<MqttClient> {
  const connected = await connectAsync(running.url, { clientId, protocolVersion: 5, reconnectPeriod: 0, ...options })
  connected.on('error', () => {}) // of being sent away
  onTestFinished(() => void connected.end(true))
  return connected
}

/** What the next such event brings. */
// biome-ignore lint/suspicious/noExplicitAny: what an event brings is looked at field by field
function event(of: MqttClient, name: string): Promise<any[]> {
  return once(of as unknown as EventEmitter, name)
}

/** Checks an answer against its schema in the document; the path of the first difference, or null. */
function difference(value: unknown, schema: Json, schemas: Record<string, Json>, path = '$'): string | null {
  if (typeof schema['$ref'] === 'string') return difference(value, schemas[schema['$ref'].split('/').at(-1)!]!, schemas, path)
  if (Array.isArray(schema['anyOf'])) {
    const found = (schema['anyOf'] as Json[]).map((each) => difference(value, each, schemas, path))
    return found.includes(null) ? null : found[0]!
  }
  if (Array.isArray(schema['enum'])) return schema['enum'].includes(value) ? null : `${path} is ${JSON.stringify(value)}`
  switch (schema['type']) {
    case 'null':
      return value === null ? null : `${path} is not null`
    case 'array': {
      if (!Array.isArray(value)) return `${path} is no array`
      return value.map((each, i) => difference(each, schema['items'] as Json, schemas, `${path}[${i}]`)).find((found) => found !== null) ?? null
    }
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${path} is no object`
      const properties = (schema['properties'] ?? {}) as Record<string, Json>
      for (const name of (schema['required'] as string[] | undefined) ?? []) if (!(name in value)) return `${path}.${name} is missing`
      for (const [name, each] of Object.entries(value)) {
        const own = properties[name] ?? schema['additionalProperties']
        if (own === false || own === undefined) return `${path}.${name} is not described`
        const found = difference(each, own as Json, schemas, `${path}.${name}`)
        if (found !== null) return found
      }
      return null
    }
    case 'integer':
      return Number.isInteger(value) ? null : `${path} is ${JSON.stringify(value)}`
    default:
      return typeof value === schema['type'] ? null : `${path} is ${JSON.stringify(value)}`
  }
}

async function described(console: ConsoleBroker, shape: string, reply: Reply): Promise<void> {
  const { json } = await console.get('/admin/v1/openapi.json')
  expect([reply.status, difference(reply.json, { $ref: `#/components/schemas/${shape}` }, json.components.schemas)]).toEqual([200, null])
}

test('the document describes every route, and what it says of answers is true', async () => {
  const configuration = parseConfiguration(Buffer.from('listener 1883\nallow_anonymous true\nmax_keepalive 600\n'), 'lab.conf')
  const console = await startConsole({ configuration: () => ({ files: ['lab.conf'], sections: explain(configuration) }) })
  const alice = await client(console, 'alice', {
    clean: false,
    properties: { sessionExpiryInterval: 60 },
    will: { topic: 'gone', payload: Buffer.from('alice'), qos: 1, retain: true },
  })
  await alice.subscribeAsync(['deib/+/temperature', '$share/group/deib/#'], { qos: 1 })
  await alice.publishAsync('deib/eg1/temperature', '21.5', { qos: 1, retain: true })
  const { json: document } = await console.get('/admin/v1/openapi.json')
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths).length).toBe(new Set(ROUTES.map(({ path }) => path)).size + 5)
  expect(Object.keys(document.components.schemas).toSorted()).toEqual(Object.keys(SHAPES).toSorted())
  const queries: Record<string, string> = { client: '?id=alice', retained: '?filter=deib/%23', 'retained/message': '?topic=deib/eg1/temperature' }
  for (const { method, path, answer } of ROUTES) {
    if (method === 'get') await described(console, answer, await console.get(`/admin/v1/${path}${queries[path] ?? ''}`))
  }
  await described(console, 'SessionAnswer', await console.get('/admin/v1/session'))
  await described(console, 'AccessAnswer', await console.post('/admin/v1/access', { client: 'alice', action: 'publish', topic: 'a' }))
  await described(console, 'WhyAnswer', await console.post('/admin/v1/why', { client: 'alice', topic: 'deib/eg1/temperature', qos: 1, publishedQos: 1 }))
  await described(console, 'ActionAnswer', await console.post('/admin/v1/client/unsubscribe', { id: 'alice', filter: 'none' }))
  await described(console, 'DeletedAnswer', await console.post('/admin/v1/retained/delete', { filter: 'deib/#' }))
})

/** A broker with dynamic security in force, whose clients need no password. */
async function withDynsec(): Promise<{ readonly console: ConsoleBroker; do(...commands: object[]): Promise<{ error: string | null; data: Json | null }[]> }> {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-dynsec-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, 'dynsec.json'), adminFile(), { mode: 0o600 })
  const lines: string[] = []
  const security = new DynamicSecurity({ path: join(path, 'dynsec.json'), log: { write: (_, line) => void lines.push(line) } })
  const authorizer = new DynsecAuthorizer(security, new FileAuthorizer({ aclFile: null }))
  const controls = new Map([[DYNSEC_TOPIC, security]])
  const console = await startConsole({
    broker: { authenticator: { authenticate: ({ userName }) => ({ reasonCode: 0, userName }), begin: () => null } },
    listener: { authorizer, controls },
  })
  security.serve(console.running.broker.administration)
  const ask = async (...commands: object[]): Promise<{ error: string | null; data: Json | null }[]> => {
    const { status, json } = await console.post('/admin/v1/dynsec', { commands })
    expect(status).toBe(200)
    return json.responses
  }
  return { console, do: ask }
}

test('dynamic security: its commands, and the role and rule that decide about a client', async () => {
  const { console, do: ask } = await withDynsec()
  const acls = [
    { acltype: 'publishClientSend', topic: 'lab/secret', priority: 5, allow: false },
    { acltype: 'publishClientSend', topic: 'lab/#', allow: true },
  ]
  const made = await ask(
    { command: 'createRole', rolename: 'lab', acls, allowwildcardsubs: false },
    { command: 'createClient', username: 'ann', password: 'a-secret-of-ann', roles: [{ rolename: 'lab' }] },
    { command: 'createClient', username: 'ann' },
  )
  expect(made.map(({ error }) => error)).toEqual([null, null, 'Client already exists'])
  expect((await ask({ command: 'listClients' }))[0]!.data).toEqual({ totalCount: 2, clients: ['admin', 'ann'] })
  expect(console.lines).toContain('notice: Console: a program of this machine asked dynamic security for createRole, createClient.')
  expect(console.lines.join('\n')).not.toContain('a-secret-of-ann')
  const access = async (user: string, action: string, topic: string): Promise<unknown> => {
    const { json } = await console.post('/admin/v1/access', { client: 'any', user, action, topic })
    return [json.allowed, json.reason]
  }
  expect(await access('ann', 'publish', 'lab/a')).toEqual([true, "role 'lab', publishClientSend lab/#, priority 0: allow"])
  expect(await access('ann', 'publish', 'lab/secret')).toEqual([false, "role 'lab', publishClientSend lab/secret, priority 5: deny"])
  expect(await access('ann', 'subscribe', 'lab/+')).toEqual([false, "role 'lab' allows no wildcards in subscriptions"])
  expect(await access('ann', 'publish', 'else')).toEqual([false, 'no role says anything, and the default of publishClientSend is to deny'])
  expect(await access('ann', 'receive', 'else')).toEqual([true, 'no role says anything, and the default of publishClientReceive is to allow'])
  expect(await access('nobody', 'publish', 'lab/a')).toEqual([false, 'dynamic security knows no user of this name'])
  expect(await access('admin', 'publish', DYNSEC_TOPIC)).toEqual([true, expect.stringContaining(`publishClientSend $CONTROL/dynamic-security/#`)])
  const { listeners } = (await console.get('/admin/v1/broker')).json
  expect(listeners.map(({ hasDynsec }: { hasDynsec: boolean }) => hasDynsec)).toEqual([true, false])
  await described(console, 'DynsecAnswer', await console.post('/admin/v1/dynsec', { commands: [{ command: 'deleteClient', username: 'ann' }] }))
  expect((await console.post('/admin/v1/dynsec', { commands: [{ command: 'listClients' }], listenerPort: console.httpPort })).status).toBe(404)
  expect((await console.post('/admin/v1/dynsec', { commands: [] })).status).toBe(400)
})

test('input that is not as described is refused with the name of the field', async () => {
  const console = await startConsole()
  const refused = async (reply: Promise<Reply>): Promise<string> => {
    const { status, json } = await reply
    expect(status).toBe(400)
    return json.error
  }
  expect(await refused(console.get('/admin/v1/history?seconds=0'))).toMatch(/^seconds: /)
  expect(await refused(console.get('/admin/v1/history?seconds=abc'))).toMatch(/^seconds: /)
  expect(await refused(console.get('/admin/v1/clients?limit=5000'))).toMatch(/^limit: /)
  expect(await refused(console.get('/admin/v1/clients?colour=red'))).toMatch(/^colour: /)
  expect(await refused(console.get('/admin/v1/log?level=loud'))).toMatch(/^level: /)
  expect(await refused(console.post('/admin/v1/client/disconnect', { id: 'x', reasonCode: 4 }))).toMatch(/^reasonCode: /)
  expect(await refused(console.post('/admin/v1/client/subscribe', { id: 'x', filter: '' }))).toMatch(/^filter: /)
  expect(await refused(console.post('/admin/v1/client/drop', [1]))).not.toBe('')
  expect(await refused(console.post('/admin/v1/access', { client: 'x', action: 'publish', topic: 'a/#' }))).toMatch(/Topic Name/)
  const long = { method: 'POST', body: JSON.stringify({ token: 'x'.repeat(300_000) }), headers: { Host: 'localhost', 'Content-Type': 'application/json' } }
  const reply = await (await console.admin.app()).hono.request('/admin/v1/login', long, { address: '127.0.0.1', isSecure: false })
  expect([reply.status, await reply.json()]).toEqual([400, { error: 'The request is too long.' }])
  expect((await console.get('/admin/v1/client?id=nobody')).status).toBe(404)
  expect((await console.get('/admin/v1/elsewhere')).json).toEqual({ error: 'Nothing is here.' })
})

test('a connected client is shown as it is', async () => {
  const console = await startConsole({ broker: { authenticator: { authenticate: ({ userName }) => ({ reasonCode: 0, userName }), begin: () => null } } })
  const before = Date.now()
  const options = { username: 'ann', password: 'secret-of-ann', keepalive: 47, clean: false, properties: { sessionExpiryInterval: 600, receiveMaximum: 1 } }
  const ann = await client(console, 'ann/1 ü', options)
  await ann.subscribeAsync('a/#', { qos: 2, nl: true, rap: true, properties: { subscriptionIdentifier: 7 } })
  const row = (await console.get('/admin/v1/clients?search=ann')).json.rows[0]
  expect(row).toMatchObject({ id: 'ann/1 ü', user: 'ann', isOnline: true, address: '127.0.0.1', transport: 'tcp', version: '5.0', keepAlive: 47 })
  expect(row).toMatchObject({ cleanStart: false, sessionExpiry: 600, subscriptions: 1, listenerPort: console.running.port, disconnectedAt: null })
  expect(row.connectedAt).toBeGreaterThanOrEqual(before)
  expect(row.lastHeardAt).toBeGreaterThanOrEqual(before)
  expect(row.bytesIn).toBeGreaterThan(20)
  expect(row.bytesOut).toBeGreaterThan(5)
  const { json } = await console.get(`/admin/v1/client?id=${encodeURIComponent('ann/1 ü')}`)
  expect(json.client.id).toBe('ann/1 ü')
  expect(json.subscriptions).toEqual([{ filter: 'a/#', shareName: null, qos: 2, noLocal: true, retainAsPublished: true, identifiers: [7] }])
  expect((await console.get('/admin/v1/client?id=ann')).status).toBe(404)
})

test('what waits for a client is shown: in flight, queued, with what expires', async () => {
  const console = await startConsole()
  const slow = await client(console, 'slow', { clean: false, properties: { sessionExpiryInterval: 600 } })
  await slow.subscribeAsync('q/#', { qos: 1 })
  await slow.endAsync()
  const publisher = await client(console, 'publisher')
  await publisher.publishAsync('q/1', 'one', { qos: 1, properties: { messageExpiryInterval: 100 } })
  await publisher.publishAsync('q/2', 'x'.repeat(1000), { qos: 1 })
  const { json } = await console.get('/admin/v1/client?id=slow')
  expect(json.client).toMatchObject({ isOnline: false, address: null, queued: 2, inflightOut: 0, endCause: 'disconnect', version: '5.0' })
  expect(json.client.disconnectedAt).toBeGreaterThan(Date.now() - 10_000)
  expect(json.queue.length).toBe(2)
  expect(json.queue[0]).toMatchObject({ topic: 'q/1', qos: 1, retain: false, sizeBytes: 3, payloadStart: Buffer.from('one').toString('base64') })
  expect(json.queue[0].expiresInMs).toBeGreaterThan(90_000)
  expect(json.queue[0].expiresInMs).toBeLessThanOrEqual(100_000)
  expect(json.queue[1]).toMatchObject({ topic: 'q/2', sizeBytes: 1000, payloadStart: Buffer.from('x'.repeat(256)).toString('base64'), expiresInMs: null })
  expect((await console.get('/admin/v1/clients?state=offline')).json.rows.map(({ id }: { id: string }) => id)).toEqual(['slow'])
  expect((await console.get('/admin/v1/clients?state=online')).json).toMatchObject({ total: 2, online: 1, matched: 1 })
})

test('messages that a client has not acknowledged are shown by their Packet Identifier', async () => {
  const console = await startConsole()
  const lazy = await client(console, 'lazy', { clean: false, properties: { sessionExpiryInterval: 60 } })
  await lazy.subscribeAsync('f/#', { qos: 2 })
  lazy.handleMessage = () => {} // never acknowledges
  const arrived = event(lazy, 'packetreceive')
  const publisher = await client(console, 'publisher')
  await publisher.publishAsync('f/1', 'one', { qos: 1 })
  await publisher.publishAsync('f/2', 'two', { qos: 2 })
  await arrived
  const { json } = await console.get('/admin/v1/client?id=lazy')
  expect(json.client.inflightOut).toBeGreaterThan(0)
  expect(json.inflight[0]).toEqual({ packetId: 1, awaits: 'PUBACK', topic: 'f/1' })
})

test('pages and orders of clients', async () => {
  const console = await startConsole()
  for (let i = 0; i < 5; i++) await client(console, `sensor-${i}`)
  const ids = async (query: string): Promise<string[]> => (await console.get(`/admin/v1/clients?${query}`)).json.rows.map(({ id }: { id: string }) => id)
  expect(await ids('order=desc&limit=2')).toEqual(['sensor-4', 'sensor-3'])
  expect(await ids('order=desc&limit=2&offset=4')).toEqual(['sensor-0'])
  expect(await ids('search=SENSOR-3')).toEqual(['sensor-3'])
  expect(await ids('sort=connectedAt')).toEqual(['sensor-0', 'sensor-1', 'sensor-2', 'sensor-3', 'sensor-4'])
})

test('a client is disconnected with a reason, its will follows; a dropped session leaves nothing', async () => {
  const console = await startConsole()
  const watcher = await client(console, 'watcher')
  await watcher.subscribeAsync('wills/#')
  const first = event(watcher, 'message')
  const kicked = await client(console, 'kicked', {
    clean: false,
    properties: { sessionExpiryInterval: 600 },
    will: { topic: 'wills/kicked', payload: Buffer.from('bye') },
  })
  await kicked.subscribeAsync('x/#')
  const told = event(kicked, 'disconnect')
  expect((await console.post('/admin/v1/client/disconnect', { id: 'kicked', reasonCode: 0x89 })).json.done).toBe(true)
  expect((await told)[0].reasonCode).toBe(0x89)
  expect((await first)[0]).toBe('wills/kicked')
  expect((await console.get('/admin/v1/client?id=kicked')).json.client).toMatchObject({ isOnline: false, subscriptions: 1, endCause: 'administrative' })
  expect((await console.post('/admin/v1/client/disconnect', { id: 'kicked' })).json).toEqual({ done: false, message: 'The client is not connected.' })
  expect((await console.post('/admin/v1/client/drop', { id: 'kicked' })).json.done).toBe(true)
  expect((await console.get('/admin/v1/client?id=kicked')).status).toBe(404)
  const online = await client(console, 'online', { clean: false, properties: { sessionExpiryInterval: 600 } })
  const closed = event(online, 'close')
  expect((await console.post('/admin/v1/client/drop', { id: 'online' })).json.done).toBe(true)
  await closed
  expect((await console.get('/admin/v1/client?id=online')).status).toBe(404)
  expect(console.lines).toContain('notice: Console: a program of this machine disconnected client kicked with Reason Code 0x89.')
  expect(console.lines).toContain('notice: Console: a program of this machine dropped the session of client online.')
})

test('a client can be subscribed and unsubscribed from outside, with the retained messages and by its rights', async () => {
  const console = await startConsole({
    broker: {
      authorizer: {
        generation: 0,
        mayPublish: () => 'allow',
        mayReceive: () => 'allow',
        maySubscribe: (_id, _name, filter) => (filter === 'secret' ? 'deny' : 'allow'),
      },
    },
  })
  const puppet = await client(console, 'puppet')
  await puppet.publishAsync('kept/1', 'hello', { qos: 1, retain: true })
  const got = event(puppet, 'message')
  expect((await console.post('/admin/v1/client/subscribe', { id: 'puppet', filter: 'kept/#', qos: 1 })).json).toEqual({
    done: true,
    message: 'Subscribed with QoS 1.',
  })
  const [topic, payload] = await got
  expect([topic, String(payload)]).toEqual(['kept/1', 'hello'])
  expect((await console.post('/admin/v1/client/subscribe', { id: 'puppet', filter: 'secret' })).json.done).toBe(false)
  expect((await console.post('/admin/v1/client/subscribe', { id: 'puppet', filter: 'a/#/b' })).status).toBe(400)
  expect((await console.post('/admin/v1/client/subscribe', { id: 'puppet', filter: '$share/g/a', noLocal: true })).status).toBe(400)
  expect((await console.get('/admin/v1/client?id=puppet')).json.subscriptions.map(({ filter }: { filter: string }) => filter)).toEqual(['kept/#'])
  expect((await console.post('/admin/v1/client/unsubscribe', { id: 'puppet', filter: 'kept/#' })).json.done).toBe(true)
  expect((await console.get('/admin/v1/client?id=puppet')).json.client.subscriptions).toBe(0)
})

test('behind a mount point a filter means what it means to the client', async () => {
  const console = await startConsole({ listener: { mountPoint: 'room/' } })
  await client(console, 'inside')
  await console.post('/admin/v1/client/subscribe', { id: 'inside', filter: '$share/g/a/+' })
  await console.post('/admin/v1/client/subscribe', { id: 'inside', filter: 'b' })
  const { json } = await console.get('/admin/v1/client?id=inside')
  expect(json.subscriptions.map(({ filter }: { filter: string }) => filter)).toEqual(['$share/g/room/a/+', 'room/b'])
})

test('retained messages are counted before they are deleted, and subscribers hear of it', async () => {
  const console = await startConsole()
  const keeper = await client(console, 'keeper')
  for (const topic of ['r/1', 'r/2', 'other']) await keeper.publishAsync(topic, topic, { qos: 1, retain: true })
  expect((await console.get('/admin/v1/retained?filter=r/%23')).json).toEqual({ count: 2, topics: ['r/1', 'r/2'] })
  expect((await console.get('/admin/v1/retained/message?topic=r/1')).json).toMatchObject({
    topic: 'r/1',
    qos: 1,
    payload: Buffer.from('r/1').toString('base64'),
    client: 'keeper',
  })
  expect((await console.get('/admin/v1/retained/message?topic=r/9')).status).toBe(404)
  await keeper.subscribeAsync('r/2', { qos: 0, rh: 2 })
  const empty = event(keeper, 'message')
  expect((await console.post('/admin/v1/retained/delete', { filter: 'r/#' })).json).toEqual({ deleted: 2 })
  expect((await empty)[1].length).toBe(0)
  expect((await console.get('/admin/v1/retained?filter=%23')).json.topics).toEqual(['other'])
  expect((await console.post('/admin/v1/retained/delete', { filter: '$SYS/#' })).status).toBe(400)
  expect((await console.post('/admin/v1/retained/delete', { filter: '$share/g/r' })).status).toBe(400)
})

test('the access tester names the line that decides', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'zanzara-acl-')), 'acl')
  onTestFinished(() => rmSync(join(path, '..'), { recursive: true }))
  writeFileSync(path, 'user ann\ntopic read room/#\ntopic deny room/secret\npattern readwrite own/%c/#\n', { mode: 0o600 })
  const authorizer = new FileAuthorizer({ aclFile: new AclFile(path, { owner: null }) })
  const console = await startConsole({
    broker: { authorizer, authenticator: { authenticate: ({ userName }) => ({ reasonCode: 0, userName }), begin: () => null } },
  })
  await client(console, 'c1', { username: 'ann' })
  const ask = async (question: Json): Promise<Json> => (await console.post('/admin/v1/access', question)).json
  expect(await ask({ client: 'c1', action: 'receive', topic: 'room/light' })).toMatchObject({
    allowed: true,
    user: 'ann',
    rule: { file: path, line: 2, text: 'topic read room/#' },
  })
  expect(await ask({ client: 'c1', action: 'publish', topic: 'room/light' })).toMatchObject({ allowed: false, rule: null })
  expect(await ask({ client: 'c1', action: 'receive', topic: 'room/secret' })).toMatchObject({ allowed: false, rule: { line: 3 } })
  expect(await ask({ client: 'c9', user: null, action: 'publish', topic: 'own/c9/x' })).toMatchObject({ allowed: true, user: null, rule: { line: 4 } })
  expect(await ask({ client: 'c1', user: null, action: 'receive', topic: 'room/light' })).toMatchObject({ allowed: false })
  expect(await ask({ client: 'c1', action: 'publish', topic: '$SYS/x' })).toMatchObject({
    allowed: false,
    reason: expect.stringMatching(/\$SYS, \$CONTROL and \$share/),
  })
  expect(await ask({ client: 'c1', action: 'subscribe', topic: '$share/g/room/#' })).toMatchObject({ allowed: true, topic: 'room/#' })
})

test('without rules the access tester says that there are none', async () => {
  const console = await startConsole()
  expect((await console.post('/admin/v1/access', { client: 'x', action: 'publish', topic: 'a' })).json).toEqual({
    allowed: true,
    rule: null,
    reason: 'there are no rules: everything is allowed that the broker itself does not forbid',
    user: null,
    topic: 'a',
  })
})

test('why a client got a message: subscriptions, the lesser QoS, retained or live, DUP', async () => {
  const console = await startConsole()
  const reader = await client(console, 'reader', { clean: false, properties: { sessionExpiryInterval: 60 } })
  await reader.subscribeAsync('a/+', { qos: 1 })
  await reader.subscribeAsync('a/#', { qos: 0, nl: true })
  await reader.subscribeAsync('b', { qos: 2, rap: true })
  const why = async (question: Json): Promise<Json> => (await console.post('/admin/v1/why', { client: 'reader', ...question })).json
  const live = await why({ topic: 'a/x', publishedQos: 2, qos: 1, retain: false, publisher: 'reader' })
  expect(live).toMatchObject({
    kind: 'live',
    matches: [
      { filter: 'a/+', qos: 1, deliveredQos: 1 },
      { filter: 'a/#', qos: 0, deliveredQos: 0, noLocal: true, reason: expect.stringMatching(/^No Local/) },
    ],
    access: { allowed: true },
  })
  expect(live['sentences']).toEqual([
    '2 subscriptions match: a/+, a/#. Each of them may bring a copy.',
    'RETAIN is not set: it was published while the subscription stood, and was sent at once or waited in the queue.',
    'QoS 1: the lesser of 2 as published and 1 or 0 as granted.',
  ])
  expect(await why({ topic: 'a/x', retain: true })).toMatchObject({ kind: 'retained' })
  expect(await why({ topic: 'b', retain: true, dup: true })).toMatchObject({
    kind: 'retained-or-live',
    sentences: expect.arrayContaining([expect.stringMatching(/^DUP is set: it had been sent on an earlier connection/)]),
  })
  expect(await why({ topic: 'elsewhere' })).toMatchObject({ matches: [], sentences: [expect.stringMatching(/^No subscription/)] })
  expect((await console.post('/admin/v1/why', { client: 'nobody', topic: 'a' })).status).toBe(404)
})

test('the configuration is shown with the line of each value, and without its secrets', async () => {
  const text =
    'listener 1883\nallow_anonymous true\nconnection up\naddress 192.0.2.1\ntopic # out\nremote_password hunter2-hunter2\nbridge_psk abcdef0123\nbridge_identity me\nplugin_load x /p/mosquitto_acl_file.so\nplugin_opt_api_token s3cr3t-s3cr3t\n'
  const configuration = parseConfiguration(Buffer.from(text), '/etc/lab.conf')
  const console = await startConsole({ configuration: () => ({ files: configuration.files, sections: explain(configuration) }) })
  const { json, text: body } = await console.get('/admin/v1/config')
  expect(body).not.toMatch(/hunter2|abcdef0123|s3cr3t/)
  const broker = json.sections.find(({ kind }: { kind: string }) => kind === 'broker')
  const option = (name: string): Json => broker.options.find((each: { name: string }) => each.name === name)
  expect(option('allow_anonymous')).toMatchObject({ value: 'true', origin: '/etc/lab.conf:2' })
  expect(option('sys_interval')).toMatchObject({ value: '10', origin: null })
})

test('listeners tell their certificates and never their keys', async () => {
  const file = (name: string): string => readFileSync(new URL(`../net/certificates/${name}`, import.meta.url), 'utf8')
  const tls = { key: file('server.key'), cert: file('server.crt') }
  const console = await startConsole({ broker: { listeners: [{ transport: 'tls', port: 0, host: '127.0.0.1', tls }] } })
  const { json, text } = await console.get('/admin/v1/broker')
  expect(text).not.toMatch(/PRIVATE KEY/)
  expect(json.listeners.map(({ transport, hasConsole }: Json) => [transport, hasConsole])).toEqual([
    ['tcp', false],
    ['tls', false],
    ['ws', true],
  ])
  expect(json.listeners[1].certificate).toMatchObject({ subject: expect.stringContaining('CN='), fingerprint256: expect.stringMatching(/^[0-9A-F]{2}:/) })
  expect(json.listeners[1].certificate.validTo).toBeGreaterThan(Date.now())
  expect(json.listeners[0].certificate).toBeNull()
})

test('$SYS, history and log show the broker as it is', async () => {
  const console = await startConsole()
  await client(console, 'one')
  const { json: sys } = await console.get('/admin/v1/sys')
  expect(sys.values['$SYS/broker/version']).toMatch(/^zanzara version /)
  await expect.poll(async () => (await console.get('/admin/v1/history?seconds=60')).json.columns.connected.at(-1), { timeout: 30_000 }).toBe(1)
  const { json: history } = await console.get('/admin/v1/history?seconds=60&step=1')
  expect(history.time.length).toBe(history.columns.publishesSent.length)
  const { json: log } = await console.get('/admin/v1/log?level=notice')
  expect(log.lines.some(({ text, client: id }: Json) => id === 'one' && String(text).startsWith('New client connected'))).toBe(true)
  const last = log.lines.at(-1).number
  expect((await console.get(`/admin/v1/log?after=${last}`)).json.lines).toEqual([])
})

test('the log is told as it is written, at the level asked for, with nothing that could act on a terminal', async () => {
  const console = await startConsole()
  console.admin.log.write('notice', 'from before')
  const seen: Json[] = []
  await console.open('/admin/v1/log/stream?level=notice', {}, (message) => void seen.push(...(JSON.parse(message as string) as Json[])))
  console.admin.log.write('information', 'not at this level')
  console.admin.log.write('warning', 'red \x1b[31m and \u202e back', { client: 'c', address: 'a' })
  console.admin.log.write('error', 'the end')
  await expect.poll(() => seen.at(-1)?.['text']).toBe('the end')
  const texts = seen.map(({ text }) => text)
  expect(texts).toContain('from before')
  expect(texts).toContain('red \\x1b[31m and \\u{202e} back')
  expect(texts).not.toContain('not at this level')
})
