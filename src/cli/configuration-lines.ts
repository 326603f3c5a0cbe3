// The lines of a configuration file as they stand, with those of its include_dir: name, value, and where they are.
// For tools that point at lines. It judges nothing: what is right and what it means is config/parse.ts' affair.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ConfigurationLine {
  readonly name: string
  readonly value: string
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** Included folders inside included files go no deeper. */
const MAXIMUM_DEPTH = 10

/** Empty for what cannot be read. */
export function configurationLines(path: string, depth = 0): ConfigurationLine[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return [] // the reader of the configuration says why
  }
  const lines: ConfigurationLine[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const parts = /^ *([^# ]\S*)(?: +(.*?))?[ \t\r]*$/.exec(raw)
    if (parts === null || raw.startsWith('#')) continue
    const [, name, value = ''] = parts
    lines.push({ name: name!, value, file: path, line: index + 1 })
    if (name === 'include_dir' && depth < MAXIMUM_DEPTH) lines.push(...included(value).flatMap((file) => configurationLines(file, depth + 1)))
  }
  return lines
}

/** The last value of an option; null when it is not there. */
export function lastValue(lines: readonly ConfigurationLine[], name: string): string | null {
  return lines.findLast((line) => line.name === name)?.value ?? null
}

/** Files named *.conf in the order in which they are read: capitals first. */
function included(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.conf') && file.length > 5)
      .sort((a, b) => (a < b ? -1 : 1))
      .map((file) => join(folder, file))
  } catch {
    return []
  }
}
