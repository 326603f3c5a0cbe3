// Joins the clause tags of code and tests into docs/conformance.md: clause → code lines → test names.
// `npm run conformance` writes the table; `--check` only says whether it is up to date. [MQTT-…] is MQTT 5.0, [MQTT3-…] is 3.1.1.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, isMain, root } from './project.mjs'

/** @typedef {{ code: string[], tests: { name: string, file: string }[] }} Clause */

const TAG = /\bMQTT3?-\d+\.\d+\.\d+-\d+\b/g

/** Titles of the standard's chapters; those of 3.1.1 have the same numbers where both exist.  @type {Record<string, string>} */
const TITLES = {
  1.5: 'Data representation',
  2.1: 'Fixed header',
  2.2: 'Variable header',
  2.3: 'Variable header',
  3.1: 'CONNECT',
  3.2: 'CONNACK',
  3.3: 'PUBLISH',
  3.4: 'PUBACK',
  3.5: 'PUBREC',
  3.6: 'PUBREL',
  3.7: 'PUBCOMP',
  3.8: 'SUBSCRIBE',
  3.9: 'SUBACK',
  '3.10': 'UNSUBSCRIBE',
  3.11: 'UNSUBACK',
  3.12: 'PINGREQ',
  3.13: 'PINGRESP',
  3.14: 'DISCONNECT',
  3.15: 'AUTH',
  4.1: 'Session State',
  4.2: 'Network Connections',
  4.3: 'Quality of Service',
  4.4: 'Message delivery retry',
  4.5: 'Message receipt',
  4.6: 'Message ordering',
  4.7: 'Topic Names and Topic Filters',
  4.8: 'Subscriptions',
  4.9: 'Flow control',
  '4.10': 'Request and response',
  4.11: 'Server redirection',
  4.12: 'Enhanced authentication',
  4.13: 'Handling errors',
  '6.0': 'WebSocket as transport',
}

/** Where 3.1.1 counts otherwise.  @type {Record<string, string>} */
const TITLES_3 = { 2.2: 'Fixed header', 4.1: 'Storing state', 4.8: 'Handling errors' }

/**
 * The clauses a project's src/ and test/ name.
 * @param {string} project
 * @returns {Map<string, Clause>}
 */
export function collectClauses(project) {
  /** @type {Map<string, Clause>} */
  const clauses = new Map()
  /** @param {string} id */
  const of = (id) => {
    const known = clauses.get(id) ?? { code: [], tests: [] }
    clauses.set(id, known)
    return known
  }
  for (const file of sources(join(project, 'src'))) {
    readFileSync(join(project, 'src', file), 'utf8')
      .split('\n')
      .forEach((line, index) => {
        for (const id of namedInCode(line)) of(id).code.push(`src/${file}:${index + 1}`)
      })
  }
  for (const file of sources(join(project, 'test'))) {
    for (const { id, name } of namedInTests(readFileSync(join(project, 'test', file), 'utf8'))) {
      const { tests } = of(id)
      const path = `test/${file}`
      if (!tests.some((test) => test.name === name && test.file === path)) tests.push({ name, file: path })
    }
  }
  return clauses
}

/** @param {string} folder */
const sources = (folder) => filesBelow(folder).filter((name) => /\.tsx?$/.test(name) && !name.startsWith('repository/'))

/**
 * A tag in brackets, or the clause a ProtocolError carries as a string of its own.
 * @param {string} line
 */
function namedInCode(line) {
  const found = new Set()
  for (const [bracket] of line.matchAll(/\[[^\][]*\bMQTT3?-\d[^\][]*\]/g)) for (const [id] of bracket.matchAll(TAG)) found.add(id)
  for (const [, id] of line.matchAll(/['"](MQTT3?-\d+\.\d+\.\d+-\d+)['"]/g)) found.add(id)
  return found
}

/**
 * Tags in brackets inside a string (the name of a test), and strings that are a clause alone (a row of a table of test cases, named by the row's longest other string).
 * @param {string} text
 * @returns {{ id: string, name: string }[]}
 */
export function namedInTests(text) {
  const found = []
  for (const line of text.split('\n')) {
    if (!line.includes('MQTT') || /^\s*(?:\/\/|\/?\*)/.test(line)) continue
    const strings = stringsOf(line)
    for (const string of strings) {
      const ids = /^MQTT3?-\d+\.\d+\.\d+-\d+$/.test(string) ? [string] : [...namedInBrackets(string)]
      const own = ids.length === 1 && ids[0] === string
      const others = strings.filter((other) => !/^MQTT3?-\d/.test(other)).sort((a, b) => b.length - a.length)
      const name = own ? others[0] : plain(string)
      for (const id of ids) if (name !== undefined && name !== '') found.push({ id, name: own ? plain(name) : name })
    }
  }
  return found
}

/** @param {string} text */
function namedInBrackets(text) {
  const found = new Set()
  for (const [bracket] of text.matchAll(/\[[^\][]*\]/g)) for (const [id] of bracket.matchAll(TAG)) found.add(id)
  return found
}

/**
 * The strings of one line, without their quotes; one that does not end on its line ends with it.
 * @param {string} line
 */
function stringsOf(line) {
  const found = []
  for (let at = 0; at < line.length; at++) {
    const quote = line[at]
    if (line.startsWith('//', at)) break
    if (quote !== "'" && quote !== '"' && quote !== '`') continue
    let end = at + 1
    while (end < line.length && line[end] !== quote) end += line[end] === '\\' ? 2 : 1
    found.push(line.slice(at + 1, end).replace(/\\(.)/g, '$1'))
    at = end
  }
  return found
}

/**
 * A test's name without tags; `${…}` stays as an ellipsis.
 * @param {string} name
 */
function plain(name) {
  return name
    .replace(/\s*\[[^\][]*\bMQTT3?-\d[^\][]*\]/g, '')
    .replace(/\$\{[^}]*\}/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
}

/** @param {string} id */
function numbers(id) {
  return [id.startsWith('MQTT3-') ? 3 : 5, ...(id.match(/(?<=[-.])\d+/g) ?? []).map(Number)]
}

/** @type {(a: string, b: string) => number} 5.0 first, then as the standard counts. */
function compare(a, b) {
  const left = numbers(a)
  const right = numbers(b)
  if (left[0] !== right[0]) return (right[0] ?? 0) - (left[0] ?? 0)
  for (let i = 1; i < left.length; i++) if (left[i] !== right[i]) return (left[i] ?? 0) - (right[i] ?? 0)
  return 0
}

/** @param {string} id */
function headingOf(id) {
  const [version, chapter, section] = numbers(id)
  const key = `${chapter}.${section}`
  const title = (version === 3 ? TITLES_3[key] : undefined) ?? TITLES[key] ?? ''
  return `MQTT ${version === 3 ? '3.1.1' : '5.0'}, ${key === '6.0' ? '6' : key}${title === '' ? '' : ` ${title}`}`
}

/**
 * The table as Markdown.
 * @param {ReadonlyMap<string, Clause>} clauses
 */
export function conformanceTable(clauses) {
  const ids = [...clauses.keys()].sort(compare)
  const untested = ids.filter((id) => clauses.get(id)?.tests.length === 0)
  const uncoded = ids.filter((id) => clauses.get(id)?.code.length === 0)
  const lines = [
    '# Conformance: clause, code, test',
    '',
    'Written by `npm run conformance` from the tags in the sources and in the names of the tests; do not edit. `[MQTT-…]` is a statement of',
    'MQTT 5.0 and holds for 3.1.1 too where that says the same; `[MQTT3-…]` is one of 3.1.1 that 5.0 lacks or words otherwise.',
    '',
    `${ids.length} clauses: ${ids.length - untested.length} with a test, ${untested.length} without; ${uncoded.length} named by tests alone.`,
  ]
  let heading = ''
  for (const id of ids) {
    const next = headingOf(id)
    if (next !== heading) {
      lines.push('', `## ${next}`, '', '| clause | code | tests |', '|---|---|---|')
      heading = next
    }
    const { code, tests } = clauses.get(id) ?? { code: [], tests: [] }
    lines.push(`| ${id} | ${code.map(link).join('<br>') || '–'} | ${tests.map(({ name, file }) => `[${cell(name)}](../${file})`).join('<br>') || '–'} |`)
  }
  if (untested.length > 0)
    lines.push('', '## Tagged in the code, named by no test', '', ...untested.map((id) => `- ${id}: ${(clauses.get(id)?.code ?? []).map(link).join(', ')}`))
  if (uncoded.length > 0) lines.push('', '## Named by a test, tagged nowhere in the code', '', ...uncoded.map((id) => `- ${id}`))
  return `${lines.join('\n')}\n`
}

/** @param {string} place `path:line` */
function link(place) {
  const [path, line] = place.split(':')
  return `[${place.slice('src/'.length)}](../${path}#L${line})`
}

/** @param {string} text */
const cell = (text) => text.replace(/[\\|[\]<>]/g, (sign) => (sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : `\\${sign}`))

if (isMain(import.meta.url)) {
  const target = join(root, 'docs', 'conformance.md')
  const table = conformanceTable(collectClauses(root))
  const clauses = table.match(/^\d+ clauses.*$/m)?.[0] ?? ''
  if (!process.argv.includes('--check')) {
    writeFileSync(target, table)
    console.log(`docs/conformance.md: ${clauses}`)
  } else if (existsSync(target) && readFileSync(target, 'utf8') === table) console.log(clauses)
  else {
    console.error('docs/conformance.md is not up to date: run `npm run conformance`')
    process.exitCode = 1
  }
}
