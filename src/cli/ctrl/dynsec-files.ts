// Commands of `ctrl dynsec` that work on files, without a broker: a new file with its admin, and a password when nobody can log in any more.
// The file's form is auth/dynsec/dynsec-file.ts'.

import { existsSync, readFileSync } from 'node:fs'
import type { StoredPassword } from '../../auth/dynsec/directory.ts'
import { readDirectory, storedPassword, writeDirectory } from '../../auth/dynsec/dynsec-file.ts'
import { firstDirectory } from '../../auth/dynsec/first-directory.ts'
import { writeWhole } from '../../auth/dynsec/write-whole.ts'
import { DEFAULT_ITERATIONS, makePasswordHash } from '../../auth/password-hash.ts'
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

/** `setClientPassword -f FILE USER [PASSWORD]`: a broker that uses the file must be started again. */
export async function setPasswordInFile(words: readonly string[], io: Terminal, ask: AskPassword): Promise<number> {
  const [path, userName, given] = words
  const fail = (message: string, exitCode: number): number => {
    io.stderr.write(`setClientPassword: Error: ${escapeControls(message)}.\n`)
    return exitCode
  }
  if (path === undefined || userName === undefined || words.length > 3) return fail('-f FILE USER [PASSWORD] is what it needs', CtrlExitCode.Usage)
  try {
    const { directory } = readDirectory(readFileSync(path), path)
    const client = directory.clients.get(userName)
    if (client === undefined) return fail('Client not found', CtrlExitCode.Failure)
    const password = given ?? (await ask(userName, ''))
    if (password === null || password === '') return fail('no password was set', CtrlExitCode.Failure)
    client.password = await hash(password)
    writeWhole(path, writeDirectory(directory))
  } catch (error) {
    return fail((error as Error).message.replace(/\.$/, ''), CtrlExitCode.Failure)
  }
  return CtrlExitCode.Done
}

async function hash(password: string): Promise<StoredPassword> {
  const encoded = await makePasswordHash(Buffer.from(password), { kind: 'pbkdf2', iterations: DEFAULT_ITERATIONS })
  return storedPassword(encoded!)!
}
