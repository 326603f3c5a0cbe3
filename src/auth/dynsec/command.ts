// What the commands of dynamic security have in common: what they may do beside answering, and how they read names, lists and links.
// The commands themselves are in client-commands.ts, group-commands.ts and role-commands.ts.

import { isText } from '../../wire/text.ts'
import { type Client, type Directory, type Group, type Ranked, type Role, type StoredPassword, sortedNames, UNRANKED } from './directory.ts'
import { integerMember, isObject, isTrue, type JsonObject, member, objectsMember, textMember } from './members.ts'
import { type Answer, refusal } from './request.ts'

export interface CommandContext {
  readonly directory: Directory
  hash(password: string): Promise<StoredPassword>
  /** Addresses of the clients that are connected under this name. */
  addressesOf(userName: string): readonly string[]
  /** Something has changed: remembered permissions are void, and the file is written. Rights may have been taken from these users, or from anybody. */
  changed(users: readonly string[] | 'anybody'): void
  /** The connections of this user end once the answer is on its way; null = those without a name. */
  sendAway(userName: string | null): void
}

export type Command = (request: JsonObject, context: CommandContext) => Answer | Promise<Answer>

/** A name that must be there, and the words for it in refusals. */
export const USER = { key: 'username', called: 'Username', missing: 'Client not found' } as const
export const GROUP = { key: 'groupname', called: 'Group name', missing: 'Group not found' } as const
export const ROLE = { key: 'rolename', called: 'Role name', missing: 'Role not found' } as const
type Name = typeof USER | typeof GROUP | typeof ROLE

/** Ends a command with a refusal: `Refused.catch` turns it into the answer. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** The command, where what is thrown as Refused is its answer. */
export function answering(command: Command): Command {
  return async (request, context) => {
    try {
      return await command(request, context)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return refusal(error.message)
    }
  }
}

/** @throws Refused when it is missing, or has characters that no name may have */
export function nameIn(request: JsonObject, { key, called }: Name): string {
  const name = textMember(request, key)
  if (name === null) throw new Refused(`Invalid/missing ${key}`)
  checkText(name, called)
  return name
}

/** As Mosquitto, that takes neither control characters nor code points that are no characters. @throws Refused */
export function checkText(text: string, called: string): void {
  if (!isText(text) || /[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text)) throw new Refused(`${called} not valid UTF-8`)
}

/** What a map has under a name; `missing` unless the usual words. @throws Refused when it has nothing */
export function known<T>(map: ReadonlyMap<string, T>, name: string, missing: string): T {
  const found = map.get(name)
  if (found === undefined) throw new Refused(missing)
  return found
}

export function clientIn(request: JsonObject, { directory }: CommandContext): Client {
  return known(directory.clients, nameIn(request, USER), USER.missing)
}

export function groupIn(request: JsonObject, { directory }: CommandContext): Group {
  return known(directory.groups, nameIn(request, GROUP), GROUP.missing)
}

export function roleIn(request: JsonObject, { directory }: CommandContext): Role {
  return known(directory.roles, nameIn(request, ROLE), ROLE.missing)
}

/** A text that may be absent; null then. @throws Refused when it is there and no text */
export function optionalText(request: JsonObject, key: string, refused: string = `Invalid/missing ${key}`): string | null {
  const value = member(request, key)
  if (value !== undefined && typeof value !== 'string') throw new Refused(refused)
  return value ?? null
}

export function priorityIn(request: JsonObject): number {
  return integerMember(request, 'priority', UNRANKED)
}

/** Roles, groups or clients that a request lists with priorities. As with the plugin, only roles must be a list of such. @throws Refused when one does not exist */
export function linksIn<T>(request: JsonObject, key: string, { key: nameKey, missing }: Name, all: ReadonlyMap<string, T>): Ranked<T>[] {
  const list = member(request, key)
  const isList = Array.isArray(list) && list.every((link) => isObject(link) && textMember(link, nameKey) !== null)
  if (key === 'roles' && list !== undefined && !isList) throw new Refused(`'${key}' not an array or missing/invalid ${nameKey}`)
  const links = objectsMember(request, key).map((link) => ({ of: known(all, textMember(link, nameKey) ?? '', missing), priority: priorityIn(link) }))
  return links.filter(({ of }, i) => links.findIndex((link) => link.of === of) === i)
}

/** The clients of a group have other rights now: their connections end. */
export function sendGroupAway(group: Group, { directory, sendAway }: CommandContext): void {
  for (const userName of group.clients.keys()) sendAway(userName)
  if (directory.anonymousGroup === group) sendAway(null)
}

/** Those who have a role, by themselves or by a group: their connections end. */
export function sendHoldersAway(role: Role, context: CommandContext): void {
  const has = ({ roles }: Client | Group): boolean => roles.some(({ of }) => of === role)
  for (const client of context.directory.clients.values()) if (has(client)) context.sendAway(client.userName)
  for (const group of context.directory.groups.values()) if (has(group)) sendGroupAway(group, context)
}

/** New texts, as far as the request has some. */
export function changeTexts(request: JsonObject, target: { textName: string | null; textDescription: string | null }): void {
  target.textName = textMember(request, 'textname') ?? target.textName
  target.textDescription = textMember(request, 'textdescription') ?? target.textDescription
}

/** The answer of a list: names, or with `verbose` what `describe` says of each. */
export function listAnswer<T>(request: JsonObject, key: string, all: ReadonlyMap<string, T>, describe: (item: T) => JsonObject): Answer {
  const count = integerMember(request, 'count', -1)
  const offset = Math.max(0, integerMember(request, 'offset', 0))
  const names = sortedNames(all.keys()).slice(offset, count > 0 ? offset + count : undefined)
  return { data: { totalCount: all.size, [key]: isTrue(request, 'verbose') ? names.map((name) => describe(all.get(name)!)) : names } }
}
