// `zanzara backup STORE TARGET`: a copy of what a broker has stored, also of one that is running, which need not know.
// Why that is safe is said in store/backup.ts; restoring is putting the copy in place.

import { chown, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { backup } from '../store/backup.ts'
import { DiskFiles } from '../store/files.ts'
import { storeFolder } from './store-folder.ts'
import type { Terminal } from './terminal.ts'

/** As those of `db`. */
export const BackupExitCode = { Done: 0, Failed: 1, Usage: 2 } as const

const HELP = `zanzara backup copies what a broker has stored: sessions, subscriptions, waiting and retained messages. The broker may be running.

Usage: zanzara backup [OPTION…] STORE TARGET

  STORE        the broker's persistence_location, or the folder 'zanzara' in it
  TARGET       a folder that does not exist yet, or is empty

  --json       what was copied as one JSON object
  --help       this text

Everything that a client was told of before this command began is in the copy. On the same file system it takes little space: files that
are complete get a second name. The copy is read and found whole before this command says so.
To restore it, stop the broker, put TARGET in the place of the folder 'zanzara', and start the broker.
Exit code: 0 copied, 1 not copied, 2 wrong arguments.

Examples:
  zanzara backup /var/lib/mosquitto /var/backups/mqtt-monday
  zanzara fsck /var/backups/mqtt-monday
`

/** Runs the command; returns its exit code. */
export async function runBackup(argv: readonly string[], io: Terminal): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(HELP)
    await io.stdout.flush()
    return BackupExitCode.Done
  }
  const words = argv.filter((word) => !word.startsWith('-'))
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--json')
  const [store, target] = words
  if (unknown !== undefined || store === undefined || target === undefined || words.length > 2) {
    const what =
      unknown !== undefined ? `Unknown option '${unknown}'.` : words.length > 2 ? 'Give two folders.' : 'Give the folder of the store, and one for the copy.'
    io.stderr.write(`Error: ${what}\n\nUse 'zanzara backup --help' to see usage.\n`)
    await io.stderr.flush()
    return BackupExitCode.Usage
  }
  try {
    const files = new DiskFiles()
    const folder = await storeFolder(files, store)
    const report = await backup(folder, target, files)
    if (process.getuid?.() === 0) await handOver(folder, target)
    const { segments, records, bytes, upTo } = report
    const text = `${target}: ${segments} ${segments === 1 ? 'segment' : 'segments'}, ${records} records up to sequence ${upTo}, ${bytes} bytes. Whole.\n`
    io.stdout.write(argv.includes('--json') ? `${JSON.stringify({ store: resolve(folder), target: resolve(target), ...report })}\n` : text)
    await io.stdout.flush()
    return BackupExitCode.Done
  } catch (error) {
    io.stderr.write(`Error: ${(error as Error).message}\n`)
    await io.stderr.flush()
    return BackupExitCode.Failed
  }
}

/** Root's copy belongs to whom the store belongs: the broker may read it when it is put in place. */
async function handOver(folder: string, target: string): Promise<void> {
  const { uid, gid } = await stat(folder)
  for (const path of [target, ...(await readdir(target)).map((name) => join(target, name))]) await chown(path, uid, gid)
}
