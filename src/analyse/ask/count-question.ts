// The free question: messages that pass a filter, counted by what they have in common.
// The filter is the command's (`--where`); here is only the counting.

import { PacketType } from '../../wire/mqtt/packet.ts'
import { packetName } from '../../wire/mqtt/packet-names.ts'
import type { MqttMessage } from '../mqtt/message.ts'
import { frameList, type Question, QuestionError } from './question.ts'

/** What messages can be counted by. */
const KEYS: Readonly<Record<string, (message: MqttMessage) => string>> = {
  client: ({ connection }) => connection.name,
  server: ({ connection }) => connection.server,
  connection: ({ connection }) => `${connection.stream}`,
  topic: ({ topicName, packet }) => (packet?.type === PacketType.Publish ? (topicName ?? '(unknown alias)') : '(none)'),
  type: ({ type }) => packetName(type),
  qos: ({ packet }) => (packet?.type === PacketType.Publish ? `${packet.qos}` : '(none)'),
  version: ({ connection }) => (connection.connect === null ? '(unknown)' : { 3: '3.1', 4: '3.1.1', 5: '5.0' }[connection.version]),
  sender: ({ fromClient }) => (fromClient ? 'client' : 'server'),
}

export const COUNT: Question = {
  name: 'count',
  meaning: `Messages counted by what they have in common: ${Object.keys(KEYS).join(', ')}; two words give pairs.`,
  argument: 'BY [BY]',
  fields: [],
  ask(words) {
    const unknown = words.find((word) => !Object.hasOwn(KEYS, word))
    if (words.length === 0 || words.length > 2 || unknown !== undefined)
      throw new QuestionError(`'count' takes one or two of: ${Object.keys(KEYS).join(', ')}${unknown === undefined ? '' : ` ('${unknown}' given)`}`)
    const counts = new Map<string, { readonly keys: readonly string[]; messages: number; bytes: number; readonly frames: number[] }>()
    return {
      message(message) {
        const keys = words.map((word) => KEYS[word]!(message))
        const key = JSON.stringify(keys)
        let count = counts.get(key)
        if (count === undefined) counts.set(key, (count = { keys, messages: 0, bytes: 0, frames: [] }))
        count.messages++
        count.bytes += message.size
        if (count.frames.length < 9) count.frames.push(message.frame)
      },
      answer: () => ({
        columns: [...words, 'messages', 'bytes', 'frames'],
        rows: [...counts.values()]
          .toSorted((a, b) => b.messages - a.messages)
          .map(({ keys, messages, bytes, frames }) => [...keys, messages, bytes, frameList(frames)]),
        remarks: [`${[...counts.values()].reduce((sum, { messages }) => sum + messages, 0)} messages`],
      }),
    }
  },
}
