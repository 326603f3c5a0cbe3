// Persistence of a started broker: the store in its folder, what Mosquitto left beside it, and whom to tell of its troubles.
// What is stored is store/, what becomes of it at a restart restore-broker.ts.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Broker } from '../broker/broker.ts'
import type { SyncMode } from '../store/file-journal.ts'
import { importMosquitto } from '../store/import-mosquitto.ts'
import { JournalError } from '../store/journal.ts'
import { readMosquittoDatabase } from '../store/mosquitto-db.ts'
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

/** Opens the store and imports what there is. @throws JournalError, CorruptionError */
export async function openStore({ path, sync, mosquittoFile }: PersistencePlace, log: Log): Promise<Store> {
  const folder = join(path, 'zanzara')
  const store = await Store.open(folder, sync === undefined ? {} : { mode: sync }).catch((error: unknown) => {
    if (error instanceof JournalError || (error as NodeJS.ErrnoException).code === undefined) throw error
    throw new JournalError(`the store in ${folder} cannot be opened: ${(error as Error).message}; see 'persistence_location'`, { cause: error })
  })
  try {
    for (const note of store.journal.recovery.notes) log.write('warning', `Warning: ${note}.`)
    if (mosquittoFile !== undefined && store.journal.recovery.records === 0) await importFile(store, mosquittoFile, log)
    return store
  } catch (error) {
    await store.close().catch(() => {})
    throw error
  }
}

/** What the store holds becomes the broker's. */
export async function restoreInto(broker: Broker, store: Store, log: Log): Promise<void> {
  const begun = performance.now()
  const { sessions, subscriptions, messages, retained } = await restoreBroker(broker, store, Date.now())
  if (sessions + retained === 0) return
  const took = Math.round(performance.now() - begun)
  log.write('notice', `Restored ${sessions} sessions, ${subscriptions} subscriptions, ${messages} messages and ${retained} retained messages in ${took} ms.`)
}

async function importFile(store: Store, path: string, log: Log): Promise<void> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const { sessions, waiting, retained, notes } = importMosquitto(store, readMosquittoDatabase(bytes, path), Date.now())
  await store.journal.flush()
  for (const note of notes) log.write('warning', `Warning: ${path}: ${note}.`)
  log.write('notice', `Imported ${sessions} sessions, ${waiting} messages and ${retained} retained messages from ${path}, which is not used any more.`)
}
