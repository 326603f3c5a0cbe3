// Pre-shared keys instead of certificates: listeners and dialling, in TLS 1.2 and 1.3.

import { type ConnectionOptions, connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { dial, type TlsDialOptions } from '../../src/net/dial.ts'
import type { Listener, PskListenerOptions, TlsListenerOptions } from '../../src/net/listener.ts'
import type { NetContext, NetProblem } from '../../src/net/net-context.ts'
import { certificate, listenerOptions, listening, Owners, testContext, until } from './recording.ts'

const KEYS: Readonly<Record<string, Buffer>> = {
  sensor: Buffer.from('0011aabb', 'hex'),
  'Zähler 7': Buffer.alloc(32, 7),
  huge: Buffer.alloc(2000, 1),
  empty: Buffer.alloc(0),
  '\ufffd': Buffer.from('0011aabb', 'hex'),
}
const psk: PskListenerOptions = { hint: 'the lab', lookup: (identity) => KEYS[identity] ?? null }
const SENSOR = { identity: 'sensor', key: KEYS['sensor']! }
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

interface Broker {
  readonly context: NetContext
  readonly listener: Listener
  readonly owners: Owners
  readonly problems: NetProblem[]
}

async function broker(tls: TlsListenerOptions = { psk }, way: 'tls' | 'wss' = 'tls'): Promise<Broker> {
  const problems: NetProblem[] = []
  const context = testContext({ onError: (problem) => problems.push(problem) })
  const owners = new Owners()
  const listener = await listening(context, { ...listenerOptions(way), tls }, owners.accept)
  return { context, listener, owners, problems }
}

/** Says hello through a link of ours; `answered`, or how it failed. TLS 1.3 clients learn of a refusal only afterwards. */
async function meet({ context, listener, owners }: Broker, tls: TlsDialOptions, way: 'tls' | 'wss' = 'tls'): Promise<string> {
  const clients = new Owners()
  const met = owners.all.length
  try {
    const link = await dial(context, { transport: way, host: 'localhost', port: listener.address.port, tls }, clients.accept)
    onTestFinished(() => link.destroy())
    const client = clients.all[0]!
    client.send(Buffer.from('hello'))
    await until(() => client.closes > 0 || owners.all.length > met, 'the end or the other side')
    if (client.closes > 0) return 'closed'
    const server = owners.all[met]!
    await until(() => server.length === 5, 'the data')
    return 'answered'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

test.each(VERSIONS.flatMap((version) => (['tls', 'wss'] as const).map((way) => [version, way] as const)))(
  'both sides prove the key, and the identity is told: %s, %s',
  async (maxVersion, way) => {
    const tested = await broker({ psk }, way)
    expect(await meet(tested, { psk: SENSOR, maxVersion }, way)).toBe('answered')
    expect(await meet(tested, { psk: { identity: 'Zähler 7', key: KEYS['Zähler 7']! }, maxVersion }, way)).toBe('answered')
    const peers = tested.owners.all.map(({ link }) => link.peer)
    expect(peers).toMatchObject([
      { transport: way, pskIdentity: 'sensor', certificateName: null, certificateSubject: null, tlsVersion: maxVersion },
      { pskIdentity: 'Zähler 7' },
    ])
    expect(tested.problems).toEqual([])
  },
)

test.each(
  VERSIONS.flatMap((version) =>
    (
      [
        ['a wrong key', { identity: 'sensor', key: Buffer.from('0011aabc', 'hex') }],
        ['an unknown identity', { identity: 'nobody', key: KEYS['sensor']! }],
        ['a key longer than any handshake can use', { identity: 'huge', key: Buffer.alloc(200, 1) }],
        ['an empty key', { identity: 'empty', key: Buffer.from([0]) }],
      ] as const
    ).map(([name, wrong]) => [name, version, wrong] as const),
  ),
)('%s is refused and reported: %s', async (_name, maxVersion, wrong) => {
  const tested = await broker()
  expect(await meet(tested, { psk: wrong, maxVersion })).not.toBe('answered')
  await until(() => tested.problems.length > 0 && tested.listener.connections === 0, 'the report')
  expect(tested.problems[0]!.kind).toBe('handshake')
  expect(tested.owners.all).toHaveLength(0)
  expect(await meet(tested, { psk: SENSOR })).toBe('answered')
})

test('an identity that is no UTF-8 does not pass for another one', async () => {
  // Node cannot send such bytes; what it makes of them on our side is this character
  const tested = await broker()
  for (const maxVersion of VERSIONS) expect(await meet(tested, { psk: { identity: '\ufffd', key: KEYS['\ufffd']! }, maxVersion })).not.toBe('answered')
  expect(tested.owners.all).toHaveLength(0)
})

test('a client without a key is refused by a listener with keys alone', async () => {
  const tested = await broker()
  for (const maxVersion of VERSIONS) expect(await meet(tested, { rejectUnauthorized: false, maxVersion })).not.toBe('answered')
  expect(tested.owners.all).toHaveLength(0)
})

test.each(VERSIONS)('a server that shows a certificate instead of proving the key is refused, whoever vouches for it: %s', async (maxVersion) => {
  const tested = await broker({ key: certificate('server.key'), cert: certificate('server.crt') })
  const met = await meet(tested, { psk: SENSOR, ca: certificate('ca.crt'), ciphers: 'ALL', maxVersion })
  expect(met).toBe('ERR_PSK_NOT_PROVED')
  expect(await meet(tested, { psk: SENSOR, rejectUnauthorized: false, ciphers: 'ALL', maxVersion })).not.toBe('answered')
})

test('clients of TLS 1.2 are told the hint', async () => {
  const { listener } = await broker()
  const hint = await new Promise((resolve) => {
    const socket = connect({
      port: listener.address.port,
      host: '127.0.0.1',
      maxVersion: 'TLSv1.2',
      ciphers: 'PSK',
      checkServerIdentity: () => undefined,
      pskCallback: (told: string | null) => {
        resolve(told)
        return { identity: 'sensor', psk: KEYS['sensor']! }
      },
    } as ConnectionOptions)
    onTestFinished(() => void socket.destroy())
  })
  expect(hint).toBe('the lab')
})

test('a session is not resumed without its identity', async () => {
  const tested = await broker()
  let session: Buffer | null = null
  const visit = async (maxVersion: (typeof VERSIONS)[number]): Promise<string | null> => {
    const met = tested.owners.all.length
    const socket = connect({
      port: tested.listener.address.port,
      host: '127.0.0.1',
      ciphers: 'kPSK:TLS_AES_128_GCM_SHA256',
      maxVersion,
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ identity: 'sensor', psk: KEYS['sensor']! }),
      ...(session === null ? {} : { session }),
    } as ConnectionOptions)
    onTestFinished(() => void socket.destroy())
    socket.on('session', (given: Buffer) => (session = given))
    return (await tested.owners.at(met)).link.peer.pskIdentity
  }
  for (const version of VERSIONS) {
    session = null
    expect([await visit(version), await visit(version), await visit(version)]).toEqual(['sensor', 'sensor', 'sensor'])
  }
})

test('renewing leaves the keys; those that are looked up anew hold at once', async () => {
  const keys = new Map([['a', Buffer.from('01', 'hex')]])
  const tested = await broker({ psk: { lookup: (identity) => keys.get(identity) ?? null } })
  const a = { identity: 'a', key: Buffer.from('01', 'hex') }
  expect(await meet(tested, { psk: a })).toBe('answered')
  tested.listener.renew({ psk })
  expect(await meet(tested, { psk: a })).toBe('answered')
  keys.delete('a')
  expect(await meet(tested, { psk: a })).not.toBe('answered')
})

test('what cannot be is an error of the caller', async () => {
  const context = testContext()
  const target = { transport: 'tls', host: 'localhost', port: 1 } as const
  for (const [wrong, message] of [
    [{ identity: '', key: KEYS['sensor']! }, 'identity of 0 bytes'],
    [{ identity: 'x'.repeat(129), key: KEYS['sensor']! }, 'identity of 129 bytes'],
    [{ identity: 'a\0b', key: KEYS['sensor']! }, 'without NUL'],
    [{ identity: 'a', key: Buffer.alloc(0) }, 'key of 0 bytes'],
    [{ identity: 'a', key: Buffer.alloc(257) }, 'key of 257 bytes'],
  ] as const)
    await expect(dial(context, { ...target, tls: { psk: wrong } }, new Owners().accept)).rejects.toThrow(message)
  await expect(broker({ psk, key: certificate('server.key'), cert: certificate('server.crt') })).rejects.toThrow('either pre-shared keys or a certificate')
  await expect(broker({})).rejects.toThrow('needs a key and a certificate')
  await expect(broker({ key: certificate('server.key') })).rejects.toThrow('needs a key and a certificate')
})
