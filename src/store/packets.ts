// PUBLISH packets in a record: where each lies, its topic, its Packet Identifier.
// For what is stored already and was judged when it came; a packet that runs over the end is damage.

import { RecordError } from './record-fields.ts'
import type { PacketsRecord } from './records.ts'

/** Shows each packet: its start, its variable header, its end. */
export function eachPacket({ bytes, start, end }: PacketsRecord, visit: (index: number, at: number, body: number, next: number) => void): void {
  let index = 0
  for (let at = start; at < end; index++) {
    let body = at + 1
    let remaining = 0
    for (let scale = 1; ; scale *= 128) {
      const digit = bytes[body++]
      if (digit === undefined || scale > 2097152) throw new RecordError(`a packet without a length at byte ${at}`)
      remaining += (digit & 127) * scale
      if (digit < 128) break
    }
    const next = body + remaining
    if (next > end || remaining < 2) throw new RecordError(`a packet of ${remaining} bytes where ${end - body} are left, at byte ${at}`)
    visit(index, at, body, next)
    at = next
  }
}

/** The Topic Name, which all of them have. */
export function topicOf(packets: PacketsRecord): string {
  let topic: string | null = null
  eachPacket(packets, (index, _at, body, next) => {
    if (index > 0) return
    const length = (packets.bytes[body]! << 8) | packets.bytes[body + 1]!
    if (body + 2 + length > next) throw new RecordError(`a Topic Name of ${length} bytes beyond its packet`)
    topic = new TextDecoder('utf-8', { ignoreBOM: true }).decode(packets.bytes.subarray(body + 2, body + 2 + length))
  })
  if (topic === null) throw new RecordError('a message without packets')
  return topic
}

/** The Packet Identifiers, in order; they must have QoS 1 or 2. */
export function packetIdsOf(packets: PacketsRecord): number[] {
  const ids: number[] = []
  const { bytes } = packets
  eachPacket(packets, (_index, _at, body, next) => {
    const place = body + 2 + ((bytes[body]! << 8) | bytes[body + 1]!)
    if (place + 2 > next) throw new RecordError('a packet without a Packet Identifier')
    ids.push((bytes[place]! << 8) | bytes[place + 1]!)
  })
  return ids
}
