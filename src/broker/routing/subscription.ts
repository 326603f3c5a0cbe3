// One subscription of one session: what the router walks for each run.
// Immutable: subscribing again makes a new one, so that resolved recipients never change under a run.

import type { Qos } from '../../wire/mqtt/packet.ts'
import type { Session } from '../session.ts'

export interface Subscription {
  readonly session: Session
  /** Granted maximum. */
  readonly qos: Qos
  /** Not for messages of the session itself [MQTT-3.8.3-3]. */
  readonly noLocal: boolean
  /** Made by merging: for messages of the session itself only. */
  readonly isOnlyLocal: boolean
  /** 1 with Retain As Published, else 0: and-ed with RETAIN. */
  readonly retainMask: 0 | 1
  /** Subscription Identifier, or several after merging; null = none. */
  readonly identifiers: readonly number[] | null
}

export const NO_IDENTIFIERS: readonly number[] = []
