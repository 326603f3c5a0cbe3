// What a TLS listener asks of clients and tells of them: certificates wanted, dates, revocation, names, suites, key log.

import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Listener, TlsListenerOptions } from '../../src/net/listener.ts'
import type { NetProblem } from '../../src/net/net-context.ts'
import { certificate, listenerOptions, listening, Owners, testContext, until } from './recording.ts'
import { resigned } from './resigned.ts'

const SERVER: TlsListenerOptions = { key: certificate('server.key'), cert: certificate('server.crt') }
const ca = certificate('ca.crt')
const ASKING: TlsListenerOptions = { ...SERVER, ca, requestCertificate: true }
const DEMANDING: TlsListenerOptions = { ...SERVER, ca, requireCertificate: true }
const ALICE = { cert: certificate('client.crt'), key: certificate('client.key') }
const UNTIL = '21191231235959Z'
const PAST = { [UNTIL]: '20201231235959Z' }

interface Broker {
  readonly listener: Listener
  readonly owners: Owners
  readonly problems: NetProblem[]
}

async function broker(tls: TlsListenerOptions, way: 'tls' | 'wss' = 'tls'): Promise<Broker> {
  const problems: NetProblem[] = []
  const context = testContext({ onError: (problem) => problems.push(problem) })
  const owners = new Owners()
  const listener = await listening(context, { ...listenerOptions(way), tls }, owners.accept)
  return { listener, owners, problems }
}

/** A client by Node alone. */
function visit({ listener }: Broker, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ host: '127.0.0.1', port: listener.address.port, ca, ...options })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

/** `in` with the peer's names, or the report of the refusal. */
async function meet(tested: Broker, options: ConnectionOptions = {}): Promise<string> {
  const { owners, problems } = tested
  const [met, told] = [owners.all.length, problems.length]
  visit(tested, options)
  await until(() => owners.all.length > met || problems.length > told, 'an end')
  if (owners.all.length === met) return problems[told]!.error.message
  const { certificateName, certificateSubject } = owners.all[met]!.link.peer
  return `in: ${certificateName} / ${certificateSubject}`
}

const CLIENTS: Readonly<Record<string, ConnectionOptions>> = {
  nobody: {},
  alice: ALICE,
  'alice of another authority': { cert: certificate('other-client.crt'), key: certificate('other-client.key') },
  'alice, expired': { cert: resigned('client.crt', PAST), key: ALICE.key },
  'alice, not yet': { cert: resigned('client.crt', { '200101000000Z': '491231235959Z' }), key: ALICE.key },
  'expired, of another authority': { cert: resigned('other-client.crt', PAST, 'other-ca.key'), key: certificate('other-client.key') },
  'expired, signed by a stranger in the name of ours': { cert: resigned('client.crt', PAST, 'other-ca.key'), key: ALICE.key },
  'expired, and a server': { cert: certificate('expired.crt'), key: certificate('expired.key') },
  'bob, revoked': { cert: certificate('revoked.crt'), key: certificate('revoked.key') },
}

const IN = 'in: alice / CN=alice'
const EXPIRED = 'client certificate refused: CERT_HAS_EXPIRED'
const EARLY = 'client certificate refused: CERT_NOT_YET_VALID'
const NOT_IN_TIME = { ...DEMANDING, disableDateChecks: true }

test.each<[string, TlsListenerOptions, string, string | RegExp]>([
  ['nobody is asked', { ...SERVER, ca }, 'alice', 'in: null / null'],
  ['nobody is asked', { ...SERVER, ca }, 'expired, and a server', 'in: null / null'],
  ['a certificate is asked for', ASKING, 'nobody', 'in: null / null'],
  ['a certificate is asked for', ASKING, 'alice', IN],
  ['a certificate is asked for', ASKING, 'alice of another authority', /^client certificate refused: /],
  ['a certificate is asked for', ASKING, 'alice, expired', EXPIRED],
  ['a certificate is required', DEMANDING, 'nobody', /peer did not return a certificate/],
  ['a certificate is required', DEMANDING, 'alice', IN],
  ['a certificate is required', DEMANDING, 'alice, expired', EXPIRED],
  ['a certificate is required', DEMANDING, 'alice, not yet', EARLY],
  ['dates are not checked', NOT_IN_TIME, 'nobody', 'peer did not return a certificate'],
  ['dates are not checked', NOT_IN_TIME, 'alice', IN],
  ['dates are not checked', NOT_IN_TIME, 'alice, expired', IN],
  ['dates are not checked', NOT_IN_TIME, 'alice, not yet', IN],
  ['dates are not checked', NOT_IN_TIME, 'alice of another authority', /^client certificate refused: /],
  ['dates are not checked', NOT_IN_TIME, 'expired, of another authority', /^client certificate refused: /],
  ['dates are not checked', NOT_IN_TIME, 'expired, signed by a stranger in the name of ours', /^client certificate refused: /],
  ['dates are not checked', NOT_IN_TIME, 'expired, and a server', /^client certificate refused: /],
  ['dates are not checked, but revocation is', { ...NOT_IN_TIME, crl: certificate('ca.crl') }, 'alice', IN],
  ['dates are not checked, but revocation is', { ...NOT_IN_TIME, crl: certificate('ca.crl') }, 'alice, expired', EXPIRED],
  ['dates are not checked, but revocation is', { ...NOT_IN_TIME, crl: certificate('ca.crl') }, 'bob, revoked', 'client certificate refused: CERT_REVOKED'],
])('%s: %o meets %s', async (_rule, tls, who, met) => {
  for (const way of ['tls', 'wss'] as const) {
    const tested = await broker(tls, way)
    if (way === 'tls') expect(await meet(tested, CLIENTS[who])).toMatch(met)
    else {
      const peer = new WebSocket(`wss://127.0.0.1:${tested.listener.address.port}`, ['mqtt'], { ca, ...CLIENTS[who] }).on('error', () => {})
      onTestFinished(() => peer.terminate())
      await until(() => tested.owners.all.length > 0 || tested.problems.length > 0, 'an end')
      const names = tested.owners.all.map(({ link }) => `in: ${link.peer.certificateName} / ${link.peer.certificateSubject}`)
      expect(names[0] ?? tested.problems[0]!.error.message).toMatch(met)
      expect(names.length + tested.problems.length, 'told once').toBe(1)
    }
  }
})

test('asking for certificates without an authority is an error of the caller', async () => {
  await expect(broker({ ...SERVER, requestCertificate: true })).rejects.toThrow('requestCertificate needs')
})

test('several authorities, in one text or several, may vouch', async () => {
  const other = certificate('other-ca.crt')
  for (const both of [`${ca}\n${other}`, [ca, other]]) {
    const tested = await broker({ ...DEMANDING, ca: both })
    expect(await meet(tested, ALICE)).toBe(IN)
    expect(await meet(tested, CLIENTS['alice of another authority'])).toBe(IN)
  }
})

test('of several revocation lists in one text each one counts', async () => {
  const tested = await broker({ ...DEMANDING, crl: `${certificate('other-ca.crl')}\n${certificate('ca.crl')}` })
  expect(await meet(tested, CLIENTS['bob, revoked'])).toBe('client certificate refused: CERT_REVOKED')
  expect(await meet(tested, ALICE)).toBe(IN)
})

test('a renewed revocation list holds for new connections, also for resumed ones', async () => {
  const tested = await broker(DEMANDING)
  const bob = CLIENTS['bob, revoked']!
  const first = visit(tested, bob)
  const session = await new Promise<Buffer>((resolve) => first.once('session', resolve))
  await tested.owners.at(0)
  tested.listener.renew({ ...DEMANDING, crl: certificate('ca.crl') })
  expect(await meet(tested, { ...bob, session })).toBe('client certificate refused: CERT_REVOKED')
  expect(await meet(tested, ALICE)).toBe(IN)
  expect(tested.owners.all[0]!.closes).toBe(0)
})

test('renewed authorities hold also where dates are not checked', async () => {
  const tested = await broker(NOT_IN_TIME)
  expect(await meet(tested, CLIENTS['expired, of another authority'])).toMatch(/refused/)
  tested.listener.renew({ ...NOT_IN_TIME, ca: certificate('other-ca.crt') })
  expect(await meet(tested, CLIENTS['expired, of another authority'])).toBe(IN)
  expect(await meet(tested, CLIENTS['alice, expired'])).toMatch(/refused/)
})

test('the subject is written as RFC 2253 wants it: openssl x509 -nameopt RFC2253', async () => {
  const tested = await broker(DEMANDING)
  const met = await meet(tested, { cert: certificate('subject.crt'), key: certificate('subject.key') })
  expect(met).toBe('in: #carol "c"  / CN=\\#carol \\"c\\"\\ +OU=Labor,O=M\\C3\\BCller\\, S\\C3\\B6hne,C=IT')
})

test.each([
  ['a NUL', 'al\0ce', 'in: null / CN=al\\00ce'],
  ['a wildcard, which auth/ judges', 'al#ce', 'in: al#ce / CN=al#ce'],
  ['a control character, which auth/ judges', 'al\x1bce', 'in: al\x1bce / CN=al\\1Bce'],
])('a Common Name with %s', async (_name, name, met) => {
  const tested = await broker(DEMANDING)
  expect(await meet(tested, { cert: resigned('client.crt', { alice: name }), key: ALICE.key })).toBe(met)
})

test('version and cipher are told', async () => {
  const tested = await broker(SERVER)
  visit(tested, { minVersion: 'TLSv1.3' })
  expect((await tested.owners.at(0)).link.peer).toMatchObject({ tlsVersion: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', pskIdentity: null })
  visit(tested, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })
  expect((await tested.owners.at(1)).link.peer).toMatchObject({ tlsVersion: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' })
})

test.each<[Partial<TlsListenerOptions>, string, string]>([
  [{ ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }, 'ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_AES_256_GCM_SHA384'],
  [{ ciphersuites13: 'TLS_CHACHA20_POLY1305_SHA256' }, 'ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
  [
    { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', ciphersuites13: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384' },
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'TLS_AES_128_GCM_SHA256',
  ],
])('ciphers and the suites of TLS 1.3 are chosen apart: %o', async (options, older, newer) => {
  const tested = await broker({ ...SERVER, ...options })
  const only = newer === 'TLS_AES_128_GCM_SHA256' ? { ciphers: 'TLS_AES_128_GCM_SHA256' } : {}
  visit(tested, { minVersion: 'TLSv1.3', ...only })
  expect((await tested.owners.at(0)).link.peer.cipher).toBe(newer)
  visit(tested, { maxVersion: 'TLSv1.2' })
  expect((await tested.owners.at(1)).link.peer.cipher).toBe(older)
})

test('suites that are none of TLS 1.3, and ciphers that OpenSSL does not know, are errors', async () => {
  await expect(broker({ ...SERVER, ciphersuites13: 'TLS_AES_128_GCM_SHA256:AES128-SHA' })).rejects.toThrow('"AES128-SHA" is no cipher suite of TLS 1.3')
  await expect(broker({ ...SERVER, ciphers: 'NO-SUCH-CIPHER' })).rejects.toThrow()
  await expect(broker({ ...SERVER, ciphersuites13: 'TLS_NO_SUCH' })).rejects.toThrow()
})

test.each(['tls', 'wss'] as const)('the key log gets what an analyser needs, of each connection: %s', async (way) => {
  let log = ''
  const tested = await broker({ ...SERVER, keylog: (line) => (log += line.toString()) }, way)
  let seen = ''
  const socket = visit(tested)
  socket.on('keylog', (line: Buffer) => (seen += line.toString()))
  await new Promise((resolve) => socket.on('secureConnect', resolve))
  await until(() => log.split('\n').length === seen.split('\n').length, 'all lines')
  expect(log.split('\n').sort()).toEqual(seen.split('\n').sort())
  expect(log).toMatch(/^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m)
})

test('renegotiation is refused', async () => {
  const tested = await broker(SERVER)
  const socket = visit(tested, { maxVersion: 'TLSv1.2' })
  await new Promise((resolve) => socket.on('secureConnect', resolve))
  const server = await tested.owners.at(0)
  socket.renegotiate({}, () => {})
  await until(() => server.closes === 1, 'closed')
})

test('a fault of the handshake is told once, also over wss', async () => {
  for (const way of ['tls', 'wss'] as const) {
    const tested = await broker({ ...SERVER, minVersion: 'TLSv1.3' }, way)
    visit(tested, { maxVersion: 'TLSv1.2' })
    await until(() => tested.problems.length > 0 && tested.listener.connections === 0, 'told')
    expect(tested.problems.map(({ kind }) => kind)).toEqual(['handshake'])
    expect(tested.problems[0]!.error.message).toMatch(/unsupported protocol/)
  }
})

test.each(['tls', 'wss'] as const)('who hangs up within the handshake leaves at once, and is named in the report: %s', async (way) => {
  const tested = await broker({ ...SERVER, handshakeTimeoutMs: 60_000 }, way)
  const { port } = tested.listener.address
  const peer = connectTcp(port, '127.0.0.1').on('error', () => {})
  await until(() => tested.listener.connections === 1, 'connected')
  const from = peer.localPort!
  peer.end()
  await until(() => tested.listener.connections === 0 && tested.problems.length > 0, 'gone')
  expect(tested.problems).toMatchObject([{ kind: 'handshake', address: '127.0.0.1', ports: { peer: from, local: port } }])
})
