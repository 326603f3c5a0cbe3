// `zanzara fsck [--repair] DIR`: is the store of a stopped broker whole? With --repair damaged parts are set aside.
// Exit codes as those of other file checkers.

import { type CheckReport, checkStore, type Damage } from '../store/check.ts'
import { DiskFiles } from '../store/files.ts'
import { storeFolder } from './store-folder.ts'
import type { Terminal } from './terminal.ts'

/** As fsck(8). */
export const FsckExitCode = { Whole: 0, Repaired: 1, Damaged: 4, Failed: 8, Usage: 16 } as const

const HELP = `zanzara fsck looks over the folder in which a broker keeps its sessions and messages. Stop the broker first.

Usage: zanzara fsck [OPTION…] DIR

  DIR          the broker's persistence_location, or the folder 'zanzara' in it

  --repair     write damaged segments anew without what is damaged; the old ones stay beside them as *.damaged
  --json       the findings as one JSON object
  --help       this text

A torn last write is no damage: it was never acknowledged, and the broker cuts it off when it starts.
Exit code: 0 whole, 1 repaired, 4 damaged, 8 could not be looked at, 16 wrong arguments.

Examples:
  zanzara fsck /var/lib/mosquitto
  zanzara fsck --repair /var/lib/mosquitto
`

/** Runs the command; returns its exit code. */
export async function runFsck(argv: readonly string[], io: Terminal): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(HELP)
    await io.stdout.flush()
    return FsckExitCode.Whole
  }
  const folders = argv.filter((word) => !word.startsWith('-'))
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--repair' && word !== '--json')
  const [folder] = folders
  if (unknown !== undefined || folder === undefined || folders.length > 1) {
    const what = unknown !== undefined ? `Unknown option '${unknown}'.` : folder === undefined ? 'Give the folder to look at.' : 'Give one folder.'
    io.stderr.write(`Error: ${what}\n\nUse 'zanzara fsck --help' to see usage.\n`)
    await io.stderr.flush()
    return FsckExitCode.Usage
  }
  return await check(folder, argv.includes('--repair'), argv.includes('--json'), io)
}

async function check(named: string, repair: boolean, json: boolean, io: Terminal): Promise<number> {
  const files = new DiskFiles()
  try {
    const folder = await storeFolder(files, named)
    const unlock = await files.lock(folder)
    try {
      const report = await checkStore(files, folder, repair)
      io.stdout.write(json ? `${JSON.stringify(report)}\n` : inWords(folder, report, repair))
      await io.stdout.flush()
      if (report.repaired.length > 0) return FsckExitCode.Repaired
      return report.damage.some(({ isLoss }) => isLoss) ? FsckExitCode.Damaged : FsckExitCode.Whole
    } finally {
      await unlock()
    }
  } catch (error) {
    io.stderr.write(`Error: ${(error as Error).message}\n`)
    await io.stderr.flush()
    return FsckExitCode.Failed
  }
}

function inWords(folder: string, report: CheckReport, repair: boolean): string {
  const { segments, batches, records, bytes, first, last, damage, repaired } = report
  const range = records === 0 ? '' : `, sequences ${first} to ${last}`
  let text = `${folder}: ${count(segments, 'segment')}, ${count(batches, 'batch', 'batches')}, ${count(records, 'record')}${range}, ${bytes} bytes\n`
  for (const one of damage) text += `${sentence(one)}\n`
  for (const path of repaired) text += `${path}: ${path.includes('.damaged') ? 'the old file' : 'written anew'}\n`
  if (damage.length === 0) return `${text}Whole.\n`
  if (repaired.length > 0) return `${text}Repaired: what was whole is kept. Delete *.damaged when you do not need it any more.\n`
  if (!damage.some(({ isLoss }) => isLoss))
    return `${text}Whole but for its last write, which was never acknowledged as durable; the broker cuts it off when it starts.\n`
  return `${text}Damaged. ${repair ? '' : 'Restore a backup, or set the damaged part aside with --repair.'}\n`
}

function sentence({ path, at, end, why, isLoss }: Damage): string {
  const where = end > at ? `bytes ${at} to ${end - 1}` : `offset ${at}`
  return `${path}: ${where}: ${why}; ${isLoss ? 'what was stored there is lost' : 'never acknowledged as durable'}`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
