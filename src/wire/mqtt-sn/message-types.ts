// Message types of MQTT-SN 1.2 [table 3 of the specification] as data: number, the standard's name, what analysers show.
// Used by the dissector.

export interface MessageTypeRow {
  readonly type: number
  /** The standard's name. */
  readonly name: string
  /** What Wireshark shows. */
  readonly title: string
}

export const MESSAGE_TYPES: readonly MessageTypeRow[] = [
  { type: 0x00, name: 'ADVERTISE', title: 'Advertise Gateway' },
  { type: 0x01, name: 'SEARCHGW', title: 'Search Gateway' },
  { type: 0x02, name: 'GWINFO', title: 'Gateway Info' },
  { type: 0x03, name: 'reserved', title: 'Reserved_03' },
  { type: 0x04, name: 'CONNECT', title: 'Connect Command' },
  { type: 0x05, name: 'CONNACK', title: 'Connect Ack' },
  { type: 0x06, name: 'WILLTOPICREQ', title: 'Will Topic Request' },
  { type: 0x07, name: 'WILLTOPIC', title: 'Will Topic' },
  { type: 0x08, name: 'WILLMSGREQ', title: 'Will Message Request' },
  { type: 0x09, name: 'WILLMSG', title: 'Will Message' },
  { type: 0x0a, name: 'REGISTER', title: 'Register' },
  { type: 0x0b, name: 'REGACK', title: 'Register Ack' },
  { type: 0x0c, name: 'PUBLISH', title: 'Publish Message' },
  { type: 0x0d, name: 'PUBACK', title: 'Publish Ack' },
  { type: 0x0e, name: 'PUBCOMP', title: 'Publish Complete' },
  { type: 0x0f, name: 'PUBREC', title: 'Publish Received' },
  { type: 0x10, name: 'PUBREL', title: 'Publish Release' },
  { type: 0x11, name: 'reserved', title: 'Reserved_11' },
  { type: 0x12, name: 'SUBSCRIBE', title: 'Subscribe Request' },
  { type: 0x13, name: 'SUBACK', title: 'Subscribe Ack' },
  { type: 0x14, name: 'UNSUBSCRIBE', title: 'Unsubscribe Request' },
  { type: 0x15, name: 'UNSUBACK', title: 'Unsubscribe Ack' },
  { type: 0x16, name: 'PINGREQ', title: 'Ping Request' },
  { type: 0x17, name: 'PINGRESP', title: 'Ping Response' },
  { type: 0x18, name: 'DISCONNECT', title: 'Disconnect Req' },
  { type: 0x19, name: 'reserved', title: 'Reserved_19' },
  { type: 0x1a, name: 'WILLTOPICUPD', title: 'Will Topic Update' },
  { type: 0x1b, name: 'WILLTOPICRESP', title: 'Will Topic Response' },
  { type: 0x1c, name: 'WILLMSGUPD', title: 'Will Message Update' },
  { type: 0x1d, name: 'WILLMSGRESP', title: 'Will Message Response' },
  { type: 0xfe, name: 'Encapsulated message', title: 'Encapsulated Message' },
]
