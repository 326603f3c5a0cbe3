// dynamic-security.json, as Mosquitto's plugin of 2.0 and 2.1 reads and writes it: to a directory of clients, groups and roles, and back.
// Passwords are written in the form that both read; where the file lies and when it is written is dynamic-security.ts' affair.

import { isUtf8 } from 'node:buffer'
import { hasCorrectWildcards } from '../../wire/mqtt/topics.ts'
import { AccessFileError, shown } from '../access-file.ts'
import { parsePasswordHash } from '../password-hash.ts'
import { ACCESS_TYPES, ACL_TYPES, Acl, type AclType } from './acl.ts'
import { Client, Directory, Group, giveRole, type Ranked, Role, type StoredPassword, UNRANKED } from './directory.ts'
import { integerMember, isObject, isTrue, type JsonObject, member, objectsMember, textMember } from './members.ts'

/** What a file says, and what of it cannot be used, as sentences for the log. */
export interface ReadDirectory {
  readonly directory: Directory
  readonly problems: readonly string[]
}

/** `file` is its name in errors. @throws AccessFileError when it is no such file at all */
export function readDirectory(bytes: Uint8Array, file: string): ReadDirectory {
  const content = parse(bytes)
  if (!isObject(content)) throw new AccessFileError('Error loading Dynamic security plugin config: File is not valid JSON.', file, 0, `See ${file}.`)
  const reader = new Reader(file)
  reader.read(content)
  return reader
}

/** The text of a file that holds this directory. */
export function writeDirectory(directory: Directory): string {
  const { defaults, clients, groups, roles, anonymousGroup, changeIndex } = directory
  const content = {
    defaultACLAccess: Object.fromEntries(ACCESS_TYPES.map((type) => [type, defaults[type]])),
    clients: [...clients.values()].map((client) => ({
      username: client.userName,
      ...(client.clientId === null ? {} : { clientid: client.clientId }),
      ...texts(client),
      ...(client.isDisabled ? { disabled: true } : {}),
      roles: client.roles.map(roleLink),
      ...passwordMembers(client.password),
    })),
    groups: [...groups.values()].map((group) => ({
      groupname: group.name,
      ...texts(group),
      roles: group.roles.map(roleLink),
      clients: [...group.clients].map(([username, priority]) => ({ username, ...rank(priority) })),
    })),
    ...(anonymousGroup === null ? {} : { anonymousGroup: anonymousGroup.name }),
    roles: [...roles.values()].map((role) => ({
      rolename: role.name,
      ...texts(role),
      allowwildcardsubs: role.allowWildcardSubscriptions,
      acls: role.acls.map(aclMembers),
    })),
    changeIndex,
  }
  return `${JSON.stringify(content, null, '\t')}\n`
}

/** A rule as files and answers have it. */
export function aclMembers({ type, topic, priority, allow }: Acl): JsonObject {
  return { acltype: type, topic, priority, allow }
}

/** A role of somebody, as files and answers have it: the usual priority goes without saying. */
export function roleLink({ of, priority }: Ranked<Role>): JsonObject {
  return { rolename: of.name, ...rank(priority) }
}

export function rank(priority: number): { readonly priority?: number } {
  return priority === UNRANKED ? {} : { priority }
}

/** Textual name and description, as far as they are given. */
export function texts({ textName, textDescription }: { readonly textName: string | null; readonly textDescription: string | null }): JsonObject {
  return { ...(textName === null ? {} : { textname: textName }), ...(textDescription === null ? {} : { textdescription: textDescription }) }
}

/** Null when it is none of the kinds of rules. */
export function aclTypeOf(text: string): AclType | null {
  return ACL_TYPES.find((type) => type === text) ?? null
}

export function storedPassword(encoded: string): StoredPassword | null {
  const hash = parsePasswordHash(encoded)
  return hash === null ? null : { hash, encoded }
}

/** Rules of a list, as far as they are rules: what is none is passed over, as the plugin does, and `told`. */
export function readAcls(role: Role, list: readonly JsonObject[], told: (problem: string) => void): void {
  for (const entry of list) {
    const type = aclTypeOf(textMember(entry, 'acltype') ?? '')
    const topic = textMember(entry, 'topic')
    const name = `a rule of role '${shown(role.name)}'`
    if (type === null) told(`${name} has no acltype that is known`)
    else if (topic === null || !hasCorrectWildcards(topic)) told(`${name} has no topic that is valid`)
    else if (!role.add(new Acl(type, topic, integerMember(entry, 'priority', 0), isTrue(entry, 'allow'))))
      told(`${name} is there twice: ${type} ${shown(topic)}`)
  }
}

function passwordMembers(password: StoredPassword | null): JsonObject {
  if (password === null) return {}
  const { hash, encoded } = password
  if (hash.kind !== 'pbkdf2') return { encoded_password: encoded }
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return { password: base64(hash.key), salt: base64(hash.salt), iterations: hash.iterations }
}

function parse(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) return null
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return null
  }
}

class Reader implements ReadDirectory {
  readonly directory = new Directory()
  readonly problems: string[] = []
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  read(content: JsonObject): void {
    const { directory } = this
    for (const entry of objectsMember(content, 'roles')) this.#readRole(entry)
    for (const entry of objectsMember(content, 'clients')) this.#readClient(entry)
    for (const entry of objectsMember(content, 'groups')) this.#readGroup(entry)
    const defaults = member(content, 'defaultACLAccess')
    if (isObject(defaults))
      for (const type of ACCESS_TYPES) {
        const value = member(defaults, type)
        if (typeof value === 'boolean') directory.defaults[type] = value
      }
    const anonymous = textMember(content, 'anonymousGroup')
    if (anonymous !== null) {
      directory.anonymousGroup = directory.groups.get(anonymous) ?? null
      if (directory.anonymousGroup === null) this.#tell(`the anonymous group '${shown(anonymous)}' does not exist`)
    }
    directory.changeIndex = integerMember(content, 'changeIndex', 0)
  }

  #readRole(entry: JsonObject): void {
    const role = this.#named(entry, 'rolename', this.directory.roles, (name) => new Role(name))
    if (role === null) return
    role.allowWildcardSubscriptions = member(entry, 'allowwildcardsubs') !== false
    readAcls(role, objectsMember(entry, 'acls'), (problem) => this.#tell(problem))
  }

  #readClient(entry: JsonObject): void {
    const client = this.#named(entry, 'username', this.directory.clients, (name) => new Client(name))
    if (client === null) return
    client.clientId = textMember(entry, 'clientid')
    client.isDisabled = isTrue(entry, 'disabled')
    client.password = this.#passwordOf(entry, client.userName)
    this.#giveRoles(entry, client, `client '${shown(client.userName)}'`)
  }

  #readGroup(entry: JsonObject): void {
    const { clients, groups } = this.directory
    const group = this.#named(entry, 'groupname', groups, (name) => new Group(name))
    if (group === null) return
    this.#giveRoles(entry, group, `group '${shown(group.name)}'`)
    for (const link of objectsMember(entry, 'clients')) {
      const userName = textMember(link, 'username') ?? ''
      const client = clients.get(userName)
      if (client === undefined) this.#tell(`group '${shown(group.name)}' names client '${shown(userName)}', who does not exist`)
      else this.directory.join(client, group, integerMember(link, 'priority', UNRANKED))
    }
  }

  #giveRoles(entry: JsonObject, holder: Client | Group, whose: string): void {
    for (const link of objectsMember(entry, 'roles')) {
      const name = textMember(link, 'rolename') ?? ''
      const role = this.directory.roles.get(name)
      if (role === undefined) this.#tell(`${whose} has role '${shown(name)}', which does not exist`)
      else giveRole(holder, role, integerMember(link, 'priority', UNRANKED))
    }
  }

  /** Either form; a password that cannot be read lets nobody in. */
  #passwordOf(entry: JsonObject, userName: string): StoredPassword | null {
    const encoded = textMember(entry, 'encoded_password')
    const [key, salt] = [textMember(entry, 'password'), textMember(entry, 'salt')]
    if (encoded === null && key === null) return null
    const password = storedPassword(encoded ?? `$7$${integerMember(entry, 'iterations', 0)}$${salt ?? ''}$${key!}`)
    if (password === null) this.#tell(`the password of client '${shown(userName)}' cannot be read: it cannot log in`)
    return password
  }

  #named<T extends { textName: string | null; textDescription: string | null }>(
    entry: JsonObject,
    key: string,
    known: Map<string, T>,
    make: (name: string) => T,
  ): T | null {
    const name = textMember(entry, key)
    if (name === null || known.has(name)) {
      this.#tell(name === null ? `an entry has no ${key}` : `${key} '${shown(name)}' is there twice: the first one counts`)
      return null
    }
    const made = make(name)
    made.textName = textMember(entry, 'textname')
    made.textDescription = textMember(entry, 'textdescription')
    known.set(name, made)
    return made
  }

  #tell(problem: string): void {
    this.problems.push(`Warning: ${this.#file}: ${problem}.`)
  }
}
