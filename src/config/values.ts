// The words after an option's name, read as Mosquitto does: first word of a number or a truth value, rest of the line of a text.
// Refusals are ConfigErrors in its words; the parser adds file and line.

import { LONGEST_TEXT, utf8Length } from '../wire/text.ts'
import { ConfigError } from './configuration.ts'

/** The largest number an option takes: Mosquitto's are C integers. */
export const MAXIMUM_INTEGER = 2_147_483_647

/** The rest of the line. @throws ConfigError when there is none, or more than a text of MQTT may have */
export function text(name: string, value: string): string {
  if (value === '') throw new ConfigError(`Empty '${name}' value in configuration.`)
  checkLength(name, value)
  return value
}

/** @throws ConfigError when it does not fit into a text of MQTT */
export function checkLength(name: string, value: string): void {
  const bytes = utf8Length(value)
  if (bytes > LONGEST_TEXT) throw new ConfigError(`'${name}' has ${bytes} bytes, at most ${LONGEST_TEXT}.`)
}

/** The first word; what follows it is not read. @throws ConfigError when there is none */
export function word(name: string, value: string): string {
  return text(name, value).split(' ')[0]!
}

/** @throws ConfigError */
export function boolean(name: string, value: string): boolean {
  const first = word(name, value)
  if (first === 'true' || first === '1') return true
  if (first === 'false' || first === '0') return false
  throw new ConfigError(`Invalid '${name}' value (${first}).`)
}

/** C notation: decimal, 0x… hexadecimal, 0… octal. @throws ConfigError when it is no number or does not fit 32 bits */
export function integer(name: string, value: string): number {
  const first = word(name, value)
  const parts = /^([+-]?)(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))$/i.exec(first)
  if (parts === null) throw new ConfigError(`'${name}' value not a number.`)
  const [, sign, hexadecimal, octal, decimal] = parts
  const size = hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : octal !== undefined ? Number.parseInt(octal, 8) : Number(decimal)
  const number = sign === '-' ? 0 - size : size
  if (number > MAXIMUM_INTEGER || number < -MAXIMUM_INTEGER - 1) throw new ConfigError(`'${name}' value out of range.`)
  return number
}

/** C's atol: the number that a word begins with, 0 when it begins with none. @throws ConfigError when there is no word */
export function looseInteger(name: string, value: string): number {
  const [digits] = /^[+-]?[0-9]+/.exec(word(name, value)) ?? ['0']
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(digits))) + 0
}

/** One of a few words. @throws ConfigError naming them */
export function oneOf<T extends string>(name: string, value: string, words: readonly T[]): T {
  const first = word(name, value)
  const found = words.find((known) => known === first)
  if (found === undefined) throw new ConfigError(`Invalid '${name}' value (${first}). Use ${words.join(' or ')}.`)
  return found
}
