// Questions beyond MQTT: failed CoAP requests, names and addresses from DNS with the MQTT clients that used them.
// They read the dissectors' fields.

import { ipv4Text, ipv6Text } from '../../dissect/address-text.ts'
import { FIELDS } from '../../dissect/field.ts'
import type { Packet } from '../../dissect/packet.ts'
import { readValue } from '../../dissect/value.ts'
import { frameList, noWords, type Question } from './question.ts'

/** All values of some fields of a packet, by name. */
function valuesOf(packet: Packet, names: ReadonlySet<string>): Map<string, (string | number)[]> {
  const { rows } = packet
  const values = new Map<string, (string | number)[]>()
  for (let row = 0; row < rows.count; row++) {
    const { name, type } = FIELDS[rows.field[row]!]!
    if (!names.has(name)) continue
    const value = readValue(rows, row)
    const shown =
      type === 'ipv4' && typeof value === 'number'
        ? ipv4Text(value)
        : type === 'ipv6' && value instanceof Uint8Array
          ? ipv6Text(value)
          : value instanceof Uint8Array
            ? [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')
            : typeof value === 'bigint'
              ? Number(value)
              : (value ?? '')
    const known = values.get(name)
    if (known === undefined) values.set(name, [shown])
    else known.push(shown)
  }
  return values
}

const COAP_FIELDS = ['coap.code', 'coap.type', 'coap.mid', 'coap.token', 'coap.opt.uri_path_recon', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'] as const
const METHODS: Readonly<Record<number, string>> = { 1: 'GET', 2: 'POST', 3: 'PUT', 4: 'DELETE', 5: 'FETCH', 6: 'PATCH', 7: 'iPATCH' }

interface CoapRequest {
  readonly frame: number
  readonly method: string
  readonly path: string
  readonly client: string
  readonly server: string
}

const COAP_FAILED: Question = {
  name: 'coap-failed',
  meaning: 'Which CoAP requests got an unsuccessful answer (4.xx, 5.xx) or none, by token and address.',
  argument: '',
  fields: COAP_FIELDS,
  ask(words) {
    noWords('coap-failed', words)
    const names = new Set<string>(COAP_FIELDS)
    const waiting = new Map<string, CoapRequest>()
    const failed: { readonly request: CoapRequest; readonly code: string; readonly frame: number }[] = []
    let requests = 0
    return {
      packet(packet) {
        const values = valuesOf(packet, names)
        const code = values.get('coap.code')?.[0]
        if (typeof code !== 'number') return
        const [source, destination] = [values.get('ip.src') ?? values.get('ipv6.src'), values.get('ip.dst') ?? values.get('ipv6.dst')].map((found) =>
          String(found?.[0] ?? ''),
        )
        const token = String(values.get('coap.token')?.[0] ?? '')
        if (code >= 1 && code <= 31) {
          const key = `${source} ${destination} ${token}`
          if (waiting.has(key)) return // a repetition
          requests++
          const path = String(values.get('coap.opt.uri_path_recon')?.[0] ?? '/')
          waiting.set(key, { frame: packet.frame.number, method: METHODS[code] ?? `0.${code}`, path, client: source!, server: destination! })
        } else if (code >= 64) {
          const key = `${destination} ${source} ${token}`
          const request = waiting.get(key)
          waiting.delete(key)
          if (request !== undefined && code >= 128)
            failed.push({ request, code: `${code >> 5}.${String(code & 31).padStart(2, '0')}`, frame: packet.frame.number })
        }
      },
      answer: () => ({
        columns: ['frame', 'method', 'path', 'client', 'server', 'answer', 'answer in frame'],
        rows: [
          ...failed.map(({ request, code, frame }) => [request.frame, request.method, request.path, request.client, request.server, code, frame]),
          ...[...waiting.values()].map(({ frame, method, path, client, server }) => [frame, method, path, client, server, 'none', null]),
        ],
        remarks: [`${failed.length} of ${requests} requests failed, ${waiting.size} got no answer`],
      }),
    }
  },
}

const DNS_FIELDS = ['dns.flags.response', 'dns.qry.name', 'dns.a', 'dns.aaaa'] as const

const HOSTS: Question = {
  name: 'hosts',
  meaning: 'Which names were resolved to which addresses, and which MQTT clients connected there.',
  argument: '',
  fields: DNS_FIELDS,
  ask(words) {
    noWords('hosts', words)
    const names = new Set<string>(DNS_FIELDS)
    const found = new Map<string, { readonly name: string; readonly address: string; readonly frames: number[] }>()
    return {
      packet(packet) {
        const values = valuesOf(packet, names)
        const name = values.get('dns.qry.name')?.[0]
        if (name === undefined || Number(values.get('dns.flags.response')?.[0] ?? 0) === 0) return
        for (const address of [...(values.get('dns.a') ?? []), ...(values.get('dns.aaaa') ?? [])]) {
          const key = `${name} ${address}`
          const known = found.get(key)
          if (known === undefined) found.set(key, { name: String(name), address: String(address), frames: [packet.frame.number] })
          else if (known.frames.length < 9) known.frames.push(packet.frame.number)
        }
      },
      answer: ({ all }) => ({
        columns: ['name', 'address', 'MQTT clients', 'client ids', 'frames'],
        rows: [...found.values()].map(({ name, address, frames }) => {
          const clients = all.filter(({ server }) => server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') === address)
          const ids = [...new Set(clients.map((connection) => connection.name))]
          return [name, address, clients.length, ids.slice(0, 5).join(' ') + (ids.length > 5 ? ' …' : ''), frameList(frames)]
        }),
        remarks: found.size === 0 ? ['no DNS answers in this capture'] : [],
      }),
    }
  },
}

export const OTHER_QUESTIONS: readonly Question[] = [COAP_FAILED, HOSTS]
