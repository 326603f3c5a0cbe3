// Connecting out through a SOCKS5 proxy: what is said to it, what its answers mean, and that nothing is left behind.

import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type DialTarget, dial, type ProxyTarget } from '../../src/net/dial.ts'
import { certificate, listenerOptions, listening, Owners, targetFor, testContext, until, type Way } from './recording.ts'

interface Script {
  /** Answer to the greeting; method 0 unless given. */
  readonly method?: number[]
  /** Answer to the login. */
  readonly login?: number[]
  /** Answer to the request; success from 0.0.0.0:0 unless given. */
  readonly reply?: number[]
  /** Sends its answers byte by byte. */
  readonly slow?: boolean
}

interface FakeProxy {
  readonly target: ProxyTarget & { readonly port: number }
  /** What it was told, in hexadecimal, one line a message. */
  readonly told: string[]
  open: number
}

/** Does what the script says, then connects to where it was asked to go, resolving names itself. */
async function proxy(script: Script = {}): Promise<FakeProxy> {
  const told: string[] = []
  const server = createServer((client) => {
    fake.open++
    client.on('error', () => {}).on('close', () => fake.open--)
    onTestFinished(() => void client.destroy())
    void serve(client).catch(() => client.destroy())
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await until(() => server.listening, 'the proxy')
  const fake: FakeProxy = { target: { host: '127.0.0.1', port: (server.address() as { port: number }).port }, told, open: 0 }
  return fake

  async function take(client: Socket, size: number): Promise<Buffer> {
    for (;;) {
      const bytes = client.read(size) as Buffer | null
      if (bytes !== null && bytes.length === size) return bytes
      await new Promise((resolve, reject) => client.once('readable', resolve).once('close', () => reject(new Error('gone'))))
    }
  }

  async function say(client: Socket, bytes: readonly number[]): Promise<void> {
    if (!script.slow) client.write(Buffer.from(bytes))
    else
      for (const byte of bytes) {
        client.write(Buffer.from([byte]))
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
  }

  async function serve(client: Socket): Promise<void> {
    const greeting = await take(client, 2)
    const methods = await take(client, greeting[1]!)
    told.push(Buffer.concat([greeting, methods]).toString('hex'))
    const method = script.method ?? [5, 0]
    await say(client, method)
    if (method[1] === 2) {
      const user = await take(client, 2)
      const name = await take(client, user[1]! + 1)
      const password = await take(client, name.at(-1)!)
      told.push(Buffer.concat([user, name, password]).toString('hex'))
      await say(client, script.login ?? [1, 0])
    }
    const head = await take(client, 4)
    const length = head[3] === 1 ? 4 : head[3] === 4 ? 16 : (await take(client, 1))[0]!
    const address = await take(client, length)
    const port = (await take(client, 2)).readUInt16BE()
    told.push(`${head.toString('hex')} ${head[3] === 3 ? address.toString() : address.toString('hex')} ${port}`)
    const reply = script.reply ?? [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    await say(client, reply)
    if (reply[1] !== 0) return
    const onward = connect({ host: '127.0.0.1', port })
    onward.on('error', () => client.destroy())
    client.pipe(onward).pipe(client)
  }
}

test.each(['tcp', 'tcp, plain', 'tls', 'ws', 'wss'] as const satisfies readonly Way[])('data goes both ways through a proxy: %s', async (way) => {
  const context = testContext({ sharedReadBuffer: way !== 'tcp, plain' })
  const owners = new Owners()
  const listener = await listening(context, listenerOptions(way), owners.accept)
  for (const [round, script] of [{}, { slow: true }].entries()) {
    const { target, told } = await proxy(script)
    const clients = new Owners()
    const link = await dial(context, { ...targetFor(way, listener), host: 'localhost', proxy: target } as DialTarget, clients.accept)
    const client = clients.all[0]!
    const server = await owners.at(round)
    client.send(Buffer.from('hello'))
    await until(() => server.length === 5, 'the data')
    server.send(Buffer.from('and back'))
    await until(() => client.length === 8, 'the answer')
    expect(told).toEqual(['050100', `05010003 localhost ${listener.address.port}`])
    link.destroy()
    await until(() => server.closes === 1 && client.closes === 1, 'closed')
  }
})

test('names are left to the proxy, addresses are sent as such', async () => {
  const context = testContext()
  const owners = new Owners()
  const listener = await listening(context, listenerOptions('tcp'), owners.accept)
  const { target, told } = await proxy()
  for (const host of ['no.such.name.example', '192.0.2.1', '2001:db8::1']) {
    const link = await dial(context, { transport: 'tcp', host, port: listener.address.port, proxy: target }, new Owners().accept)
    link.destroy()
  }
  const { port } = listener.address
  expect(told.filter((line) => line.startsWith('0501000')).slice(0)).toEqual([
    `05010003 no.such.name.example ${port}`,
    `05010001 c0000201 ${port}`,
    `05010004 20010db8000000000000000000000001 ${port}`,
  ])
})

test('a user name and a password are given when the proxy asks', async () => {
  const context = testContext()
  const listener = await listening(context, listenerOptions('tcp'), new Owners().accept)
  const { target, told } = await proxy({ method: [5, 2] })
  const link = await dial(context, { ...targetFor('tcp', listener), proxy: { ...target, userName: 'ü:1', password: 'p@' } } as DialTarget, new Owners().accept)
  expect(told.slice(0, 2)).toEqual(['05020002', '0104c3bc3a31027040'])
  link.destroy()
})

const CREDENTIALS = { userName: 'a', password: 'b' }

test.each<[string, Script, Partial<ProxyTarget>, string, RegExp]>([
  ['wants a login that we have not', { method: [5, 0xff] }, {}, 'EACCES', /does not let us in: it wants a user name/],
  ['chooses what was not offered', { method: [5, 2] }, {}, 'EACCES', /does not let us in/],
  ['takes no login of ours', { method: [5, 0xff] }, CREDENTIALS, 'EACCES', /neither anonymous users nor passwords/],
  ['refuses the password', { method: [5, 2], login: [1, 1] }, CREDENTIALS, 'EACCES', /wrong user name or password/],
  ['answers the login in another version', { method: [5, 2], login: [5, 0] }, CREDENTIALS, 'EPROTO', /does not speak SOCKS5/],
  ['speaks SOCKS4', { method: [0, 90] }, {}, 'EPROTO', /does not speak SOCKS5/],
  ['speaks HTTP', { method: [...Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')] }, {}, 'EPROTO', /does not speak SOCKS5/],
  ['fails in general', { reply: [5, 1, 0, 1] }, {}, 'EPROTO', /did not connect to broker\.example:1883: it has failed/],
  ['has a rule against it', { reply: [5, 2, 0, 1] }, {}, 'EACCES', /its rules do not allow it/],
  ['finds no network', { reply: [5, 3, 0, 1] }, {}, 'ENETUNREACH', /network is unreachable/],
  ['finds no host', { reply: [5, 4, 0, 1] }, {}, 'EHOSTUNREACH', /host is unreachable/],
  ['is refused', { reply: [5, 5, 0, 1] }, {}, 'ECONNREFUSED', /connection was refused/],
  ['waits too long', { reply: [5, 6, 0, 1] }, {}, 'ETIMEDOUT', /took too long/],
  ['knows no CONNECT', { reply: [5, 7, 0, 1] }, {}, 'EOPNOTSUPP', /does not know the command/],
  ['knows no names', { reply: [5, 8, 0, 1] }, {}, 'EAFNOSUPPORT', /addresses of this kind/],
  ['answers nonsense', { reply: [5, 77, 0, 1] }, {}, 'EPROTO', /unknown code 77/],
  ['tells an address of no kind', { reply: [5, 0, 0, 9] }, {}, 'EPROTO', /does not speak SOCKS5/],
])('a proxy that %s is an error with a code', async (_name, script, login, code, message) => {
  const fake = await proxy(script)
  const owners = new Owners()
  for (const transport of ['tcp', 'tls', 'wss'] as const) {
    const attempt = dial(testContext(), { transport, host: 'broker.example', port: 1883, proxy: { ...fake.target, ...login } }, owners.accept)
    await expect(attempt, transport).rejects.toMatchObject({ name: 'ProxyError', code, message: expect.stringMatching(message) })
  }
  expect(owners.all).toHaveLength(0)
  await until(() => fake.open === 0, 'no connection left behind')
})

test("the proxy's own address may come as a name or as IPv6, and the broker may speak at once", async () => {
  // a server that greets: its first bytes come in one segment with the proxy's answer
  for (const address of [
    [5, 0, 0, 3, 3, 97, 98, 99, 1, 2],
    [5, 0, 0, 4, ...Buffer.alloc(18)],
    [...[5, 0, 0, 1], ...Buffer.alloc(6)],
  ]) {
    const greeter = createServer((client) => {
      client.on('error', () => {})
      client.once('data', () => {
        client.write(Buffer.from([5, 0]))
        client.once('data', () => client.write(Buffer.concat([Buffer.from(address), Buffer.from('welcome')])))
      })
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void greeter.close())
    await until(() => greeter.listening, 'listening')
    const clients = new Owners()
    const { port } = greeter.address() as { port: number }
    const link = await dial(testContext(), { transport: 'tcp', host: 'x.example', port: 1, proxy: { host: '127.0.0.1', port } }, clients.accept)
    await until(() => clients.all[0]!.length === 7, 'the welcome')
    expect(clients.all[0]!.bytes.toString()).toBe('welcome')
    link.destroy()
  }
})

test('a proxy that is not there, hangs up, or stays silent', async () => {
  const none = createServer().listen(0, '127.0.0.1')
  await until(() => none.listening, 'listening')
  const { port } = none.address() as { port: number }
  await new Promise((resolve) => none.close(resolve))
  const target = { transport: 'tcp', host: 'x.example', port: 1 } as const
  await expect(dial(testContext(), { ...target, proxy: { host: '127.0.0.1', port } }, new Owners().accept)).rejects.toMatchObject({
    name: 'ProxyError',
    code: 'ECONNREFUSED',
    message: expect.stringContaining(`no connection to the proxy 127.0.0.1:${port}`),
  })
  const mute = await proxy({ method: [] })
  const silent = { ...target, proxy: mute.target }
  await expect(dial(testContext(), { ...silent, connectTimeoutMs: 60 }, new Owners().accept)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  await expect(dial(testContext(), silent, new Owners().accept, AbortSignal.timeout(60))).rejects.toMatchObject({ name: 'TimeoutError' })
  await until(() => mute.open === 0, 'no connection left behind')
  const rude = createServer((client) => client.once('data', () => client.end())).listen(0, '127.0.0.1')
  onTestFinished(() => void rude.close())
  await until(() => rude.listening, 'listening')
  const rudePort = (rude.address() as { port: number }).port
  await expect(dial(testContext(), { ...target, proxy: { host: '127.0.0.1', port: rudePort } }, new Owners().accept)).rejects.toMatchObject({
    code: 'ECONNRESET',
    message: expect.stringContaining('is it a SOCKS5 proxy?'),
  })
})

test('what SOCKS cannot say is an error of the caller, before anything is connected', async () => {
  const fake = await proxy()
  const { target } = fake
  const wrong: [DialTarget, string][] = [
    [{ transport: 'tcp', host: 'x'.repeat(256), port: 1, proxy: target }, 'host name of 256 bytes'],
    [{ transport: 'tcp', host: 'x', port: 70_000, proxy: target }, 'port 70000'],
    [{ transport: 'tcp', host: 'x', port: 1, proxy: { ...target, userName: '' } }, 'user name of 0 bytes'],
    [{ transport: 'tls', host: 'x', port: 1, proxy: { ...target, userName: 'u', password: 'p'.repeat(256) } }, 'password of 256 bytes'],
    [{ transport: 'tls', host: 'x', port: 1, proxy: target, tls: { ciphersuites13: 'AES' } }, 'no cipher suite of TLS 1.3'],
  ]
  for (const [each, message] of wrong) await expect(dial(testContext(), each, new Owners().accept)).rejects.toThrow(message)
  expect([fake.open, fake.told]).toEqual([0, []])
})

test('TLS checks the name of the broker, not of the proxy', async () => {
  const context = testContext()
  const listener = await listening(context, listenerOptions('tls'), new Owners().accept)
  const { target } = await proxy()
  const ca = certificate('ca.crt')
  const through = (host: string): DialTarget => ({ transport: 'tls', host, port: listener.address.port, proxy: target, tls: { ca } })
  await expect(dial(context, through('other.example'), new Owners().accept)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await expect(dial(context, through('192.0.2.1'), new Owners().accept)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  for (const host of ['localhost', '127.0.0.1']) (await dial(context, through(host), new Owners().accept)).destroy()
})
