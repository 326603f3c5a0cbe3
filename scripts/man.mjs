// Writes man/: one manual page for each command, from what its --help prints (which is made from the tables of flags), and zanzara.conf(5) from
// the tables of options; package.json lists them. `npm run man` writes both; `--check` only says whether they are up to date.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './ensure-built.mjs'
import { isMain, root } from './project.mjs'

/** @typedef {{ scope: string, row: { name: string, aliases?: readonly string[], meaning: string, default: string, reload: boolean, own?: boolean, section?: string, deprecated?: string, noEffect?: string } }} Option */

/** Commands of commands, which have a help of their own. */
const DEEPER = [
  ['sniff', 'ask'],
  ['sniff', 'ladder'],
]

/**
 * Text as roff: nothing in it is a request or an escape.
 * @param {string} text
 */
const plain = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')

/**
 * @param {string} name of the page
 * @param {string} section
 * @param {string} version
 */
const head = (name, section, version) => [
  '.\\" Written by `npm run man`; do not edit.',
  `.TH ${name.toUpperCase()} ${section} "" "zanzara ${version}" "Zanzara"`,
  '.SH NAME',
]

/**
 * The page of a command.
 * @param {readonly string[]} words the command, such as ['sniff', 'ask']; empty for the program itself
 * @param {string} help
 * @param {string} version
 * @returns {string}
 */
export function commandPage(words, help, version) {
  const program = ['zanzara', ...words].join(' ')
  const name = ['zanzara', ...words].join('-')
  const lines = help.trimEnd().split('\n')
  const first = lines.shift() ?? ''
  const sentence = first.startsWith(`${program} `) ? first.slice(program.length + 1) : first
  const out = [...head(name, '1', version), `${plain(name)} \\- ${plain(sentence.replace(/[.:]$/, '').replace(/^is (?:an? )?/, ''))}`]
  let section = 'DESCRIPTION'
  let isLiteral = false
  /** Whether the text of a flag may go on in the next line. */
  let isFlag = false
  /** @param {boolean} wanted */
  const literal = (wanted) => {
    if (wanted !== isLiteral) out.push(wanted ? '.nf' : '.fi')
    isLiteral = wanted
  }
  /** @param {string} title */
  const begin = (title) => {
    literal(false)
    section = title
    isFlag = false
    out.push(`.SH ${title}`)
  }
  for (const [at, line] of lines.entries()) {
    const isSynopsis = section === 'SYNOPSIS'
    const usage = /^Usage: *(.*)$/.exec(line)
    const heading = /^([A-Z]\w*(?: \w+){0,4}):$/.exec(line)
    const exit = /^Exit code: (.*)$/.exec(line)
    if (line === `${program} version ${version}`) continue
    if (usage !== null) {
      begin('SYNOPSIS')
      literal(true)
      if (usage[1] !== '') out.push(plain(usage[1] ?? ''))
    } else if (heading !== null) begin(/^Examples?$/.test(heading[1] ?? '') ? 'EXAMPLES' : (heading[1] ?? '').toUpperCase())
    else if (exit !== null) {
      begin('EXIT STATUS')
      out.push(plain(exit[1] ?? ''))
    } else if (line === '') {
      literal(false)
      isFlag = false
      if (isSynopsis) begin('DESCRIPTION')
      else if (out.at(-1) !== '.PP') out.push('.PP')
    } else if (isSynopsis || section === 'EXAMPLES') {
      if (!isSynopsis && !line.startsWith(' ')) {
        begin('NOTES')
        out.push(plain(line))
        continue
      }
      literal(true)
      out.push(plain(line.trim()))
    } else indented(line, lines[at + 1] ?? '')
  }
  literal(false)
  out.push('.SH SEE ALSO', words.length === 0 ? '.BR zanzara.conf (5)' : '.BR zanzara (1)')
  return `${tidy(out).join('\n')}\n`

  /**
   * A line of text, of a flag with its meaning, or of an example within the text.
   * @param {string} line
   * @param {string} next
   */
  function indented(line, next) {
    const row = /^ {0,6}(\S.*?)(?: {2,}(\S.*))?$/.exec(line)
    const depth = line.search(/\S/)
    if (depth === 0 && !/^\S.*? {3,}\S|^[a-z]+ {2}\S/.test(line)) {
      literal(false)
      isFlag = false
      out.push(plain(line))
    } else if (row === null || (isFlag && (depth > 6 || (depth === 6 && !/^-| {2,}/.test(line.trim())))))
      out.push(plain(line.trim())) // the text of a flag goes on
    else if (row[2] !== undefined || next.search(/\S/) > 6 || line.trim().startsWith('-')) {
      literal(false)
      isFlag = true
      out.push('.TP', `.B ${plain(row[1] ?? '').replace(/ {2,}/g, ' ')}`)
      if (row[2] !== undefined) out.push(plain(row[2]))
    } else {
      literal(true)
      out.push(plain(line))
    }
  }
}

/**
 * No empty paragraphs before what begins one itself, no empty description.
 * @param {readonly string[]} lines
 */
function tidy(lines) {
  const kept = lines.filter((line, at) => line !== '.PP' || (!/^\.(?:SH|TP|PP)|^$/.test(lines[at + 1] ?? '') && !/^\.SH/.test(lines[at - 1] ?? '')))
  return kept.filter((line, at) => line !== '.SH DESCRIPTION' || !(kept[at + 1] ?? '').startsWith('.SH'))
}

/**
 * zanzara.conf(5).
 * @param {readonly Option[]} options
 * @param {string} version
 */
export function optionsManual(options, version) {
  const out = [
    ...head('zanzara.conf', '5', version),
    'zanzara.conf \\- options of the broker, in the format of mosquitto.conf',
    '.SH DESCRIPTION',
    plain(
      'One option a line: its name, a space, its value. A # in the first column begins a comment. An option of a listener, plugin or bridge belongs to the',
    ),
    plain(
      'listener, plugin or connection line above it. zanzara config check FILE judges a file, zanzara config explain FILE tells where each value comes from.',
    ),
    plain('(HUP) = read again at SIGHUP.'),
  ]
  const titles = Object.entries({ broker: 'THE WHOLE BROKER', security: 'SECURITY', listener: 'LISTENERS', plugin: 'PLUGINS', bridge: 'BRIDGES' })
  for (const [kind, title] of titles) {
    out.push(`.SH ${title}`)
    for (const { row } of options.filter(({ scope, row }) => (row.section ?? scope) === kind)) {
      const value = row.default === '' ? '' : ` (unless given: ${row.default})`
      const notes = [row.own === true ? 'Mosquitto does not know it.' : '', row.noEffect === undefined ? '' : `No effect: ${row.noEffect}.`].filter(
        (note) => note !== '',
      )
      out.push(
        '.TP',
        `.B ${plain([row.name, ...(row.aliases ?? [])].join(', '))}${plain(`${value}${row.reload ? ' (HUP)' : ''}`)}`,
        plain([row.meaning, ...notes].join(' ')),
      )
    }
  }
  return `${[...out, '.SH SEE ALSO', '.BR zanzara (1), zanzara\\-broker (1)'].join('\n')}\n`
}

/**
 * All pages by file name.
 * @returns {Promise<ReadonlyMap<string, string>>}
 */
export async function manualPages() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  /** @param {readonly string[]} args */
  const printed = (...args) => {
    // the exit code is no judge: help of the clients ends with 1, as Mosquitto's
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist', 'cli', 'zanzara.js'), ...args], { encoding: 'utf8' })
    if (stdout === '' || stderr !== '') throw new Error(`zanzara ${args.join(' ')} prints no help: ${stderr}`)
    return stdout
  }
  const help = printed('help')
  const list = help.slice(help.indexOf('Commands:'), help.indexOf('\n\n', help.indexOf('Commands:')))
  const commands = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].flatMap(([, command]) => (command === undefined || command === 'help' ? [] : [[command]]))
  /** @type {Map<string, string>} */
  const pages = new Map([['zanzara.1', commandPage([], help, version)]])
  for (const words of [...commands, ...DEEPER]) pages.set(`zanzara-${words.join('-')}.1`, commandPage(words, printed(...words, '--help'), version))
  /** @type {{ OPTIONS: readonly Option[] }} */
  const { OPTIONS } = await import(pathToFileURL(join(root, 'dist', 'config', 'options.js')).href)
  return pages.set('zanzara.conf.5', optionsManual(OPTIONS, version))
}

/**
 * package.json, whose list `man` names each page: npm links them when the package is installed for all folders.
 * @param {string} description
 * @param {Iterable<string>} names
 */
const withPages = (description, names) => `${JSON.stringify({ ...JSON.parse(description), man: [...names].sort().map((name) => `./man/${name}`) }, null, 2)}\n`

if (isMain(import.meta.url)) {
  ensureBuilt()
  const folder = join(root, 'man')
  const pages = await manualPages()
  const present = existsSync(folder) ? readdirSync(folder) : []
  const old = [...pages].filter(([name, text]) => !present.includes(name) || readFileSync(join(folder, name), 'utf8') !== text).map(([name]) => name)
  const gone = present.filter((name) => !pages.has(name))
  const description = readFileSync(join(root, 'package.json'), 'utf8')
  const wanted = withPages(description, pages.keys())
  if (process.argv.includes('--check')) {
    if (old.length + gone.length > 0 || wanted !== description) {
      console.error(`not up to date: ${[...old, ...gone].map((name) => `man/${name}`).join(', ') || 'the list `man` of package.json'}: run \`npm run man\``)
      process.exitCode = 1
    } else console.log(`${pages.size} manual pages`)
  } else {
    mkdirSync(folder, { recursive: true })
    for (const name of gone) rmSync(join(folder, name))
    for (const name of old) writeFileSync(join(folder, name), pages.get(name) ?? '')
    if (wanted !== description) writeFileSync(join(root, 'package.json'), wanted)
    console.log(`man/: ${pages.size} pages, ${old.length} written`)
  }
}
