// The connection of pub and sub: a Connector of client/ set up as the flags say, with -d lines if they are wanted.
// TLS files are read here, so that what cannot be read is said before anything is connected.

import { isIP } from 'node:net'
import { type MqttError, refusalReason } from '../client/errors.ts'
import { type DialOptions, nodeDial, nodeTimers } from '../client/node.ts'
import { Connector, type ConnectorEvents, type ConnectorOptions, type Dial, type ReconnectPolicy } from '../client/reconnect.ts'
import { UsageError } from '../wire/errors.ts'
import { clientRemainingLength } from '../wire/mqtt/encode.ts'
import { type Connack, type Connect, PacketType, type ProtocolVersion } from '../wire/mqtt/packet.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'
import { chooseClientId, connectPacket } from './client-connect.ts'
import { ArgumentError, connectFailure, errorCode, type Failure, lossFailure, refusalText } from './client-errors.ts'
import type { ClientSettings } from './client-settings.ts'
import { isAcceptable } from './client-values.ts'
import { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Mosquitto's way: again and again, one second apart. */
export const EVERY_SECOND: ReconnectPolicy = { minMs: 1000, maxMs: 1000, jitter: false, retries: Infinity }

/**
 * Makes the connector; `start` it. `retryFirst`: the server was there before, so the first attempt may fail, too. Throws ArgumentError when a file for TLS
 * cannot be read, or a name cannot be used.
 */
export async function makeConnector(
  settings: ClientSettings,
  io: Terminal,
  reconnect: ReconnectPolicy | null,
  events: ConnectorEvents,
  retryFirst = false,
): Promise<Connector> {
  checkNames(settings)
  const connect = connectPacket(settings, chooseClientId(settings, io.pid))
  checkSize(connect)
  return new Connector({ ...(await connectorOptions(settings, io, connect)), reconnect, retryFirst }, events)
}

/** What cannot be sent in a CONNECT. Throws ArgumentError. */
function checkNames({ id, idPrefix, password, userName, version }: ClientSettings): void {
  if (id === '') throw new ArgumentError('Invalid id.', 'message only')
  const strange = 'Control characters and non-characters cannot stand in a'
  if (!isAcceptable(id ?? idPrefix ?? '')) throw new ArgumentError(`Invalid id.\n${strange} Client Identifier.`, 'message only')
  if (!isAcceptable(userName ?? '')) throw new ArgumentError(`Problem setting username and/or password.\n${strange} user name.`, 'message only')
  // A password without user name: only MQTT 5.0 knows that [MQTT3-3.1.2-22].
  if (password !== null && userName === null && version !== 5) {
    throw new ArgumentError('Problem setting username and/or password.\nA password needs a user name (-u) before MQTT 5.', 'message only')
  }
}

/** Throws ArgumentError for a text that is too long. */
function checkSize(connect: Connect): void {
  try {
    clientRemainingLength(connect, connect.version)
  } catch (error) {
    throw error instanceof UsageError ? new ArgumentError(`${error.message}.`, 'message only') : error
  }
}

/** All but the policy. Throws ArgumentError as above. */
export async function connectorOptions(settings: ClientSettings, io: Terminal, connect: Connect): Promise<Omit<ConnectorOptions, 'reconnect'>> {
  const { debug, maximumInflight, resumes, version } = settings
  const clientId = connect.clientId === '' ? null : connect.clientId
  return {
    dial: await dialOf(settings, io.env),
    timers: nodeTimers,
    random: Math.random,
    connect,
    // A session with an expiry can begin clean and be resumed all the same; before MQTT 5 it is one or the other.
    keepConnect: !(resumes && version === 5),
    maximumInflight,
    trace: debug ? new (await import('./client-trace.ts')).TraceLines(clientId, (line) => io.stdout.write(line)) : null,
  }
}

async function dialOf(settings: ClientSettings, env: Terminal['env']): Promise<Dial> {
  const { host, effectivePort: port, unixPath, webSocket, usesTls, localAddress, proxy, version } = settings
  const transport = unixPath !== null ? 'unix' : webSocket ? (usesTls ? 'wss' : 'ws') : usesTls ? 'tls' : 'tcp'
  const tls = usesTls || settings.namesTls ? (await import('./client-tls.ts')).tlsOptions(settings, env) : {}
  const options: DialOptions = {
    ...(localAddress === null ? {} : { localAddress }),
    ...(proxy === null ? {} : { proxy }),
    ...(version === 3 ? { subprotocol: 'mqttv3.1' } : {}),
  }
  // To Node an empty name is this machine; it is a variable of a script that was never set.
  if (host === '' && unixPath === null) return () => Promise.reject(Object.assign(new Error('the host has no name'), { code: 'ENOTFOUND' }))
  const target = { transport, host, port, path: unixPath ?? '/mqtt' } as const
  const dial = (from: DialOptions): Dial => (usesTls ? withTlsErrors(nodeDial(target, tls, from)) : nodeDial(target, tls, from))
  if (localAddress === null || isIP(localAddress) !== 0) return dial(options)
  // -A may be a name of ours; one that nobody knows fails as the connection.
  return async (accept, signal) => {
    const { lookup } = await import('node:dns/promises')
    const { address } = await lookup(localAddress, { family: isIP(host) })
    return await dial({ ...options, localAddress: address })(accept, signal)
  }
}

/** A connection cut in the middle of the handshake failed by TLS: what we said meant nothing to the other side. */
function withTlsErrors(dial: Dial): Dial {
  return (accept, signal) =>
    dial(accept, signal).catch((error: unknown) => {
      if (errorCode(error) !== 'ECONNRESET' || (error as Error).name === 'ProxyError') throw error
      throw Object.assign(new Error('the connection was cut during the TLS handshake'), { code: 'ERR_TLS_CUT' })
    })
}

/** The code that a refused command ends with: the server's own. One that knows nothing of MQTT 5 answers with a return code of 3.x. */
export function refusalExitCode({ reasonCode }: Connack, version: ProtocolVersion): number {
  return version === 5 ? refusalReason(reasonCode) : reasonCode
}

/** `Connection error: …` for a CONNACK that refuses. */
export function refusalLine(connack: Connack, version: ProtocolVersion): string {
  const code = refusalExitCode(connack, version)
  if (version !== 5) return `Connection error: ${refusalText(code)}`
  const line = `Connection error: ${reasonName(code, PacketType.Connack)}`
  return code === 0x84 ? `${line}. Try connecting to an MQTT v5 broker, or use MQTT v3.x mode.` : line
}

/** What to say, and to exit with, when the connector gives up. `beforeTlsAccepted`: by TLS, and no CONNACK has come. */
export function stopFailure(error: MqttError, beforeTlsAccepted = false): Failure {
  switch (error.code) {
    case 'CONNECTION_FAILED':
      return connectFailure(error.cause)
    case 'PROTOCOL_ERROR':
      return { text: `Error: A network protocol error occurred when communicating with the broker: ${error.message}`, exitCode: ExitCode.ProtocolError }
    case 'CONNECT_TIMEOUT':
      return { text: `Error: The connection was lost: ${error.message}; ${error.hint}`, exitCode: ExitCode.ConnectionLost }
    case 'KEEP_ALIVE_TIMEOUT':
      return { text: 'Error: Keepalive exceeded', exitCode: ExitCode.KeepAlive }
    case 'CONNECTION_LOST':
      return lossFailure(error.cause, beforeTlsAccepted)
    case 'SERVER_DISCONNECTED':
      return { text: 'Error: The connection was lost', exitCode: ExitCode.ConnectionLost }
    default:
      return { text: `Error: ${error.message}`, exitCode: ExitCode.Failure }
  }
}
