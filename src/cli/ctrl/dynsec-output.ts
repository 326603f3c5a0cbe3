// Answers of dynamic security as lines: the shapes of mosquitto_ctrl, which scripts cut apart.
// Members that an answer lacks are left out; nothing here asks anybody.

import { isObject, isTrue, type JsonObject, member, objectsMember, textMember } from '../../auth/dynsec/members.ts'
import { column } from './control-command.ts'

/** Names of a list, one a line. */
export function names(key: string): (data: JsonObject) => readonly string[] {
  return (data) => {
    const list = member(data, key)
    return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
  }
}

export function clientLines(data: JsonObject): readonly string[] {
  const client = part(data, 'client')
  return [
    `Username:    ${text(client, 'username')}`,
    `Clientid:    ${text(client, 'clientid')}`.trimEnd(),
    ...(isTrue(client, 'disabled') ? ['Disabled:    true'] : []),
    ...described(client, 13),
    ...column('Roles:', 13, ranked(client, 'roles', 'rolename')),
    ...column('Groups:', 13, ranked(client, 'groups', 'groupname')),
    ...column('Connections:', 13, named(client, 'connections', 'address')),
  ]
}

export function groupLines(data: JsonObject): readonly string[] {
  const group = part(data, 'group')
  return [
    `Groupname: ${text(group, 'groupname')}`,
    ...described(group, 11),
    ...column('Roles:', 11, ranked(group, 'roles', 'rolename')),
    ...column('Clients:', 11, named(group, 'clients', 'username')),
  ]
}

export function roleLines(data: JsonObject): readonly string[] {
  const role = part(data, 'role')
  const rules = objectsMember(role, 'acls').map((acl) => {
    const priority = member(acl, 'priority')
    const ranking = typeof priority === 'number' ? ` (priority: ${priority})` : ''
    return `${text(acl, 'acltype').padEnd(20)} : ${isTrue(acl, 'allow') ? 'allow' : 'deny '} : ${text(acl, 'topic')}${ranking}`
  })
  const wildcards = member(role, 'allowwildcardsubs') === false ? ['Wildcard subscriptions: deny'] : []
  return [`Rolename: ${text(role, 'rolename')}`, ...described(role, 10), ...wildcards, ...column('ACLs:', 10, rules)]
}

export function anonymousGroupLine(data: JsonObject): readonly string[] {
  return [text(part(data, 'group'), 'groupname')]
}

export function defaultAccessLines(data: JsonObject): readonly string[] {
  return objectsMember(data, 'acls').map((acl) => `${text(acl, 'acltype').padEnd(20)} : ${isTrue(acl, 'allow') ? 'allow' : 'deny'}`)
}

export function detailLines(data: JsonObject): readonly string[] {
  const rows = [
    ['Clients:', 'clientCount'],
    ['Groups:', 'groupCount'],
    ['Roles:', 'roleCount'],
    ['Changes:', 'changeIndex'],
  ] as const
  return rows.map(([label, key]) => `${label.padEnd(9)}${String(member(data, key) ?? '')}`)
}

function part(data: JsonObject, key: string): JsonObject {
  const found = member(data, key)
  return isObject(found) ? found : {}
}

function text(object: JsonObject, key: string): string {
  return textMember(object, key) ?? ''
}

function described(object: JsonObject, width: number): string[] {
  return [
    ...column('Name:', width, named({ list: [object] }, 'list', 'textname')),
    ...column('About:', width, named({ list: [object] }, 'list', 'textdescription')),
  ]
}

function named(object: JsonObject, key: string, nameKey: string): string[] {
  return objectsMember(object, key).flatMap((item) => textMember(item, nameKey) ?? [])
}

/** With the priority that holds when none is told. */
function ranked(object: JsonObject, key: string, nameKey: string): string[] {
  return objectsMember(object, key).map((item) => {
    const priority = member(item, 'priority')
    return `${text(item, nameKey)} (priority: ${typeof priority === 'number' ? priority : -1})`
  })
}
