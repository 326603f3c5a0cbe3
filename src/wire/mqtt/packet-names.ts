// The names of the Control Packets as the standard writes them [MQTT 5.0, table 2-1].
// For people: what programs tell apart is PacketType.

import { PacketType } from './packet.ts'

const NAMES: readonly string[] = Object.entries(PacketType).reduce<string[]>((names, [name, type]) => {
  names[type] = name.toUpperCase()
  return names
}, [])

/** `PUBLISH`; a type that does not exist has its number. */
export function packetName(type: number): string {
  return NAMES[type] ?? `type ${type}`
}
