// The reference that is written from our tables, helps and declarations: how manual pages and the API page are made from them.
// Whether the written ones are up to date, `npm test` asks the scripts themselves.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { declarationsIn } from '../../scripts/api.mjs'
import { commandPage } from '../../scripts/man.mjs'
import { root } from '../../scripts/project.mjs'

const manuals = join(root, 'man')
const pages = readdirSync(manuals)
const hasMan = spawnSync('man', ['--version'], { stdio: 'ignore' }).status === 0

const HELP = `zanzara lamp switches a lamp.

Usage: zanzara lamp on|off [-c FILE]
       zanzara lamp --help

  -c, --config-file FILE   where it hangs;
                           .hidden files too
  --slow                   not at once
on    makes it shine,
      by itself

Text with a C:\\path, and 'quotes'.

Exit code: 0 it shines, 1 it does not.

Examples:
  zanzara lamp on
  .profile and more
`

test('a help becomes a page: synopsis, flags, text, exit codes, examples; nothing in it is taken for a request', () => {
  expect(commandPage(['lamp'], HELP, '1.2.3').split('\n').slice(1)).toEqual([
    '.TH ZANZARA-LAMP 1 "" "zanzara 1.2.3" "Zanzara"',
    '.SH NAME',
    'zanzara\\-lamp \\- switches a lamp',
    '.SH SYNOPSIS',
    '.nf',
    'zanzara lamp on|off [\\-c FILE]',
    'zanzara lamp \\-\\-help',
    '.fi',
    '.SH DESCRIPTION',
    '.TP',
    '.B \\-c, \\-\\-config\\-file FILE',
    'where it hangs;',
    '\\&.hidden files too',
    '.TP',
    '.B \\-\\-slow',
    'not at once',
    '.TP',
    '.B on',
    'makes it shine,',
    'by itself',
    '.PP',
    "Text with a C:\\epath, and 'quotes'.",
    '.SH EXIT STATUS',
    '0 it shines, 1 it does not.',
    '.SH EXAMPLES',
    '.nf',
    'zanzara lamp on',
    '\\&.profile and more',
    '.fi',
    '.SH SEE ALSO',
    '.BR zanzara (1)',
    '',
  ])
})

test.skipIf(!hasMan)('man shows every page, and has nothing to complain of', () => {
  const { stdout, stderr } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', ...pages.map((page) => join(manuals, page))], {
    encoding: 'utf8',
    env: { ...process.env, LANG: 'C.UTF-8', MANWIDTH: '100', PAGER: 'cat', MANPAGER: 'cat' },
  })
  expect(stderr).toBe('')
  const text = stdout.replace(/.\x08/g, '')
  for (const page of pages) expect(text).toContain(`${page.slice(0, -2).toUpperCase()}(${page.at(-1)})`)
  expect(text).toMatch(/zanzara-sub - subscribes to topics/)
})

test('declarations are read with their sentences; overloads are one, what is private is none', () => {
  const text = [
    '/** Of the file. */',
    "import { A } from './a.js';",
    '/**',
    ' * Opens it.',
    ' * @throws Error when it is locked',
    ' */',
    'export declare function open(name: string): A;',
    'export declare function open(name: number): A;',
    'declare const hidden: 1;',
    '/** A door; "}" is no end. */',
    'export declare class Door {',
    '    #private;',
    "    readonly sign: '}';",
    '    /** Of it. */',
    '    get size(): number;',
    '}',
    '',
  ].join('\n')
  expect(declarationsIn('x.d.ts', text)).toEqual([
    {
      file: 'x.d.ts',
      name: 'open',
      comment: 'Opens it.\n\nThrows Error when it is locked',
      texts: ['function open(name: string): A;', 'function open(name: number): A;'],
    },
    {
      file: 'x.d.ts',
      name: 'Door',
      comment: 'A door; "}" is no end.',
      texts: ["class Door {\n  readonly sign: '}';\n  /** Of it. */\n  get size(): number;\n}"],
    },
  ])
})
