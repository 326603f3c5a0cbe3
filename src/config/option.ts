// What one row of the tables of options is, and how a row takes its value from a line.
// The rows themselves are in broker-options.ts, listener-options.ts, bridge-options.ts and their neighbours.

import type { LogType } from '../base/log.ts'
import { ConfigError } from './configuration.ts'
import type { Setting } from './settings.ts'
import { boolean, integer, text, word } from './values.ts'

/** What a row may know and do beside setting its value. */
export interface LineContext {
  /** As it was written: an alias stays one. */
  readonly name: string
  readonly perListenerSettings: boolean
  note(type: LogType, text: string): void
}

/** What is told of an option. */
export interface Head {
  readonly name: string
  readonly aliases?: readonly string[]
  /** One sentence for `config explain` and docs/options.md. */
  readonly meaning: string
  /** What holds when nothing is written, as one would write it; '' = nothing. */
  readonly default: string
  /** Whether SIGHUP reads it again. */
  readonly reload: boolean
  /** The end of Mosquitto's sentence about a deprecated option. */
  readonly deprecated?: string
  /** Why it is accepted but does nothing; a warning says so. */
  readonly noEffect?: string
  /** One that Mosquitto does not have. */
  readonly own?: true
  /** Each line adds to those before it. */
  readonly repeats?: true
  /** Never shown. */
  readonly secret?: true
  /** The name in errors, where it is not the option's. */
  readonly label?: string
}

/** How a row reads its value. `set` may refuse with a ConfigError. */
type Reader<T> =
  | { readonly kind: 'boolean'; set(target: T, value: boolean, line: LineContext): void }
  | {
      readonly kind: 'integer'
      readonly minimum?: number
      readonly maximum?: number
      /** The message for a value outside, where it is not `Invalid 'NAME' value (N).` */
      readonly refusal?: string
      set(target: T, value: number, line: LineContext): void
    }
  /** A second line of a text is refused, unless the last one counts or the option repeats. */
  | { readonly kind: 'text'; readonly again?: 'last'; set(target: T, value: string, line: LineContext): void }
  | { readonly kind: 'word'; set(target: T, value: string, line: LineContext): void }
  /** The row reads the rest of the line itself, which may be empty. */
  | { readonly kind: 'line'; set(target: T, value: string, line: LineContext): void }

/** An option of a section of kind `T`. */
export type Row<T> = Head & Reader<T>

/** Sets what the line says. `settings` = what was written in this section before. @throws ConfigError */
export function applyRow<T>(row: Row<T>, target: T, settings: readonly Setting[], value: string, line: LineContext): void {
  const name = row.label ?? line.name
  if (row.deprecated !== undefined) line.note('notice', deprecation(line.name, row.deprecated))
  switch (row.kind) {
    case 'boolean':
      row.set(target, boolean(name, value), line)
      break
    case 'integer': {
      const number = integer(name, value)
      if (number < (row.minimum ?? number) || number > (row.maximum ?? number)) throw new ConfigError(row.refusal ?? `Invalid '${name}' value (${number}).`)
      row.set(target, number, line)
      break
    }
    case 'text':
      if (row.again === undefined && row.repeats === undefined && value !== '' && settings.some((setting) => setting.option === row.name))
        throw new ConfigError(`Duplicate '${name}' value in configuration.`)
      row.set(target, text(name, value), line)
      break
    case 'word':
      row.set(target, word(name, value), line)
      break
    case 'line':
      row.set(target, value, line)
      break
  }
  if (row.noEffect !== undefined) line.note('warning', `Warning: The '${line.name}' option has no effect: ${row.noEffect}.`)
}

/** Mosquitto's sentence about an option on its way out. */
export function deprecation(name: string, remedy: string): string {
  return `The '${name}' option is now deprecated and will be removed in version 3.0. ${remedy}`
}
