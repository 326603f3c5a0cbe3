// Fields that Wireshark fills from elsewhere: a GeoIP database, the processes that a flow belongs to, a preference that is off.
// Filters and lists of fields may name them, as they may in a Wireshark without database; no packet has them.

import { booleanNames, type FieldDefinition } from './field.ts'

const PLACES: readonly (readonly [name: string, label: string, definition: Pick<FieldDefinition, 'type' | 'base'>])[] = [
  ['country', 'GeoIP Country', { type: 'string' }],
  ['country_iso', 'GeoIP ISO Two Letter Country Code', { type: 'string' }],
  ['city', 'GeoIP City', { type: 'string' }],
  ['asnum', 'GeoIP AS Number', { type: 'uint32', base: 'dec' }],
  ['org', 'GeoIP AS Organization', { type: 'string' }],
  ['lat', 'GeoIP Latitude', { type: 'double' }],
  ['lon', 'GeoIP Longitude', { type: 'double' }],
]
const ENDS: readonly (readonly [prefix: string, label: string])[] = [
  ['', 'Source or Destination'],
  ['src_', 'Source'],
  ['dst_', 'Destination'],
]
const PROCESS: readonly (readonly [name: string, label: string, definition: Pick<FieldDefinition, 'type' | 'base'>])[] = [
  ['uid', 'process user ID', { type: 'uint32', base: 'dec' }],
  ['pid', 'process ID', { type: 'uint32', base: 'dec' }],
  ['uname', 'process user name', { type: 'string' }],
  ['cmd', 'process name', { type: 'string' }],
]
const LOW = booleanNames('Low', 'Normal')
const HIGH = booleanNames('High', 'Normal')

/** Where the addresses of `ip` or `ipv6` are in the world. */
export function placeFields(protocol: string): Record<string, FieldDefinition> {
  const definitions: Record<string, FieldDefinition> = {}
  for (const [prefix, end] of ENDS) {
    for (const [name, label, definition] of PLACES)
      definitions[prefix + name] = { name: `${protocol}.geoip.${prefix}${name}`, label: `${end} ${label}`, ...definition }
    if (prefix !== '') definitions[`${prefix}summary`] = { name: `${protocol}.geoip.${prefix}summary`, label: `${end} GeoIP`, type: 'string' }
  }
  return definitions
}

/** Which processes sent and got what `tcp` or `udp` carries, and its sum reckoned anew. */
export function processFields(protocol: string): Record<string, FieldDefinition> {
  const definitions: Record<string, FieldDefinition> = {
    checksumCalculated: { name: `${protocol}.checksum_calculated`, label: 'Calculated Checksum', type: 'uint16', base: 'hex', generated: true },
  }
  for (const [end, label] of [
    ['src', 'Source'],
    ['dst', 'Destination'],
  ] as const)
    for (const [name, what, definition] of PROCESS)
      definitions[end + name] = { name: `${protocol}.proc.${end}${name}`, label: `${label} ${what}`, ...definition }
  return definitions
}

/** The octet of IPv4 that the Differentiated Services Field took the place of, read as before. */
export const SERVICE_FIELDS: Readonly<Record<string, FieldDefinition>> = {
  tos: { name: 'ip.tos', label: 'Type of Service', type: 'uint8', base: 'dec' },
  precedence: {
    name: 'ip.tos.precedence',
    label: 'Precedence',
    type: 'uint8',
    base: 'dec',
    mask: 0xe0,
    values: new Map([
      [0, 'routine'],
      [1, 'priority'],
      [2, 'immediate'],
      [3, 'flash'],
      [4, 'flash override'],
      [5, 'CRITIC/ECP'],
      [6, 'internetwork control'],
      [7, 'network control'],
    ]),
  },
  delay: { name: 'ip.tos.delay', label: 'Delay', type: 'boolean', width: 8, mask: 0x10, values: LOW },
  throughput: { name: 'ip.tos.throughput', label: 'Throughput', type: 'boolean', width: 8, mask: 0x8, values: HIGH },
  reliability: { name: 'ip.tos.reliability', label: 'Reliability', type: 'boolean', width: 8, mask: 0x4, values: HIGH },
  cost: { name: 'ip.tos.cost', label: 'Cost', type: 'boolean', width: 8, mask: 0x2, values: LOW },
  security: { name: 'ip.flags.sf', label: 'Security flag', type: 'boolean', width: 8, mask: 0x80, values: booleanNames('Evil', 'Not evil') },
}
