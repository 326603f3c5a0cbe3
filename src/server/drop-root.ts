// Gives up root for good before sockets are opened, as Mosquitto 2 does: `user` of the configuration, else mosquitto, else nobody.
// Files of the configuration are read and log and pid files opened before; what is read at a reload must be readable for that user.

import { chownSync, readFileSync } from 'node:fs'

const USUAL = 'mosquitto'
const FALLBACK = 'nobody'

/** A user of this system. */
export interface SystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** There is no user to become. */
export class UserError extends Error {
  override readonly name = 'UserError'
}

/**
 * Who to become, by the option `user`: null = stay who we are, because we are not root or it says `root`.
 * `warning` is set when the usual user is missing.
 * @throws UserError when the configured user does not exist
 */
export function userToBecome(name: string, passwd: () => string = readPasswd): { readonly user: SystemUser; readonly warning: string | null } | null {
  if (process.geteuid?.() !== 0) return null
  if (name === 'root') return null
  const users = usersOf(passwd())
  const user = users.get(name)
  if (user !== undefined) return { user, warning: null }
  const missing = `Unable to drop privileges to '${name}' because this user does not exist.`
  const fallback = users.get(FALLBACK)
  if (name !== USUAL || fallback === undefined) throw new UserError(`${missing} Create it, or name another one with the 'user' option.`)
  return { user: fallback, warning: `Warning: ${missing} Trying '${FALLBACK}' instead.` }
}

/** Becomes `user`, with its groups; there is no way back. */
export function become(user: SystemUser): void {
  const { initgroups } = process as unknown as { initgroups(user: string, extraGroup: number): void } // missing in Node's types
  initgroups(user.name, user.gid)
  process.setgid!(user.gid)
  process.setuid!(user.uid)
}

/** Lets `user` write on in a file that root has opened. */
export function handOver(path: string, user: SystemUser): void {
  chownSync(path, user.uid, user.gid)
}

function readPasswd(): string {
  return readFileSync('/etc/passwd', 'utf8')
}

/** passwd(5): name:password:uid:gid:… */
function usersOf(passwd: string): ReadonlyMap<string, SystemUser> {
  const users = new Map<string, SystemUser>()
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name && /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '')) users.set(name, { name, uid: Number(uid), gid: Number(gid) })
  }
  return users
}
