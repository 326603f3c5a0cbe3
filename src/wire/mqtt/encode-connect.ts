// CONNECT out [MQTT 3.1, 3.1.1 and 5.0, section 3.1]. Its version is its own, not the connection's.
// Called by encode.ts, which writes the fixed header.

import { UsageError } from '../errors.ts'
import { binarySize, propertiesSize, textSize, writeBinary, writeProperties, writeText, writeTwoByte } from './encode-properties.ts'
import type { Connect } from './packet.ts'
import { isTopicName } from './topics.ts'
import { varintSize } from './varint.ts'

/** Bytes of the body. Throws UsageError. */
export function connectSize(packet: Connect): number {
  const { version, keepAlive, clientId, will, userName, password, properties } = packet
  if (version !== 3 && version !== 4 && version !== 5) throw new UsageError(`MQTT version ${String(version)}: must be 3, 4 or 5`)
  if (!Number.isInteger(keepAlive) || keepAlive < 0 || keepAlive > 65535) throw new UsageError(`Keep Alive ${keepAlive}: must be 0 to 65535 seconds`)
  if (version !== 5 && password !== null && userName === null) throw new UsageError('Password without User Name: only MQTT 5.0 allows it') // [MQTT3-3.1.2-22]
  let size = 2 + (version === 3 ? 6 : 4) + 4 + textSize(clientId, 'Client Identifier')
  if (version === 5) size += sizedProperties(propertiesSize(properties, packet.type))
  if (will !== null) {
    if (!isTopicName(will.topicName)) throw new UsageError(`Will Topic '${will.topicName}': must be a Topic Name without wildcards`) // [MQTT-3.1.3-11]
    if (will.qos !== 0 && will.qos !== 1 && will.qos !== 2) throw new UsageError(`Will QoS ${String(will.qos)}: must be 0, 1 or 2`) // [MQTT-3.1.2-12]
    if (version === 5) size += sizedProperties(propertiesSize(will.properties, 'will'))
    size += textSize(will.topicName, 'Will Topic') + binarySize(will.payload, 'Will Payload')
  }
  if (userName !== null) size += textSize(userName, 'User Name')
  if (password !== null) size += binarySize(password, 'Password')
  return size
}

/** Writes the body, returns where it ends. */
export function writeConnect(packet: Connect, out: Uint8Array, at: number): number {
  const { version, will, userName, password } = packet
  at = writeText(version === 3 ? 'MQIsdp' : 'MQTT', out, at) // [MQTT-3.1.2-1]
  out[at++] = version | (packet.bridge ? 0x80 : 0)
  out[at++] = connectFlags(packet)
  at = writeTwoByte(packet.keepAlive, out, at)
  if (version === 5) at = writeProperties(packet.properties, propertiesSize(packet.properties, packet.type), out, at)
  at = writeText(packet.clientId, out, at) // [MQTT-3.1.3-1]
  if (will !== null) {
    if (version === 5) at = writeProperties(will.properties, propertiesSize(will.properties, 'will'), out, at)
    at = writeBinary(will.payload, out, writeText(will.topicName, out, at))
  }
  if (userName !== null) at = writeText(userName, out, at)
  return password !== null ? writeBinary(password, out, at) : at
}

/** [MQTT-3.1.2-3, MQTT-3.1.2-9, MQTT-3.1.2-11, MQTT-3.1.2-13, MQTT-3.1.2-16, MQTT-3.1.2-18] */
function connectFlags({ cleanStart, will, userName, password }: Connect): number {
  const willFlags = will === null ? 0 : 4 | (will.qos << 3) | (will.retain ? 0x20 : 0)
  return (cleanStart ? 2 : 0) | willFlags | (password !== null ? 0x40 : 0) | (userName !== null ? 0x80 : 0)
}

function sizedProperties(size: number): number {
  return varintSize(size) + size
}
