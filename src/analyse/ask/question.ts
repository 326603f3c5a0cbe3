// What a question is: a name, what it needs, and how its answer comes about while a capture passes by.
// Answers are tables; every row names its frames.

import type { Packet } from '../../dissect/packet.ts'
import type { ConnectionListener, MqttConnections } from '../mqtt/connections.ts'

/** Texts, numbers, frame numbers in order; null = unknown. */
export type Cell = string | number | null

export interface Answer {
  /** Headings. Columns of numbers are set to the right. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Sentences below the table: totals, what is missing. */
  readonly remarks: readonly string[]
}

/** One asking of a question. */
export interface Asked extends ConnectionListener {
  /** Each frame that passes the filter, before its MQTT is told. Borrowed. */
  packet?(packet: Packet): void
  /** The capture is over. */
  answer(connections: MqttConnections): Answer
}

export interface Question {
  readonly name: string
  /** One sentence: what it answers. */
  readonly meaning: string
  /** Words that must follow the name, for the help; '' = none. */
  readonly argument: string
  /** Fields to be dissected beside those of the connections. */
  readonly fields: readonly string[]
  /** @throws QuestionError when the arguments do not fit */
  ask(words: readonly string[]): Asked
}

/** The question cannot be asked like this; the message says how. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError'
}

/** For questions without arguments. @throws QuestionError */
export function noWords(name: string, words: readonly string[]): void {
  if (words.length > 0) throw new QuestionError(`'${name}' takes no argument ('${words[0]}' given)`)
}

/** Frame numbers as one cell. */
export function frameList(frames: readonly number[], most = 8): string {
  return frames.length <= most ? frames.join(' ') : `${frames.slice(0, most).join(' ')} …`
}

/** Milliseconds, with as many digits as make sense. */
export function milliseconds(seconds: number): number {
  const ms = seconds * 1000
  return Number(ms.toFixed(ms < 10 ? 3 : ms < 1000 ? 1 : 0))
}

/** `1 client`, `2 clients`. */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
