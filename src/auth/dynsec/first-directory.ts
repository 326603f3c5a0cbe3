// What a new file of dynamic security begins with: one client who may administer, and nobody else.
// For `ctrl dynsec init` and for a broker that finds no file.

import { Acl, type AclType } from './acl.ts'
import { Client, Directory, giveRole, Role, type StoredPassword, UNRANKED } from './directory.ts'

/** The admin looks at everything, and publishes to the control interface only. */
const ADMIN_ACLS: readonly (readonly [AclType, string])[] = [
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

export function firstDirectory(adminName: string, password: StoredPassword): Directory {
  const directory = new Directory()
  const role = new Role('admin')
  for (const [type, topic] of ADMIN_ACLS) role.add(new Acl(type, topic, 0, true))
  directory.roles.set(role.name, role)
  const admin = new Client(adminName)
  admin.textName = 'Dynsec admin user'
  admin.password = password
  giveRole(admin, role, UNRANKED)
  directory.clients.set(adminName, admin)
  return directory
}
