// Commands about roles and their rules, about what holds where no rule says anything, and about the whole.
// Whoever has a role that changes is sent away and may come again; a new default holds for connected clients as they are.

import { hasCorrectWildcards } from '../../wire/mqtt/topics.ts'
import { ACCESS_TYPES, Acl, type AclType } from './acl.ts'
import {
  answering,
  type Command,
  type CommandContext,
  changeTexts,
  checkText,
  known,
  listAnswer,
  nameIn,
  optionalText,
  Refused,
  ROLE,
  roleIn,
  sendHoldersAway,
} from './command.ts'
import { Role } from './directory.ts'
import { aclMembers, aclTypeOf, readAcls, texts } from './dynsec-file.ts'
import { integerMember, isTrue, type JsonObject, member, objectsMember, textMember } from './members.ts'
import { type Answer, DONE } from './request.ts'

export const ROLE_COMMANDS: Readonly<Record<string, Command>> = {
  createRole: answering((request, context) => {
    const { roles } = context.directory
    const role = new Role(nameIn(request, ROLE))
    role.textName = optionalText(request, 'textname')
    role.textDescription = optionalText(request, 'textdescription')
    if (roles.has(role.name)) throw new Refused('Role already exists')
    changeRules(request, role)
    roles.set(role.name, role)
    context.changed([]) // nobody has it yet
    return DONE
  }),
  deleteRole: answering((request, context) => {
    const role = roleIn(request, context)
    sendHoldersAway(role, context)
    context.directory.removeRole(role)
    return changed(context)
  }),
  modifyRole: answering((request, context) => {
    const role = known(context.directory.roles, nameIn(request, ROLE), 'Role does not exist')
    changeTexts(request, role)
    if (Array.isArray(member(request, 'acls'))) role.clear()
    changeRules(request, role)
    sendHoldersAway(role, context)
    return changed(context)
  }),
  getRole: answering((request, context) => ({ data: { role: describeRole(roleIn(request, context)) } })),
  listRoles: answering((request, { directory }) => listAnswer(request, 'roles', directory.roles, describeRole)),
  addRoleACL: answering((request, context) => {
    const role = roleIn(request, context)
    const [type, topic] = aclIn(request)
    if (!role.add(new Acl(type, topic, integerMember(request, 'priority', 0), isTrue(request, 'allow'))))
      throw new Refused('ACL with this topic already exists')
    sendHoldersAway(role, context)
    return changed(context)
  }),
  removeRoleACL: answering((request, context) => {
    const role = roleIn(request, context)
    const [type, topic] = aclIn(request)
    if (!role.remove(type, topic)) throw new Refused('ACL not found')
    sendHoldersAway(role, context)
    return changed(context)
  }),
  setDefaultACLAccess: answering((request, context) => {
    if (!Array.isArray(member(request, 'acls'))) throw new Refused('Missing/invalid actions array')
    for (const entry of objectsMember(request, 'acls')) {
      const type = ACCESS_TYPES.find((access) => access === textMember(entry, 'acltype'))
      const allow = member(entry, 'allow')
      if (type !== undefined && typeof allow === 'boolean') context.directory.defaults[type] = allow
    }
    return changed(context)
  }),
  getDefaultACLAccess: (_request, { directory }) => ({
    data: { acls: ACCESS_TYPES.map((acltype) => ({ acltype, allow: directory.defaults[acltype] })) },
  }),
  getDetails: (_request, { directory }) => ({
    data: { clientCount: directory.clients.size, groupCount: directory.groups.size, roleCount: directory.roles.size, changeIndex: directory.changeIndex },
  }),
}

/** Rules of a list that are none are passed over, as the plugin does. */
function changeRules(request: JsonObject, role: Role): void {
  readAcls(role, objectsMember(request, 'acls'), () => {})
  const allowed = member(request, 'allowwildcardsubs')
  if (typeof allowed === 'boolean') role.allowWildcardSubscriptions = allowed
}

/** @throws Refused */
function aclIn(request: JsonObject): readonly [AclType, string] {
  const text = textMember(request, 'acltype')
  if (text === null) throw new Refused('Invalid/missing acltype')
  const type = aclTypeOf(text)
  if (type === null) throw new Refused('Unknown acltype')
  const topic = textMember(request, 'topic')
  if (topic === null) throw new Refused('Invalid/missing topic')
  checkText(topic, 'Topic')
  if (topic === '' || !hasCorrectWildcards(topic)) throw new Refused('Invalid ACL topic')
  return [type, topic]
}

function describeRole(role: Role): JsonObject {
  return { rolename: role.name, ...texts(role), allowwildcardsubs: role.allowWildcardSubscriptions, acls: role.acls.map(aclMembers) }
}

function changed(context: CommandContext): Answer {
  context.changed('anybody')
  return DONE
}
