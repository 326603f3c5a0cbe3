// The Reason Codes of MQTT 5.0 [table 2-6] and the CONNACK return codes of 3.x [table 3.1]: facts as data.
// Used by decode and encode (which code may stand where), by the broker's answers, by what is printed.

import type { PacketType, Sender } from './packet.ts'
import { Auth, Connack, Disconnect, Puback, Pubcomp, Pubrec, Pubrel, Suback, Unsuback } from './packet-type.ts'

/** One Reason Code as one group of packets means it: 0x00 has three rows. */
export interface ReasonCodeRow {
  readonly code: number
  /** The standard's name. */
  readonly name: string
  /** Packet types that may carry it. */
  readonly packets: readonly PacketType[]
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

function row(code: number, name: string, ...packets: readonly PacketType[]): ReasonCodeRow {
  return { code, name, packets }
}

export const REASON_CODES: readonly ReasonCodeRow[] = [
  row(0x00, 'Success', Connack, Puback, Pubrec, Pubrel, Pubcomp, Unsuback, Auth),
  row(0x00, 'Normal disconnection', Disconnect),
  row(0x00, 'Granted QoS 0', Suback),
  row(0x01, 'Granted QoS 1', Suback),
  row(0x02, 'Granted QoS 2', Suback),
  row(0x04, 'Disconnect with Will Message', Disconnect),
  row(0x10, 'No matching subscribers', Puback, Pubrec),
  row(0x11, 'No subscription existed', Unsuback),
  row(0x18, 'Continue authentication', Auth),
  row(0x19, 'Re-authenticate', Auth),
  row(0x80, 'Unspecified error', Connack, Puback, Pubrec, Suback, Unsuback, Disconnect),
  row(0x81, 'Malformed Packet', Connack, Disconnect),
  row(0x82, 'Protocol Error', Connack, Disconnect),
  row(0x83, 'Implementation specific error', Connack, Puback, Pubrec, Suback, Unsuback, Disconnect),
  row(0x84, 'Unsupported Protocol Version', Connack),
  row(0x85, 'Client Identifier not valid', Connack),
  row(0x86, 'Bad User Name or Password', Connack),
  row(0x87, 'Not authorized', Connack, Puback, Pubrec, Suback, Unsuback, Disconnect),
  row(0x88, 'Server unavailable', Connack),
  row(0x89, 'Server busy', Connack, Disconnect),
  row(0x8a, 'Banned', Connack),
  row(0x8b, 'Server shutting down', Disconnect),
  row(0x8c, 'Bad authentication method', Connack, Disconnect),
  row(0x8d, 'Keep Alive timeout', Disconnect),
  row(0x8e, 'Session taken over', Disconnect),
  row(0x8f, 'Topic Filter invalid', Suback, Unsuback, Disconnect),
  row(0x90, 'Topic Name invalid', Connack, Puback, Pubrec, Disconnect),
  row(0x91, 'Packet Identifier in use', Puback, Pubrec, Suback, Unsuback),
  row(0x92, 'Packet Identifier not found', Pubrel, Pubcomp),
  row(0x93, 'Receive Maximum exceeded', Disconnect),
  row(0x94, 'Topic Alias invalid', Disconnect),
  row(0x95, 'Packet too large', Connack, Disconnect),
  row(0x96, 'Message rate too high', Disconnect),
  row(0x97, 'Quota exceeded', Connack, Puback, Pubrec, Suback, Disconnect),
  row(0x98, 'Administrative action', Disconnect),
  row(0x99, 'Payload format invalid', Connack, Puback, Pubrec, Disconnect),
  row(0x9a, 'Retain not supported', Connack, Disconnect),
  row(0x9b, 'QoS not supported', Connack, Disconnect),
  row(0x9c, 'Use another server', Connack, Disconnect),
  row(0x9d, 'Server moved', Connack, Disconnect),
  row(0x9e, 'Shared Subscriptions not supported', Suback, Disconnect),
  row(0x9f, 'Connection rate exceeded', Connack, Disconnect),
  row(0xa0, 'Maximum connect time', Disconnect),
  row(0xa1, 'Subscription Identifiers not supported', Suback, Disconnect),
  row(0xa2, 'Wildcard Subscriptions not supported', Suback, Disconnect),
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
  if (packetType === Disconnect) return sender === 'client' ? DISCONNECT_BY_CLIENT.includes(code) : code !== 0x04
  if (packetType === Auth) return code === 0x18 || (code === 0x00) === (sender === 'server')
  return true
}

/** What a 3.x CONNACK says instead of a Reason Code, where it has a word for it. */
const RETURN_CODES: Readonly<Record<number, number>> = { 0x00: 0, 0x84: 1, 0x85: 2, 0x86: 4, 0x87: 5, 0x8a: 5, 0x8c: 5 }

/** The return code of a 3.x CONNACK for a Reason Code: 0 accepted, 1-5 refused. What 3.x has no word for is 3, Server unavailable. */
export function returnCodeOf(reasonCode: number): number {
  return RETURN_CODES[reasonCode] ?? 3
}
