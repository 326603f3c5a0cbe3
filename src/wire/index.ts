// The codec for those who use it alone: packets, bytes, topics, tables. Exported as zanzara/wire.
// Inside src/ nobody imports this file: the file that defines a name is imported instead.

export { ProtocolError, UsageError } from './errors.ts'
export { decodePacket, protocolLevelOf } from './mqtt/decode.ts'
export { encodedSize, encodeInto, encodePacket } from './mqtt/encode.ts'
export { Framer, type FrameSink, readRun } from './mqtt/framer.ts'
export {
  type Auth,
  type Connack,
  type Connect,
  type Disconnect,
  type Packet,
  PacketType,
  type Pingreq,
  type Pingresp,
  type ProtocolVersion,
  type Publish,
  type PublishAcknowledgement,
  Qos,
  type RetainHandling,
  type Sender,
  type Suback,
  type Subscribe,
  type SubscriptionRequest,
  type Unsuback,
  type Unsubscribe,
  type Will,
} from './mqtt/packet.ts'
export { clientPacketSizes, type PacketSizes, packetSizes } from './mqtt/packet-sizes.ts'
export {
  NO_PROPERTIES,
  PROPERTIES,
  type Properties,
  type PropertyCarrier,
  type PropertyRow,
  type PropertyType,
  propertyById,
  propertyByName,
  propertyByOption,
} from './mqtt/properties.ts'
export { PublishRun, type WireVersion } from './mqtt/publish-run.ts'
export { REASON_CODES, RETURN_CODE_NAMES, ReasonCode, type ReasonCodeRow, reasonName, returnCodeOf } from './mqtt/reason-codes.ts'
export {
  explainMatch,
  isTopicFilter,
  isTopicName,
  type MatchExplanation,
  parseSharedFilter,
  parseTopicFilter,
  parseTopicName,
  type SharedFilter,
  type TopicFilter,
  type TopicName,
  topicLevels,
  topicMatchesFilter,
} from './mqtt/topics.ts'
