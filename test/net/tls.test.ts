// TLS: handshakes that fail or stall, client certificates, renewed keys. Certificates: certificates/make.sh.

import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { dial, type TlsDialOptions } from '../../src/net/dial.ts'
import { type Listener, type ListenerOptions, listen, type TlsListenerOptions } from '../../src/net/listener.ts'
import type { NetProblem } from '../../src/net/net-context.ts'
import { certificate, listening, Owners, testContext, until } from './recording.ts'

const SERVER: TlsListenerOptions = { key: certificate('server.key'), cert: certificate('server.crt') }
const MUTUAL: TlsListenerOptions = { ...SERVER, ca: certificate('ca.crt'), requireCertificate: true }
const ca = certificate('ca.crt')

async function broker(
  tls: TlsListenerOptions,
  more: Partial<ListenerOptions> = {},
): Promise<{ listener: Listener; owners: Owners; problems: NetProblem[]; port: number; context: ReturnType<typeof testContext> }> {
  const problems: NetProblem[] = []
  const context = testContext({ onError: (problem) => problems.push(problem) })
  const owners = new Owners()
  const listener = await listening(context, { transport: 'tls', host: '127.0.0.1', port: 0, tls, ...more } as ListenerOptions, owners.accept)
  return { listener, owners, problems, port: listener.address.port, context }
}

/** What a client meets: the error's code, or the link. */
async function reach(port: number, tls: TlsDialOptions, context: ReturnType<typeof testContext>, host = '127.0.0.1'): Promise<string> {
  const clients = new Owners()
  try {
    const link = await dial(context, { transport: 'tls', host, port, tls }, clients.accept)
    onTestFinished(() => link.destroy())
    const client = clients.all[0]!
    client.send(Buffer.from('hello'))
    await until(() => client.closes > 0 || client.length > 0, 'an answer or the end')
    return client.length > 0 ? 'answered' : 'closed'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

test('the peer is named by its certificate, when one was asked for and verified', async () => {
  const { owners, port, context } = await broker(MUTUAL)
  await dial(
    context,
    { transport: 'tls', host: 'localhost', port, tls: { ca, cert: certificate('client.crt'), key: certificate('client.key') } },
    new Owners().accept,
  )
  const { peer } = (await owners.at(0)).link
  expect(peer).toMatchObject({ transport: 'tls', address: '127.0.0.1', localPort: port, certificateName: 'alice' })
  expect(peer.port).toBeGreaterThan(0)
})

test('a certificate nobody asked for names nobody', async () => {
  const { owners, port, context } = await broker(SERVER)
  await dial(
    context,
    { transport: 'tls', host: 'localhost', port, tls: { ca, cert: certificate('client.crt'), key: certificate('client.key') } },
    new Owners().accept,
  )
  expect((await owners.at(0)).link.peer.certificateName).toBeNull()
})

test.each([
  ['none', {}],
  ['of another authority', { cert: certificate('other-client.crt'), key: certificate('other-client.key') }],
  ["a server's", { cert: certificate('server.crt'), key: certificate('server.key') }],
] as const)('a client certificate that is not good enough never becomes a link: %s', async (_name, own) => {
  const { owners, port, problems, context } = await broker(MUTUAL)
  expect(await reach(port, { ca, ...own }, context)).not.toBe('answered')
  await until(() => problems.length > 0, 'the report')
  expect(owners.all).toHaveLength(0)
  expect(problems[0]).toMatchObject({ kind: 'handshake' })
  expect(problems[0]!.error.message).toMatch(/client certificate refused|peer did not return a certificate/)
})

test('a revoked client certificate is refused, a good one passes', async () => {
  const { owners, port, context } = await broker({ ...MUTUAL, crl: certificate('ca.crl') })
  expect(await reach(port, { ca, cert: certificate('revoked.crt'), key: certificate('revoked.key') }, context)).not.toBe('answered')
  expect(owners.all).toHaveLength(0)
  await dial(
    context,
    { transport: 'tls', host: 'localhost', port, tls: { ca, cert: certificate('client.crt'), key: certificate('client.key') } },
    new Owners().accept,
  )
  expect((await owners.at(0)).link.peer.certificateName).toBe('alice')
})

test('clients must have an authority of ours: asking for certificates without one is an error of the caller', async () => {
  await expect(broker({ ...SERVER, requireCertificate: true })).rejects.toThrow('give `ca`')
})

test('a TLS listener without keys is an error of the caller', async () => {
  await expect(listen(testContext(), { transport: 'tls', port: 0 }, new Owners().accept)).rejects.toThrow('needs a key and a certificate')
  await expect(listen(testContext(), { transport: 'wss', port: 0 }, new Owners().accept)).rejects.toThrow('needs a key and a certificate')
})

test.each([
  ['an unknown authority', { ca: certificate('other-ca.crt') }, SERVER, /SELF_SIGNED|UNABLE_TO|LEAF_SIGNATURE/],
  ['no authority given', {}, SERVER, /SELF_SIGNED|UNABLE_TO|LEAF_SIGNATURE/],
  ['an expired certificate', { ca }, { key: certificate('expired.key'), cert: certificate('expired.crt') }, /CERT_HAS_EXPIRED/],
  ['another name', { ca, servername: 'example.org' }, SERVER, /ERR_TLS_CERT_ALTNAME_INVALID/],
  ['a judge that says no', { ca, checkServerIdentity: () => Object.assign(new Error('no'), { code: 'NO' }) }, SERVER, /^NO$/],
] as const)('dial refuses %s', async (_name, tls, server, code) => {
  const { port, context } = await broker(server)
  expect(await reach(port, tls as TlsDialOptions, context)).toMatch(code)
  await expect(
    dial(
      context,
      { transport: 'tls', host: '127.0.0.1', port, tls: { ...(tls as TlsDialOptions), checkServerIdentity: () => undefined, rejectUnauthorized: false } },
      new Owners().accept,
    ),
  ).resolves.toBeDefined()
})

test('a handshake that stalls is closed in time and reported', async () => {
  const { listener, owners, port, problems } = await broker({ ...SERVER, handshakeTimeoutMs: 150 })
  const peer = connectTcp(port, '127.0.0.1')
  let closed = false
  peer.on('close', () => (closed = true))
  peer.on('error', () => {})
  await until(() => listener.connections === 1, 'counted while in the handshake')
  await until(() => closed && listener.connections === 0, 'closed')
  expect(owners.all).toHaveLength(0)
  expect(problems[0]?.kind).toBe('handshake')
})

test('plain MQTT on a TLS port is closed and reported; others notice nothing', async () => {
  const { owners, port, problems, context } = await broker(SERVER)
  const peer = connectTcp(port, '127.0.0.1')
  let closed = false
  peer.on('close', () => (closed = true))
  peer.on('error', () => {})
  peer.write(Buffer.from('101000044d5154540402003c000178', 'hex'))
  peer.resume()
  await until(() => closed && problems.length > 0, 'closed')
  expect(problems[0]).toMatchObject({ kind: 'handshake', address: '127.0.0.1' })
  await dial(context, { transport: 'tls', host: '127.0.0.1', port, tls: { ca } }, new Owners().accept)
  await owners.at(0)
})

test('garbage within TLS ends the link once, with an error', async () => {
  const { owners, port } = await broker(SERVER)
  const raw = connectTcp(port, '127.0.0.1')
  raw.on('error', () => {})
  onTestFinished(() => void raw.destroy())
  connect({ socket: raw, rejectUnauthorized: false } as ConnectionOptions).on('error', () => {})
  const server = await owners.at(0)
  raw.write(Buffer.alloc(200, 0x55))
  await until(() => server.closes === 1, 'closed')
  expect(server.error).toBeInstanceOf(Error)
  expect(server.length).toBe(0)
})

test.each([
  [{}, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }, false],
  [{}, { maxVersion: 'TLSv1.2' }, true],
  [{ minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }, false],
  [{ maxVersion: 'TLSv1.2' }, {}, true],
] as const)('versions %o meet %o', async (server, client, works) => {
  const { owners, port } = await broker({ ...SERVER, ...server })
  const peer = connect({ port, host: '127.0.0.1', ca, ...client } as ConnectionOptions)
  onTestFinished(() => void peer.destroy())
  const met = await new Promise<boolean>((resolve) => peer.on('secureConnect', () => resolve(true)).on('error', () => resolve(false)))
  expect(met).toBe(works)
  if (works) await owners.at(0)
})

test('renewed keys serve new handshakes, old links live on', async () => {
  const { listener, owners, port, context } = await broker({ key: certificate('expired.key'), cert: certificate('expired.crt') })
  await dial(context, { transport: 'tls', host: '127.0.0.1', port, tls: { rejectUnauthorized: false } }, new Owners().accept)
  const old = await owners.at(0)
  listener.renew(SERVER)
  await dial(context, { transport: 'tls', host: '127.0.0.1', port, tls: { ca } }, new Owners().accept)
  await owners.at(1)
  expect(old.closes).toBe(0)
  expect(() => listener.renew({ key: 'no key', cert: 'no certificate' })).toThrow()
})

test('keylog is told the lines an analyser needs', async () => {
  const { port, context } = await broker(SERVER)
  const lines: string[] = []
  await dial(context, { transport: 'tls', host: '127.0.0.1', port, tls: { ca, keylog: (line) => lines.push(line.toString()) } }, new Owners().accept)
  expect(lines.join('')).toMatch(/^CLIENT_|^SERVER_/)
})
