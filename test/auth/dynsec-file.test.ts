// dynamic-security.json: both forms of Mosquitto's plugin are read, what is written is read again, and nothing is half written.
// And the file that a broker makes when it finds none.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AccessFileError } from '../../src/auth/access-file.ts'
import { ACL_TYPES, Acl } from '../../src/auth/dynsec/acl.ts'
import { Client, Directory, Group, giveRole, Role } from '../../src/auth/dynsec/directory.ts'
import { readDirectory, storedPassword, writeDirectory } from '../../src/auth/dynsec/dynsec-file.ts'
import { makeFirstFile } from '../../src/auth/dynsec/first-file.ts'
import { writeWhole } from '../../src/auth/dynsec/write-whole.ts'
import { makePasswordHashNow, verifyPasswordHash } from '../../src/auth/password-hash.ts'
import { folder } from '../cli/support/broker-kit.ts'

const HASH = makePasswordHashNow(Buffer.from('secret'), 10)
const [, , , SALT, KEY] = HASH.split('$')

const read = (content: unknown): ReturnType<typeof readDirectory> => readDirectory(Buffer.from(JSON.stringify(content)), 'ds.json')

async function fits(directory: Directory, userName: string, password: string): Promise<boolean> {
  const stored = directory.clients.get(userName)?.password ?? null
  return stored !== null && (await verifyPasswordHash(Buffer.from(password), stored.hash))
}

test('passwords of 2.0 and of 2.1, and one that cannot be read', async () => {
  const { directory, problems } = read({
    clients: [
      { username: 'old', password: KEY, salt: SALT, iterations: 10 },
      { username: 'new', encoded_password: HASH },
      { username: 'none' },
      { username: 'broken', password: 'x', salt: 'y', iterations: 0 },
    ],
  })
  expect(await Promise.all(['old', 'new', 'none', 'broken'].map((name) => fits(directory, name, 'secret')))).toEqual([true, true, false, false])
  expect(await fits(directory, 'old', 'Secret')).toBe(false)
  expect(problems).toEqual(["Warning: ds.json: the password of client 'broken' cannot be read: it cannot log in."])
})

test('what is written is read by both: the parts of a hash, not its whole; another kind of hash stays whole', () => {
  const directory = new Directory()
  const [a, b] = [new Client('a'), new Client('b')]
  a.password = storedPassword(HASH)
  b.password = storedPassword(`$6$${SALT}$${KEY}`)
  directory.clients.set('a', a).set('b', b)
  expect((JSON.parse(writeDirectory(directory)) as { clients: unknown[] }).clients).toEqual([
    { username: 'a', roles: [], password: KEY, salt: SALT, iterations: 10 },
    { username: 'b', roles: [], encoded_password: `$6$${SALT}$${KEY}` },
  ])
})

test('names of members are found whatever their case, as the plugin finds them', () => {
  const { directory } = read({ clients: [{ username: 'a', textName: 'Ann', textdescription: 'lab', clientID: 'c' }], defaultaclaccess: { subscribe: true } })
  expect(directory.clients.get('a')).toMatchObject({ textName: 'Ann', textDescription: 'lab', clientId: 'c' })
  expect(directory.defaults).toEqual({ publishClientSend: false, publishClientReceive: true, subscribe: true, unsubscribe: true })
})

test('what does not fit together is told, and left out', () => {
  const { directory, problems } = read({
    clients: [{ username: 'a', roles: [{ rolename: 'gone' }] }, { username: 'a' }, {}],
    groups: [{ groupname: 'g', clients: [{ username: 'nobody' }], roles: [{ rolename: 'r' }] }],
    roles: [
      {
        rolename: 'r',
        acls: [
          { acltype: 'x', topic: 'a' },
          { acltype: 'publishClientSend', topic: 'a/#/b' },
          { acltype: 'publishClientSend', topic: 'a' },
        ],
      },
    ],
    anonymousGroup: 'h',
  })
  expect(problems.map((problem) => problem.replace('Warning: ds.json: ', ''))).toEqual([
    "a rule of role 'r' has no acltype that is known.",
    "a rule of role 'r' has no topic that is valid.",
    "client 'a' has role 'gone', which does not exist.",
    "username 'a' is there twice: the first one counts.",
    'an entry has no username.',
    "group 'g' names client 'nobody', who does not exist.",
    "the anonymous group 'h' does not exist.",
  ])
  expect(directory.roles.get('r')!.acls).toMatchObject([{ topic: 'a', allow: false, priority: 0 }])
})

test.each(['', 'x', '[]', '5', '{"clients"', '\xff'])('%j is no such file', (text) => {
  expect(() => readDirectory(Buffer.from(text, 'latin1'), 'ds.json')).toThrow(AccessFileError)
})

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
const priority = fc.integer({ min: -5, max: 5 })

test('write, read, write: the same text', () => {
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(names, names, names, fc.infiniteStream(priority), fc.array(fc.boolean(), { minLength: 12 }), (users, groups, roles, numbers, flags) => {
      const number = (): number => numbers.next().value as number
      const flag = (): boolean => flags[Math.abs(number()) % flags.length]!
      const directory = new Directory()
      for (const key of Object.keys(directory.defaults) as (keyof Directory['defaults'])[]) directory.defaults[key] = flag()
      for (const key of roles) {
        const role = new Role(key)
        role.allowWildcardSubscriptions = flag()
        for (const type of ACL_TYPES) if (flag()) role.add(new Acl(type, `t/${key.replace(/[+#/]/g, '')}`, number(), flag()))
        directory.roles.set(key, role)
      }
      const some = <T>(map: Map<string, T>): T => [...map.values()][Math.abs(number()) % map.size]!
      for (const key of users) {
        const client = new Client(key)
        client.isDisabled = flag()
        if (flag()) client.clientId = key
        if (flag()) client.textName = key
        if (flag()) client.password = storedPassword(HASH)
        giveRole(client, some(directory.roles), number())
        directory.clients.set(key, client)
      }
      for (const key of groups) {
        const group = new Group(key)
        if (flag()) group.textDescription = key
        giveRole(group, some(directory.roles), number())
        directory.groups.set(key, group)
        directory.join(some(directory.clients), group, number())
      }
      if (flag()) directory.anonymousGroup = some(directory.groups)
      const text = writeDirectory(directory)
      const again = readDirectory(Buffer.from(text), 'ds.json')
      expect(again.problems).toEqual([])
      expect(writeDirectory(again.directory)).toBe(text)
    }),
  )
})

test('a file is replaced whole, and only its owner may read it; nothing else stays in the folder', () => {
  const path = join(folder(), 'ds.json')
  writeFileSync(path, 'old')
  chmodSync(path, 0o644)
  writeWhole(path, 'new')
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o600])
  expect(readdirSync(join(path, '..'))).toEqual(['ds.json'])
})

test('where it cannot be written the old one stays', () => {
  const top = folder()
  const path = join(top, 'ds.json')
  mkdirSync(path)
  expect(() => writeWhole(path, 'new')).toThrow()
  expect(readdirSync(top)).toEqual(['ds.json'])
})

test('no file: one is made, with the password of a file, of the environment, or one made up and left beside it', async () => {
  const top = folder()
  writeFileSync(join(top, 'init'), 'from file\nmore\n')
  const made = async (file: string, passwordFile: string | null, env: Record<string, string>, password?: string): Promise<string> => {
    const path = join(top, file)
    const first = makeFirstFile({ path, passwordFile, env })!
    const expected = password ?? readFileSync(`${path}.pw`, 'utf8').replace(/^admin (.*)\ndemoclient .*\n$/, '$1')
    expect(await fits(readDirectory(readFileSync(path), path).directory, 'admin', expected)).toBe(true)
    for (const written of first.files) expect(statSync(written).mode & 0o777).toBe(0o600)
    expect(makeFirstFile({ path, passwordFile, env })).toBe(null) // it is there now
    return first.sentence.replaceAll(top, '')
  }
  expect(await made('a', join(top, 'init'), { MOSQUITTO_DYNSEC_PASSWORD: 'no' }, 'from file')).toContain("whose password is that of '/init'")
  expect(await made('b', null, { MOSQUITTO_DYNSEC_PASSWORD: 'from the env' }, 'from the env')).toContain('MOSQUITTO_DYNSEC_PASSWORD')
  expect(await made('c', null, {})).toContain("were made up: see '/c.pw'")
  expect([existsSync(join(top, 'a.pw')), existsSync(join(top, 'b.pw'))]).toEqual([false, false])
})

test('the roles of a file made by the broker are those of Mosquitto 2.1; democlient is there when passwords are made up', async () => {
  const path = join(folder(), 'ds.json')
  makeFirstFile({ path, passwordFile: null, env: {} })
  const { directory, problems } = readDirectory(readFileSync(path), path)
  expect(problems).toEqual([])
  const roles = [...directory.roles.values()].map(({ name, acls }) => [name, acls.map(({ type, topic, allow }) => `${allow ? '' : '!'}${type} ${topic}`)])
  const all = (topic: string): string[] =>
    ['publishClientSend', 'publishClientReceive', 'subscribePattern', 'unsubscribePattern'].map((type) => `${type} ${topic}`)
  expect(Object.fromEntries(roles)).toEqual({
    client: all('#'),
    'broker-admin': all('$CONTROL/broker/#'),
    'dynsec-admin': all('$CONTROL/dynamic-security/#'),
    'super-admin': all('$CONTROL/#'),
    'sys-notify': ['publishClientSend $SYS/broker/connection/%c/state'],
    'sys-observe': ['publishClientReceive $SYS/#', 'subscribePattern $SYS/#'],
    'topic-observe': ['publishClientReceive #', 'subscribePattern #', 'unsubscribePattern #'],
  })
  const has = (holder: { readonly roles: readonly { readonly of: Role }[] }): string[] => holder.roles.map(({ of }) => of.name)
  expect([...directory.clients.values()].map((client) => [client.userName, has(client)])).toEqual([
    ['admin', ['super-admin', 'sys-observe', 'topic-observe']],
    ['democlient', ['client']],
  ])
  expect([directory.anonymousGroup?.name, has(directory.anonymousGroup!)]).toEqual(['unauthenticated', []])
  const [, admin, demo] = /^admin (\S{20})\ndemoclient (\S{20})\n$/.exec(readFileSync(`${path}.pw`, 'utf8'))!
  expect(admin).not.toBe(demo)
  expect(await Promise.all([fits(directory, 'admin', admin!), fits(directory, 'democlient', demo!), fits(directory, 'admin', demo!)])).toEqual([
    true,
    true,
    false,
  ])
})

test('MOSQUITTO_DYNSEC_PASSWORD has 12 characters at least, and makes no democlient', () => {
  const path = join(folder(), 'ds.json')
  expect(() => makeFirstFile({ path, passwordFile: null, env: { MOSQUITTO_DYNSEC_PASSWORD: '12345678901' } })).toThrow('at least 12 characters')
  expect(existsSync(path)).toBe(false)
  makeFirstFile({ path, passwordFile: null, env: { MOSQUITTO_DYNSEC_PASSWORD: '123456789012' } })
  expect([...readDirectory(readFileSync(path), path).directory.clients.keys()]).toEqual(['admin'])
})

test('a password file that is missing or empty makes nothing', () => {
  const top = folder()
  writeFileSync(join(top, 'empty'), '\n')
  for (const passwordFile of [join(top, 'empty'), join(top, 'gone')])
    expect(() => makeFirstFile({ path: join(top, 'ds.json'), passwordFile, env: {} })).toThrow(AccessFileError)
  expect(readdirSync(top)).toEqual(['empty'])
})
