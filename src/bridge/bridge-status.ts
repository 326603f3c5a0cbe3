// What a bridge remembers of itself for those who look into the broker: whether it stands, what went over it, what went wrong.
// Times are those of the bridge's own clock; what is told to whom is server/admin.

import type { BridgeAddress, BridgeSettings } from './bridge-settings.ts'

/** `lazy`: it waits for messages before it connects. `stopped`: it does not try again. */
export type BridgeState = 'connected' | 'connecting' | 'waiting' | 'lazy' | 'stopped'

export interface BridgeProblem {
  readonly text: string
  /** Milliseconds ago. */
  readonly agoMs: number
}

export interface BridgeStatus {
  /** Those that hold now: passwords are in it. */
  readonly settings: BridgeSettings
  readonly state: BridgeState
  /** Which serves or is tried, or will be next. */
  readonly address: BridgeAddress
  /** Milliseconds since it has been connected, or has not been. */
  readonly sinceMs: number
  /** Milliseconds to the next attempt; null when it does not wait for one. */
  readonly nextInMs: number | null
  /** Why it did not connect, or the last connection ended; null = nothing of that has happened. */
  readonly problem: BridgeProblem | null
  /** Messages that wait in our session for the other broker; null = there is no session. */
  readonly queue: { readonly messages: number; readonly bytes: number } | null
  readonly record: Readonly<BridgeRecord>
}

/** Counts since the bridge was opened. Messages are PUBLISH packets without those of the bridge itself, bytes those of their payloads. */
export class BridgeRecord {
  sentMessages = 0
  sentBytes = 0
  receivedMessages = 0
  receivedBytes = 0
  /** In both directions: too large, without a valid name on the other side, or not taken there. */
  droppedMessages = 0
  /** Connections that the other broker accepted. */
  connects = 0
  /** `at` by the bridge's clock. */
  problem: { readonly text: string; readonly at: number } | null = null
  /** Filters that our broker does not let it read. */
  refusedHere: ReadonlySet<string> = new Set()
  /** Filters that the other broker does not give it, with the reason. */
  readonly refusedThere: Map<string, string> = new Map()
}
