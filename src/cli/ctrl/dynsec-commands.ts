// `ctrl dynsec`: the commands of mosquitto_ctrl that go to a broker, as rows in the order of the help.
// Those that work on files are in dynsec-files.ts.

import { ACCESS_TYPES, ACL_TYPES } from '../../auth/dynsec/acl.ts'
import { type AskPassword, type ControlCommand, GIVEN_UP, number, permission, type Request, type RequestFields } from './control-command.ts'
import { anonymousGroupLine, clientLines, defaultAccessLines, detailLines, groupLines, names, roleLines } from './dynsec-output.ts'

const ACCESS = 'allow|deny'

/** Words that are the members of these names; a priority may follow. */
function fields(...keys: readonly string[]): ControlCommand['request'] {
  return (words) =>
    Object.fromEntries(
      keys.slice(0, words.length).map((key, i) => [key, key === 'priority' || key === 'count' || key === 'offset' ? number(words[i]!) : words[i]!]),
    )
}

function command(name: string, usage: string, help: string, request: ControlCommand['request'], show?: ControlCommand['show']): ControlCommand {
  const words = usage.split(' ').filter((word) => word !== '')
  const least = words.filter((word) => !word.startsWith('[')).length
  return { name, usage, help, words: [least, words.length], request, ...(show === undefined ? {} : { show }) }
}

export const DYNSEC_COMMANDS: readonly ControlCommand[] = [
  command('getDetails', '', 'how many clients, groups and roles there are', fields(), detailLines),
  command('getDefaultACLAccess', '', 'what holds where no role says anything', fields(), defaultAccessLines),
  command('setDefaultACLAccess', `TYPE ${ACCESS}`, 'change it: publishClientSend, publishClientReceive, subscribe or unsubscribe', defaultAccess),
  command('getAnonymousGroup', '', 'the group of clients without a user name', fields(), anonymousGroupLine),
  command('setAnonymousGroup', 'GROUP', 'choose it', fields('groupname')),

  { ...command('createClient', 'USER [-c CLIENTID] [-p PASSWORD]', 'a new client; asks for its password without -p', newClient), words: [1, 5] },
  command('deleteClient', 'USER', 'delete a client, and end its connections', fields('username')),
  command('setClientPassword', 'USER [PASSWORD]', 'a new password; asks for it when it is left out', newPassword),
  command('setClientId', 'USER [CLIENTID]', 'the only Client Identifier it may use; any, when it is left out', fields('username', 'clientid')),
  command('enableClient', 'USER', 'let it log in again', fields('username')),
  command('disableClient', 'USER', 'let it log in no more', fields('username')),
  command('getClient', 'USER', 'what is known of a client', fields('username'), clientLines),
  command('listClients', '[COUNT] [OFFSET]', 'the names of all clients', fields('count', 'offset'), names('clients')),
  command('addClientRole', 'USER ROLE [PRIORITY]', 'give a client a role; higher priorities are asked first', fields('username', 'rolename', 'priority')),
  command('removeClientRole', 'USER ROLE', 'take it away', fields('username', 'rolename')),

  command('createGroup', 'GROUP', 'a new group', fields('groupname')),
  command('deleteGroup', 'GROUP', 'delete a group; its clients stay', fields('groupname')),
  command('getGroup', 'GROUP', 'what is known of a group', fields('groupname'), groupLines),
  command('listGroups', '[COUNT] [OFFSET]', 'the names of all groups', fields('count', 'offset'), names('groups')),
  command('addGroupClient', 'GROUP USER [PRIORITY]', 'put a client into a group', fields('groupname', 'username', 'priority')),
  command('removeGroupClient', 'GROUP USER', 'take it out', fields('groupname', 'username')),
  command('addGroupRole', 'GROUP ROLE [PRIORITY]', 'give all clients of a group a role', fields('groupname', 'rolename', 'priority')),
  command('removeGroupRole', 'GROUP ROLE', 'take it away', fields('groupname', 'rolename')),

  command('createRole', 'ROLE', 'a new role', fields('rolename')),
  command('deleteRole', 'ROLE', 'delete a role', fields('rolename')),
  command('getRole', 'ROLE', 'the rules of a role', fields('rolename'), roleLines),
  command('listRoles', '[COUNT] [OFFSET]', 'the names of all roles', fields('count', 'offset'), names('roles')),
  command('addRoleACL', `ROLE ACLTYPE TOPIC ${ACCESS} [PRIORITY]`, 'a new rule; higher priorities are asked first', newRule),
  command('removeRoleACL', 'ROLE ACLTYPE TOPIC', 'take it away', (words) => {
    const [rolename, acltype, topic] = words
    return isAclType(acltype!) ? { rolename, acltype, topic } : null
  }),
]

/** ACLTYPE of the help. */
export const ACL_TYPES_TEXT: string = ACL_TYPES.join(', ')

function defaultAccess([acltype, access]: readonly string[]): RequestFields | string | null {
  const allow = permission(access!)
  if (allow === null) return 'access must be "allow" or "deny".'
  return ACCESS_TYPES.some((type) => type === acltype) ? { acls: [{ acltype, allow }] } : null
}

function newRule([rolename, acltype, topic, access, priority]: readonly string[]): RequestFields | null {
  const allow = permission(access!)
  if (allow === null || !isAclType(acltype!)) return null
  return { rolename, acltype, topic, allow, ...(priority === undefined ? {} : { priority: number(priority) }) }
}

async function newClient([username, ...rest]: readonly string[], ask: AskPassword): Promise<Request> {
  let clientid: string | undefined
  let password: string | undefined
  for (let at = 0; at < rest.length; at += 2) {
    const [flag, value] = [rest[at], rest[at + 1]]
    if (flag === '-p' && value === undefined) return '-p argument given, but no password provided.'
    if ((flag === '-c' || flag === '-i') && value === undefined) return `${flag} argument given, but no clientid provided.`
    if (flag === '-p') password = value!
    else if (flag === '-c' || flag === '-i') clientid = value!
    else return null
  }
  const asked = password ?? (await ask(username!, 'Press return for no password (user will be unable to login).'))
  if (asked === null) return GIVEN_UP
  return { username, ...(clientid === undefined ? {} : { clientid }), ...(asked === '' ? {} : { password: asked }) }
}

async function newPassword([username, password]: readonly string[], ask: AskPassword): Promise<Request> {
  const asked = password ?? (await ask(username!, ''))
  if (asked === null) return GIVEN_UP
  return asked === '' ? 'no password was set.' : { username, password: asked }
}

function isAclType(word: string): boolean {
  return ACL_TYPES.some((type) => type === word)
}
