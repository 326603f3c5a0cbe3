// Every limit of the broker and its default: Mosquitto 2.1's options and values, and caps no honest client reaches.
// Limits of one connection come from session/effects.ts; who reads the options is config/.

import type { ConnectionLimits } from '../session/effects.ts'

export interface Limits extends ConnectionLimits {
  /** max_inflight_messages: unacknowledged QoS 1 and 2 publishes towards one client; 0 = as many as the protocol allows. */
  readonly maximumInflightMessages: number
  /** max_inflight_bytes: unacknowledged payload bytes from which on nothing more is sent to a client; 0 = no limit. For new sessions. */
  readonly maximumInflightBytes: number
  /** max_queued_messages: waiting beyond those; 0 = no limit. */
  readonly maximumQueuedMessages: number
  /** max_queued_bytes of one client; 0 = no limit. */
  readonly maximumQueuedBytes: number
  /** queue_qos0_messages: QoS 0 waits for clients that are offline, too. */
  readonly queueQos0Messages: boolean
  /** upgrade_outgoing_qos: messages go out with the QoS of the subscription, also when they were published with a lower one. */
  readonly upgradeOutgoingQos: boolean
  /** memory_limit: bytes of `BrokerOptions.heapUsed`, beyond which nobody new comes in and no message; 0 = no limit. */
  readonly memoryLimit: number
  /** global_max_clients: sessions, with and without a connection; 0 = no limit. */
  readonly globalMaximumClients: number
  /** Milliseconds that a client waits at most whose Client Identifier is taken over again and again (take-overs.ts); 0 = it never waits. */
  readonly maximumTakeOverDelayMs: number
  /** Topic Names remembered with their subscribers. */
  readonly internedTopics: number
  /** Levels of a Topic Name or Filter. */
  readonly maximumTopicLevels: number
  readonly maximumSubscriptionsPerClient: number
  /** UTF-16 units of all Topic Filters of one client together: bounds what its subscriptions take in the index. */
  readonly maximumFilterTextPerClient: number
  readonly maximumRetainedMessages: number
  /** retain_expiry_interval, but in seconds: a retained message is forgotten after that; 0 = never. */
  readonly retainExpiryInterval: number
  /** One copy per matching subscription (true, Mosquitto 2.1's default) or one per client. */
  readonly allowDuplicateMessages: boolean
  /** Seconds; a longer Session Expiry Interval is lowered. 0xFFFFFFFF = no limit (persistent_client_expiration). */
  readonly maximumSessionExpiryInterval: number
  /** Seconds between `$SYS` updates; 0 = none. */
  readonly sysInterval: number
  /** A retained message is sent only while its publisher may still publish there. */
  readonly checkRetainSource: boolean
  /** auto_id_prefix. */
  readonly clientIdPrefix: string
}

export const DEFAULT_LIMITS: Limits = {
  maximumPacketSize: 2_000_000,
  receiveMaximum: 20,
  receiveMaximumEnforced: 1024,
  topicAliasMaximum: 10,
  topicAliasMaximumOutgoing: 10,
  maximumQos: 2,
  retainAvailable: true,
  maximumKeepAlive: 65535,
  connectTimeoutMs: 10_000,
  allowZeroLengthClientId: true,
  versions: [3, 4, 5],
  reasonStrings: false,
  responseInformation: null,
  messageSizeLimit: 0,
  maximumPublishRate: 0,
  maximumPublishBytesRate: 0,
  maximumInflightMessages: 20,
  maximumInflightBytes: 0,
  maximumQueuedMessages: 1000,
  maximumQueuedBytes: 64 << 20,
  queueQos0Messages: false,
  upgradeOutgoingQos: false,
  memoryLimit: 0,
  globalMaximumClients: 0,
  maximumTakeOverDelayMs: 5000,
  internedTopics: 65536,
  maximumTopicLevels: 201, // Mosquitto counts the slashes: 200
  maximumSubscriptionsPerClient: 100_000,
  maximumFilterTextPerClient: 8 << 20,
  maximumRetainedMessages: 10_000_000,
  retainExpiryInterval: 0,
  allowDuplicateMessages: true,
  maximumSessionExpiryInterval: 0xffffffff,
  sysInterval: 10,
  checkRetainSource: true,
  clientIdPrefix: 'auto-',
}
