// Mosquitto's dynamic security plugin and ours decide alike: random roles, groups and clients in one file, and everything asked of both brokers.
// The file is written by us, and read by both.

import { existsSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { ACL_TYPES, Acl, type AclType } from '../../src/auth/dynsec/acl.ts'
import { Client, Directory, Group, giveRole, Role } from '../../src/auth/dynsec/directory.ts'
import { storedPassword, writeDirectory } from '../../src/auth/dynsec/dynsec-file.ts'
import { makePasswordHashNow } from '../../src/auth/password-hash.ts'
import { configured, type Guest, guest } from '../cli/support/broker-kit.ts'
import { withTools } from '../support/require-tools.ts'
import { type Random, seeded } from '../support/seeded-random.ts'
import { DYNSEC_PLUGIN } from './support/dynsec-plugin.ts'
import { Mosquitto } from './support/mosquitto.ts'

const TOPICS = ['a', 'b', 'a/b', 'a/c', 'a/b/c', 'b/a', '/a', 'a/', '$x/a', '$CONTROL/a', 'c']
const FILTERS = [...TOPICS, '#', '+', 'a/#', 'a/+', '+/b', 'a/+/c', '+/+', '+/#', 'a/b/#', '/#', '$x/#', '$x/+', '$CONTROL/#', '$SYS/#']
/** Of rules. Debian's 2.0.11 takes a rule for `/#` to cover the filter `#`, which it does not. */
const PATTERNS = FILTERS.filter((filter) => filter !== '/#')
const USERS = ['ann', 'bob', 'eve', 'kim', 'joe']

function one<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)]!
}

function directoryOf(random: Random, types: readonly AclType[], defaults: Partial<Directory['defaults']>): Directory {
  const directory = new Directory()
  Object.assign(directory.defaults, { publishClientSend: random(2) === 0, publishClientReceive: random(2) === 0, unsubscribe: random(2) === 0 }, defaults)
  const roles = Array.from({ length: 8 }, (_, i) => {
    const role = new Role(`r${i}`)
    for (let n = random(7); n > 0; n--) role.add(new Acl(one(random, types), one(random, PATTERNS), random(3), random(2) === 0))
    directory.roles.set(role.name, role)
    return role
  })
  const groups = ['g0', 'g1', 'g2'].map((name) => {
    const group = new Group(name)
    for (let n = random(3); n > 0; n--) giveRole(group, one(random, roles), random(4) - 1)
    directory.groups.set(name, group)
    return group
  })
  const password = storedPassword(makePasswordHashNow(Buffer.from('secret'), 101))
  for (const name of USERS) {
    const client = new Client(name)
    client.password = password
    for (let n = random(4); n > 0; n--) giveRole(client, one(random, roles), random(4) - 1)
    directory.clients.set(name, client)
    for (const group of groups) if (random(2) === 0) directory.join(client, group, random(4) - 1)
  }
  directory.anonymousGroup = one(random, groups)
  return directory
}

/** One who may publish everything, for those who receive. */
function addPublisher(directory: Directory): void {
  const role = new Role('everything')
  for (const topic of ['#', '$x/#']) role.add(new Acl('publishClientSend', topic, 0, true))
  directory.roles.set(role.name, role)
  const client = new Client('publisher')
  client.password = storedPassword(makePasswordHashNow(Buffer.from('secret'), 101))
  giveRole(client, role, 0)
  directory.clients.set(client.userName, client)
}

const login = (username: string): { readonly username: string; readonly password: string; readonly protocolVersion: 5 } => ({
  username,
  password: 'secret',
  protocolVersion: 5,
})

async function comer(port: number, user: string): Promise<Guest> {
  return await guest(port, user === '' ? { protocolVersion: 5 } : login(user))
}

/** What each client may send, subscribe to and unsubscribe from. */
async function rights(port: number): Promise<string[]> {
  const lines: string[] = []
  for (const user of [...USERS, '']) {
    const client = await comer(port, user)
    const sent = await Promise.all(
      TOPICS.filter((topic) => !topic.startsWith('$CONTROL')).map(async (topic) => `${topic} ${(await client.publish(topic, 'x')) < 0x80}`),
    )
    const subscribed = await Promise.all(FILTERS.map(async (filter) => `${filter} ${(await client.subscribe(filter)) < 0x80}`))
    const left = await Promise.all(FILTERS.map(async (filter) => `${filter} ${(await client.unsubscribe(filter)) !== 0x87}`))
    lines.push(`${user} sends: ${sent.join(', ')}`, `${user} subscribes: ${subscribed.join(', ')}`, `${user} unsubscribes: ${left.join(', ')}`)
    await client.leave()
  }
  return lines
}

/** What each client is sent of all topics. */
async function received(port: number): Promise<string[]> {
  const clients: Guest[] = []
  for (const user of [...USERS, '']) {
    const client = await comer(port, user)
    for (const filter of ['#', '$x/#', 'end']) await client.subscribe(filter)
    clients.push(client)
  }
  const publisher = await guest(port, login('publisher'))
  for (const topic of TOPICS.filter((name) => !name.startsWith('$CONTROL'))) expect(await publisher.publish(topic, 'x')).toBeLessThan(0x80)
  // by the answer to a SUBSCRIBE everything that was published before it has come
  for (const client of clients) await client.subscribe('end', 1)
  return clients.map(({ messages }, i) => `${USERS[i] ?? 'anonymous'}: ${[...messages].sort().join(', ')}`)
}

withTools(['mosquitto'], ({ mosquitto }) => {
  const plugin = DYNSEC_PLUGIN
  const cases = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => [seed] as const)

  async function both(directory: Directory, ask: (port: number) => Promise<string[]>): Promise<readonly [string[], string[]]> {
    const text = writeDirectory(directory)
    const theirs = await Mosquitto.start(mosquitto, {
      options: ['per_listener_settings false', `plugin ${plugin}`, 'plugin_opt_config_file FOLDER/ds.json'],
      files: { 'ds.json': text },
    })
    onTestFinished(() => theirs.close())
    const ours = await configured(
      ['user root', 'allow_anonymous true', `plugin ${plugin}`, 'plugin_opt_config_file FOLDER/ds.json', 'listener PORT 127.0.0.1'],
      {
        files: { 'ds.json': text },
      },
    )
    return [await ask(theirs.port), await ask(ours.port)]
  }

  test.runIf(existsSync(plugin)).each(cases)('seed %i: publishing, subscribing and unsubscribing', async (seed) => {
    const [theirs, ours] = await both(directoryOf(seeded(seed), ACL_TYPES, { subscribe: seed % 2 === 0 }), rights)
    expect(ours).toEqual(theirs)
    expect(new Set(ours.join(' ').match(/true|false/g))).toEqual(new Set(['true', 'false']))
  })

  test.runIf(existsSync(plugin)).each(cases)('seed %i: receiving', async (seed) => {
    const directory = directoryOf(seeded(seed), ['publishClientReceive'], { subscribe: true })
    addPublisher(directory)
    const [theirs, ours] = await both(directory, received)
    expect(ours).toEqual(theirs)
    expect(ours.join('')).toContain(' x')
  })
})
