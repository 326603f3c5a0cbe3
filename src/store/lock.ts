// One program per store: a file `lock` in its folder names the process that is in, and when that process began.
// A process identifier alone would lie after a reboot, and in containers, where everybody is number 1.

import { readFileSync } from 'node:fs'
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JournalError } from './journal.ts'

const NAME = 'lock'

/** Locks the folder for this process. Throws JournalError when another living process, or this one, is in. */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, NAME)
  const mine = `${process.pid} ${beginOf(process.pid)}\n`
  const own = join(folder, `${NAME}.${process.pid}.${process.hrtime.bigint()}`)
  await writeFile(own, mine, { mode: 0o600, flag: 'wx' })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await linked(own, path)) return () => unlink(path)
      const holder = await readFile(path, 'utf8').catch(() => null)
      if (holder === null) continue
      if (isAlive(holder)) throw inUse(folder, holder)
      await removeStale(path, holder, folder)
    }
  } finally {
    await unlink(own)
  }
  throw new JournalError(`${folder}: its file ${NAME} changes all the time; another program is starting there`)
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error
  }
  // a file system without links
  try {
    await writeFile(path, await readFile(own), { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moved away first: whoever moves something younger than what it judged puts it back. */
async function removeStale(path: string, judged: string, folder: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const moved = await readFile(aside, 'utf8')
  if (moved !== judged) {
    await linked(aside, path)
    await unlink(aside)
    throw inUse(folder, moved)
  }
  await unlink(aside)
}

function inUse(folder: string, holder: string): JournalError {
  const [pid = '?'] = holder.split(' ')
  return new JournalError(`${folder} is in use by process ${pid.trim()}; stop it first, or give each broker a persistence_location of its own`)
}

function isAlive(holder: string): boolean {
  const [number = '', begin = ''] = holder.trim().split(' ')
  const pid = Number(number)
  if (!Number.isInteger(pid) || pid <= 0) return false // torn by a power cut
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return begin === '' || begin === beginOf(pid)
}

/** When a process began, in words of the system; empty where the system does not say. */
function beginOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`
  } catch {
    return ''
  }
}
