// What `$SYS` and metrics report: plain fields, added to once per run, packet or event.
// Names follow Mosquitto's `$SYS/broker` topics.

import type { ConnectionCounters } from '../session/effects.ts'

export class Counters implements ConnectionCounters {
  /** Packets of all types. */
  messagesReceived = 0
  messagesSent = 0
  bytesReceived = 0
  connectsReceived = 0
  /** PUBLISH packets and their payload bytes. */
  publishesReceived = 0
  publishBytesReceived = 0
  publishesSent = 0
  publishBytesSent = 0
  /** Lost to limits of queues, sizes, rates and memory. */
  publishesDropped = 0
  /** Refused by the authoriser. */
  publishesRefused = 0
  /** Sessions ended by their Session Expiry Interval. */
  clientsExpired = 0
  /** Connections accepted. */
  socketsOpened = 0
  /** Most sessions at a time. */
  clientsMaximum = 0
  subscriptions = 0
  sharedSubscriptions = 0
}
