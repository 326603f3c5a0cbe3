// What a well-formed CONNECT may ask of this server: version, Client Identifier, Keep Alive, will.
// Who the client is and what it may do are the host's affair.

import type { Connect } from '../wire/mqtt/packet.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import type { ConnectionLimits } from './effects.ts'

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
  if (version !== 5 && limits.maximumKeepAlive < 65535 && (keepAlive === 0 || keepAlive > limits.maximumKeepAlive)) return ReasonCode.ClientIdentifierNotValid
  if (will !== null && will.qos > limits.maximumQos) return ReasonCode.QosNotSupported // [MQTT-3.2.2-12]
  if (will?.retain === true && !limits.retainAvailable) return ReasonCode.RetainNotSupported // [MQTT-3.2.2-13]
  return 0
}
