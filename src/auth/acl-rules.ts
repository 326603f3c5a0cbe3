// Reads an ACL file into rules, line by line, as Mosquitto does: user, topic and pattern lines, nothing else.
// What the rules mean for a client and a topic is acl-tree.ts' and acl-file.ts' affair.

import { hasCorrectWildcards } from '../wire/mqtt/topics.ts'
import { AccessFileError, type AccessFileNote, linesOf, shown, trimBlanks } from './access-file.ts'

export type AclAccess = 'read' | 'write' | 'readwrite' | 'deny'

/** One topic or pattern line. */
export interface AclRule {
  /** Place among the rules of the file, from 0: of several that match, the first counts. */
  readonly order: number
  /** From 1. */
  readonly line: number
  /** As it stands in the file. */
  readonly text: string
  readonly kind: 'topic' | 'pattern'
  /** Whom a topic line is for; null = clients without a user name, or, with a pattern, everybody. */
  readonly userName: string | null
  readonly access: AclAccess
  readonly filter: string
}

export interface AclRules {
  readonly rules: readonly AclRule[]
  /** User names that stand in user lines, with rules or without. */
  readonly userNames: ReadonlySet<string>
  readonly notes: readonly AccessFileNote[]
}

const LONGEST_FILTER = 65_535
const ACCESSES: ReadonlySet<string> = new Set<AclAccess>(['read', 'write', 'readwrite', 'deny'])

/** The rules of an ACL file; `file` is its name in errors. @throws AccessFileError */
export function parseAclFile(bytes: Uint8Array, file: string): AclRules {
  const rules: AclRule[] = []
  const userNames = new Set<string>()
  const notes: AccessFileNote[] = []
  let userName: string | null = null
  for (const { number, text } of linesOf(bytes)) {
    const fail = (message: string, detail = ''): AccessFileError => new AccessFileError(message, file, number, detail)
    if (text === null) throw fail(`Invalid line in acl_file "${file}".`, 'It is not UTF-8.')
    if (text.includes('\0')) throw fail(`Invalid line in acl_file "${file}".`, 'It has a NUL character.')
    const [keyword, rest] = splitWord(text.replace(/[ \t-\r]+$/, ''))
    if (keyword === '') continue
    if (keyword === 'user') {
      userName = trimBlanks(rest)
      if (userName === '') throw fail(`Missing username in acl_file "${file}".`)
      userNames.add(userName)
      continue
    }
    if (keyword !== 'topic' && keyword !== 'pattern') throw fail(`Invalid line in acl_file "${file}": ${shown(keyword)}.`)
    const { access, filter } = accessAndFilter(rest)
    if (filter === '') throw fail(`Empty topic in acl_file "${file}".`)
    if (access === null) throw fail(`Invalid topic access type "${shown(splitWord(rest)[0])}" in acl_file "${file}".`)
    if (!hasCorrectWildcards(filter) || Buffer.byteLength(filter) > LONGEST_FILTER) {
      throw fail(`Invalid ACL topic "${shown(filter)}" in acl_file "${file}".`)
    }
    if (keyword === 'pattern' && !/%[cu]/.test(filter)) {
      notes.push({ type: 'warning', text: `Warning: ACL pattern '${shown(filter)}' does not contain '%c' or '%u'.` })
    }
    rules.push({ order: rules.length, line: number, text: trimBlanks(text), kind: keyword, userName: keyword === 'topic' ? userName : null, access, filter })
  }
  return { rules, userNames, notes }
}

/** What follows the keyword. A word alone is a filter, even `read`; `access` null = the word in its place is none. */
function accessAndFilter(rest: string): { readonly access: AclAccess | null; readonly filter: string } {
  const [first, others] = splitWord(rest)
  if (others === '') return { access: 'readwrite', filter: first }
  return { access: ACCESSES.has(first) ? (first as AclAccess) : null, filter: trimBlanks(others) }
}

/** The first word and what follows the space after it. Only spaces separate. */
function splitWord(text: string): readonly [string, string] {
  const line = text.replace(/^ +/, '')
  const space = line.indexOf(' ')
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
}
