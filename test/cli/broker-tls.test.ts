// TLS listeners by a configuration file: each option's effect on a handshake of Node's own, and the lines that the log has for it.
// What is checked in a certificate is tested in test/net; here that the file's lines reach it.

import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../interop/support/mosquitto.ts'
import { resigned } from '../net/resigned.ts'
import { answer, certificate, command, configured, folder, guest } from './support/broker-kit.ts'

const SERVER = ['certfile CERTS/server.crt', 'keyfile CERTS/server.key']
const ca = readFileSync(certificate('ca.crt'))
const own = (name: string): { cert: Buffer; key: Buffer } => ({ cert: readFileSync(certificate(`${name}.crt`)), key: readFileSync(certificate(`${name}.key`)) })
const secure = (options: object = {}): object => ({ protocol: 'mqtts', ca, ...options })

/** Version and cipher that a handshake ends in, or its error. */
async function handshake(port: number, options: ConnectionOptions): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...options })
    onTestFinished(() => void socket.destroy())
    socket.on('secureConnect', () => resolve(`${socket.getProtocol()!} ${socket.getCipher().name}`))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

test('certfile and keyfile: TLS, with the negotiated cipher in the log; who speaks no TLS leaves these lines', async () => {
  const { port, program } = await configured(['allow_anonymous true', 'log_type all', 'listener PORT 127.0.0.1', ...SERVER])
  expect(await answer(port, secure({ clientId: 'tlsok' }))).toBe('welcome')
  await program.until('stderr', /Client tlsok \[127\.0\.0\.1:\d+\] disconnected\.\n/)
  const about = program.log.slice(program.log.findIndex((line) => line.startsWith('New connection'))).map((line) => line.replace(/:\d{4,5}\b/g, ':P'))
  expect(about).toEqual([
    `New connection from 127.0.0.1:P on port ${port}.`,
    'New client connected from 127.0.0.1:P as tlsok (p4, c1, k60).',
    'No will message specified.',
    'Client tlsok negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384',
    'Sending CONNACK to tlsok (0, 0)',
    'Received DISCONNECT from tlsok',
    'Client tlsok [127.0.0.1:P] disconnected.',
  ])
  const before = program.log.length
  expect(await answer(port)).not.toBe('welcome')
  await program.until('stderr', /disconnected: Protocol error\.\n/)
  expect(program.log.slice(before).map((line) => line.replace(/:\d{4,5}\b/g, ':P'))).toEqual([
    `New connection from 127.0.0.1:P on port ${port}.`,
    expect.stringMatching(/^Client connection from 127\.0\.0\.1 failed: .*(wrong version number|http request|SSL).*\.$/),
    'Client 127.0.0.1 [127.0.0.1:P] disconnected: Protocol error.',
  ])
})

test('connection_messages false: only the reason of a failed handshake', async () => {
  const { port, program } = await configured(['allow_anonymous true', 'connection_messages false', 'listener PORT 127.0.0.1', ...SERVER])
  expect(await answer(port)).not.toBe('welcome')
  await program.until('stderr', /Client connection from 127\.0\.0\.1 failed: /)
  expect(program.log.filter((line) => /New connection|disconnected/.test(line))).toEqual([])
})

test('require_certificate with cafile, crlfile, use_identity_as_username; disable_client_cert_date_checks', async () => {
  const ask = ['cafile CERTS/ca.crt', 'require_certificate true', 'use_identity_as_username true']
  const { ports, program } = await configured([
    'listener PORT 127.0.0.1',
    ...SERVER,
    ...ask,
    'listener PORT2 127.0.0.1',
    ...SERVER,
    ...ask,
    'crlfile CERTS/ca.crl',
    'listener PORT3 127.0.0.1',
    ...SERVER,
    ...ask,
    'disable_client_cert_date_checks true',
  ])
  const [plain, revoking, dateless] = ports as [number, number, number]
  expect(await answer(plain, secure({ ...own('client'), clientId: 'certc' }))).toBe('welcome')
  await program.until('stderr', /as certc \(p4, c1, k60, u'alice'\)\.\n/)
  expect(await answer(plain, secure(own('revoked')))).toBe('welcome')
  expect(await answer(revoking, secure(own('client')))).toBe('welcome')
  for (const [port, certificates] of [
    [plain, {}],
    [plain, own('other-client')],
    [revoking, own('revoked')],
  ] as const)
    expect(await answer(port, secure(certificates))).not.toBe('welcome')
  const expired = { cert: resigned('client.crt', { '21191231235959Z': '20201231235959Z' }), key: own('client').key }
  expect(await answer(plain, secure(expired))).not.toBe('welcome')
  expect(await answer(dateless, secure(expired))).toBe('welcome')
  expect(await answer(dateless, secure(own('other-client')))).not.toBe('welcome')
  await program.until('stderr', /failed: client certificate refused: CERT_REVOKED|failed: [^\n]*revoked/)
})

test('capath: a folder of authorities; use_subject_as_username', async () => {
  const path = folder()
  copyFileSync(certificate('ca.crt'), join(path, 'one.pem'))
  copyFileSync(certificate('make.sh'), join(path, 'README'))
  const { port, program } = await configured([
    'listener PORT 127.0.0.1',
    ...SERVER,
    `capath ${path}`,
    'require_certificate true',
    'use_subject_as_username true',
  ])
  expect(await answer(port, secure({ ...own('client'), clientId: 'certc' }))).toBe('welcome')
  await program.until('stderr', /as certc \(p4, c1, k60, u'CN=alice'\)\.\n/)
  expect(await answer(port, secure(own('other-client')))).not.toBe('welcome')
})

test('tls_version, ciphers, ciphers_tls1.3', async () => {
  const { ports } = await configured([
    'allow_anonymous true',
    'listener PORT 127.0.0.1',
    ...SERVER,
    'tls_version tlsv1.3',
    'ciphers_tls1.3 TLS_CHACHA20_POLY1305_SHA256',
    'listener PORT2 127.0.0.1',
    ...SERVER,
    'ciphers ECDHE-ECDSA-AES128-GCM-SHA256',
    'listener PORT3 127.0.0.1',
    ...SERVER,
  ])
  const [newest, chosen, usual] = ports as [number, number, number]
  expect(await handshake(newest, {})).toBe('TLSv1.3 TLS_CHACHA20_POLY1305_SHA256')
  expect(await handshake(newest, { maxVersion: 'TLSv1.2' })).toMatch(/PROTOCOL_VERSION/)
  expect(await handshake(chosen, { maxVersion: 'TLSv1.2' })).toBe('TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256')
  expect(await handshake(chosen, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })).toMatch(/HANDSHAKE_FAILURE/)
  expect(await handshake(usual, { maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 /)
  expect(await handshake(usual, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).not.toMatch(/^TLS/)
})

test('protocol websockets with a certificate: wss', async () => {
  const { port } = await configured(['allow_anonymous true', 'listener PORT 127.0.0.1', 'protocol websockets', ...SERVER])
  expect(await answer(port, secure({ protocol: 'wss', path: '/mqtt' }))).toBe('welcome')
})

test('certfile and cafile given twice: the last line counts', async () => {
  const { port } = await configured([
    'allow_anonymous true',
    'listener PORT 127.0.0.1',
    'cafile /nowhere',
    'cafile CERTS/ca.crt',
    'certfile /nowhere',
    'keyfile CERTS/server.key',
    'certfile CERTS/server.crt',
  ])
  expect(await answer(port, secure())).toBe('welcome')
})

test('--tls-keylog: lines for an analyser, in a file for its owner alone', async () => {
  const path = folder()
  const file = join(path, 'keys')
  const { port } = await configured(['allow_anonymous true', 'listener PORT 127.0.0.1', ...SERVER], { args: ['--tls-keylog', file] })
  await guest(port, secure())
  await expect.poll(() => existsSync(file) && readFileSync(file, 'latin1')).toMatch(/^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{96}\n/m)
})

test.each([
  [['certfile CERTS/server.crt'], 3, 'Error: Both certfile and keyfile must be provided to enable a TLS listener.'],
  [['certfile CERTS/server.crt', 'keyfile /nope'], 1, "Error: Unable to load server key file '/nope'. Check keyfile: "],
  [[...SERVER, 'cafile /nope'], 1, "Error: Unable to load CA certificates. Check cafile '/nope': "],
  [[...SERVER, 'crlfile /nope'], 1, "Error: Unable to load certificate revocation file '/nope'. Check crlfile: "],
  [['psk_hint x', 'certfile CERTS/server.crt', 'keyfile CERTS/server.key'], 3, 'Error: Cannot use both certificate and psk encryption in a single listener.'],
])('%j does not start: exit %i', async (lines, code, message) => {
  const file = join(folder(), 'c')
  const text = [`listener ${await freePort()} 127.0.0.1`, 'allow_anonymous true', ...lines].join('\n')
  writeFileSync(file, `${text.replaceAll('CERTS', certificate(''))}\n`)
  const ended = await command('broker', '-c', file)
  expect(ended).toMatchObject({ code, out: '' })
  expect(ended.err).toContain(message)
  expect(ended.err).toMatch(/ terminating\n$/)
})
