// The commands of the shell's modes: how their words are written, which request they become, how the answer is shown.
// As on the command line but for createClient, addRoleACL and the modify commands; those of the shell itself are shell.ts'.

import { ACCESS_TYPES, ACL_TYPES } from '../../auth/dynsec/acl.ts'
import type { JsonObject } from '../../auth/dynsec/members.ts'
import { GIVEN_UP, number, permission, type RequestFields } from './control-command.ts'
import * as show from './shell-output.ts'

/** Asks twice for a password; gives up when the answers differ or there is none. */
export type AskTwice = () => Promise<string | typeof GIVEN_UP>

export interface ShellCommand {
  readonly name: string
  /** What may follow the name: `<word>` must, `[word]` may, `a|b` is one of these; the last `<…>` of some takes the rest of the line. */
  readonly usages: readonly string[]
  readonly help: string
  /** Null = these words cannot be used. A text says why. */
  readonly request: (words: readonly string[], line: string, ask: AskTwice) => RequestFields | string | null | Promise<RequestFields | typeof GIVEN_UP>
  /** The lines of an answer, null when it is not understood; without it `OK` is shown. */
  readonly show?: (data: JsonObject) => readonly string[] | null
}

const NUMBERS: ReadonlySet<string> = new Set(['priority', 'count', 'offset'])
const ACCESS = 'allow|deny'

/** A command whose words are the members of its request. */
function plain(name: string, usage: string, help: string, shown?: ShellCommand['show']): ShellCommand {
  const words = usage.split(' ').filter((word) => word !== '')
  const least = words.filter((word) => word.startsWith('<')).length
  const keys = words.map((word) => word.replace(/\W/g, ''))
  const request: ShellCommand['request'] = (given) => {
    if (given.length < least || given.length > keys.length) return null
    return Object.fromEntries(given.map((word, i) => [keys[i]!, NUMBERS.has(keys[i]!) ? number(word) : word]))
  }
  return { name, usages: [usage], help, request, ...(shown === undefined ? {} : { show: shown }) }
}

/** textName and textDescription of a client, group or role: the rest of the line. */
function modify(name: string, key: string, more: readonly string[] = []): ShellCommand {
  return {
    name,
    usages: [`<${key}> textName <text>`, `<${key}> textDescription <text>`, ...more],
    help: 'Changes the texts that tell people what it is.',
    request: ([of, what, value], line) => {
      if (of === undefined || what === undefined || value === undefined) return null
      if (what === 'textName' || what === 'textDescription') return { [key]: of, [what]: restOf(line, 3) }
      if (more.length === 0 || what !== 'allowWildcardSubs' || (value !== 'true' && value !== 'false')) return null
      return { [key]: of, allowwildcardsubs: value === 'true' }
    },
  }
}

export const SHELL_DYNSEC: readonly ShellCommand[] = [
  plain('addClientRole', '<username> <rolename> [priority]', 'Gives a client a role; higher priorities are asked first.'),
  plain('addGroupClient', '<groupname> <username> [priority]', 'Puts a client into a group.'),
  plain('addGroupRole', '<groupname> <rolename> [priority]', 'Gives all clients of a group a role.'),
  {
    name: 'addRoleACL',
    usages: ACL_TYPES.map((type) => `<rolename> ${type} ${ACCESS} [priority] <topic>`),
    help: 'Adds a rule to a role; of its rules those with higher priorities are asked first, and the first that fits decides.',
    request: addRule,
  },
  {
    name: 'createClient',
    usages: ['<username> [password [clientid]]'],
    help: 'Makes a client; asks for its password when none is given.',
    request: createClient,
  },
  plain('createGroup', '<groupname>', 'Makes a group.'),
  plain('createRole', '<rolename>', 'Makes a role.'),
  plain('deleteClient', '<username>', 'Deletes a client, and ends its connections.'),
  plain('deleteGroup', '<groupname>', 'Deletes a group; its clients stay.'),
  plain('deleteRole', '<rolename>', 'Deletes a role.'),
  plain('disableClient', '<username>', 'Lets a client log in no more, and ends its connections.'),
  plain('enableClient', '<username>', 'Lets a client log in again.'),
  plain('getAnonymousGroup', '', 'Shows the group of clients without a user name.', show.anonymousGroup),
  plain('getClient', '<username>', 'Shows a client with its roles and groups.', show.client),
  plain('getDefaultACLAccess', '', 'Shows what holds where no rule says anything.', show.defaultAccess),
  plain('getDetails', '', 'Shows how many clients, groups and roles there are.', show.details),
  plain('getGroup', '<groupname>', 'Shows a group with its roles and clients.', show.group),
  plain('getRole', '<rolename>', 'Shows the rules of a role.', show.role),
  plain('listClients', '[count [offset]]', 'Shows the names of all clients, or of some.', show.names('clients')),
  plain('listGroups', '[count [offset]]', 'Shows the names of all groups, or of some.', show.names('groups')),
  plain('listRoles', '[count [offset]]', 'Shows the names of all roles, or of some.', show.names('roles')),
  modify('modifyClient', 'username'),
  modify('modifyGroup', 'groupname'),
  modify('modifyRole', 'rolename', ['<rolename> allowWildcardSubs true|false']),
  plain('removeClientRole', '<username> <rolename>', 'Takes a role away from a client.'),
  plain('removeGroupClient', '<groupname> <username>', 'Takes a client out of a group.'),
  plain('removeGroupRole', '<groupname> <rolename>', 'Takes a role away from a group.'),
  {
    name: 'removeRoleACL',
    usages: ACL_TYPES.map((type) => `<rolename> ${type} <topic>`),
    help: 'Takes a rule away from a role.',
    request: ([rolename, acltype, topic], line) => {
      if (rolename === undefined || acltype === undefined || topic === undefined) return null
      return isAclType(acltype) ? { rolename, acltype, topic: restOf(line, 3) } : `Invalid acltype '${acltype}'`
    },
  },
  plain('setAnonymousGroup', '<groupname>', 'Chooses the group of clients without a user name.'),
  plain('setClientId', '<username> [clientid]', 'Says which Client Identifier a client must use; any, when it is left out.'),
  {
    name: 'setClientPassword',
    usages: ['<username> [password]'],
    help: 'Sets a password; asks for it when it is left out.',
    request: ([username, given, ...more], _line, ask) =>
      username === undefined || more.length > 0 ? null : given === undefined ? withPassword({ username }, ask) : { username, password: given },
  },
  {
    name: 'setDefaultACLAccess',
    usages: ACCESS_TYPES.map((type) => `${type} ${ACCESS}`),
    help: 'Says what holds where no rule says anything.',
    request: ([acltype = '', access = '', ...more]) => {
      const allow = permission(access)
      return allow === null || more.length > 0 || !ACCESS_TYPES.some((type) => type === acltype) ? null : { acls: [{ acltype, allow }] }
    },
  },
]

export const SHELL_BROKER: readonly ShellCommand[] = [
  plain('listListeners', '', 'Shows where the broker listens.', show.listeners),
  plain('listPlugins', '', 'Shows the plugins that are in force.', show.plugins),
]

/** How the command is written, in one line: what is shown when its words cannot be used. */
export function shortUsage({ name, usages }: ShellCommand): string {
  const words = usages.map((usage) => usage.split(' '))
  const line = words[0]!.map((_, i) => {
    const choices = [...new Set(words.map((other) => other[i]!))]
    return choices.length > 1 && choices.every(isType) ? 'acltype' : choices.join('|')
  })
  return `${name} ${line.join(' ').replace(/[<>]/g, '')}`.trimEnd()
}

function isType(word: string): boolean {
  return isAclType(word) || ACCESS_TYPES.some((type) => type === word)
}

function isAclType(word: string): boolean {
  return ACL_TYPES.some((type) => type === word)
}

/** The line after so many words: topics and texts may hold spaces. */
function restOf(line: string, words: number): string {
  return line.trim().replace(new RegExp(`^(?:\\S+\\s+){${words}}`), '')
}

/** `<rolename> <acltype> allow|deny [priority] <topic>`; a topic that is a number needs a priority before it. */
function addRule([rolename, acltype, access, ...rest]: readonly string[], line: string): RequestFields | string | null {
  if (rolename === undefined || acltype === undefined || access === undefined || rest.length === 0) return null
  if (!isAclType(acltype)) return `Invalid acltype '${acltype}'`
  const allow = permission(access)
  if (allow === null) return null
  const hasPriority = rest.length > 1 && /^-?\d+$/.test(rest[0]!)
  return { rolename, acltype, topic: restOf(line, hasPriority ? 5 : 4), allow, ...(hasPriority ? { priority: number(rest[0]!) } : {}) }
}

function createClient([username, password, clientid, ...more]: readonly string[], _line: string, ask: AskTwice): ReturnType<ShellCommand['request']> {
  if (username === undefined || more.length > 0) return null
  if (password === undefined) return withPassword({ username }, ask)
  return { username, password, ...(clientid === undefined ? {} : { clientid }) }
}

async function withPassword(fields: RequestFields, ask: AskTwice): Promise<RequestFields | typeof GIVEN_UP> {
  const password = await ask()
  return password === GIVEN_UP ? GIVEN_UP : { ...fields, password }
}
