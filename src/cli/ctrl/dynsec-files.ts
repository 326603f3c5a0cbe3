// Commands of `ctrl dynsec` that work on files, without a broker: a new file with its admin, and a password when nobody can log in any more.
// The file's form is auth/dynsec/dynsec-file.ts'.

import { existsSync, readFileSync } from 'node:fs'
import type { StoredPassword } from '../../auth/dynsec/directory.ts'
import { readDirectory, storedPassword, writeDirectory } from '../../auth/dynsec/dynsec-file.ts'
import { firstDirectory } from '../../auth/dynsec/first-directory.ts'
import { writeWhole } from '../../auth/dynsec/write-whole.ts'
import { DEFAULT_ITERATIONS, MOST_ITERATIONS, makePasswordHash } from '../../auth/password-hash.ts'
import { escapeControls } from '../../server/log-destinations.ts'
import { CtrlExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import type { AskPassword } from './control-command.ts'

/** `init FILE ADMIN [PASSWORD]`; `program` is its name in what it prints. */
export async function initFile(words: readonly string[], io: Terminal, ask: AskPassword, program: string): Promise<number> {
  const [path, admin, given] = words
  const fail = (message: string, exitCode: number): number => {
    io.stderr.write(`dynsec init: ${escapeControls(message)}\n`)
    return exitCode
  }
  if (path === undefined || admin === undefined) return fail('Not enough arguments - filename, or admin-user missing.', CtrlExitCode.Usage)
  if (words.length > 3) return fail('Too many arguments.', CtrlExitCode.Usage)
  if (existsSync(path)) return fail(`'${path}' already exists. Remove the file or use a different location.`, CtrlExitCode.Done)
  const password = given ?? (await ask(admin, ''))
  if (password === null || password === '') return fail('The admin needs a password.', CtrlExitCode.Failure)
  try {
    writeWhole(path, writeDirectory(firstDirectory(admin, await hash(password))))
  } catch (error) {
    return fail(`Unable to open '${path}' for writing: ${(error as Error).message}.`, CtrlExitCode.Failure)
  }
  io.stdout.write(`The client '${escapeControls(admin)}' has been created in the file '${escapeControls(path)}'.
It may administer dynamic security, and read everything; it may not publish to ordinary topics.
Name the file in the broker's configuration:
   plugin mosquitto_dynamic_security.so
   plugin_opt_config_file ${escapeControls(path)}
and then make clients and roles, for example:
   ${program} <connection options> dynsec createClient <username>
   ${program} <connection options> dynsec createRole <rolename>
   ${program} <connection options> dynsec addRoleACL <rolename> publishClientSend my/topic allow [priority]
   ${program} <connection options> dynsec addClientRole <username> <rolename> [priority]
`)
  return CtrlExitCode.Done
}

/**
 * `-f FILE dynsec setClientPassword USER [PASSWORD] [-i ITERATIONS]`: a broker that uses the file must be started again.
 * Returns the exit code; or a text, when the words cannot be used.
 */
export async function setPasswordInFile(path: string, words: readonly string[], io: Terminal, ask: AskPassword): Promise<number | string> {
  const fail = (message: string): number => {
    io.stderr.write(`setClientPassword: Error: ${escapeControls(message)}.\n`)
    return CtrlExitCode.Failure
  }
  const [userName, ...rest] = words
  if (userName === undefined) return 'the user is missing.'
  let given: string | undefined
  let iterations = DEFAULT_ITERATIONS
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!
    if (word === '-i') {
      const count = rest[++at]
      if (count === undefined) return '-i argument given, but no iterations provided.'
      iterations = /^\d+$/.test(count) ? Number(count) : 0
      if (iterations < 1 || iterations > MOST_ITERATIONS) return `Number of iterations must be 1 to ${MOST_ITERATIONS}.`
    } else if (at === 0 && !word.startsWith('-')) given = word
    else return `Unknown argument: ${word}`
  }
  try {
    const { directory } = readDirectory(readFileSync(path), path)
    const client = directory.clients.get(userName)
    if (client === undefined) return fail('Client not found')
    const password = given ?? (await ask(userName, ''))
    if (password === null) return CtrlExitCode.Done
    if (password === '') return fail('no password was set')
    client.password = await hash(password, iterations)
    writeWhole(path, writeDirectory(directory))
  } catch (error) {
    return fail((error as Error).message.replace(/\.$/, ''))
  }
  return CtrlExitCode.Done
}

async function hash(password: string, iterations: number = DEFAULT_ITERATIONS): Promise<StoredPassword> {
  const encoded = await makePasswordHash(Buffer.from(password), { kind: 'pbkdf2', iterations })
  return storedPassword(encoded!)!
}
