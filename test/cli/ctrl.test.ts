// `zanzara ctrl` as its users see it: what is printed, how it ends, what it asks for. Against our broker with dynamic security in force.
// Mosquitto's tool and broker in our place are in test/interop/ctrl.test.ts.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readDirectory } from '../../src/auth/dynsec/dynsec-file.ts'
import { verifyPasswordHash } from '../../src/auth/password-hash.ts'
import { runCtrl } from '../../src/cli/ctrl/ctrl.ts'
import { DYNSEC_COMMANDS } from '../../src/cli/ctrl/dynsec-commands.ts'
import { builtProgram } from '../support/built.ts'
import { DynsecBroker } from '../support/dynsec-kit.ts'
import { answer, configured, folder } from './support/broker-kit.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

beforeAll(() => void builtProgram(), 180_000)

interface Ran {
  readonly code: number
  readonly out: string
  /** Without the warning about encryption. */
  readonly err: string
}

const WARNING = 'Warning: You are running zanzara ctrl without encryption.\nEverything you change can be read on the network, passwords included.\n\n'

/** Runs the command; `answers` are what somebody types. */
async function ctrl(words: readonly string[], answers: readonly string[] = []): Promise<Ran> {
  const io = new FakeTerminal()
  const typed = [...answers]
  const code = await runCtrl(words, io, async (prompt) => {
    io.stdout.write(prompt)
    return Buffer.from(typed.shift() ?? '')
  })
  return { code, out: io.stdout.text, err: io.stderr.text.replace(WARNING, '') }
}

/** Commands of an admin, one after the other. */
function dynsecOf(port: number): (line: string, ...answers: readonly string[]) => Promise<Ran> {
  return async (line, ...answers) =>
    await ctrl(['-p', String(port), '-u', 'admin', '-P', 'secret', 'dynsec', ...line.split(' ').filter((word) => word !== '')], answers)
}

const DONE: Ran = { code: 0, out: '', err: '' }
const printed = (...lines: readonly string[]): Ran => ({ code: 0, out: lines.map((line) => `${line}\n`).join(''), err: '' })

test('every command of dynsec, and what it shows', async () => {
  const { port, admin } = await DynsecBroker.start()
  const dynsec = dynsecOf(port)
  const tried = new Set<string>()
  const run = async (line: string, ...answers: readonly string[]): Promise<Ran> => {
    tried.add(line.split(' ')[0]!)
    return await dynsec(line, ...answers)
  }
  for (const line of ['createRole r1', 'createRole r2', 'createGroup g1', 'createGroup g2', 'createClient ann -c c1 -p pw', 'createClient bob -i c2 -p pw'])
    expect(await run(line)).toEqual(DONE)
  for (const line of [
    'addRoleACL r1 publishClientSend t/# allow 5',
    'addRoleACL r1 publishClientReceive t/# deny',
    'addRoleACL r1 subscribePattern a/+ allow x',
    'addClientRole ann r1',
    'addClientRole ann r2 7',
    'addGroupRole g1 r1 4',
    'addGroupClient g1 ann 6',
    'addGroupClient g1 bob',
    'addGroupClient g2 ann',
    'disableClient bob',
    'setClientId bob',
    'setDefaultACLAccess subscribe allow',
    'setAnonymousGroup g2',
    'setClientPassword ann pw2',
  ])
    expect(await run(line)).toEqual(DONE)
  expect(await run('getClient ann')).toEqual(
    printed(
      'Username:    ann',
      'Clientid:    c1',
      'Roles:       r2 (priority: 7)',
      '             r1 (priority: -1)',
      'Groups:      g1 (priority: 6)',
      '             g2 (priority: -1)',
    ),
  )
  expect(await run('getClient bob')).toEqual(printed('Username:    bob', 'Clientid:', 'Disabled:    true', 'Groups:      g1 (priority: -1)'))
  expect(await run('getGroup g1')).toEqual(printed('Groupname: g1', 'Roles:     r1 (priority: 4)', 'Clients:   ann', '           bob'))
  expect(await run('getGroup g2')).toEqual(printed('Groupname: g2', 'Clients:   ann'))
  expect(await run('getRole r1')).toEqual(
    printed(
      'Rolename: r1',
      'ACLs:     publishClientSend    : allow : t/# (priority: 5)',
      '          publishClientReceive : deny  : t/# (priority: 0)',
      '          subscribePattern     : allow : a/+ (priority: 0)',
    ),
  )
  expect(await run('listClients')).toEqual(printed('admin', 'ann', 'bob'))
  expect(await run('listClients 1 1')).toEqual(printed('ann'))
  expect(await run('listGroups')).toEqual(printed('g1', 'g2'))
  expect(await run('listRoles 2')).toEqual(printed('admin', 'r1'))
  expect(await run('getAnonymousGroup')).toEqual(printed('g2'))
  expect(await run('getDefaultACLAccess')).toEqual(
    printed('publishClientSend    : deny', 'publishClientReceive : allow', 'subscribe            : allow', 'unsubscribe          : allow'),
  )
  expect(await run('getDetails')).toEqual(printed('Clients: 3', 'Groups:  2', 'Roles:   3', 'Changes: 20'))
  expect(await answer(port, { username: 'ann', password: 'pw2', clientId: 'c1' })).toBe('welcome')
  expect(await answer(port, { username: 'bob', password: 'pw' })).toBe(5)
  for (const line of [
    'enableClient bob',
    'removeRoleACL r1 publishClientSend t/#',
    'removeClientRole ann r1',
    'removeGroupRole g1 r1',
    'removeGroupClient g1 bob',
    'deleteRole r2',
    'deleteGroup g1',
    'deleteClient ann',
  ])
    expect(await run(line)).toEqual(DONE)
  expect(await answer(port, { username: 'bob', password: 'pw' })).toBe('welcome')
  expect(await admin.do({ command: 'listClients' }, { command: 'listGroups' }, { command: 'listRoles' })).toMatchObject([
    { data: { clients: ['admin', 'bob'] } },
    { data: { groups: ['g2'] } },
    { data: { roles: ['admin', 'r1'] } },
  ])
  expect(DYNSEC_COMMANDS.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([])
})

test('texts are shown, who is connected, and control characters escaped', async () => {
  const { port, admin } = await DynsecBroker.start()
  await admin.do(
    { command: 'modifyClient', username: 'admin', textname: 'The\nboss', textdescription: 'x' },
    { command: 'createRole', rolename: 'r', allowwildcardsubs: false, textname: 'R' },
  )
  const shown = await dynsecOf(port)('getClient admin')
  expect(shown.out).toMatch(
    /^Username: {4}admin\nClientid:\nName: {8}The\\x0aboss\nAbout: {7}x\nRoles: {7}admin \(priority: -1\)\nConnections: (127\.0\.0\.1|::1)\n$/,
  )
  expect(await dynsecOf(port)('getRole r')).toEqual(printed('Rolename: r', 'Name:     R', 'Wildcard subscriptions: deny'))
})

test('a refusal by the broker is told, and is no failure of the command', async () => {
  const { port } = await DynsecBroker.start()
  expect(await dynsecOf(port)('getClient nobody')).toEqual({ code: 0, out: '', err: 'getClient: Error: Client not found.\n' })
  expect(await dynsecOf(port)('createRole admin')).toEqual({ code: 0, out: '', err: 'createRole: Error: Role already exists.\n' })
})

test('passwords are asked for twice, without one there is no login', async () => {
  const { port } = await DynsecBroker.start()
  const dynsec = dynsecOf(port)
  const asked = 'Enter new password for ann. Press return for no password (user will be unable to login).\nNew password for ann: '
  expect(await dynsec('createClient ann', '')).toEqual({ ...DONE, out: asked })
  expect(await dynsec('setClientPassword ann', 'pw', 'pw')).toEqual({
    ...DONE,
    out: 'Enter new password for ann.\nNew password for ann: Reenter password for ann: ',
  })
  expect(await answer(port, { username: 'ann', password: 'pw' })).toBe('welcome')
  const differ = await dynsec('setClientPassword ann', 'one', 'two')
  expect([differ.code, differ.err]).toEqual([0, 'Error: Passwords do not match.\n'])
  expect(await answer(port, { username: 'ann', password: 'pw' })).toBe('welcome')
})

test.each([
  ['createClient', 3],
  ['createClient u -p', 3],
  ['createClient u -x y', 3],
  ['createRole r x', 3],
  ['getRole', 3],
  ['listClients 1 2 3', 3],
  ['addRoleACL r foo t allow', 3],
  ['addRoleACL r publishClientSend t perhaps', 3],
  ['addRoleACL r publishClientSend t', 3],
  ['removeRoleACL r foo t', 3],
  ['setDefaultACLAccess subscribe perhaps', 3],
  ['setDefaultACLAccess subscribeLiteral allow', 3],
  ['init', 3],
  ['init file', 3],
  ['nope', 13],
])('`%s` cannot be used: exit code %i, before anything is connected', async (line, code) => {
  const ran = await dynsecOf(1)(line)
  expect([ran.code, ran.out]).toEqual([code, ''])
  expect(ran.err).toMatch(
    line === 'nope'
      ? /^Command 'nope' not recognised\.\n$/
      : line.startsWith('init')
        ? /^dynsec init: Not enough arguments/
        : /Error: Invalid input\.\nUsage: zanzara ctrl dynsec \w+ .*\n$/,
  )
})

test('the flags of mosquitto_ctrl are known, and those of clients that publish or subscribe are not', async () => {
  const flags = `-A=1.2.3.4 --cafile=/dev/null --capath=/ --cert=/dev/null --key=/dev/null --ciphers=DEFAULT -d --debug -f=x -h=x --host=x -i=x --id=x --insecure
    --keyform=pem -L=mqtt://x -o=/dev/null -p=1 --port=1 -P=x --pw=x -q=0 --qos=2 --quiet --psk=00 --psk-identity=x --tls-alpn=mqtt --tls-engine=x
    --tls-engine-kpass-sha1=x --tls-version=tlsv1.2 -u=x --username=x --unix=/nowhere -v --verbose -V=5 --protocol-version=311`
  for (const flag of flags.split(/\s+/)) expect([flag, (await ctrl([...flag.split('='), '--help'])).err]).toEqual([flag, ''])
  for (const flag of ['-t', '-m', '-r', '-c', '--will-topic', '-D'])
    expect([flag, (await ctrl([flag, 'x', '--help'])).err.startsWith(`Error: Unknown option '${flag}'.`)]).toEqual([flag, true])
})

test('help: of the program, of a module, of the options; unknown modules', async () => {
  const module = await ctrl(['dynsec', 'help'])
  for (const { name } of DYNSEC_COMMANDS) expect(module.out).toContain(`\n  ${name}`)
  expect(module.code).toBe(0)
  expect((await ctrl(['broker', 'help'])).out).toContain('listListeners')
  expect(await ctrl(['dynsec'])).toMatchObject({ code: 1, out: module.out })
  expect((await ctrl(['help'])).out).toContain('Modules:\n  dynsec')
  expect((await ctrl(['--help'])).out).toContain('--cafile FILE')
  expect(await ctrl(['foo', 'bar'])).toEqual({ code: 10, out: '', err: "Error: Module 'foo' not supported. There are: dynsec, broker.\n" })
  expect((await ctrl(['--nope'])).err).toContain("Error: Unknown option '--nope'.")
})

test.each([
  [['-A'], 1, 'Error: -A argument given but no address specified.\n\n'],
  [['-f'], 1, 'Error: -f argument given but no data file specified.\n\n'],
  [['-q', '3'], 1, 'Error: Invalid QoS given: 3\n'],
  [['--unknown'], 1, "Error: Unknown option '--unknown'.\n"],
  [['--cert', '/dev/null'], 1, 'Error: Both certfile and keyfile must be provided if one of them is set.\n'],
  [['-L', 'mqtts://:@localhost/topic'], 1, 'Error: Empty username in URL.\n'],
  [['-L', 'mqtts://localhost:/topic'], 1, 'Error: Empty port in URL.\n'],
  [['--proxy', 'socks5h://user%41@localhost'], 1, 'Error: Invalid URL encoding in username.\n'],
  [['--proxy', 'socks5h://user:password%@localhost'], 1, 'Error: Invalid URL encoding in password.\n'],
  [['broker', 'unknown'], 13, "Command 'unknown' not recognised.\n"],
  [['dynsec', 'createClient', 'client', '-p'], 3, 'Error: -p argument given, but no password provided.\nError: Invalid input.\n'],
  [['-f', 'file', 'dynsec', 'setClientPassword', 'a', 'b', '-i'], 3, 'Error: -i argument given, but no iterations provided.\nError: Invalid input.\n'],
  [['-f', 'file', 'dynsec', 'setClientPassword', 'a', 'b', '-c'], 3, 'Error: Unknown argument: -c\nError: Invalid input.\n'],
])('as mosquitto_ctrl, %j: nothing on standard error but this', async (words, code, text) => {
  const io = new FakeTerminal()
  io.env['ZANZARA_PROGRAM_NAME'] = 'mosquitto_ctrl'
  expect([await runCtrl(words, io), io.stderr.text]).toEqual([code, text])
})

test('a command is known in any case of its letters', async () => {
  const { port } = await DynsecBroker.start()
  expect(await dynsecOf(port)('LISTclients')).toEqual(printed('admin'))
})

test('answers to other admins are not taken for ours', async () => {
  const { port } = await DynsecBroker.start()
  const dynsec = dynsecOf(port)
  const lines = ['createRole r1', 'createRole r2', 'createRole admin', 'getRole admin', 'getRole nope', 'listClients', 'listGroups', 'getClient admin']
  const alone = [DONE, DONE, 'Role already exists', 'Rolename: admin', 'Role not found', 'admin', '', 'Username:    admin']
  const ran = await Promise.all(lines.map(async (line) => await dynsec(line)))
  for (const [i, { out, err }] of ran.entries()) {
    const expected = alone[i]!
    if (typeof expected === 'string') expect(out + err).toContain(expected)
    else expect({ code: 0, out, err }).toEqual(expected)
  }
  expect(await dynsec('listRoles')).toEqual(printed('admin', 'r1', 'r2'))
})

test('who may not, and where nobody answers', async () => {
  const { port, admin } = await DynsecBroker.start()
  const rules = (...types: readonly string[]): object[] => types.map((acltype) => ({ acltype, topic: '$CONTROL/#', allow: true }))
  await admin.do(
    { command: 'createRole', rolename: 'half', acls: rules('subscribePattern') },
    { command: 'createClient', username: 'ann', password: 'pw' },
    { command: 'createClient', username: 'bob', password: 'pw', roles: [{ rolename: 'half' }] },
  )
  const as = async (user: string, password: string): Promise<Ran> => await ctrl(['-p', String(port), '-u', user, '-P', password, 'dynsec', 'listClients'])
  expect(await as('ann', 'pw')).toEqual({ code: 135, out: '', err: 'Subscribe error: Not authorized\n' })
  expect(await as('bob', 'pw')).toEqual({ code: 135, out: '', err: 'Publish error: Not authorized\n' })
  expect(await as('ann', 'x')).toMatchObject({ code: 135, err: 'Connection error: Not authorized\n' })
  expect(await ctrl(['-p', '1', 'dynsec', 'listClients'])).toEqual({ code: 14, out: '', err: 'Error: Connection refused\n' })
  expect(await ctrl(['--quiet', '-p', '1', 'dynsec', 'listClients'])).toEqual({ code: 14, out: '', err: '' })
})

test('MQTT 3.1.1, QoS 0 and 2, a URL: the options of the other clients', async () => {
  const { port } = await DynsecBroker.start()
  const io = ['dynsec', 'listClients']
  for (const options of [
    ['-V', '311', '-q', '2'],
    ['-V', '31', '-q', '0'],
    ['-q', '1'],
  ])
    expect(await ctrl(['-p', String(port), '-u', 'admin', '-P', 'secret', ...options, ...io])).toEqual(printed('admin'))
  expect(await ctrl(['-L', `mqtt://admin:secret@localhost:${port}`, ...io])).toEqual(printed('admin'))
})

test('broker: where it listens, and its plugins', async () => {
  const { port } = await DynsecBroker.start(['enable_control_api true'])
  const broker = async (command: string): Promise<Ran> => await ctrl(['-p', String(port), '-u', 'admin', '-P', 'secret', 'broker', command])
  expect(await broker('listListeners')).toEqual(
    printed('Listener 1:', `  Port:              ${port}`, '  Bind address:      127.0.0.1', '  Protocol:          mqtt', '  TLS:               false', ''),
  )
  expect(await broker('listPlugins')).toEqual(printed('Plugin:            dynamic-security', 'Control endpoints: $CONTROL/dynamic-security/v1'))
})

test('a file is made without a broker, and a password changed in it', async () => {
  const path = join(folder(), 'ds.json')
  const made = await ctrl(['dynsec', 'init', path, 'root', 'first'])
  expect([made.code, made.err]).toEqual([0, ''])
  expect(made.out).toContain(`The client 'root' has been created in the file '${path}'.\n`)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const fits = async (password: string): Promise<boolean> =>
    await verifyPasswordHash(Buffer.from(password), readDirectory(readFileSync(path), path).directory.clients.get('root')!.password!.hash)
  expect(await fits('first')).toBe(true)
  expect(await ctrl(['dynsec', 'init', path, 'root', 'second'])).toEqual({
    code: 0,
    out: '',
    err: `dynsec init: '${path}' already exists. Remove the file or use a different location.\n`,
  })
  expect(await fits('first')).toBe(true)
  expect(await ctrl(['-f', path, 'dynsec', 'setClientPassword', 'root', 'third'])).toEqual(DONE)
  expect([await fits('first'), await fits('third')]).toEqual([false, true])
  expect(await ctrl(['-f', path, 'dynsec', 'setClientPassword', 'root', 'fourth', '-i', '123'])).toEqual(DONE)
  expect([await fits('fourth'), JSON.parse(readFileSync(path, 'utf8')).clients[0].iterations]).toEqual([true, 123])
  expect(await ctrl(['-f', path, 'dynsec', 'setClientPassword', 'root'], ['not', 'the same'])).toMatchObject({
    code: 0,
    err: 'Error: Passwords do not match.\n',
  })
  expect(await fits('fourth')).toBe(true)
  expect((await ctrl(['-f', path, 'dynsec', 'help'])).code).toBe(0)
  expect((await ctrl(['-f', path, 'dynsec', 'listClients'])).err).toMatch(/^Error: -f is for dynsec setClientPassword only\.\nError: Invalid input\.\n/)
  expect(await ctrl(['-f', path, 'dynsec', 'setClientPassword', 'nobody', 'x'])).toEqual({
    code: 1,
    out: '',
    err: 'setClientPassword: Error: Client not found.\n',
  })
  const typed = join(path, '..', 'typed.json')
  expect((await ctrl(['dynsec', 'init', typed, 'root'], ['pw', 'other'])).code).toBe(1)
  expect(existsSync(typed)).toBe(false)
  expect((await ctrl(['dynsec', 'init', typed, 'root'], ['pw', 'pw'])).code).toBe(0)
  const broker = await configured(['user root', 'plugin mosquitto_dynamic_security.so', `plugin_opt_config_file ${typed}`, 'listener PORT 127.0.0.1'])
  expect(await ctrl(['-p', String(broker.port), '-u', 'root', '-P', 'pw', 'dynsec', 'listClients'])).toEqual(printed('root'))
})
