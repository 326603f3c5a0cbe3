// Broken packets, each with the Reason Code and the clause that it breaks. What Mosquitto 2.1 answers on the wire is answered here too.
// `versions` say on which connections; CONNECT brings its own. Bytes as in packets.ts.

import type { ProtocolVersion, Sender } from '../../src/wire/mqtt/packet.ts'

/** How it ends in MQTT 5.0: with the Reason Code, or without a word. */
export type Ending = 'answered' | 'silent'

/** The name ends with the clause. */
export type MalformedPacket = readonly [name: string, versions: readonly ProtocolVersion[], bytes: string, reasonCode: number, ending?: Ending]

const OLD: readonly ProtocolVersion[] = [3, 4]
const V5: readonly ProtocolVersion[] = [5]
const ALL: readonly ProtocolVersion[] = [3, 4, 5]
const NEW: readonly ProtocolVersion[] = [4, 5]

/** From clients. */
export const MALFORMED_FROM_CLIENT: readonly MalformedPacket[] = [
  // CONNECT: faults in the fixed part end silently, later ones are answered by CONNACK
  ['CONNECT with the reserved bit [MQTT-3.1.2-3]', [4], "10 0d 0004 'MQTT' 04 03 003c 0001 'c'", 0x81, 'silent'],
  ['CONNECT 5.0 with the reserved bit [MQTT-3.1.2-3]', V5, "10 0e 0004 'MQTT' 05 03 003c 00 0001 'c'", 0x81, 'silent'],
  ['CONNECT with Will QoS 3 [MQTT-3.1.2-12]', V5, "10 15 0004 'MQTT' 05 1e 003c 00 0001 'c' 00 0001 'w' 0001 'x'", 0x81, 'silent'],
  ['CONNECT with Will QoS but no Will [MQTT-3.1.2-11]', V5, "10 0e 0004 'MQTT' 05 0a 003c 00 0001 'c'", 0x81, 'silent'],
  ['CONNECT with Will Retain but no Will [MQTT-3.1.2-13]', V5, "10 0e 0004 'MQTT' 05 22 003c 00 0001 'c'", 0x81, 'silent'],
  ['CONNECT 3.1.1 with Password but no User Name [MQTT3-3.1.2-22]', [4], "10 11 0004 'MQTT' 04 42 003c 0001 'c' 0002 'pw'", 0x81, 'silent'],
  ['CONNECT with flags in the first byte [MQTT-2.1.3-1]', V5, "11 0e 0004 'MQTT' 05 02 003c 00 0001 'c'", 0x81, 'silent'],
  ['CONNECT of another protocol [MQTT-3.1.2-1]', V5, "10 0c 0003 'FOO' 04 02 003c 0001 'c'", 0x84, 'silent'],
  ['CONNECT of version 6 [MQTT-3.1.2-2]', V5, "10 0d 0004 'MQTT' 06 02 003c 0001 'c'", 0x84],
  ['CONNECT of MQIsdp 4 [MQTT-3.1.2-2]', V5, "10 0f 0006 'MQIsdp' 04 02 003c 0001 'c'", 0x84],
  ['CONNECT of MQTT 3 [MQTT-3.1.2-2]', V5, "10 0d 0004 'MQTT' 03 02 003c 0001 'c'", 0x84],
  ['CONNECT that ends in the Keep Alive [MQTT-4.13.1-1]', V5, "10 09 0004 'MQTT' 05 02 00", 0x81, 'silent'],
  ['CONNECT with bytes left over [MQTT-4.13.1-1]', V5, "10 10 0004 'MQTT' 05 02 003c 00 0001 'c' 'zz'", 0x81],
  ['CONNECT that ends in the Client Identifier [MQTT-4.13.1-1]', V5, "10 0e 0004 'MQTT' 05 02 003c 00 0002 'c'", 0x81],
  ['CONNECT without the User Name announced [MQTT-4.13.1-1]', V5, "10 0e 0004 'MQTT' 05 82 003c 00 0001 'c'", 0x81],
  ['CONNECT without the Password announced [MQTT-4.13.1-1]', [4], "10 10 0004 'MQTT' 04 c2 003c 0001 'c' 0001 'u'", 0x81],
  ['CONNECT with a wildcard in the Will Topic [MQTT-3.3.2-2]', V5, "10 17 0004 'MQTT' 05 06 003c 00 0001 'c' 00 0003 'w/#' 0001 'x'", 0x81],
  ['CONNECT with an empty Will Topic [MQTT-4.7.3-1]', V5, "10 14 0004 'MQTT' 05 06 003c 00 0001 'c' 00 0000 0001 'x'", 0x81],
  ['CONNECT with U+0000 in the Client Identifier [MQTT-1.5.4-2]', V5, "10 0e 0004 'MQTT' 05 02 003c 00 0001 00", 0x81],
  ['CONNECT with Receive Maximum 0 [MQTT-4.13.1-1]', V5, "10 11 0004 'MQTT' 05 02 003c 03 21 0000 0001 'c'", 0x82],
  ['CONNECT with Maximum Packet Size 0 [MQTT-4.13.1-1]', V5, "10 13 0004 'MQTT' 05 02 003c 05 27 00000000 0001 'c'", 0x82],
  ['CONNECT with Receive Maximum twice [MQTT-4.13.1-1]', V5, "10 14 0004 'MQTT' 05 02 003c 06 21 0001 21 0001 0001 'c'", 0x82],
  ['CONNECT with a Topic Alias [MQTT-4.13.1-1]', V5, "10 11 0004 'MQTT' 05 02 003c 03 23 0001 0001 'c'", 0x82],
  ['CONNECT with a property that does not exist [MQTT-4.13.1-1]', V5, "10 10 0004 'MQTT' 05 02 003c 02 7f 00 0001 'c'", 0x81],
  ['CONNECT with Authentication Data but no method [MQTT-4.13.1-1]', V5, "10 12 0004 'MQTT' 05 02 003c 04 16 0001 'X' 0001 'c'", 0x82],
  ['CONNECT with Request Problem Information 2 [MQTT-4.13.1-1]', V5, "10 10 0004 'MQTT' 05 02 003c 02 17 02 0001 'c'", 0x82],
  ['CONNECT with a Will Delay Interval outside the Will [MQTT-4.13.1-1]', V5, "10 13 0004 'MQTT' 05 02 003c 05 18 00000001 0001 'c'", 0x82],
  ['CONNECT with properties beyond the packet [MQTT-4.13.1-1]', V5, "10 0e 0004 'MQTT' 05 02 003c 7f 0001 'c'", 0x81],
  ['CONNECT with a Property Length in more bytes than needed [MQTT-1.5.5-1]', V5, "10 0f 0004 'MQTT' 05 02 003c 80 00 0001 'c'", 0x81],
  // fixed header
  ['packet type 0 [MQTT-4.13.1-1]', V5, '00 00', 0x82],
  ['AUTH before 5.0 [MQTT-4.13.1-1]', OLD, 'f0 00', 0x82],
  ['CONNACK from a client [MQTT-4.13.1-1]', ALL, '20 02 00 00', 0x82],
  ['SUBACK from a client [MQTT-4.13.1-1]', ALL, '90 03 0001 00', 0x82],
  ['PINGRESP from a client [MQTT-4.13.1-1]', ALL, 'd0 00', 0x82],
  ['PINGREQ with flags [MQTT-2.1.3-1]', ALL, 'c1 00', 0x81],
  ['PINGREQ with a body [MQTT-4.13.1-1]', ALL, "c0 02 'ab'", 0x81, 'silent'],
  ['Remaining Length of five bytes [MQTT-1.5.5-1]', ALL, '30 ff ff ff ff 7f', 0x81, 'silent'],
  ['Remaining Length in more bytes than needed [MQTT-1.5.5-1]', V5, "30 84 00 0001 'a' 00", 0x81],
  // PUBLISH
  ['PUBLISH QoS 3 [MQTT-3.3.1-4]', OLD, "36 06 0001 'a' 0001 'x'", 0x81],
  ['PUBLISH 5.0 QoS 3 [MQTT-3.3.1-4]', V5, "36 07 0001 'a' 0001 00 'x'", 0x81],
  ['PUBLISH QoS 0 with DUP [MQTT-3.3.1-2]', OLD, "38 04 0001 'a' 'x'", 0x81],
  ['PUBLISH 5.0 QoS 0 with DUP [MQTT-3.3.1-2]', V5, "38 05 0001 'a' 00 'x'", 0x81],
  ['PUBLISH to a name with a wildcard [MQTT-3.3.2-2]', OLD, "30 06 0003 'a/#' 'x'", 0x81],
  ['PUBLISH 5.0 to a name with a wildcard [MQTT-3.3.2-2]', V5, "30 07 0003 'a/+' 00 'x'", 0x81],
  ['PUBLISH to an empty name [MQTT-4.7.3-1]', OLD, "30 03 0000 'x'", 0x81],
  ['PUBLISH 5.0 to an empty name without an alias [MQTT-4.7.3-1]', V5, "30 04 0000 00 'x'", 0x81],
  ['PUBLISH with U+0000 in the name [MQTT-1.5.4-2]', OLD, "30 06 0003 'a' 00 'b' 'x'", 0x81],
  ['PUBLISH with ill-formed UTF-8 [MQTT-1.5.4-1]', OLD, "30 06 0003 'a' ff 'b' 'x'", 0x81],
  ['PUBLISH with a surrogate [MQTT-1.5.4-1]', OLD, "30 07 0004 'a' eda080 'x'", 0x81],
  ['PUBLISH with an overlong slash [MQTT-1.5.4-1]', OLD, "30 05 0002 c0af 'x'", 0x81],
  ['PUBLISH with a control character', OLD, "30 05 0002 'a' 01 'x'", 0x81],
  ['PUBLISH with a non-character', OLD, "30 06 0003 efbfbf 'x'", 0x81],
  ['PUBLISH with Packet Identifier 0 [MQTT-2.2.1-3]', OLD, "32 06 0001 'a' 0000 'x'", 0x82],
  ['PUBLISH 5.0 with Packet Identifier 0 [MQTT-2.2.1-3]', V5, "34 07 0001 'a' 0000 00 'x'", 0x82],
  ['PUBLISH whose name is longer than the packet [MQTT-4.13.1-1]', OLD, "30 04 0003 'ab'", 0x81],
  ['PUBLISH without a Packet Identifier [MQTT-4.13.1-1]', OLD, "32 04 0001 'a' 00", 0x81],
  ['PUBLISH 5.0 without Property Length [MQTT-4.13.1-1]', V5, "30 03 0001 'a'", 0x81],
  ['PUBLISH with Topic Alias 0 [MQTT-3.3.2-8]', V5, "30 08 0001 'a' 03 23 0000 'x'", 0x82],
  ['PUBLISH with a Topic Alias twice [MQTT-4.13.1-1]', V5, "30 0b 0001 'a' 06 23 0001 23 0001 'x'", 0x82],
  ['PUBLISH of a client with a Subscription Identifier [MQTT-3.3.4-6]', V5, "30 07 0001 'a' 02 0b 01 'x'", 0x82],
  ['PUBLISH with Payload Format Indicator 2 [MQTT-4.13.1-1]', V5, "30 07 0001 'a' 02 01 02 'x'", 0x82],
  ['PUBLISH with a wildcard in the Response Topic [MQTT-3.3.2-14]', V5, "30 0b 0001 'a' 06 08 0003 'a/#' 'x'", 0x82],
  ['PUBLISH with ill-formed UTF-8 in a User Property [MQTT-1.5.4-1]', V5, "30 0c 0001 'a' 07 26 0001 'k' 0001 ff 'x'", 0x81],
  ['PUBLISH with a Session Expiry Interval [MQTT-4.13.1-1]', V5, "30 0a 0001 'a' 05 11 00000001 'x'", 0x82],
  ['PUBLISH with a property beyond the properties [MQTT-4.13.1-1]', V5, "30 0a 0001 'a' 04 02 00000001 'x'", 0x81],
  // acknowledgements
  ['PUBACK of Packet Identifier 0 [MQTT-2.2.1-3]', ALL, '40 02 0000', 0x82],
  ['PUBACK with flags [MQTT-2.1.3-1]', ALL, '42 02 0001', 0x81],
  ['PUBACK of one byte [MQTT-4.13.1-1]', ALL, '40 01 00', 0x81],
  ['PUBACK with bytes left over [MQTT-4.13.1-1]', OLD, '40 03 0001 00', 0x81],
  ['PUBACK with a Reason Code that is not its own [MQTT-3.4.2-1]', V5, '40 03 0001 92', 0x82],
  ['PUBREC with bytes left over [MQTT-4.13.1-1]', V5, '50 05 0001 00 00 00', 0x81],
  ['PUBREL without its flags [MQTT-3.6.1-1]', ALL, '60 02 0007', 0x82],
  ['PUBREL with DUP from 3.1.1 on [MQTT-3.6.1-1]', NEW, '6a 02 0007', 0x82],
  ['PUBREL with a Reason Code that is not its own [MQTT-3.6.2-1]', V5, '62 03 0001 10', 0x82],
  ['PUBCOMP with a Reason String twice [MQTT-4.13.1-1]', V5, "70 0c 0001 00 08 1f 0001 'a' 1f 0001 'b'", 0x82],
  // SUBSCRIBE
  ['SUBSCRIBE without its flags [MQTT-3.8.1-1]', OLD, "80 06 0001 0001 'a' 00", 0x81],
  ['SUBSCRIBE with DUP from 3.1.1 on [MQTT-3.8.1-1]', [4], "8a 06 0001 0001 'a' 00", 0x81],
  ['SUBSCRIBE with Packet Identifier 0 [MQTT-2.2.1-3]', OLD, "82 06 0000 0001 'a' 00", 0x81],
  ['SUBSCRIBE without a filter [MQTT-3.8.3-2]', OLD, '82 02 0001', 0x81],
  ['SUBSCRIBE 5.0 without a filter [MQTT-3.8.3-2]', V5, '82 03 0001 00', 0x81],
  ['SUBSCRIBE for QoS 3 [MQTT3-3.8.3-4]', OLD, "82 06 0001 0001 'a' 03", 0x81],
  ['SUBSCRIBE 5.0 for QoS 3 [MQTT-3.8.3-5]', V5, "82 07 0001 00 0001 'a' 03", 0x81],
  ['SUBSCRIBE with No Local before 5.0 [MQTT3-3.8.3-4]', OLD, "82 06 0001 0001 'a' 04", 0x81],
  ['SUBSCRIBE with a reserved option [MQTT-3.8.3-5]', V5, "82 07 0001 00 0001 'a' 40", 0x81],
  ['SUBSCRIBE with Retain Handling 3 [MQTT-3.8.3-5]', V5, "82 07 0001 00 0001 'a' 30", 0x81],
  ['SUBSCRIBE to a# [MQTT-4.7.1-1]', OLD, "82 07 0001 0002 'a#' 00", 0x81],
  ['SUBSCRIBE to #/a [MQTT-4.7.1-1]', OLD, "82 08 0001 0003 '#/a' 00", 0x81],
  ['SUBSCRIBE to a/b+ [MQTT-4.7.1-1]', OLD, "82 09 0001 0004 'a/b+' 00", 0x81],
  ['SUBSCRIBE to nothing [MQTT-4.7.3-1]', OLD, '82 05 0001 0000 00', 0x81],
  ['SUBSCRIBE without options [MQTT-4.13.1-1]', ALL, "82 05 0001 0001 'a'", 0x81],
  ['SUBSCRIBE to $share/g [MQTT-4.8.2-2]', V5, "82 0e 0001 00 0008 '$share/g' 01", 0x82],
  ['SUBSCRIBE to $share//a [MQTT-4.8.2-1]', V5, "82 0f 0001 00 0009 '$share//a' 01", 0x82],
  ['SUBSCRIBE to $share/+/a [MQTT-4.8.2-2]', V5, "82 10 0001 00 000a '$share/+/a' 01", 0x82],
  ['SUBSCRIBE to $share/g/ [MQTT-4.8.2-2]', V5, "82 0f 0001 00 0009 '$share/g/' 01", 0x82],
  ['SUBSCRIBE shared with No Local [MQTT-3.8.3-4]', V5, "82 10 0001 00 000a '$share/g/a' 05", 0x82],
  ['SUBSCRIBE with Subscription Identifier 0 [MQTT-3.3.4-6]', V5, "82 09 0001 02 0b 00 0001 'a' 00", 0x82],
  ['SUBSCRIBE with two Subscription Identifiers [MQTT-4.13.1-1]', V5, "82 0b 0001 04 0b 01 0b 02 0001 'a' 00", 0x82],
  ['UNSUBSCRIBE without its flags [MQTT-3.10.1-1]', OLD, "a0 05 0001 0001 'a'", 0x81],
  ['UNSUBSCRIBE without a filter [MQTT-3.10.3-2]', OLD, 'a2 02 0001', 0x81],
  ['UNSUBSCRIBE 5.0 without a filter [MQTT-3.10.3-2]', V5, 'a2 03 0001 00', 0x81],
  ['UNSUBSCRIBE with Packet Identifier 0 [MQTT-2.2.1-3]', OLD, "a2 05 0000 0001 'a'", 0x81],
  ['UNSUBSCRIBE from a/#/b [MQTT-4.7.1-1]', OLD, "a2 09 0001 0005 'a/#/b'", 0x81],
  // DISCONNECT and AUTH
  ['DISCONNECT with flags [MQTT-3.14.1-1]', ALL, 'e1 00', 0x82],
  ['DISCONNECT with a body before 5.0 [MQTT-4.13.1-1]', OLD, 'e0 01 00', 0x81],
  ['DISCONNECT with a Reason Code that does not exist [MQTT-3.14.2-1]', V5, 'e0 01 01', 0x82, 'silent'],
  ["DISCONNECT with a server's Reason Code [MQTT-3.14.2-1]", V5, 'e0 01 8e', 0x82, 'silent'],
  ['DISCONNECT of a client with a Server Reference [MQTT-4.13.1-1]', V5, "e0 06 00 04 1c 0001 's'", 0x82],
  ['AUTH with flags [MQTT-3.15.1-1]', V5, 'f1 00', 0x81],
  ["AUTH with a server's Reason Code [MQTT-3.15.2-1]", V5, 'f0 01 00', 0x82],
  ['AUTH with Authentication Data but no method [MQTT-4.13.1-1]', V5, 'f0 06 18 04 16 0001 00', 0x82],
]

/** From servers. */
export const MALFORMED_FROM_SERVER: readonly MalformedPacket[] = [
  ['CONNECT from a server [MQTT-4.13.1-1]', V5, "10 0e 0004 'MQTT' 05 02 003c 00 0001 'c'", 0x82],
  ['CONNACK with reserved flags [MQTT-3.2.2-1]', NEW, '20 03 02 00 00', 0x81],
  ['CONNACK with a session and a refusal [MQTT-3.2.2-6]', [4], '20 02 01 05', 0x82],
  ['CONNACK 5.0 with a session and a refusal [MQTT-3.2.2-6]', V5, '20 03 01 87 00', 0x82],
  ['CONNACK with return code 6 [MQTT3-3.2.2-6]', OLD, '20 02 00 06', 0x81],
  ['CONNACK with a Reason Code that is not its own [MQTT-3.2.2-8]', V5, '20 03 00 8e 00', 0x82],
  ['CONNACK without Property Length [MQTT-4.13.1-1]', V5, '20 02 00 00', 0x81],
  ['CONNACK with Maximum QoS 2 [MQTT-4.13.1-1]', V5, '20 05 00 00 02 24 02', 0x82],
  ['CONNACK with bytes left over [MQTT-4.13.1-1]', V5, '20 04 00 00 00 00', 0x81],
  ['PUBLISH of a server with Subscription Identifier 0 [MQTT-3.3.4-6]', V5, "30 07 0001 'a' 02 0b 00 'x'", 0x82],
  ['PUBLISH of a server with U+0000 [MQTT-1.5.4-2]', OLD, "30 06 0003 'a' 00 'b' 'x'", 0x81],
  ['SUBACK without codes [MQTT-3.9.3-1]', OLD, '90 02 0001', 0x81],
  ['SUBACK 5.0 without codes [MQTT-3.9.3-1]', V5, '90 03 0001 00', 0x81],
  ['SUBACK with return code 3 [MQTT3-3.9.3-2]', OLD, '90 03 0001 03', 0x81],
  ['SUBACK with a Reason Code that is not its own [MQTT-3.9.3-2]', V5, '90 04 0001 00 03', 0x82],
  ['UNSUBACK without codes [MQTT-3.11.3-1]', V5, 'b0 03 0001 00', 0x81],
  ['UNSUBACK with a Reason Code that is not its own [MQTT-3.11.3-2]', V5, 'b0 04 0001 00 01', 0x82],
  ['UNSUBACK with bytes left over [MQTT-4.13.1-1]', OLD, 'b0 03 0001 00', 0x81],
  ['PINGRESP with a body [MQTT-4.13.1-1]', ALL, 'd0 01 00', 0x81, 'silent'],
  ['DISCONNECT from a server before 5.0 [MQTT-4.13.1-1]', OLD, 'e0 00', 0x82],
  ['DISCONNECT of a server with a Session Expiry Interval [MQTT-3.14.2-2]', V5, 'e0 07 00 05 11 00000005', 0x82],
  ['DISCONNECT with Will from a server [MQTT-3.14.2-1]', V5, 'e0 01 04', 0x82, 'silent'],
  ['AUTH Re-authenticate from a server [MQTT-3.15.2-1]', V5, 'f0 01 19', 0x82],
]

/** Which side sent a list. */
export const MALFORMED: readonly (readonly [Sender, readonly MalformedPacket[]])[] = [
  ['client', MALFORMED_FROM_CLIENT],
  ['server', MALFORMED_FROM_SERVER],
]
