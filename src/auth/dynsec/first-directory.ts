// What a new file of dynamic security begins with: by `ctrl dynsec init` one client who may administer, by a broker that finds no file the roles of
// Mosquitto 2.1 beside it. Tables only: who writes them is cli/ctrl/dynsec-files.ts and first-file.ts.

import { Acl, type AclType } from './acl.ts'
import { Client, Directory, Group, giveRole, Role, type StoredPassword, UNRANKED } from './directory.ts'

type Rule = readonly [AclType, string]

/** The admin of `init` looks at everything, and publishes to the control interface only. */
const ADMIN_ACLS: readonly Rule[] = [
  ['publishClientSend', '$CONTROL/dynamic-security/#'],
  ['publishClientReceive', '$CONTROL/dynamic-security/#'],
  ['subscribePattern', '$CONTROL/dynamic-security/#'],
  ['publishClientSend', '$CONTROL/broker/#'],
  ['publishClientReceive', '$CONTROL/broker/#'],
  ['subscribePattern', '$CONTROL/broker/#'],
  ['publishClientReceive', '$SYS/#'],
  ['subscribePattern', '$SYS/#'],
  ['publishClientReceive', '#'],
  ['subscribePattern', '#'],
  ['unsubscribePattern', '#'],
]

const EVERYTHING_BELOW: readonly AclType[] = ['publishClientSend', 'publishClientReceive', 'subscribePattern', 'unsubscribePattern']

/** The roles of a broker's own file: name, what it is for, rules. */
const STOCK_ROLES: readonly (readonly [name: string, about: string, rules: readonly Rule[]])[] = [
  ['client', 'Reads and writes all ordinary topics.', all('#')],
  ['broker-admin', 'Administers the broker itself: listeners, plugins.', all('$CONTROL/broker/#')],
  ['dynsec-admin', 'Administers clients, groups and roles.', all('$CONTROL/dynamic-security/#')],
  ['super-admin', 'Administers everything that can be administered.', all('$CONTROL/#')],
  ['sys-notify', 'For bridges: may tell whether they are connected.', [['publishClientSend', '$SYS/broker/connection/%c/state']]],
  [
    'sys-observe',
    'Reads what the broker tells of itself below $SYS.',
    [
      ['publishClientReceive', '$SYS/#'],
      ['subscribePattern', '$SYS/#'],
    ],
  ],
  [
    'topic-observe',
    'Reads all ordinary topics, and writes none.',
    [
      ['publishClientReceive', '#'],
      ['subscribePattern', '#'],
      ['unsubscribePattern', '#'],
    ],
  ],
]

/** What `ctrl dynsec init` makes. */
export function firstDirectory(adminName: string, password: StoredPassword): Directory {
  const directory = new Directory()
  addRole(directory, 'admin', null, ADMIN_ACLS)
  addClient(directory, adminName, 'Dynsec admin user', password, ['admin'])
  return directory
}

/** What a broker makes that finds no file: its clients are `admin` and, unless `demo` is null, `democlient`; the group of those without a name has no roles. */
export function stockDirectory(admin: StoredPassword, demo: StoredPassword | null): Directory {
  const directory = new Directory()
  for (const [name, about, rules] of STOCK_ROLES) addRole(directory, name, about, rules)
  addClient(directory, 'admin', 'Admin user', admin, ['super-admin', 'sys-observe', 'topic-observe'])
  if (demo !== null) addClient(directory, 'democlient', 'For first tries: reads and writes all ordinary topics.', demo, ['client'])
  const group = new Group('unauthenticated')
  group.textName = 'Unauthenticated group'
  group.textDescription = 'Its roles are those of clients without a user name, where a listener lets them in.'
  directory.groups.set(group.name, group)
  directory.anonymousGroup = group
  return directory
}

function all(topic: string): readonly Rule[] {
  return EVERYTHING_BELOW.map((type) => [type, topic])
}

function addRole(directory: Directory, name: string, about: string | null, rules: readonly Rule[]): void {
  const role = new Role(name)
  role.textDescription = about
  for (const [type, topic] of rules) role.add(new Acl(type, topic, 0, true))
  directory.roles.set(name, role)
}

function addClient(directory: Directory, name: string, textName: string, password: StoredPassword, roles: readonly string[]): void {
  const client = new Client(name)
  client.textName = textName
  client.password = password
  for (const role of roles) giveRole(client, directory.roles.get(role)!, UNRANKED)
  directory.clients.set(name, client)
}
