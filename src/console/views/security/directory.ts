// Users, groups, roles and defaults of dynamic security as its commands tell them, and the commands that change them.
// Pure but for `loadDirectory` and `runCommands`, which ask the admin API.

import type { DynsecAnswer } from '../../../server/admin/api-types.ts'
import { tellAdmin } from '../../state/admin-api.ts'

export type Kind = 'users' | 'groups' | 'roles'

export const ACL_TYPES = [
  'publishClientSend',
  'publishClientReceive',
  'subscribeLiteral',
  'subscribePattern',
  'unsubscribeLiteral',
  'unsubscribePattern',
] as const
export type AclType = (typeof ACL_TYPES)[number]

/** In what the default of a listener is told. */
export const DEFAULT_TYPES = ['publishClientSend', 'publishClientReceive', 'subscribe', 'unsubscribe'] as const

export interface RoleLink {
  readonly rolename: string
  /** Absent = -1. */
  readonly priority?: number
}

export interface User {
  readonly username: string
  readonly clientid?: string
  readonly textname?: string
  readonly disabled?: boolean
  readonly roles: readonly RoleLink[]
  readonly groups: readonly { readonly groupname: string }[]
  readonly connections?: readonly { readonly address: string }[]
}

export interface Group {
  readonly groupname: string
  readonly textname?: string
  readonly roles: readonly RoleLink[]
  readonly clients: readonly { readonly username: string }[]
}

export interface Rule {
  readonly acltype: AclType
  readonly topic: string
  readonly priority?: number
  readonly allow: boolean
}

export interface Role {
  readonly rolename: string
  readonly textname?: string
  readonly allowwildcardsubs?: boolean
  readonly acls: readonly Rule[]
}

export interface Directory {
  readonly users: readonly User[]
  readonly groups: readonly Group[]
  readonly roles: readonly Role[]
  readonly defaults: readonly { readonly acltype: (typeof DEFAULT_TYPES)[number]; readonly allow: boolean }[]
  /** Of clients without a name; '' = they have none. */
  readonly anonymousGroup: string
}

export type Command = { readonly command: string } & Readonly<Record<string, unknown>>

const ALL: readonly Command[] = [
  { command: 'listClients', verbose: true },
  { command: 'listGroups', verbose: true },
  { command: 'listRoles', verbose: true },
  { command: 'getDefaultACLAccess' },
  { command: 'getAnonymousGroup' },
]

/** The whole of it. @throws AdminError */
export async function loadDirectory(base: string): Promise<Directory> {
  const { responses } = await tellAdmin<DynsecAnswer>(base, 'dynsec', { commands: ALL })
  return directoryOf(responses.map(({ data }) => data))
}

/** What the five answers hold. */
export function directoryOf(answers: readonly (Readonly<Record<string, unknown>> | null)[]): Directory {
  const [users, groups, roles, defaults, anonymous] = answers
  return {
    users: (users?.['clients'] ?? []) as readonly User[],
    groups: (groups?.['groups'] ?? []) as readonly Group[],
    roles: (roles?.['roles'] ?? []) as readonly Role[],
    defaults: (defaults?.['acls'] ?? []) as Directory['defaults'],
    anonymousGroup: ((anonymous?.['group'] ?? { groupname: '' }) as { groupname: string }).groupname,
  }
}

/** The first refusal, in the broker's words; null = all was done. @throws AdminError */
export async function runCommands(base: string, commands: readonly Command[]): Promise<string | null> {
  const { responses } = await tellAdmin<DynsecAnswer>(base, 'dynsec', { commands })
  return responses.find(({ error }) => error !== null)?.error ?? null
}

const CREATE = { users: ['createClient', 'username'], groups: ['createGroup', 'groupname'], roles: ['createRole', 'rolename'] } as const
const DELETE = { users: 'deleteClient', groups: 'deleteGroup', roles: 'deleteRole' } as const

export function creating(kind: Kind, name: string): Command {
  const [command, key] = CREATE[kind]
  return { command, [key]: name }
}

export function deleting(kind: Kind, name: string): Command {
  return { command: DELETE[kind], [CREATE[kind][1]]: name }
}

/** Names in which every word stands, in the order in which they come. */
export function namesOf(directory: Directory, kind: Kind, find: string): string[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  const all =
    kind === 'users'
      ? directory.users.map(({ username }) => username)
      : kind === 'groups'
        ? directory.groups.map(({ groupname }) => groupname)
        : directory.roles.map(({ rolename }) => rolename)
  return all.filter((name) => words.every((word) => name.toLowerCase().includes(word)))
}
