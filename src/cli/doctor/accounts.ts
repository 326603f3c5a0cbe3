// Users of this machine as the file system sees them: number and groups, by name or by process.
// From /etc/passwd, /etc/group and /proc; where these do not tell, null.

import { readFileSync } from 'node:fs'

export interface Account {
  readonly uid: number
  /** The first one is the user's own. */
  readonly groups: readonly number[]
}

/** As whom a process runs; null when it has gone. */
export function accountOf(pid: number, proc = '/proc'): Account | null {
  const status = contents(`${proc}/${pid}/status`)
  const ids = (name: string): number[] => (new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number)
  // real, effective, saved, of the file system: the last one is asked when a file is opened
  const uid = ids('Uid')[3]
  const group = ids('Gid')[3]
  return uid === undefined || group === undefined ? null : { uid, groups: [group, ...ids('Groups')] }
}

/** A user by name; null when there is none. */
export function accountNamed(name: string): Account | null {
  const row = rows('/etc/passwd').find(([user]) => user === name)
  if (row === undefined) return null
  const member = rows('/etc/group').filter(([, , , members = '']) => members.split(',').includes(name))
  return { uid: Number(row[2]), groups: [Number(row[3]), ...member.map(([, , id]) => Number(id))] }
}

/** Ourselves; everything is ours to read where there are no numbers for users. */
export function ownAccount(): Account {
  return { uid: process.geteuid?.() ?? 0, groups: [process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])] }
}

export function userName(uid: number): string {
  return rows('/etc/passwd').find(([, , id]) => Number(id) === uid)?.[0] ?? String(uid)
}

export function groupName(id: number): string {
  return rows('/etc/group').find(([, , number]) => Number(number) === id)?.[0] ?? String(id)
}

function rows(path: string): string[][] {
  return contents(path)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'))
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
