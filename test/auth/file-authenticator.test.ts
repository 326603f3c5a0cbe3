// Who comes in by a listener's rules, and whether somebody who is in would still come in after they changed.
// With the broker around it: what an ACL file forbids is not delivered, and SUBSCRIBE is granted all the same.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { AclFile } from '../../src/auth/acl-file.ts'
import { FileAuthenticator, type LoginRules } from '../../src/auth/file-authenticator.ts'
import { FileAuthorizer } from '../../src/auth/file-authorizer.ts'
import { PasswordFile } from '../../src/auth/password-file.ts'
import { PasswordLogins } from '../../src/auth/password-logins.ts'
import type { Peer } from '../../src/base/link.ts'
import type { Verdict } from '../../src/session/effects.ts'
import type { Connect } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'

function hash(password: string): string {
  const salt = Buffer.alloc(12, 3)
  return `$6$${salt.toString('base64')}$${createHash('sha512').update(password).update(salt).digest('base64')}`
}

class Source {
  text: string
  constructor(text: string) {
    this.text = text
  }
  readonly read = (): { bytes: Buffer; notes: [] } => ({ bytes: Buffer.from(this.text), notes: [] })
}

const PLAIN: LoginRules = { allowAnonymous: false, passwordFile: null, nameFrom: 'connect', clientIdPrefix: null }

function passwords(text: string): { source: Source; file: PasswordFile } {
  const source = new Source(text)
  return { source, file: new PasswordFile('passwords', { read: source.read }) }
}

function peerOf(fields: Partial<Peer> & { certificateSubject?: string; pskIdentity?: string } = {}): Peer {
  const nameless = { certificateName: null, certificateSubject: null, pskIdentity: null, tlsVersion: null, cipher: null }
  return { transport: 'tls', address: '127.0.0.1', port: 5000, localPort: 8883, ...nameless, ...fields }
}

function connect(userName: string | null, password: string | null = null, clientId = 'c'): Connect {
  return {
    type: 1,
    version: 5,
    bridge: false,
    cleanStart: true,
    keepAlive: 60,
    clientId,
    will: null,
    userName,
    password: password === null ? null : Buffer.from(password),
    properties: {},
  }
}

const WELCOME = (userName: string | null): Verdict => ({ reasonCode: 0, userName })
const REFUSED: Verdict = { reasonCode: 0x87, userName: null, reason: expect.any(String) as string }
/** As Mosquitto answers who should have brought a name and has none: 4 in 3.x. */
const NAMELESS: Verdict = { ...REFUSED, reasonCode: 0x86 }

test.each<[string, Partial<LoginRules>, Connect, Verdict]>([
  ['the right password', {}, connect('ann', 'secret'), WELCOME('ann')],
  ['a wrong one', {}, connect('ann', 'Secret'), REFUSED],
  ['none', {}, connect('ann'), REFUSED],
  ['an empty one', {}, connect('ann', ''), REFUSED],
  ['an unknown user', {}, connect('zoe', 'secret'), REFUSED],
  ['no name where names are asked for', {}, connect(null), REFUSED],
  ['no name where none is needed', { allowAnonymous: true }, connect(null), WELCOME(null)],
  ['a wrong password is never anonymous', { allowAnonymous: true }, connect('ann', 'x'), REFUSED],
  ['an unknown user is never anonymous', { allowAnonymous: true }, connect('zoe'), REFUSED],
  ['a name that nobody checks', { allowAnonymous: true, passwordFile: null }, connect('zoe', 'x'), WELCOME('zoe')],
  ['a name that nobody knows', { passwordFile: null }, connect('zoe', 'x'), REFUSED],
  ['the prefix of Client Identifiers', { clientIdPrefix: 'dev-' }, connect('ann', 'secret', 'dev-1'), WELCOME('ann')],
  ['another beginning', { clientIdPrefix: 'dev-' }, connect('ann', 'secret', 'adev-1'), REFUSED],
  ['no Client Identifier', { clientIdPrefix: 'dev-' }, connect('ann', 'secret', ''), REFUSED],
])('%s', async (_what, rules, packet, verdict) => {
  const { file } = passwords(`ann:${hash('secret')}\n`)
  const authenticator = new FileAuthenticator({ ...PLAIN, passwordFile: file, ...rules }, new PasswordLogins())
  expect(await authenticator.authenticate(packet, peerOf())).toEqual(verdict)
  expect(authenticator.begin()).toBeNull()
})

test.each<[string, 'identity' | 'subject', Parameters<typeof peerOf>[0], Verdict]>([
  ['the Common Name', 'identity', { certificateName: 'lamp' }, WELCOME('lamp')],
  ['the identity of a pre-shared key', 'identity', { pskIdentity: 'lamp' }, WELCOME('lamp')],
  ['the whole subject', 'subject', { certificateName: 'lamp', certificateSubject: 'CN=lamp,O=A/B,C=IT' }, WELCOME('CN=lamp,O=A/B,C=IT')],
  ['no certificate', 'identity', {}, NAMELESS],
  ['no subject', 'subject', { certificateName: 'lamp' }, NAMELESS],
  ['a wildcard as a name', 'identity', { certificateName: '#' }, NAMELESS],
  ['a wildcard in a name', 'subject', { certificateSubject: 'CN=a+OU=b' }, NAMELESS],
  ['a slash in a name', 'identity', { certificateName: 'a/b' }, NAMELESS],
  ['a control character', 'identity', { pskIdentity: 'a\n' }, NAMELESS],
])('%s', (_what, nameFrom, peer, verdict) => {
  const { file } = passwords(`ann:${hash('secret')}\n`)
  const authenticator = new FileAuthenticator({ ...PLAIN, allowAnonymous: true, passwordFile: file, nameFrom }, new PasswordLogins())
  expect(authenticator.authenticate(connect('ann', 'secret'), peerOf(peer))).toEqual(verdict)
})

test('who would not come in again is not welcome any more', async () => {
  const { source, file } = passwords(`ann:${hash('a')}\nbob:${hash('b')}\n`)
  const rules: LoginRules = { ...PLAIN, allowAnonymous: true, passwordFile: file }
  const authenticator = new FileAuthenticator(rules, new PasswordLogins())
  const [ann, bob, nobody, stranger] = [peerOf(), peerOf(), peerOf(), peerOf()]
  await authenticator.authenticate(connect('ann', 'a'), ann)
  await authenticator.authenticate(connect('bob', 'b'), bob)
  await authenticator.authenticate(connect(null), nobody)
  await authenticator.authenticate(connect('ann', 'wrong'), stranger)
  const welcome = (): boolean[] => [
    authenticator.stillWelcome(ann, 'c', 'ann'),
    authenticator.stillWelcome(bob, 'c', 'bob'),
    authenticator.stillWelcome(nobody, 'c', null),
    authenticator.stillWelcome(stranger, 'c', 'ann'),
  ]
  expect(welcome()).toEqual([true, true, true, false])
  source.text = `# a comment more\nbob:${hash('b')}\nann:${hash('new')}\n`
  file.reload()
  expect(welcome()).toEqual([false, true, true, false])
  source.text = `bob:${hash('b')}\nann:${hash('a')}\n`
  file.reload()
  authenticator.replace({ ...rules, allowAnonymous: false })
  expect(welcome()).toEqual([true, true, false, false])
  authenticator.replace({ ...rules, clientIdPrefix: 'd' })
  expect(welcome()).toEqual([false, false, false, false])
  authenticator.replace({ ...rules, passwordFile: null })
  expect(welcome()).toEqual([true, true, true, false])
  authenticator.replace({ ...rules, passwordFile: null, allowAnonymous: false })
  expect(welcome()).toEqual([false, false, false, false])
})

test('a name that nobody checked is not welcome once there are passwords; a certificate stays', () => {
  const open = new FileAuthenticator({ ...PLAIN, allowAnonymous: true }, new PasswordLogins())
  const peer = peerOf()
  expect(open.authenticate(connect('ann'), peer)).toEqual(WELCOME('ann'))
  expect(open.stillWelcome(peer, 'c', 'ann')).toBe(true)
  open.replace({ ...PLAIN, allowAnonymous: true, passwordFile: passwords(`ann:${hash('a')}\n`).file })
  expect(open.stillWelcome(peer, 'c', 'ann')).toBe(false)
  const certified = new FileAuthenticator({ ...PLAIN, nameFrom: 'identity' }, new PasswordLogins())
  const lamp = peerOf({ certificateName: 'lamp' })
  certified.authenticate(connect(null), lamp)
  certified.replace({ ...PLAIN, nameFrom: 'identity', passwordFile: passwords('').file })
  expect(certified.stillWelcome(lamp, 'c', 'lamp')).toBe(true)
})

test('other rules while a password is judged: the answer of the old ones is void', async () => {
  const { file } = passwords(`ann:${hash('a')}\n`)
  const authenticator = new FileAuthenticator({ ...PLAIN, passwordFile: file }, new PasswordLogins())
  const peer = peerOf()
  const verdict = authenticator.authenticate(connect('ann', 'a'), peer)
  authenticator.replace({ ...PLAIN, passwordFile: passwords('').file })
  expect(await verdict).toEqual(REFUSED)
  expect(authenticator.stillWelcome(peer, 'c', 'ann')).toBe(false)
})

test('with the broker: SUBSCRIBE is granted, what may not be read is not delivered, what may not be written is refused', () => {
  const source = new Source('user ann\ntopic read a/#\ntopic deny a/secret\nuser bob\ntopic write #\n')
  const aclFile = new AclFile('acl', { read: source.read })
  const broker = new TestBroker({
    authenticator: new FileAuthenticator({ ...PLAIN, allowAnonymous: true }, new PasswordLogins()),
    authorizer: new FileAuthorizer({ aclFile }),
  })
  const ann = broker.client('ann', { version: 5, userName: 'ann' })
  const bob = broker.client('bob', { version: 5, userName: 'bob' })
  ann.subscribe('#', 1)
  expect(ann.lines()).toEqual(['SUBACK m1 [1]'])
  for (const topic of ['a/x', 'a/secret', 'b']) bob.publish(topic, topic)
  expect(ann.payloads()).toEqual(['a/x'])
  ann.publish('a/x', 'no', { qos: 1 })
  expect(ann.lines()).toEqual(['PUBACK m1 0x87'])
  source.text = 'user ann\ntopic read b\nuser bob\ntopic write #\n'
  aclFile.reload()
  for (const topic of ['a/x', 'a/secret', 'b']) bob.publish(topic, topic)
  expect(ann.payloads()).toEqual(['b'])
})
