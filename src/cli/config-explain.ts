// What `zanzara config explain` prints: sections in columns for people, one object for programs.
// The facts are config/explain.ts'.

import { nearestName } from '../base/nearest-name.ts'
import type { Configuration } from '../config/configuration.ts'
import { type ExplainedOption, type ExplainedSection, explain, sectionsOf } from '../config/explain.ts'
import { findOption, indexOfOptions, OPTIONS, type Option } from '../config/options.ts'
import { placeOf } from '../config/settings.ts'
import { escapeControls } from '../server/log-destinations.ts'
import type { Colours } from './colours.ts'

/** A value wider than this moves what stands right of it. */
const VALUE_WIDTH = 40

/** Null when there is such an option; else a sentence with the names that may have been meant. */
export function unknownOption(name: string): string | null {
  const index = indexOfOptions()
  if (findOption(index, name) !== undefined) return null
  const meant = similarOptions(name)
  return `There is no option '${name}'.${meant.length === 0 ? '' : ` Did you mean: ${meant.join(', ')}`}`
}

/** Names of options that may have been meant, the nearest first. */
export function similarOptions(name: string): string[] {
  const known = [...indexOfOptions().keys()]
  const close = nearestName(name, known)
  const related = known.filter((other) => name.length > 2 && (other.includes(name) || name.includes(other)) && other !== close).slice(0, 5)
  return [...(close === null ? [] : [close]), ...related]
}

/** `names` empty = all; `written` = without defaults. */
export function explainedText(configuration: Configuration, names: readonly string[], written: boolean, colours: Colours): string {
  const sections = select(explain(configuration), names, written)
  const all = sections.flatMap(({ options }) => options)
  const widths = {
    name: Math.max(0, ...all.map(({ name }) => name.length)),
    value: Math.min(VALUE_WIDTH, Math.max(0, ...all.map(({ value }) => shown(value).length))),
    place: Math.max(0, ...all.map(({ at }) => placeOf(at).length)),
  }
  const told = sections.map(({ title, options }) => {
    const lines = options.map((option, i) => lineOf(options[i - 1]?.name === option.name ? { ...option, meaning: '' } : option, widths, colours))
    return `${colours.bold(escapeControls(title))}\n${lines.join('')}`
  })
  const absent = names.filter((name) => !written && !all.some((option) => option.name === rowName(name))).map(absentText)
  const text = [...told, ...absent].join('\n')
  return text === '' ? 'The file says nothing; all options have their defaults.\n' : text
}

/** One line of JSON. */
export function explainedJson(file: string, configuration: Configuration, names: readonly string[], written: boolean): string {
  const sections = select(explain(configuration), names, written).map(({ kind, title, options }) => ({
    kind,
    title,
    options: options.map(({ name, value, at, meaning }) => ({ name, value, file: at?.file ?? null, line: at?.line ?? null, meaning })),
  }))
  return `${JSON.stringify({ file, usable: true, sections })}\n`
}

function select(sections: readonly ExplainedSection[], names: readonly string[], written: boolean): ExplainedSection[] {
  const wanted = new Set(names.map(rowName))
  return sections
    .map((section) => ({
      ...section,
      options: section.options.filter(({ name, at }) => (wanted.size === 0 || wanted.has(name)) && (!written || at !== null)),
    }))
    .filter(({ options }) => options.length > 0)
}

/** The name in the table: an alias means its option. */
function rowName(name: string): string {
  return /^(?:plugin|auth)_opt_./.test(name) ? name.replace(/^auth_/, 'plugin_') : (findOption(indexOfOptions(), name)?.row.name ?? name)
}

function lineOf({ name, value, at, meaning }: ExplainedOption, widths: { name: number; value: number; place: number }, colours: Colours): string {
  const place = placeOf(at)
  const told =
    `  ${name.padEnd(widths.name)}  ${escapeControls(shown(value)).padEnd(widths.value)}  ${escapeControls(place).padEnd(widths.place)}  ${meaning}`.trimEnd()
  return `${at === null ? colours.dim(told) : told}\n`
}

function shown(value: string): string {
  return value === '' ? '–' : value
}

const SECTION_WORDS = { broker: 'the whole broker', listener: 'a listener', bridge: 'a bridge', plugin: 'a plugin' } as const

/** An option that has no section in this file. */
function absentText(name: string): string {
  const option: Option = findOption(indexOfOptions(), name) ?? OPTIONS[0]!
  const { row } = option
  const usual = row.default === '' ? '' : ` Default: ${row.default}.`
  return `${row.name} belongs to ${sectionsOf(option)
    .map((kind) => SECTION_WORDS[kind])
    .join(' or ')}, and the file has none. ${row.meaning}${usual}\n`
}
