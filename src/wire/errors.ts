// What can go wrong with packets. Peer's fault: ProtocolError, ends the connection. Caller's fault: UsageError.
// Refusals that end nothing (not authorised, quota) are Reason Codes, not errors.

/** The peer broke the protocol: ends the connection with a Reason Code. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  /** MQTT 5 Reason Code, 0x80 or more. */
  readonly reasonCode: number
  /** Statement of the standard that was broken, such as `MQTT-3.3.1-4`; empty when it has no number. */
  readonly clause: string
  /** Where in the bytes given to the decoder; -1 when it concerns the packet as a whole. */
  readonly offset: number
  /** Whether the peer is told; false = the connection is closed without a word, as Mosquitto does for these faults. */
  readonly answered: boolean

  constructor(reasonCode: number, message: string, clause = '', offset = -1, answered = true) {
    super(message)
    this.reasonCode = reasonCode
    this.clause = clause
    this.offset = offset
    this.answered = answered
  }
}

/** Our own caller asked for something that cannot be sent: names the thing and the value. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
