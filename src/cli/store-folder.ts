// Which folder a command about a store means: people name the broker's persistence_location, the journal is in the folder `zanzara` in it.
// What lies in that folder is store/.

import { join } from 'node:path'
import type { StoreFiles } from '../store/files.ts'
import { JournalError } from '../store/journal.ts'
import { holdsJournal } from '../store/recovery.ts'

/** The folder with the journal: the one named, or the one that a broker makes in it. @throws JournalError */
export async function storeFolder(files: StoreFiles, folder: string): Promise<string> {
  for (const place of [folder, join(folder, 'zanzara')]) if (await holdsJournal(files, place)) return place
  throw new JournalError(`${folder} holds no journal: name a broker's persistence_location, or the folder 'zanzara' in it`)
}
