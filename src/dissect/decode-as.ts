// Decode As rules in tshark's words: `tcp.port==1884,mqtt`, `udp.port==1885-1890,mqttsn`, `tcp.port==1880:10,mqtt`.
// Said by people and programs; the registry follows them.

import type { DecodeAs, PortTable } from './registry.ts'

const PORT_TABLES: readonly PortTable[] = ['tcp.port', 'udp.port', 'tls.port', 'ws.port']

/** A rule that cannot be; the message names it and the remedy. */
export class DecodeAsError extends Error {
  override readonly name = 'DecodeAsError'
}

/** @throws DecodeAsError */
export function readDecodeAs(rule: string): DecodeAs {
  const [, table = '', from = '', span, to = '', protocol = ''] = /^([\w.]+)==(\d+)(?:([-:])(\d+))?,([\w.-]+)$/.exec(rule) ?? []
  const chosen = PORT_TABLES.find((name) => name === table)
  if (table === '') throw new DecodeAsError(`'${rule}' is not of the form tcp.port==1884,mqtt or udp.port==1885-1890,mqttsn`)
  if (chosen === undefined) throw new DecodeAsError(`'${rule}': '${table}' is none of ${PORT_TABLES.join(' ')}`)
  const first = Number(from)
  const last = span === undefined ? first : span === ':' ? first + Number(to) - 1 : Number(to)
  if (last < first || last > 65_535) throw new DecodeAsError(`'${rule}': ports are 0 to 65535, the first not above the last`)
  return { table: chosen, from: first, to: last, protocol: protocol.toLowerCase() }
}
