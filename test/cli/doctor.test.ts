// `zanzara doctor`: each reason why nobody can connect is found, with the line that mends it; what is fine is called fine.
// Brokers of our own and scripted peers on loopback; configurations in a folder of their own.

import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { makeScramVerifier } from '../../src/auth/scram-verifier.ts'
import { StaticUsers } from '../../src/auth/static-users.ts'
import { ensureDevCertificates } from '../../src/certs/dev-certificates.ts'
import { viewConfiguration } from '../../src/cli/doctor/configuration-view.ts'
import { runDoctor } from '../../src/cli/doctor/doctor.ts'
import { mayRead } from '../../src/cli/doctor/file-checks.ts'
import type { Finding } from '../../src/cli/doctor/findings.ts'
import { listeningOn } from '../../src/cli/doctor/listening-sockets.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'
import { unusedPort } from '../support/built.ts'
import { passwordFile } from './support/broker-kit.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-doctor-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const testCertificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))

interface Diagnosis {
  readonly code: number
  readonly findings: readonly Finding[]
  /** `level: text`, one line each. */
  readonly text: string
}

async function doctor(...argv: readonly string[]): Promise<Diagnosis> {
  const io = new FakeTerminal()
  const code = await runDoctor([...argv, '--json'], io, Date.now(), false)
  const { findings } = JSON.parse(io.stdout.text) as { findings: Finding[] }
  return { code, findings, text: findings.map(({ level, text }) => `${level}: ${text}\n`).join('') }
}

async function broker(options: StartBrokerOptions): Promise<RunningBroker> {
  const running = await startBroker(options)
  onTestFinished(() => running.close())
  return running
}

function file(name: string, ...lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}

/** The finding whose text matches, if it is the only one. */
function only({ findings, text }: Diagnosis, pattern: RegExp): Finding {
  const found = findings.filter((finding) => pattern.test(finding.text))
  if (found.length !== 1) throw new Error(`${found.length} findings match ${String(pattern)}:\n${text}`)
  return found[0]!
}

const USERS = new StaticUsers({ users: [{ userName: 'ada', verifier: makeScramVerifier('secret')! }], allowAnonymous: false })

test('a broker that lets everybody in is fine, in both versions', async () => {
  const { port } = await broker({ port: 0 })
  const found = await doctor('-p', String(port))
  expect(found.code).toBe(0)
  expect(only(found, /takes/)).toEqual({
    level: 'fine',
    about: 'connect',
    text: `port ${port} of 127.0.0.1 takes MQTT 3.1.1 and 5.0, without a password`,
    mend: [],
  })
  expect(only(found, /open to this machine only/).level).toBe('look')
})

test('nothing listens: broken, and how to start it', async () => {
  const port = await unusedPort()
  const found = await doctor('-p', String(port))
  expect(found.code).toBe(1)
  expect(only(found, /^nothing listens/)).toMatchObject({ level: 'broken', mend: [expect.stringMatching(/zanzara/)] })
  const config = file('m.conf', `listener ${port}`, 'allow_anonymous true')
  const { mend } = only(await doctor('-c', config), /^nothing listens/)
  expect(mend[0]).toMatch(/ broker -c .*m\.conf$/)
})

test.skipIf(process.platform !== 'linux')('somebody else has the port: who it is, and that it speaks no MQTT', async () => {
  const server: Server = createServer((socket) => socket.end('220 mail\r\n')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const { text, mend } = only(await doctor('-p', String(port)), /does not speak MQTT/)
  expect(text).toContain(`(process ${process.pid}) listens at port ${port}`)
  expect(mend[0]).toMatch(/^listener 1883/)
})

test('who wants a password is asked for one, and told whether it was right', async () => {
  const { port } = await broker({ port: 0, authenticator: USERS })
  const without = await doctor('-p', String(port))
  expect([without.code, only(without, /wants a user name/).level]).toEqual([0, 'look'])
  const wrong = await doctor('-p', String(port), '-u', 'ada', '-P', 'guess')
  expect(wrong.code).toBe(1)
  expect(wrong.findings.some(({ level, text }) => level === 'broken' && text.endsWith('it does not know ada with this password'))).toBe(true)
  const right = await doctor('-p', String(port), '-u', 'ada', '-P', 'secret')
  expect([right.code, only(right, /takes/).text]).toEqual([0, `port ${port} of 127.0.0.1 takes MQTT 3.1.1 and 5.0 from ada`])
})

test.each([
  ['20020004', '2003008600', /answers MQTT 3\.1\.1 and 5\.0 with "Bad User Name or Password": it wants a user name/],
  ['20020001', '2003008400', /answers MQTT 3\.1\.1 and 5\.0 with "Unsupported Protocol Version"$/],
  ['20020003', '2003008800', /answers MQTT 3\.1\.1 and 5\.0 with "Server unavailable"$/],
])('the answers %s and %s in words', async (old, current, words) => {
  const server = createServer((socket) => {
    // the protocol level stands behind the name, at the 9th byte of a CONNECT of less than 128 bytes
    socket.once('data', (connect) => socket.end(Buffer.from(connect[8] === 5 ? current : old, 'hex')))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  only(await doctor('-p', String((server.address() as { port: number }).port)), words)
})

test('a configuration by which nobody can log in: one finding for all listeners of the same line', async () => {
  const [a, b] = [await unusedPort(), await unusedPort()]
  const config = file('m.conf', 'allow_anonymous false', `listener ${a}`, `listener ${b} 127.0.0.1`)
  const found = await doctor('-c', config)
  expect(only(found, /nobody can log in/)).toEqual({
    level: 'broken',
    about: 'login',
    text: `port ${a}, port ${b}: nobody can log in: ${config}:1 says allow_anonymous false, and there is no password_file`,
    mend: ['allow_anonymous true   (lets everybody in)', 'password_file FILE     (made by: zanzara passwd -c FILE NAME)'],
  })
  expect(only(found, /open to this machine only/)).toMatchObject({ text: expect.stringContaining(`${config}:3: port ${b} `), mend: [`listener ${b}`] })
})

test('a listener for all without passwords is worth a look', async () => {
  const port = await unusedPort()
  const found = await doctor('-c', file('m.conf', `listener ${port}`, 'allow_anonymous true'))
  expect(only(found, /everybody in the network/)).toMatchObject({ level: 'look', text: expect.stringMatching(/m\.conf:2 says allow_anonymous true$/) })
})

test('a configuration that cannot be used: the reason and the line; one that is not there: that alone', async () => {
  const wrong = await doctor('-c', file('m.conf', 'listener 1883', 'nonsense 3'))
  expect(wrong.code).toBe(1)
  expect(wrong.findings[0]).toMatchObject({
    level: 'broken',
    text: expect.stringContaining("Unknown configuration variable 'nonsense'"),
    mend: [`mend the line at ${folder}/m.conf:2`],
  })
  const { findings } = await doctor('-c', join(folder, 'none.conf'))
  expect(findings.filter(({ about }) => about !== 'system')).toEqual([
    { level: 'broken', about: 'configuration', text: `the configuration cannot be used: Unable to open config file '${folder}/none.conf'.`, mend: [] },
  ])
})

test('the broker was started with another configuration: it wants passwords where the file wants none', async () => {
  const { port } = await broker({ listeners: [{ port: 0, host: null }], authenticator: USERS })
  const found = await doctor('-c', file('m.conf', `listener ${port}`, 'allow_anonymous true'))
  expect(found.findings.some(({ level, text }) => level === 'broken' && text.includes('it was started with another configuration'))).toBe(true)
})

test.skipIf(process.platform !== 'linux')('the broker listens for this machine only where the file says everybody', async () => {
  const { port } = await broker({ port: 0 })
  const found = await doctor('-c', file('m.conf', `listener ${port}`, 'allow_anonymous true'))
  expect(only(found, /not at all addresses/).level).toBe('broken')
})

test('certificates: expired, the wrong key, a name that is not in it, a file that is missing', async () => {
  const port = await unusedPort()
  const conf = (certfile: string, keyfile: string): string =>
    file('m.conf', `listener ${port}`, 'allow_anonymous true', `certfile ${certfile}`, `keyfile ${keyfile}`)
  const expired = await doctor('-c', conf(testCertificate('expired.crt'), testCertificate('server.key')))
  expect(only(expired, /it ended \d+ days ago$/).level).toBe('broken')
  expect(only(expired, /is not that of the certificate/).level).toBe('broken')
  const named = await doctor('-c', conf(testCertificate('server.crt'), testCertificate('server.key')), '-h', 'broker.lab.example')
  expect(only(named, /clients refuse it$/)).toMatchObject({
    level: 'broken',
    text: expect.stringMatching(/^broker\.lab\.example is not in .*server\.crt, which is for localhost, /),
    mend: [expect.stringContaining('--host broker.lab.example')],
  })
  const missing = await doctor('-c', conf(join(folder, 'none.crt'), testCertificate('server.key')))
  expect(only(missing, /^there is no server certificate/).text).toBe(`there is no server certificate ${folder}/none.crt, which ${folder}/m.conf:3 names`)
  const client = await doctor('-c', conf(testCertificate('client.crt'), testCertificate('client.key')))
  expect(only(client, /for clients only$/).level).toBe('broken')
})

test('a TLS listener with good certificates is fine; the authority that a client trusts is judged too', async () => {
  const certificates = await ensureDevCertificates(join(folder, 'tls'), { hosts: ['localhost', '127.0.0.1'], days: null, now: Date.now() })
  const { ca, server } = certificates
  const { port } = await broker({
    listeners: [{ transport: 'tls', port: 0, tls: { cert: readFileSync(server.certificateFile), key: readFileSync(server.keyFile) } }],
  })
  const config = file('m.conf', `listener ${port} localhost`, 'allow_anonymous true', `certfile ${server.certificateFile}`, `keyfile ${server.keyFile}`)
  const found = await doctor('-c', config)
  expect([found.code, found.text]).toEqual([
    0,
    expect.stringMatching(/fine: the server certificate .*, 36[45] days\n[\s\S]*fine: port \d+ of localhost takes MQTT 3\.1\.1 and 5\.0/),
  ])
  expect((await doctor('-h', 'localhost', '-p', String(port), '--cafile', ca.certificateFile)).code).toBe(0)
  const stranger = await doctor('-h', 'localhost', '-p', String(port), '--cafile', testCertificate('ca.crt'))
  expect(stranger.code).toBe(1)
  expect(stranger.text).toMatch(/broken: the certificate of port \d+ of localhost is not accepted: /)
  expect(stranger.text).toMatch(/fine: port \d+ of localhost takes/)
  const plain = await doctor('-p', String(port))
  expect(plain.findings.some(({ level, text }) => level === 'broken' && text.endsWith('expects TLS'))).toBe(true)
})

test('password and ACL files: what is wrong in them, by line', async () => {
  const ada = passwordFile(['ada', 'secret']).trim()
  const passwords = file('passwords', ada, '', 'bob:plain', 'carl')
  const acl = file('acl', '# mine', 'user ada', 'topik read a')
  const keys = file('keys', 'id:xyz')
  const port = await unusedPort()
  const lines = [`listener ${port}`, `password_file ${passwords}`, `acl_file ${acl}`, `psk_file ${keys}`, 'psk_hint x']
  const found = await doctor('-c', file('m.conf', ...lines))
  expect(only(found, /has no password hash/)).toMatchObject({ level: 'broken', mend: [`zanzara passwd -U ${passwords}`] })
  expect(only(found, /has no password hash/).text).toMatch(`${passwords}:3: Unable to decode line. User 'bob'`)
  expect(only(found, /topik/).text).toBe(`${acl}:3: Invalid line: topik. The broker does not start with it`)
  expect(only(found, /non-hexadecimal/).text).toContain(`${keys}:1: psk for identity "id"`)
  expect(found.text).not.toContain('nobody can log in')
  file('passwords', ada, 'carl')
  file('acl', 'user ada', 'topic read a', 'pattern write b')
  file('keys', 'id:12', 'other:345')
  const mended = await doctor('-c', join(folder, 'm.conf'))
  expect([only(mended, /has one user/).level, only(mended, /has 2 rules/).level, only(mended, /has 2 keys/).level]).toEqual(['fine', 'fine', 'fine'])
  expect(only(mended, /does not contain '%c' or '%u'/).level).toBe('look')
  const empty = await doctor('-c', file('m.conf', `listener ${port}`, `password_file ${file('none')}`, `acl_file ${file('nothing', '#')}`))
  expect(only(empty, /names nobody/).level).toBe('broken')
  expect(only(empty, /has no rule/)).toMatchObject({ level: 'broken', mend: ['topic readwrite #'] })
})

test.skipIf(process.platform !== 'linux')('who may read a file: owner, group, others, and the folders above it', () => {
  const inner = join(folder, 'inner')
  mkdirSync(inner)
  chmodSync(folder, 0o755)
  chmodSync(inner, 0o755)
  const secret = join(inner, 'secret')
  writeFileSync(secret, '')
  const [uid, gid] = [process.getuid!(), process.getgid!()]
  const stranger = { uid: uid + 4321, groups: [gid + 4321] }
  const member = { uid: uid + 4321, groups: [gid + 4321, gid] }
  const may = (mode: number): [boolean, boolean] => {
    chmodSync(secret, mode)
    return [mayRead(secret, stranger), mayRead(secret, member)]
  }
  expect(may(0o644)).toEqual([true, true])
  expect(may(0o640)).toEqual([false, true])
  expect(may(0o600)).toEqual([false, false])
  expect(may(0o604)).toEqual([true, false]) // the group's bits count for its members
  chmodSync(inner, 0o700)
  expect(mayRead(secret, stranger)).toBe(false)
  expect(mayRead(secret, { uid: 0, groups: [0] })).toBe(true)
})

test('listeners as the file means them: scopes, include_dir, the old port option', () => {
  mkdirSync(join(folder, 'conf.d'))
  file('conf.d/b.conf', 'listener 3 127.0.0.1', 'allow_anonymous true')
  file('conf.d/ignored.txt', 'listener 4')
  const config = file(
    'm.conf',
    'per_listener_settings true',
    'bind_address 10.0.0.1',
    'port 1',
    'allow_anonymous true',
    'listener 2',
    'password_file x',
    `include_dir ${folder}/conf.d`,
  )
  const { listeners } = viewConfiguration(config)
  expect(listeners.map(({ port, host, allowsAnonymous, passwordFile }) => [port, host, allowsAnonymous, passwordFile?.value ?? null])).toEqual([
    [1, '10.0.0.1', true, null],
    [2, null, false, 'x'],
    [3, '127.0.0.1', true, null],
  ])
  expect(listeners[2]!.anonymousAt).toMatchObject({ file: join(folder, 'conf.d', 'b.conf'), line: 2 })
  const [shared] = viewConfiguration(file('n.conf', 'listener 0 /tmp/s', 'password_file x', 'listener 5', 'allow_anonymous true')).listeners
  expect(shared).toMatchObject({ unixPath: '/tmp/s', allowsAnonymous: true, passwordFile: { value: 'x' } })
})

test('listening sockets are read from /proc: both families, and the program behind', () => {
  const row = (local: string, state: string, inode: string): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  0 0 ${inode} 1 0`
  mkdirSync(join(folder, 'net'))
  file('net/tcp', 'head', row('0100007F:075B', '0A', '11'), row('0100007F:075B', '01', '12'), row('00000000:0050', '0A', '13'))
  file('net/tcp6', 'head', row('00000000000000000000000001000000:075B', '0A', '14'))
  expect(listeningOn(1883, folder)).toEqual([
    { address: '127.0.0.1', port: 1883, process: null },
    { address: '::1', port: 1883, process: null },
  ])
  expect(listeningOn(1884, folder)).toEqual([])
  expect(listeningOn(1883, join(folder, 'net'))).toBe(null)
})

test('for people: marks, lines that mend, a summary; colours at a terminal only', async () => {
  const { port } = await broker({ port: 0, authenticator: USERS })
  const print = async (isTty: boolean): Promise<string> => {
    const io = new FakeTerminal()
    await runDoctor(['-p', String(port)], io, Date.now(), isTty)
    return io.stdout.text
  }
  const plain = await print(false)
  expect(plain).toMatch(/^! port \d+ of 127\.0\.0\.1 answers MQTT 3\.1\.1 .*\n {4}zanzara doctor … -u NAME -P PASSWORD$/m)
  expect(plain).toMatch(/\n\nNothing is broken, \d worth a look\.\n$/)
  expect(await print(true)).toContain('\x1b[33m!\x1b[39m ')
})

test('names that do not exist are said to be unknown', async () => {
  expect(only(await doctor('-h', 'broker.invalid'), /is not known here$/).level).toBe('broken')
})

test.each([
  [['-x'], "Unknown option '-x'."],
  [['-p', '0'], "Invalid port '0': it must be between 1 and 65535."],
  [['-c'], '-c needs a value.'],
  [['--cert', 'a'], '--cert and --key belong together.'],
  [['-P', 'a'], '-P needs a user name: -u NAME.'],
  [['--tls', 'on'], "--tls takes the word dev, for development certificates; 'on' is none."],
])('wrong arguments %j: 2', async (argv, sentence) => {
  const io = new FakeTerminal()
  expect(await runDoctor(argv, io)).toBe(2)
  expect(io.stderr.text).toBe(`Error: ${sentence}\n\nUse 'zanzara doctor --help' to see usage.\n`)
})
