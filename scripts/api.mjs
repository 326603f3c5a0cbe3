// Writes docs/api.md from the declarations of the build: every name that the package exports, with its sentence and its type.
// `npm run api` writes it; `--check` only says whether it is up to date. Reads the text that the compiler writes, which is regular: no parser needed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ensureBuilt } from './ensure-built.mjs'
import { isMain, root } from './project.mjs'

/** @typedef {{ file: string, name: string, comment: string, texts: string[] }} Declaration */

/** @type {Readonly<Record<string, string>>} What each part is; a part without a row is an error. */
const PARTS = {
  './client': 'The client, for Node. In browsers the same names, without what needs Node.',
  './broker': 'The broker in a program. [With examples](broker-api.md).',
  './capture': 'Captures: reading, filtering, writing.',
  './testing': 'A broker for tests.',
  './wire': 'The codec alone: bytes to packets and back.',
  './topic': 'Topic Names and Topic Filters.',
}

/** Lists of exports, with or without `type`: `export { a, type B as C } from './d.js'`. */
const LIST = /^export (?:type )?\{([^}]*)\} from '([^']+)';$/gm
const ALL = /^export \* from '([^']+)';$/gm
const OWN = /^export (?:declare )?(?:abstract )?(?:interface|class|type|function|const) (\w+)/

/**
 * What a file of declarations exports, by name.
 * @param {string} file path below dist/
 * @returns {Map<string, Declaration>}
 */
export function exportsOf(file) {
  const text = readFileSync(join(root, 'dist', file), 'utf8')
  /** @param {string} target */
  const at = (target) => posix.join(posix.dirname(file), target.replace(/\.js$/, '.d.ts'))
  /** @type {Map<string, Declaration>} */
  const found = new Map()
  for (const declaration of declarationsIn(file, text)) found.set(declaration.name, declaration)
  for (const [, target] of text.matchAll(ALL)) if (target !== undefined) for (const [name, declaration] of exportsOf(at(target))) found.set(name, declaration)
  for (const [, list, target] of text.matchAll(LIST)) {
    if (list === undefined || target === undefined) continue
    const others = exportsOf(at(target))
    for (const item of list.split(',').map((word) => word.trim().replace(/^type /, ''))) {
      if (item === '') continue
      const [name, renamed] = item.split(' as ')
      const declaration = others.get(name ?? '')
      if (declaration === undefined) throw new Error(`dist/${file} exports ${name}, which dist/${at(target)} does not have`)
      found.set(renamed ?? declaration.name, declaration)
    }
  }
  return found
}

/**
 * The exported declarations of a file itself; overloads are one.
 * @param {string} file
 * @param {string} text
 * @returns {Declaration[]}
 */
export function declarationsIn(file, text) {
  /** @type {Map<string, Declaration>} */
  const found = new Map()
  const lines = text.split('\n')
  let comment = ''
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line.startsWith('/**')) {
      let end = at
      while (!lines[end]?.includes('*/')) end++
      comment = sentencesOf(lines.slice(at, end + 1).join('\n'))
      at = end
      continue
    }
    const [, name] = OWN.exec(line) ?? []
    if (name !== undefined) {
      let end = at
      while (!isWhole(lines.slice(at, end + 1).join('\n'))) end++
      const code = lines.slice(at, end + 1).join('\n')
      const known = found.get(name)
      if (known === undefined) found.set(name, { file, name, comment, texts: [shown(code)] })
      else known.texts.push(shown(code))
      at = end
    }
    if (line !== '') comment = ''
  }
  return [...found.values()]
}

/**
 * Whether a declaration is complete: brackets closed, and an end.
 * @param {string} code
 */
function isWhole(code) {
  const bare = code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''")
  const depth = [...bare].reduce((sum, sign) => sum + ('{[('.includes(sign) ? 1 : '}])'.includes(sign) ? -1 : 0), 0)
  return depth === 0 && /[;}]$/.test(bare)
}

/**
 * The text of a comment without its frame.
 * @param {string} comment
 */
function sentencesOf(comment) {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
    .trim()
    .replace(/\n?^@(\w+) /gm, (_, tag) => (tag === 'throws' ? '\n\nThrows ' : `\n\n${tag}: `))
}

/**
 * As users see it: without `export declare`, what is private, and half of the indentation.
 * @param {string} code
 */
function shown(code) {
  return code
    .replace(/^export (?:declare )?/, '')
    .replace(/^ {4}#private;\n/gm, '')
    .replace(/^(?: {4})+/gm, (spaces) => ' '.repeat(spaces.length / 2))
}

/** @param {ReadonlyMap<string, Declaration>} names */
const sorted = (names) => [...names].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))

/** @returns {string} */
export function apiPage() {
  /** @type {{ exports: Readonly<Record<string, { types?: string }>> }} */
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const lines = [
    '# The library, name by name',
    '',
    'Written by `npm run api` from the declarations; do not edit. [The guide](guide/library.md) shows how the parts are used. A name that several parts export',
    'is told once.',
  ]
  /** @type {Map<string, string>} By file and name, where it stands. */
  const places = new Map()
  /** @type {string[]} */
  const body = []
  /** @param {readonly (readonly [string, Declaration])[]} names */
  const tell = (names) => {
    for (const [name, declaration] of names) {
      const anchor = `${name.toLowerCase()}${[...places.values()].includes(name.toLowerCase()) ? '-1' : ''}`
      places.set(`${declaration.file} ${declaration.name}`, anchor)
      body.push(
        '',
        `### ${name}`,
        '',
        ...(declaration.comment === '' ? [] : [declaration.comment, '']),
        '```ts',
        ...declaration.texts.flatMap((code) => code.split('\n')),
        '```',
      )
    }
  }
  /** @param {readonly (readonly [string, Declaration])[]} names */
  const links = (names) => names.map(([name, { file, name: own }]) => `[\`${name}\`](#${places.get(`${file} ${own}`)})`).join(', ')
  /** @param {Declaration} declaration */
  const isTold = ({ file, name }) => places.has(`${file} ${name}`)
  for (const [part, about] of Object.entries(PARTS)) {
    const types = exports[part]?.types
    if (types === undefined) continue
    const names = sorted(exportsOf(types.replace('./dist/', '')))
    const elsewhere = names.filter(([, declaration]) => isTold(declaration))
    body.push('', `## zanzara${part.slice(1)}`, '', about)
    if (elsewhere.length > 0) body.push('', `Also ${links(elsewhere)}.`)
    tell(names.filter(([, declaration]) => !isTold(declaration)))
  }
  const unknown = Object.entries(exports).filter(([part, { types }]) => part !== '.' && types !== undefined && PARTS[part] === undefined)
  if (unknown.length > 0) throw new Error(`${unknown.map(([part]) => part).join(', ')} has no row in scripts/api.mjs`)
  const all = sorted(exportsOf('index.d.ts'))
  const elsewhere = all.filter(([, declaration]) => isTold(declaration))
  body.push('', '## zanzara', '', `The names that most programs need: ${links(elsewhere)}, and`)
  tell(all.filter(([, declaration]) => !isTold(declaration)))
  return `${[...lines, ...body].join('\n')}\n`
}

if (isMain(import.meta.url)) {
  ensureBuilt()
  const target = join(root, 'docs', 'api.md')
  const page = apiPage()
  const names = page.match(/^### /gm)?.length ?? 0
  if (!process.argv.includes('--check')) {
    writeFileSync(target, page)
    console.log(`docs/api.md: ${names} names`)
  } else if (existsSync(target) && readFileSync(target, 'utf8') === page) console.log(`${names} names`)
  else {
    console.error('docs/api.md is not up to date: run `npm run api`')
    process.exitCode = 1
  }
}
