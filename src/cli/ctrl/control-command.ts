// One command of a module of `ctrl`: how its words become a request, and how the answer is shown.
// The rows are in dynsec-commands.ts and broker-commands.ts.

import type { JsonObject } from '../../auth/dynsec/members.ts'

/** What a command line asks for, but for `command` itself. */
export type RequestFields = Readonly<Record<string, unknown>>

/** Asks twice for a new password; null = the answers differ, or somebody pressed Ctrl-C. Empty is an answer. */
export type AskPassword = (userName: string, note: string) => Promise<string | null>

/** There is no new password: the answers differ, or somebody pressed Ctrl-C. The command ends, and as with Mosquitto's tool that is no failure. */
export const GIVEN_UP: unique symbol = Symbol('given up')

/** Null = these words cannot be used; a text says why. */
export type Request = RequestFields | string | null | typeof GIVEN_UP

export interface ControlCommand {
  readonly name: string
  /** What follows the name, for the help. */
  readonly usage: string
  readonly help: string
  /** How many words may follow. */
  readonly words: readonly [least: number, most: number]
  readonly request: (words: readonly string[], ask: AskPassword) => Request | Promise<Request>
  /** The lines of an answer; absent = done without a word. */
  readonly show?: (data: JsonObject) => readonly string[]
}

/** Mosquitto reads numbers as C does: what is none counts as 0. */
export function number(word: string): number {
  return Number.parseInt(word, 10) || 0
}

/** `allow` or `deny`; null = neither. */
export function permission(word: string): boolean | null {
  return word === 'allow' ? true : word === 'deny' ? false : null
}

/** A column of names after a label: the label stands before the first one only. No line when there is none. */
export function column(label: string, width: number, entries: readonly string[]): string[] {
  return entries.map((entry, i) => `${(i === 0 ? label : '').padEnd(width)}${entry}`)
}
