// Limits and ways of delivery, by a configuration file: each option's effect on the packets that clients get.
// What the rules are is tested in test/broker and test/conformance; here that the file's lines reach them.

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Packet, PacketType, type Publish } from '../../src/wire/mqtt/packet.ts'
import { RawClient, type RawConnect } from '../interop/support/raw-client.ts'
import { answer, configured, folder, guest } from './support/broker-kit.ts'

const OPEN = ['allow_anonymous true', 'sys_interval 0']

async function raw(port: number, options: Partial<RawConnect> & { readonly clientId: string }): Promise<RawClient> {
  const client = await RawClient.connect(port, { version: 5, ...options })
  onTestFinished(() => client.cut())
  return client
}

function connackOf(client: RawClient): Extract<Packet, { type: typeof PacketType.Connack }> {
  const [first] = client.take()
  if (first?.type !== PacketType.Connack) throw new Error(`no CONNACK but ${JSON.stringify(first)}`)
  return first
}

function publishes(client: RawClient): string[] {
  return client.received
    .filter((packet): packet is Publish => packet.type === PacketType.Publish)
    .map(({ topicName, payload, qos, retain }) => `${topicName} ${Buffer.from(payload).toString()} q${qos}${retain ? ' r' : ''}`)
}

/** Once these have come and nothing else before the answer to a PINGREQ. */
async function deliveries(client: RawClient, count: number): Promise<string[]> {
  await client.until(() => publishes(client).length >= count, `${count} messages`)
  await client.ping()
  const found = publishes(client)
  client.take()
  return found
}

test('CONNACK of 5.0 tells max_packet_size, max_inflight_messages, max_topic_alias, max_qos, retain_available, max_keepalive', async () => {
  const { ports } = await configured([
    ...OPEN,
    'max_packet_size 4000',
    'max_inflight_messages 7',
    'max_keepalive 30',
    'retain_available false',
    'listener PORT 127.0.0.1',
    'max_topic_alias 3',
    'max_qos 1',
    'listener PORT2 127.0.0.1',
  ])
  const [limited, plain] = ports as [number, number]
  expect(connackOf(await raw(limited, { clientId: 'a', keepAlive: 60 })).properties).toEqual({
    topicAliasMaximum: 3,
    maximumPacketSize: 4000,
    receiveMaximum: 7,
    maximumQos: 1,
    retainAvailable: 0,
    serverKeepAlive: 30,
  })
  expect(connackOf(await raw(plain, { clientId: 'b', keepAlive: 30 })).properties).toEqual({
    topicAliasMaximum: 10,
    maximumPacketSize: 4000,
    receiveMaximum: 7,
    retainAvailable: 0,
  })
  expect(await answer(plain, { keepalive: 31 })).toBe(2)
  const v5 = await raw(limited, { clientId: 'c' })
  await expect(v5.publish({ topicName: 'x', qos: 2 })).rejects.toThrow(/closed the connection/)
  expect(v5.received.at(-1)).toMatchObject({ type: PacketType.Disconnect, reasonCode: 0x9b })
  const retaining = await raw(plain, { clientId: 'd' })
  await expect(retaining.publish({ topicName: 'x', qos: 1, retain: true })).rejects.toThrow(/closed the connection/)
  expect(retaining.received.at(-1)).toMatchObject({ type: PacketType.Disconnect, reasonCode: 0x9a })
  const old = await guest(limited, { keepalive: 30 })
  expect(await old.subscribe('x', 2)).toBe(1)
})

test('max_packet_size: a larger packet ends the connection, 0x95 in 5.0', async () => {
  const { port } = await configured([...OPEN, 'max_packet_size 100', 'listener PORT 127.0.0.1'])
  const client = await raw(port, { clientId: 'a' })
  expect(await client.publish({ topicName: 'x', qos: 1, payload: 'y'.repeat(50) })).toBe(16)
  await expect(client.publish({ topicName: 'x', qos: 1, payload: 'y'.repeat(200) })).rejects.toThrow(/closed the connection/)
  expect(client.received.at(-1)).toMatchObject({ type: PacketType.Disconnect, reasonCode: 0x95 })
})

test('message_size_limit: larger payloads are dropped, with 0x97 in 5.0, and the connection stays', async () => {
  const { port, program } = await configured([...OPEN, 'message_size_limit 10', 'log_type all', 'listener PORT 127.0.0.1'])
  const client = await raw(port, { clientId: 'a' })
  await client.subscribe([{ topicFilter: 'x' }])
  client.take()
  expect(await client.publish({ topicName: 'x', qos: 1, payload: 'y'.repeat(11) })).toBe(0x97)
  expect(await client.publish({ topicName: 'x', qos: 1, payload: 'y'.repeat(10) })).toBe(0)
  expect(await deliveries(client, 1)).toEqual([`x ${'y'.repeat(10)} q0`])
  await program.until('stderr', /Dropped too large PUBLISH from a \(d0, q1, r0, m\d+, 'x', \.\.\. \(11 bytes\)\)\n/)
})

/** What a client that was away finds: `lines` on top, `count` messages of each QoS published meanwhile. */
async function queued(lines: readonly string[], count: number, size = 1): Promise<{ found: string[]; log: readonly string[] }> {
  const { port, program } = await configured([...OPEN, ...lines, 'listener PORT 127.0.0.1'])
  const session = { clientId: 'away', cleanStart: false, properties: { sessionExpiryInterval: 1000 } }
  const first = await raw(port, session)
  await first.subscribe([{ topicFilter: '#', qos: 1 }])
  await first.disconnect()
  const sender = await raw(port, { clientId: 'sender' })
  for (let i = 1; i <= count; i++) {
    await sender.publish({ topicName: 'zero', payload: String(i).repeat(size) })
    await sender.publish({ topicName: 'one', qos: 1, payload: String(i).repeat(size) })
  }
  await sender.ping()
  const again = await raw(port, session)
  const found = await deliveries(again, 1)
  return { found, log: program.log }
}

test('max_queued_messages: the newest are dropped, and the log says so once; QoS 0 does not wait', async () => {
  const { found, log } = await queued(['max_inflight_messages 1', 'max_queued_messages 2'], 5)
  expect(found).toEqual(['one 1 q1', 'one 2 q1', ...(found.length > 2 ? ['one 3 q1'] : [])])
  expect(log.filter((line) => line.includes('dropped'))).toEqual(['Outgoing messages are being dropped for client away.'])
})

test('max_queued_bytes', async () => {
  const { found } = await queued(['max_queued_bytes 1000'], 5, 400)
  expect(found.map((line) => line.slice(0, 5))).toEqual(['one 1', 'one 2'])
})

test('queue_qos0_messages', async () => {
  const { found } = await queued(['queue_qos0_messages true'], 2)
  expect(found).toEqual(['zero 1 q0', 'one 1 q1', 'zero 2 q0', 'one 2 q1'])
})

test.each([
  ['max_inflight_messages 2', 2],
  ['max_inflight_bytes 25', 3],
])('%s: no more than %i without acknowledgement', async (line, most) => {
  const { port } = await configured([...OPEN, line, 'listener PORT 127.0.0.1'])
  const slow = await raw(port, { clientId: 'slow', acknowledges: false })
  await slow.subscribe([{ topicFilter: 'x', qos: 1 }])
  slow.take()
  const sender = await raw(port, { clientId: 'sender' })
  for (let i = 1; i <= 5; i++) await sender.publish({ topicName: 'x', qos: 1, payload: `${i}`.repeat(10) })
  await slow.until(() => publishes(slow).length >= most, `${most} messages`)
  await slow.ping()
  expect(publishes(slow).length).toBe(most)
  const [{ packetId }] = slow.received.filter((packet): packet is Publish => packet.type === PacketType.Publish) as [Publish]
  slow.send({ type: PacketType.Puback, packetId, reasonCode: 0, properties: {} })
  await slow.until(() => publishes(slow).length === most + 1, 'one more')
})

test('upgrade_outgoing_qos: the QoS of the subscription', async () => {
  const { port } = await configured([...OPEN, 'upgrade_outgoing_qos true', 'listener PORT 127.0.0.1'])
  const client = await raw(port, { clientId: 'a' })
  await client.subscribe([{ topicFilter: 'x', qos: 1 }])
  client.take()
  await client.publish({ topicName: 'x', payload: '1' })
  expect(await deliveries(client, 1)).toEqual(['x 1 q1'])
})

test('allow_duplicate_messages: a copy for each overlapping subscription, or one', async () => {
  for (const [lines, copies] of [
    [[], 2],
    [['allow_duplicate_messages true'], 2],
    [['allow_duplicate_messages false'], 1],
  ] as const) {
    const { port } = await configured([...OPEN, ...lines, 'listener PORT 127.0.0.1'])
    const client = await raw(port, { clientId: 'a', version: 4 })
    await client.subscribe([{ topicFilter: 'x/#' }, { topicFilter: 'x/+' }])
    client.take()
    await client.publish({ topicName: 'x/y', payload: '1' })
    expect(await deliveries(client, copies)).toEqual(Array<string>(copies).fill('x/y 1 q0'))
  }
})

/** For Node: the broker's clock runs so many times as fast. */
function fastClock(times: number): Readonly<Record<string, string>> {
  const code = `const real = performance.now.bind(performance); performance.now = () => real() * ${times}`
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` }
}

test('retain_expiry_interval: a retained message is gone after so many minutes; without it stays', async () => {
  for (const [lines, left] of [
    [['retain_expiry_interval 1'], 0],
    [[], 1],
  ] as const) {
    const { port } = await configured([...OPEN, ...lines, 'listener PORT 127.0.0.1'], { env: fastClock(30) })
    const client = await raw(port, { clientId: 'a', keepAlive: 0 })
    // in one breath: a slow machine could take longer than the message lives
    await Promise.all([client.publish({ topicName: 'x', qos: 1, retain: true, payload: '1' }), client.subscribe([{ topicFilter: 'x' }])])
    const stored = performance.now()
    await client.until(() => publishes(client).length === 1, 'the retained message')
    await new Promise((resolve) => setTimeout(resolve, 60_000 / 30 + 200 - (performance.now() - stored)))
    client.take()
    await client.subscribe([{ topicFilter: 'x' }])
    await client.ping()
    expect(publishes(client).length).toBe(left)
  }
})

test('persistent_client_expiration: a session without a connection ends', async () => {
  const { port, program } = await configured([...OPEN, 'persistent_client_expiration 1s', 'listener PORT 127.0.0.1'])
  const first = await raw(port, { clientId: 'away', version: 4, cleanStart: false })
  await first.subscribe([{ topicFilter: 'x', qos: 1 }])
  await first.disconnect()
  const soon = await raw(port, { clientId: 'away', version: 4, cleanStart: false })
  expect(connackOf(soon).sessionPresent).toBe(true)
  await soon.disconnect()
  await program.until('stderr', /Expiring client away due to timeout\.\n/)
  expect(connackOf(await raw(port, { clientId: 'away', version: 4, cleanStart: false })).sessionPresent).toBe(false)
})

test('global_max_clients counts sessions: 0x89 in 5.0, a closed connection before', async () => {
  const { port } = await configured([...OPEN, 'global_max_clients 2', 'listener PORT 127.0.0.1'])
  const away = await raw(port, { clientId: 'away', version: 4, cleanStart: false })
  await away.disconnect()
  await guest(port, { clientId: 'second' })
  expect(await answer(port, { protocolVersion: 5 })).toBe(0x89)
  expect(await answer(port)).toBe('closed without CONNACK')
  expect(await answer(port, { clientId: 'away' })).toBe('welcome')
})

test('global_max_connections: of all listeners together; the one too many is closed', async () => {
  const { ports, program } = await configured([...OPEN, 'global_max_connections 2', 'listener PORT 127.0.0.1', 'listener PORT2 127.0.0.1'])
  await guest(ports[0]!)
  const second = await guest(ports[1]!)
  expect(await answer(ports[0]!)).not.toBe('welcome')
  await program.until('stderr', /Client connection from 127\.0\.0\.1 denied: max_connections exceeded\.\n/)
  await second.leave()
  await expect.poll(() => answer(ports[0]!), { timeout: 30_000 }).toBe('welcome')
})

test('max_connections of a listener counts its IPv4 and IPv6 sockets together', async () => {
  const { ports, program } = await configured([...OPEN, 'listener PORT', 'max_connections 2', 'listener PORT2 127.0.0.1'])
  const [limited, other] = ports as [number, number]
  if (program.log.some((line) => line.startsWith('No IPv6'))) return
  const held = [await guest(limited, { host: '127.0.0.1' }), await guest(limited, { host: '::1' })]
  expect(await answer(limited, { host: '127.0.0.1' })).not.toBe('welcome')
  expect(await answer(limited, { host: '::1' })).not.toBe('welcome')
  expect(await answer(other)).toBe('welcome')
  await program.until('stderr', /Client connection from (127\.0\.0\.1|::1) denied: max_connections exceeded\.\n/)
  await held[0]!.leave()
  await expect.poll(() => answer(limited, { host: '::1' }), { timeout: 30_000 }).toBe('welcome')
})

test('accept_protocol_versions: others get 1 in 3.x and 0x84 in 5.0', async () => {
  const { ports } = await configured([
    ...OPEN,
    'listener PORT 127.0.0.1',
    'accept_protocol_versions 5',
    'listener PORT2 127.0.0.1',
    'accept_protocol_versions 3, 4',
  ])
  const [five, old] = ports as [number, number]
  const v31 = { protocolId: 'MQIsdp', protocolVersion: 3 } as const
  expect([await answer(five, { protocolVersion: 5 }), await answer(five), await answer(five, v31)]).toEqual(['welcome', 1, 1])
  expect([await answer(old, { protocolVersion: 5 }), await answer(old), await answer(old, v31)]).toEqual([0x84, 'welcome', 'welcome'])
})

test('mount_point: a world of its own below the prefix', async () => {
  const { ports } = await configured([...OPEN, 'listener PORT 127.0.0.1', 'mount_point site/', 'listener PORT2 127.0.0.1'])
  const inside = await raw(ports[0]!, {
    clientId: 'inside',
    version: 4,
    will: { topicName: 'will', payload: Buffer.from('bye'), qos: 0, retain: false, properties: {} },
  })
  const outside = await raw(ports[1]!, { clientId: 'outside', version: 4 })
  await inside.subscribe([{ topicFilter: '#' }])
  await outside.subscribe([{ topicFilter: '#' }])
  inside.take()
  outside.take()
  await inside.publish({ topicName: 'a', payload: '1', qos: 1 })
  await outside.publish({ topicName: 'site/b', payload: '2', qos: 1 })
  await outside.publish({ topicName: 'c', payload: '3', qos: 1 })
  expect(await deliveries(inside, 2)).toEqual(['a 1 q0', 'b 2 q0'])
  await inside.cut()
  expect(await deliveries(outside, 4)).toEqual(['site/a 1 q0', 'site/b 2 q0', 'c 3 q0', 'site/will bye q0'])
})

test('max_topic_alias_broker: the broker uses no more than that, and none with 0', async () => {
  const { ports } = await configured([...OPEN, 'listener PORT 127.0.0.1', 'max_topic_alias_broker 1', 'listener PORT2 127.0.0.1', 'max_topic_alias_broker 0'])
  for (const [i, aliases] of [
    [0, [1, 1]],
    [1, [undefined, undefined]],
  ] as const) {
    const client = await raw(ports[i]!, { clientId: `a${i}`, properties: { topicAliasMaximum: 5 } })
    await client.subscribe([{ topicFilter: 'x' }])
    client.take()
    await client.publish({ topicName: 'x', payload: '1' })
    await client.publish({ topicName: 'x', payload: '2' })
    await client.until(() => publishes(client).length === 2, 'both')
    expect(client.received.map((packet) => (packet as Publish).properties.topicAlias)).toEqual(aliases)
  }
})

test('use_username_as_clientid: the name is the identifier; without one nobody comes in', async () => {
  const { port, program } = await configured([...OPEN, 'listener PORT 127.0.0.1', 'use_username_as_clientid true'])
  expect(await answer(port, { clientId: 'x', username: 'ann' })).toBe('welcome')
  await program.until('stderr', / as ann \(p4, c1, k60, u'ann'\)\.\n/)
  expect(await answer(port, { clientId: 'x' })).toBe(5)
})

test('enable_proxy_protocol: the address is the one that the proxy tells; without a header the connection ends', async () => {
  const { ports, program } = await configured([
    ...OPEN,
    'listener PORT 127.0.0.1',
    'enable_proxy_protocol 1',
    'listener PORT2 127.0.0.1',
    'enable_proxy_protocol 2',
    'proxy_protocol_v2_require_tls true',
    'listener PORT3 127.0.0.1',
    'enable_proxy_protocol 2',
    'require_certificate true',
  ])
  const CONNECT = '101000044d5154540402003c000464656166'
  const speak = async (port: number, head: Buffer): Promise<string> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.write(Buffer.concat([head, Buffer.from(CONNECT, 'hex')]))
    const [data] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [Buffer.alloc(0)])])) as [Buffer]
    return data.toString('hex')
  }
  expect(await speak(ports[0]!, Buffer.from('PROXY TCP4 203.0.113.9 127.0.0.1 4711 1883\r\n'))).toBe('20020000')
  await program.until('stderr', /New client connected from 203\.0\.113\.9:4711 as deaf /)
  expect(await speak(ports[0]!, Buffer.alloc(0))).toBe('')
  const v2 = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb007109' + '7f00000112671267'.slice(0, 16), 'hex')
  expect(await speak(ports[1]!, v2)).toBe('')
  await program.until('stderr', /Connection from 203\.0\.113\.9:4711 rejected, client did not connect using TLS\.\n/)
  await program.until('stderr', /Connection rejected, corrupt PROXY header\. Client connection from 127\.0\.0\.1 failed: no PROXY [^\n]*version 1\.\n/)
  expect(await speak(ports[2]!, v2)).toBe('')
  await program.until('stderr', /Connection from 203\.0\.113\.9:4711 rejected, client did not provide a certificate\.\n/)
})

test('our own: max_connections_per_address counts by the address that a proxy tells', async () => {
  const { port, program } = await configured([...OPEN, 'max_connections_per_address 1', 'listener PORT 127.0.0.1', 'enable_proxy_protocol 1'])
  const from = async (address: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    socket.write(`PROXY TCP4 ${address} 127.0.0.1 4711 1883\r\n`)
    socket.write(Buffer.from('101000044d5154540402003c000464656166', 'hex'))
    const [data] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [Buffer.from('closed')])])) as [Buffer]
    return data.toString('latin1') === 'closed' ? 'closed' : data.toString('hex')
  }
  expect([await from('203.0.113.9'), await from('203.0.113.9'), await from('203.0.113.8')]).toEqual(['20020000', 'closed', '20020000'])
  await program.until('stderr', /Client connection from 203\.0\.113\.9 denied: 1 connections from this address are open/)
})

test('our own: max_publish_bytes_rate slows who sends more', async () => {
  const { port } = await configured([...OPEN, 'max_publish_bytes_rate 10000', 'listener PORT 127.0.0.1'])
  const fast = await raw(port, { clientId: 'fast' })
  const start = performance.now()
  for (let i = 0; i < 4; i++) await fast.publish({ topicName: 'b', qos: 1, payload: 'x'.repeat(5000) })
  expect(performance.now() - start).toBeGreaterThan(500)
})

test('protocol websockets, http_dir, websockets_origin', async () => {
  const path = folder()
  writeFileSync(join(path, 'index.html'), '<h1>lab</h1>')
  const { port } = await configured([...OPEN, 'listener PORT 127.0.0.1', 'protocol websockets', `http_dir ${path}`, 'websockets_origin https://lab.example'])
  const from = (origin: string): object => ({ protocol: 'ws', path: '/mqtt', host: '127.0.0.1', wsOptions: { origin } })
  for (const origin of ['https://lab.example', 'https://LAB.example/']) expect(await answer(port, from(origin))).toBe('welcome')
  for (const origin of ['https://evil.example', 'http://lab.example']) expect(await answer(port, from(origin))).not.toBe('welcome')
  const page = await fetch(`http://127.0.0.1:${port}/index.html`)
  expect([page.status, await page.text()]).toEqual([200, '<h1>lab</h1>'])
  expect((await fetch(`http://127.0.0.1:${port}/../../etc/passwd`)).status).toBe(404)
})

test('socket_domain: one family only', async () => {
  const { ports, program } = await configured([...OPEN, 'listener PORT', 'socket_domain ipv4', 'listener PORT2 localhost', 'socket_domain ipv4'])
  expect(program.log.filter((line) => line.startsWith('Opening'))).toEqual([
    `Opening ipv4 listen socket on port ${ports[0]!}.`,
    `Opening ipv4 listen socket on port ${ports[1]!}.`,
  ])
  expect(await answer(ports[0]!, { host: '127.0.0.1' })).toBe('welcome')
  expect(await answer(ports[0]!, { host: '::1' })).toMatch(/ECONNREFUSED/)
  expect(await answer(ports[1]!, { host: '127.0.0.1' })).toBe('welcome')
})

test('memory_limit: nobody new comes in, and the log says why', async () => {
  const { port, program } = await configured([...OPEN, 'memory_limit 1000', 'listener PORT 127.0.0.1'])
  await program.until('stderr', /Warning: memory_limit 1000 is reached: no new clients, no messages\.\n/)
  expect(await answer(port, { protocolVersion: 5 })).toBe(0x97)
})

test('our own: max_publish_rate, max_retained_messages, max_subscriptions_per_client, max_topic_levels', async () => {
  const { port } = await configured([
    ...OPEN,
    'max_publish_rate 5',
    'max_retained_messages 1',
    'max_subscriptions_per_client 2',
    'max_topic_levels 8',
    'listener PORT 127.0.0.1',
  ])
  const client = await raw(port, { clientId: 'a' })
  const sub = await guest(port, { protocolVersion: 5 })
  expect([await sub.subscribe('a/#'), await sub.subscribe('b'), await sub.subscribe('c')]).toEqual([0, 0, 0x97])
  expect([
    await client.publish({ topicName: 'a/1', qos: 1, retain: true, payload: '1' }),
    await client.publish({ topicName: 'a/2', qos: 1, retain: true, payload: '2' }),
  ]).toEqual([0, 0x97])
  const deep = await guest(port, { protocolVersion: 5 })
  deep.send('1/2/3/4/5/6/7/8/9', '')
  await deep.ended()
  const fast = await raw(port, { clientId: 'fast' })
  const start = performance.now()
  for (let i = 0; i < 10; i++) await fast.publish({ topicName: 'b', qos: 1 })
  expect(performance.now() - start).toBeGreaterThan(500)
})
