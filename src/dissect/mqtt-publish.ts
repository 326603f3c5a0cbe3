// PUBLISH: its topic, written or behind an alias, and the Application Message with what its Content Type makes of it. ● hot
// Aliases are learned and looked up in mqtt-state.ts.

import { addExpert, Group, Severity } from './expert.ts'
import { dissectMedia } from './media.ts'
import { MQTT } from './mqtt-fields.ts'
import { dissectProperties } from './mqtt-properties.ts'
import type { MqttState } from './mqtt-state.ts'
import { noteEmptyTopic, topicText } from './mqtt-topic.ts'

export function dissectPublish(state: MqttState, first: number, message: number): void {
  const { walk } = state
  const context = walk.context!
  const { columns, demand } = context
  const size = walk.two(MQTT.topicLen, message)
  const lengthRow = walk.rows.count - 1
  const topicRow = size > 0 ? walk.text(MQTT.topic, size, message) : -1
  if ((first & 0x06) !== 0) {
    const id = walk.two(MQTT.msgid, message)
    if (demand.columns) columns.appendInfo(` (id=${id})`)
  }
  state.alias = 0
  state.contentType = null
  if (state.version === 5) dissectProperties(state, MQTT.properties, message)
  if (topicRow >= 0) {
    if (state.alias > 0 && !context.inError) state.learnAlias(topicText(walk, topicRow))
    if (demand.columns) columns.appendInfo(` [${topicText(walk, topicRow)}]`)
  } else if (state.alias > 0) resolveAlias(state, message)
  else {
    noteEmptyTopic(walk, lengthRow)
    if (demand.columns) columns.appendInfo(' []')
  }
  const start = walk.at
  const length = walk.left
  if (context.preference('mqtt.show_msg_as_text', false)) walk.text(MQTT.msgText, length, message)
  else walk.run(MQTT.msg, length, message)
  if (state.contentType !== null) dissectMedia(context, state.contentType, walk.source, start, length)
}

/** The topic that the alias stood for when it was last given with one. */
function resolveAlias(state: MqttState, message: number): void {
  const { walk } = state
  const { columns, demand } = walk.context!
  const topic = state.aliasedTopic()
  const row = walk.rows.addGiven(MQTT.topicOfAlias, walk.source, walk.at, 0, message, topic ?? '')
  if (topic === undefined) addExpert(walk.context!, row, MQTT.unknownTopicAlias, Severity.Note, Group.Protocol, 'Unknown topic alias')
  if (demand.columns) columns.appendInfo(` [${topic ?? ''}]`)
}
