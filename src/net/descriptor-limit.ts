// How many connections this process can have open before the system refuses it files: some must remain for files, logs and administration.
// Knows Linux; elsewhere there is no telling, and then no limit.

import { readFileSync } from 'node:fs'

/** File descriptors kept back for everything that is no accepted connection. */
const RESERVE = 500

/** The limit of this process less the reserve; of a small limit, half. Null when the system does not tell. */
export function connectionsThatFit(limitsFile = '/proc/self/limits'): number | null {
  let limits: string
  try {
    limits = readFileSync(limitsFile, 'utf8')
  } catch {
    return null // no Linux, or /proc is not mounted
  }
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1])
  if (!Number.isInteger(soft)) return null // also "unlimited"
  return soft > 2 * RESERVE ? soft - RESERVE : Math.floor(soft / 2)
}
