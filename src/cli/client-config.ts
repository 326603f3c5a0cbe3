// The option file of the clients: `$XDG_CONFIG_HOME/mosquitto_sub` and the like, one option a line, read before the command line.
// Mosquitto's names and places, so that files written for its clients go on working.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ArgumentError, systemErrorText } from './client-errors.ts'
import type { ClientTool, Terminal } from './terminal.ts'

/** One line: a flag and the words after it. */
export type OptionLine = readonly string[]

/** Where the file is looked for; null when the environment names no home. */
export function optionFilePath(tool: ClientTool, terminal: Terminal): string | null {
  const name = `mosquitto_${tool}`
  const { XDG_CONFIG_HOME: config, HOME: home, USERPROFILE: profile } = terminal.env
  if (terminal.platform === 'win32') return profile === undefined || profile === '' ? null : join(profile, `${name}.conf`)
  if (config !== undefined && config !== '') return join(config, name)
  return home === undefined || home === '' ? null : join(home, '.config', name)
}

/** The lines of the file at its usual place; none when there is no file, or none that we may read: nobody asked for it. */
export function readUsualOptionFile(tool: ClientTool, terminal: Terminal): readonly OptionLine[] {
  const path = optionFilePath(tool, terminal)
  if (path === null) return []
  try {
    return parseOptionFile(readFileSync(path, 'utf8'))
  } catch {
    return []
  }
}

/** The lines of the file that -o names. */
export function readOptionFile(path: string): readonly OptionLine[] {
  try {
    return parseOptionFile(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ArgumentError(`Unable to read option file "${path}": ${systemErrorText(error)}.`)
  }
}

/** `option value` a line: the value is all after the first space, no quotes. `#` begins a comment line. -D has one word for each space. */
export function parseOptionFile(text: string): readonly OptionLine[] {
  const lines: OptionLine[] = []
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trimStart()
    if (line === '' || line.startsWith('#')) continue
    const space = line.indexOf(' ')
    const flag = space < 0 ? line : line.slice(0, space)
    const value = space < 0 ? '' : line.slice(space + 1)
    if (value === '') {
      lines.push([flag])
      continue
    }
    lines.push(flag === '-D' || flag === '--property' ? [flag, ...propertyWords(value)] : [flag, value])
  }
  return lines
}

/** Three words, or four with the rest of the line in the last one. */
function propertyWords(value: string): string[] {
  const [packet = '', name = '', ...rest] = value.split(' ')
  if (name.toLowerCase() !== 'user-property') return [packet, name, rest.join(' ')]
  const [key = '', ...text] = rest
  return [packet, name, key, text.join(' ')]
}
