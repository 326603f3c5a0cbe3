// TLS of pub and sub: which authority is trusted, what is said when it is not, client certificates.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { type Peer, publish, ScriptedServer, TYPE } from './support/scripted-server.ts'

const certificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))

let server: ScriptedServer
let io: FakeTerminal
let folder: string
beforeEach(async () => {
  io = new FakeTerminal()
  folder = mkdtempSync(join(tmpdir(), 'zanzara-tls-'))
  server = await listenTls()
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

function listenTls(versions: TlsOptions = {}): Promise<ScriptedServer> {
  return ScriptedServer.listenTls({
    cert: readFileSync(certificate('server.crt')),
    key: readFileSync(certificate('server.key')),
    ca: readFileSync(certificate('ca.crt')),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['mqtt'],
    ...versions,
  })
}

/** From now on the server knows nothing newer. */
async function withTls12(): Promise<void> {
  await server.close()
  server = await listenTls({ maxVersion: 'TLSv1.2' })
}

const pub = (...argv: string[]): Promise<number> => runPub(['-h', 'localhost', '-p', server.port, '-t', 'a', '-m', 'hi', ...argv], io)

async function served(): Promise<void> {
  const peer = await server.accept()
  await peer.welcome()
  expect((await peer.rest()).map((p) => p.hex)).toEqual([publish('a', 'hi'), 'e000'])
}

test('--cafile: the server is trusted by its authority', async () => {
  const code = pub('--cafile', certificate('ca.crt'))
  await served()
  expect(await code).toBe(0)
  expect(io.stderr.text).toBe('')
})

test('--cert and --key are shown to the server', async () => {
  const code = pub('--cafile', certificate('ca.crt'), '--cert', certificate('client.crt'), '--key', certificate('client.key'), '--tls-version', 'tlsv1.2')
  await served()
  expect(await code).toBe(0)
})

test('another authority: nothing is sent, 14, and what to do', async () => {
  expect(await pub('--cafile', certificate('other-ca.crt'))).toBe(14)
  expect(io.stderr.text).toMatch(/^Error: Protocol error\nError: The server's certificate was not accepted: .*--cafile.*\n$/)
})

test('--insecure checks nothing', async () => {
  const code = pub('--cafile', certificate('other-ca.crt'), '--insecure')
  await served()
  expect(await code).toBe(0)
})

test('TLS to a server that speaks none: 1', async () => {
  const plain = await ScriptedServer.listen()
  const code = runPub(['-h', 'localhost', '-p', plain.port, '--cafile', certificate('ca.crt'), '-t', 'a', '-m', 'x'], io)
  const peer = await plain.accept()
  peer.send('20020000', '20020000')
  expect(await code).toBe(1)
  expect(io.stderr.text).toBe('Unable to connect (A TLS error occurred).\n')
  await plain.close()
})

test('--tls-keylog appends the keys of the session to a file that only its owner can read', async () => {
  const file = join(folder, 'keys')
  for (const version of ['tlsv1.3', 'tlsv1.2']) {
    if (version === 'tlsv1.2') await withTls12()
    const code = pub('--cafile', certificate('ca.crt'), '--tls-keylog', file, '--tls-version', version)
    await served()
    expect(await code).toBe(0)
  }
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => line.split(' ')[0])).toEqual(
    expect.arrayContaining(['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0', 'CLIENT_RANDOM']),
  )
  for (const line of lines) expect(line).toMatch(/^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+$/)
})

test.each([
  ['tlsv1.2', {}, 'TLSv1.3'],
  ['tlsv1.2', { minVersion: 'TLSv1.3' }, 'TLSv1.3'],
  ['tlsv1.2', { maxVersion: 'TLSv1.2' }, 'TLSv1.2'],
  ['tlsv1.3', {}, 'TLSv1.3'],
] as const)('--tls-version %s is the least, as with Mosquitto: a server with %j gets %s', async (version, versions, expected) => {
  await server.close()
  server = await listenTls(versions)
  const negotiated = new Promise<TLSSocket>((resolve) => server.onTlsSocket(resolve))
  const code = pub('--cafile', certificate('ca.crt'), '--tls-version', version)
  await served()
  expect((await negotiated).getProtocol()).toBe(expected)
  expect(await code).toBe(0)
})

test('--tls-version tlsv1.3 and a server that does not know it', async () => {
  await withTls12()
  expect(await pub('--cafile', certificate('ca.crt'), '--tls-version', 'tlsv1.3')).toBe(14)
  expect(io.stderr.text).toBe('Error: Protocol error\nError: The server ended the TLS handshake: protocol version.\n')
})

test('--tls-alpn asks for a protocol, --ciphers offers what it names', async () => {
  await withTls12()
  const negotiated = new Promise<TLSSocket>((resolve) => server.onTlsSocket(resolve))
  const code = pub(
    '--cafile',
    certificate('ca.crt'),
    '--tls-alpn',
    'mqtt',
    '--ciphers',
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
    '--tls-version',
    'tlsv1.2',
  )
  await served()
  const socket = await negotiated
  expect(socket.alpnProtocol).toBe('mqtt')
  expect(socket.getCipher().name).toMatch(/^ECDHE-(RSA|ECDSA)-AES128-GCM-SHA256$/)
  expect(await code).toBe(0)
})

test('--capath: every certificate of the folder is trusted, whatever else lies there', async () => {
  copyFileSync(certificate('ca.crt'), join(folder, 'one.pem'))
  writeFileSync(join(folder, 'note.txt'), 'hello')
  mkdirSync(join(folder, 'sub'))
  const code = pub('--capath', folder)
  await served()
  expect(await code).toBe(0)
})

test('--tls-use-os-certs trusts the bundle that the environment names', async () => {
  io.env['SSL_CERT_FILE'] = certificate('ca.crt')
  const code = pub('--tls-use-os-certs')
  await served()
  expect(await code).toBe(0)
})

test('-L mqtts://', async () => {
  io.env['SSL_CERT_FILE'] = certificate('ca.crt')
  const code = runPub(['-L', `mqtts://localhost:${server.port}/a`, '-m', 'hi'], io)
  await served()
  expect(await code).toBe(0)
})

const OUR = (name: string): string => certificate(name)
test.each([
  ['a CA file without a certificate', ['--cafile', 'FOLDER/text'], 'Error: Unable to load CA certificates, check cafile "FOLDER/text".'],
  ['a folder without a certificate', ['--capath', 'FOLDER'], 'Error: Unable to load CA certificates, check capath "FOLDER": no PEM file in it holds one.'],
  [
    'a certificate that is none',
    ['--cafile', OUR('ca.crt'), '--cert', 'FOLDER/text', '--key', OUR('client.key')],
    'Error: Unable to load client certificate "FOLDER/text".',
  ],
  [
    'a key that is none',
    ['--cafile', OUR('ca.crt'), '--cert', OUR('client.crt'), '--key', 'FOLDER/text'],
    'Error: Unable to load client key file "FOLDER/text": a PEM file without a passphrase is needed.',
  ],
  [
    'the key of another certificate',
    ['--cafile', OUR('ca.crt'), '--cert', OUR('client.crt'), '--key', OUR('server.key')],
    `Error: Client certificate/key are inconsistent: "${OUR('server.key')}" is not the key of "${OUR('client.crt')}".`,
  ],
])('%s is named before anything is connected', async (_name, flags, message) => {
  writeFileSync(join(folder, 'text'), 'hello')
  expect(await pub(...flags.map((flag) => flag.replace('FOLDER', folder)))).toBe(1)
  expect(io.stderr.text).toBe(`${message.replace('FOLDER', folder)}\nUnable to connect (A TLS error occurred).\n`)
})

test('a cipher that nobody knows', async () => {
  expect(await pub('--cafile', certificate('ca.crt'), '--ciphers', 'foo')).toBe(1)
  expect(io.stderr.text).toBe('Unable to connect (A TLS error occurred).\n')
})

test('a key log that cannot be written', async () => {
  expect(await pub('--cafile', certificate('ca.crt'), '--tls-keylog', join(folder, 'none', 'keys'))).toBe(1)
  expect(io.stderr.text).toMatch(/^Error: Unable to write the key log ".*": No such file or directory\.\n$/)
})

test('a server that wants a certificate: 1, and what to do; in TLS 1.2 it ends the handshake: 14', async () => {
  const strict = await listenTls({ rejectUnauthorized: true })
  const flags = ['-h', 'localhost', '-t', 'a', '-m', 'hi', '--cafile', certificate('ca.crt')]
  expect(await runPub([...flags, '-p', strict.port], io)).toBe(1)
  expect(io.stderr.text).toBe(
    'Unable to connect (The connection was lost).\nError: The server ended the TLS connection: certificate required. Show it one with --cert and --key.\n',
  )
  await strict.close()
  const strictTls12 = await listenTls({ rejectUnauthorized: true, maxVersion: 'TLSv1.2' })
  const older = new FakeTerminal()
  expect(await runPub([...flags, '-p', strictTls12.port], older)).toBe(14)
  expect(older.stderr.text).toBe('Error: Protocol error\nError: The server ended the TLS handshake: handshake failure.\n')
  await strictTls12.close()
})

test('without TLS to a server that speaks it: 7', async () => {
  expect(await pub()).toBe(7)
  expect(io.stderr.text).toBe('Error: The connection was lost\n')
})

test.each([
  ['closes', (peer: Peer) => peer.end()],
  ['cuts', (peer: Peer) => peer.cut()],
])('a server without TLS that %s: 1', async (_name, end) => {
  const plain = await ScriptedServer.listen()
  const code = runPub(['-h', 'localhost', '-p', plain.port, '--cafile', certificate('ca.crt'), '-t', 'a', '-m', 'x'], io)
  end(await plain.accept())
  expect(await code).toBe(1)
  expect(io.stderr.text).toBe('Unable to connect (A TLS error occurred).\n')
  await plain.close()
})

test('lost before CONNACK and behind TLS: 1; behind CONNACK: 7', async () => {
  const early = pub('--cafile', certificate('ca.crt'))
  const first = await server.accept()
  await first.expect(TYPE.connect)
  first.cut()
  expect(await early).toBe(1)
  expect(io.stderr.text).toBe('Unable to connect (The connection was lost).\n')
  const late = pub('--cafile', certificate('ca.crt'), '-q', '1', '--quiet')
  const second = await server.accept()
  await second.welcome()
  await second.expect(TYPE.publish)
  second.cut()
  expect(await late).toBe(7)
})
