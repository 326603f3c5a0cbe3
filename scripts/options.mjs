// Writes docs/options.md from the tables of options: our own first, then all of mosquitto.conf's with default, scope and reload.
// `npm run options` writes it; `--check` only says whether it is up to date. Reads the build, and builds when a source has changed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './ensure-built.mjs'
import { isMain, root } from './project.mjs'

/**
 * What this script reads of a row; the types are src/config/option.ts'.
 * @typedef {{ name: string, aliases?: readonly string[], meaning: string, default: string, reload: boolean,
 *   deprecated?: string, noEffect?: string, own?: boolean, repeats?: boolean, section?: string, needs?: string }} OptionRow
 * @typedef {{ scope: string, row: OptionRow }} Option
 */

/** @type {Readonly<Record<string, string>>} */
const SECTIONS = { broker: 'Whole broker', security: 'Security', listener: 'Listeners', plugin: 'Plugins', bridge: 'Bridges' }

/** @type {Readonly<Record<string, string>>} */
const BEFORE = {
  security: 'Of the whole broker, or, after `per_listener_settings true`, of the listener above them.',
  listener: 'Of the `listener` above them. Those marked with * make the default listener when none was opened; the others need one.',
  bridge: 'Of the `connection` above them.',
  plugin: 'Of the plugin above them.',
}

/**
 * @param {readonly Option[]} options
 * @returns {string}
 */
export function optionsPage(options) {
  const lines = [
    '# Options of the configuration file',
    '',
    'Written by `npm run options` from the tables in src/config/; do not edit. The file has the format of mosquitto.conf: one option a line, `#` in the',
    'first column for a comment. `zanzara config check FILE` judges a file, `zanzara config explain FILE` tells the value of each option and the line it',
    'comes from. *HUP* = SIGHUP reads it again. What is accepted but does less than in Mosquitto: [compatibility.md](compatibility.md).',
    '',
    '## Our own options',
    '',
    'Mosquitto refuses a file that has one of them.',
    '',
    ...table(options.filter(({ row }) => row.own === true)),
  ]
  for (const [kind, title] of Object.entries(SECTIONS)) {
    const rows = options.filter(({ scope, row }) => row.own !== true && (row.section ?? scope) === kind)
    lines.push('', `## ${title}`, '', ...(BEFORE[kind] === undefined ? [] : [BEFORE[kind], '']), ...table(rows))
  }
  return `${lines.join('\n')}\n`
}

/** @param {readonly Option[]} options */
function table(options) {
  return [
    '| option | default | HUP | meaning |',
    '|---|---|---|---|',
    ...options.map(({ scope, row }) => {
      const star = scope === 'listener' && row.needs === 'nothing' ? ' *' : ''
      const aliases = row.aliases === undefined ? '' : ` (also ${row.aliases.map((alias) => `\`${alias}\``).join(', ')})`
      return `| \`${row.name}\`${aliases}${star} | ${row.default === '' ? '–' : `\`${row.default}\``} | ${row.reload ? 'yes' : 'no'} | ${cell(meaning(row))} |`
    }),
  ]
}

/** @param {OptionRow} row */
function meaning(row) {
  const effect = row.noEffect === undefined ? '' : ` Has no effect here: ${row.noEffect}.`
  return `${row.meaning}${effect}${row.deprecated === undefined ? '' : ` Deprecated.${row.deprecated === '' ? '' : ` ${row.deprecated}`}`}`
}

/** @param {string} text */
const cell = (text) => text.replace(/[\\|[\]<>*]/g, (sign) => (sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : `\\${sign}`))

if (isMain(import.meta.url)) {
  ensureBuilt()
  /** @type {{ OPTIONS: readonly Option[] }} */
  const { OPTIONS } = await import(pathToFileURL(join(root, 'dist', 'config', 'options.js')).href)
  const target = join(root, 'docs', 'options.md')
  const page = optionsPage(OPTIONS)
  if (!process.argv.includes('--check')) {
    writeFileSync(target, page)
    console.log(`docs/options.md: ${OPTIONS.length} options`)
  } else if (existsSync(target) && readFileSync(target, 'utf8') === page) console.log(`${OPTIONS.length} options`)
  else {
    console.error('docs/options.md is not up to date: run `npm run options`')
    process.exitCode = 1
  }
}
