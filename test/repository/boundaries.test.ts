// Plants one fault at a time in a small project and expects the import check to name it.
// The healthy project around it must pass, so that each finding is the planted one.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { checkBoundaries, importsOf, withoutComments } from '../../scripts/check-boundaries.mjs'

const HEALTHY = {
  'base/link.ts': 'export interface Link {}\n',
  'wire/framer.ts': "import type { Link } from '../base/link.ts'\nexport const framer = (link: Link): Link => link\n",
  'session/connection.ts': "import { framer } from '../wire/framer.ts'\nexport const connection = framer\n",
  'broker/broker.ts':
    "import { connection } from '../session/connection.ts'\n// setTimeout and Date.now() are only mentioned here\nexport const broker = [connection, 'Math.random']\n",
  'net/tcp.ts': "import { createServer } from 'node:net'\nimport { WebSocketServer } from 'ws'\nexport const tcp = [createServer, WebSocketServer]\n",
  'client/client.ts': 'export const client = 1\n',
  'client/node.ts': "import { tcp } from '../net/tcp.ts'\nimport { client } from './client.ts'\nexport const node = [tcp, client]\n",
  'cli/zanzara.ts': "import { node } from '../client/node.ts'\nexport const run = async (): Promise<unknown> => [node, await import('../broker/broker.ts')]\n",
}

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function problemsWith(planted: Readonly<Record<string, string>>): string[] {
  const project = mkdtempSync(join(tmpdir(), 'boundaries-'))
  folders.push(project)
  for (const [name, text] of Object.entries({ ...HEALTHY, ...planted })) {
    const path = join(project, 'src', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return checkBoundaries(project).problems
}

test('a healthy project passes', () => {
  expect(problemsWith({})).toEqual([])
})

test.each<[string, Record<string, string>, string]>([
  ['an upward import', { 'wire/framer.ts': "import { broker } from '../broker/broker.ts'\nexport const x = broker\n" }, 'wire/ must not import broker/'],
  ['an upward import of a type', { 'base/link.ts': "import type { F } from '../wire/framer.ts'\nexport type L = F\n" }, 'base/ must not import wire/'],
  ['an upward re-export', { 'base/link.ts': "export * from '../wire/framer.ts'\n" }, 'base/ must not import wire/'],
  [
    'an upward import over several lines',
    { 'session/connection.ts': "import {\n  broker,\n} from '../broker/broker.ts'\nexport const x = broker\n" },
    'session/ must not import broker/',
  ],
  ['an upward lazy import', { 'broker/broker.ts': "export const x = (): Promise<unknown> => import('../net/tcp.ts')\n" }, 'broker/ must not import net/'],
  ['an import for its effect', { 'wire/framer.ts': "import '../net/tcp.ts'\n" }, 'wire/ must not import net/'],
  [
    "a module of Node's in the core",
    { 'broker/broker.ts': "import { readFileSync } from 'node:fs'\nexport const x = readFileSync\n" },
    'imports node:fs, but must run in a browser',
  ],
  ['a package in the core', { 'wire/framer.ts': "import mqtt from 'mqtt-packet'\nexport const x = mqtt\n" }, 'imports mqtt-packet, but must run in a browser'],
  [
    "a module of Node's in the browser client",
    { 'client/client.ts': "import { connect } from 'node:net'\nexport const x = connect\n" },
    'imports node:net, but must run in a browser',
  ],
  [
    'the Node client reached from the browser client',
    { 'client/client.ts': "import type { N } from './node.ts'\nexport type X = N\n" },
    'must not import client/node.ts',
  ],
  [
    'sockets reached from the browser client',
    { 'client/client.ts': "import { tcp } from '../net/tcp.ts'\nexport const x = tcp\n" },
    'only a Node entry may import net/tcp.ts',
  ],
  ['ws outside of net/', { 'cli/zanzara.ts': "import { WebSocket } from 'ws'\nexport const x = WebSocket\n" }, 'imports ws, which only net/ may'],
  ['a folder without a row', { 'extras/thing.ts': 'export const x = 1\n' }, 'folder extras/ has no row'],
  ['a vague name', { 'wire/byte-utils.ts': 'export const x = 1\n' }, 'name the thing'],
  ['a name in camel case', { 'wire/topicFilter.ts': 'export const x = 1\n' }, 'kebab-case'],
  ['a file too long', { 'wire/long.ts': `${'export {}\n'.repeat(451)}` }, '451 lines'],
  ['a default export', { 'wire/framer.ts': 'export default 1\n' }, 'default export'],
  [
    'a cycle',
    { 'wire/a.ts': "import { b } from './b.ts'\nexport const a = b\n", 'wire/b.ts': "import { a } from './a.ts'\nexport const b = a\n" },
    'cycle: wire/a.ts -> wire/b.ts -> wire/a.ts',
  ],
  ['a clock in the core', { 'session/connection.ts': 'export const x = (): number => Date.now()\n' }, 'line 1 uses Date.now'],
  ['chance in the core', { 'broker/broker.ts': '/* one\n two */\nexport const x = (): number => Math.random()\n' }, 'line 3 uses Math.random'],
  ['a timer in the core', { 'base/link.ts': "export const x = 'it\\'s'; setTimeout(() => {}, 1)\n" }, 'uses setTimeout'],
])('%s is found', (_, planted, message) => {
  // an upward import closes a cycle, too
  const problems = problemsWith(planted).filter((problem) => problem.startsWith('cycle') === message.startsWith('cycle'))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(message)
})

test('a cycle of types alone is none', () => {
  expect(
    problemsWith({
      'wire/a.ts': "import type { B } from './b.ts'\nexport type A = B | 1\n",
      'wire/b.ts': "import type { A } from './a.ts'\nexport type B = A[]\n",
    }),
  ).toEqual([])
})

test('imports are told apart from what looks like them', () => {
  const text = withoutComments(
    "// import a from 'x'\n/* import b from 'y' */\nexport type T = number\nimport { c } from './c.ts'\nimport type { D } from './d.ts'\nconst e = 'from'\nexport { f } from './f.ts'\n",
    true,
  )
  expect(importsOf(text)).toEqual([
    { target: './c.ts', typeOnly: false, lazy: false },
    { target: './d.ts', typeOnly: true, lazy: false },
    { target: './f.ts', typeOnly: false, lazy: false },
  ])
})
