// Golden vectors: bytes ↔ packet, for every packet type in every version that has it. Written from the standards, not from the encoder.
// Bytes are hexadecimal digits with blanks, texts stand in quotes. Packets that we never write so are in packets-read-only.ts, broken ones in malformed.ts.

import { type Connect, type Packet, PacketType, type ProtocolVersion, type Publish, type Sender } from '../../src/wire/mqtt/packet.ts'

export interface GoldenPacket {
  readonly name: string
  readonly versions: readonly ProtocolVersion[]
  readonly sender: Sender
  readonly bytes: string
  readonly packet: Packet
}

const T = PacketType
const octets = (...values: number[]): Uint8Array => Uint8Array.from(values)
export const connect = (fields: Partial<Connect> & Pick<Connect, 'version'>): Connect => ({
  type: T.Connect,
  bridge: false,
  cleanStart: true,
  keepAlive: 60,
  clientId: 'c',
  will: null,
  userName: null,
  password: null,
  properties: {},
  ...fields,
})
export const publish = (fields: Partial<Publish>): Publish => ({
  type: T.Publish,
  topicName: 'a/b',
  payload: octets(0x78),
  qos: 0,
  retain: false,
  dup: false,
  packetId: 0,
  properties: {},
  ...fields,
})
export const subscription = { topicFilter: 'a/+', qos: 1 as const, noLocal: false, retainAsPublished: false, retainHandling: 0 as const }

export const GOLDEN_PACKETS: readonly GoldenPacket[] = [
  // CONNECT
  { name: 'CONNECT 3.1', versions: [3], sender: 'client', bytes: "10 0f 0006 'MQIsdp' 03 02 003c 0001 'c'", packet: connect({ version: 3 }) },
  { name: 'CONNECT 3.1.1', versions: [4], sender: 'client', bytes: "10 0d 0004 'MQTT' 04 02 003c 0001 'c'", packet: connect({ version: 4 }) },
  { name: 'CONNECT 5.0', versions: [5], sender: 'client', bytes: "10 0e 0004 'MQTT' 05 02 003c 00 0001 'c'", packet: connect({ version: 5 }) },
  {
    name: 'CONNECT of a bridge',
    versions: [4],
    sender: 'client',
    bytes: "10 0d 0004 'MQTT' 84 02 003c 0001 'c'",
    packet: connect({ version: 4, bridge: true }),
  },
  {
    name: 'CONNECT of a 3.1 bridge',
    versions: [3],
    sender: 'client',
    bytes: "10 0f 0006 'MQIsdp' 83 02 003c 0001 'c'",
    packet: connect({ version: 3, bridge: true }),
  },
  {
    name: 'CONNECT with an empty Client Identifier, which is for the session to judge',
    versions: [4],
    sender: 'client',
    bytes: "10 0c 0004 'MQTT' 04 00 0000 0000",
    packet: connect({ version: 4, cleanStart: false, keepAlive: 0, clientId: '' }),
  },
  {
    name: 'CONNECT with Will, User Name and Password',
    versions: [4],
    sender: 'client',
    bytes: "10 1b 0004 'MQTT' 04 f6 000a 0001 'c' 0001 'w' 0002 0001 0001 'u' 0002 'pw'",
    packet: connect({
      version: 4,
      keepAlive: 10,
      will: { topicName: 'w', payload: octets(0, 1), qos: 2, retain: true, properties: {} },
      userName: 'u',
      password: octets(0x70, 0x77),
    }),
  },
  {
    name: 'CONNECT 5.0 with properties, Will Properties, Password alone',
    versions: [5],
    sender: 'client',
    bytes:
      "10 42 0004 'MQTT' 05 4c 0000 14 11 ffffffff 21 0014 27 00000400 22 000a 19 01 17 00 0001 'c' 15 18 0000000a 01 01 02 0000003c 03 0001 't' 09 0002 0001 0001 'w' 0001 'm' 0002 'pw'",
    packet: connect({
      version: 5,
      cleanStart: false,
      keepAlive: 0,
      properties: {
        sessionExpiryInterval: 0xffffffff,
        receiveMaximum: 20,
        maximumPacketSize: 1024,
        topicAliasMaximum: 10,
        requestResponseInformation: 1,
        requestProblemInformation: 0,
      },
      will: {
        topicName: 'w',
        payload: octets(0x6d),
        qos: 1,
        retain: false,
        properties: { willDelayInterval: 10, payloadFormatIndicator: 1, messageExpiryInterval: 60, contentType: 't', correlationData: octets(0, 1) },
      },
      password: octets(0x70, 0x77),
    }),
  },
  {
    name: 'CONNECT 5.0 with enhanced authentication and User Properties in their order',
    versions: [5],
    sender: 'client',
    bytes: "10 2a 0004 'MQTT' 05 02 003c 1c 15 0005 'SCRAM' 16 0001 00 26 0001 'k' 0001 '2' 26 0001 'k' 0003 efbbbf 0001 'c'",
    packet: connect({
      version: 5,
      properties: {
        authenticationMethod: 'SCRAM',
        authenticationData: octets(0),
        userProperties: [
          ['k', '2'],
          ['k', '\ufeff'],
        ],
      },
    }),
  },
  // CONNACK
  {
    name: 'CONNACK accepted',
    versions: [3, 4],
    sender: 'server',
    bytes: '20 02 00 00',
    packet: { type: T.Connack, sessionPresent: false, reasonCode: 0, properties: {} },
  },
  {
    name: 'CONNACK with a session',
    versions: [4],
    sender: 'server',
    bytes: '20 02 01 00',
    packet: { type: T.Connack, sessionPresent: true, reasonCode: 0, properties: {} },
  },
  {
    name: 'CONNACK refused, not authorized',
    versions: [3, 4],
    sender: 'server',
    bytes: '20 02 00 05',
    packet: { type: T.Connack, sessionPresent: false, reasonCode: 5, properties: {} },
  },
  {
    name: 'CONNACK 5.0 refused, Not authorized',
    versions: [5],
    sender: 'server',
    bytes: '20 03 00 87 00',
    packet: { type: T.Connack, sessionPresent: false, reasonCode: 0x87, properties: {} },
  },
  {
    name: 'CONNACK 5.0 as Mosquitto 2.1 sends it',
    versions: [5],
    sender: 'server',
    bytes: '20 0e 00 00 0b 22 000a 27 001e8480 21 0014',
    packet: { type: T.Connack, sessionPresent: false, reasonCode: 0, properties: { topicAliasMaximum: 10, maximumPacketSize: 2_000_000, receiveMaximum: 20 } },
  },
  {
    name: 'CONNACK 5.0 with every other property',
    versions: [5],
    sender: 'server',
    bytes: "20 2d 01 00 2a 11 00000078 12 0001 'i' 13 001e 1a 0001 'r' 1c 0001 's' 1f 0001 'w' 24 01 25 00 28 00 29 00 2a 00 15 0001 'm' 16 0001 07",
    packet: {
      type: T.Connack,
      sessionPresent: true,
      reasonCode: 0,
      properties: {
        sessionExpiryInterval: 120,
        assignedClientIdentifier: 'i',
        serverKeepAlive: 30,
        responseInformation: 'r',
        serverReference: 's',
        reasonString: 'w',
        maximumQos: 1,
        retainAvailable: 0,
        wildcardSubscriptionAvailable: 0,
        subscriptionIdentifiersAvailable: 0,
        sharedSubscriptionAvailable: 0,
        authenticationMethod: 'm',
        authenticationData: octets(7),
      },
    },
  },
  // PUBLISH
  { name: 'PUBLISH QoS 0', versions: [3, 4], sender: 'client', bytes: "30 06 0003 'a/b' 'x'", packet: publish({}) },
  { name: 'PUBLISH QoS 0 of 5.0', versions: [5], sender: 'server', bytes: "30 07 0003 'a/b' 00 'x'", packet: publish({}) },
  {
    name: 'PUBLISH QoS 1 with RETAIN',
    versions: [3, 4],
    sender: 'client',
    bytes: "33 08 0003 'a/b' 0007 'x'",
    packet: publish({ qos: 1, retain: true, packetId: 7 }),
  },
  {
    name: 'PUBLISH QoS 2 with DUP',
    versions: [3, 4],
    sender: 'server',
    bytes: "3c 07 0003 'a/b' ffff",
    packet: publish({ qos: 2, dup: true, packetId: 65535, payload: octets() }),
  },
  {
    name: 'PUBLISH of U+FEFF and U+1F99F',
    versions: [3, 4],
    sender: 'client',
    bytes: '30 09 0007 efbbbf f09fa69f',
    packet: publish({ topicName: '\ufeff\u{1f99f}', payload: octets() }),
  },
  {
    name: 'PUBLISH 5.0 with all properties',
    versions: [5],
    sender: 'client',
    bytes: "32 2a 0003 'a/b' 0007 21 01 01 02 0000003c 23 0003 08 0001 'r' 09 0002 00ff 26 0001 'k' 0001 'v' 03 0004 'text' 'x'",
    packet: publish({
      qos: 1,
      packetId: 7,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 60,
        topicAlias: 3,
        responseTopic: 'r',
        correlationData: octets(0, 255),
        userProperties: [['k', 'v']],
        contentType: 'text',
      },
    }),
  },
  {
    name: 'PUBLISH behind an alias',
    versions: [5],
    sender: 'client',
    bytes: "30 07 0000 03 23 000a 'x'",
    packet: publish({ topicName: '', properties: { topicAlias: 10 } }),
  },
  {
    name: 'PUBLISH with Subscription Identifiers',
    versions: [5],
    sender: 'server',
    bytes: "30 0e 0003 'a/b' 07 0b 01 0b ffffff7f 'x'",
    packet: publish({ properties: { subscriptionIdentifiers: [1, 268435455] } }),
  },
  // acknowledgements
  { name: 'PUBACK', versions: [3, 4, 5], sender: 'client', bytes: '40 02 0001', packet: { type: T.Puback, packetId: 1, reasonCode: 0, properties: {} } },
  {
    name: 'PUBACK No matching subscribers',
    versions: [5],
    sender: 'server',
    bytes: '40 03 0001 10',
    packet: { type: T.Puback, packetId: 1, reasonCode: 0x10, properties: {} },
  },
  {
    name: 'PUBACK with Reason String',
    versions: [5],
    sender: 'server',
    bytes: "40 08 0001 87 04 1f 0001 'n'",
    packet: { type: T.Puback, packetId: 1, reasonCode: 0x87, properties: { reasonString: 'n' } },
  },
  { name: 'PUBREC', versions: [3, 4, 5], sender: 'client', bytes: '50 02 0102', packet: { type: T.Pubrec, packetId: 258, reasonCode: 0, properties: {} } },
  {
    name: 'PUBREC Quota exceeded',
    versions: [5],
    sender: 'server',
    bytes: '50 03 0102 97',
    packet: { type: T.Pubrec, packetId: 258, reasonCode: 0x97, properties: {} },
  },
  { name: 'PUBREL', versions: [3, 4, 5], sender: 'client', bytes: '62 02 ffff', packet: { type: T.Pubrel, packetId: 65535, reasonCode: 0, properties: {} } },
  {
    name: 'PUBREL Packet Identifier not found',
    versions: [5],
    sender: 'server',
    bytes: '62 03 0001 92',
    packet: { type: T.Pubrel, packetId: 1, reasonCode: 0x92, properties: {} },
  },
  { name: 'PUBCOMP', versions: [3, 4, 5], sender: 'client', bytes: '70 02 0001', packet: { type: T.Pubcomp, packetId: 1, reasonCode: 0, properties: {} } },
  {
    name: 'PUBCOMP success with a User Property',
    versions: [5],
    sender: 'server',
    bytes: "70 0b 0001 00 07 26 0001 'k' 0001 'v'",
    packet: { type: T.Pubcomp, packetId: 1, reasonCode: 0, properties: { userProperties: [['k', 'v']] } },
  },
  // SUBSCRIBE … UNSUBACK
  {
    name: 'SUBSCRIBE',
    versions: [3, 4],
    sender: 'client',
    bytes: "82 08 0001 0003 'a/+' 01",
    packet: { type: T.Subscribe, packetId: 1, subscriptions: [subscription], properties: {} },
  },
  {
    name: 'SUBSCRIBE to several filters',
    versions: [3, 4],
    sender: 'client',
    bytes: "82 19 0001 0003 'a/+' 01 0001 '#' 02 000a '$share/g/a' 00",
    packet: {
      type: T.Subscribe,
      packetId: 1,
      subscriptions: [subscription, { ...subscription, topicFilter: '#', qos: 2 }, { ...subscription, topicFilter: '$share/g/a', qos: 0 }],
      properties: {},
    },
  },
  {
    name: 'SUBSCRIBE 5.0 with options and a Subscription Identifier',
    versions: [5],
    sender: 'client',
    bytes: "82 0c 0001 03 0b 8001 0003 'a/+' 2d",
    packet: {
      type: T.Subscribe,
      packetId: 1,
      subscriptions: [{ ...subscription, noLocal: true, retainAsPublished: true, retainHandling: 2 }],
      properties: { subscriptionIdentifiers: [128] },
    },
  },
  {
    name: 'SUBACK',
    versions: [3, 4],
    sender: 'server',
    bytes: '90 06 0001 00 01 02 80',
    packet: { type: T.Suback, packetId: 1, reasonCodes: [0, 1, 2, 0x80], properties: {} },
  },
  {
    name: 'SUBACK 5.0',
    versions: [5],
    sender: 'server',
    bytes: '90 05 0001 00 02 8f',
    packet: { type: T.Suback, packetId: 1, reasonCodes: [2, 0x8f], properties: {} },
  },
  {
    name: 'UNSUBSCRIBE',
    versions: [3, 4],
    sender: 'client',
    bytes: "a2 0a 0001 0003 'a/+' 0001 '#'",
    packet: { type: T.Unsubscribe, packetId: 1, topicFilters: ['a/+', '#'], properties: {} },
  },
  {
    name: 'UNSUBSCRIBE 5.0',
    versions: [5],
    sender: 'client',
    bytes: "a2 08 0001 00 0003 'a/+'",
    packet: { type: T.Unsubscribe, packetId: 1, topicFilters: ['a/+'], properties: {} },
  },
  {
    name: 'UNSUBSCRIBE from what is no correct shared subscription',
    versions: [5],
    sender: 'client',
    bytes: "a2 0d 0001 00 0008 '$share/g'",
    packet: { type: T.Unsubscribe, packetId: 1, topicFilters: ['$share/g'], properties: {} },
  },
  { name: 'UNSUBACK', versions: [3, 4], sender: 'server', bytes: 'b0 02 0001', packet: { type: T.Unsuback, packetId: 1, reasonCodes: [], properties: {} } },
  {
    name: 'UNSUBACK 5.0',
    versions: [5],
    sender: 'server',
    bytes: 'b0 05 0001 00 00 11',
    packet: { type: T.Unsuback, packetId: 1, reasonCodes: [0, 0x11], properties: {} },
  },
  // PINGREQ … AUTH
  { name: 'PINGREQ', versions: [3, 4, 5], sender: 'client', bytes: 'c0 00', packet: { type: T.Pingreq } },
  { name: 'PINGRESP', versions: [3, 4, 5], sender: 'server', bytes: 'd0 00', packet: { type: T.Pingresp } },
  { name: 'DISCONNECT', versions: [3, 4, 5], sender: 'client', bytes: 'e0 00', packet: { type: T.Disconnect, reasonCode: 0, properties: {} } },
  { name: 'DISCONNECT with Will', versions: [5], sender: 'client', bytes: 'e0 01 04', packet: { type: T.Disconnect, reasonCode: 4, properties: {} } },
  {
    name: 'DISCONNECT Session taken over',
    versions: [5],
    sender: 'server',
    bytes: 'e0 01 8e',
    packet: { type: T.Disconnect, reasonCode: 0x8e, properties: {} },
  },
  {
    name: 'DISCONNECT with Session Expiry Interval',
    versions: [5],
    sender: 'client',
    bytes: 'e0 07 00 05 11 00000005',
    packet: { type: T.Disconnect, reasonCode: 0, properties: { sessionExpiryInterval: 5 } },
  },
  {
    name: 'DISCONNECT Use another server',
    versions: [5],
    sender: 'server',
    bytes: "e0 06 9c 04 1c 0001 's'",
    packet: { type: T.Disconnect, reasonCode: 0x9c, properties: { serverReference: 's' } },
  },
  { name: 'AUTH success', versions: [5], sender: 'server', bytes: 'f0 00', packet: { type: T.Auth, reasonCode: 0, properties: {} } },
  {
    name: 'AUTH Continue authentication',
    versions: [5],
    sender: 'client',
    bytes: "f0 0a 18 08 15 0001 'm' 16 0001 2a",
    packet: { type: T.Auth, reasonCode: 0x18, properties: { authenticationMethod: 'm', authenticationData: octets(0x2a) } },
  },
  {
    name: 'AUTH Re-authenticate',
    versions: [5],
    sender: 'client',
    bytes: "f0 06 19 04 15 0001 'm'",
    packet: { type: T.Auth, reasonCode: 0x19, properties: { authenticationMethod: 'm' } },
  },
]
