// Other ways to write a packet, legal to receive, never sent by us: bytes → packet only.
// Neighbour: packets.ts, whose vectors go both ways.

import { PacketType as T } from '../../src/wire/mqtt/packet.ts'
import { connect, type GoldenPacket, publish, subscription } from './packets.ts'

export const GOLDEN_READ_ONLY: readonly GoldenPacket[] = [
  {
    name: 'CONNECT 3.1 whose User Name flag has no field behind it: the Remaining Length decides',
    versions: [3],
    sender: 'client',
    bytes: "10 0f 0006 'MQIsdp' 03 c2 003c 0001 'c'",
    packet: connect({ version: 3 }),
  },
  {
    name: 'PUBACK success with a Reason Code',
    versions: [5],
    sender: 'client',
    bytes: '40 03 0001 00',
    packet: { type: T.Puback, packetId: 1, reasonCode: 0, properties: {} },
  },
  {
    name: 'PUBACK with an empty Property Length',
    versions: [5],
    sender: 'client',
    bytes: '40 04 0001 10 00',
    packet: { type: T.Puback, packetId: 1, reasonCode: 0x10, properties: {} },
  },
  {
    name: 'DISCONNECT with Reason Code and Property Length',
    versions: [5],
    sender: 'client',
    bytes: 'e0 02 00 00',
    packet: { type: T.Disconnect, reasonCode: 0, properties: {} },
  },
  {
    name: 'AUTH success with Reason Code and Property Length',
    versions: [5],
    sender: 'server',
    bytes: 'f0 02 00 00',
    packet: { type: T.Auth, reasonCode: 0, properties: {} },
  },
  {
    name: 'SUBSCRIBE repeated with DUP',
    versions: [3],
    sender: 'client',
    bytes: "8a 08 0001 0003 'a/+' 01",
    packet: { type: T.Subscribe, packetId: 1, subscriptions: [subscription], properties: {} },
  },
  {
    name: 'UNSUBSCRIBE repeated with DUP',
    versions: [3],
    sender: 'client',
    bytes: "aa 05 0001 0001 '#'",
    packet: { type: T.Unsubscribe, packetId: 1, topicFilters: ['#'], properties: {} },
  },
  {
    name: 'PUBREL repeated with DUP',
    versions: [3],
    sender: 'client',
    bytes: '6a 02 0001',
    packet: { type: T.Pubrel, packetId: 1, reasonCode: 0, properties: {} },
  },
  {
    name: 'CONNACK 3.1, whose first byte means nothing',
    versions: [3],
    sender: 'server',
    bytes: '20 02 07 00',
    packet: { type: T.Connack, sessionPresent: false, reasonCode: 0, properties: {} },
  },
  {
    name: 'Remaining Length in more bytes than needed, before 5.0',
    versions: [3, 4],
    sender: 'client',
    bytes: "30 86 80 80 00 0003 'a/b' 'x'",
    packet: publish({}),
  },
]
