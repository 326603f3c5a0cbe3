// The package's front door: a client, a broker and the reader of captures, with the types their users name.
// For less, import a part: zanzara/client and zanzara/capture (also in browsers), zanzara/broker, zanzara/testing, zanzara/wire, zanzara/topic.

export type { FieldValue, KeptPacket, PacketNode } from './analyse/kept-packet.ts'
export type { CaptureSource, ReadCaptureOptions } from './analyse/read-capture.ts'
export { readCapture } from './analyse/read-capture-file.ts'
export type { Client, CloseOptions, PublishOptions, PublishReceipt } from './client/client.ts'
export { MqttError, type MqttErrorCode } from './client/errors.ts'
export type { Message, Payload } from './client/message.ts'
export { connect, type FileStoreOptions, fileStore, type NodeConnectOptions } from './client/node.ts'
export type { ClientStore, ConnectOptions, WillOptions } from './client/options.ts'
export type { ClientStatus } from './client/status.ts'
export type { Overflow, SubscribeOptions, Subscription } from './client/subscription.ts'
export {
  type BrokerListener,
  type CaptureFile,
  type ClientInfo,
  type CloseReason,
  type Decision,
  type OwnPublishOptions,
  type PacketEvent,
  type Plugin,
  type PublishChange,
  type RetainedMessages,
  type RunningBroker,
  type StartBrokerOptions,
  type StreamOrigin,
  startBroker,
} from './server/start-broker.ts'
