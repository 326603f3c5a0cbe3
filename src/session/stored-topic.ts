// The Topic Name of a PUBLISH packet that lies in our own memory.
// For stored packets only: they were judged when they came.

import { readUtf8 } from '../wire/text.ts'

/** `at` is where the packet begins. */
export function storedTopicName(packet: Uint8Array, at: number): string {
  let length = at + 1
  while (packet[length]! > 127) length++
  length++
  return readUtf8(packet, length + 2, length + 2 + ((packet[length]! << 8) | packet[length + 1]!), false)
}
