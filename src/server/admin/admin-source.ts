// What the API answers from: the broker, what was noted beside it, and the configuration. Put together by admin-server.ts, made up by tests.
// Everything is looked up when it is asked for, so that a reload shows at once.

import type { Log } from '../../base/log.ts'
import type { Broker } from '../../broker/broker.ts'
import type { ExplainedSection } from '../../config/explain.ts'
import type { BridgeLook } from '../open-bridges.ts'
import type { OpenListener } from '../open-listeners.ts'
import type { ClientBook } from './client-facts.ts'
import type { FaultDesk } from './fault-desk.ts'
import type { History } from './history.ts'
import type { LogRing } from './log-ring.ts'
import type { PacketRing } from './packet-ring.ts'
import type { TurnTimes } from './turn-times.ts'

export interface ToldConfiguration {
  readonly files: readonly string[]
  readonly sections: readonly ExplainedSection[]
}

export interface AdminSource {
  readonly broker: Broker
  readonly version: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly wallClock: () => number
  readonly bytesSent: () => number
  readonly heapUsed: () => number
  readonly connections: () => number
  readonly listeners: () => readonly OpenListener[]
  readonly bridges: () => readonly BridgeLook[]
  /** Whether a listener serves the console. */
  readonly hasConsole: (listener: OpenListener) => boolean
  readonly book: ClientBook
  readonly history: History
  readonly turns: TurnTimes
  readonly logRing: LogRing
  readonly ring: PacketRing
  /** Milliseconds since 1970 at the zero of the ring's clock. */
  readonly ringOrigin: number
  readonly streams: () => number
  /** Files that were read, and what they say; no secrets. */
  readonly configuration: () => ToldConfiguration | Promise<ToldConfiguration>
  readonly faults: FaultDesk
  /** For what operators do. */
  readonly log: Log
}
