// `zanzara install-shims DIR`: writes programs named mosquitto, mosquitto_pub, … that start our commands, so that scripts need no change.
// Which names there are is the table of zanzara.ts; a shim tells its name in ZANZARA_PROGRAM_NAME (terminal.ts).

import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { escapeControls } from '../server/log-destinations.ts'
import type { Terminal } from './terminal.ts'

const HELP = `zanzara install-shims writes small programs named mosquitto, mosquitto_pub, mosquitto_sub, … that start this one.

Usage: zanzara install-shims DIR [--force]
       zanzara install-shims DIR --remove

  --force    replace files of these names even if they were not written by this command
  --remove   take away what this command wrote into DIR
  --help     this text

With DIR before the others in PATH, scripts written for Mosquitto run as they are. Nothing outside of DIR is touched.
Exit code: 0 done, 1 files that cannot be written or are not ours, 2 wrong arguments.

Example:
  zanzara install-shims ~/.local/bin
`

/** This line stands in every shim; by it we know our own. */
const MARK = 'written by zanzara install-shims'

const ShimsExitCode = { Done: 0, Problem: 1, Usage: 2 } as const

interface Shim {
  readonly file: string
  readonly text: string
}

/** What a shim starts. */
export interface ShimTarget {
  /** The Node that runs it. */
  readonly node: string
  /** The program's JavaScript. */
  readonly program: string
}

/** The command; `wrappers` says which command each program's name stands for. */
export function installShimsOf(wrappers: Readonly<Record<string, string>>): (argv: readonly string[], terminal: Terminal) => Promise<number> {
  return (argv, terminal) =>
    installShims(argv, terminal, wrappers, { node: process.execPath, program: fileURLToPath(new URL('./zanzara.js', import.meta.url)) })
}

export async function installShims(
  argv: readonly string[],
  terminal: Terminal,
  wrappers: Readonly<Record<string, string>>,
  target: ShimTarget,
): Promise<number> {
  const code = run(argv, terminal, wrappers, target)
  await terminal.stdout.flush()
  await terminal.stderr.flush()
  return code
}

function run(argv: readonly string[], terminal: Terminal, wrappers: Readonly<Record<string, string>>, target: ShimTarget): number {
  const wrong = (message: string): number => {
    terminal.stderr.write(`Error: ${escapeControls(message)}\n\nUse 'zanzara install-shims --help' to see usage.\n`)
    return ShimsExitCode.Usage
  }
  let isForced = false
  let isRemoval = false
  const folders: string[] = []
  for (const word of argv) {
    if (word === '--help' || word === '-h') {
      terminal.stdout.write(HELP)
      return ShimsExitCode.Done
    }
    if (word === '--force') isForced = true
    else if (word === '--remove') isRemoval = true
    else if (word.startsWith('-')) return wrong(`Unknown option '${word}'.`)
    else folders.push(word)
  }
  const [given] = folders
  if (given === undefined || given === '') return wrong('Name the folder to write to.')
  if (folders.length > 1) return wrong(`One folder only; '${folders[1]!}' is a second one.`)
  const folder = resolve(given)
  const shims = Object.entries(wrappers).flatMap(([name, command]) => shimsFor(terminal.platform, name, command, target))
  try {
    return isRemoval ? remove(folder, shims, terminal) : install(folder, shims, isForced, terminal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    terminal.stderr.write(`Error: ${escapeControls((error as Error).message)}.\n`)
    return ShimsExitCode.Problem
  }
}

function install(folder: string, shims: readonly Shim[], isForced: boolean, terminal: Terminal): number {
  const foreign = shims.map(({ file }) => join(folder, file)).filter((path) => isThere(path) && !isOurs(path))
  if (foreign.length > 0 && !isForced) {
    const names = escapeControls(foreign.join(', '))
    terminal.stderr.write(
      `Error: not written by this command, and left alone: ${names}\nNothing was written. Choose another folder, or replace them with --force.\n`,
    )
    return ShimsExitCode.Problem
  }
  mkdirSync(folder, { recursive: true })
  for (const { file, text } of shims) {
    const path = join(folder, file)
    const fresh = `${path}.new`
    writeFileSync(fresh, text)
    chmodSync(fresh, 0o755)
    renameSync(fresh, path) // a script that runs keeps the old one to its end
  }
  terminal.stdout.write(`Written to ${escapeControls(folder)}: ${shims.map(({ file }) => file).join(', ')}\n\n${pathAdvice(folder, shims, terminal)}`)
  return ShimsExitCode.Done
}

function remove(folder: string, shims: readonly Shim[], terminal: Terminal): number {
  const present = shims.filter(({ file }) => isThere(join(folder, file)))
  const ours = present.filter(({ file }) => isOurs(join(folder, file)))
  for (const { file } of ours) rmSync(join(folder, file))
  const left = present.filter((shim) => !ours.includes(shim))
  const names = (list: readonly Shim[]): string => list.map(({ file }) => file).join(', ')
  terminal.stdout.write(ours.length === 0 ? `No shims of ours in ${escapeControls(folder)}.\n` : `Removed from ${escapeControls(folder)}: ${names(ours)}\n`)
  if (left.length > 0) terminal.stdout.write(`Not ours, and left alone: ${names(left)}\n`)
  return ShimsExitCode.Done
}

/** A shell script; on Windows also a batch file, which is what its own shells find. */
function shimsFor(platform: string, name: string, command: string, { node, program }: ShimTarget): Shim[] {
  const forShell = (path: string): string => `'${(platform === 'win32' ? path.replaceAll('\\', '/') : path).replaceAll("'", `'\\''`)}'`
  const script = `#!/bin/sh\n# ${name}, ${MARK}\nexport ZANZARA_PROGRAM_NAME=${name}\nexec ${forShell(node)} ${forShell(program)} ${command} "$@"\n`
  if (platform !== 'win32') return [{ file: name, text: script }]
  const forBatch = (path: string): string => `"${path.replaceAll('%', '%%')}"`
  const batch = `@rem ${name}, ${MARK}\r\n@setlocal\r\n@set ZANZARA_PROGRAM_NAME=${name}\r\n@${forBatch(node)} ${forBatch(program)} ${command} %*\r\n`
  return [
    { file: name, text: script },
    { file: `${name}.cmd`, text: batch },
  ]
}

/** Also when it is a link to nothing. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function isOurs(path: string): boolean {
  try {
    return readFileSync(path, 'latin1').slice(0, 200).includes(MARK)
  } catch {
    return false // a folder, or closed to us: not ours in any case
  }
}

/** What is to be done so that a shell finds the shims first. */
function pathAdvice(folder: string, shims: readonly Shim[], { env, platform }: Terminal): string {
  const windows = platform === 'win32'
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(windows ? ';' : delimiter).filter((path) => path !== '')
  const own = folders.findIndex((path) => resolve(path) === folder)
  const hides = (path: string): boolean => shims.some(({ file }) => existsSync(join(path, file)))
  const earlier = folders.slice(0, own < 0 ? folders.length : own).find((path) => resolve(path) !== folder && hides(path))
  if (own >= 0 && earlier === undefined) return 'The folder is in PATH, and no other mosquitto comes before it. In shells that are open already: hash -r\n'
  const why = own < 0 ? 'The folder is not in PATH.' : `The folder is in PATH, but after ${escapeControls(earlier!)}, whose programs of these names come first.`
  const line = windows ? `set "PATH=${folder};%PATH%"` : `export PATH="${folder.replace(/[$`"\\]/g, '\\$&')}:$PATH"`
  const keep = windows
    ? 'To keep it, add the folder in the system settings, under environment variables.'
    : 'To keep it, put this line into ~/.profile as well.'
  return `${why} To use the shims in this shell:\n\n    ${escapeControls(line)}\n\n${keep}\n`
}
