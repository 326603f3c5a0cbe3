// Checks src/: who imports whom, what must run in a browser, cycles, names and lengths of files. Run: node scripts/check-boundaries.mjs [project]
// The table is the architecture (docs/architecture.md); a new folder gets its row here first.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { filesBelow, isMain, root } from './project.mjs'

const CORE = ['base', 'wire', 'session', 'broker']

/** Which folders a folder may import; null = any.  @type {Record<string, readonly string[] | null>} */
const MAY_IMPORT = {
  base: [],
  wire: ['base'],
  session: ['base', 'wire'],
  broker: ['base', 'wire', 'session'],
  client: ['base', 'wire', 'session', 'net'],
  store: ['base', 'wire', 'broker'],
  auth: ['base', 'wire', 'broker'],
  net: ['base', 'wire'],
  certs: [],
  config: ['base', 'wire', 'broker'],
  bridge: ['base', 'wire', 'session', 'broker', 'client'],
  cluster: ['base', 'wire', 'broker', 'store'],
  gateway: ['base', 'wire', 'session', 'broker'],
  faults: ['base', 'wire', 'net', 'capture', 'dissect', 'filter', 'analyse'],
  server: [...CORE, 'client', 'store', 'auth', 'net', 'certs', 'config', 'bridge', 'cluster', 'gateway', 'capture', 'faults'],
  testing: [...CORE, 'client', 'server', 'faults', 'capture', 'dissect', 'filter', 'analyse'],
  capture: ['base'],
  dissect: ['base', 'wire'],
  filter: ['base', 'dissect'],
  analyse: ['base', 'wire', 'capture', 'dissect', 'filter'],
  print: ['base', 'wire', 'dissect', 'analyse'],
  console: [...CORE, 'client', 'store', 'capture', 'dissect', 'filter', 'analyse', 'print'],
  cli: null,
  'index.ts': null,
}

/** Type-only imports that are allowed beyond the table.  @type {Record<string, readonly string[]>} */
const TYPES_ONLY = { auth: ['session'], console: ['server'], dissect: ['capture'] }

/** Files that may import Node's modules and packages; everything else must run in a browser. */
const NODE_ALLOWED = [
  /^index\.ts$/,
  /^(net|auth|certs|config|server|cluster|cli|testing|faults)\//,
  /^store\/(?!memory|journal\.ts)/,
  /^capture\/(live|files|tls-crypto-node)\.ts$/,
  /^analyse\/(node|read-capture-file|write-capture-file)\.ts$/,
  /^client\/(node|file-store)\.ts$/,
]

/** Packages that browser code may import, by folder.  @type {Record<string, RegExp>} */
const BROWSER_PACKAGES = { console: /^(preact|@preact\/|uplot|@tanstack\/)/ }

const ADMIN = /^server\/admin\//

/** Packages, by the one folder that may import each; types of them are free.  @type {Record<string, RegExp>} */
const PACKAGE_HOME = { ws: /^net\//, hono: ADMIN, 'hono/body-limit': ADMIN, 'hono/cookie': ADMIN, '@hono/node-server': ADMIN, valibot: ADMIN }

/** Folders whose Node part only a Node entry may reach: from, into, except in these files, or into these files. */
const NODE_ENTRIES = [
  { from: 'client', into: 'net', except: /^client\/node\.ts$/, allowed: /^$/ },
  { from: 'console', into: 'store', except: /^$/, allowed: /^store\/memory/ },
]

/** What the core has not: clock, randomness, timers, a console. They come in through ports. */
const OUTSIDE_WORLD =
  /\b(?:Date\.now|new Date|performance\.now|Math\.random|crypto\.|setTimeout|setInterval|setImmediate|queueMicrotask|console\.|process\.|globalThis)/

const LINES = 450
const VAGUE = /(?:(?:^|-)(?:utils?|helpers?|common|misc|managers?)|^shared)\./

/**
 * Comments and the contents of strings become blanks, line ends stay; `keepStrings` keeps the strings.
 * @param {string} text
 * @param {boolean} keepStrings
 */
export function withoutComments(text, keepStrings) {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=[=(,:[!&|?{};\n]\s*|\breturn\s)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g,
    (found) => (keepStrings && !found.startsWith('//') && !found.startsWith('/*') ? found : found.replace(/[^\n]/g, ' ')),
  )
}

/**
 * @typedef {{ target: string, typeOnly: boolean, lazy: boolean }} Import
 * @param {string} text source without comments
 * @returns {Import[]}
 */
export function importsOf(text) {
  /** @type {Import[]} */
  const found = []
  const STATEMENT = /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w$*\s,]*(?:\{[^}]*\})?\s*from\s*)?(['"])([^'"\n]+)\2/gm
  for (const [, type, , target] of text.matchAll(STATEMENT)) found.push({ target: target ?? '', typeOnly: type !== undefined, lazy: false })
  for (const [, , target] of text.matchAll(/\bimport\s*\(\s*(['"])([^'"\n]+)\1\s*\)/g)) found.push({ target: target ?? '', typeOnly: false, lazy: true })
  return found
}

/**
 * All faults of a project's src/, one sentence each.
 * @param {string} project
 * @returns {{ files: number, problems: string[] }}
 */
export function checkBoundaries(project) {
  const src = join(project, 'src')
  /** @type {string[]} */
  const problems = []
  /** Run-time imports, lazy ones included.  @type {Map<string, string[]>} */
  const graph = new Map()
  const files = filesBelow(src).filter((name) => /\.tsx?$/.test(name))
  for (const file of files) {
    const text = readFileSync(join(src, file), 'utf8')
    const folder = folderOf(file)
    if (!(folder in MAY_IMPORT)) {
      problems.push(`${file}: folder ${folder}/ has no row in the import table (scripts/check-boundaries.mjs)`)
      continue
    }
    problems.push(...shapeProblems(file, text))
    const code = withoutComments(text, true)
    const edges = []
    for (const { target, typeOnly, lazy } of importsOf(code)) {
      if (!target.startsWith('.')) {
        const problem = packageProblem(file, folder, target, typeOnly)
        if (problem !== null) problems.push(problem)
        continue
      }
      const to = posix.normalize(posix.join(posix.dirname(file), target))
      if (!typeOnly) edges.push(to)
      const problem = folderProblem(file, folder, to, typeOnly)
      if (problem !== null) problems.push(problem)
      else if (lazy && CORE.includes(folder)) problems.push(`${file}: loads ${target} lazily; the core is there at once`)
    }
    graph.set(file, edges)
  }
  problems.push(...cycles(graph))
  return { files: files.length, problems }
}

/** @param {string} file */
const folderOf = (file) => file.split('/')[0] ?? ''

/**
 * @param {string} file
 * @param {string} text
 */
function shapeProblems(file, text) {
  const problems = []
  const name = posix.basename(file)
  const lines = text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length
  const code = withoutComments(text, false)
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(name)) problems.push(`${file}: file names are kebab-case`)
  if (VAGUE.test(name)) problems.push(`${file}: name the thing, not its vagueness`)
  if (lines > LINES) problems.push(`${file}: ${lines} lines; split it (limit ${LINES}, aim 100 to 400)`)
  if (/^\s*export\s+default\b/m.test(code)) problems.push(`${file}: default export`)
  if (CORE.includes(folderOf(file))) {
    const outside = OUTSIDE_WORLD.exec(code)
    if (outside !== null)
      problems.push(`${file}: line ${code.slice(0, outside.index).split('\n').length} uses ${outside[0]}; the core gets time and chance as arguments`)
  }
  return problems
}

/**
 * @param {string} file
 * @param {string} folder
 * @param {string} target
 * @param {boolean} typeOnly
 */
function packageProblem(file, folder, target, typeOnly) {
  const home = PACKAGE_HOME[target]
  if (!NODE_ALLOWED.some((rule) => rule.test(file)) && BROWSER_PACKAGES[folder]?.test(target) !== true)
    return `${file}: imports ${target}, but must run in a browser`
  if (home !== undefined && !typeOnly && !home.test(file)) return `${file}: imports ${target}, which only ${home.source.replace(/[\\^]/g, '')} may`
  return null
}

/**
 * @param {string} file
 * @param {string} folder
 * @param {string} to
 * @param {boolean} typeOnly
 */
function folderProblem(file, folder, to, typeOnly) {
  const toFolder = folderOf(to)
  const allowed = MAY_IMPORT[folder] ?? null
  if (to.startsWith('..')) return `${file}: imports ${to} from outside of src/`
  if (toFolder !== folder && allowed !== null && !allowed.includes(toFolder) && !(typeOnly && TYPES_ONLY[folder]?.includes(toFolder) === true)) {
    return `${file}: ${folder}/ must not import ${toFolder}/ (${to})`
  }
  for (const entry of NODE_ENTRIES) {
    if (folder === entry.from && toFolder === entry.into && !entry.except.test(file) && !entry.allowed.test(to))
      return `${file}: only a Node entry may import ${to}`
  }
  if (folder === toFolder && !NODE_ALLOWED.some((rule) => rule.test(file)) && NODE_ALLOWED.some((rule) => rule.test(to)))
    return `${file}: runs in a browser and must not import ${to}`
  return null
}

/** @param {ReadonlyMap<string, readonly string[]>} graph */
function cycles(graph) {
  /** @type {string[]} */
  const problems = []
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map()
  /** @type {(file: string, path: readonly string[]) => void} */
  const visit = (file, path) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      problems.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`)
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  return problems
}

if (isMain(import.meta.url)) {
  const { files, problems } = checkBoundaries(process.argv[2] ?? root)
  for (const problem of problems) console.error(problem)
  console.log(`${files} files, ${problems.length} problems`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
