// `zanzara config`: `check` says whether a configuration file can be used and points at what is wrong, `explain` tells each option.
// Reading the file is config/parse.ts; what `explain` prints is in config-explain.ts.

import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { nearestName } from '../base/nearest-name.ts'
import { ConfigError, type Configuration, type ConfigurationNote } from '../config/configuration.ts'
import { findOption, indexOfOptions } from '../config/options.ts'
import { readConfiguration } from '../config/parse.ts'
import { type Origin, placeOf } from '../config/settings.ts'
import { escapeControls } from '../server/log-destinations.ts'
import { type Colours, coloursFor } from './colours.ts'
import { explainedJson, explainedText, similarOptions, unknownOption } from './config-explain.ts'
import { ConfigExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const HELP = `zanzara config reads a configuration file (the format of mosquitto.conf) without starting a broker.

Usage: zanzara config check FILE [--json]
       zanzara config explain FILE [OPTION…] [--written] [--json]

  check            say whether the file can be used; show the line that is wrong, and warnings
  explain          each option with its value, the line it comes from, and its meaning; only some if named
      --written    only what the file itself says, no defaults
      --json       for programs
      --help       this text

Exit code: 0 the file can be used, 2 wrong arguments, 3 it cannot be used.

Examples:
  zanzara config check mosquitto.conf
  zanzara config explain mosquitto.conf
  zanzara config explain mosquitto.conf allow_anonymous max_inflight_messages
`

interface ConfigArguments {
  readonly action: 'check' | 'explain'
  readonly file: string
  readonly options: readonly string[]
  readonly written: boolean
  readonly json: boolean
}

/** Runs the command; returns its exit code. `isTty` says whether stdout is a terminal. */
export async function runConfig(argv: readonly string[], terminal: Terminal, isTty: boolean = isatty(1)): Promise<number> {
  const asked = readArguments(argv)
  if (asked === 'help') {
    terminal.stdout.write(HELP)
    await terminal.stdout.flush()
    return ConfigExitCode.Usable
  }
  if (typeof asked === 'string') return await usageError(terminal, asked)
  const fault = asked.options.map(unknownOption).find((sentence) => sentence !== null)
  if (fault !== undefined) return await usageError(terminal, fault)
  const colours = coloursFor(terminal, isTty)
  let configuration: Configuration
  try {
    configuration = readConfiguration(asked.file, terminal.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (asked.json)
      terminal.stdout.write(`${JSON.stringify({ file: asked.file, usable: false, error: errorJson(error), notes: worthTelling(error.notes).map(noteJson) })}\n`)
    else terminal.stderr.write(warnings(error.notes, asked.file) + errorText(error, asked.file))
    await terminal.stdout.flush()
    await terminal.stderr.flush()
    return ConfigExitCode.NotUsable
  }
  terminal.stdout.write(asked.action === 'check' ? checked(asked, configuration, colours) : explained(asked, configuration, colours))
  await terminal.stdout.flush()
  return ConfigExitCode.Usable
}

async function usageError(terminal: Terminal, sentence: string): Promise<number> {
  terminal.stderr.write(`Error: ${escapeControls(sentence)}\n\nUse 'zanzara config --help' to see usage.\n`)
  await terminal.stderr.flush()
  return ConfigExitCode.Usage
}

/** A text other than `help` is what is wrong. */
function readArguments(argv: readonly string[]): ConfigArguments | string {
  const words: string[] = []
  let [json, written] = [false, false]
  for (const word of argv) {
    if (word === '--help' || word === '-h') return 'help'
    if (word === '--json') json = true
    else if (word === '--written') written = true
    else if (word.startsWith('-')) return `Unknown option '${word}'.`
    else words.push(word)
  }
  const [action, file, ...options] = words
  if (action === undefined) return 'Say what to do: check or explain.'
  if (action !== 'check' && action !== 'explain') {
    const meant = nearestName(action, ['check', 'explain'])
    return `There is no 'zanzara config ${action}'.${meant === null ? ' Use check or explain.' : ` Did you mean: ${meant}`}`
  }
  if (file === undefined) return `Give the file to ${action}, such as mosquitto.conf.`
  if (action === 'check' && options.length > 0) return `One file at a time: '${options[0]}' is too much.`
  if (action === 'check' && written) return "'--written' belongs to explain."
  return { action, file, options, written, json }
}

function explained({ file, options, written, json }: ConfigArguments, configuration: Configuration, colours: Colours): string {
  return json ? explainedJson(file, configuration, options, written) : explainedText(configuration, options, written, colours)
}

/** Notices and warnings matter to who writes the file, and that a default listener was made; nothing else of the start, nor that one port is one too many. */
function worthTelling(notes: readonly ConfigurationNote[]): ConfigurationNote[] {
  const ports = notes.filter(({ text }) => text.startsWith('Warning: Default listener port specified multiple times'))
  return notes.filter((note) => (note.type !== 'information' || note.text.startsWith('It is best practice')) && note !== ports[0])
}

function checked({ file, json }: ConfigArguments, { notes, files }: Configuration, colours: Colours): string {
  const worth = worthTelling(notes)
  if (json) return `${JSON.stringify({ file, usable: true, error: null, notes: worth.map(noteJson), files })}\n`
  const count = worth.length === 0 ? '' : ` ${worth.length} warning${worth.length === 1 ? '' : 's'}.`
  const read = files.length === 1 ? '' : ` ${files.length} files read.`
  return `${warnings(notes, file)}${escapeControls(file)}: ${colours.bold('OK')}.${count}${read}\n`
}

/** A line for each. */
function warnings(notes: readonly ConfigurationNote[], file: string): string {
  return worthTelling(notes)
    .map((note) => `${escapeControls(`${placeText(note.at, file)}: warning: ${withoutWord(note.text)}`)}\n`)
    .join('')
}

function noteJson({ type, text, at }: ConfigurationNote): object {
  return { type, text: withoutWord(text), file: at?.file ?? null, line: at?.line ?? null }
}

function withoutWord(sentence: string): string {
  return sentence.replace(/^(?:Warning|Note): /, '').trimEnd()
}

function placeText(at: Origin | null, file: string): string {
  return at === null ? file : placeOf(at)
}

function whereOf(error: ConfigError): Origin | null {
  return error.line > 0 ? error : error.about
}

function errorJson(error: ConfigError): object {
  const where = whereOf(error)
  const { includedFrom } = error
  return { message: error.message, file: where?.file ?? null, line: where?.line ?? null, includedFrom: includedFrom === null ? null : placeOf(includedFrom) }
}

/** `FILE:LINE: error: MESSAGE`, the line itself, a caret under what is meant, and where to go on. */
function errorText(error: ConfigError, file: string): string {
  const where = whereOf(error)
  const lines = [`${placeText(where, file)}: error: ${error.message}`]
  const line = where === null ? null : lineOf(where)
  if (line !== null) lines.push(`  ${line}`, `  ${' '.repeat(error.line > 0 ? caretColumn(line, error.message) : 0)}^`)
  const unknown = /^Unknown configuration variable '(.*)'\.$/s.exec(error.message)?.[1]
  const meant = unknown === undefined ? [] : similarOptions(unknown)
  if (meant.length > 0) lines.push(`Did you mean: ${meant.join(', ')}`)
  if (error.includedFrom !== null) lines.push(`included from ${placeOf(error.includedFrom)}`)
  return lines.map((text) => `${escapeControls(text)}\n`).join('')
}

/** The line without its end, and without a password; null when the file cannot be read any more. */
function lineOf({ file, line }: Origin): string | null {
  let text: string | undefined
  try {
    text = readFileSync(file, 'utf8').split('\n')[line - 1]
  } catch {
    return null
  }
  if (text === undefined) return null
  const name = /[^ ]+/.exec(text)?.[0] ?? ''
  const isSecret = findOption(indexOfOptions(), name)?.row.secret === true
  return isSecret ? `${name} (hidden)` : text.replace(/[\r\t]/g, ' ').trimEnd()
}

/** Under the word that the message names if it is on the line, else under the value; under the name if the option itself is wrong here. */
function caretColumn(line: string, message: string): number {
  const name = /[^ ]+/.exec(line)
  if (name === null) return 0
  const value = name.index + name[0].length + (/^ */.exec(line.slice(name.index + name[0].length))?.[0].length ?? 0)
  if (/^Unknown configuration|^Duplicate|requires a listener|requires a bridge|requires plugin|only valid in the main|without a plugin/.test(message))
    return name.index
  if (message.startsWith('Empty')) return line.length + 1
  const named = [...message.matchAll(/\(([^)]+)\)|'([^']+)'/g)].map(([, inBrackets, quoted]) => line.indexOf(inBrackets ?? quoted!, value))
  return named.findLast((column) => column >= 0) ?? Math.min(value, line.length)
}
