// Asks a question of a capture that passes by: frames in, a table out.
// All questions by name; the capture is read by who calls.

import { nearestName } from '../../base/nearest-name.ts'
import type { Packet } from '../../dissect/packet.ts'
import { CONNECTION_FIELDS, MqttConnections } from '../mqtt/connections.ts'
import { CONNECTION_QUESTIONS } from './connection-questions.ts'
import { COUNT } from './count-question.ts'
import { MESSAGE_QUESTIONS } from './message-questions.ts'
import { OTHER_QUESTIONS } from './other-questions.ts'
import { type Answer, type Asked, type Question, QuestionError } from './question.ts'
import { SUBSCRIPTION_QUESTIONS } from './subscription-questions.ts'

/** In the order of the help. */
export const QUESTIONS: readonly Question[] = [...CONNECTION_QUESTIONS, ...MESSAGE_QUESTIONS, ...SUBSCRIPTION_QUESTIONS, ...OTHER_QUESTIONS, COUNT]

export class Asking {
  /** Fields that must be dissected. */
  readonly fields: readonly string[]
  readonly #asked: Asked
  readonly #connections: MqttConnections

  /** @throws QuestionError */
  constructor(name: string, words: readonly string[]) {
    const question = QUESTIONS.find((one) => one.name === name)
    if (question === undefined) {
      const meant = nearestName(
        name,
        QUESTIONS.map((one) => one.name),
      )
      throw new QuestionError(`there is no question '${name}'${meant === null ? '' : `; did you mean ${meant}?`} (--list explains them)`)
    }
    this.#asked = question.ask(words)
    this.#connections = new MqttConnections([this.#asked])
    this.fields = [...CONNECTION_FIELDS, ...question.fields]
  }

  /** The next frame, borrowed. Those that are not asked about are only followed. */
  packet(packet: Packet, isAsked: boolean): void {
    if (isAsked) this.#asked.packet?.(packet)
    this.#connections.frame(packet, isAsked)
  }

  answer(): Answer {
    return this.#asked.answer(this.#connections)
  }
}
