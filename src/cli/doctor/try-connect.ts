// Knocks at a broker's door: CONNECT of MQTT 3.1.1 and of 5.0, and what came back as a value.
// What an answer means for whom is told in connect-checks.ts.

import type { MqttError } from '../../client/errors.ts'
import { errorOf, refusalReason } from '../../client/errors.ts'
import { connect } from '../../client/node.ts'
import type { TlsDialOptions } from '../../net/dial.ts'
import { PacketType } from '../../wire/mqtt/packet.ts'
import { reasonName } from '../../wire/mqtt/reason-codes.ts'
import { errorCode } from '../client-errors.ts'

/** Milliseconds for the connection and for the answer. */
const PATIENCE_MS = 4000

export interface Door {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' | 'unix'
  readonly host: string
  readonly port: number
  /** Of a Unix socket. */
  readonly path: string | null
  readonly tls: TlsDialOptions
}

export interface Login {
  readonly userName: string | null
  readonly password: string | null
}

export type Answer =
  | { readonly kind: 'accepted' }
  /** A CONNACK that says no. `reason` as in MQTT 5.0, whatever the version. */
  | { readonly kind: 'refused'; readonly reason: number; readonly text: string }
  /** No connection at all; `code` is the system's, such as ECONNREFUSED. */
  | { readonly kind: 'unreachable'; readonly code: string; readonly text: string }
  /** TLS failed; `isCertificate` when we did not like the server's certificate. */
  | { readonly kind: 'tls'; readonly isCertificate: boolean; readonly text: string }
  /** Somebody is there and does not speak MQTT, or closed without a word. */
  | { readonly kind: 'silent'; readonly text: string }

export async function knock(door: Door, version: 4 | 5, { userName, password }: Login): Promise<Answer> {
  try {
    const client = await connect(urlOf(door), {
      version,
      clientId: `zanzara-doctor-${process.pid}`,
      keepAlive: 10,
      sessionExpiry: 0,
      reconnect: false,
      connectTimeoutMs: PATIENCE_MS,
      tls: door.tls,
      ...(userName === null ? {} : { username: userName }),
      ...(password === null ? {} : { password }),
    })
    await client.close()
    return { kind: 'accepted' }
  } catch (error) {
    return answerOf(errorOf(error), door)
  }
}

function urlOf({ transport, host, port, path }: Door): string {
  if (transport === 'unix') return `unix:${encodeURI(path ?? '')}`
  const scheme = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' }[transport]
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function answerOf(error: MqttError, { transport }: Door): Answer {
  if (error.code === 'CONNECTION_REFUSED' && error.reasonCode !== null) {
    const reason = refusalReason(error.reasonCode)
    return { kind: 'refused', reason, text: reasonName(reason, PacketType.Connack) }
  }
  if (error.code !== 'CONNECTION_FAILED') return { kind: 'silent', text: error.message }
  const code = errorCode(error.cause)
  const text = error.message
  if (/CERT|^UNABLE_TO_|^CRL_|ALTNAME|^HOSTNAME_MISMATCH|^INVALID_(?:CA|PURPOSE)/.test(code)) return { kind: 'tls', isCertificate: true, text }
  const isSecure = transport === 'tls' || transport === 'wss'
  if (code.startsWith('ERR_SSL') || code === 'EPROTO' || (isSecure && code === 'ECONNRESET')) return { kind: 'tls', isCertificate: false, text }
  if (code === '' || code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('HPE_') || code.startsWith('WS_')) return { kind: 'silent', text }
  return { kind: 'unreachable', code, text }
}
