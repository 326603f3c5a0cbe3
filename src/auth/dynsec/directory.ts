// Clients, groups and roles, and how they belong together: what a file of dynamic security holds, as objects.
// Reading and writing it is dynsec-file.ts, changing it the commands', deciding by it decide.ts.

import type { PasswordHash } from '../password-hash.ts'
import { ACL_TYPES, type AccessType, type Acl, type AclType } from './acl.ts'

/** The priority that goes without saying. */
export const UNRANKED = -1

/** A member of a list in which higher priorities come first, and equal ones by their names. */
export interface Ranked<T> {
  readonly of: T
  readonly priority: number
}

export interface StoredPassword {
  readonly hash: PasswordHash
  /** As a password file has it. */
  readonly encoded: string
}

export class Role {
  readonly name: string
  textName: string | null = null
  textDescription: string | null = null
  /** False: whoever has this role may not subscribe with wildcards, whatever other roles say after it. */
  allowWildcardSubscriptions = true
  readonly #acls = new Map<AclType, Acl[]>()

  constructor(name: string) {
    this.name = name
  }

  /** By priority. */
  aclsOf(type: AclType): readonly Acl[] {
    return this.#acls.get(type) ?? []
  }

  get acls(): readonly Acl[] {
    return ACL_TYPES.flatMap((type) => this.aclsOf(type))
  }

  /** False when there is one for this topic. */
  add(acl: Acl): boolean {
    const list = this.#acls.get(acl.type) ?? []
    if (list.some(({ topic }) => topic === acl.topic)) return false
    insert(list, acl)
    this.#acls.set(acl.type, list)
    return true
  }

  /** False when there is none. */
  remove(type: AclType, topic: string): boolean {
    const list = this.#acls.get(type) ?? []
    const at = list.findIndex((acl) => acl.topic === topic)
    if (at < 0) return false
    list.splice(at, 1)
    return true
  }

  clear(): void {
    this.#acls.clear()
  }
}

export class Group {
  readonly name: string
  textName: string | null = null
  textDescription: string | null = null
  roles: Ranked<Role>[] = []
  /** User name → the priority of this group for that client. */
  readonly clients: Map<string, number> = new Map()

  constructor(name: string) {
    this.name = name
  }
}

export class Client {
  readonly userName: string
  /** The only Client Identifier it may use; null = any. */
  clientId: string | null = null
  textName: string | null = null
  textDescription: string | null = null
  /** Null = it cannot log in. */
  password: StoredPassword | null = null
  isDisabled = false
  roles: Ranked<Role>[] = []
  groups: Ranked<Group>[] = []

  constructor(userName: string) {
    this.userName = userName
  }
}

export class Directory {
  readonly clients: Map<string, Client> = new Map()
  readonly groups: Map<string, Group> = new Map()
  readonly roles: Map<string, Role> = new Map()
  /** What holds where no role says anything. */
  readonly defaults: Record<AccessType, boolean> = { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true }
  /** Whose roles clients without a user name have. */
  anonymousGroup: Group | null = null
  /** Rises with every change, over restarts. */
  changeIndex = 0

  removeClient(client: Client): void {
    for (const { of } of client.groups) of.clients.delete(client.userName)
    this.clients.delete(client.userName)
  }

  removeGroup(group: Group): void {
    for (const userName of group.clients.keys()) without(this.clients.get(userName)!.groups, group)
    if (this.anonymousGroup === group) this.anonymousGroup = null
    this.groups.delete(group.name)
  }

  removeRole(role: Role): void {
    for (const holder of [...this.clients.values(), ...this.groups.values()]) without(holder.roles, role)
    this.roles.delete(role.name)
  }

  /** False when the client is in the group already. */
  join(client: Client, group: Group, priority: number): boolean {
    if (group.clients.has(client.userName)) return false
    group.clients.set(client.userName, priority)
    rankIn(client.groups, { of: group, priority })
    return true
  }

  leave(client: Client, group: Group): void {
    group.clients.delete(client.userName)
    without(client.groups, group)
  }
}

/** False when the holder has the role already. */
export function giveRole(holder: { readonly roles: Ranked<Role>[] }, role: Role, priority: number): boolean {
  if (holder.roles.some(({ of }) => of === role)) return false
  rankIn(holder.roles, { of: role, priority })
  return true
}

export function takeRole(holder: { readonly roles: Ranked<Role>[] }, role: Role): void {
  without(holder.roles, role)
}

/** Names in the order of their bytes. */
export function sortedNames(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** Rules of equal priority stay in the order in which they came. */
function insert(list: Acl[], acl: Acl): void {
  const at = list.findIndex(({ priority }) => priority < acl.priority)
  list.splice(at < 0 ? list.length : at, 0, acl)
}

function rankIn<T extends { readonly name: string }>(list: Ranked<T>[], item: Ranked<T>): void {
  const name = Buffer.from(item.of.name)
  const at = list.findIndex(({ of, priority }) => priority < item.priority || (priority === item.priority && Buffer.compare(Buffer.from(of.name), name) > 0))
  list.splice(at < 0 ? list.length : at, 0, item)
}

function without<T>(list: Ranked<T>[], item: T): void {
  const at = list.findIndex(({ of }) => of === item)
  if (at >= 0) list.splice(at, 1)
}
