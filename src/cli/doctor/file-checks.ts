// The files that a configuration names: are they there, may the broker read them, is in them what should be?
// Contents of certificates are judged in certificate-checks.ts.

import { readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AccessFileError } from '../../auth/access-file.ts'
import { parseAclFile } from '../../auth/acl-rules.ts'
import { parsePasswordFile } from '../../auth/password-file.ts'
import { parsePskFile } from '../../auth/psk-file.ts'
import type { Account } from './accounts.ts'
import { place, type Setting } from './configuration-view.ts'
import type { Findings } from './findings.ts'

/** Who must be able to read the files. */
export interface Reader {
  readonly account: Account
  /** For sentences: `the broker (user mosquitto)`, `you`. */
  readonly name: string
  /** Of the user and its group, for the line that mends. */
  readonly group: string | null
}

/** The contents, or null when it cannot be read, which is then told. `what` such as `password file`; `make` is the command that makes one. */
export function readNamedFile(setting: NonNullable<Setting>, what: string, make: string, reader: Reader, findings: Findings): Buffer | null {
  const path = setting.value
  const about = 'file'
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') findings.broken(about, `there is no ${what} ${path}, which ${place(setting)} names`, make)
    else if (code === 'EISDIR') findings.broken(about, `the ${what} ${path} is a folder (${place(setting)})`)
    else if (code === 'EACCES' || code === 'EPERM') closed(setting, what, reader, findings)
    else findings.broken(about, `the ${what} ${path} cannot be read: ${message}`)
    return null
  }
  if (!mayRead(path, reader.account)) closed(setting, what, reader, findings)
  return bytes
}

function closed({ value: path }: NonNullable<Setting>, what: string, { name, group, account }: Reader, findings: Findings): void {
  const mode = modeOf(path)
  if (account.uid === process.getuid?.() && account.uid !== 0 && group === null)
    findings.look('file', `the ${what} ${path} is closed to you, so it was not looked into`, 'sudo zanzara doctor …')
  else
    findings.broken(
      'file',
      `${name} may not read the ${what} ${path}${mode}`,
      ...(group === null ? [] : [`sudo chgrp ${group} ${path} && sudo chmod 640 ${path}`]),
    )
}

function modeOf(path: string): string {
  try {
    return ` (mode ${(statSync(path).mode & 0o777).toString(8).padStart(4, '0')})`
  } catch {
    return ', or a folder above it'
  }
}

/** By owner, group and mode of the file, and of the folders above it. */
export function mayRead(path: string, account: Account): boolean {
  if (process.platform === 'win32' || account.uid === 0) return true
  const may = (stats: Stats, bit: number): boolean => {
    if (stats.uid === account.uid) return (stats.mode & (bit << 6)) !== 0
    return (stats.mode & (account.groups.includes(stats.gid) ? bit << 3 : bit)) !== 0
  }
  try {
    if (!may(statSync(path), 4)) return false
    for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
      if (!may(statSync(folder), 1)) return false
      if (folder === dirname(folder)) return true
    }
  } catch {
    return false
  }
}

export function checkPasswordFile(setting: NonNullable<Setting>, reader: Reader, findings: Findings): void {
  const path = setting.value
  const bytes = readNamedFile(setting, 'password file', `zanzara passwd -c ${path} NAME`, reader, findings)
  if (bytes === null) return
  const users = parsed(() => parsePasswordFile(bytes, path), 'login', `zanzara passwd ${path} NAME`, findings)
  if (users === null) return
  if (users.size === 0) findings.broken('login', `${path} names nobody, so nobody can log in`, `zanzara passwd ${path} NAME`)
  else findings.fine('login', `${path} has ${users.size === 1 ? 'one user' : `${users.size} users`}`)
  warnOpen(path, 'password file', reader, findings)
}

export function checkAclFile(setting: NonNullable<Setting>, reader: Reader, findings: Findings): void {
  const path = setting.value
  const bytes = readNamedFile(setting, 'ACL file', `echo 'topic readwrite #' > ${path}`, reader, findings)
  if (bytes === null) return
  const acl = parsed(() => parseAclFile(bytes, path), 'access', null, findings)
  if (acl === null) return
  for (const { text } of acl.notes) findings.look('access', `${path}: ${text.replace(/^Warning: /, '')}`)
  const { length } = acl.rules
  if (length === 0) findings.broken('access', `${path} has no rule, so nobody may publish or subscribe to anything`, 'topic readwrite #')
  else findings.fine('access', `${path} has ${length === 1 ? 'one rule' : `${length} rules`}; what they do not grant is denied`)
}

export function checkPskFile(setting: NonNullable<Setting>, reader: Reader, findings: Findings): void {
  const path = setting.value
  const bytes = readNamedFile(setting, 'file of pre-shared keys', `echo NAME:HEXADECIMAL > ${path}`, reader, findings)
  if (bytes === null) return
  const keys = parsed(() => parsePskFile(bytes, path), 'login', null, findings)
  if (keys === null) return
  if (keys.size === 0) findings.broken('login', `${path} has no key, so nobody can connect with one`, `echo NAME:HEXADECIMAL > ${path}`)
  else findings.fine('login', `${path} has ${keys.size === 1 ? 'one key' : `${keys.size} keys`}`)
  warnOpen(path, 'file of pre-shared keys', reader, findings)
}

/** As the broker reads it; null when it would refuse to start, which is then told. */
function parsed<T>(parse: () => T, about: 'login' | 'access', mend: string | null, findings: Findings): T | null {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error
    const { file, line, message, detail } = error
    const advice = detail.includes('zanzara passwd -U') ? `zanzara passwd -U ${file}` : mend
    const sentence = message.replace(/ in (?:password file|acl_file|psk file) (['"]).*?\1/, '') // the place stands in front of it
    const reason = detail === '' ? sentence : `${sentence} ${detail}`
    findings.broken(about, `${file}:${line}: ${reason} The broker does not start with it`, ...(advice === null ? [] : [advice]))
    return null
  }
}

/** Files with secrets that everybody may read: closed to others, but not to the broker. */
export function warnOpen(path: string, what: string, { account, group }: Reader, findings: Findings): void {
  if (process.platform === 'win32') return
  const stats = statSync(path, { throwIfNoEntry: false })
  const mode = stats?.mode ?? 0
  if (stats === undefined || (mode & 0o007) === 0) return
  const isOthers = stats.uid !== account.uid && !account.groups.includes(stats.gid) && account.uid !== 0
  const mend = isOthers && group !== null ? `sudo chgrp ${group} ${path} && sudo chmod 640 ${path}` : `chmod o= ${path}`
  findings.look('file', `every user of this machine may read the ${what} ${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`, mend)
}
