// The shell of `zanzara ctrl` with its lines from a pipe: what it answers, line by line, and how it ends. At a terminal: test/interop/ctrl-shell.test.ts.
// Against our broker with dynamic security in force.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { SHELL_DYNSEC, shortUsage } from '../../src/cli/ctrl/shell-commands.ts'
import { builtProgram, unusedPort } from '../support/built.ts'
import { DynsecBroker } from '../support/dynsec-kit.ts'
import { answer } from './support/broker-kit.ts'

beforeAll(() => void builtProgram(), 180_000)

interface Ran {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly err: string
}

async function shell(args: readonly string[], lines: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [builtProgram(), 'ctrl', ...args], { stdio: 'pipe', env: { ...process.env, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  child.stdin.end(lines.join('\n'))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, lines: out.split('\n').slice(0, -1), err }
}

/** Lines typed in the mode of dynamic security, by its admin. */
async function dynsec(port: number, lines: readonly string[]): Promise<readonly string[]> {
  const ran = await shell(['-u', 'admin', '-P', 'secret'], [`connect mqtt://127.0.0.1:${port}`, 'dynsec', ...lines])
  expect([ran.code, ran.err]).toEqual([0, ''])
  return ran.lines
}

test('auth, connect, a module, its commands, the next module; the end of input ends it', async () => {
  const { port } = await DynsecBroker.start(['enable_control_api true'])
  const ran = await shell(
    [],
    [
      'auth admin',
      'secret',
      '',
      `connect mqtt://127.0.0.1:${port}`,
      'dynsec',
      'createGroup newgroup',
      'listGroups',
      'return',
      'broker',
      'listListeners',
      'listPlugins',
    ],
  )
  expect(ran).toEqual({
    code: 0,
    err: '',
    lines: [
      'OK',
      'newgroup',
      'Listener:',
      `  Port:    ${port}`,
      '  Bind address:    127.0.0.1',
      '  Protocol:    mqtt',
      '  TLS:    false',
      '',
      'Plugin:  dynamic-security',
      'Control endpoints:',
      '  $CONTROL/dynamic-security/v1',
    ],
  })
})

test('every command of dynamic security, as it is written in the shell', async () => {
  const { port, admin } = await DynsecBroker.start()
  const changes = [
    'createRole r1',
    'createGroup g1',
    'createClient ann pw c1',
    'createClient bob pw',
    'addRoleACL r1 publishClientSend allow 5 a topic/with spaces',
    'addRoleACL r1 subscribePattern deny t/#',
    'addClientRole ann r1 7',
    'addGroupRole g1 r1 4',
    'addGroupClient g1 ann 6',
    'setClientId bob c2',
    'disableClient bob',
    'setAnonymousGroup g1',
    'setDefaultACLAccess subscribe allow',
    'modifyClient ann textName Ann  of the lab',
    'modifyGroup g1 textDescription first group',
    'modifyRole r1 allowWildcardSubs false',
  ]
  expect(await dynsec(port, changes)).toEqual(changes.map(() => 'OK'))
  expect(
    await dynsec(port, [
      'getClient ann',
      'getClient bob',
      'getGroup g1',
      'getRole r1',
      'getDefaultACLAccess',
      'getAnonymousGroup',
      'getDetails',
      'listRoles 1 1',
    ]),
  ).toEqual([
    'Username:  ann',
    'Clientid:  c1',
    'Text name:  Ann  of the lab',
    'Roles:',
    '  r1 (priority: 7)',
    'Groups:',
    '  g1 (priority: 6)',
    'Username:  bob',
    'Clientid:  c2',
    'Disabled:  true',
    'Group name:  g1',
    'Text description:  first group',
    'Roles:',
    '  r1 (priority: 4)',
    'Clients:',
    '  ann',
    'Role name:  r1',
    'Allow wildcard subscriptions:  false',
    'ACLs:',
    '  publishClientSend    allow a topic/with spaces (priority 5)',
    '  subscribePattern     deny  t/# (priority 0)',
    'publishClientSend    deny',
    'publishClientReceive allow',
    'subscribe            allow',
    'unsubscribe          allow',
    'g1',
    'Client count:  3',
    'Group count:  1',
    'Role count:  2',
    'Change index:  16',
    'r1',
  ])
  const undone = [
    'enableClient bob',
    'setClientId bob',
    'setClientPassword bob pw2',
    'removeRoleACL r1 publishClientSend a topic/with spaces',
    'removeClientRole ann r1',
    'removeGroupRole g1 r1',
    'removeGroupClient g1 ann',
    'deleteClient ann',
    'createGroup g2',
    'setAnonymousGroup g2',
    'deleteGroup g1',
    'deleteRole r1',
  ]
  expect(await dynsec(port, [...undone, 'listClients', 'listGroups'])).toEqual([...undone.map(() => 'OK'), 'admin', 'bob', 'g2'])
  expect(await answer(port, { username: 'bob', password: 'pw2' })).toBe('welcome')
  expect((await admin.do({ command: 'listRoles' }))[0]!.data!['roles']).toEqual(['admin'])
})

test('passwords are asked for twice', async () => {
  const { port } = await DynsecBroker.start()
  const lines = await dynsec(port, [
    'createClient ann',
    'pw',
    'pw',
    'createClient bob',
    'pw',
    'px',
    'setClientPassword ann',
    'new',
    'new',
    'createClient eve',
    '',
    'listClients',
  ])
  expect(lines).toEqual(['OK', 'Passwords do not match.', 'OK', 'No password.', 'admin', 'ann'])
  expect(await answer(port, { username: 'ann', password: 'new' })).toBe('welcome')
})

test('what cannot be used is answered by how it is written, and by what the broker says', async () => {
  const { port } = await DynsecBroker.start()
  expect(
    await dynsec(port, [
      'enableClient',
      'getGroup a b',
      'removeRoleACL r bad t',
      'setDefaultACLAccess subscribe bad',
      'getClient nobody',
      'connect',
      'unknown',
      'ENABLEclient admin',
    ]),
  ).toEqual([
    'enableClient username',
    'getGroup groupname',
    "Invalid acltype 'bad'",
    'removeRoleACL rolename acltype topic',
    'setDefaultACLAccess acltype allow|deny',
    'getClient: Error: Client not found.',
    "Unknown command 'connect'",
    "Unknown command 'unknown'",
    'OK',
  ])
})

test('each command has help, and what the shell itself does depends on where it is', async () => {
  const { port } = await DynsecBroker.start()
  const here = await shell(
    ['-u', 'admin', '-P', 'secret'],
    ['help connect', 'help return', 'dynsec', `connect mqtt://127.0.0.1:${port}`, 'help auth', 'dynsec', 'help listClients', 'help', 'exit', 'never read'],
  )
  expect(here.lines.slice(0, 10)).toEqual([
    'connect',
    'connect mqtt://hostname[:port]',
    'connect mqtts://hostname[:port]',
    'connect ws://hostname[:port]',
    'connect wss://hostname[:port]',
    '',
    'Connects to a broker; without a URL to the one of the command line, which is mqtt://localhost:1883 unless it says otherwise.',
    "Unknown command 'return'",
    "Unknown command 'dynsec'",
    "Unknown command 'auth'",
  ])
  expect(here.lines.slice(10, 13)).toEqual(['listClients [count [offset]]', '', 'Shows the names of all clients, or of some.'])
  const [commands] = here.lines.filter((line) => line.startsWith('Commands: '))
  for (const { name } of SHELL_DYNSEC) expect(commands).toContain(` ${name} `)
  expect(SHELL_DYNSEC.filter(({ help, usages }) => help === '' || usages.length === 0)).toEqual([])
  expect(shortUsage(SHELL_DYNSEC.find(({ name }) => name === 'addRoleACL')!)).toBe('addRoleACL rolename acltype allow|deny [priority] topic')
})

test('-h connects at once; what fails is said, and the shell goes on', async () => {
  const { port } = await DynsecBroker.start()
  const free = await unusedPort()
  const at = (user: string, ...lines: readonly string[]): Promise<Ran> => shell(['-h', '127.0.0.1', '-p', `${port}`, '-u', user, '-P', 'secret'], lines)
  expect((await at('admin', 'dynsec', 'listClients', 'disconnect', 'dynsec')).lines).toEqual(['admin', "Unknown command 'dynsec'"])
  expect((await at('nobody', 'dynsec')).lines).toEqual(['Connection error: Not authorized', "Unknown command 'dynsec'"])
  const lines = [
    `connect mqtt://127.0.0.1:${free}`,
    'connect http://x',
    'connect mqtt://127.0.0.1:x',
    `connect mqtt://127.0.0.1:${port}`,
    'broker',
    'listPlugins',
  ]
  const ran = await shell(['-u', 'admin', '-P', 'secret'], lines)
  expect(ran.code).toBe(0)
  expect(ran.lines[0]).toMatch(/^Error: Connection refused/)
  expect(ran.lines).toContain('connect mqtts://hostname[:port]')
})

test('under the name mosquitto_ctrl it says so', async () => {
  const ran = await shell([], ['help'], { ZANZARA_PROGRAM_NAME: 'mosquitto_ctrl' })
  expect(ran.lines[0]).toBe('This is the shell of mosquitto_ctrl, which administers a running broker.')
})
