// Control Packet types, the upper half of the first byte [MQTT 5.0, table 2-1]: facts as data.
// `PacketType` is the name of this module: what browsers get imports it so, and bundlers put the numbers in (esbuild keeps packet.ts' re-export as a table).

export const Connect = 1 as const
export const Connack = 2 as const
export const Publish = 3 as const
export const Puback = 4 as const
export const Pubrec = 5 as const
export const Pubrel = 6 as const
export const Pubcomp = 7 as const
export const Subscribe = 8 as const
export const Suback = 9 as const
export const Unsubscribe = 10 as const
export const Unsuback = 11 as const
export const Pingreq = 12 as const
export const Pingresp = 13 as const
export const Disconnect = 14 as const
export const Auth = 15 as const
