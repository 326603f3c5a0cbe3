// The broker's numbers for Prometheus: OpenMetrics text, or the older format for who asks for none.
// Names are ours, values those of `$SYS`; nothing here names a client or a topic.

import type { Broker } from '../../broker/broker.ts'

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
}

interface Row {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly unit?: 'bytes' | 'seconds'
  readonly help: string
  value(source: MetricsSource): number
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

export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
export const PLAIN_METRICS = 'text/plain; version=0.0.4; charset=utf-8'

/** `isOpen`: OpenMetrics 1.0, else the format of before. */
export function metricsText(source: MetricsSource, isOpen: boolean): string {
  const lines: string[] = []
  for (const { name, type, unit, help, value } of ROWS) {
    const sample = type === 'counter' ? `${name}_total` : name
    const family = isOpen ? name : sample
    lines.push(`# TYPE ${family} ${type}`)
    if (isOpen && unit !== undefined) lines.push(`# UNIT ${family} ${unit}`)
    lines.push(`# HELP ${family} ${help}`, `${sample} ${value(source)}`)
  }
  const label = source.version.replace(/[\\"\n]/g, '')
  const build = isOpen ? 'zanzara_build' : 'zanzara_build_info'
  lines.push(`# TYPE ${build} ${isOpen ? 'info' : 'gauge'}`, `# HELP ${build} The version of this broker.`, `zanzara_build_info{version="${label}"} 1`)
  return `${lines.join('\n')}\n${isOpen ? '# EOF\n' : ''}`
}
