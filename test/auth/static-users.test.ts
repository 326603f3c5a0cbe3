// Users from a list: who gets in, with which Reason Code, and that a flood of logins finds a limit.
// Absent, empty and wrong are three different cases of a name or password.

import { expect, test } from 'vitest'
import { CertificateNames } from '../../src/auth/certificate-names.ts'
import { ScramSha256Client } from '../../src/auth/scram.ts'
import { makeScramVerifier, verifyPassword } from '../../src/auth/scram-verifier.ts'
import { StaticUsers } from '../../src/auth/static-users.ts'
import { VerificationQueue } from '../../src/auth/verification-queue.ts'
import type { Peer } from '../../src/base/link.ts'
import { ADMIT_ALL } from '../../src/broker/ports.ts'
import type { Connect } from '../../src/wire/mqtt/packet.ts'

const ALICE = { userName: 'alice', verifier: makeScramVerifier('secret', { iterations: 4096 })! }
const PEER: Peer = {
  transport: 'tcp',
  address: '127.0.0.1',
  port: 5000,
  localPort: 1883,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}

function connect(userName: string | null, password: string | Uint8Array | null): Connect {
  return {
    type: 1,
    version: 5,
    bridge: false,
    cleanStart: true,
    keepAlive: 60,
    clientId: 'c',
    will: null,
    userName,
    password: password === null ? null : Buffer.from(password as string),
    properties: {},
  }
}

test.each([
  ['the right password', 'alice', 'secret', 0, 'alice'],
  ['a wrong password', 'alice', 'Secret', 0x87, null],
  ['an empty password', 'alice', '', 0x87, null],
  ['no password', 'alice', null, 0x87, null],
  ['a password that is not text', 'alice', Uint8Array.of(0xff), 0x87, null],
  ['a password with a control character', 'alice', 'secret\u0000', 0x87, null],
  ['an unknown name', 'bob', 'secret', 0x87, null],
  ['an empty name', '', 'secret', 0x87, null],
  ['a name of a control character', '\u0001', 'secret', 0x87, null],
  ['no name, a password', null, 'secret', 0x87, null],
  ['neither', null, null, 0x87, null],
])('%s', async (_what, userName, password, reasonCode, admitted) => {
  const users = new StaticUsers({ users: [ALICE], allowAnonymous: false })
  expect(await users.authenticate(connect(userName, password))).toEqual({ reasonCode, userName: admitted })
})

test('anonymous clients are welcome when allowed; a wrong name is never anonymous', async () => {
  const users = new StaticUsers({ users: [ALICE], allowAnonymous: true })
  expect(await users.authenticate(connect(null, null))).toEqual({ reasonCode: 0, userName: null })
  expect(await users.authenticate(connect('bob', 'x'))).toEqual({ reasonCode: 0x87, userName: null })
  expect(await users.authenticate(connect('alice', 'x'))).toEqual({ reasonCode: 0x87, userName: null })
})

test('a password that was right is not derived again for a minute; a wrong one always is', async () => {
  let now = 0
  let derived = 0
  const queue = new VerificationQueue()
  const run = queue.run.bind(queue)
  queue.run = (work) => {
    derived++
    return run(work)
  }
  const users = new StaticUsers({ users: [ALICE], allowAnonymous: false, now: () => now, queue })
  const login = async (password: string): Promise<number> => (await users.authenticate(connect('alice', password))).reasonCode
  expect([await login('secret'), await login('secret'), derived]).toEqual([0, 0, 1])
  expect([await login('wrong'), await login('wrong'), derived]).toEqual([0x87, 0x87, 3])
  now = 60_001
  expect([await login('secret'), derived]).toEqual([0, 4])
})

test('unknown users cost the same derivation as known ones', async () => {
  let derived = 0
  const queue = new VerificationQueue()
  const run = queue.run.bind(queue)
  queue.run = (work) => {
    derived++
    return run(work)
  }
  const users = new StaticUsers({ users: [ALICE], allowAnonymous: false, queue })
  for (const [name, password] of [
    ['bob', 'x'],
    ['alice', 'x'],
    ['\u0001', 'x'],
    ['alice', ''],
  ] as const)
    await users.authenticate(connect(name, password))
  expect(derived).toBe(4)
})

test('a flood of logins is refused with 0x97 beyond the waiting room, and the next one is judged again', async () => {
  const users = new StaticUsers({ users: [ALICE], allowAnonymous: false, queue: new VerificationQueue(2, 3) })
  const codes = (await Promise.all(Array.from({ length: 8 }, () => users.authenticate(connect('alice', 'wrong'))))).map((verdict) => verdict.reasonCode)
  expect(codes.filter((code) => code === 0x87)).toHaveLength(5)
  expect(codes.filter((code) => code === 0x97)).toHaveLength(3)
  expect((await users.authenticate(connect('alice', 'secret'))).reasonCode).toBe(0)
})

test('a verification that fails gives its place back', async () => {
  const queue = new VerificationQueue(1, 1)
  await expect(queue.run(() => Promise.reject(new Error('thread pool')))).rejects.toThrow('thread pool')
  expect(await queue.run(() => Promise.resolve('next'))).toBe('next')
})

test('SCRAM-SHA-256 for the same users; other methods are not known', async () => {
  const users = new StaticUsers({ users: [ALICE], allowAnonymous: false })
  expect(users.begin('PLAIN')).toBe(null)
  expect(new StaticUsers({ users: [], allowAnonymous: true }).begin('SCRAM-SHA-256')).toBe(null)
  const exchange = users.begin('SCRAM-SHA-256')!
  const client = new ScramSha256Client({ userName: 'alice', password: 'secret', nonce: 'abcdefghijklmnopqr' })
  const challenge = await exchange.step(client.step(null))
  const outcome = await exchange.step(client.step(challenge.data))
  client.step(outcome.data)
  expect([outcome.reasonCode, outcome.userName, client.isServerVerified]).toEqual([0, 'alice', true])
})

test('a verifier holds no password, and two of one password differ', async () => {
  const first = makeScramVerifier('secret')!
  const second = makeScramVerifier('secret')!
  expect(Buffer.from(first.storedKey).equals(Buffer.from(second.storedKey))).toBe(false)
  expect([await verifyPassword('secret', first), await verifyPassword('secret', second), await verifyPassword('secre', first)]).toEqual([true, true, false])
  expect(makeScramVerifier('a\u0000b')).toBe(null)
})

test('on a listener with use_identity_as_username the name of the certificate counts, and nothing else', async () => {
  const names = new CertificateNames(new Set([8883]), ADMIT_ALL)
  const judge = (localPort: number, certificateName: string | null): unknown =>
    names.authenticate(connect('claimed', 'x'), { ...PEER, localPort, certificateName })
  expect(judge(8883, 'device-7')).toEqual({ reasonCode: 0, userName: 'device-7' })
  expect(judge(8883, null)).toEqual({ reasonCode: 0x87, userName: null })
  for (const name of ['', '#', 'a+b', 'a/b', 'a\nb', 'a\u0000']) expect(judge(8883, name), name).toEqual({ reasonCode: 0x87, userName: null })
  expect(judge(1883, null)).toEqual({ reasonCode: 0, userName: 'claimed' })
})
