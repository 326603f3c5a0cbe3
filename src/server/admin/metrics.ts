// The broker's numbers for Prometheus: OpenMetrics text, or the older format for who asks for none.
// Names are ours, values those of `$SYS`; bridges are told apart by their names, and nothing here names a client or a topic.

import type { Broker } from '../../broker/broker.ts'
import type { BridgeLook } from '../open-bridges.ts'
import type { TurnTotals } from './turn-times.ts'

export interface MetricsSource {
  readonly broker: Broker
  readonly version: string
  readonly bytesSent: () => number
  readonly heapUsed: () => number
  /** Seconds since 1970. */
  readonly startedAt: number
  readonly connections: () => number
  /** What is kept second by second. */
  readonly latest: (name: string) => number
  readonly bridges: () => readonly BridgeLook[]
  readonly turns: () => TurnTotals
}

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly unit?: 'bytes' | 'seconds'
  readonly help: string
}

interface Row extends Family {
  readonly type: 'counter' | 'gauge'
  value(source: MetricsSource): number
}

/** One sample for each bridge. */
interface BridgeMetric extends Family {
  readonly type: 'counter' | 'gauge'
  value(bridge: BridgeLook): number
}

const ROWS: readonly Row[] = [
  { name: 'zanzara_packets_received', type: 'counter', help: 'MQTT packets of all types received.', value: ({ broker }) => broker.counters.messagesReceived },
  { name: 'zanzara_packets_sent', type: 'counter', help: 'MQTT packets of all types sent.', value: ({ broker }) => broker.counters.messagesSent },
  { name: 'zanzara_publishes_received', type: 'counter', help: 'PUBLISH packets received.', value: ({ broker }) => broker.counters.publishesReceived },
  { name: 'zanzara_publishes_sent', type: 'counter', help: 'PUBLISH packets sent.', value: ({ broker }) => broker.counters.publishesSent },
  {
    name: 'zanzara_publishes_dropped',
    type: 'counter',
    help: 'PUBLISH packets lost to limits of queues, sizes, rates and memory.',
    value: ({ broker }) => broker.counters.publishesDropped,
  },
  {
    name: 'zanzara_publishes_refused',
    type: 'counter',
    help: 'PUBLISH packets refused by the rules.',
    value: ({ broker }) => broker.counters.publishesRefused,
  },
  {
    name: 'zanzara_publish_received_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Payload bytes of PUBLISH packets received.',
    value: ({ broker }) => broker.counters.publishBytesReceived,
  },
  {
    name: 'zanzara_publish_sent_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Payload bytes of PUBLISH packets sent.',
    value: ({ broker }) => broker.counters.publishBytesSent,
  },
  { name: 'zanzara_received_bytes', type: 'counter', unit: 'bytes', help: 'Bytes received.', value: ({ broker }) => broker.counters.bytesReceived },
  { name: 'zanzara_sent_bytes', type: 'counter', unit: 'bytes', help: 'Bytes sent.', value: ({ bytesSent }) => bytesSent() },
  { name: 'zanzara_connects_received', type: 'counter', help: 'CONNECT packets received.', value: ({ broker }) => broker.counters.connectsReceived },
  { name: 'zanzara_connections_opened', type: 'counter', help: 'Network connections accepted.', value: ({ broker }) => broker.counters.socketsOpened },
  { name: 'zanzara_sessions_expired', type: 'counter', help: 'Sessions ended by their expiry.', value: ({ broker }) => broker.counters.clientsExpired },
  { name: 'zanzara_connections', type: 'gauge', help: 'Network connections open, handshakes included.', value: ({ connections }) => connections() },
  { name: 'zanzara_clients_connected', type: 'gauge', help: 'Clients connected.', value: ({ broker }) => broker.connectedCount },
  { name: 'zanzara_sessions', type: 'gauge', help: 'Sessions, with and without a connection.', value: ({ broker }) => broker.sessionCount },
  { name: 'zanzara_subscriptions', type: 'gauge', help: 'Subscriptions that are not shared.', value: ({ broker }) => broker.counters.subscriptions },
  { name: 'zanzara_shared_subscriptions', type: 'gauge', help: 'Shared subscriptions.', value: ({ broker }) => broker.counters.sharedSubscriptions },
  { name: 'zanzara_retained_messages', type: 'gauge', help: 'Retained messages.', value: ({ broker }) => broker.retainedCount },
  { name: 'zanzara_stored_messages', type: 'gauge', help: 'Messages kept: retained, queued, unacknowledged.', value: ({ latest }) => latest('storedMessages') },
  { name: 'zanzara_queued_messages', type: 'gauge', help: 'Messages that wait for connected clients.', value: ({ latest }) => latest('queuedMessages') },
  {
    name: 'zanzara_queued_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes that wait for connected clients.',
    value: ({ latest }) => latest('queuedBytes'),
  },
  { name: 'zanzara_heap_bytes', type: 'gauge', unit: 'bytes', help: 'Memory in use.', value: ({ heapUsed }) => heapUsed() },
  {
    name: 'zanzara_event_loop_delay_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Longest delay of the event loop in the last second.',
    value: ({ latest }) => latest('loopDelayMs') / 1000,
  },
  { name: 'zanzara_start_time_seconds', type: 'gauge', unit: 'seconds', help: 'When the broker started, since 1970.', value: ({ startedAt }) => startedAt },
]

const BRIDGE_ROWS: readonly BridgeMetric[] = [
  { name: 'zanzara_bridge_up', type: 'gauge', help: 'Whether the bridge is connected.', value: ({ state }) => (state === 'connected' ? 1 : 0) },
  { name: 'zanzara_bridge_queued_messages', type: 'gauge', help: 'Messages that wait for the other broker.', value: ({ queue }) => queue?.messages ?? 0 },
  { name: 'zanzara_bridge_queued_bytes', type: 'gauge', unit: 'bytes', help: 'Bytes that wait for the other broker.', value: ({ queue }) => queue?.bytes ?? 0 },
  { name: 'zanzara_bridge_connects', type: 'counter', help: 'Connections that the other broker accepted.', value: ({ record }) => record.connects },
  { name: 'zanzara_bridge_publishes_received', type: 'counter', help: 'PUBLISH packets of the other broker.', value: ({ record }) => record.receivedMessages },
  { name: 'zanzara_bridge_publishes_sent', type: 'counter', help: 'PUBLISH packets sent to the other broker.', value: ({ record }) => record.sentMessages },
  {
    name: 'zanzara_bridge_publishes_dropped',
    type: 'counter',
    help: 'PUBLISH packets that one of the two brokers does not take.',
    value: ({ record }) => record.droppedMessages,
  },
  {
    name: 'zanzara_bridge_publish_received_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Payload bytes received from the other broker.',
    value: ({ record }) => record.receivedBytes,
  },
  {
    name: 'zanzara_bridge_publish_sent_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Payload bytes sent to the other broker.',
    value: ({ record }) => record.sentBytes,
  },
]

const TURNS: Family = {
  name: 'zanzara_turn_duration_seconds',
  type: 'histogram',
  unit: 'seconds',
  help: 'From the first read of a turn of the event loop to the end of its writes: no message waits longer in the broker, queues and slow subscribers apart.',
}
/** Milliseconds: of the broker's own, finer bounds. */
const TURN_BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]

export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
export const PLAIN_METRICS = 'text/plain; version=0.0.4; charset=utf-8'

/** `isOpen`: OpenMetrics 1.0, else the format of before. */
export function metricsText(source: MetricsSource, isOpen: boolean): string {
  const lines: string[] = []
  const begin = ({ name, type, unit, help }: Family): string => {
    const sample = type === 'counter' ? `${name}_total` : name
    const family = isOpen ? name : sample
    lines.push(`# TYPE ${family} ${type}`)
    if (isOpen && unit !== undefined) lines.push(`# UNIT ${family} ${unit}`)
    lines.push(`# HELP ${family} ${help}`)
    return sample
  }
  for (const row of ROWS) lines.push(`${begin(row)} ${row.value(source)}`)
  const bridges = source.bridges()
  for (const row of bridges.length === 0 ? [] : BRIDGE_ROWS) {
    const sample = begin(row)
    for (const bridge of bridges) lines.push(`${sample}{bridge="${escaped(bridge.settings.name)}"} ${row.value(bridge)}`)
  }
  lines.push(...turnSamples(begin(TURNS), source.turns()))
  const label = source.version.replace(/[\\"\n]/g, '')
  const build = isOpen ? 'zanzara_build' : 'zanzara_build_info'
  lines.push(`# TYPE ${build} ${isOpen ? 'info' : 'gauge'}`, `# HELP ${build} The version of this broker.`, `zanzara_build_info{version="${label}"} 1`)
  return `${lines.join('\n')}\n${isOpen ? '# EOF\n' : ''}`
}

function turnSamples(name: string, { bounds, counts, count, sumMs }: TurnTotals): string[] {
  const samples: string[] = []
  let below = 0
  for (const [i, bound] of bounds.entries()) {
    below += counts[i]!
    if (TURN_BOUNDS.includes(bound)) samples.push(`${name}_bucket{le="${canonical(bound / 1000)}"} ${below}`)
  }
  return [...samples, `${name}_bucket{le="+Inf"} ${count}`, `${name}_sum ${sumMs / 1000}`, `${name}_count ${count}`]
}

/** `1e-05`, `0.001`, `2.0`: scrapers tell buckets apart by these letters. */
function canonical(seconds: number): string {
  if (seconds < 1e-4) return seconds.toExponential().replace(/e-(\d)$/, 'e-0$1')
  return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds)
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
