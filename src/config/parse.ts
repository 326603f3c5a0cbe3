// Reads mosquitto.conf, line by line, by Mosquitto's rules: no continuation, `#` only in the first column, tabs do not separate.
// Options are rows of the tables in options.ts; sections.ts keeps what lines belong to; the texts of errors are Mosquitto 2.1's.

import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { ConfigError, type Configuration } from './configuration.ts'
import { type ConfigurationEnvironment, resolve } from './resolve.ts'
import { Sections } from './sections.ts'
import type { Origin } from './settings.ts'
import { text } from './values.ts'

/** Reads and checks a configuration file and those it includes. @throws ConfigError */
export function readConfiguration(path: string, environment: ConfigurationEnvironment = process.env): Configuration {
  return parseConfiguration(contents(path), path, environment)
}

/** `file` is only named in errors; folders of include_dir are read. @throws ConfigError */
export function parseConfiguration(bytes: Uint8Array, file: string, environment: ConfigurationEnvironment = {}): Configuration {
  const sections = new Sections()
  try {
    readLines(sections, bytes, file, null)
    return resolve(sections, environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { message, includedFrom, about } = error
    throw new ConfigError(message, error.file, error.line, { includedFrom, about, notes: sections.notes })
  }
}

function contents(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') throw new ConfigError(`Config file '${path}' is a directory.`)
    throw new ConfigError(`Unable to open config file '${path}'.`)
  }
}

/** `includedFrom`: null for the main file. A file begins and ends without a current listener, bridge or plugin. */
function readLines(sections: Sections, bytes: Uint8Array, file: string, includedFrom: Origin | null): void {
  sections.openFile(file)
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let line = 0
  for (let start = 0; start < all.length; ) {
    const newline = all.indexOf(10, start)
    const end = newline < 0 ? all.length : newline
    line++
    try {
      readLine(sections, all.subarray(start, end), { file, line }, includedFrom === null)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw placed(error, { file, line }, includedFrom)
    }
    start = end + 1
  }
}

/** The error with its place; one that has come out of an included file keeps its own. */
function placed(error: ConfigError, at: Origin, includedFrom: Origin | null): ConfigError {
  if (error.includedFrom !== null) return error
  return new ConfigError(error.message, at.file, at.line, { includedFrom })
}

function readLine(sections: Sections, bytes: Buffer, at: Origin, isMain: boolean): void {
  if (bytes[0] === 0x23) return
  if (!isUtf8(bytes) || bytes.includes(0)) throw new ConfigError('Malformed UTF-8 in configuration.')
  const line = bytes.toString().replace(/\r+$/, '').replace(/^ +/, '')
  if (line === '') return
  const space = line.indexOf(' ')
  const name = space < 0 ? line : line.slice(0, space)
  const value = space < 0 ? '' : line.slice(space + 1).replace(/^[ \t\v\f\r]+|[ \t\v\f\r]+$/g, '')
  sections.at(at)
  if (name !== 'include_dir') sections.set(name, value)
  else if (isMain) includeFolder(sections, text(name, value), at)
  else throw new ConfigError('The include_dir option is only valid in the main configuration file.')
}

function includeFolder(sections: Sections, folder: string, at: Origin): void {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.conf') && name.length > '.conf'.length)
  } catch {
    throw new ConfigError(`Unable to open include_dir '${folder}'.`)
  }
  sections.record('include_dir', folder)
  for (const name of names.sort(inMosquittosOrder)) {
    const path = `${folder}/${name}`
    sections.note('information', `Loading config file '${path}'`)
    let bytes: Uint8Array
    try {
      bytes = contents(path)
    } catch (error) {
      if (error instanceof ConfigError) throw new ConfigError(error.message, path, 0, { includedFrom: at })
      throw error
    }
    sections.including(() => readLines(sections, bytes, path, at))
  }
}

/** Letter by letter: A before a before B; everything else by its code. */
function inMosquittosOrder(one: string, other: string): number {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = lowerCase(a[i]!) - lowerCase(b[i]!) || a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte
}
