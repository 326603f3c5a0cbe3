// The Reason Codes of MQTT 5.0 [table 2-6] and the CONNACK return codes of 3.x [table 3.1]: facts as data.
// Used by decode and encode (which code may stand where), by the broker's answers, by what is printed.

import { PacketType, type Sender } from './packet.ts'

/** One Reason Code as one group of packets means it: 0x00 has three rows. */
export interface ReasonCodeRow {
  readonly code: number
  /** The standard's name. */
  readonly name: string
  /** Packet types that may carry it. */
  readonly packets: readonly PacketType[]
  /** What a 3.x CONNACK says instead, 0-5; null when CONNACK never carries it. */
  readonly returnCode: number | null
}

export const ReasonCode = {
  Success: 0x00,
  GrantedQos1: 0x01,
  GrantedQos2: 0x02,
  DisconnectWithWillMessage: 0x04,
  NoMatchingSubscribers: 0x10,
  NoSubscriptionExisted: 0x11,
  ContinueAuthentication: 0x18,
  Reauthenticate: 0x19,
  UnspecifiedError: 0x80,
  MalformedPacket: 0x81,
  ProtocolError: 0x82,
  ImplementationSpecificError: 0x83,
  UnsupportedProtocolVersion: 0x84,
  ClientIdentifierNotValid: 0x85,
  BadUserNameOrPassword: 0x86,
  NotAuthorized: 0x87,
  ServerUnavailable: 0x88,
  ServerBusy: 0x89,
  Banned: 0x8a,
  ServerShuttingDown: 0x8b,
  BadAuthenticationMethod: 0x8c,
  KeepAliveTimeout: 0x8d,
  SessionTakenOver: 0x8e,
  TopicFilterInvalid: 0x8f,
  TopicNameInvalid: 0x90,
  PacketIdentifierInUse: 0x91,
  PacketIdentifierNotFound: 0x92,
  ReceiveMaximumExceeded: 0x93,
  TopicAliasInvalid: 0x94,
  PacketTooLarge: 0x95,
  MessageRateTooHigh: 0x96,
  QuotaExceeded: 0x97,
  AdministrativeAction: 0x98,
  PayloadFormatInvalid: 0x99,
  RetainNotSupported: 0x9a,
  QosNotSupported: 0x9b,
  UseAnotherServer: 0x9c,
  ServerMoved: 0x9d,
  SharedSubscriptionsNotSupported: 0x9e,
  ConnectionRateExceeded: 0x9f,
  MaximumConnectTime: 0xa0,
  SubscriptionIdentifiersNotSupported: 0xa1,
  WildcardSubscriptionsNotSupported: 0xa2,
} as const
export type ReasonCode = (typeof ReasonCode)[keyof typeof ReasonCode]

const { Connack, Puback, Pubrec, Pubrel, Pubcomp, Suback, Unsuback, Disconnect, Auth } = PacketType

export const REASON_CODES: readonly ReasonCodeRow[] = [
  { code: 0x00, name: 'Success', packets: [Connack, Puback, Pubrec, Pubrel, Pubcomp, Unsuback, Auth], returnCode: 0 },
  { code: 0x00, name: 'Normal disconnection', packets: [Disconnect], returnCode: null },
  { code: 0x00, name: 'Granted QoS 0', packets: [Suback], returnCode: null },
  { code: 0x01, name: 'Granted QoS 1', packets: [Suback], returnCode: null },
  { code: 0x02, name: 'Granted QoS 2', packets: [Suback], returnCode: null },
  { code: 0x04, name: 'Disconnect with Will Message', packets: [Disconnect], returnCode: null },
  { code: 0x10, name: 'No matching subscribers', packets: [Puback, Pubrec], returnCode: null },
  { code: 0x11, name: 'No subscription existed', packets: [Unsuback], returnCode: null },
  { code: 0x18, name: 'Continue authentication', packets: [Auth], returnCode: null },
  { code: 0x19, name: 'Re-authenticate', packets: [Auth], returnCode: null },
  { code: 0x80, name: 'Unspecified error', packets: [Connack, Puback, Pubrec, Suback, Unsuback, Disconnect], returnCode: 3 },
  { code: 0x81, name: 'Malformed Packet', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x82, name: 'Protocol Error', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x83, name: 'Implementation specific error', packets: [Connack, Puback, Pubrec, Suback, Unsuback, Disconnect], returnCode: 3 },
  { code: 0x84, name: 'Unsupported Protocol Version', packets: [Connack], returnCode: 1 },
  { code: 0x85, name: 'Client Identifier not valid', packets: [Connack], returnCode: 2 },
  { code: 0x86, name: 'Bad User Name or Password', packets: [Connack], returnCode: 4 },
  { code: 0x87, name: 'Not authorized', packets: [Connack, Puback, Pubrec, Suback, Unsuback, Disconnect], returnCode: 5 },
  { code: 0x88, name: 'Server unavailable', packets: [Connack], returnCode: 3 },
  { code: 0x89, name: 'Server busy', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x8a, name: 'Banned', packets: [Connack], returnCode: 5 },
  { code: 0x8b, name: 'Server shutting down', packets: [Disconnect], returnCode: null },
  { code: 0x8c, name: 'Bad authentication method', packets: [Connack, Disconnect], returnCode: 5 },
  { code: 0x8d, name: 'Keep Alive timeout', packets: [Disconnect], returnCode: null },
  { code: 0x8e, name: 'Session taken over', packets: [Disconnect], returnCode: null },
  { code: 0x8f, name: 'Topic Filter invalid', packets: [Suback, Unsuback, Disconnect], returnCode: null },
  { code: 0x90, name: 'Topic Name invalid', packets: [Connack, Puback, Pubrec, Disconnect], returnCode: 3 },
  { code: 0x91, name: 'Packet Identifier in use', packets: [Puback, Pubrec, Suback, Unsuback], returnCode: null },
  { code: 0x92, name: 'Packet Identifier not found', packets: [Pubrel, Pubcomp], returnCode: null },
  { code: 0x93, name: 'Receive Maximum exceeded', packets: [Disconnect], returnCode: null },
  { code: 0x94, name: 'Topic Alias invalid', packets: [Disconnect], returnCode: null },
  { code: 0x95, name: 'Packet too large', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x96, name: 'Message rate too high', packets: [Disconnect], returnCode: null },
  { code: 0x97, name: 'Quota exceeded', packets: [Connack, Puback, Pubrec, Suback, Disconnect], returnCode: 3 },
  { code: 0x98, name: 'Administrative action', packets: [Disconnect], returnCode: null },
  { code: 0x99, name: 'Payload format invalid', packets: [Connack, Puback, Pubrec, Disconnect], returnCode: 3 },
  { code: 0x9a, name: 'Retain not supported', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x9b, name: 'QoS not supported', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x9c, name: 'Use another server', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x9d, name: 'Server moved', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0x9e, name: 'Shared Subscriptions not supported', packets: [Suback, Disconnect], returnCode: null },
  { code: 0x9f, name: 'Connection rate exceeded', packets: [Connack, Disconnect], returnCode: 3 },
  { code: 0xa0, name: 'Maximum connect time', packets: [Disconnect], returnCode: null },
  { code: 0xa1, name: 'Subscription Identifiers not supported', packets: [Suback, Disconnect], returnCode: null },
  { code: 0xa2, name: 'Wildcard Subscriptions not supported', packets: [Suback, Disconnect], returnCode: null },
]

/** What a client may say in DISCONNECT [table 3-10]; a server says all the others and these, but 0x04. */
const DISCONNECT_BY_CLIENT: readonly number[] = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]

/** CONNACK return codes of 3.x, by number. */
export const RETURN_CODE_NAMES: readonly string[] = [
  'Connection Accepted',
  'Connection Refused, unacceptable protocol version',
  'Connection Refused, identifier rejected',
  'Connection Refused, Server unavailable',
  'Connection Refused, bad user name or password',
  'Connection Refused, not authorized',
]

/** The standard's name of a Reason Code in this packet; `Reason Code 0xNN` when the packet cannot carry it. */
export function reasonName(code: number, packetType: PacketType): string {
  const row = REASON_CODES.find((row) => row.code === code && row.packets.includes(packetType))
  return row?.name ?? `Reason Code 0x${code.toString(16).padStart(2, '0')}`
}

/** May this packet carry this Reason Code? */
export function packetMayCarry(code: number, packetType: PacketType): boolean {
  return REASON_CODES.some((row) => row.code === code && row.packets.includes(packetType))
}

/** May this side send this packet with this Reason Code? [MQTT-3.14.2-1, MQTT-3.15.2-1] */
export function senderMayUse(code: number, packetType: PacketType, sender: Sender): boolean {
  if (!packetMayCarry(code, packetType)) return false
  if (packetType === Disconnect) return sender === 'client' ? DISCONNECT_BY_CLIENT.includes(code) : code !== ReasonCode.DisconnectWithWillMessage
  if (packetType === Auth) return code === ReasonCode.ContinueAuthentication || (code === ReasonCode.Success) === (sender === 'server')
  return true
}

/** The return code of a 3.x CONNACK for a Reason Code: 0 accepted, 1-5 refused. What 3.x has no word for is 3, Server unavailable. */
export function returnCodeOf(reasonCode: number): number {
  return REASON_CODES.find((row) => row.code === reasonCode && row.returnCode !== null)?.returnCode ?? 3
}
