// The PROXY protocol before a connection, over every transport: who the peer then is, and what happens to those without a good header.

import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Listener, ListenerOptions } from '../../src/net/listener.ts'
import type { NetContextOptions, NetProblem } from '../../src/net/net-context.ts'
import { binaryHeader, proxied, sslTlv, tlv } from '../wire/proxy-headers.ts'
import { certificate, contextFor, listenerOptions, listening, Owners, until, WAYS, type Way } from './recording.ts'

interface Broker {
  readonly listener: Listener
  readonly owners: Owners
  readonly problems: NetProblem[]
}

async function broker(way: Way, options: Partial<ListenerOptions>, more: NetContextOptions = {}): Promise<Broker> {
  const problems: NetProblem[] = []
  const context = contextFor(way, { onError: (problem) => problems.push(problem), ...more })
  const owners = new Owners()
  const listener = await listening(context, { ...listenerOptions(way), ...options }, owners.accept)
  return { listener, owners, problems }
}

/** A raw connection; `closed` turns true when the broker has closed it. */
function raw(listener: Listener): { readonly socket: Socket; closed: boolean } {
  const { host, port } = listener.address
  const peer = { socket: connect(port === 0 ? { path: host } : { host, port }), closed: false }
  peer.socket.setNoDelay(true)
  peer.socket.on('error', () => {}).on('close', () => (peer.closed = true))
  onTestFinished(() => void peer.socket.destroy())
  return peer
}

/** Sends `data` as an MQTT client would over this transport, once `header` has gone before it; null sends nothing. */
function speak(way: Way, socket: Socket, header: Buffer, data: Buffer | null): void {
  switch (way) {
    case 'tcp':
    case 'tcp, plain':
    case 'unix':
      socket.write(data === null ? header : Buffer.concat([header, data]))
      return
    case 'tls': {
      socket.write(header)
      const secure = connectTls({ socket, ca: certificate('ca.crt'), host: 'localhost' }).on('error', () => {})
      if (data !== null) secure.write(data)
      return
    }
    case 'ws':
    case 'wss': {
      socket.write(header)
      const peer = new WebSocket(`${way}://localhost/mqtt`, ['mqtt'], {
        createConnection: () => (way === 'ws' ? socket : connectTls({ socket, ca: certificate('ca.crt'), host: 'localhost' })),
      })
      peer.on('error', () => {}).on('open', () => data !== null && peer.send(data))
    }
  }
}

const LINE = Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\n')

test.each(WAYS.flatMap((way) => [1, 2].map((version) => [way, version as 1 | 2] as const)))(
  'the peer is the client behind the proxy, and its bytes come whole: %s, version %i',
  async (way, version) => {
    const { listener, owners, problems } = await broker(way, { proxyProtocol: version })
    const peer = raw(listener)
    await until(() => listener.connections === 1, 'counted while its header is awaited')
    speak(way, peer.socket, version === 1 ? LINE : proxied(tlv(0x02, 'authority.example')), Buffer.from('hello'))
    const server = await owners.at(0)
    await until(() => server.length === 5, 'the data')
    expect(server.bytes.toString()).toBe('hello')
    const transport = way === 'tcp, plain' ? 'tcp' : way
    expect(server.link.peer).toMatchObject({ transport, address: '192.0.2.7', port: 40000, localPort: listener.address.port, certificateName: null })
    expect(problems).toEqual([])
    peer.socket.destroy()
    await until(() => server.closes === 1 && listener.connections === 0, 'closed')
  },
)

test.each(['tcp', 'tcp, plain', 'unix'] as const)('a header that comes byte by byte: %s', async (way) => {
  const { listener, owners } = await broker(way, { proxyProtocol: 2 })
  const { socket } = raw(listener)
  const bytes = Buffer.concat([proxied(sslTlv(3, 0, tlv(0x22, 'alice'))), Buffer.from('hello')])
  for (const byte of bytes) await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve))
  const server = await owners.at(0)
  await until(() => server.length === 5, 'the data')
  expect(server.bytes.toString()).toBe('hello')
  expect(server.link.peer).toMatchObject({ address: '192.0.2.7', certificateName: 'alice' })
})

test('a TLS hello in the same segment as the header is not lost', async () => {
  const { listener, owners } = await broker('tls', { proxyProtocol: 1 })
  // the client speaks TLS to a relay of ours, which puts the header before its first bytes
  const { createServer } = await import('node:net')
  const relay = createServer((client) => {
    const { socket } = raw(listener)
    client.once('data', (first) => {
      socket.write(Buffer.concat([LINE, first]))
      client.pipe(socket).pipe(client)
    })
    client.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void relay.close())
  await until(() => relay.listening, 'the relay')
  const client = connectTls({ port: (relay.address() as { port: number }).port, host: 'localhost', ca: certificate('ca.crt') }).on('error', () => {})
  onTestFinished(() => void client.destroy())
  client.write('hello')
  const server = await owners.at(0)
  await until(() => server.length === 5, 'the data')
  expect(server.link.peer).toMatchObject({ transport: 'tls', address: '192.0.2.7', tlsVersion: 'TLSv1.3' })
})

test('an HTTP request in the same segment as the header is not lost', async () => {
  const { listener } = await broker('ws', { proxyProtocol: 1 })
  const { socket } = raw(listener)
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
  socket.write(Buffer.concat([LINE, Buffer.from('GET /mqtt HTTP/1.1\r\nHost: x\r\n\r\n')]))
  await until(() => answer.startsWith('HTTP/1.1 426'), 'the answer')
})

test.each([
  ['LOCAL', binaryHeader(0x20, 0x00)],
  ['an unspecified family', binaryHeader(0x21, 0x00)],
])('with %s the peer is who is connected', async (_name, header) => {
  const { listener, owners } = await broker('tcp', { proxyProtocol: 2 })
  const { socket } = raw(listener)
  socket.write(header)
  const { peer } = (await owners.at(0)).link
  expect(peer).toMatchObject({ address: '127.0.0.1', port: socket.localPort, tlsVersion: null })
})

test('TLS that the proxy ended is that of the client: name, version, cipher', async () => {
  const { listener, owners } = await broker('tcp', { proxyProtocol: 2, proxyRequireTls: true })
  const { socket } = raw(listener)
  socket.write(proxied(sslTlv(7, 0, tlv(0x21, 'TLSv1.2'), tlv(0x22, 'alice'), tlv(0x23, 'ECDHE-RSA-AES128-GCM-SHA256'))))
  expect((await owners.at(0)).link.peer).toMatchObject({
    transport: 'tcp',
    certificateName: 'alice',
    certificateSubject: null,
    tlsVersion: 'TLSv1.2',
    cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
  })
})

test("the proxy's own certificate never names a client, whose name only the header can bring", async () => {
  const tls = { key: certificate('server.key'), cert: certificate('server.crt'), ca: certificate('ca.crt'), requireCertificate: true }
  const { listener, owners } = await broker('tls', { proxyProtocol: 2, tls })
  for (const header of [proxied(sslTlv(1, 0)), proxied(sslTlv(3, 0, tlv(0x22, 'bob'))), proxied()]) {
    const { socket } = raw(listener)
    socket.write(header)
    connectTls({ socket, ca: tls.ca, cert: certificate('client.crt'), key: certificate('client.key'), host: 'localhost' }).on('error', () => {})
    await owners.at(owners.all.length)
  }
  const names = owners.all.map(({ link }) => [link.peer.certificateName, link.peer.certificateSubject])
  // without a word about TLS the proxy passes on the client's own, which then is the one that we see
  expect(names).toEqual([
    [null, null],
    ['bob', null],
    ['alice', 'CN=alice'],
  ])
})

test.each<[string, Partial<ListenerOptions>, Buffer, RegExp]>([
  ['an MQTT packet', { proxyProtocol: 1 }, Buffer.from('101000044d5154540402003c000178', 'hex'), /no PROXY protocol header of version 1/],
  ['a header of the other version', { proxyProtocol: 1 }, proxied(), /no PROXY protocol header of version 1/],
  ['a header of the other version', { proxyProtocol: 2 }, LINE, /no PROXY protocol header of version 2/],
  ['a TLV beyond the header', { proxyProtocol: 2 }, proxied(Buffer.from([2, 255, 255])), /TLV beyond its header/],
  ['a header that is too long', { proxyProtocol: 2 }, binaryHeader(0x21, 0x11, Buffer.alloc(9000)), /more than the 4096 allowed/],
])('%s is closed and reported, and nobody is told: %o', async (_name, options, bytes, message) => {
  for (const way of ['tcp', 'tcp, plain', 'tls', 'wss'] as const) {
    const { listener, owners, problems } = await broker(way, options)
    const peer = raw(listener)
    peer.socket.write(Buffer.concat([bytes, Buffer.from('more')]))
    await until(() => peer.closed && listener.connections === 0, `closed: ${way}`)
    expect(problems, way).toHaveLength(1)
    expect(problems[0]).toMatchObject({ kind: 'proxy', address: '127.0.0.1' })
    expect(problems[0]!.error.message).toMatch(message)
    expect(owners.all).toHaveLength(0)
  }
})

const NO_TLS = 'client did not connect using TLS'
const NO_CERTIFICATE = 'client did not provide a certificate'

test.each<[string, Partial<ListenerOptions>, Buffer, string, string]>([
  ['no TLS where it is required', { proxyRequireTls: true }, proxied(), '192.0.2.7:40000', NO_TLS],
  ['LOCAL where TLS is required', { proxyRequireTls: true }, binaryHeader(0x20, 0), '127.0.0.1', NO_TLS],
  ['version 1 where TLS is required', { proxyProtocol: 1, proxyRequireTls: true }, LINE, '192.0.2.7:40000', NO_TLS],
  ['no TLS where a certificate is required', { proxyRequireCertificate: true }, proxied(), '192.0.2.7:40000', NO_CERTIFICATE],
  ['TLS without a certificate', { proxyRequireCertificate: true }, proxied(sslTlv(1, 0)), '192.0.2.7:40000', NO_CERTIFICATE],
  ['a certificate that failed to verify', { proxyRequireCertificate: true }, proxied(sslTlv(3, 1, tlv(0x22, 'eve'))), '192.0.2.7:40000', NO_CERTIFICATE],
  ['a name without a certificate', { proxyRequireCertificate: true }, proxied(sslTlv(1, 0, tlv(0x22, 'eve'))), '192.0.2.7:40000', NO_CERTIFICATE],
  ['LOCAL where a certificate is required', { proxyRequireCertificate: true }, binaryHeader(0x20, 0), '127.0.0.1', NO_CERTIFICATE],
  ['version 1 where a certificate is required', { proxyProtocol: 1, proxyRequireCertificate: true }, LINE, '192.0.2.7:40000', NO_CERTIFICATE],
])('%s: the client is closed and named, and nobody is told', async (_name, options, bytes, address, message) => {
  for (const way of ['tcp', 'tcp, plain', 'ws'] as const) {
    const { listener, owners, problems } = await broker(way, { proxyProtocol: 2, ...options })
    const peer = raw(listener)
    peer.socket.write(Buffer.concat([bytes, Buffer.from('more')]))
    await until(() => peer.closed && listener.connections === 0, `closed: ${way}`)
    expect(problems, way).toMatchObject([{ kind: 'behind-proxy', address, error: { message } }])
    expect(owners.all).toHaveLength(0)
  }
})

test('a certificate that the proxy found good, of this connection or of its TLS session before, is enough where one is required', async () => {
  const { listener, owners, problems } = await broker('tcp', { proxyProtocol: 2, proxyRequireCertificate: true })
  for (const bits of [3, 5, 7]) raw(listener).socket.write(proxied(sslTlv(bits, 0)))
  await owners.at(2)
  expect(owners.all.map(({ link }) => [link.peer.address, link.peer.certificateName])).toEqual(Array(3).fill(['192.0.2.7', null]))
  expect(problems).toEqual([])
})

test.each(['tcp', 'tcp, plain', 'tls', 'ws'] as const)('a header that is not whole in time is closed and reported: %s', async (way) => {
  const { listener, owners, problems } = await broker(way, { proxyProtocol: 1, proxyTimeoutMs: 120 })
  const [silent, slow] = [raw(listener), raw(listener)]
  slow.socket.write('PROXY TCP4 ')
  const drip = setInterval(() => slow.socket.write('1'), 20)
  await until(() => silent.closed && slow.closed && listener.connections === 0, 'closed')
  clearInterval(drip)
  expect(problems.map(({ kind, error }) => `${kind}: ${error.message}`)).toEqual(Array(2).fill('proxy: no whole PROXY protocol header within 120 ms'))
  expect(owners.all).toHaveLength(0)
})

test.each(['tcp', 'tcp, plain', 'tls'] as const)('the time for the header is over with the header: %s', async (way) => {
  const { listener, owners, problems } = await broker(way, { proxyProtocol: 1, proxyTimeoutMs: 1000 })
  speak(way, raw(listener).socket, LINE, Buffer.from('hello'))
  const server = await owners.at(0)
  await new Promise((resolve) => setTimeout(resolve, 1200)) // nothing may happen
  expect([server.closes, problems.length, listener.connections]).toEqual([0, 0, 1])
})

test.each(['tcp', 'tcp, plain', 'tls'] as const)(
  'a probe that connects and leaves is closed without a word; one that leaves within its header is reported: %s',
  async (way) => {
    const { listener, problems } = await broker(way, { proxyProtocol: 2 })
    const probe = raw(listener)
    await until(() => listener.connections === 1, 'connected')
    probe.socket.end()
    await until(() => probe.closed && listener.connections === 0, 'closed')
    expect(problems).toEqual([])
    const half = raw(listener)
    half.socket.end(proxied().subarray(0, 20))
    await until(() => half.closed && listener.connections === 0, 'closed')
    expect(problems.map(({ error }) => error.message)).toEqual(['the connection ended within its PROXY protocol header'])
  },
)

test('faults behind the header are reported with the address of the client', async () => {
  const { listener, problems } = await broker('tls', { proxyProtocol: 1 })
  const peer = raw(listener)
  peer.socket.write(Buffer.concat([LINE, Buffer.from('no TLS at all, and long enough to be told')]))
  await until(() => peer.closed, 'closed')
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatchObject({ kind: 'handshake', address: '192.0.2.7' })
})

test('a header is not understood where none is expected', async () => {
  const { listener, owners } = await broker('tcp', {})
  raw(listener).socket.write(LINE)
  const server = await owners.at(0)
  await until(() => server.length === LINE.length, 'all of it is data')
  expect(server.link.peer.address).toBe('127.0.0.1')
})

test('plain HTTP requests and requestTimeout work behind a proxy', async () => {
  const websocket = { paths: null, origins: null, maximumFrame: 1000, handshakeTimeoutMs: 200 }
  const { listener } = await broker('ws', { proxyProtocol: 1, websocket })
  const stalled = raw(listener)
  stalled.socket.resume()
  stalled.socket.write(Buffer.concat([LINE, Buffer.from('GET / HTTP/1.1\r\nHo')]))
  const { socket } = raw(listener)
  socket.write(LINE)
  const status = await new Promise((resolve, reject) =>
    httpRequest({ path: '/mqtt', createConnection: () => socket }, (response) => resolve(response.statusCode))
      .on('error', reject)
      .end(),
  )
  expect(status).toBe(426)
  await until(() => stalled.closed, 'the stalled request closed')
})

test('the limit per address counts clients, not the proxy', async () => {
  for (const way of ['tcp', 'tcp, plain', 'ws'] as const) {
    const { listener, owners, problems } = await broker(way, { proxyProtocol: 1 }, { maximumConnectionsPerAddress: 1 })
    const from = (address: string): ReturnType<typeof raw> => {
      const peer = raw(listener)
      speak(way, peer.socket, Buffer.from(`PROXY TCP4 ${address} 198.51.100.1 40000 1883\r\n`), null)
      return peer
    }
    const first = from('192.0.2.7')
    await owners.at(0)
    const second = from('192.0.2.7')
    await until(() => second.closed, 'the second closed')
    expect(problems, way).toMatchObject([{ kind: 'address-limit', address: '192.0.2.7' }])
    from('192.0.2.8')
    await owners.at(1)
    first.socket.destroy()
    await until(() => owners.all[0]!.closes === 1, 'a free place')
    from('192.0.2.7')
    await owners.at(2)
  }
})
