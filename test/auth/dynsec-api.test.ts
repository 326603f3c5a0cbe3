// Dynamic security by messages: every command, its answers and its refusals, and what a restart finds of it.
// What the changes do to connected clients is in dynsec-in-force.test.ts.

import { statSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { configured } from '../cli/support/broker-kit.ts'
import { builtProgram } from '../support/built.ts'
import { Admin, DYNSEC_LINES, DynsecBroker, type Response } from '../support/dynsec-kit.ts'

beforeAll(() => void builtProgram(), 180_000)

const ADMIN = { username: 'admin', textname: 'Dynsec admin user', roles: [{ rolename: 'admin' }], groups: [] }

async function data(admin: Admin, command: object, key: string): Promise<unknown> {
  return (await admin.do(command))[0]!.data![key]
}

test('clients: made, looked at, changed, deleted', async () => {
  const { admin, port } = await DynsecBroker.start()
  await admin.do(
    { command: 'createRole', rolename: 'r1' },
    { command: 'createRole', rolename: 'r2' },
    { command: 'createGroup', groupname: 'g1' },
    { command: 'createGroup', groupname: 'g2' },
    {
      command: 'createClient',
      username: 'ann',
      password: 'pw',
      clientid: 'c',
      textname: 'Ann',
      textdescription: 'lab',
      roles: [{ rolename: 'r1' }, { rolename: 'r2', priority: 5 }],
      groups: [{ groupname: 'g2' }, { groupname: 'g1' }],
    },
    { command: 'createClient', username: 'bob' },
  )
  const ann = {
    username: 'ann',
    clientid: 'c',
    textname: 'Ann',
    textdescription: 'lab',
    roles: [{ rolename: 'r2', priority: 5 }, { rolename: 'r1' }],
    groups: [{ groupname: 'g1' }, { groupname: 'g2' }],
    connections: [],
  }
  const bob = { username: 'bob', roles: [], groups: [], connections: [] }
  const client = (username: string): Promise<unknown> => data(admin, { command: 'getClient', username }, 'client')
  expect(await client('ann')).toEqual(ann)
  expect(await client('admin')).toEqual({ ...ADMIN, connections: [{ address: '127.0.0.1' }] })
  expect((await admin.do({ command: 'listClients' }))[0]!.data).toEqual({ totalCount: 3, clients: ['admin', 'ann', 'bob'] })
  expect((await admin.do({ command: 'listClients', count: 1, offset: 1 }))[0]!.data).toEqual({ totalCount: 3, clients: ['ann'] })
  expect(await data(admin, { command: 'listClients', verbose: true, offset: 1 }, 'clients')).toEqual([ann, bob])
  await admin.do(
    { command: 'disableClient', username: 'ann' },
    { command: 'setClientId', username: 'ann' },
    { command: 'removeClientRole', username: 'ann', rolename: 'r1' },
    { command: 'addClientRole', username: 'bob', rolename: 'r1', priority: 3 },
    { command: 'setClientPassword', username: 'bob', password: 'new' },
    { command: 'setClientId', username: 'bob', clientid: 'b' },
  )
  expect(await client('ann')).toEqual({ ...ann, clientid: undefined, disabled: true, roles: [{ rolename: 'r2', priority: 5 }] })
  expect(await client('bob')).toEqual({ ...bob, clientid: 'b', roles: [{ rolename: 'r1', priority: 3 }] })
  await admin.do(
    { command: 'enableClient', username: 'ann' },
    {
      command: 'modifyClient',
      username: 'ann',
      textname: 'Anna',
      clientid: 'd',
      password: 'pw2',
      roles: [{ rolename: 'r1' }],
      groups: [{ groupname: 'g2', priority: 1 }],
    },
    { command: 'modifyClient', username: 'bob', clientid: '' },
    { command: 'deleteClient', username: 'bob' },
  )
  expect(await client('ann')).toEqual({ ...ann, textname: 'Anna', clientid: 'd', roles: [{ rolename: 'r1' }], groups: [{ groupname: 'g2', priority: 1 }] })
  expect(await admin.ask({ command: 'getClient', username: 'bob' })).toEqual([{ command: 'getClient', error: 'Client not found' }])
  expect(port).toBeGreaterThan(0)
})

test('groups and roles: made, looked at, changed, deleted, and gone from whoever had them', async () => {
  const { admin } = await DynsecBroker.start()
  await admin.do(
    {
      command: 'createRole',
      rolename: 'r',
      textname: 'R',
      acls: [
        { acltype: 'publishClientSend', topic: 'low', priority: -1, allow: true },
        { acltype: 'publishClientSend', topic: 'high', priority: 7 },
        { acltype: 'nonsense', topic: 'x' },
      ],
    },
    { command: 'createRole', rolename: 's', allowwildcardsubs: false },
    { command: 'createClient', username: 'bob', roles: [{ rolename: 's' }] },
    { command: 'createClient', username: 'ann' },
    { command: 'createGroup', groupname: 'g', textdescription: 'all', roles: [{ rolename: 'r', priority: 2 }], clients: [{ username: 'bob' }] },
    { command: 'addGroupClient', groupname: 'g', username: 'ann', priority: 9 },
    { command: 'addGroupRole', groupname: 'g', rolename: 's', priority: 3 },
    { command: 'addRoleACL', rolename: 's', acltype: 'subscribePattern', topic: 'a/#', priority: 2.9, allow: true },
    { command: 'setAnonymousGroup', groupname: 'g' },
  )
  const group = async (): Promise<unknown> => await data(admin, { command: 'getGroup', groupname: 'g' }, 'group')
  const full = {
    groupname: 'g',
    textdescription: 'all',
    clients: [{ username: 'ann' }, { username: 'bob' }],
    roles: [
      { rolename: 's', priority: 3 },
      { rolename: 'r', priority: 2 },
    ],
  }
  expect(await group()).toEqual(full)
  expect(await data(admin, { command: 'listGroups', verbose: true }, 'groups')).toEqual([full])
  const high = { acltype: 'publishClientSend', topic: 'high', priority: 7, allow: false }
  const role = (acls: unknown[]): unknown => ({ rolename: 'r', textname: 'R', allowwildcardsubs: true, acls })
  expect(await data(admin, { command: 'getRole', rolename: 'r' }, 'role')).toEqual(role([high, { ...high, topic: 'low', priority: -1, allow: true }]))
  expect(await data(admin, { command: 'listRoles' }, 'roles')).toEqual(['admin', 'r', 's'])
  expect(await data(admin, { command: 'listRoles', verbose: true, offset: 2 }, 'roles')).toEqual([
    { rolename: 's', allowwildcardsubs: false, acls: [{ acltype: 'subscribePattern', topic: 'a/#', priority: 2, allow: true }] },
  ])
  expect(await data(admin, { command: 'getAnonymousGroup' }, 'group')).toEqual({ groupname: 'g' })
  expect(await admin.ask({ command: 'deleteGroup', groupname: 'g' })).toEqual([{ command: 'deleteGroup', error: 'Deleting the anonymous group is forbidden' }])
  await admin.do(
    { command: 'removeRoleACL', rolename: 'r', acltype: 'publishClientSend', topic: 'low' },
    { command: 'removeGroupRole', groupname: 'g', rolename: 's' },
    { command: 'removeGroupClient', groupname: 'g', username: 'bob' },
    { command: 'modifyGroup', groupname: 'g', textname: 'G' },
    { command: 'modifyRole', rolename: 's', acls: [], textdescription: 'none', allowwildcardsubs: true },
  )
  expect(await group()).toEqual({ ...full, textname: 'G', clients: [{ username: 'ann' }], roles: [{ rolename: 'r', priority: 2 }] })
  expect(await data(admin, { command: 'getRole', rolename: 'r' }, 'role')).toEqual(role([high]))
  expect(await data(admin, { command: 'getRole', rolename: 's' }, 'role')).toEqual({
    rolename: 's',
    textdescription: 'none',
    allowwildcardsubs: true,
    acls: [],
  })
  await admin.do(
    { command: 'modifyGroup', groupname: 'g', roles: [{ rolename: 's' }], clients: [{ username: 'bob', priority: 1 }] },
    { command: 'createGroup', groupname: 'h' },
    { command: 'setAnonymousGroup', groupname: 'h' },
    { command: 'deleteRole', rolename: 's' },
  )
  expect(await group()).toEqual({ ...full, textname: 'G', clients: [{ username: 'bob' }], roles: [] })
  await admin.do({ command: 'deleteGroup', groupname: 'g' })
  expect(await data(admin, { command: 'getClient', username: 'bob' }, 'client')).toEqual({ username: 'bob', roles: [], groups: [], connections: [] })
})

test('defaults, and how much there is', async () => {
  const { admin } = await DynsecBroker.start()
  const defaults = (...allow: readonly boolean[]): unknown =>
    ['publishClientSend', 'publishClientReceive', 'subscribe', 'unsubscribe'].map((acltype, i) => ({ acltype, allow: allow[i] }))
  expect(await data(admin, { command: 'getDefaultACLAccess' }, 'acls')).toEqual(defaults(false, true, false, true))
  const acls = [
    { acltype: 'subscribe', allow: true },
    { acltype: 'unsubscribe', allow: false },
    { acltype: 'x', allow: true },
    { acltype: 'publishClientSend' },
    5,
  ]
  await admin.do({ command: 'setDefaultACLAccess', acls })
  expect(await data(admin, { command: 'getDefaultACLAccess' }, 'acls')).toEqual(defaults(false, true, true, false))
  expect((await admin.do({ command: 'getDetails' }))[0]!.data).toEqual({ clientCount: 1, groupCount: 0, roleCount: 1, changeIndex: 1 })
})

test('refusals, each in its words; a refused command changes nothing', async () => {
  const { admin, file } = await DynsecBroker.start()
  const setUp = [
    { command: 'createRole', rolename: 'r', acls: [{ acltype: 'publishClientSend', topic: 't' }] },
    { command: 'createGroup', groupname: 'g', roles: [{ rolename: 'r' }] },
    { command: 'createClient', username: 'u', roles: [{ rolename: 'r' }], groups: [{ groupname: 'g' }] },
  ]
  await admin.do(...setUp)
  const names = { username: 'u', groupname: 'g', rolename: 'r' }
  const gone = { username: 'zz', groupname: 'zz', rolename: 'zz' }
  const rows: readonly (readonly [string, object, string])[] = [
    ...[
      'createClient',
      'deleteClient',
      'enableClient',
      'disableClient',
      'modifyClient',
      'setClientId',
      'setClientPassword',
      'getClient',
      'addClientRole',
      'removeClientRole',
      'addGroupClient',
      'removeGroupClient',
    ].map((command) => [command, { rolename: 'r', groupname: 'g', username: 5 }, 'Invalid/missing username'] as const),
    ...[
      'createGroup',
      'deleteGroup',
      'modifyGroup',
      'getGroup',
      'addGroupRole',
      'removeGroupRole',
      'setAnonymousGroup',
      'addGroupClient',
      'removeGroupClient',
    ].map((command) => [command, { username: 'u', rolename: 'r' }, 'Invalid/missing groupname'] as const),
    ...['createRole', 'deleteRole', 'modifyRole', 'getRole', 'addRoleACL', 'removeRoleACL', 'addClientRole', 'addGroupRole'].map(
      (command) => [command, { username: 'u', groupname: 'g' }, 'Invalid/missing rolename'] as const,
    ),
    ...['deleteClient', 'enableClient', 'disableClient', 'modifyClient', 'setClientId', 'getClient', 'addClientRole', 'removeClientRole', 'addGroupClient'].map(
      (command) => [command, { ...names, username: 'zz' }, 'Client not found'] as const,
    ),
    ...['deleteGroup', 'modifyGroup', 'getGroup', 'addGroupRole', 'removeGroupRole', 'setAnonymousGroup', 'addGroupClient', 'removeGroupClient'].map(
      (command) => [command, { ...names, groupname: 'zz' }, 'Group not found'] as const,
    ),
    ...['deleteRole', 'getRole', 'addRoleACL', 'removeRoleACL', 'addClientRole', 'removeClientRole', 'addGroupRole', 'removeGroupRole'].map(
      (command) => [command, { ...names, rolename: 'zz' }, 'Role not found'] as const,
    ),
    ['modifyRole', gone, 'Role does not exist'],
    ['createClient', names, 'Client already exists'],
    ['createClient', { username: 'v', password: 5 }, 'Invalid/missing password'],
    ['createClient', { username: 'v', clientid: 5 }, 'Invalid/missing client id'],
    ['createClient', { username: 'v', textname: 5 }, 'Invalid/missing textname'],
    ['createClient', { username: 'v', textdescription: 5 }, 'Invalid/missing textdescription'],
    ['createClient', { username: 'v', roles: [{ rolename: 'r' }, { rolename: 'zz' }] }, 'Role not found'],
    ['createClient', { username: 'v', groups: [{ groupname: 'zz' }] }, 'Group not found'],
    ['createClient', { username: 'v\0' }, 'Username not valid UTF-8'],
    ['createClient', { username: 'v\n' }, 'Username not valid UTF-8'],
    ['createClient', { username: '\ud800' }, 'Username not valid UTF-8'],
    ['createClient', { username: '\uffff' }, 'Username not valid UTF-8'],
    ['createClient', { username: 'v', clientid: '\ufdd0' }, 'Client ID not valid UTF-8'],
    ['createClient', { username: 'v', roles: 'r' }, "'roles' not an array or missing/invalid rolename"],
    ['modifyClient', { username: 'u', roles: [{}] }, "'roles' not an array or missing/invalid rolename"],
    ['modifyGroup', { groupname: 'g', roles: [5] }, "'roles' not an array or missing/invalid rolename"],
    ['addRoleACL', { ...names, acltype: 'publishClientSend', topic: 'a\uffff' }, 'Topic not valid UTF-8'],
    ['setClientId', { username: 'u', clientid: 5 }, 'Invalid/missing client ID'],
    ['setClientPassword', { username: 'u' }, 'Invalid/missing password'],
    ['setClientPassword', { username: 'u', password: '' }, 'Empty password is not allowed'],
    ['setClientPassword', { username: 'zz', password: 'x' }, 'Client not found'],
    ['modifyClient', { username: 'u', textname: 'new', roles: [{ rolename: 'zz' }] }, 'Role not found'],
    ['modifyClient', { username: 'u', textname: 'new', groups: [{ groupname: 'zz' }] }, 'Group not found'],
    ['addClientRole', names, 'Client is already in this role'],
    ['createGroup', names, 'Group already exists'],
    ['createGroup', { groupname: 'h', clients: [{ username: 'zz' }] }, 'Client not found'],
    ['createGroup', { groupname: 'h\x07' }, 'Group name not valid UTF-8'],
    ['addGroupClient', names, 'Client is already in this group'],
    ['addGroupRole', names, 'Group is already in this role'],
    ['createRole', names, 'Role already exists'],
    ['createRole', { rolename: 's', textname: 5 }, 'Invalid/missing textname'],
    ['createRole', { rolename: 's\x1b' }, 'Role name not valid UTF-8'],
    ['addRoleACL', names, 'Invalid/missing acltype'],
    ['addRoleACL', { ...names, acltype: 'subscribe', topic: 't' }, 'Unknown acltype'],
    ['addRoleACL', { ...names, acltype: 'publishClientSend' }, 'Invalid/missing topic'],
    ['addRoleACL', { ...names, acltype: 'publishClientSend', topic: 'a/#/b' }, 'Invalid ACL topic'],
    ['addRoleACL', { ...names, acltype: 'publishClientSend', topic: 't' }, 'ACL with this topic already exists'],
    ['removeRoleACL', { ...names, acltype: 'publishClientSend', topic: 'u' }, 'ACL not found'],
    ['setDefaultACLAccess', { acls: 5 }, 'Missing/invalid actions array'],
    ['constructor', {}, 'Unknown command'],
    ['nope', {}, 'Unknown command'],
  ]
  const before = await admin.do({ command: 'getDetails' }, { command: 'getClient', username: 'u' })
  expect(await admin.ask(...rows.map(([command, fields]) => ({ command, ...fields })))).toEqual(rows.map(([command, , error]) => ({ command, error })))
  expect(await admin.do({ command: 'getDetails' }, { command: 'getClient', username: 'u' })).toEqual(before)
  expect(file['changeIndex']).toBe(0)
})

test('messages that hold no commands, and correlation data', async () => {
  const { admin } = await DynsecBroker.start()
  const unknown = (error: string): Response => ({ command: 'Unknown command', error })
  for (const [payload, error] of [
    ['x', 'Payload not valid JSON'],
    ['', 'Payload not valid JSON'],
    [Buffer.from([0x22, 0xff, 0x22]), 'Payload not valid JSON'],
    ['{}', 'Invalid/missing commands'],
    ['[]', 'Invalid/missing commands'],
    ['{"commands":5}', 'Invalid/missing commands'],
  ] as const)
    expect(await admin.askRaw(payload)).toEqual([unknown(error)])
  expect(await admin.ask()).toEqual([])
  expect(await admin.askRaw('{"commands":[5,null,[],{},{"command":5,"correlationData":"x"}]}')).toEqual([
    ...Array<Response>(3).fill(unknown('Command not an object')),
    ...Array<Response>(2).fill(unknown('Missing command')),
  ])
  expect(
    await admin.ask(
      { command: 'getAnonymousGroup', correlationData: 'one' },
      { command: 'nope', correlationData: 'two' },
      { command: 'createRole', rolename: 'r', correlationData: 3 },
      { COMMAND: 'listRoles', CorrelationData: '' },
    ),
  ).toEqual([
    { command: 'getAnonymousGroup', data: { group: { groupname: '' } }, correlationData: 'one' },
    { command: 'nope', error: 'Unknown command', correlationData: 'two' },
    { command: 'createRole', error: 'Invalid correlationData data type.' },
    { command: 'listRoles', data: { totalCount: 1, roles: ['admin'] }, correlationData: '' },
  ])
})

test('a restart finds everything, passwords too; the file is its owner’s alone, and the log tells no passwords', async () => {
  const broker = await DynsecBroker.start()
  const { admin } = broker
  await admin.do(
    {
      command: 'createRole',
      rolename: 'r',
      textdescription: 'x',
      allowwildcardsubs: false,
      acls: [{ acltype: 'publishClientSend', topic: 'a/%u', priority: 4, allow: true }],
    },
    { command: 'createGroup', groupname: 'g', roles: [{ rolename: 'r', priority: 2 }] },
    { command: 'createClient', username: 'ann', password: 'geheim', clientid: 'c', groups: [{ groupname: 'g', priority: 3 }] },
    { command: 'createClient', username: 'bob', roles: [{ rolename: 'r' }] },
    { command: 'disableClient', username: 'bob' },
    { command: 'setAnonymousGroup', groupname: 'g' },
    { command: 'setDefaultACLAccess', acls: [{ acltype: 'publishClientReceive', allow: false }] },
  )
  const questions = [
    ...['listClients', 'listGroups', 'listRoles'].map((command) => ({ command, verbose: true })),
    ...['getDefaultACLAccess', 'getAnonymousGroup', 'getDetails'].map((command) => ({ command })),
  ]
  const before = await admin.do(...questions)
  const { folder, log } = broker.program
  expect(await broker.program.program.ended('SIGTERM')).toBe(0)
  expect(log.filter((line) => line.startsWith('dynsec: '))[2]).toMatch(/^dynsec: \S+\/admin \| createClient \| username=ann \| clientid=c \| password=\*{5}$/)
  expect(broker.program.program.stderr).not.toContain('geheim')
  const again = await configured(DYNSEC_LINES.map((line) => line.replace('FOLDER', folder)))
  const admin2 = await Admin.login(again.port)
  expect(await admin2.do(...questions)).toEqual(before)
  const ann = await broker.client('ann', { password: 'geheim', clientId: 'c', port: again.port })
  expect([await ann.publish('a/ann', ''), await ann.publish('a/bob', '')]).toEqual([0, 0x87])
  expect(statSync(broker.path).mode & 0o777).toBe(0o600)
})
