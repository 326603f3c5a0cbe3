// ACL files as people write them: who may do what, which line decides, and what is said of lines that are wrong.
// That the compiled rules mean what the file says is acl-law.test.ts.

import { expect, test } from 'vitest'
import { AccessFileError } from '../../src/auth/access-file.ts'
import { AclFile } from '../../src/auth/acl-file.ts'
import { FileAuthorizer } from '../../src/auth/file-authorizer.ts'

function acl(...lines: readonly string[]): AclFile {
  return aclOf(`${lines.join('\n')}\n`)
}

function aclOf(text: string | Uint8Array): AclFile {
  return new AclFile('acl', { read: () => ({ bytes: Buffer.from(text as string), notes: [] }) })
}

const FILE = [
  '# comments are skipped', // 1
  'topic read news/#', // 2
  '', // 3
  'user ann', // 4
  'topic home/#', // 5
  'topic deny home/safe/+', // 6
  'topic read $SYS/broker/uptime', // 7
  'topic write out/with space/x', // 8
  'pattern write dev/%c/up', // 9
  'pattern readwrite users/%u/#', // 10
  'pattern deny users/%u/sealed', // 11
  'user bob', // 12
  'user ann', // 13
  'topic later', // 14
]

test.each<[string, string | null, string, 'read' | 'write', string, boolean, number | null]>([
  ['lines before the first user are for clients without a name', null, 'c', 'read', 'news/today', true, 2],
  ['not for others', 'ann', 'c', 'read', 'news/today', false, null],
  ['read does not let write', null, 'c', 'write', 'news/today', false, null],
  ['no access word grants both', 'ann', 'c', 'write', 'home/lamp', true, 5],
  ['# also matches the level above', 'ann', 'c', 'read', 'home', true, 5],
  ['deny counts before what grants, wherever it stands', 'ann', 'c', 'read', 'home/safe/door', false, 6],
  ['deny matches only what its filter says', 'ann', 'c', 'read', 'home/safe', true, 5],
  ['$SYS by name', 'ann', 'c', 'read', '$SYS/broker/uptime', true, 7],
  ['the rest of a line is the filter, with its spaces', 'ann', 'c', 'write', 'out/with space/x', true, 8],
  ['a pattern is for everybody, also without a name', null, 'd7', 'write', 'dev/d7/up', true, 9],
  ['of another client', null, 'd7', 'write', 'dev/d8/up', false, null],
  ['patterns by user name', 'bob', 'c', 'read', 'users/bob/x', true, 10],
  ['of another user', 'bob', 'c', 'read', 'users/ann/x', false, null],
  ['a deny pattern', 'bob', 'c', 'read', 'users/bob/sealed', false, 11],
  ['%u means nothing without a user name', null, 'c', 'read', 'users/%u/x', false, null],
  ['a user may come twice', 'ann', 'c', 'read', 'later', true, 14],
  ['nothing is granted that is not said', 'zoe', 'c', 'read', 'home/lamp', false, null],
  ['a slash in a name opens no deeper level', null, 'x/y', 'write', 'dev/x/y/up', false, null],
])('%s', (_what, user, client, access, topic, allowed, line) => {
  const file = acl(...FILE)
  expect(file.check(user, client, access, topic)).toBe(allowed)
  const explained = file.explain(user, client, access, topic)
  expect([explained.allowed, explained.rule?.line ?? null]).toEqual([allowed, line])
  expect(explained.rule?.text ?? null).toBe(line === null ? null : FILE[line - 1])
})

test('a wildcard grants nothing that begins with $', () => {
  const file = acl('user ann', 'topic #', 'topic +/broker/#', 'pattern %u/#')
  expect(file.check('ann', 'c', 'read', 'anything')).toBe(true)
  expect(file.check('ann', 'c', 'read', '$SYS/broker/uptime')).toBe(false)
  expect(file.check('$SYS', 'c', 'read', '$SYS/broker/uptime')).toBe(false)
})

test('a name with + or # reaches no pattern, not even one without names in it', () => {
  const file = acl('user #', 'topic own', 'pattern read all/#', 'pattern write dev/%c')
  expect(file.check('#', 'c', 'read', 'own')).toBe(true) // its own rules are no patterns
  expect(file.check('#', 'c', 'read', 'all/x')).toBe(false)
  expect(file.check('ann', '+', 'write', 'dev/anybody')).toBe(false)
  expect(file.explain('ann', 'a+', 'read', 'all/x')).toMatchObject({ allowed: false, dangerousName: 'client id', rule: null })
})

test('a deny pattern holds for a name with a slash too', () => {
  const file = acl('pattern read #', 'pattern deny secret/%u/x')
  expect(file.check('a/b', 'c', 'read', 'secret/a/b/x')).toBe(false)
  expect(file.check('a/b', 'c', 'read', 'secret/a/c/x')).toBe(true)
})

test('a shared filter is a filter like others', () => {
  const file = acl('topic $share/g/a')
  expect(file.check(null, 'c', 'read', 'a')).toBe(false)
  expect(file.check(null, 'c', 'read', '$share/g/a')).toBe(true)
})

test('an empty file denies everything', () => {
  for (const text of ['', '\n', '# nothing\n', '\ufeff']) expect(aclOf(text).check(null, 'c', 'read', 'a')).toBe(false)
})

test('line ends of Windows, a byte order mark and a last line without an end', () => {
  const file = aclOf('\ufefftopic read a\r\nuser ann\r\ntopic b')
  expect([file.check(null, 'c', 'read', 'a'), file.check('ann', 'c', 'write', 'b')]).toEqual([true, true])
})

test('comments may be in any encoding', () => {
  expect(aclOf(Uint8Array.of(0x23, 0xe9, 0x0a, ...Buffer.from('topic a'))).check(null, 'c', 'read', 'a')).toBe(true)
})

test.each([
  ['topik a', 'Invalid line in acl_file "acl": topik.'],
  ['\ttopic a', 'Invalid line in acl_file "acl": \\x09topic.'],
  [' # not a comment', 'Invalid line in acl_file "acl": #.'],
  ['topic', 'Empty topic in acl_file "acl".'],
  ['topic   ', 'Empty topic in acl_file "acl".'],
  ['topic raed a', 'Invalid topic access type "raed" in acl_file "acl".'],
  ['topic read a#', 'Invalid ACL topic "a#" in acl_file "acl".'],
  ['pattern read a/%c+/b', 'Invalid ACL topic "a/%c+/b" in acl_file "acl".'],
  ['topic #/a', 'Invalid ACL topic "#/a" in acl_file "acl".'],
  [`topic ${'x'.repeat(1 << 20)}`, `Invalid ACL topic "${'x'.repeat(100)}…" in acl_file "acl".`],
  ['user', 'Missing username in acl_file "acl".'],
  ['user  ', 'Missing username in acl_file "acl".'],
  ['topic a\0', 'Invalid line in acl_file "acl".'],
])('%j is refused with its line', (line, message) => {
  const refused = (): AclFile => acl('topic fine', line, 'topic fine')
  expect(refused).toThrow(AccessFileError)
  expect(refused).toThrow(expect.objectContaining({ message, line: 2, file: 'acl' }))
})

test('a word of access alone is a topic', () => {
  expect(acl('topic read').check(null, 'c', 'write', 'read')).toBe(true)
})

test('a pattern without names is warned of, and works', () => {
  const file = acl('pattern read a/+')
  expect(file.notes).toEqual([{ type: 'warning', text: "Warning: ACL pattern 'a/+' does not contain '%c' or '%u'." }])
  expect(file.check('ann', 'c', 'read', 'a/b')).toBe(true)
})

test('why nothing grants', () => {
  const file = acl('topic read a/#', 'user ann', 'topic write a/#')
  const why = (user: string | null, access: 'read' | 'write'): string => file.explain(user, 'c', access, 'a/b').reason
  expect(why(null, 'write')).toBe('no rule grants write; line 1 matches, but grants read only')
  expect(why('ann', 'read')).toBe('no rule grants read; line 3 matches, but grants write only')
  expect(why('bob', 'read')).toBe("no rule matches: the file has no lines for user 'bob', and no pattern fits")
})

test('ten thousand rules of one user are no slower to ask than a few', () => {
  const few = acl('user ann', 'topic read a/1/x')
  const many = acl('user ann', ...Array.from({ length: 10_000 }, (_, i) => `topic ${i % 7 === 0 ? 'deny' : 'read'} a/${i}/x`))
  const timed = (file: AclFile): number => {
    let best = Infinity
    for (let round = 0; round < 5; round++) {
      const start = performance.now()
      for (let i = 0; i < 2000; i++) file.check('ann', 'c', 'read', 'a/1/x')
      best = Math.min(best, performance.now() - start)
    }
    return best
  }
  expect([few.check('ann', 'c', 'read', 'a/1/x'), many.check('ann', 'c', 'read', 'a/1/x'), many.check('ann', 'c', 'read', 'a/7/x')]).toEqual([
    true,
    true,
    false,
  ])
  expect(timed(many)).toBeLessThan(timed(few) * 20 + 5) // one by one it would be thousands of times
})

test('a reload that fails changes nothing; one that succeeds makes remembered answers void', () => {
  let text = 'topic a'
  const file = new AclFile('acl', { read: () => ({ bytes: Buffer.from(text), notes: [] }) })
  const authorizer = new FileAuthorizer({ aclFile: file })
  const before = authorizer.generation
  text = 'nonsense'
  expect(() => file.reload()).toThrow('Invalid line')
  expect([authorizer.mayPublish('c', null, 'a'), authorizer.generation]).toEqual(['allow', before])
  text = 'topic b'
  const swap = file.prepare()
  expect([authorizer.mayPublish('c', null, 'a'), authorizer.generation]).toEqual(['allow', before])
  swap()
  expect([authorizer.mayPublish('c', null, 'a'), authorizer.mayReceive('c', null, 'b')]).toEqual(['deny', 'allow'])
  expect(authorizer.generation).toBeGreaterThan(before)
})

test('without a file everything is allowed; another file in its place makes remembered answers void', () => {
  const authorizer = new FileAuthorizer({ aclFile: null })
  const generations = [authorizer.generation]
  expect([authorizer.mayPublish('c', null, 'a'), authorizer.mayReceive('c', null, '$SYS/x'), authorizer.maySubscribe()]).toEqual(['allow', 'allow', 'allow'])
  for (const file of [acl('topic a'), null, acl('topic b')]) {
    authorizer.replace(file)
    generations.push(authorizer.generation)
  }
  expect(new Set(generations).size).toBe(4)
  expect(generations).toEqual([...generations].sort((a, b) => a - b))
  expect([authorizer.mayPublish('c', null, 'a'), authorizer.mayPublish('c', null, 'b')]).toEqual(['deny', 'allow'])
})

test('sys_acl admin: without a file nobody reads $SYS; with one, those whom it names', () => {
  const authorizer = new FileAuthorizer({ aclFile: null, sysNeedsRule: true })
  const reads = (): string[] => ['$SYS', '$SYS/broker/uptime', '$SYSTEM', 'a'].map((topic) => authorizer.mayReceive('c', null, topic))
  expect(reads()).toEqual(['deny', 'deny', 'allow', 'allow'])
  authorizer.replace(acl('topic read $SYS/#'))
  expect(reads()).toEqual(['allow', 'allow', 'deny', 'deny'])
})

test('SUBSCRIBE is never refused by a file', () => {
  expect(new FileAuthorizer({ aclFile: acl('topic deny #') }).maySubscribe()).toBe('allow')
})

test('a dangerous name is logged once; a plugin option denies it everything', () => {
  const lines: string[] = []
  const log = { write: (type: string, line: string): void => void lines.push(`${type}: ${line}`) }
  const authorizer = new FileAuthorizer({ aclFile: acl('user u#', 'topic own', 'pattern %c'), log })
  for (let i = 0; i < 3; i++) expect([authorizer.mayPublish('c', 'u#', 'c'), authorizer.mayPublish('c+', 'ann', 'c+')]).toEqual(['deny', 'deny'])
  expect(authorizer.mayPublish('c', 'u#', 'own')).toBe('allow')
  expect(lines).toEqual([
    'notice: ACL denying access to client with dangerous username "u#"',
    'notice: ACL denying access to client with dangerous client id "c+"',
  ])
  authorizer.replace(null, true)
  expect([authorizer.mayPublish('c', 'u#', 'own'), authorizer.mayPublish('c', 'ann', 'own')]).toEqual(['deny', 'allow'])
  expect(lines).toHaveLength(3)
})
