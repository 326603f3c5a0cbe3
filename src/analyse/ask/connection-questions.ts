// Questions about clients and their connections: who was there, with which wishes, and how it ended.
// Facts come from mqtt/connection.ts.

import { PacketType } from '../../wire/mqtt/packet.ts'
import { RETURN_CODE_NAMES, reasonName } from '../../wire/mqtt/reason-codes.ts'
import type { MqttConnection } from '../mqtt/connection.ts'
import type { MqttMessage } from '../mqtt/message.ts'
import { type Note, Notes } from '../mqtt/notes.ts'
import { type Answer, type Asked, counted, frameList, noWords, type Question, QuestionError } from './question.ts'

const VERSIONS = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const

function versionOf({ connectPacket }: MqttConnection): string {
  return connectPacket === null ? '?' : VERSIONS[connectPacket.version]
}

function answerOf({ connackPacket, version }: MqttConnection): string {
  if (connackPacket === null) return 'none'
  const { reasonCode } = connackPacket
  if (reasonCode === 0) return 'accepted'
  return version === 5 ? reasonName(reasonCode, PacketType.Connack) : (RETURN_CODE_NAMES[reasonCode] ?? `code ${reasonCode}`)
}

const CLIENTS: Question = {
  name: 'clients',
  meaning: 'Which clients connected: identifier, version, user, server, Keep Alive, and how each connection ended.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('clients', words)
    return {
      answer: ({ all }) => ({
        columns: ['client id', 'version', 'user', 'address', 'server', 'keep alive', 'clean', 'answer', 'packets', 'bytes', 'ended', 'frames'],
        rows: all.map((connection) => {
          const { connectPacket: asked, end } = connection
          const frames = [connection.first.frame, ...(end === null ? [] : [end.frame])]
          return [
            connection.clientId,
            versionOf(connection),
            asked?.userName ?? null,
            connection.client,
            connection.server,
            asked?.keepAlive ?? null,
            asked === null ? null : asked.cleanStart ? 'yes' : 'no',
            answerOf(connection),
            connection.messages,
            connection.bytes,
            end?.how ?? 'open',
            frames.join('–'),
          ]
        }),
        remarks: [`${counted(all.length, 'connection')}, ${counted(new Set(all.map(({ clientId }) => clientId)).size, 'client identifier')}`],
      }),
    }
  },
}

const CONNECT_LENGTHS: Question = {
  name: 'connect-lengths',
  meaning: 'How long the CONNECT packets are, by version: number, shortest, average, longest.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('connect-lengths', words)
    const byVersion = new Map<string, MqttMessage[]>()
    return {
      message(message) {
        const { packet } = message
        if (packet?.type !== PacketType.Connect) return
        const version = VERSIONS[packet.version]
        const others = byVersion.get(version)
        if (others === undefined) byVersion.set(version, [message])
        else others.push(message)
      },
      answer: () => ({
        columns: ['version', 'number', 'shortest', 'average', 'longest', 'frames'],
        rows: [...byVersion].toSorted().map(([version, messages]) => {
          const sizes = messages.map(({ size }) => size)
          const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
          return [version, sizes.length, Math.min(...sizes), Number(average.toFixed(2)), Math.max(...sizes), frameList(messages.map(({ frame }) => frame))]
        }),
        remarks: ['Lengths are bytes of the whole packet, fixed header included.'],
      }),
    }
  },
}

interface AnnouncedWill {
  readonly connection: MqttConnection
  readonly deliveries: number[]
}

const WILLS: Question = {
  name: 'wills',
  meaning: 'Which wills were announced, which became due because their connection ended without DISCONNECT, and where they were delivered.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('wills', words)
    const due: AnnouncedWill[] = []
    return {
      message({ packet, fromClient, topicName, frame }) {
        if (packet?.type !== PacketType.Publish || fromClient) return
        for (const { connection, deliveries } of due) {
          const will = connection.connectPacket!.will!
          if (will.topicName === topicName && sameBytes(will.payload, packet.payload)) deliveries.push(frame)
        }
      },
      ended(connection) {
        const isDue = connection.end !== null && connection.end.how !== 'disconnect'
        if (isDue && (connection.connectPacket?.will ?? null) !== null) due.push({ connection, deliveries: [] })
      },
      answer({ all }): Answer {
        const announced = all.filter(({ connectPacket }) => (connectPacket?.will ?? null) !== null)
        return {
          columns: ['client id', 'topic', 'QoS', 'retain', 'payload', 'due', 'delivered in frames', 'frame'],
          rows: announced.map((connection) => {
            const will = connection.connectPacket!.will!
            const fired = due.find((one) => one.connection === connection)
            return [
              connection.name,
              will.topicName,
              will.qos,
              will.retain ? 'yes' : 'no',
              shownPayload(will.payload),
              fired === undefined ? 'no' : connection.end!.how,
              fired === undefined ? '' : frameList(fired.deliveries),
              connection.connect!.frame,
            ]
          }),
          remarks: [
            `${counted(announced.length, 'will')}, ${due.length} due, ${due.filter(({ deliveries }) => deliveries.length > 0).length} of them seen delivered`,
            `${counted(due.filter(({ connection, deliveries }) => connection.connectPacket!.will!.qos === 0 && deliveries.length > 0).length, 'will')} of QoS 0 delivered`,
          ],
        }
      },
    }
  },
}

const EXPERT: Question = {
  name: 'expert',
  meaning: 'What is wrong or remarkable: broken rules with their clause of the standard, lost acknowledgements, takeovers, silent clients.',
  argument: '[error|warning|note]',
  fields: [],
  ask(words) {
    const [least = 'note', ...rest] = words
    const order = ['note', 'warning', 'error']
    if (!order.includes(least) || rest.length > 0) throw new QuestionError(`'expert' takes one word: error, warning or note ('${words.join(' ')}' given)`)
    const notes: Note[] = []
    const watched = new Notes((note) => {
      if (order.indexOf(note.severity) >= order.indexOf(least)) notes.push(note)
    })
    const asked: Asked = {
      message: (message) => watched.message(message),
      finished: (exchange) => watched.finished(exchange),
      ended: (connection) => watched.ended(connection),
      answer({ all }) {
        watched.finish(all)
        const sorted = notes.toSorted((a, b) => a.frame - b.frame)
        return {
          columns: ['frame', 'severity', 'client id', 'what', 'clause', 'other frames'],
          rows: sorted.map(({ frame, severity, connection, text, clause, others }) => [frame, severity, connection.name, text, clause, frameList(others)]),
          remarks: [
            order
              .toReversed()
              .map((severity) => counted(notes.filter((note) => note.severity === severity).length, severity))
              .join(', '),
          ],
        }
      },
    }
    return asked
  },
}

/** Text if it is text, else hexadecimal; shortened. */
export function shownPayload(payload: Uint8Array): string {
  const text = new TextDecoder().decode(payload.subarray(0, 200))
  const shown = /[\p{Cc}\ufffd]/u.test(text) ? [...payload.subarray(0, 32)].map((byte) => byte.toString(16).padStart(2, '0')).join('') : text
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export const CONNECTION_QUESTIONS: readonly Question[] = [CLIENTS, CONNECT_LENGTHS, WILLS, EXPERT]
