// `zanzara/wire`: MQTT packets as values and as bytes, for programs that need the codec alone.
// Only names that stay: the framer's runs are for the broker and not exported.

export { ProtocolError, UsageError } from './errors.ts'
export { decodePacket } from './mqtt/decode.ts'
export { encodedSize, encodeInto, encodePacket } from './mqtt/encode.ts'
export * from './mqtt/packet.ts'
export { NO_PROPERTIES, type Properties } from './mqtt/properties.ts'
export { ReasonCode, reasonName } from './mqtt/reason-codes.ts'
