// Where the connections of `bench` go: options to a target of net/dial. Reads the TLS files, before anything is connected.
// TLS and WebSocket code is loaded by net/ when such a target is dialled.

import { readFileSync } from 'node:fs'

import type { DialTarget, TlsDialOptions } from '../../net/dial.ts'
import { systemErrorText } from '../client-errors.ts'
import type { BenchOptions } from './bench-arguments.ts'
import { BenchUsageError } from './bench-options.ts'

/** @throws BenchUsageError when a file cannot be read */
export function targetOf(options: BenchOptions): DialTarget {
  const { host, port, unixPath, webSocket, version, timeoutMs } = options
  const timing = { connectTimeoutMs: timeoutMs }
  if (unixPath !== null) return { transport: 'unix', path: unixPath, ...timing }
  const tls = options.tls === null ? null : tlsOf(options.tls)
  if (webSocket) {
    const subprotocol = version === 3 ? { subprotocol: 'mqttv3.1' } : {}
    return { transport: tls === null ? 'ws' : 'wss', host, port, ...(tls === null ? {} : { tls }), ...subprotocol, ...timing }
  }
  return tls === null ? { transport: 'tcp', host, port, ...timing } : { transport: 'tls', host, port, tls, ...timing }
}

/** As a person would write it: `tls localhost:8883`. */
export function targetName({ host, port, unixPath, webSocket, tls }: BenchOptions): string {
  if (unixPath !== null) return `unix ${unixPath}`
  const transport = webSocket ? (tls === null ? 'ws' : 'wss') : tls === null ? 'tcp' : 'tls'
  return `${transport} ${host.includes(':') ? `[${host}]` : host}:${port}`
}

function tlsOf({ cafile, cert, key, insecure }: NonNullable<BenchOptions['tls']>): TlsDialOptions {
  return {
    rejectUnauthorized: !insecure,
    ...(cafile === null ? {} : { ca: readPem('--cafile', cafile) }),
    ...(cert === null ? {} : { cert: readPem('--cert', cert) }),
    ...(key === null ? {} : { key: readPem('--key', key) }),
  }
}

function readPem(flag: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new BenchUsageError(`${flag} ${path}: ${systemErrorText(error)}.`)
  }
}
