// A topic behind its length, with the note that it should not be empty.
// Used by CONNECT, PUBLISH, SUBSCRIBE and UNSUBSCRIBE.

import { addExpert, Group, Severity } from './expert.ts'
import { MQTT } from './mqtt-fields.ts'
import { readValue } from './value.ts'
import type { Walk } from './walk.ts'

/** Returns the topic's row; -1 when it is empty, which a note says. */
export function dissectTopic(walk: Walk, lengthField: number, field: number, parent: number): number {
  const size = walk.two(lengthField, parent)
  if (size > 0) return walk.text(field, size, parent)
  noteEmptyTopic(walk, walk.rows.count - 1)
  return -1
}

export function noteEmptyTopic(walk: Walk, lengthRow: number): void {
  addExpert(walk.context!, lengthRow, MQTT.illegalTopicLength, Severity.Warning, Group.Protocol, 'Length cannot be 0')
}

/** The text of a topic's row; empty for -1. */
export function topicText(walk: Walk, row: number): string {
  return row < 0 ? '' : String(readValue(walk.rows, row))
}
