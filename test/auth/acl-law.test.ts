// The compiled rules answer as a reading of the file from top to bottom does, for random files, names and topics.
// The reading here is written from the rules' description, with no tree and no index.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AclFile } from '../../src/auth/acl-file.ts'
import type { AskedAccess } from '../../src/auth/acl-tree.ts'

interface Line {
  readonly kind: 'topic' | 'pattern' | 'user'
  readonly access: string
  readonly value: string
}

const level = fc.constantFrom('a', 'a', 'b', '', '+', '+', '%c', '%u', 'x%c', '%c%u', '$SYS', '$%u', '$', '%%c')
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, below]) => [...levels, ...(below ? ['#'] : [])].join('/'))
  .filter((text) => text !== '' && text.trim() === text)
const access = fc.constantFrom('', 'read', 'write', 'readwrite', 'deny')
const userName = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'a/b', '$SYS', 'u+', '#', '%c')
const line: fc.Arbitrary<Line> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('topic' as const, 'pattern' as const), access, value: filter }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('user' as const), access: fc.constant(''), value: userName }) },
)
const topicLevel = fc.constantFrom('a', 'a', 'a', 'b', '', 'xa', 'aa', 'ab', '$SYS', '$a', 'u+', '%c', '$')
const topic = fc
  .array(topicLevel, { minLength: 1, maxLength: 3 })
  .map((levels) => levels.join('/'))
  .filter((text) => text !== '' && !/[+#]/.test(text))

test('the answer is that of the file read line by line', () => {
  let allowed = 0
  let denied = 0
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 25, size: 'max' }),
      fc.option(fc.oneof(userName, fc.constant(''))),
      fc.oneof(userName, fc.constant('')),
      fc.constantFrom<AskedAccess>('read', 'write'),
      topic,
      (lines, user, client, asked, name) => {
        const file = aclFile(lines.map(({ kind, access: word, value }) => [kind, word, value].filter((part) => part !== '').join(' ')).join('\n'))
        const expected = naively(lines, user, client, asked, name)
        expect(file.check(user, client, asked, name)).toBe(expected)
        const explained = file.explain(user, client, asked, name)
        expect(explained.allowed).toBe(expected)
        if (expected) {
          expect(explained.rule).not.toBeNull()
          allowed++
        } else denied++
      },
    ),
    { numRuns: 3000, seed: 20261122 },
  )
  expect(Math.min(allowed, denied)).toBeGreaterThan(200) // neither answer is a rarity here
})

test('no bytes make the parser do anything but give rules or say which line is wrong', () => {
  const piece = fc.constantFrom('user ', 'topic ', 'pattern ', 'read ', 'deny ', 'a/b', '#', '+', '%c', '\n', '\r\n', ' ', '\t', '\0', '\u00e9', 'x')
  const bytes = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
  )
  fc.assert(
    fc.property(bytes, (contents) => {
      let file: AclFile
      try {
        file = new AclFile('acl', { read: () => ({ bytes: contents, notes: [] }) })
      } catch (error) {
        expect(error).toMatchObject({ name: 'AccessFileError', file: 'acl' })
        expect((error as { line: number }).line).toBeGreaterThan(0)
        return
      }
      if (!/[#+]/.test(contents.toString())) expect(file.check('nobody at all', 'c', 'write', 'never/granted/ü')).toBe(false)
    }),
    { numRuns: 1000, seed: 20261122 },
  )
})

function aclFile(text: string): AclFile {
  return new AclFile('acl', { read: () => ({ bytes: Buffer.from(text), notes: [] }) })
}

function naively(lines: readonly Line[], user: string | null, client: string, asked: AskedAccess, name: string): boolean {
  let current: string | null = null
  const own: Line[] = []
  const patterns: Line[] = []
  for (const entry of lines) {
    if (entry.kind === 'user') current = entry.value
    else if (entry.kind === 'pattern') patterns.push(entry)
    else if (current === user) own.push(entry)
  }
  const grants = (entry: Line): boolean => entry.access === asked || entry.access === 'readwrite' || entry.access === ''
  const matching = own.filter((entry) => matches(entry.value, name))
  if (matching.some((entry) => entry.access === 'deny')) return false
  if (matching.some(grants)) return true
  if (patterns.length === 0) return false
  if (/[+#]/.test(client) || /[+#]/.test(user ?? '')) return false
  for (const entry of patterns) {
    if (entry.access === 'deny' && !(entry.value.includes('%u') && user === null) && matches(filled(entry.value, user, client), name)) return false
  }
  return patterns.some((entry) => {
    if (!grants(entry) || (entry.value.includes('%u') && user === null)) return false
    for (const [mark, value] of [
      ['%c', client],
      ['%u', user ?? ''],
    ] as const) {
      if (entry.value.includes(mark) && (value === '' || value.includes('/'))) return false
    }
    if (name.startsWith('$') && !entry.value.startsWith('$')) return false
    return matches(filled(entry.value, user, client), name)
  })
}

function filled(pattern: string, user: string | null, client: string): string {
  return pattern.replace(/%[cu]/g, (mark) => (mark === '%c' ? client : user!))
}

function matches(wanted: string, name: string): boolean {
  if (name.startsWith('$') && /^[+#]/.test(wanted)) return false
  const part = (filters: readonly string[], names: readonly string[]): boolean => {
    if (filters[0] === '#') return true
    if (filters.length === 0 || names.length === 0) return filters.length === names.length
    return (filters[0] === '+' || filters[0] === names[0]) && part(filters.slice(1), names.slice(1))
  }
  return part(wanted.split('/'), name.split('/'))
}
