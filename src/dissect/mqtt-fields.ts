// Fields of MQTT 3.1, 3.1.1 and 5.0, by Wireshark's names; two of them in two forms, as Wireshark has them.
// The facts of the standard come from wire/mqtt; where Wireshark words them otherwise, its words stand here.

import { PacketType } from '../wire/mqtt/packet.ts'
import { PROPERTIES } from '../wire/mqtt/properties.ts'
import { REASON_CODES } from '../wire/mqtt/reason-codes.ts'
import { defineProtocol, type ProtocolFields, SET, type ValueNames } from './field.ts'

/** By the upper half of the first byte. */
export const MESSAGE_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'Reserved'],
  [1, 'Connect Command'],
  [2, 'Connect Ack'],
  [3, 'Publish Message'],
  [4, 'Publish Ack'],
  [5, 'Publish Received'],
  [6, 'Publish Release'],
  [7, 'Publish Complete'],
  [8, 'Subscribe Request'],
  [9, 'Subscribe Ack'],
  [10, 'Unsubscribe Request'],
  [11, 'Unsubscribe Ack'],
  [12, 'Ping Request'],
  [13, 'Ping Response'],
  [14, 'Disconnect Req'],
  [15, 'Authentication Exchange'],
])

export const QOS: ReadonlyMap<number, string> = new Map([
  [0, 'At most once delivery (Fire and Forget)'],
  [1, 'At least once delivery (Acknowledged deliver)'],
  [2, 'Exactly once delivery (Assured Delivery)'],
  [3, 'Reserved'],
])

const GRANTED_QOS: ValueNames = new Map([...QOS, [128, 'Failure']])

const RETURN_CODES: ValueNames = new Map([
  [0, 'Connection Accepted'],
  [1, 'Connection Refused: unacceptable protocol version'],
  [2, 'Connection Refused: identifier rejected'],
  [3, 'Connection Refused: server unavailable'],
  [4, 'Connection Refused: bad user name or password'],
  [5, 'Connection Refused: not authorized'],
])

const VERSIONS: ValueNames = new Map([
  [3, 'MQTT v3.1'],
  [4, 'MQTT v3.1.1'],
  [5, 'MQTT v5.0'],
])

export const RETAIN_HANDLING: ReadonlyMap<number, string> = new Map([
  [0, 'Send msgs at subscription time'],
  [1, 'Send msgs if subscription does not exist'],
  [2, 'Do not send msgs at subscription time'],
  [3, 'Reserved'],
])

const PROPERTY_IDS: ValueNames = new Map(PROPERTIES.map(({ id, title }) => [id, id === 0x02 ? 'Publication Expiry Interval' : title]))

/** Reason Codes of a packet as Wireshark has them: without those in `unknown`. */
function reasonCodes(type: PacketType, unknown: readonly number[] = []): ValueNames {
  const rows = REASON_CODES.filter(({ code, packets }) => packets.includes(type) && !unknown.includes(code))
  return new Map(rows.map(({ code, name }) => [code, name.replace('Subscriptions not', code === 0xa1 ? 'Subscriptions not' : 'Subscription not')]))
}

const CONNACK_CODES = reasonCodes(PacketType.Connack, [0x99])
const PUBACK_CODES = reasonCodes(PacketType.Puback)
const PUBREC_CODES = reasonCodes(PacketType.Pubrec)
const PUBREL_CODES = reasonCodes(PacketType.Pubrel)
const PUBCOMP_CODES = reasonCodes(PacketType.Pubcomp)
const SUBACK_CODES = reasonCodes(PacketType.Suback)
const UNSUBACK_CODES = reasonCodes(PacketType.Unsuback, [0x80])
const DISCONNECT_CODES = reasonCodes(PacketType.Disconnect)
const AUTH_CODES = reasonCodes(PacketType.Auth)

export const MQTT: ProtocolFields<
  | 'len'
  | 'hdrflags'
  | 'msgtype'
  | 'hdrReserved'
  | 'retainReserved'
  | 'dupflag'
  | 'qos'
  | 'retain'
  | 'conackFlagsReserved'
  | 'conackReserved31'
  | 'conackFlags'
  | 'conackFlagsSp'
  | 'conackVal'
  | 'msgid'
  | 'subQos'
  | 'subackQos'
  | 'topicLen'
  | 'topic'
  | 'topicOfAlias'
  | 'willtopicLen'
  | 'willtopic'
  | 'willmsg'
  | 'willmsgText'
  | 'willmsgLen'
  | 'usernameLen'
  | 'username'
  | 'passwdLen'
  | 'passwd'
  | 'msg'
  | 'msgText'
  | 'msgDecodedAs'
  | 'protoLen'
  | 'protoname'
  | 'clientidLen'
  | 'clientid'
  | 'ver'
  | 'conflags'
  | 'conflagUname'
  | 'conflagPasswd'
  | 'conflagRetain'
  | 'conflagQos'
  | 'conflagWillflag'
  | 'conflagCleansess'
  | 'conflagReserved'
  | 'kalive'
  | 'subscriptionOptions'
  | 'subscriptionOptionsQos'
  | 'subscriptionOptionsNl'
  | 'subscriptionOptionsRap'
  | 'subscriptionOptionsRetain'
  | 'subscriptionOptionsReserved'
  | 'connackReasonCode'
  | 'pubackReasonCode'
  | 'pubrecReasonCode'
  | 'pubrelReasonCode'
  | 'pubcompReasonCode'
  | 'subackReasonCode'
  | 'unsubackReasonCode'
  | 'disconnectReasonCode'
  | 'authReasonCode'
  | 'properties'
  | 'willProperties'
  | 'propertyLen'
  | 'propertyId'
  | 'propNumber'
  | 'propertyContentType'
  | 'propertyMaxQos'
  | 'propertyTopicAlias'
  | 'propUnknown'
  | 'propStringLen'
  | 'propString'
  | 'propKeyLen'
  | 'propKey'
  | 'propValueLen'
  | 'propValue'
  | 'illegalTopicLength'
  | 'unknownVersion'
  | 'unknownTopicAlias'
> = defineProtocol(
  { name: 'mqtt', label: 'MQ Telemetry Transport Protocol' },
  {
    len: { name: 'mqtt.len', label: 'Msg Len', type: 'uint64', base: 'dec' },
    hdrflags: { name: 'mqtt.hdrflags', label: 'Header Flags', type: 'uint8', base: 'hex' },
    msgtype: { name: 'mqtt.msgtype', label: 'Message Type', type: 'uint8', base: 'dec', mask: 0xf0, values: MESSAGE_TYPES },
    hdrReserved: { name: 'mqtt.hdr_reserved', label: 'Reserved', type: 'uint8', base: 'dec', mask: 0xf },
    retainReserved: { name: 'mqtt.retain_reserved', label: 'Reserved', type: 'uint8', base: 'dec', mask: 0x1 },
    dupflag: { name: 'mqtt.dupflag', label: 'DUP Flag', type: 'boolean', mask: 0x8, width: 8, values: SET },
    qos: { name: 'mqtt.qos', label: 'QoS Level', type: 'uint8', base: 'dec', mask: 0x6, values: QOS },
    retain: { name: 'mqtt.retain', label: 'Retain', type: 'boolean', mask: 0x1, width: 8, values: SET },
    conackFlagsReserved: { name: 'mqtt.conack.flags.reserved', label: 'Reserved', type: 'boolean', mask: 0xfe, width: 8, values: SET },
    conackReserved31: { name: 'mqtt.conack.flags.reserved', label: 'Reserved', type: 'boolean', width: 8, values: SET },
    conackFlags: { name: 'mqtt.conack.flags', label: 'Acknowledge Flags', type: 'uint8', base: 'hex' },
    conackFlagsSp: { name: 'mqtt.conack.flags.sp', label: 'Session Present', type: 'boolean', mask: 0x1, width: 8, values: SET },
    conackVal: { name: 'mqtt.conack.val', label: 'Return Code', type: 'uint8', base: 'dec', values: RETURN_CODES },
    msgid: { name: 'mqtt.msgid', label: 'Message Identifier', type: 'uint16', base: 'dec' },
    subQos: { name: 'mqtt.sub.qos', label: 'Requested QoS', type: 'uint8', base: 'dec', values: QOS },
    subackQos: { name: 'mqtt.suback.qos', label: 'Granted QoS', type: 'uint8', base: 'dec', values: GRANTED_QOS },
    topicLen: { name: 'mqtt.topic_len', label: 'Topic Length', type: 'uint16', base: 'dec' },
    topic: { name: 'mqtt.topic', label: 'Topic', type: 'string' },
    topicOfAlias: { name: 'mqtt.topic', label: 'Topic', type: 'string', generated: true },
    willtopicLen: { name: 'mqtt.willtopic_len', label: 'Will Topic Length', type: 'uint16', base: 'dec' },
    willtopic: { name: 'mqtt.willtopic', label: 'Will Topic', type: 'string' },
    willmsg: { name: 'mqtt.willmsg', label: 'Will Message', type: 'bytes' },
    willmsgText: { name: 'mqtt.willmsg_text', label: 'Will Message', type: 'string' },
    willmsgLen: { name: 'mqtt.willmsg_len', label: 'Will Message Length', type: 'uint16', base: 'dec' },
    usernameLen: { name: 'mqtt.username_len', label: 'User Name Length', type: 'uint16', base: 'dec' },
    username: { name: 'mqtt.username', label: 'User Name', type: 'string' },
    passwdLen: { name: 'mqtt.passwd_len', label: 'Password Length', type: 'uint16', base: 'dec' },
    passwd: { name: 'mqtt.passwd', label: 'Password', type: 'string' },
    msg: { name: 'mqtt.msg', label: 'Message', type: 'bytes' },
    msgText: { name: 'mqtt.msg_text', label: 'Message', type: 'string' },
    msgDecodedAs: { name: 'mqtt.msg_decoded_as', label: 'Message decoded as', type: 'string' },
    protoLen: { name: 'mqtt.proto_len', label: 'Protocol Name Length', type: 'uint16', base: 'dec' },
    protoname: { name: 'mqtt.protoname', label: 'Protocol Name', type: 'string' },
    clientidLen: { name: 'mqtt.clientid_len', label: 'Client ID Length', type: 'uint16', base: 'dec' },
    clientid: { name: 'mqtt.clientid', label: 'Client ID', type: 'string' },
    ver: { name: 'mqtt.ver', label: 'Version', type: 'uint8', base: 'dec', values: VERSIONS },
    conflags: { name: 'mqtt.conflags', label: 'Connect Flags', type: 'uint8', base: 'hex' },
    conflagUname: { name: 'mqtt.conflag.uname', label: 'User Name Flag', type: 'boolean', mask: 0x80, width: 8, values: SET },
    conflagPasswd: { name: 'mqtt.conflag.passwd', label: 'Password Flag', type: 'boolean', mask: 0x40, width: 8, values: SET },
    conflagRetain: { name: 'mqtt.conflag.retain', label: 'Will Retain', type: 'boolean', mask: 0x20, width: 8, values: SET },
    conflagQos: { name: 'mqtt.conflag.qos', label: 'QoS Level', type: 'uint8', base: 'dec', mask: 0x18, values: QOS },
    conflagWillflag: { name: 'mqtt.conflag.willflag', label: 'Will Flag', type: 'boolean', mask: 0x4, width: 8, values: SET },
    conflagCleansess: { name: 'mqtt.conflag.cleansess', label: 'Clean Session Flag', type: 'boolean', mask: 0x2, width: 8, values: SET },
    conflagReserved: { name: 'mqtt.conflag.reserved', label: '(Reserved)', type: 'boolean', mask: 0x1, width: 8, values: SET },
    kalive: { name: 'mqtt.kalive', label: 'Keep Alive', type: 'uint16', base: 'dec' },
    subscriptionOptions: { name: 'mqtt.subscription_options', label: 'Subscription Options', type: 'uint8', base: 'hex' },
    subscriptionOptionsQos: { name: 'mqtt.subscription_options_qos', label: 'QoS', type: 'uint8', base: 'dec', mask: 0x3, values: QOS },
    subscriptionOptionsNl: { name: 'mqtt.subscription_options_nl', label: 'No Local', type: 'boolean', mask: 0x4, width: 8, values: SET },
    subscriptionOptionsRap: { name: 'mqtt.subscription_options_rap', label: 'Retain As Published', type: 'boolean', mask: 0x8, width: 8, values: SET },
    subscriptionOptionsRetain: {
      name: 'mqtt.subscription_options_retain',
      label: 'Retain Handling',
      type: 'uint8',
      base: 'dec',
      mask: 0x30,
      values: RETAIN_HANDLING,
    },
    subscriptionOptionsReserved: { name: 'mqtt.subscription_options_reserved', label: 'Reserved', type: 'uint8', base: 'hex', mask: 0xc0 },
    connackReasonCode: { name: 'mqtt.connack.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: CONNACK_CODES },
    pubackReasonCode: { name: 'mqtt.puback.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: PUBACK_CODES },
    pubrecReasonCode: { name: 'mqtt.pubrec.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: PUBREC_CODES },
    pubrelReasonCode: { name: 'mqtt.pubrel.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: PUBREL_CODES },
    pubcompReasonCode: { name: 'mqtt.pubcomp.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: PUBCOMP_CODES },
    subackReasonCode: { name: 'mqtt.suback.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: SUBACK_CODES },
    unsubackReasonCode: { name: 'mqtt.unsuback.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: UNSUBACK_CODES },
    disconnectReasonCode: { name: 'mqtt.disconnect.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: DISCONNECT_CODES },
    authReasonCode: { name: 'mqtt.auth.reason_code', label: 'Reason Code', type: 'uint8', base: 'dec', values: AUTH_CODES },
    properties: { name: 'mqtt.properties', label: 'Properties', type: 'none' },
    willProperties: { name: 'mqtt.will_properties', label: 'Will Properties', type: 'none' },
    propertyLen: { name: 'mqtt.property_len', label: 'Total Length', type: 'uint64', base: 'dec' },
    propertyId: { name: 'mqtt.property_id', label: 'ID', type: 'uint8', base: 'hex', values: PROPERTY_IDS },
    propNumber: { name: 'mqtt.prop_number', label: 'Value', type: 'uint32', base: 'dec' },
    propertyContentType: { name: 'mqtt.property.content_type', label: 'Content Type', type: 'uint_string' },
    propertyMaxQos: { name: 'mqtt.property.max_qos', label: 'QoS', type: 'uint8', base: 'dec', values: QOS },
    propertyTopicAlias: { name: 'mqtt.property.topic_alias', label: 'Topic Alias', type: 'uint16', base: 'dec' },
    propUnknown: { name: 'mqtt.prop_unknown', label: 'Unknown Property', type: 'string' },
    propStringLen: { name: 'mqtt.prop_string_len', label: 'Length', type: 'uint32', base: 'dec' },
    propString: { name: 'mqtt.prop_string', label: 'Value', type: 'string' },
    propKeyLen: { name: 'mqtt.prop_key_len', label: 'Key Length', type: 'uint32', base: 'dec' },
    propKey: { name: 'mqtt.prop_key', label: 'Key', type: 'string' },
    propValueLen: { name: 'mqtt.prop_value_len', label: 'Value Length', type: 'uint32', base: 'dec' },
    propValue: { name: 'mqtt.prop_value', label: 'Value', type: 'string' },
    illegalTopicLength: { name: 'mqtt.illegal_topic_length', label: 'Length cannot be 0', type: 'none', generated: true },
    unknownVersion: { name: 'mqtt.unknown_version', label: 'Unknown version (missing the CONNECT packet?)', type: 'none', generated: true },
    unknownTopicAlias: { name: 'mqtt.unknown_topic_alias', label: 'Unknown topic alias', type: 'none', generated: true },
  },
)
