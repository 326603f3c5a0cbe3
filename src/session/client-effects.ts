// What one client connection asks of the outside world and tells it: client/ implements these ports, tests record them.
// Message by message: a client has one connection, so nothing here needs runs. The server's ports are in effects.ts.

import type { Deadline } from '../base/deadlines.ts'
import type {
  Connack,
  Connect,
  Disconnect,
  Packet,
  Publish,
  PublishAcknowledgement,
  Qos,
  Suback,
  Subscribe,
  Unsuback,
  Unsubscribe,
} from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'

/** Where deadlines are kept: `Deadlines` of base/, or timers. */
export interface DeadlineKeeper {
  set(deadline: Deadline, at: number): void
  cancel(deadline: Deadline): void
}

/** A message to publish. `payload` is kept, not copied, until the delivery is settled: do not change it meanwhile. */
export interface OutgoingMessage {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  /** 5.0 only. A Topic Alias asked for here is used: the first time with the name, afterwards without. */
  readonly properties: Properties
}

/** A message on its way; one object from `publish` to `delivered` or `undelivered`, also across connections. */
export interface Delivery {
  readonly message: OutgoingMessage
  /** 0 for QoS 0, and while the message waits to be sent the first time. */
  readonly packetId: number
}

/** Returned with each received message when acknowledgements wait for acceptance. */
export interface Receipt {
  /** The message is in safe hands: acknowledge it. A call more than needed, or after the connection ended, does no harm. */
  accept(): void
}

/** Why a connection ended. */
export type ClientEndCause =
  | 'disconnect' // we sent DISCONNECT
  | 'destroyed' // we cut it
  | 'server-disconnect' // the server sent DISCONNECT (5.0); `reasonCode` is its
  | 'refused' // CONNACK refused; `reasonCode` is its
  | 'protocol-error' // the server broke the protocol; `reasonCode` is what we told it
  | 'authentication' // our side of the enhanced authentication failed
  | 'keep-alive' // no PINGRESP in time
  | 'timeout' // no CONNACK in time
  | 'network' // the Network Connection went away

export interface ClientEnd {
  readonly cause: ClientEndCause
  /** 0 when nobody said one. A return code 1-5 after a refusal in 3.x. */
  readonly reasonCode: number
  /** What broke: ProtocolError, or the transport's error. */
  readonly error: Error | null
}

/** What happens on one connection, in the order in which it happens. Called from `received`: do not block. */
export interface ClientEvents {
  /** CONNACK with success. Unfinished messages of the session have been sent again already. */
  connected(connack: Connack): void
  /** CONNACK with a failure; `closed` follows. */
  refused(connack: Connack): void
  /** A message. QoS 2: once, at its PUBREL. With `acknowledge: 'at-once'` after its PUBACK or PUBCOMP was sent, and the receipt does nothing. */
  message(message: Publish, receipt: Receipt): void
  /** QoS 0: written. QoS 1 and 2: PUBACK, PUBCOMP, or the PUBREC that refused it; a Reason Code of 0x80 or more means that the server did not take it. */
  delivered(delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void
  /** It will not be delivered: beyond the server's limits, or its session is gone and sending again might duplicate it (QoS 2). */
  undelivered(delivery: Delivery, error: Error): void
  suback(packet: Suback, request: Subscribe): void
  unsuback(packet: Unsuback, request: Unsubscribe): void
  /** Messages that waited for quota or for the socket are all sent: publish on. */
  drained(): void
  /** DISCONNECT from the server; `closed` follows. */
  disconnected(packet: Disconnect): void
  /** Re-authentication succeeded. */
  reauthenticated(): void
  /** The last event, exactly once. Unanswered SUBSCRIBE and UNSUBSCRIBE are void; publishes stay in the session. */
  closed(end: ClientEnd): void
}

/** Every packet as it is on the wire, in order, for `-d`. Called before a packet is written and before a received one is acted on. */
export interface ClientTrace {
  sending(packet: Packet): void
  /** Topic Names behind an alias are filled in. */
  received(packet: Packet): void
}

/** Our half of an enhanced authentication [section 4.12]. */
export interface ClientAuthentication {
  readonly method: string
  /**
   * `null` begins an exchange, for CONNECT or a re-authentication: returns the first Authentication Data, null = none.
   * Afterwards takes what the server sent and returns the answer; for the server's last data the answer is ignored.
   * Throws when the server proves not to be the right one: the connection ends.
   */
  step(data: Uint8Array | null): Uint8Array | null | Promise<Uint8Array | null>
}

export interface ClientConnectionOptions {
  /** Sent as it is; its properties say what we allow the server: Receive Maximum, Maximum Packet Size, Topic Alias Maximum. */
  readonly connect: Connect
  /** Adds its method and first data to CONNECT. */
  readonly authentication: ClientAuthentication | null
  /** Milliseconds from `open` to CONNACK; 0 = no limit. */
  readonly connectTimeoutMs: number
  /** Milliseconds from PINGREQ to PINGRESP; 0 = as long as Keep Alive, at most 30 seconds. */
  readonly pingTimeoutMs: number
  /** Largest number of unacknowledged QoS 1 and 2 publishes, below the server's Receive Maximum; 0 = as many as it allows. */
  readonly maximumInflight: number
  /** Topic Aliases to set by ourselves, below the server's Topic Alias Maximum; 0 = none. */
  readonly automaticTopicAliases: number
  /** Largest packet taken from a server that was told no Maximum Packet Size, in bytes. */
  readonly maximumPacketSize: number
  /** `when-accepted`: QoS 1 and 2 wait for `Receipt.accept`, which bounds what is unhandled by our Receive Maximum. */
  readonly acknowledge: 'at-once' | 'when-accepted'
  readonly trace: ClientTrace | null
}

/** Defaults for all but `connect`. */
export const CLIENT_DEFAULTS: Omit<ClientConnectionOptions, 'connect'> = {
  authentication: null,
  connectTimeoutMs: 30_000,
  pingTimeoutMs: 0,
  maximumInflight: 0,
  automaticTopicAliases: 0,
  maximumPacketSize: 268_435_460,
  acknowledge: 'at-once',
  trace: null,
}
