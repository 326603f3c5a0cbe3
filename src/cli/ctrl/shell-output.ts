// Answers as the shell shows them: labels with two spaces between them and what they say, lists below their labels.
// Null = the answer lacks what it must have. For scripts the shapes of the command line are dynsec-output.ts'.

import { isObject, isTrue, type JsonObject, member, objectsMember, textMember } from '../../auth/dynsec/members.ts'

type Lines = readonly string[] | null

export function names(key: string): (data: JsonObject) => Lines {
  return (data) => {
    const list = member(data, key)
    return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
  }
}

export function client(data: JsonObject): Lines {
  return described(data, 'client', 'Username:', 'username', (found) => [
    ...labelled('Clientid:', textMember(found, 'clientid')),
    ...texts(found),
    ...(isTrue(found, 'disabled') ? ['Disabled:  true'] : []),
    ...ranked('Roles:', found, 'roles', 'rolename'),
    ...ranked('Groups:', found, 'groups', 'groupname'),
  ])
}

export function group(data: JsonObject): Lines {
  return described(data, 'group', 'Group name:', 'groupname', (found) => [
    ...texts(found),
    ...ranked('Roles:', found, 'roles', 'rolename'),
    ...ranked('Clients:', found, 'clients', 'username'),
  ])
}

export function role(data: JsonObject): Lines {
  return described(data, 'role', 'Role name:', 'rolename', (found) => {
    const rules = objectsMember(found, 'acls').map((acl) => {
      const priority = member(acl, 'priority')
      const access = isTrue(acl, 'allow') ? 'allow' : 'deny '
      const rank = typeof priority === 'number' ? ` (priority ${priority})` : ''
      return `  ${(textMember(acl, 'acltype') ?? '').padEnd(20)} ${access} ${textMember(acl, 'topic') ?? ''}${rank}`
    })
    const wildcards = member(found, 'allowwildcardsubs')
    return [
      ...texts(found),
      ...(typeof wildcards === 'boolean' ? [`Allow wildcard subscriptions:  ${wildcards}`] : []),
      ...(rules.length === 0 ? [] : ['ACLs:', ...rules]),
    ]
  })
}

export function anonymousGroup(data: JsonObject): Lines {
  const found = member(data, 'group')
  const name = isObject(found) ? textMember(found, 'groupname') : null
  return name === null ? null : [name]
}

export function defaultAccess(data: JsonObject): Lines {
  return objectsMember(data, 'acls').map((acl) => `${(textMember(acl, 'acltype') ?? '').padEnd(20)} ${isTrue(acl, 'allow') ? 'allow' : 'deny'}`)
}

export function details(data: JsonObject): Lines {
  const rows = [
    ['Client count:', 'clientCount'],
    ['Group count:', 'groupCount'],
    ['Role count:', 'roleCount'],
    ['Change index:', 'changeIndex'],
  ] as const
  return rows.flatMap(([label, key]) => {
    const value = member(data, key)
    return typeof value === 'number' ? labelled(label, `${value}`) : []
  })
}

export function listeners(data: JsonObject): Lines {
  const lines: string[] = []
  for (const listener of objectsMember(data, 'listeners')) {
    const port = member(listener, 'port')
    const path = textMember(listener, 'socket-path')
    const protocol = textMember(listener, 'protocol')
    if (protocol === null || (typeof port !== 'number' && path === null)) return null
    lines.push('Listener:')
    if (typeof port === 'number' && port > 0) lines.push(`  Port:    ${port}`)
    if (path !== null) lines.push(`  Socket path:    ${path}`)
    const address = textMember(listener, 'bind-address')
    if (address !== null) lines.push(`  Bind address:    ${address}`)
    lines.push(`  Protocol:    ${protocol}`, `  TLS:    ${isTrue(listener, 'tls')}`, '')
  }
  return lines
}

export function plugins(data: JsonObject): Lines {
  const lines: string[] = []
  for (const plugin of objectsMember(data, 'plugins')) {
    const name = textMember(plugin, 'name')
    if (name === null) return null
    lines.push(`Plugin:  ${name}`)
    const topics = member(plugin, 'control-endpoints')
    if (Array.isArray(topics) && topics.length > 0) lines.push('Control endpoints:', ...topics.map((topic) => `  ${String(topic)}`))
  }
  return lines
}

function described(data: JsonObject, key: string, label: string, nameKey: string, more: (found: JsonObject) => readonly string[]): Lines {
  const found = member(data, key)
  const name = isObject(found) ? textMember(found, nameKey) : null
  return name === null ? null : [`${label}  ${name}`, ...more(found as JsonObject)]
}

function texts(found: JsonObject): string[] {
  return [...labelled('Text name:', textMember(found, 'textname')), ...labelled('Text description:', textMember(found, 'textdescription'))]
}

function labelled(label: string, value: string | null): string[] {
  return value === null || value === '' ? [] : [`${label}  ${value}`]
}

function ranked(label: string, found: JsonObject, key: string, nameKey: string): string[] {
  const list = objectsMember(found, key).map((item) => {
    const priority = member(item, 'priority')
    return `  ${textMember(item, nameKey) ?? ''}${typeof priority === 'number' ? ` (priority: ${priority})` : ''}`
  })
  return list.length === 0 ? [] : [label, ...list]
}
