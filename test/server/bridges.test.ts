// Two brokers of ours with a bridge between them over sockets, as configuration files describe it: topics, TLS, keys, rights, reload, stop.
// What a bridge says packet by packet is in test/bridge; brokers that are not ours are in test/interop.

import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { CertificateError } from '../../src/server/configured-listeners.ts'
import { PacketType, type ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { RawClient, type RawConnect } from '../interop/support/raw-client.ts'
import { ChaosProxy } from '../support/chaos-proxy.ts'
import { type ConfiguredHere, configuredHere } from './configured-kit.ts'

const CONNECTED = /Received SUBACK from local\.b\b|Received UNSUBACK from local\.b\b/

/** Lines of a bridge to a port of 127.0.0.1, or to an address. */
function bridge(to: number | string, ...lines: string[]): string[] {
  const name = lines.some((line) => line.startsWith('remote_clientid')) ? [] : ['remote_clientid b']
  return ['connection b', `address ${typeof to === 'number' ? `127.0.0.1:${to}` : to}`, ...name, 'restart_timeout 1', ...lines]
}

async function client(broker: ConfiguredHere, clientId: string, options: Partial<RawConnect> = {}): Promise<RawClient> {
  const made = await RawClient.connect(broker.port, { version: 4, clientId, ...options })
  onTestFinished(() => made.cut())
  return made
}

async function reader(broker: ConfiguredHere, filter = '#', options: Partial<RawConnect> = {}): Promise<RawClient> {
  const made = await client(broker, `reader-${filter}`, options)
  await made.subscribe([{ topicFilter: filter, qos: 2 }])
  return made
}

function messages(from: RawClient): string[] {
  return from.received.flatMap((packet) =>
    packet.type === PacketType.Publish ? [`${packet.topicName} ${new TextDecoder().decode(packet.payload)} q${packet.qos} r${packet.retain ? 1 : 0}`] : [],
  )
}

async function got(from: RawClient, ...wanted: string[]): Promise<void> {
  await from.until(() => messages(from).length >= wanted.length, `${wanted.length} messages`)
  await from.ping()
  expect(messages(from)).toEqual(wanted)
}

test.each(['mqttv31', 'mqttv311', 'mqttv50'])('%s: every QoS in both directions, with prefixes, once, RETAIN kept', async (version) => {
  const far = await configuredHere()
  const near = await configuredHere(bridge(far.port, `bridge_protocol_version ${version}`, 'topic t/# both 2 here/ there/', 'notifications false'))
  await near.until(CONNECTED)
  const [here, there] = [await reader(near), await reader(far)]
  for (const qos of [0, 1, 2] as const) {
    await here.publish({ topicName: `here/t/${qos}`, payload: 'out', qos, retain: qos === 1 })
    await there.publish({ topicName: `there/t/${qos}`, payload: 'in', qos })
    await there.until(() => messages(there).some((message) => message.startsWith(`there/t/${qos} out`)), 'what goes out')
    await here.until(() => messages(here).some((message) => message.startsWith(`here/t/${qos} in`)), 'what comes in')
  }
  await here.ping()
  await there.ping()
  const both = (prefix: string): string[] => [0, 1, 2].flatMap((qos) => [`${prefix}/t/${qos} out q${qos} r0`, `${prefix}/t/${qos} in q${qos} r0`]).toSorted()
  expect(messages(here).toSorted()).toEqual(both('here'))
  expect(messages(there).toSorted()).toEqual(both('there'))
  await got(await reader(far, 'there/#'), 'there/t/1 out q1 r1')
  expect(far.log).toMatch(
    version === 'mqttv50'
      ? /New client connected from 127\.0\.0\.1:\d+ as b \(p5, c0, k60\)/
      : /New bridge connected from 127\.0\.0\.1:\d+ as b \(p[34], c0, k60\)/,
  )
})

test("the bridge's own session leaves no lines of coming and going here, but those of its messages", async () => {
  const far = await configuredHere()
  const near = await configuredHere(bridge(far.port, 'topic # both 1'))
  await near.until(CONNECTED)
  const there = await reader(far)
  await (await client(near, 'c')).publish({ topicName: 'a', payload: 'x', qos: 1 })
  await got(there, 'a x q1 r0')
  const own = near.lines.filter((line) => line.includes('local.b'))
  expect(own.filter((line) => /connected|New |SUBSCRIBE from|CONNACK to|SUBACK to|DISCONNECT/.test(line))).toEqual([])
  expect(own).toContain("debug: Sending PUBLISH to local.b (d0, q1, r0, m1, 'a', ... (1 bytes))")
})

test('an outage: what was published meanwhile arrives once, in order, on both sides', async () => {
  const far = await configuredHere()
  const proxy = await ChaosProxy.start(far.port, 1)
  onTestFinished(() => proxy.close())
  const near = await configuredHere(bridge(proxy.port, 'topic # both 2', 'notifications false'))
  await near.until(CONNECTED)
  const [here, there] = [await reader(near), await reader(far)]
  const [writer, other] = [await client(near, 'writer'), await client(far, 'other')]
  for (let round = 1; round <= 3; round++) {
    for (const connection of proxy.connections) connection.cut('reset', 'up')
    for (let i = 0; i < 20; i++) {
      await writer.publish({ topicName: 'out', payload: `${round}.${i}`, qos: 2 })
      await other.publish({ topicName: 'in', payload: `${round}.${i}`, qos: 2 })
    }
  }
  const all = [1, 2, 3].flatMap((round) => [...Array(20).keys()].map((i) => `${round}.${i}`))
  const on = (from: RawClient, topic: string): string[] =>
    messages(from).flatMap((message) => (message.startsWith(`${topic} `) ? [message.split(' ')[1]!] : []))
  await there.until(() => on(there, 'out').length >= all.length, 'everything that goes out')
  await here.until(() => on(here, 'in').length >= all.length, 'everything that comes in')
  expect(on(there, 'out')).toEqual(all)
  expect(on(here, 'in')).toEqual(all)
})

test('notifications: both brokers say whether the bridge is up, also after a stop', async () => {
  const far = await configuredHere()
  const near = await configuredHere(bridge(far.port, 'topic # out'), { outlives: true })
  const there = await reader(far, '$SYS/broker/connection/#')
  await there.until(() => messages(there).at(-1)?.includes('state 1') === true, 'state 1')
  await got(await reader(near, '$SYS/broker/connection/#'), '$SYS/broker/connection/b/state 1 q1 r1')
  await near.close()
  await there.until(() => messages(there).at(-1)?.includes('state 0') === true, 'state 0')
  await got(await reader(far, '$SYS/broker/connection/b/state'), '$SYS/broker/connection/b/state 0 q0 r1')
})

const TLS = ['listener PORT 127.0.0.1', 'cafile CERTS/ca.crt', 'certfile CERTS/server.crt', 'keyfile CERTS/server.key']

async function plainOf(far: ConfiguredHere, near: ConfiguredHere): Promise<string> {
  await near.until(CONNECTED)
  await far.until(/Received PUBLISH from b .*state/)
  return far.lines.find((line) => line.includes(' negotiated ')) ?? ''
}

test.each([
  ['bridge_cafile', ['bridge_cafile CERTS/ca.crt', 'bridge_insecure true'], TLS, /TLSv1\.3/],
  ['bridge_capath', ['bridge_capath FOLDER', 'bridge_insecure true'], TLS, /TLSv1\.3/],
  [
    'bridge_certfile and bridge_keyfile',
    ['bridge_cafile CERTS/ca.crt', 'bridge_insecure true', 'bridge_certfile CERTS/client.crt', 'bridge_keyfile CERTS/client.key'],
    [...TLS, 'require_certificate true'],
    /TLSv1\.3/,
  ],
  [
    'bridge_ciphers_tls1.3',
    ['bridge_cafile CERTS/ca.crt', 'bridge_insecure true', 'bridge_ciphers_tls1.3 TLS_CHACHA20_POLY1305_SHA256'],
    TLS,
    /TLS_CHACHA20_POLY1305_SHA256/,
  ],
  [
    'bridge_identity and bridge_psk',
    ['bridge_identity joe', 'bridge_psk 0011aabb'],
    ['listener PORT 127.0.0.1', 'psk_hint lab', 'psk_file FOLDER/keys'],
    /PSK|TLSv1/,
  ],
] as const)('TLS by %s', async (_name, options, listener, expected) => {
  const files = { keys: 'joe:0011aabb\n', 'ca.pem': readFileSync(new URL('../net/certificates/ca.crt', import.meta.url), 'utf8') }
  const far = await configuredHere(listener, { files })
  const near = await configuredHere(bridge(far.port, 'topic # both', ...options), { files })
  expect(await plainOf(far, near)).toMatch(expected)
})

test.each([
  ['bridge_tls_version is the least one', ['bridge_tls_version tlsv1.2'], 'TLSv1.3', /^TLSv1\.3 /],
  ['bridge_tls_version tlsv1.2 reaches a broker that knows no other', ['bridge_tls_version tlsv1.2'], 'TLSv1.2', /^TLSv1\.2 /],
  ['bridge_tls_version tlsv1.3 does not', ['bridge_tls_version tlsv1.3'], 'TLSv1.2', /unsupported protocol|version/],
  ['bridge_ciphers', ['bridge_ciphers ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-CHACHA20-POLY1305'], 'TLSv1.2', /^TLSv1\.2 .*CHACHA20/],
] as const)('TLS of a server that knows one version: %s', async (_name, options, version, expected) => {
  const [cert, key] = ['server.crt', 'server.key'].map((name) => readFileSync(new URL(`../net/certificates/${name}`, import.meta.url)))
  const server = createServer({ cert: cert!, key: key!, minVersion: version, maxVersion: version })
  const told = new Promise<string>((resolve) => {
    server.on('secureConnection', (socket) => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`)
      socket.destroy()
    })
    server.on('tlsClientError', (error) => resolve(error.message))
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await configuredHere(bridge(port, 'topic # both', 'bridge_cafile CERTS/ca.crt', 'bridge_insecure true', ...options))
  expect(await told).toMatch(expected)
})

test.each([
  [
    'a name that is not in the certificate',
    ['bridge_cafile CERTS/ca.crt'],
    ['listener PORT 127.0.0.2', ...TLS.slice(1)],
    /Error creating bridge b .*(altnames|Hostname|IP)/i,
  ],
  ['another authority', ['bridge_cafile CERTS/other-ca.crt', 'bridge_insecure true'], TLS, /Error creating bridge b /],
  ["the system's authorities, which do not know it", ['bridge_tls_use_os_certs true', 'bridge_insecure true'], TLS, /Error creating bridge b /],
  [
    'a wrong key',
    ['bridge_identity joe', 'bridge_psk 0011aabc'],
    ['listener PORT 127.0.0.1', 'psk_hint lab', 'psk_file FOLDER/keys'],
    /Error creating bridge b /,
  ],
] as const)('TLS refused: %s', async (_name, options, listener, expected) => {
  const files = { keys: 'joe:0011aabb\n' }
  const far = await configuredHere(listener, { files })
  const host = listener[0].slice('listener PORT '.length)
  const near = await configuredHere(bridge(`${host}:${far.port}`, 'topic # both', ...options), { files })
  await near.until(expected)
  expect(near.running.bridges.connected).toBe(0)
})

test('bridge_alpn asks for a protocol', async () => {
  const { createServer } = await import('node:tls')
  const pem = (name: string): Buffer => readFileSync(new URL(`../net/certificates/${name}`, import.meta.url))
  const server = createServer({ cert: pem('server.crt'), key: pem('server.key'), ALPNProtocols: ['other', 'mqtt'] })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const chosen = new Promise<string | false | null>((resolve) =>
    server.on('secureConnection', (socket) => {
      resolve(socket.alpnProtocol)
      socket.destroy()
    }),
  )
  const { port } = server.address() as { port: number }
  await configuredHere(bridge(port, 'topic # both', 'bridge_cafile CERTS/ca.crt', 'bridge_insecure true', 'bridge_alpn mqtt'))
  expect(await chosen).toBe('mqtt')
})

test('files that cannot be read are named, at the start', async () => {
  await expect(configuredHere(bridge(1, 'topic #', 'bridge_cafile /nope'))).rejects.toThrow(
    new CertificateError("Unable to load CA certificates of bridge b. Check bridge_cafile '/nope': ENOENT: no such file or directory, open '/nope'."),
  )
  await expect(configuredHere(bridge(1, 'topic #', 'bridge_capath /nope'))).rejects.toThrow(/bridge_capath '\/nope'/)
  await expect(configuredHere(bridge(1, 'topic #', 'bridge_identity x', 'bridge_psk xyz'))).rejects.toThrow(
    'Bridge b: bridge_psk must be hexadecimal digits without 0x.',
  )
})

test('bridge_bind_address: it comes from there', async () => {
  const far = await configuredHere()
  await configuredHere(bridge(far.port, 'topic # both', 'bridge_bind_address 127.0.0.2'))
  await far.until(/New bridge connected from 127\.0\.0\.2:\d+ as b /)
})

test('remote_username and remote_password are those of the other broker; who has no right to say its state there is refused', async () => {
  const far = await configuredHere(['listener PORT 127.0.0.1', 'acl_file FOLDER/acl'], { files: { acl: 'user joe\ntopic readwrite #\n' } })
  const near = await configuredHere(bridge(far.port, 'topic # both 1', 'remote_username joe', 'remote_password x', 'notifications false'))
  await near.until(CONNECTED)
  await far.until(/New bridge connected from \S+ as b \(p4, c0, k60, u'joe'\)/)
  const told = await configuredHere(bridge(far.port, 'topic # both 1', 'remote_username joe', 'remote_password x', 'remote_clientid b2'))
  await told.until(/^error: Connection Refused: not authorised \(bridge b\)\. Trying again in 1 s\.$/m)
})

test('local_username: the ACL file holds for the bridge; without it everything goes', async () => {
  const files = { acl: 'topic readwrite #\nuser joe\ntopic readwrite open/#\n' }
  const far = await configuredHere()
  const near = await configuredHere(
    ['listener PORT 127.0.0.1', 'acl_file FOLDER/acl', ...bridge(far.port, 'topic # both 1', 'notifications false', 'local_username joe')],
    { files },
  )
  await near.until(CONNECTED)
  const [here, there] = [await reader(near), await reader(far)]
  await here.publish({ topicName: 'closed/a', payload: 'x', qos: 1 })
  await here.publish({ topicName: 'open/a', payload: 'x', qos: 1 })
  await got(there, 'open/a x q1 r0')
  await there.publish({ topicName: 'closed/b', payload: 'x', qos: 1 })
  await there.publish({ topicName: 'open/b', payload: 'x', qos: 1 })
  await here.until(() => messages(here).length === 3, 'three messages')
  expect(messages(here)).toEqual(['closed/a x q1 r0', 'open/a x q1 r0', 'open/b x q1 r0'])
  const strict = await configuredHere(
    ['listener PORT 127.0.0.1', 'acl_file FOLDER/acl', ...bridge(far.port, 'topic # both 1', 'notifications false', 'remote_clientid b2')],
    {
      files: { acl: 'user nobody\ntopic readwrite #\n' },
    },
  )
  await strict.until(/Received SUBACK from local\.b2/)
  await there.publish({ topicName: 'any', payload: 'x', qos: 1 })
  await strict.until(/Sending PUBACK to local\.b2 \(m1, rc16\)|Received PUBLISH from local\.b2 .*'any'/)
})

test('reload: bridges are added, changed and taken out', async () => {
  const far = await configuredHere()
  const near = await configuredHere(['listener PORT 127.0.0.1'])
  const base = ['allow_anonymous true', 'sys_interval 0', 'listener PORT 127.0.0.1']
  const [here, there] = [await reader(near), await reader(far)]
  near.reload([...base, ...bridge(far.port, 'topic a/# out 1', 'notifications false')])
  await near.until(CONNECTED)
  await here.publish({ topicName: 'a/1', payload: 'x', qos: 1 })
  await got(there, 'a/1 x q1 r0')
  near.reload([...base, ...bridge(far.port, 'topic b/# out 1', 'notifications false', 'bridge_reload_type immediate')])
  await near.until(CONNECTED, 2)
  await here.publish({ topicName: 'a/2', payload: 'x', qos: 1 })
  await here.publish({ topicName: 'b/2', payload: 'x', qos: 1 })
  await got(there, 'a/1 x q1 r0', 'b/2 x q1 r0')
  const before = near.log.match(/Connecting bridge/g)!.length
  near.reload([...base, ...bridge(far.port, 'topic b/# out 1', 'notifications false', 'bridge_reload_type immediate')])
  expect(near.log.match(/Connecting bridge/g)!.length).toBe(before) // nothing has changed
  near.reload(base)
  await far.until(/Client b \[127\.0\.0\.1:\d+\] disconnected\.$/m, 2)
  await expect.poll(() => near.running.broker.sessions.has('local.b')).toBe(false)
  expect(() => near.reload([...base, ...bridge(far.port, 'topic #', 'bridge_cafile /nope')])).toThrow(CertificateError)
  expect(near.running.bridges.connected).toBe(0)
})

test.each([3, 4] as const)('a bridge that comes to us in version %d: RETAIN is kept, its own messages do not come back', async (version: ProtocolVersion) => {
  const far = await configuredHere()
  const incoming = await client(far, 'bridge', { version, bridge: true })
  await incoming.subscribe([{ topicFilter: '#', qos: 1 }])
  incoming.take()
  const other = await client(far, 'other')
  await incoming.publish({ topicName: 'own', payload: '1', qos: 1, retain: true })
  await other.publish({ topicName: 'live', payload: '2', qos: 1, retain: true })
  await got(incoming, 'live 2 q1 r1')
  const plain = await client(far, 'plain', { version })
  await plain.subscribe([{ topicFilter: '#', qos: 1 }])
  plain.take()
  await plain.publish({ topicName: 'own', payload: '3', qos: 1, retain: true })
  await plain.until(() => messages(plain).includes('own 3 q1 r0'), 'what a client sent itself')
})
