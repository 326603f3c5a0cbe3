// The bridges of the broker as the console and Prometheus are told of them.
// Field by field: settings hold passwords, and nothing of those may leave.

import type { BridgeAddress } from '../../bridge/bridge-settings.ts'
import { type BridgeTopic, localFilter, remoteFilter } from '../../bridge/topic-map.ts'
import type { BridgeLook } from '../open-bridges.ts'
import type { BridgeRow, BridgesAnswer, BridgeTopicRow } from './api-types.ts'

const VERSIONS = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const

/** `now`: milliseconds since 1970. */
export function bridgesAnswer(bridges: readonly BridgeLook[], now: number): BridgesAnswer {
  return { now, bridges: bridges.map((bridge) => rowOf(bridge, now)) }
}

function rowOf(bridge: BridgeLook, now: number): BridgeRow {
  const { settings, state, address, sinceMs, nextInMs, problem, queue, record, isTls } = bridge
  const { sentMessages, sentBytes, receivedMessages, receivedBytes, droppedMessages, connects } = record
  return {
    name: settings.name,
    addresses: settings.addresses.map(textOf),
    address: textOf(address),
    isTls,
    version: VERSIONS[settings.protocolVersion],
    start: settings.startType,
    remoteClientId: settings.remoteClientId,
    localClientId: settings.localClientId,
    state,
    since: Math.round(now - sinceMs),
    nextAttemptAt: nextInMs === null ? null : Math.round(now + nextInMs),
    problem: problem === null ? null : { time: Math.round(now - problem.agoMs), text: problem.text },
    connects,
    messagesIn: receivedMessages,
    messagesOut: sentMessages,
    bytesIn: receivedBytes,
    bytesOut: sentBytes,
    dropped: droppedMessages,
    queued: queue?.messages ?? 0,
    queuedBytes: queue?.bytes ?? 0,
    topics: settings.topics.map((topic) => topicRow(topic, record)),
  }
}

function topicRow(topic: BridgeTopic, { refusedHere, refusedThere }: BridgeLook['record']): BridgeTopicRow {
  const { pattern, direction, qos, localPrefix, remotePrefix } = topic
  return {
    pattern,
    direction,
    qos,
    localPrefix,
    remotePrefix,
    isRefusedHere: direction !== 'in' && refusedHere.has(localFilter(topic)),
    refusedThere: direction === 'out' ? null : (refusedThere.get(remoteFilter(topic)) ?? null),
  }
}

/** As `address` of a configuration file has it. */
function textOf({ host, port }: BridgeAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
