// Commands about clients: names that may log in, their passwords, roles and groups.
// What they change acts on connected clients at once: whoever is changed is sent away and may come again.

import {
  answering,
  type Command,
  type CommandContext,
  changeTexts,
  checkText,
  clientIn,
  GROUP,
  known,
  linksIn,
  listAnswer,
  nameIn,
  optionalText,
  priorityIn,
  Refused,
  ROLE,
  roleIn,
  USER,
} from './command.ts'
import { Client, type Directory, type Group, giveRole, type Ranked, takeRole } from './directory.ts'
import { rank, roleLink, texts } from './dynsec-file.ts'
import { type JsonObject, member, textMember } from './members.ts'
import { type Answer, DONE } from './request.ts'

export const CLIENT_COMMANDS: Readonly<Record<string, Command>> = {
  createClient: answering(createClient),
  deleteClient: answering((request, context) => {
    const client = clientIn(request, context)
    context.directory.removeClient(client)
    return away(client, context)
  }),
  enableClient: answering((request, context) => {
    clientIn(request, context).isDisabled = false
    context.changed([])
    return DONE
  }),
  disableClient: answering((request, context) => {
    const client = clientIn(request, context)
    client.isDisabled = true
    return away(client, context)
  }),
  modifyClient: answering(modifyClient),
  setClientId: answering((request, context) => {
    nameIn(request, USER)
    const clientId = clientIdIn(request, 'Invalid/missing client ID')
    const client = clientIn(request, context)
    client.clientId = clientId
    return away(client, context)
  }),
  setClientPassword: answering(async (request, context) => {
    const userName = nameIn(request, USER)
    const password = textMember(request, 'password')
    if (password === null) throw new Refused('Invalid/missing password')
    if (password === '') throw new Refused('Empty password is not allowed')
    const client = known(context.directory.clients, userName, USER.missing)
    client.password = await context.hash(password)
    return away(client, context)
  }),
  getClient: answering((request, context) => ({ data: { client: describeClient(clientIn(request, context), context) } })),
  listClients: answering((request, context) => listAnswer(request, 'clients', context.directory.clients, (client) => describeClient(client, context))),
  addClientRole: answering((request, context) => {
    nameIn(request, USER)
    nameIn(request, ROLE)
    const client = clientIn(request, context)
    if (!giveRole(client, roleIn(request, context), priorityIn(request))) throw new Refused('Client is already in this role')
    return away(client, context)
  }),
  removeClientRole: answering((request, context) => {
    nameIn(request, USER)
    nameIn(request, ROLE)
    const client = clientIn(request, context)
    takeRole(client, roleIn(request, context))
    return away(client, context)
  }),
}

async function createClient(request: JsonObject, context: CommandContext): Promise<Answer> {
  const { directory } = context
  const client = new Client(nameIn(request, USER))
  const password = optionalText(request, 'password')
  client.clientId = clientIdIn(request, 'Invalid/missing client id')
  client.textName = optionalText(request, 'textname')
  client.textDescription = optionalText(request, 'textdescription')
  if (directory.clients.has(client.userName)) throw new Refused('Client already exists')
  const roles = linksIn(request, 'roles', ROLE, directory.roles)
  const groups = linksIn(request, 'groups', GROUP, directory.groups)
  if (password !== null && password !== '') client.password = await context.hash(password)
  directory.clients.set(client.userName, client)
  for (const { of, priority } of roles) giveRole(client, of, priority)
  for (const { of, priority } of groups) directory.join(client, of, priority)
  context.changed([client.userName])
  return DONE
}

/** Changes what the request names; nothing, when something of it cannot be. */
async function modifyClient(request: JsonObject, context: CommandContext): Promise<Answer> {
  const { directory } = context
  const client = clientIn(request, context)
  const roles = member(request, 'roles') !== undefined ? linksIn(request, 'roles', ROLE, directory.roles) : null
  const groups = Array.isArray(member(request, 'groups')) ? linksIn(request, 'groups', GROUP, directory.groups) : null
  const clientId = textMember(request, 'clientid')
  if (clientId !== null) checkText(clientId, 'Client ID')
  const password = textMember(request, 'password')
  if (password !== null && password !== '') client.password = await context.hash(password)
  if (clientId !== null) client.clientId = clientId === '' ? null : clientId
  changeTexts(request, client)
  if (roles !== null) {
    client.roles = []
    for (const { of, priority } of roles) giveRole(client, of, priority)
  }
  if (groups !== null) changeGroups(directory, client, groups)
  return away(client, context)
}

function changeGroups(directory: Directory, client: Client, groups: readonly Ranked<Group>[]): void {
  for (const { of } of [...client.groups]) directory.leave(client, of)
  for (const { of, priority } of groups) directory.join(client, of, priority)
}

function describeClient(client: Client, context: CommandContext): JsonObject {
  const addresses = context.addressesOf(client.userName)
  return {
    username: client.userName,
    ...(client.clientId === null ? {} : { clientid: client.clientId }),
    ...texts(client),
    ...(client.isDisabled ? { disabled: true } : {}),
    roles: client.roles.map(roleLink),
    groups: client.groups.map(({ of, priority }) => ({ groupname: of.name, ...rank(priority) })),
    connections: addresses.map((address) => ({ address })),
  }
}

/** Null for none, which an empty one stands for. @throws Refused */
function clientIdIn(request: JsonObject, refused: string): string | null {
  const clientId = optionalText(request, 'clientid', refused)
  if (clientId !== null) checkText(clientId, 'Client ID')
  return clientId === '' ? null : clientId
}

function away(client: Client, context: CommandContext): Answer {
  context.changed([client.userName])
  context.sendAway(client.userName)
  return DONE
}
