// Persistence of a started broker: the store in its folder, what Mosquitto left beside it, and whom to tell of its troubles.
// What is stored is store/, what becomes of it at a restart restore-broker.ts.

import { readFile, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Broker } from '../broker/broker.ts'
import type { ListenerRules } from '../broker/listener-rules.ts'
import type { SyncMode } from '../store/file-journal.ts'
import { DiskFiles } from '../store/files.ts'
import { importMosquitto } from '../store/import-mosquitto.ts'
import { JournalError } from '../store/journal.ts'
import { readMosquittoDatabase } from '../store/mosquitto-db.ts'
import { holdsJournal } from '../store/recovery.ts'
import { Store } from '../store/store.ts'
import { restoreBroker } from './restore-broker.ts'

/** Where a broker keeps what must outlive it. */
export interface PersistencePlace {
  /** A folder, which is made when it is not there, for this broker alone. The store is the folder `zanzara` in it. */
  readonly path: string
  /** Until where a message must have got before its sender is told: the system (`write`, the default), the disk (`commit`), or neither (`none`). */
  readonly sync?: SyncMode
  /** A database of Mosquitto, which is read once, when the store is new. */
  readonly mosquittoFile?: string
}

/**
 * Opens the store; a new one begins with what Mosquitto left. `schedule` runs a task at the end of a turn, before anything is sent.
 * @throws JournalError, CorruptionError
 */
export async function openStore({ path, sync, mosquittoFile }: PersistencePlace, log: Log, schedule: (task: () => void) => void): Promise<Store> {
  const folder = join(path, 'zanzara')
  try {
    if (mosquittoFile !== undefined && !(await holdsJournal(new DiskFiles(), folder))) await importFile(folder, mosquittoFile, log)
    const store = await Store.open(folder, { schedule, ...(sync === undefined ? {} : { mode: sync }) })
    for (const note of store.journal.recovery.notes) log.write('warning', `Warning: ${note}.`)
    return store
  } catch (error) {
    if (error instanceof JournalError || (error as NodeJS.ErrnoException).code === undefined) throw error
    throw new JournalError(`the store in ${folder} cannot be opened: ${(error as Error).message}; see 'persistence_location'`, { cause: error })
  }
}

/** What the store holds becomes the broker's. */
export async function restoreInto(broker: Broker, store: Store, listeners: readonly ListenerRules[], log: Log): Promise<void> {
  const begun = performance.now()
  const { sessions, subscriptions, messages, retained } = await restoreBroker(broker, store, Date.now(), listeners)
  if (sessions + retained === 0) return
  const took = Math.round(performance.now() - begun)
  log.write('notice', `Restored ${sessions} sessions, ${subscriptions} subscriptions, ${messages} messages and ${retained} retained messages in ${took} ms.`)
}

/** All of the file becomes the store of `folder`, or nothing: it is made beside it, and put in place when it is whole. */
async function importFile(folder: string, path: string, log: Log): Promise<void> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new JournalError(`the database of Mosquitto cannot be read: ${(error as Error).message}; see 'persistence_file'`, { cause: error })
  }
  const database = readMosquittoDatabase(bytes, path)
  const draft = `${folder}.import`
  await removeUnused(draft) // of a start that did not come to its end
  const store = await Store.open(draft)
  const { sessions, waiting, retained, notes } = importMosquitto(store, database, Date.now())
  await store.close()
  await removeUnused(folder)
  await rename(draft, folder)
  for (const note of notes) log.write('warning', `Warning: ${path}: ${note}.`)
  log.write('notice', `Imported ${sessions} sessions, ${waiting} messages and ${retained} retained messages from ${path}, which is not used any more.`)
}

/** What a start that did not come to its end left goes, with its folder, if no process is in. @throws JournalError naming the process that is */
async function removeUnused(folder: string): Promise<void> {
  const files = new DiskFiles()
  const names = await files.list(folder)
  if (names.length > 0) await (await files.lock(folder))()
  for (const name of names) if (/^(p0-\d+\.zlog|ballast|lock.*)$/.test(name)) await rm(join(folder, name), { force: true })
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
