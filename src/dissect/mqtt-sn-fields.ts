// Fields of MQTT-SN 1.2, by Wireshark's names.
// The message types are in wire/mqtt-sn/message-types.ts.

import { MESSAGE_TYPES } from '../wire/mqtt-sn/message-types.ts'
import { booleanNames, defineProtocol, type ProtocolFields, type ValueNames } from './field.ts'

const YES = booleanNames('Yes', 'No')

/** Wireshark's names: MQTT's where there is one. */
export const MQTT_SN_TYPES: ReadonlyMap<number, string> = new Map(MESSAGE_TYPES.map(({ type, title }) => [type, title]))

const TOPIC_ID_TYPES: ValueNames = new Map([
  [0, 'Normal ID'],
  [1, 'Pre-defined ID'],
  [2, 'Short Topic Name'],
  [3, 'Reserved'],
])

const QOS: ValueNames = new Map([
  [0, 'Fire and Forget'],
  [1, 'Acknowledged deliver'],
  [2, 'Assured Delivery'],
  [3, 'No Connection required'],
])

const RETURN_CODES: ValueNames = new Map([
  [0, 'Accepted'],
  [1, 'Rejected: Congestion'],
  [2, 'Rejected: invalid topic ID'],
  [3, 'Rejected: not supported'],
])

export const MQTT_SN: ProtocolFields<
  | 'msg'
  | 'msgLen'
  | 'msgType'
  | 'dup'
  | 'will'
  | 'cleanSession'
  | 'topicIdType'
  | 'qos'
  | 'retain'
  | 'returnCode'
  | 'gwId'
  | 'gwAddr'
  | 'advInterv'
  | 'radius'
  | 'protocolId'
  | 'topicId'
  | 'msgId'
  | 'topic'
  | 'topicNameOrId'
  | 'sleepTimer'
  | 'willTopic'
  | 'willMsg'
  | 'pubMsg'
  | 'clientId'
  | 'keepAlive'
  | 'controlInfo'
  | 'wirelessNodeId'
> = defineProtocol(
  { name: 'mqttsn', label: 'MQ Telemetry Transport Protocol for Sensor Networks' },
  {
    msg: { name: 'mqttsn.msg', label: 'Message', type: 'none' },
    msgLen: { name: 'mqttsn.msg.len', label: 'Message Length', type: 'uint16', base: 'dec' },
    msgType: { name: 'mqttsn.msg.type', label: 'Message Type', type: 'uint8', base: 'hex', values: MQTT_SN_TYPES },
    dup: { name: 'mqttsn.dup', label: 'DUP', type: 'boolean', mask: 0x80, width: 8, values: YES },
    will: { name: 'mqttsn.will', label: 'Will', type: 'boolean', mask: 0x8, width: 8, values: YES },
    cleanSession: { name: 'mqttsn.clean.session', label: 'Clean Session', type: 'boolean', mask: 0x4, width: 8, values: YES },
    topicIdType: { name: 'mqttsn.topic.id.type', label: 'Topic ID Type', type: 'uint8', base: 'hex', mask: 0x3, values: TOPIC_ID_TYPES },
    qos: { name: 'mqttsn.qos', label: 'QoS', type: 'uint8', base: 'hex', mask: 0x60, values: QOS },
    retain: { name: 'mqttsn.retain', label: 'Retain', type: 'boolean', mask: 0x10, width: 8, values: YES },
    returnCode: { name: 'mqttsn.return.code', label: 'Return Code', type: 'uint8', base: 'hex', values: RETURN_CODES },
    gwId: { name: 'mqttsn.gw.id', label: 'Gateway ID', type: 'uint8', base: 'dec' },
    gwAddr: { name: 'mqttsn.gw.addr', label: 'Gateway Address', type: 'string' },
    advInterv: { name: 'mqttsn.adv.interv', label: 'Advertise Interval', type: 'uint16', base: 'dec' },
    radius: { name: 'mqttsn.radius', label: 'Broadcast Radius', type: 'uint8', base: 'dec' },
    protocolId: { name: 'mqttsn.protocol.id', label: 'Protocol ID', type: 'uint8', base: 'hex' },
    topicId: { name: 'mqttsn.topic.id', label: 'Topic ID', type: 'uint16', base: 'dec' },
    msgId: { name: 'mqttsn.msg.id', label: 'Message ID', type: 'uint16', base: 'dec' },
    topic: { name: 'mqttsn.topic', label: 'Topic Name', type: 'string' },
    topicNameOrId: { name: 'mqttsn.topic.name.or.id', label: 'Topic Name/ID', type: 'string' },
    sleepTimer: { name: 'mqttsn.sleep.timer', label: 'Sleep Timer', type: 'uint16', base: 'dec' },
    willTopic: { name: 'mqttsn.will.topic', label: 'Will Topic', type: 'string' },
    willMsg: { name: 'mqttsn.will.msg', label: 'Will Message', type: 'string' },
    pubMsg: { name: 'mqttsn.pub.msg', label: 'Message', type: 'string' },
    clientId: { name: 'mqttsn.client.id', label: 'Client ID', type: 'string' },
    keepAlive: { name: 'mqttsn.keep.alive', label: 'Keep Alive', type: 'uint16', base: 'dec' },
    controlInfo: { name: 'mqttsn.control.info', label: 'Control', type: 'uint8', base: 'hex', mask: 0x3 },
    wirelessNodeId: { name: 'mqttsn.wireless.node.id', label: 'Wireless Node ID', type: 'uint16', base: 'dec' },
  },
)
