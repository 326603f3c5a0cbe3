// Commands about groups: clients that have roles in common, and the group of those who give no name.
// Whoever joins or leaves a group, or is in one that changes, is sent away and may come again.

import {
  answering,
  type Command,
  type CommandContext,
  changeTexts,
  clientIn,
  GROUP,
  groupIn,
  linksIn,
  listAnswer,
  nameIn,
  optionalText,
  priorityIn,
  Refused,
  ROLE,
  roleIn,
  sendGroupAway,
  USER,
} from './command.ts'
import { type Client, Group, giveRole, type Ranked, sortedNames, takeRole } from './directory.ts'
import { roleLink, texts } from './dynsec-file.ts'
import { type JsonObject, member } from './members.ts'
import { type Answer, DONE } from './request.ts'

export const GROUP_COMMANDS: Readonly<Record<string, Command>> = {
  createGroup: answering(createGroup),
  deleteGroup: answering((request, context) => {
    const group = groupIn(request, context)
    if (context.directory.anonymousGroup === group) throw new Refused('Deleting the anonymous group is forbidden')
    sendGroupAway(group, context)
    context.directory.removeGroup(group)
    return changed(context)
  }),
  modifyGroup: answering(modifyGroup),
  getGroup: answering((request, context) => ({ data: { group: describeGroup(groupIn(request, context)) } })),
  listGroups: answering((request, { directory }) => listAnswer(request, 'groups', directory.groups, describeGroup)),
  addGroupRole: answering((request, context) => {
    nameIn(request, GROUP)
    nameIn(request, ROLE)
    const group = groupIn(request, context)
    if (!giveRole(group, roleIn(request, context), priorityIn(request))) throw new Refused('Group is already in this role')
    sendGroupAway(group, context)
    return changed(context)
  }),
  removeGroupRole: answering((request, context) => {
    nameIn(request, GROUP)
    nameIn(request, ROLE)
    const group = groupIn(request, context)
    takeRole(group, roleIn(request, context))
    sendGroupAway(group, context)
    return changed(context)
  }),
  addGroupClient: answering((request, context) => {
    nameIn(request, USER)
    nameIn(request, GROUP)
    const client = clientIn(request, context)
    if (!context.directory.join(client, groupIn(request, context), priorityIn(request))) throw new Refused('Client is already in this group')
    context.sendAway(client.userName)
    return changed(context)
  }),
  removeGroupClient: answering((request, context) => {
    nameIn(request, USER)
    nameIn(request, GROUP)
    const client = clientIn(request, context)
    context.directory.leave(client, groupIn(request, context))
    context.sendAway(client.userName)
    return changed(context)
  }),
  setAnonymousGroup: answering((request, context) => {
    context.directory.anonymousGroup = groupIn(request, context)
    context.sendAway(null)
    return changed(context)
  }),
  getAnonymousGroup: (_request, { directory }) => ({ data: { group: { groupname: directory.anonymousGroup?.name ?? '' } } }),
}

function createGroup(request: JsonObject, context: CommandContext): Answer {
  const { directory } = context
  const group = new Group(nameIn(request, GROUP))
  group.textName = optionalText(request, 'textname')
  group.textDescription = optionalText(request, 'textdescription')
  if (directory.groups.has(group.name)) throw new Refused('Group already exists')
  const roles = linksIn(request, 'roles', ROLE, directory.roles)
  const clients = linksIn(request, 'clients', USER, directory.clients)
  directory.groups.set(group.name, group)
  for (const { of, priority } of roles) giveRole(group, of, priority)
  changeClients(context, group, clients)
  context.changed(clients.map(({ of }) => of.userName))
  return DONE
}

/** Changes what the request names; nothing, when something of it does not exist. */
function modifyGroup(request: JsonObject, context: CommandContext): Answer {
  const { directory } = context
  const group = groupIn(request, context)
  const roles = member(request, 'roles') !== undefined ? linksIn(request, 'roles', ROLE, directory.roles) : null
  const clients = Array.isArray(member(request, 'clients')) ? linksIn(request, 'clients', USER, directory.clients) : null
  changeTexts(request, group)
  if (roles !== null) {
    group.roles = []
    for (const { of, priority } of roles) giveRole(group, of, priority)
  }
  if (clients !== null) changeClients(context, group, clients)
  sendGroupAway(group, context)
  return changed(context)
}

function changeClients({ directory, sendAway }: CommandContext, group: Group, clients: readonly Ranked<Client>[]): void {
  for (const userName of [...group.clients.keys()]) {
    directory.leave(directory.clients.get(userName)!, group)
    sendAway(userName)
  }
  for (const { of, priority } of clients) {
    directory.join(of, group, priority)
    sendAway(of.userName)
  }
}

function describeGroup(group: Group): JsonObject {
  const clients = sortedNames(group.clients.keys()).map((username) => ({ username }))
  return { groupname: group.name, ...texts(group), clients, roles: group.roles.map(roleLink) }
}

function changed(context: CommandContext): Answer {
  context.changed('anybody')
  return DONE
}
