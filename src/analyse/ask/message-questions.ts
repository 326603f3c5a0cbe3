// Questions about messages: acknowledged or not, how fast, on which topics, kept where, sent again.
// Counted in messages, not in frames: a frame may hold many.

import { PacketType } from '../../wire/mqtt/packet.ts'
import type { Exchange, MqttConnection } from '../mqtt/connection.ts'
import type { MqttMessage } from '../mqtt/message.ts'
import { shownPayload } from './connection-questions.ts'
import { frameList, milliseconds, noWords, type Question } from './question.ts'

const UNACKED: Question = {
  name: 'unacked',
  meaning: 'Which QoS 1 and 2 messages were never acknowledged to the end, and how far they came.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('unacked', words)
    const published = { 1: 0, 2: 0 }
    const lost: [MqttConnection, Exchange][] = []
    return {
      message({ packet, connection, fromClient }) {
        if (packet?.type !== PacketType.Publish || packet.qos === 0) return
        const before = connection.exchanges[fromClient ? 'client' : 'server'].get(packet.packetId)
        if (packet.dup && before !== undefined && before.done === null) return
        published[packet.qos]++
        if (before !== undefined && before.done === null) lost.push([connection, before])
      },
      answer({ all }) {
        for (const connection of all)
          for (const sender of ['client', 'server'] as const)
            for (const exchange of connection.exchanges[sender].values()) if (exchange.done === null) lost.push([connection, exchange])
        const sorted = lost.toSorted(([, a], [, b]) => a.publish.frame - b.publish.frame)
        const count = (qos: number): number => sorted.filter(([, { packet }]) => packet.qos === qos).length
        return {
          columns: ['frame', 'client id', 'sent by', 'QoS', 'packet id', 'topic', 'last answer', 'other frames'],
          rows: sorted.map(([connection, { publish, packet, answers, repeats }]) => [
            publish.frame,
            connection.name,
            publish.fromClient ? 'client' : 'server',
            packet.qos,
            packet.packetId,
            publish.topicName,
            NAMES[answers.at(-1)?.type ?? 0]!,
            frameList([...repeats, ...answers].map(({ frame }) => frame)),
          ]),
          remarks: [`${count(1)} of ${published[1]} QoS 1 messages and ${count(2)} of ${published[2]} QoS 2 messages were not acknowledged to the end`],
        }
      },
    }
  },
}

const NAMES: Readonly<Record<number, string>> = { 0: 'none', 4: 'PUBACK', 5: 'PUBREC', 6: 'PUBREL', 7: 'PUBCOMP' }

const LATENCY: Question = {
  name: 'latency',
  meaning: 'How long messages waited for their last acknowledgement (PUBACK, PUBCOMP), by connection and sender.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('latency', words)
    const samples = new Map<
      string,
      { readonly connection: MqttConnection; readonly fromClient: boolean; readonly qos: number; readonly times: [number, number][] }
    >()
    return {
      finished({ publish, packet, done }, connection) {
        const key = `${connection.stream} ${publish.fromClient} ${packet.qos}`
        let group = samples.get(key)
        if (group === undefined) samples.set(key, (group = { connection, fromClient: publish.fromClient, qos: packet.qos, times: [] }))
        group.times.push([done!.time - publish.time, publish.frame])
      },
      answer: () => ({
        columns: ['client id', 'sent by', 'QoS', 'messages', 'shortest ms', 'median ms', '99 % ms', 'longest ms', 'frame of the longest'],
        rows: [...samples.values()].map(({ connection, fromClient, qos, times }) => {
          const sorted = times.toSorted(([a], [b]) => a - b)
          const at = (share: number): number => milliseconds(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]![0])
          return [connection.name, fromClient ? 'client' : 'server', qos, sorted.length, at(0), at(0.5), at(0.99), at(1), sorted.at(-1)![1]]
        }),
        remarks: [],
      }),
    }
  },
}

interface TopicCount {
  messages: number
  bytes: number
  retained: number
  readonly qos: [number, number, number]
  readonly publishers: Set<string>
  readonly frames: number[]
}

const TOPICS: Question = {
  name: 'topics',
  meaning: 'Which topics clients published to: messages, payload bytes, QoS, who, counted in messages.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('topics', words)
    const topics = new Map<string, TopicCount>()
    return {
      message({ packet, fromClient, topicName, connection, frame }) {
        if (packet?.type !== PacketType.Publish || !fromClient) return
        const name = topicName ?? '(unknown alias)'
        let count = topics.get(name)
        if (count === undefined) topics.set(name, (count = { messages: 0, bytes: 0, retained: 0, qos: [0, 0, 0], publishers: new Set(), frames: [] }))
        count.messages++
        count.bytes += packet.payload.length
        if (packet.retain) count.retained++
        count.qos[packet.qos]++
        count.publishers.add(connection.name)
        if (count.frames.length < 9) count.frames.push(frame)
      },
      answer: () => ({
        columns: ['topic', 'messages', 'bytes', 'QoS 0', 'QoS 1', 'QoS 2', 'retained', 'publishers', 'frames'],
        rows: [...topics]
          .toSorted(([a, x], [b, y]) => y.messages - x.messages || (a < b ? -1 : 1))
          .map(([name, { messages, bytes, qos, retained, publishers, frames }]) => [
            name,
            messages,
            bytes,
            ...qos,
            retained,
            [...publishers].slice(0, 4).join(' ') + (publishers.size > 4 ? ' …' : ''),
            frameList(frames),
          ]),
        remarks: [`${topics.size} topics`],
      }),
    }
  },
}

const RETAINED: Question = {
  name: 'retained',
  meaning: 'What is retained at the end of the capture: the last message with RETAIN of each topic, cleared ones apart.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('retained', words)
    const last = new Map<string, MqttMessage>()
    const cleared = new Map<string, number>()
    return {
      message(message) {
        const { packet, fromClient, topicName, frame } = message
        if (packet?.type !== PacketType.Publish || !packet.retain || !fromClient || topicName === null) return
        if (packet.payload.length > 0) last.set(topicName, message)
        else {
          last.delete(topicName)
          cleared.set(topicName, frame)
        }
      },
      answer: () => ({
        columns: ['topic', 'payload', 'QoS', 'client id', 'frame'],
        rows: [...last].toSorted().map(([topicName, { packet, connection, frame }]) => {
          const { payload, qos } = packet as Extract<typeof packet, { type: 3 }>
          return [topicName, shownPayload(payload), qos, connection.name, frame]
        }),
        remarks: cleared.size === 0 ? [] : [`cleared: ${[...cleared].map(([topicName, frame]) => `${topicName} (frame ${frame})`).join(', ')}`],
      }),
    }
  },
}

const REPEATS: Question = {
  name: 'repeats',
  meaning: 'Which messages were sent again, with or without DUP, and after how long.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('repeats', words)
    const rows: (readonly (string | number | null)[])[] = []
    return {
      message(message) {
        const { packet, connection, fromClient, topicName, frame, time } = message
        if (packet?.type !== PacketType.Publish || packet.qos === 0) return
        const before = connection.exchanges[fromClient ? 'client' : 'server'].get(packet.packetId)
        const isAgain = before !== undefined && before.done === null && before.publish.topicName === topicName
        if (!packet.dup && !isAgain) return
        const first = before?.publish ?? null
        rows.push([
          frame,
          connection.name,
          fromClient ? 'client' : 'server',
          packet.qos,
          packet.packetId,
          topicName,
          packet.dup ? 'yes' : 'no',
          first === null ? null : milliseconds(time - first.time),
          first?.frame ?? null,
        ])
      },
      answer: () => ({
        columns: ['frame', 'client id', 'sent by', 'QoS', 'packet id', 'topic', 'DUP', 'after ms', 'first frame'],
        rows,
        remarks: [],
      }),
    }
  },
}

export const MESSAGE_QUESTIONS: readonly Question[] = [UNACKED, LATENCY, TOPICS, RETAINED, REPEATS]
