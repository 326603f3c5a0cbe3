// The one error of the client library: a code to branch on, the server's Reason Code, and what to do about it.
// Made from what session/ reports (ClientEnd, ProtocolError) and what the transports throw.

import type { ClientEnd } from '../session/client-effects.ts'
import { LimitError, SessionLostError } from '../session/client-limits.ts'
import { ProtocolError, UsageError } from '../wire/errors.ts'
import type { Packet } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'

/** What went wrong, stable across versions of this package. */
export type MqttErrorCode =
  | 'CONNECTION_FAILED' // no Network Connection: name lookup, refused, TLS
  | 'CONNECTION_REFUSED' // CONNACK said no; `reasonCode` says why
  | 'CONNECTION_LOST' // it was there and went away
  | 'KEEP_ALIVE_TIMEOUT'
  | 'CONNECT_TIMEOUT'
  | 'SERVER_DISCONNECTED' // DISCONNECT from the server; `reasonCode` says why
  | 'PROTOCOL_ERROR' // the server broke the protocol
  | 'AUTHENTICATION_FAILED' // the server could not prove itself, or our own step failed
  | 'NOT_SUPPORTED' // the server announced that it does not take this
  | 'REFUSED' // a publish, subscribe or unsubscribe was refused; `reasonCode` says why
  | 'SESSION_LOST' // the server forgot the session; a QoS 2 message may or may not have arrived
  | 'INVALID_ARGUMENT'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'CLOSED' // the client was closed by its owner
  | 'OVERFLOW' // too many messages wait to be sent
  | 'STORE_FAILED' // the store cannot keep it; `cause` says why

/** Every rejection of the client library. */
export class MqttError extends Error {
  override readonly name = 'MqttError'
  readonly code: MqttErrorCode
  /** MQTT 5.0 Reason Code, or return code 1-5 of a 3.x CONNACK; null when nobody said one. */
  readonly reasonCode: number | null
  /** What to do about it; empty when there is nothing better to say. */
  readonly hint: string

  constructor(code: MqttErrorCode, message: string, options: { reasonCode?: number | null; hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.reasonCode = options.reasonCode ?? null
    this.hint = options.hint ?? ''
  }
}

/** Return codes of CONNACK in 3.x as Reason Codes of 5.0. */
const REASON_OF_RETURN_CODE = [0, 0x84, 0x85, 0x88, 0x86, 0x87]

/** What a CONNACK refused, as a 5.0 Reason Code whatever the version. */
export function refusalReason(reasonCode: number): number {
  return reasonCode < REASON_OF_RETURN_CODE.length ? REASON_OF_RETURN_CODE[reasonCode]! : reasonCode
}

/** What to do about a refusal, where there is something to do. */
const HINTS: Readonly<Record<number, string>> = {
  0x84: 'leave out `version`, or set 4 or 5',
  0x85: 'choose another clientId',
  0x86: 'check username and password',
  0x87: 'ask for permission, or check username and password',
  0x8c: 'the server does not know this Authentication Method',
  0x8e: 'another client uses the same clientId',
}

export function reasonHint(reasonCode: number): string {
  return HINTS[reasonCode] ?? ''
}

/** Reasons that trying again will not cure. */
const PERMANENT = new Set([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x8e, 0x98, 0x9c, 0x9d])

/** Whether a connection that ended so is not to be tried again. */
export function isPermanent(end: ClientEnd): boolean {
  switch (end.cause) {
    case 'refused':
      return PERMANENT.has(refusalReason(end.reasonCode))
    case 'server-disconnect':
      return PERMANENT.has(end.reasonCode)
    case 'authentication':
    case 'disconnect':
    case 'destroyed':
      return true
    default:
      return false
  }
}

/** A connection's end as an error. */
export function errorOfEnd(end: ClientEnd): MqttError {
  const cause = end.error ?? undefined
  switch (end.cause) {
    case 'refused': {
      const reason = refusalReason(end.reasonCode)
      return new MqttError('CONNECTION_REFUSED', `connection refused: ${reasonName(reason, PacketType.Connack)}`, {
        reasonCode: end.reasonCode,
        hint: reasonHint(reason),
      })
    }
    case 'server-disconnect':
      return new MqttError(
        'SERVER_DISCONNECTED',
        `the server disconnected: ${end.reasonCode === 0 ? 'no reason given' : reasonName(end.reasonCode, PacketType.Disconnect)}`,
        {
          reasonCode: end.reasonCode,
          hint: reasonHint(end.reasonCode),
        },
      )
    case 'protocol-error':
      return new MqttError('PROTOCOL_ERROR', `the server broke the protocol: ${end.error?.message ?? reasonName(end.reasonCode, PacketType.Disconnect)}`, {
        reasonCode: end.reasonCode,
        cause,
      })
    case 'authentication':
      return new MqttError('AUTHENTICATION_FAILED', `authentication failed: ${end.error?.message ?? 'no reason given'}`, { cause })
    case 'keep-alive':
      return new MqttError('KEEP_ALIVE_TIMEOUT', 'no PINGRESP in time')
    case 'timeout':
      return new MqttError('CONNECT_TIMEOUT', 'no CONNACK in time', { hint: 'is it an MQTT server, and does it expect TLS on this port?' })
    case 'disconnect':
    case 'destroyed':
      return new MqttError('CLOSED', 'the client is closed')
    case 'network':
      return new MqttError('CONNECTION_LOST', `the connection was lost${end.error === null ? '' : `: ${end.error.message}`}`, { cause })
  }
}

/** A publish, subscribe or unsubscribe that the server refused; `explanation` is its Reason String. */
export function errorOfRefusal(what: string, reasonCode: number, type: Packet['type'], explanation: string | undefined): MqttError {
  const why = explanation === undefined ? '' : ` (${explanation})`
  return new MqttError('REFUSED', `${what} refused: ${reasonName(reasonCode, type)}${why}`, { reasonCode, hint: reasonHint(reasonCode) })
}

/** Anything thrown, as the library's error. */
export function errorOf(error: unknown): MqttError {
  if (error instanceof MqttError) return error
  if (error instanceof LimitError) return new MqttError('NOT_SUPPORTED', error.message, { reasonCode: error.reasonCode, cause: error })
  if (error instanceof SessionLostError) return new MqttError('SESSION_LOST', error.message, { cause: error })
  if (error instanceof UsageError) return new MqttError('INVALID_ARGUMENT', error.message, { cause: error })
  if (error instanceof ProtocolError) return new MqttError('PROTOCOL_ERROR', error.message, { reasonCode: error.reasonCode, cause: error })
  return new MqttError('CONNECTION_FAILED', error instanceof Error ? error.message : String(error), { cause: error })
}
