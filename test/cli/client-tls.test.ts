// TLS of pub and sub: which authority is trusted, what is said when it is not, client certificates.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { publish, ScriptedServer } from './support/scripted-server.ts'

const certificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))

let server: ScriptedServer
let io: FakeTerminal
beforeEach(async () => {
  io = new FakeTerminal()
  server = await ScriptedServer.listenTls({
    cert: readFileSync(certificate('server.crt')),
    key: readFileSync(certificate('server.key')),
    ca: readFileSync(certificate('ca.crt')),
    requestCert: true,
    rejectUnauthorized: false,
  })
})
afterEach(() => server.close())

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
