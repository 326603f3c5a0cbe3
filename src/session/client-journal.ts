// What a client's session keeps beyond the end of the program: QoS 1 and 2 messages that are not finished, in both directions [MQTT-4.1.0-1].
// A port: client/ has stores that implement it. Without one a session lives as long as its program.

import type { Publish } from '../wire/mqtt/packet.ts'
import type { OutgoingMessage } from './client-effects.ts'

/** A message of ours that the server has not acknowledged to the end. */
export interface JournaledDelivery {
  /** Tells deliveries of a session apart, and gives their order. */
  readonly key: number
  readonly message: OutgoingMessage
  /** 0 = it waits to be sent the first time. */
  readonly packetId: number
  /** PUBREC has come: the PUBLISH is never sent again. */
  readonly isReleased: boolean
}

/** Told before the packet goes out that a change is about. */
export interface SessionJournal {
  /** New, or changed. May throw for a new one (`packetId` 0), which is then not taken. */
  outgoing(delivery: JournaledDelivery): void
  outgoingDone(key: number): void
  /** A QoS 2 message that the server will not send again after our PUBREC. */
  incoming(publish: Publish): void
  incomingDone(packetId: number): void
}

/** What an earlier program left. */
export interface StoredSession {
  /** In the order of `key`. */
  readonly outgoing: readonly JournaledDelivery[]
  readonly incoming: readonly Publish[]
}
