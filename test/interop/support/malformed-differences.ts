// Where Debian's mosquitto 2.0.11 and our broker react differently to broken packets, and why: the standard, or Mosquitto 2.1, which we follow.
// Every row must be needed, and every difference must have a row: malformed-packets.test.ts.

export interface Difference {
  /** Names of cases: malformed-set.ts. */
  readonly cases: RegExp
  readonly theirs: string
  readonly ours: string
  readonly why: string
}

const MALFORMED = 'DISCONNECT 0x81, closed'
const FORBIDDEN = 'DISCONNECT 0x82, closed'
const FLAGS = 'the flags of the first byte are those of the table, else the connection is closed [MQTT-2.1.3-1]; 2.1 does so, 2.0.11 does not look at them'
const LEFT_OVER = 'bytes behind the last field are malformed [MQTT-4.13.1-1]; 2.0.11 does not look at them'
const REASON = 'a Reason Code that its packet does not have is a Protocol Error [MQTT-3.4.2-1, MQTT-3.5.2-1, MQTT-3.6.2-1, MQTT-3.7.2-1]; 2.0.11 takes any'
const TOLD = 'the client is told why before the connection is closed [MQTT-4.13.1-1]; 2.0.11 is silent about these'

export const DIFFERENCES: readonly Difference[] = [
  // CONNECT
  {
    cases: /^3\.1, first, CONNECT: (will payload one longer than it is|cut within (user name|password)|user name )/,
    theirs: 'CONNACK 0, open',
    ours: 'closed',
    why: '2.0.11 takes a user name of 3.1 that is broken off or no text as none at all; who asked for a name must not come in without one',
  },
  {
    cases: /, first, CONNECT: level 0x(1|30|40|80|ff)$/,
    theirs: 'CONNACK 1, closed',
    ours: 'CONNACK 132, closed',
    why: 'an unknown level is answered in the form of 5.0, Unsupported Protocol Version [MQTT-3.1.2-2], as 2.1 does',
  },
  {
    cases: /^5\.0, first, CONNECT: client id /,
    theirs: 'closed',
    ours: 'CONNACK 133, closed',
    why: 'a Client Identifier that is no text is refused as such: Client Identifier not valid [MQTT-3.1.3-8], as 2.1 does',
  },
  {
    cases: /^5\.0, first, CONNECT: /,
    theirs: 'closed',
    ours: 'CONNACK 129, closed',
    why: 'behind the fixed part of a 5.0 CONNECT a fault is answered: Malformed Packet [MQTT-3.1.4-1], as 2.1 does',
  },
  {
    cases: /^5\.0, first, CONNECT: (will )?properties: (Assigned Client Identifier|Reason String twice)$/,
    theirs: 'closed',
    ours: 'CONNACK 130, closed',
    why: 'a property of another packet is a Protocol Error, and answered [MQTT-3.1.4-1], as 2.1 does',
  },
  // fixed header, 3.x
  { cases: /^3\.1(\.1)?, connected, (PUBACK|PUBCOMP|PINGREQ): flag \d turned$/, theirs: 'open', ours: 'closed', why: FLAGS },
  { cases: /^3\.1(\.1)?, connected, PUBREC: flag \d turned$/, theirs: 'PUBREL, open', ours: 'closed', why: FLAGS },
  { cases: /^3\.1, connected, PUBREL: flag \d turned$/, theirs: 'PUBCOMP, open', ours: 'closed', why: FLAGS },
  { cases: /^3\.1, connected, SUBSCRIBE: flag \d turned$/, theirs: 'SUBACK 1, PUBLISH, open', ours: 'closed', why: FLAGS },
  { cases: /^3\.1, connected, UNSUBSCRIBE: flag \d turned$/, theirs: 'UNSUBACK, open', ours: 'closed', why: FLAGS },
  {
    cases: /^3\.1(\.1)?, connected, PUBLISH 0: flag 8 turned$/,
    theirs: 'open',
    ours: 'closed',
    why: 'DUP must be 0 for QoS 0 [MQTT-3.3.1-2]; 2.1 closes, 2.0.11 does not look',
  },
  {
    cases: /^3\.1(\.1)?, connected, packet of type 13$/,
    theirs: 'open',
    ours: 'closed',
    why: 'PINGRESP is for servers to send [MQTT-4.13.1-1]; 2.0.11 takes it as a sign of life',
  },
  // fixed header, 5.0
  { cases: /^5\.0, connected, (PUBACK|PUBCOMP|PINGREQ): flag \d turned$/, theirs: 'open', ours: MALFORMED, why: FLAGS },
  { cases: /^5\.0, connected, PUBREC: flag \d turned$/, theirs: 'PUBREL, open', ours: MALFORMED, why: FLAGS },
  {
    cases: /^5\.0, connected, (PUBREL|DISCONNECT): flag \d turned$/,
    theirs: 'closed',
    ours: FORBIDDEN,
    why: 'the client is told why before the connection is closed [MQTT-3.6.1-1, MQTT-3.14.1-1], in the words of 2.1',
  },
  {
    cases: /^5\.0, connected, PUBLISH 0: flag 8 turned$/,
    theirs: 'open',
    ours: MALFORMED,
    why: 'DUP must be 0 for QoS 0 [MQTT-3.3.1-2]; 2.1 closes, 2.0.11 does not look',
  },
  { cases: /^5\.0, connected, packet of type (2|9|11|15)$/, theirs: 'closed', ours: FORBIDDEN, why: TOLD },
  {
    cases: /^5\.0, connected, packet of type 13$/,
    theirs: 'open',
    ours: FORBIDDEN,
    why: 'PINGRESP is for servers to send [MQTT-4.13.1-1]; 2.0.11 takes it as a sign of life',
  },
  // fields
  { cases: /^3\.1(\.1)?, connected, (PUBACK|PUBCOMP|PINGREQ): a byte left over$/, theirs: 'open', ours: 'closed', why: LEFT_OVER },
  { cases: /^5\.0, connected, PINGREQ: a byte left over$/, theirs: 'open', ours: 'closed', why: `${LEFT_OVER}; 2.1 closes without a word` },
  { cases: /^3\.1(\.1)?, connected, PUBREC: a byte left over$/, theirs: 'PUBREL, open', ours: 'closed', why: LEFT_OVER },
  { cases: /^3\.1(\.1)?, connected, PUBREL: a byte left over$/, theirs: 'PUBCOMP, open', ours: 'closed', why: LEFT_OVER },
  { cases: /^5\.0, connected, (PUBACK|PUBCOMP): a byte left over$/, theirs: 'open', ours: MALFORMED, why: LEFT_OVER },
  { cases: /^5\.0, connected, PUBREC: a byte left over$/, theirs: 'PUBREL, open', ours: MALFORMED, why: LEFT_OVER },
  { cases: /^5\.0, connected, PUBREL: a byte left over$/, theirs: 'PUBCOMP, open', ours: MALFORMED, why: LEFT_OVER },
  {
    cases: /^3\.1, connected, SUBSCRIBE: cut before filter$/,
    theirs: 'SUBACK of nothing, open',
    ours: 'closed',
    why: 'SUBSCRIBE has at least one filter [MQTT-3.8.3-2]; 2.0.11 asks for it from 3.1.1 on only',
  },
  {
    cases: /^3\.1, connected, UNSUBSCRIBE: cut before filter$/,
    theirs: 'UNSUBACK, open',
    ours: 'closed',
    why: 'UNSUBSCRIBE has at least one filter [MQTT-3.10.3-2]; 2.0.11 asks for it from 3.1.1 on only',
  },
  {
    cases: /^5\.0, connected, PUBLISH \d: topic (empty|with \+|with # in the middle)$/,
    theirs: FORBIDDEN,
    ours: MALFORMED,
    why: 'a Topic Name that is none [MQTT-3.3.2-2, MQTT-4.7.3-1]: 2.1 says Malformed Packet where 2.0.11 said Protocol Error',
  },
  {
    cases: /^5\.0, connected, (PUBLISH \d|SUBSCRIBE|UNSUBSCRIBE): properties: (Assigned Client Identifier|Reason String twice)$/,
    theirs: MALFORMED,
    ours: FORBIDDEN,
    why: 'a property of another packet is a Protocol Error [section 2.2.2.2]; 2.1 says so, 2.0.11 said Malformed Packet',
  },
  { cases: /^5\.0, connected, \w+( \d)?: (properties|cut (before|within) identifier|a byte left over)/, theirs: 'closed', ours: MALFORMED, why: TOLD },
  { cases: /^5\.0, connected, (PUB\w+|DISCONNECT): (properties: (Assigned|Reason String)|identifier 0)/, theirs: 'closed', ours: FORBIDDEN, why: TOLD },
  { cases: /^5\.0, connected, (PUBACK|PUBREC|PUBCOMP): reason 0x\w+$/, theirs: 'open', ours: FORBIDDEN, why: REASON },
  { cases: /^5\.0, connected, PUBREC: reason 0x\w+$/, theirs: 'PUBREL, open', ours: FORBIDDEN, why: REASON },
  { cases: /^5\.0, connected, PUBREL: reason 0x\w+$/, theirs: 'PUBCOMP, open', ours: FORBIDDEN, why: REASON },
]
