// The files that a configuration names: are they there, may the broker read them, is in them what should be?
// Contents of certificates are judged in certificate-checks.ts.

import { readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
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

/** Passwords as the broker knows them: `$6$` SHA-512, `$7$` PBKDF2, argon2. */
const HASH = /^\$(?:6|7|argon2id|argon2i|argon2d)\$/

export function checkPasswordFile(setting: NonNullable<Setting>, reader: Reader, findings: Findings): void {
  const bytes = readNamedFile(setting, 'password file', `zanzara passwd -c ${setting.value} NAME`, reader, findings)
  if (bytes === null) return
  const path = setting.value
  const users: string[] = []
  const faults: string[] = []
  let plain = 0
  for (const [index, raw] of bytes.toString().split('\n').entries()) {
    const line = raw.trimEnd()
    if (line === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    const hash = colon < 0 ? '' : line.slice(colon + 1)
    if (colon <= 0 || hash === '') faults.push(`${path}:${index + 1}`)
    else if (!HASH.test(hash)) plain++
    else users.push(line.slice(0, colon))
  }
  if (faults.length > 0) findings.broken('login', `${faults.join(', ')}: not NAME:HASH, so the file is refused`, `zanzara passwd ${path} NAME`)
  if (plain > 0)
    findings.broken('login', `${path} holds ${plain === 1 ? 'a password' : `${plain} passwords`} in plain text, which never match`, `zanzara passwd -U ${path}`)
  if (users.length === 0 && plain === 0 && faults.length === 0)
    findings.broken('login', `${path} names nobody, so nobody can log in`, `zanzara passwd ${path} NAME`)
  else if (users.length > 0) findings.fine('login', `${path} has ${users.length === 1 ? 'one user' : `${users.length} users`}`)
  warnOpen(path, 'password file', findings)
}

const ACL_WORDS = new Set(['user', 'topic', 'pattern'])

export function checkAclFile(setting: NonNullable<Setting>, reader: Reader, findings: Findings): void {
  const bytes = readNamedFile(setting, 'ACL file', `echo 'topic readwrite #' > ${setting.value}`, reader, findings)
  if (bytes === null) return
  const path = setting.value
  const lines = bytes
    .toString()
    .split('\n')
    .map((line, index) => ({ text: line.trim(), number: index + 1 }))
  const rules = lines.filter(({ text }) => text !== '' && !text.startsWith('#'))
  const wrong = rules.filter(({ text }) => !ACL_WORDS.has(text.split(/\s+/)[0]!))
  if (wrong.length > 0) findings.broken('access', `${path}:${wrong[0]!.number} begins with neither user, topic nor pattern: '${wrong[0]!.text}'`)
  if (rules.length === 0) findings.broken('access', `${path} has no rule, so nobody may publish or subscribe to anything`, 'topic readwrite #')
  else if (wrong.length === 0)
    findings.fine('access', `${path} has ${rules.length === 1 ? 'one rule' : `${rules.length} lines of rules`}; what they do not grant is denied`)
}

/** Files with secrets that everybody may read. */
export function warnOpen(path: string, what: string, findings: Findings): void {
  if (process.platform === 'win32') return
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  if ((mode & 0o007) !== 0)
    findings.look('file', `every user of this machine may read the ${what} ${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`, `chmod o= ${path}`)
}
