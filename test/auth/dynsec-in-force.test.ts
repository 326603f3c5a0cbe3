// Dynamic security as clients meet it: who may log in, what changes do to those who are connected, and where it is not in force.
// The commands themselves are in dynsec-api.test.ts.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { answer, configured, folder, guest, passwordFile } from '../cli/support/broker-kit.ts'
import { builtProgram } from '../support/built.ts'
import { Admin, adminFile, CONTROL, DYNSEC_LINES, DynsecBroker } from '../support/dynsec-kit.ts'

beforeAll(() => void builtProgram(), 180_000)

const REFUSED = 0x87

const acl = (acltype: string, topic: string, allow = true): object => ({ acltype, topic, allow })
const WIDE = ['publishClientSend', 'subscribePattern'].map((type) => acl(type, '#'))

/** ann may do everything by role `wide`, which she has herself or by group `g`. */
async function withAnn(by: 'client' | 'group' = 'client', lines: readonly string[] = []): Promise<DynsecBroker> {
  const broker = await DynsecBroker.start(lines)
  const roles = [{ rolename: 'wide' }]
  await broker.admin.do(
    { command: 'createRole', rolename: 'wide', acls: WIDE },
    { command: 'createRole', rolename: 'none' },
    { command: 'createClient', username: 'ann', password: 'pw', ...(by === 'client' ? { roles } : {}) },
    { command: 'createClient', username: 'bob', password: 'pw', roles },
    { command: 'createGroup', groupname: 'g', clients: [{ username: 'ann' }], ...(by === 'group' ? { roles } : {}) },
    { command: 'createGroup', groupname: 'h' },
  )
  return broker
}

test('who may log in: name, password, Client Identifier, not disabled', async () => {
  const { admin, port } = await DynsecBroker.start()
  await admin.do(
    { command: 'createClient', username: 'ann', password: 'pw' },
    { command: 'createClient', username: 'fixed', password: 'pw', clientid: 'mine' },
    { command: 'createClient', username: 'none' },
    { command: 'createClient', username: 'off', password: 'pw' },
    { command: 'disableClient', username: 'off' },
  )
  const login = (username: string, password: string, clientId?: string): Promise<unknown> =>
    answer(port, { username, password, protocolVersion: 5, ...(clientId === undefined ? {} : { clientId }) })
  expect(await login('ann', 'pw')).toBe('welcome')
  expect(await login('ann', 'pW')).toBe(REFUSED)
  expect(await login('none', '')).toBe(REFUSED)
  expect(await login('fixed', 'pw', 'mine')).toBe('welcome')
  expect(await login('fixed', 'pw', 'other')).toBe(REFUSED)
  expect(await login('off', 'pw')).toBe(REFUSED)
  expect(await login('nobody', 'pw')).toBe(REFUSED)
  expect(await answer(port, { username: 'ann', protocolVersion: 5 })).toBe(REFUSED)
  expect(await answer(port)).toBe(5)
  await admin.do({ command: 'enableClient', username: 'off' }, { command: 'setClientPassword', username: 'ann', password: 'new' })
  expect(await login('off', 'pw')).toBe('welcome')
  expect([await login('ann', 'pw'), await login('ann', 'new')]).toEqual([REFUSED, 'welcome'])
})

test.each([
  { command: 'deleteClient', username: 'ann' },
  { command: 'disableClient', username: 'ann' },
  { command: 'modifyClient', username: 'ann', textname: 'x' },
  { command: 'setClientPassword', username: 'ann', password: 'x' },
  { command: 'setClientId', username: 'ann', clientid: 'x' },
  { command: 'addClientRole', username: 'ann', rolename: 'none' },
  { command: 'removeClientRole', username: 'ann', rolename: 'wide' },
  { command: 'addGroupClient', groupname: 'h', username: 'ann' },
  { command: 'removeGroupClient', groupname: 'g', username: 'ann' },
  { command: 'modifyGroup', groupname: 'g', clients: [] },
])('$command sends the client away (0x98), and nobody else', async (change) => {
  const { admin, client } = await withAnn().then((broker) => ({ admin: broker.admin, client: (name: string) => broker.client(name) }))
  const [ann, bob] = [await client('ann'), await client('bob')]
  await admin.do(change)
  expect(await ann.ended()).toBe(0x98)
  expect(await bob.publish('x', '')).toBe(0)
  expect(bob.isConnected).toBe(true)
})

test('an admin who is sent away by a command of its own has the answer first', async () => {
  const { admin } = await DynsecBroker.start()
  expect(await admin.do({ command: 'modifyClient', username: 'admin', textname: 'x' })).toEqual([{ command: 'modifyClient' }])
  expect(await admin.guest.ended()).toBe(0x98)
})

test.each(
  [
    { by: 'client' as const, command: 'removeRoleACL', rolename: 'wide', acltype: 'publishClientSend', topic: '#' },
    { by: 'client' as const, command: 'addRoleACL', rolename: 'wide', acltype: 'publishClientSend', topic: 'a', priority: 1, allow: false },
    { by: 'client' as const, command: 'modifyRole', rolename: 'wide', acls: [] },
    { by: 'client' as const, command: 'deleteRole', rolename: 'wide' },
    { by: 'group' as const, command: 'removeGroupRole', groupname: 'g', rolename: 'wide' },
    { by: 'group' as const, command: 'modifyGroup', groupname: 'g', roles: [] },
    { by: 'group' as const, command: 'deleteGroup', groupname: 'g' },
  ].map(({ by, ...change }) => [by, change.command, change] as const),
)('rights by a %s: %s sends away who had them, and the next connection has others', async (by, _, change) => {
  const broker = await withAnn(by)
  const ann = await broker.client('ann')
  expect([await ann.publish('a', ''), await ann.publish('a', '')]).toEqual([0, 0])
  await broker.admin.do(change)
  expect(await ann.ended()).toBe(0x98)
  expect(await (await broker.client('ann')).publish('a', '')).toBe(REFUSED)
})

test('a role, a group or a default that does not concern a client leaves it connected', async () => {
  const broker = await withAnn()
  const ann = await broker.client('ann')
  await broker.admin.do(
    { command: 'addRoleACL', rolename: 'none', acltype: 'publishClientSend', topic: 'a', allow: true },
    { command: 'addGroupRole', groupname: 'h', rolename: 'none' },
    { command: 'deleteGroup', groupname: 'h' },
    { command: 'setDefaultACLAccess', acls: [{ acltype: 'unsubscribe', allow: false }] },
  )
  expect([await ann.publish('a', ''), ann.isConnected]).toEqual([0, true])
})

test('rights that are given count at once, too', async () => {
  const broker = await withAnn()
  await broker.admin.do({ command: 'modifyRole', rolename: 'wide', acls: [] })
  const ann = await broker.client('ann')
  expect([await ann.publish('a', ''), await ann.subscribe('a')]).toEqual([REFUSED, REFUSED])
  await broker.admin.do({ command: 'setDefaultACLAccess', acls: ['publishClientSend', 'subscribe'].map((acltype) => ({ acltype, allow: true })) })
  expect([await ann.publish('a', ''), await ann.subscribe('a')]).toEqual([0, 0])
})

test('what may be read no longer is not delivered; a subscription that would not be granted ends, also one of a client that is away', async () => {
  const broker = await withAnn()
  const { admin } = broker
  const kept = { clientId: 'ann', clean: false, properties: { sessionExpiryInterval: 100 } }
  let ann = await broker.client('ann', kept)
  for (const filter of ['a', 'b/#', '$share/s/c']) expect(await ann.subscribe(filter, 1)).toBe(1)
  const said = async (...topics: readonly string[]): Promise<void> => {
    const bob = await broker.client('bob') // who changes of the role send away, too
    for (const topic of topics) await bob.publish(topic, 'x', { qos: 1 })
    await bob.leave()
  }
  await said('a', 'b/1', 'c')
  expect(await ann.got(3)).toEqual(['a x', 'b/1 x', 'c x'])
  await admin.do({ command: 'addRoleACL', rolename: 'wide', acltype: 'publishClientReceive', topic: 'b/2', allow: false })
  expect(await ann.ended()).toBe(0x98)
  ann = await broker.client('ann', kept)
  await said('b/2', 'b/3')
  expect(await ann.got(1)).toEqual(['b/3 x'])
  await ann.leave()
  const only = [acl('subscribePattern', 'a'), acl('publishClientSend', '#')]
  await admin.do({ command: 'modifyRole', rolename: 'wide', acls: only })
  // given back: what has ended stays so
  await admin.do({ command: 'modifyRole', rolename: 'wide', acls: WIDE })
  await said('b/4', 'c', 'a')
  const again = await broker.client('ann', kept)
  expect(again.connack.sessionPresent).toBe(true)
  expect(await again.got(1)).toEqual(['a x'])
  expect([await again.unsubscribe('b/#'), await again.unsubscribe('a')]).toEqual([0x11, 0])
})

test.each([
  { command: 'removeClientRole', username: 'ann', rolename: 'wide' },
  { command: 'modifyClient', username: 'ann', roles: [] },
  { command: 'deleteClient', username: 'ann' },
])('$command ends the subscriptions of a client that is away', async (command) => {
  const broker = await withAnn()
  const kept = { clientId: 'c', clean: false, properties: { sessionExpiryInterval: 100 } }
  const ann = await broker.client('ann', kept)
  await ann.subscribe('a')
  await ann.leave()
  await broker.admin.do(command)
  if (command.command === 'deleteClient') await broker.admin.do({ command: 'createClient', username: 'ann', password: 'pw' })
  const back = await broker.client('ann', kept)
  expect([back.connack.sessionPresent, await back.unsubscribe('a')]).toEqual([true, 0x11])
})

test('a subscription that was kept over a restart ends if it would not be granted when its client is back', async () => {
  const broker = await withAnn('client', ['persistence true', 'persistence_location FOLDER/store'])
  const kept = { clientId: 'ann', clean: false, properties: { sessionExpiryInterval: 100 } }
  const ann = await broker.client('ann', kept)
  for (const filter of ['a', 'b/#']) await ann.subscribe(filter)
  await ann.leave()
  const { folder, program } = broker.program
  expect(await program.ended('SIGTERM')).toBe(0)
  const lines = ['persistence true', 'persistence_location FOLDER/store', ...DYNSEC_LINES].map((line) => line.replace('FOLDER', folder))
  const restarted = await configured(lines)
  const admin = await Admin.login(restarted.port)
  await admin.do({ command: 'modifyRole', rolename: 'wide', acls: [acl('subscribePattern', 'a')] })
  const back = await broker.client('ann', { ...kept, port: restarted.port })
  expect(back.connack.sessionPresent).toBe(true)
  expect([await back.unsubscribe('b/#'), await back.unsubscribe('a')]).toEqual([0x11, 0])
})

test('UNSUBSCRIBE may be forbidden: the subscription stays', async () => {
  const broker = await withAnn()
  await broker.admin.do({ command: 'addRoleACL', rolename: 'wide', acltype: 'unsubscribeLiteral', topic: 'a', allow: false })
  const ann = await broker.client('ann')
  for (const filter of ['a', 'b', '$share/s/a']) await ann.subscribe(filter)
  expect([await ann.unsubscribe('a'), await ann.unsubscribe('b'), await ann.unsubscribe('$share/s/a')]).toEqual([REFUSED, 0, REFUSED])
  await ann.publish('b', 'x')
  await ann.publish('a', 'x')
  expect(await ann.got(2)).toEqual(['a x', 'a x'])
})

test('clients without a name have the roles of the anonymous group, and go when it changes', async () => {
  const broker = await withAnn('client', ['allow_anonymous true'])
  const someone = await guest(broker.port, { protocolVersion: 5 })
  expect(await someone.publish('a', '')).toBe(REFUSED)
  await broker.admin.do({ command: 'addGroupRole', groupname: 'h', rolename: 'wide' }, { command: 'setAnonymousGroup', groupname: 'h' })
  expect(await someone.ended()).toBe(0x98)
  const other = await guest(broker.port, { protocolVersion: 5 })
  expect([await other.publish('a', ''), await other.subscribe('a')]).toEqual([0, 0])
  expect(await answer(broker.port, { username: 'nobody', protocolVersion: 5 })).toBe(REFUSED)
})

test('the control interface is for those whom a role names: no default and no # opens it', async () => {
  const broker = await withAnn()
  const acls = ['publishClientSend', 'publishClientReceive', 'subscribe'].map((acltype) => ({ acltype, allow: true }))
  await broker.admin.do({ command: 'setDefaultACLAccess', acls })
  const ann = await broker.client('ann')
  expect([await ann.publish(CONTROL, '{"commands":[{"command":"listClients"}]}'), await ann.publish('$CONTROL/other', '')]).toEqual([REFUSED, REFUSED])
  expect([await ann.subscribe(`${CONTROL}/response`), await ann.subscribe('$CONTROL/#'), await ann.subscribe('#')]).toEqual([REFUSED, REFUSED, 0])
  await broker.admin.do({ command: 'listClients' })
  await ann.publish('end', '')
  expect(await ann.got(1)).toEqual(['end '])
})

test.each([0, 1, 2] as const)('a request of QoS %i is answered to whoever may read answers, and is neither delivered nor retained', async (qos) => {
  const broker = await withAnn()
  const other = await Admin.login(broker.port)
  await other.guest.subscribe('$CONTROL/#')
  const ann = await broker.client('ann')
  expect(await ann.subscribe(`${CONTROL}/response`)).toBe(REFUSED)
  await broker.admin.guest.publish(CONTROL, '{"commands":[{"command":"listClients"}]}', { qos, retain: true })
  await other.guest.got(1)
  await other.ask({ command: 'listRoles' })
  const late = await Admin.login(broker.port)
  await late.ask({ command: 'listGroups' })
  await ann.publish('end', '')
  const answers = [broker.admin, other, late].map(({ guest: { messages } }) => messages.map((message) => message.replace(/.*"command":"(\w+)".*/s, '$1')))
  expect(answers.map((names) => names.filter((name) => name.startsWith('list')))).toEqual([
    ['listClients', 'listRoles', 'listGroups'],
    ['listClients', 'listRoles', 'listGroups'],
    ['listGroups'],
  ])
  expect(ann.messages).toEqual([])
})

test('answers bear Subscription Identifiers and reach one member of a shared subscription', async () => {
  const broker = await DynsecBroker.start()
  const watcher = await guest(broker.port, { username: 'admin', password: 'secret', protocolVersion: 5 })
  await watcher.subscribe(`$share/s/${CONTROL}/response`)
  await broker.admin.do({ command: 'listClients' })
  expect(await watcher.got(1)).toHaveLength(1)
  const marked = await guest(broker.port, { username: 'admin', password: 'secret', protocolVersion: 5 })
  expect(await marked.subscribe(`${CONTROL}/response`, 1, { subscriptionIdentifier: 7 })).toBe(1)
  await broker.admin.do({ command: 'listClients' })
  await marked.got(1)
  expect(marked.packets.map(({ qos, properties }) => [qos, properties?.subscriptionIdentifier])).toEqual([[0, 7]])
})

test('with a password and an ACL file beside it: they count for whom dynamic security does not know', async () => {
  const files = { 'dynsec.json': adminFile(), pw: passwordFile(['eve', 'secret']), acl: 'user eve\ntopic write e/#\nuser ann\ntopic write f/#\n' }
  const broker = await configured(['password_file FOLDER/pw', 'acl_file FOLDER/acl', ...DYNSEC_LINES], { files })
  const admin = await Admin.login(broker.port)
  await admin.do({ command: 'createClient', username: 'ann', password: 'pw' })
  const eve = await guest(broker.port, { username: 'eve', password: 'secret', protocolVersion: 5 })
  expect([await eve.publish('e/1', ''), await eve.publish('f/1', '')]).toEqual([0, REFUSED])
  const ann = await guest(broker.port, { username: 'ann', password: 'pw', protocolVersion: 5 })
  expect([await ann.publish('e/1', ''), await ann.publish('f/1', '')]).toEqual([REFUSED, 0])
})

test('per listener: another listener knows nothing of it, and its clients stay', async () => {
  const lines = [
    'per_listener_settings true',
    'user root',
    'listener PORT 127.0.0.1',
    'plugin mosquitto_dynamic_security.so',
    'plugin_opt_config_file FOLDER/dynsec.json',
  ]
  const broker = await configured([...lines, 'listener PORT2 127.0.0.1', 'allow_anonymous true'], { files: { 'dynsec.json': adminFile() } })
  const admin = await Admin.login(broker.port)
  await admin.do({ command: 'createClient', username: 'ann', password: 'pw' })
  const open = await guest(broker.ports[1]!, { username: 'ann', protocolVersion: 5 })
  expect([await open.publish('a', ''), await open.publish(CONTROL, '{}')]).toEqual([0, REFUSED])
  for (const filter of ['$CONTROL/#', 'end']) await open.subscribe(filter)
  const ann = await guest(broker.port, { username: 'ann', password: 'pw', protocolVersion: 5 })
  await admin.do({ command: 'deleteClient', username: 'ann' })
  expect(await ann.ended()).toBe(0x98)
  expect([await open.publish('a', ''), await open.publish('end', '')]).toEqual([0, 0])
  expect(await open.got(1)).toEqual(['end '])
})

test('a reload leaves clients and changes as they are; those who may not come in any more go', async () => {
  const broker = await DynsecBroker.start(['allow_anonymous true'])
  await broker.admin.do({ command: 'createClient', username: 'ann', password: 'pw' })
  const [ann, someone] = [await broker.client('ann'), await guest(broker.port)]
  broker.program.configure(DYNSEC_LINES)
  await broker.program.reload(/not welcome any more/)
  await someone.ended()
  expect([ann.isConnected, (await broker.admin.do({ command: 'listClients' }))[0]!.data!['totalCount']]).toEqual([true, 2])
})

test.runIf(process.getuid?.() === 0)('a folder in which the broker may not write is told at the start, and at each change', async () => {
  const locked = folder()
  chmodSync(locked, 0o755)
  const path = join(locked, 'dynsec.json')
  const text = adminFile()
  writeFileSync(path, text, { mode: 0o644 })
  const lines = DYNSEC_LINES.map((line) => line.replace('user root', 'user nobody').replace('FOLDER', locked))
  const broker = await configured(lines)
  const warned = `Warning: '${path}' cannot be written by this user, who needs its folder for that: changes hold until the broker stops.`
  expect(broker.log).toContain(warned)
  const admin = await Admin.login(broker.port)
  await admin.do({ command: 'createRole', rolename: 'r' })
  expect((await admin.do({ command: 'listRoles' }))[0]!.data!['roles']).toEqual(['admin', 'r'])
  expect(broker.log.filter((line) => line.startsWith('Error saving Dynamic security plugin config: EACCES'))).toHaveLength(1)
  expect(readFileSync(path, 'utf8')).toBe(text)
  expect((await DynsecBroker.start()).program.log.join()).not.toContain('cannot be written')
})

test('no file: the broker makes one, and tells where the password is', async () => {
  const broker = await configured(DYNSEC_LINES)
  const path = join(broker.folder, 'dynsec.json')
  expect(broker.log).toContain(
    `Dynamic security: '${path}' was made, with the clients 'admin' and 'democlient', whose passwords were made up: see '${path}.pw'.`,
  )
  const [, password, demo] = /^admin (\S+)\ndemoclient (\S+)\n$/.exec(readFileSync(`${path}.pw`, 'utf8'))!
  expect(await answer(broker.port, { username: 'admin', password: password! })).toBe('welcome')
  expect(await answer(broker.port, { username: 'admin', password: `${password}x` })).toBe(5)
  expect(await answer(broker.port, { username: 'democlient', password: demo! })).toBe('welcome')
})

test.each([
  ['a plugin without a file', [], /Error: The plugin 'mosquitto_dynamic_security.so' \(\S+:1\) has no 'plugin_opt_config_file'\./],
  ['a file that is none', ['plugin_opt_config_file FOLDER/bad.json'], /File is not valid JSON\./],
  ['a folder that is not there', ['plugin_opt_config_file FOLDER/x/y.json'], /Unable to write dynamic security file "\S+y\.json"\./],
  ['a plugin that is not built in', ['plugin /opt/other.so'], /Unable to load plugin '\/opt\/other\.so' \(\S+:2\): .* mosquitto_dynamic_security, /],
])('%s: the broker does not start, and says why', async (_, lines, sentence) => {
  const broker = configured(['plugin mosquitto_dynamic_security.so', ...lines, 'listener PORT'], { files: { 'bad.json': '{' } })
  await expect(broker).rejects.toThrow(sentence)
})

test('the broker tells its listeners and plugins to those who may ask, with enable_control_api', async () => {
  const broker = await DynsecBroker.start(['enable_control_api true', 'plugin mosquitto_persist_sqlite.so'])
  const admin = await Admin.login(broker.port, '$CONTROL/broker/v1')
  expect(await admin.ask({ command: 'listListeners' }, { command: 'listPlugins', correlationData: 'x' }, { command: 'x' })).toEqual([
    {
      command: 'listListeners',
      data: { listeners: [{ port: broker.port, 'bind-address': '127.0.0.1', protocol: 'mqtt', tls: false }] },
    },
    { command: 'listPlugins', data: { plugins: [{ name: 'dynamic-security', 'control-endpoints': [CONTROL] }] }, correlationData: 'x' },
    { command: 'x', error: 'Unknown command' },
  ])
  const { guest: stray } = await Admin.login(broker.port, '$CONTROL/broker/v2')
  await stray.publish('$CONTROL/broker/v2', '{}')
  expect(await stray.got(1)).toEqual(['$CONTROL/broker/v2/response {"error":"endpoint not available"}'])
  broker.program.configure(DYNSEC_LINES)
  await broker.program.reload(/Reloading config/)
  await expect.poll(async () => await admin.guest.publish('$CONTROL/broker/v1', '{}')).toBe(REFUSED)
  expect(await stray.publish('$CONTROL/broker/v2', '{}')).toBe(REFUSED)
})
