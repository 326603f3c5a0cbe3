// What can be done below MQTT: WebSocket frames, PROXY headers, TLS handshakes, connections by the thousand (rows 47 to 50 of docs/security.md).
// How each transport behaves among honest peers is the business of test/net.

import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { FileAuthenticator } from '../../src/auth/file-authenticator.ts'
import { PasswordLogins } from '../../src/auth/password-logins.ts'
import { OpenConnections } from '../../src/net/open-connections.ts'
import type { StartBrokerOptions } from '../../src/server/start-broker.ts'
import { certificate, listenerOptions, listening, Owners, testContext, until as untilOf } from '../net/recording.ts'
import { connectFrame } from '../support/raw-packets.ts'
import { binaryHeader, proxied, tlv } from '../wire/proxy-headers.ts'
import { type Arena, Attacker, heldBytes, row, until } from './arena.ts'

const LOOPBACK = { port: 0, host: '127.0.0.1' } as const
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const decoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

function upgrade(more: readonly string[] = ['Sec-WebSocket-Protocol: mqtt']): Uint8Array {
  return text(
    [
      'GET /mqtt HTTP/1.1',
      'Host: broker',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ...more,
      '',
      '',
    ].join('\r\n'),
  )
}

/** A masked frame unless told otherwise; the mask is zero. */
function websocketFrame(first: number, payload: readonly number[], isMasked = true): number[] {
  const mask = isMasked ? 0x80 : 0
  const length = payload.length < 126 ? [mask | payload.length] : [mask | 126, payload.length >> 8, payload.length & 255]
  return [first, ...length, ...(isMasked ? [0, 0, 0, 0] : []), ...payload]
}

/** A WebSocket that has been opened. */
async function websocket(arena: Arena, port: number): Promise<Attacker> {
  const attacker = arena.attacker(port)
  attacker.write(upgrade())
  await until(() => decoded(attacker.bytes).includes('\r\n\r\n'), 'the answer')
  expect(decoded(attacker.bytes)).toMatch(/^HTTP\/1\.1 101 /)
  attacker.bytes = Buffer.alloc(0)
  return attacker
}

/** The code of the Close frame that the broker sent, the last one there. */
function closeCode(attacker: Attacker): number | null {
  for (let at = 0; at + 1 < attacker.bytes.length; ) {
    const length = attacker.bytes[at + 1]! & 127
    const body = at + (length === 126 ? 4 : 2)
    const size = length === 126 ? attacker.bytes.readUInt16BE(at + 2) : length
    if (attacker.bytes[at] === 0x88) return size >= 2 ? attacker.bytes.readUInt16BE(body) : null
    at = body + size
  }
  return null
}

const withWebSockets: StartBrokerOptions = {
  listeners: [LOOPBACK, { transport: 'ws', ...LOOPBACK }, { transport: 'ws', ...LOOPBACK, websocket: { origins: ['https://good.example'], paths: ['/mqtt'] } }],
  limits: { maximumPacketSize: 100_000 },
}

row(
  47,
  'WebSocket: who may not come in',
  async (arena) => {
    const [, open, guarded] = arena.running.ports as [number, number, number]
    for (const [port, bytes, status] of [
      [open, upgrade(['Sec-WebSocket-Protocol: chat']), '400'],
      [guarded, upgrade(['Sec-WebSocket-Protocol: mqtt', 'Origin: https://evil.example']), '403'],
      [guarded, text(decoded(upgrade()).replace('/mqtt', '/other')), '404'],
      [open, text(decoded(upgrade()).replace('Version: 13', 'Version: 7')), '400'],
      [open, text(decoded(upgrade()).replace('AAAA==', '')), '400'],
      [open, text(`GET / HTTP/1.1\r\nHost: broker\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`), '400'],
      [open, Uint8Array.from(connectFrame(4)), '400'],
    ] as const) {
      const attacker = arena.attacker(port)
      attacker.write(bytes)
      await attacker.closed()
      expect(/^HTTP\/1\.1 (\d+)/.exec(decoded(attacker.bytes))?.[1]).toBe(status)
    }
  },
  withWebSockets,
)

row(
  47,
  'WebSocket: frames that are wrong, too large, or too many',
  async (arena) => {
    const port = arena.running.ports[1]!
    for (const [name, bytes, code] of [
      ['text', [...websocketFrame(0x81, [0x61]), ...websocketFrame(0x88, [3, 0xeb])], 1003],
      ['not masked', websocketFrame(0x82, [0x10], false), 1002],
      ['2^63 bytes', [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009],
      ['2^62 bytes', [0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0], 1009],
      ['larger than any packet', [0x82, 0xff, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0], 1009],
      ['a control frame of 126 bytes', websocketFrame(0x89, new Array(126).fill(0)), 1002],
      ['a control frame in pieces', websocketFrame(0x09, [1]), 1002],
      ['compressed, which was not agreed', websocketFrame(0xc2, [1, 2, 3]), 1002],
      ['an opcode that does not exist', websocketFrame(0x83, [1]), 1002],
      ['a continuation of nothing', websocketFrame(0x80, [1]), 1002],
    ] as const) {
      const attacker = await websocket(arena, port)
      attacker.write(bytes)
      await attacker.closed()
      expect([name, closeCode(attacker)]).toEqual([name, code])
    }
  },
  withWebSockets,
)

row(
  47,
  'WebSocket: a message in 100,000 pieces, and a flood of pings',
  async (arena) => {
    const port = arena.running.ports[1]!
    const before = heldBytes()
    const pieces = await websocket(arena, port)
    const one = websocketFrame(0x00, [0])
    pieces.write(websocketFrame(0x02, [0]))
    const some = Uint8Array.from(Array.from({ length: 10_000 }, () => one).flat())
    for (let i = 0; i < 10; i++) pieces.write(some)
    // a hundred may come in ten seconds, however patient the peer is
    const patient = await websocket(arena, port)
    for (let answered = 0; answered <= 100 && closeCode(patient) === null; answered++) {
      patient.write(websocketFrame(0x89, []))
      await until(() => patient.bytes.length > 2 * answered || patient.isClosed, 'a pong')
    }
    patient.write(websocketFrame(0x88, [3, 0xe8]))
    await patient.closed()
    expect(closeCode(patient)).toBe(1008)
    const pinging = await websocket(arena, port)
    const ping = Uint8Array.from(Array.from({ length: 10_000 }, () => websocketFrame(0x89, new Array(100).fill(0))).flat())
    for (let i = 0; i < 10; i++) pinging.write(ping)
    const exchanges = arena.exchanges
    await until(() => arena.exchanges > exchanges + 20, 'the honest pair goes on', 15_000)
    await pinging.closed()
    pieces.leave()
    await until(() => arena.running.connections === 2, 'gone')
    arena.attackers.length = 0
    expect((heldBytes() - before) / 2 ** 20).toBeLessThan(16)
  },
  withWebSockets,
)

row(48, 'a PROXY header where none is expected is no CONNECT', async (arena) => {
  for (const header of [text('PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\n'), proxied(Buffer.alloc(0))])
    expect(await arena.reaction([header, connectFrame(4)], 4, 'first')).toBe('closed')
})

test('row 48: a header that is too long, contradicts itself, or never ends is closed before anything behind it is read', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, { ...listenerOptions('tcp'), proxyProtocol: 2, proxyTimeoutMs: 300 }, owners.accept)
  const long = proxied(tlv(0xe0, 'x'.repeat(5000)))
  const lying = Buffer.from(proxied(tlv(0x02, 'authority')))
  lying.writeUInt16BE(0xffff, lying.length - 11)
  for (const header of [
    long,
    lying,
    text('PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\n'),
    binaryHeader(0x21, 0x11, Buffer.alloc(3)),
    proxied(Buffer.alloc(0)).subarray(0, 14),
  ]) {
    const attacker = new Attacker(listener.address.port)
    attacker.write(header)
    await attacker.closed()
  }
  await untilOf(() => listener.connections === 0, 'gone')
  expect(owners.all).toEqual([])
})

const TLS = { key: certificate('server.key'), cert: certificate('server.crt') }
const withTls: StartBrokerOptions = {
  listeners: [LOOPBACK, { transport: 'tls', ...LOOPBACK, tls: { ...TLS, ca: certificate('ca.crt'), requireCertificate: true, handshakeTimeoutMs: 300 } }],
}

/** Connects and says CONNECT; how it ended, or the CONNACK. */
async function secure(port: number, options: ConnectionOptions): Promise<string> {
  return await new Promise((resolve) => {
    const socket: TLSSocket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    let came = ''
    socket.on('data', (chunk: Buffer) => {
      came += chunk.toString('hex')
      socket.destroy()
    })
    socket.on('secureConnect', () => socket.write(Uint8Array.from(connectFrame(4, { clientId: 'secure' }))))
    socket.on('error', () => {})
    socket.on('close', () => resolve(came === '' ? 'closed' : came))
  })
}

row(
  49,
  'TLS: certificates that are out of date, of others, or none; old versions; long chains; silence in the handshake; plain MQTT',
  async (arena) => {
    const port = arena.running.ports[1]!
    const client = { key: certificate('client.key'), cert: certificate('client.crt') }
    expect(await secure(port, client)).toBe('20020000')
    const refused: readonly (readonly [string, ConnectionOptions])[] = [
      ['no certificate', {}],
      ['expired', { key: certificate('expired.key'), cert: certificate('expired.crt') }],
      ['of another authority', { key: certificate('other-client.key'), cert: certificate('other-client.crt') }],
      ['TLS 1.1', { ...client, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
      [
        'a chain of more than 20 kB that leads nowhere',
        { key: certificate('other-client.key'), cert: certificate('other-client.crt') + certificate('other-ca.crt').repeat(60) },
      ],
    ]
    for (const [name, options] of refused) expect([name, await secure(port, options)]).toEqual([name, 'closed'])
    const plain = arena.attacker(port)
    plain.write(connectFrame(4))
    await plain.closed()
    const silent = arena.attacker(port)
    await silent.closed()
    const failures = arena.told.filter(({ line }) => line.startsWith('Client connection from 127.0.0.1 failed: '))
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.length).toBeLessThanOrEqual(5)
  },
  withTls,
)

test.each(['#', '+', 'a/b', '', 'a\u0000', '\ufffd'])('row 49: a certificate of the name %j is nobody', async (certificateName) => {
  const rules = { allowAnonymous: true, passwordFile: null, nameFrom: 'identity', clientIdPrefix: null } as const
  const peer = {
    transport: 'tls',
    address: '192.0.2.7',
    port: 1,
    localPort: 8883,
    certificateName,
    certificateSubject: null,
    pskIdentity: null,
    tlsVersion: null,
    cipher: null,
  } as const
  const connect = {
    type: 1,
    version: 4,
    bridge: false,
    cleanStart: true,
    keepAlive: 0,
    clientId: 'c',
    will: null,
    userName: null,
    password: null,
    properties: {},
  } as const
  expect(await new FileAuthenticator(rules, new PasswordLogins()).authenticate(connect, peer)).toEqual({
    reasonCode: 0x86,
    userName: null,
    reason: expect.any(String),
  })
})

row(
  50,
  'connections beyond the limit are closed at once, and those who hold on in a handshake go in time',
  async (arena) => {
    const port = arena.running.ports[1]!
    const before = heldBytes()
    const few = Array.from({ length: 60 }, () => arena.attacker(arena.running.ports[2]!))
    await until(() => few.filter(({ isClosed }) => isClosed).length === 40, 'forty too many on the plain port')
    for (const one of few) one.leave()
    await until(() => arena.running.connections === 2, 'gone')
    const crowd = Array.from({ length: 500 }, () => arena.attacker(port))
    await until(() => crowd.filter(({ isClosed }) => isClosed).length >= 400, 'those beyond the limit')
    expect(arena.running.connections).toBeLessThanOrEqual(102)
    await until(() => crowd.every(({ isClosed }) => isClosed), 'the others, in time')
    crowd.length = arena.attackers.length = 0
    expect((heldBytes() - before) / 2 ** 20).toBeLessThan(16)
    expect(arena.told.filter(({ line }) => line.includes('max_connections exceeded')).length).toBeLessThanOrEqual(5)
  },
  {
    listeners: [
      LOOPBACK,
      { transport: 'tls', ...LOOPBACK, maximumConnections: 100, tls: { ...TLS, handshakeTimeoutMs: 1000 } },
      { ...LOOPBACK, maximumConnections: 20 },
    ],
  },
)

test('row 50: 20,000 newcomers from one address: as many as allowed, others are let in, and nothing is remembered of who has gone', () => {
  const all = new OpenConnections({ maximumConnectionsPerAddress: 1000 })
  const entered = Array.from({ length: 20_000 }, () => all.enterFrom('192.0.2.7')).filter(Boolean).length
  expect([entered, all.enterFrom('192.0.2.8')]).toEqual([1000, true])
  for (let i = 0; i < 1000; i++) all.leaveFrom('192.0.2.7')
  expect(all.enterFrom('192.0.2.7')).toBe(true)
})
