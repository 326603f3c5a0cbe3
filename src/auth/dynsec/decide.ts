// Which rule decides: the client's roles, then those of its groups, each by priority, and in a role the rules by priority.
// The first rule that covers the topic holds; without one the defaults do. Implements nothing but that order.

import type { AccessType, Acl, AclNames } from './acl.ts'
import type { Directory, Ranked, Role } from './directory.ts'

/** Null where dynamic security says nothing: an unknown user, or nothing but a default that denies. */
export type Decision = { readonly allow: boolean; readonly role: Role | null; readonly acl: Acl | null } | null

const BY_DEFAULT: Decision = { allow: true, role: null, acl: null }

/** `topic` is a Topic Name, or the filter of SUBSCRIBE and UNSUBSCRIBE. */
export function decide(directory: Directory, access: AccessType, names: AclNames, topic: string): Decision {
  const { userName } = names
  if (userName === null) {
    const group = directory.anonymousGroup
    return (group === null ? null : byRoles(group.roles, access, names, topic)) ?? byDefault(directory, access, topic)
  }
  const client = directory.clients.get(userName)
  if (client === undefined) return null
  const own = byRoles(client.roles, access, names, topic)
  if (own !== null) return own
  for (const { of: group } of client.groups) {
    const decision = byRoles(group.roles, access, names, topic)
    if (decision !== null) return decision
  }
  return byDefault(directory, access, topic)
}

function byRoles(roles: readonly Ranked<Role>[], access: AccessType, names: AclNames, topic: string): Decision {
  for (const { of: role } of roles) {
    if (access === 'subscribe' && !role.allowWildcardSubscriptions && /(^|\/)[+#](\/|$)/.test(topic)) return { allow: false, role, acl: null }
    const acl = firstOf(role, access, names, topic)
    if (acl !== null) return { allow: acl.allow, role, acl }
  }
  return null
}

/** A filter's own text goes before patterns, whatever their priorities. */
function firstOf(role: Role, access: AccessType, names: AclNames, topic: string): Acl | null {
  if (access === 'publishClientSend' || access === 'publishClientReceive') return role.aclsOf(access).find((acl) => acl.matches(topic, names)) ?? null
  const literal = role.aclsOf(`${access}Literal`).find((acl) => acl.covers(topic, names))
  return literal ?? role.aclsOf(`${access}Pattern`).find((acl) => acl.covers(topic, names)) ?? null
}

/** Nobody reaches the control interface by a default. */
function byDefault({ defaults }: Directory, access: AccessType, topic: string): Decision {
  return defaults[access] && !/^\$CONTROL(\/|$)/.test(topic) ? BY_DEFAULT : null
}
