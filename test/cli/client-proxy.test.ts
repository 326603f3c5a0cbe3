// --proxy and --psk of the clients with real peers: a SOCKS5 proxy of a few lines, a TLS server without certificates.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { runSub } from '../../src/cli/sub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { publish, ScriptedServer, TYPE } from './support/scripted-server.ts'

let server: ScriptedServer
let io: FakeTerminal
const proxies: Server[] = []
beforeEach(async () => {
  server = await ScriptedServer.listen()
  io = new FakeTerminal()
})
afterEach(async () => {
  for (const proxy of proxies.splice(0)) proxy.close()
  await server.close()
})

/** Says these bytes, in hexadecimal, one for each message it gets; then it is a pipe to the server, if that is wanted. Tells what it got. */
async function proxy(answers: readonly string[], pipe: boolean): Promise<{ readonly port: number; readonly got: string[] }> {
  const got: string[] = []
  const listener = createServer((socket: Socket) => {
    socket.on('error', () => {})
    let at = 0
    const answer = (bytes: Buffer): void => {
      got.push(bytes.toString('hex'))
      socket.write(Buffer.from(answers[at++]!, 'hex'))
      if (at < answers.length) return
      socket.off('data', answer)
      if (pipe) socket.pipe(server.connect()).pipe(socket)
    }
    socket.on('data', answer)
  })
  proxies.push(listener)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { port: (listener.address() as { port: number }).port, got }
}

const CONNECTED = '05000001000000000000'
const BROKER = `050100030d${Buffer.from('broker.hidden').toString('hex')}075b`
const arguments_ = (url: string): string[] => ['-h', 'broker.hidden', '--proxy', url, '-t', 'a', '-m', 'hi']

test('--proxy: the proxy looks the name up and carries the connection', async () => {
  const { port, got } = await proxy(['0500', CONNECTED], true)
  const code = runPub(arguments_(`socks5h://127.0.0.1:${port}`), io)
  const peer = await server.accept()
  await peer.welcome()
  expect((await peer.packet()).hex).toBe(publish('a', 'hi'))
  await peer.expect(TYPE.disconnect)
  expect(await code).toBe(0)
  expect(got).toEqual(['050100', BROKER])
})

test('--proxy with user and password', async () => {
  const { port, got } = await proxy(['0502', '0100', CONNECTED], true)
  const code = runPub(arguments_(`socks5h://u%40x:p%3A%25@127.0.0.1:${port}`), io)
  await (await server.accept()).welcome()
  expect(await code).toBe(0)
  expect(got).toEqual(['05020002', `0103${Buffer.from('u@x').toString('hex')}03${Buffer.from('p:%').toString('hex')}`, BROKER])
})

test.each([
  ['wants a login', ['05ff'], 'Authorisation failed', 11],
  ['knows another password', ['0502', '0101'], 'Authorisation failed', 11],
  ['does not allow it', ['0500', '05020001000000000000'], 'Authorisation failed', 11],
  ['finds the server closed', ['0500', '05050001000000000000'], 'The client is not currently connected', 4],
  ['does not reach the server', ['0500', '05040001000000000000'], 'The client is not currently connected', 4],
  ['fails', ['0500', '05010001000000000000'], 'Proxy error', 16],
])('a proxy that %s: words and exit code, and why', async (_name, answers, words, exitCode) => {
  const { port } = await proxy(answers, false)
  const user = answers[0] === '0502' ? 'u:p@' : ''
  expect(await runSub(['-h', 'broker.hidden', '--proxy', `socks5h://${user}127.0.0.1:${port}`, '-t', 'a'], io)).toBe(exitCode)
  expect(io.stderr.text).toMatch(new RegExp(`^Error: ${words}\\nError: the proxy 127\\.0\\.0\\.1:${port} .*\\.\\n$`))
})

test('no proxy there: as if there were no server', async () => {
  const gone = await ScriptedServer.listen()
  const { port } = gone
  await gone.close()
  expect(await runPub(arguments_(`socks5h://127.0.0.1:${port}`), io)).toBe(1)
  expect(io.stderr.text).toBe('Error: Connection refused\n')
})

const KEYS: Readonly<Record<string, string>> = { me: '0011aabb', odd: '0abc' }
const psk = (port: string, ...argv: string[]): Promise<number> => runPub(['-h', '127.0.0.1', '-p', port, '-t', 'a', '-m', 'hi', ...argv], io)
const pskServer = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<ScriptedServer> =>
  ScriptedServer.listenTls({
    pskCallback: (_socket, identity) => (KEYS[identity] === undefined ? null : Buffer.from(KEYS[identity], 'hex')),
    ciphers: 'PSK:TLS_AES_128_GCM_SHA256',
    maxVersion,
  })

test.each(['TLSv1.2', 'TLSv1.3'] as const)('--psk, %s: both sides know the key', async (version) => {
  const secret = await pskServer(version)
  const code = psk(secret.port, '--psk', '0011aabb', '--psk-identity', 'me')
  const peer = await secret.accept()
  await peer.welcome()
  expect((await peer.packet()).hex).toBe(publish('a', 'hi'))
  expect(await code).toBe(0)
  expect(io.stderr.text).toBe('')
  await secret.close()
})

test('--psk of an odd number of digits begins with half a byte', async () => {
  const secret = await pskServer('TLSv1.2')
  const code = psk(secret.port, '--psk', 'abc', '--psk-identity', 'odd')
  await (await secret.accept()).welcome()
  expect(await code).toBe(0)
  await secret.close()
})

test.each([
  ['another key', 'TLSv1.2', '0011aabc', 'me'],
  ['another key', 'TLSv1.3', '0011aabc', 'me'],
  ['a name that the server does not know', 'TLSv1.2', '0011aabb', 'you'],
] as const)('--psk with %s, %s: 14', async (_name, version, key, identity) => {
  const secret = await pskServer(version)
  expect(await psk(secret.port, '--psk', key, '--psk-identity', identity)).toBe(14)
  expect(io.stderr.text).toMatch(/^Error: Protocol error\nError: .*\n$/)
  await secret.close()
})
