// What a well-formed CONNECT may ask of this server: version, Client Identifier, Keep Alive, will; and what CONNACK says about it.
// Who the client is and what it may do are the host's affair.

import { ProtocolError } from '../wire/errors.ts'
import { decodePacket, protocolLevelOf } from '../wire/mqtt/decode.ts'
import type { Connect, Disconnect, ProtocolVersion } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import type { ConnectionLimits } from './effects.ts'
import type { ServerWriter } from './server-writer.ts'

/** Offset in a CONNECT's body where its properties begin: faults before are not answered, even in 5.0. */
const FIXED_PART = 10

/** CONNECT, or a ProtocolError, which is told to the client if there is a `writer` and CONNACK may say it. */
export function decodeConnect(header: number, bytes: Uint8Array, at: number, end: number, writer: ServerWriter | null): Connect {
  try {
    return decodePacket(header, bytes, at, end, 4, 'client') as Connect
  } catch (error) {
    const version = error instanceof ProtocolError && writer !== null ? versionOfRefusal(error, protocolLevelOf(bytes, at, end), at) : null
    if (version !== null && writer !== null) {
      writer.version = version
      writer.refuse((error as ProtocolError).reasonCode)
    }
    throw error
  }
}

/** What CONNACK said is not offered may not come. */
export function checkOffered({ qos, header }: PublishRun, { maximumQos, retainAvailable }: ConnectionLimits): void {
  if (qos > maximumQos) throw new ProtocolError(ReasonCode.QosNotSupported, `QoS ${qos} is not offered`, 'MQTT-3.2.2-11')
  if ((header & 1) !== 0 && !retainAvailable) throw new ProtocolError(ReasonCode.RetainNotSupported, 'RETAIN is not offered', 'MQTT-3.2.2-14')
}

/**
 * In which version a CONNECT at `at` that cannot be read is answered: 5.0 when the fault lies behind the fixed part, 3.x never
 * [MQTT-3.1.4-1], unless it is the version that is not supported: 3.1 and 3.1.1 by the other's name in their way, any unknown one in 5.0's.
 * Null = closed without a word. `level` < 0 = it is no CONNECT.
 */
export function versionOfRefusal(error: ProtocolError, level: number, at: number): ProtocolVersion | null {
  const isUnsupported = error.reasonCode === ReasonCode.UnsupportedProtocolVersion
  if (level < 0 || !error.answered || (!isUnsupported && (level !== 5 || error.offset < at + FIXED_PART))) return null
  return level >= 5 || level < 3 ? 5 : 4
}

/** The Reason Code to refuse with; 0 = acceptable. */
export function refusalOf(connect: Connect, limits: ConnectionLimits): number {
  const { version, clientId, cleanStart, keepAlive, will } = connect
  if (!limits.versions.includes(version)) return ReasonCode.UnsupportedProtocolVersion
  if (clientId === '') {
    if (version === 3) return ReasonCode.ClientIdentifierNotValid // 3.1: 1 to 23 characters
    if (version === 4 && !cleanStart) return ReasonCode.ClientIdentifierNotValid // [MQTT3-3.1.3-8]
    if (!limits.allowZeroLengthClientId) return ReasonCode.ClientIdentifierNotValid
  }
  // 5.0 is told a shorter one in CONNACK; 3.x cannot be
  if (version !== 5 && keepAliveOf(connect, limits) !== keepAlive) return ReasonCode.ClientIdentifierNotValid
  if (will !== null && will.qos > limits.maximumQos) return ReasonCode.QosNotSupported // [MQTT-3.2.2-12]
  if (will?.retain === true && !limits.retainAvailable) return ReasonCode.RetainNotSupported // [MQTT-3.2.2-13]
  return 0
}

/** The message of a refusal's error when nobody gave a reason. */
export const NO_REASON = 'CONNECT refused'

/** First byte of a TLS handshake: as an MQTT packet, a CONNECT with flags. */
export const TLS_HANDSHAKE = 0x16
/** The message of the error when a peer speaks TLS to a listener that does not. */
export const TLS_ON_PLAIN = 'TLS on a listener without TLS'

/** Why `refusalOf` refuses, for the log: with the option that decides it. */
export function reasonOfRefusal(connect: Connect, limits: ConnectionLimits): string {
  const { version, clientId, will } = connect
  if (!limits.versions.includes(version)) return `protocol version ${version} is not among 'accept_protocol_versions'`
  if (clientId === '' && version === 3) return 'no Client Identifier, which MQTT 3.1 demands'
  if (clientId === '' && !limits.allowZeroLengthClientId) return "no Client Identifier; 'allow_zero_length_clientid true' would let it in"
  if (clientId === '' && version === 4 && !connect.cleanStart) return 'no Client Identifier for a session that is to be kept'
  if (will !== null && will.qos > limits.maximumQos) return `a will of QoS ${will.qos}; 'max_qos' is ${limits.maximumQos}`
  if (will?.retain === true && !limits.retainAvailable) return "a will with RETAIN; 'retain_available' is false"
  return `Keep Alive ${connect.keepAlive}; 'max_keepalive' is ${limits.maximumKeepAlive}`
}

/** Why there is no session for a client that is welcome, for the log. */
export function reasonOfNoSession(reasonCode: number): string {
  if (reasonCode === ReasonCode.ServerBusy) return "as many sessions as 'global_max_clients' allows"
  if (reasonCode === ReasonCode.QuotaExceeded) return "'memory_limit' is reached"
  return reasonCode === ReasonCode.NotAuthorized ? 'its will may not be published' : NO_REASON
}

/** Seconds in force: 0 or too long a Keep Alive becomes the limit [MQTT-3.1.2-21]. */
export function keepAliveOf(connect: Connect, limits: ConnectionLimits): number {
  const most = limits.maximumKeepAlive
  return most > 0 && most < 65535 && (connect.keepAlive === 0 || connect.keepAlive > most) ? most : connect.keepAlive
}

/** What was granted, as far as CONNECT did not know it. */
export interface Granted {
  /** Client Identifier that the server chose; null when the client brought one. */
  readonly assigned: string | null
  /** Seconds. */
  readonly keepAlive: number
  /** Seconds. */
  readonly sessionExpiryInterval: number
}

/** The Session Expiry Interval that DISCONNECT sets anew, in seconds; null = that of CONNECT, `before`, stays. @throws ProtocolError */
export function expiryAtDisconnect({ properties }: Disconnect, before: number): number | null {
  const expiry = properties.sessionExpiryInterval ?? null
  if (expiry !== null && expiry > 0 && before === 0)
    throw new ProtocolError(ReasonCode.ProtocolError, 'Session Expiry Interval in DISCONNECT, but none in CONNECT', 'MQTT-3.14.2-2')
  return expiry
}

/** Properties of CONNACK, in Mosquitto's order: the limits that differ from the standard's defaults, and what was not granted as asked. None in 3.x. */
export function connackProperties(connect: Connect, limits: ConnectionLimits, granted: Granted): Properties {
  if (connect.version !== 5) return NO_PROPERTIES
  const asked = connect.properties
  return {
    ...(granted.keepAlive === connect.keepAlive ? {} : { serverKeepAlive: granted.keepAlive }), // [MQTT-3.2.2-21]
    ...(limits.topicAliasMaximum > 0 ? { topicAliasMaximum: limits.topicAliasMaximum } : {}),
    ...(granted.assigned === null ? {} : { assignedClientIdentifier: granted.assigned }), // [MQTT-3.2.2-16]
    ...(granted.sessionExpiryInterval === (asked.sessionExpiryInterval ?? 0) ? {} : { sessionExpiryInterval: granted.sessionExpiryInterval }),
    ...(limits.retainAvailable ? {} : { retainAvailable: 0 }),
    maximumPacketSize: limits.maximumPacketSize,
    receiveMaximum: limits.receiveMaximum,
    ...(limits.maximumQos < 2 ? { maximumQos: limits.maximumQos } : {}), // [MQTT-3.2.2-9]
    ...(limits.responseInformation !== null && asked.requestResponseInformation === 1 ? { responseInformation: limits.responseInformation } : {}), // [MQTT-3.1.2-28]
  }
}
