// CONNECT and CONNACK: the rows of what opens a connection, and the version that all later messages are read by.
// What may be said when is the business of session/connect-rules.ts; here everything is shown.

import { MQTT } from './mqtt-fields.ts'
import { dissectProperties } from './mqtt-properties.ts'
import type { MqttState } from './mqtt-state.ts'
import { acknowledgeFlagsText, connectFlagsText } from './mqtt-texts.ts'
import { dissectTopic } from './mqtt-topic.ts'

const WILL = 0x04
const PASSWORD = 0x40
const USER_NAME = 0x80

export function dissectConnect(state: MqttState, message: number): void {
  const { walk } = state
  const context = walk.context!
  walk.shortText(MQTT.protoLen, MQTT.protoname, message)
  const level = walk.byte(MQTT.ver, message)
  // Bridges mark their version by its highest bit; Wireshark does not know it then.
  const version = context.auto ? level & 0x7f : level
  if (!context.inError) state.version = version
  const flags = dissectConnectFlags(state, message)
  walk.two(MQTT.kalive, message)
  if (version === 5) dissectProperties(state, MQTT.properties, message)
  walk.shortText(MQTT.clientidLen, MQTT.clientid, message)
  if ((flags & WILL) !== 0) {
    if (version === 5) dissectProperties(state, MQTT.willProperties, message)
    dissectTopic(walk, MQTT.willtopicLen, MQTT.willtopic, message)
    const size = walk.two(MQTT.willmsgLen, message)
    if (context.preference('mqtt.show_msg_as_text', false)) walk.text(MQTT.willmsgText, size, message)
    else walk.run(MQTT.willmsg, size, message)
  }
  // A promised name or password that is missing altogether is no fault in Wireshark's eyes.
  if ((flags & USER_NAME) !== 0 && walk.left > 0) walk.shortText(MQTT.usernameLen, MQTT.username, message)
  if ((flags & PASSWORD) !== 0 && walk.left > 0) walk.shortText(MQTT.passwdLen, MQTT.passwd, message)
}

function dissectConnectFlags({ walk }: MqttState, message: number): number {
  const { rows, source, at } = walk
  const flags = walk.byte(MQTT.conflags, message)
  const row = rows.count - 1
  if (walk.context!.demand.text(MQTT.conflags)) rows.setText(row, connectFlagsText(flags))
  rows.add(MQTT.conflagUname, source, at, 1, row)
  rows.add(MQTT.conflagPasswd, source, at, 1, row)
  rows.add(MQTT.conflagRetain, source, at, 1, row)
  rows.add(MQTT.conflagQos, source, at, 1, row)
  rows.add(MQTT.conflagWillflag, source, at, 1, row)
  rows.add(MQTT.conflagCleansess, source, at, 1, row)
  rows.add(MQTT.conflagReserved, source, at, 1, row)
  return flags
}

/** 3.1 has no flags; a connection whose version is not known is taken for 5.0, but without properties. */
export function dissectConnack(state: MqttState, message: number): void {
  const { walk, version } = state
  const { rows, source, at } = walk
  if (version === 3) {
    walk.byte(MQTT.conackReserved31, message)
    walk.byte(MQTT.conackVal, message)
    return
  }
  const flags = walk.byte(MQTT.conackFlags, message)
  const row = rows.count - 1
  if (walk.context!.demand.text(MQTT.conackFlags)) rows.setText(row, acknowledgeFlagsText(flags))
  rows.add(MQTT.conackFlagsReserved, source, at, 1, row)
  rows.add(MQTT.conackFlagsSp, source, at, 1, row)
  if (version === 4) {
    walk.byte(MQTT.conackVal, message)
    return
  }
  walk.byte(MQTT.connackReasonCode, message)
  if (version === 5) dissectProperties(state, MQTT.properties, message)
}
