// One MQTT Control Packet of a capture, read strictly, with the connection it belongs to and the frames that answer it.
// Made by connections.ts from dissected frames; questions and notes are asked of it.

import type { ProtocolError } from '../../wire/errors.ts'
import type { Packet } from '../../wire/mqtt/packet.ts'
import type { MqttConnection } from './connection.ts'

/** Where and when: the frame in which the packet ends. */
export interface Place {
  /** Frame number, from 1. */
  readonly frame: number
  /** Seconds since the whole second of the capture's first frame. */
  readonly time: number
}

export interface MqttMessage extends Place {
  readonly connection: MqttConnection
  readonly fromClient: boolean
  /** Control Packet type, also of what cannot be read. */
  readonly type: number
  /** Bytes of the whole packet. */
  readonly size: number
  /** Null when the packet breaks the protocol: `error` says how. */
  readonly packet: Packet | null
  readonly error: ProtocolError | null
  /** It is in a frame that was asked about. */
  readonly isAsked: boolean
  /** Of a PUBLISH, its alias resolved; null when the alias is unknown, and for other packets. */
  readonly topicName: string | null
}
