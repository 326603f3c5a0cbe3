// Questions about subscriptions: who asked for what, and who would receive a topic at a given frame.
// Matching is that of the standard (wire/mqtt/topics.ts), the same that the broker's tests hold.

import { PacketType } from '../../wire/mqtt/packet.ts'
import { isTopicName, parseSharedFilter, topicMatchesFilter } from '../../wire/mqtt/topics.ts'
import type { ActiveSubscription, MqttConnection } from '../mqtt/connection.ts'
import type { MqttConnections } from '../mqtt/connections.ts'
import { counted, frameList, noWords, type Question, QuestionError } from './question.ts'

function* subscriptionsOf({ all }: MqttConnections): Generator<[MqttConnection, ActiveSubscription]> {
  for (const connection of all) for (const subscription of connection.subscriptions) yield [connection, subscription]
}

/** Levels of a filter, without `$share/NAME/`. */
function levelsOf(topicFilter: string): string[] {
  return (parseSharedFilter(topicFilter)?.topicFilter ?? topicFilter).split('/')
}

const WILDCARDS: Question = {
  name: 'wildcard-subscribers',
  meaning: "Which clients subscribed with a wildcard; 'single' counts + only, 'multi' # only.",
  argument: '[single|multi]',
  fields: [],
  ask(words) {
    const [kind = 'any', ...rest] = words
    if (!['any', 'single', 'multi'].includes(kind) || rest.length > 0)
      throw new QuestionError(`'wildcard-subscribers' takes one word: single (+) or multi (#) ('${words.join(' ')}' given)`)
    return {
      answer(connections) {
        const found = [...subscriptionsOf(connections)].filter(([, { request }]) => {
          const levels = levelsOf(request.topicFilter)
          return (kind !== 'multi' && levels.includes('+')) || (kind !== 'single' && levels.includes('#'))
        })
        return {
          columns: ['client id', 'server', 'filter', 'QoS', 'granted', 'frame'],
          rows: found.map(([connection, { request, granted, subscribe }]) => [
            connection.name,
            connection.server,
            request.topicFilter,
            request.qos,
            grantedText(granted),
            subscribe.frame,
          ]),
          remarks: [
            [
              counted(new Set(found.map(([connection]) => connection)).size, 'connection'),
              ' of ',
              counted(new Set(found.map(([{ name }]) => name)).size, 'client'),
              ', ',
              counted(found.length, 'subscription'),
            ].join(''),
          ],
        }
      },
    }
  },
}

const SUBSCRIPTIONS: Question = {
  name: 'subscriptions',
  meaning: 'All subscriptions: who, which filter, asked and granted QoS, from where to where.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('subscriptions', words)
    return {
      answer: (connections) => ({
        columns: ['client id', 'server', 'filter', 'QoS', 'granted', 'from frame', 'to frame'],
        rows: [...subscriptionsOf(connections)].map(([connection, { request, granted, subscribe, ended }]) => [
          connection.name,
          connection.server,
          request.topicFilter,
          request.qos,
          grantedText(granted),
          subscribe.frame,
          ended?.frame ?? connection.end?.frame ?? null,
        ]),
        remarks: [],
      }),
    }
  },
}

const RECEIVERS: Question = {
  name: 'receivers',
  meaning: 'Who would receive a message on TOPIC at the end of the capture, or at frame N; sessions that were kept from before it are unknown.',
  argument: 'TOPIC [N]',
  fields: [],
  ask(words) {
    const [topicName, frame = '', ...rest] = words
    if (topicName === undefined || !isTopicName(topicName) || !/^\d*$/.test(frame) || rest.length > 0)
      throw new QuestionError(`'receivers' takes a Topic Name without wildcards, and a frame number if you like ('${words.join(' ')}' given)`)
    const at = frame === '' ? Number.POSITIVE_INFINITY : Number(frame)
    return {
      answer(connections) {
        const found = [...subscriptionsOf(connections)].filter(([connection, { request, granted, subscribe, ended }]) => {
          const isOver = (ended ?? connection.end ?? null) !== null && (ended ?? connection.end)!.frame <= at
          return subscribe.frame <= at && !isOver && (granted ?? 0) < 0x80 && topicMatchesFilter(levelsOf(request.topicFilter).join('/'), topicName)
        })
        return {
          columns: ['client id', 'server', 'filter', 'QoS at most', 'subscribed in frame'],
          rows: found.map(([connection, { request, granted, subscribe }]) => [
            connection.name,
            connection.server,
            request.topicFilter,
            granted ?? request.qos,
            subscribe.frame,
          ]),
          remarks: [
            found.length === 0
              ? `nobody would receive '${topicName}'`
              : `${counted(new Set(found.map(([connection]) => connection)).size, 'client')} would receive '${topicName}'`,
          ],
        }
      },
    }
  },
}

interface Delivery {
  messages: number
  readonly frames: number[]
}

const CAUSES: Question = {
  name: 'causes',
  meaning: 'Which subscription caused each delivery: messages from the server by subscription, and those that none explains.',
  argument: '',
  fields: [],
  ask(words) {
    noWords('causes', words)
    const bySubscription = new Map<ActiveSubscription, Delivery & { readonly connection: MqttConnection }>()
    const unexplained = new Map<string, Delivery & { readonly connection: MqttConnection; readonly topicName: string }>()
    return {
      message({ packet, fromClient, topicName, connection, frame }) {
        if (packet?.type !== PacketType.Publish || fromClient || topicName === null) return
        const causes = connection.subscriptions.filter(
          ({ request, ended, granted }) => ended === null && (granted ?? 0) < 0x80 && topicMatchesFilter(levelsOf(request.topicFilter).join('/'), topicName),
        )
        if (causes.length === 0) {
          const key = `${connection.stream} ${topicName}`
          const known = unexplained.get(key) ?? { connection, topicName, messages: 0, frames: [] }
          unexplained.set(key, known)
          add(known, frame)
        }
        for (const cause of causes) {
          const known = bySubscription.get(cause) ?? { connection, messages: 0, frames: [] }
          bySubscription.set(cause, known)
          add(known, frame)
        }
      },
      answer: () => ({
        columns: ['client id', 'filter', 'subscribed in frame', 'messages', 'frames'],
        rows: [
          ...[...bySubscription].map(([{ request, subscribe }, { connection, messages, frames }]) => [
            connection.name,
            request.topicFilter,
            subscribe.frame,
            messages,
            frameList(frames),
          ]),
          ...[...unexplained.values()].map(({ connection, topicName, messages, frames }) => [
            connection.name,
            `(none seen) ${topicName}`,
            null,
            messages,
            frameList(frames),
          ]),
        ],
        remarks: unexplained.size === 0 ? [] : ['Deliveries without a subscription in the capture belong to a session that was kept from before it.'],
      }),
    }
  },
}

function add(delivery: Delivery, frame: number): void {
  delivery.messages++
  if (delivery.frames.length < 9) delivery.frames.push(frame)
}

function grantedText(granted: number | null): string {
  if (granted === null) return 'no answer'
  return granted >= 0x80 ? `refused (${granted})` : `${granted}`
}

export const SUBSCRIPTION_QUESTIONS: readonly Question[] = [SUBSCRIPTIONS, WILDCARDS, RECEIVERS, CAUSES]
